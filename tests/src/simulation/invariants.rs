//! What must be true after every event, and at the end of every evening.

use automerge::{Automerge, ReadDoc};
use sync::{
    Access, DocumentId, Message,
    client::Documents,
    sync_message,
    wire::{self, SERVER_FRAME_BYTES_MAX},
};

use super::world::World;

impl World {
    /// After every event: what the server holds in memory is on disk, so nothing it can say is unsaved.
    pub(super) fn check(&self) {
        for document in &self.documents {
            let Some(doc) = self.server_doc(document) else { continue };
            for head in doc.get_heads() {
                self.must(
                    self.disk.holds(document, &head),
                    "the server holds a change that is not on disk",
                );
            }
        }
    }

    /// With every frame the server sends: its receiver may see the document, and the heads it announces are on disk ("seen
    /// means saved").
    pub(super) fn check_announcement(&self, receiver: &str, bytes: &[u8]) {
        let Ok(message) = wire::decode(bytes, SERVER_FRAME_BYTES_MAX) else {
            return self.must(false, "the server sends a frame that cannot be read");
        };
        let about = match &message {
            Message::Sync(sync) => Some(sync.document),
            Message::Ephemeral(ephemeral) => Some(ephemeral.document),
            Message::Peers { document, .. } => Some(*document),
            _ => None,
        };
        if let Some(document) = about {
            let right = self.rights.get(&(receiver.to_owned(), document));
            let sees = right.is_some_and(|right| *right != Access::None);
            self.must(sees, &format!("{receiver} is sent a document it may not see"));
        }
        let Message::Sync(message) = message else { return };
        let Ok(body) = sync_message::read(&message.data) else {
            return self.must(false, "the server sends a sync message that cannot be read");
        };
        for head in body.heads {
            self.must(
                self.disk.holds(&message.document, &head),
                "the server announces a change that is not on disk",
            );
        }
    }

    /// With every event of a person: the count of unsaved changes is never too low.
    pub(super) fn check_person(&self, person: usize) {
        let person = &self.people[person];
        for (document, made) in &person.shelf.made {
            let lost = made.iter().filter(|hash| !self.disk.holds(document, hash)).count();
            let told = person.client.unsaved(document);
            self.must(
                lost <= told,
                &format!("{} is told {told} unsaved changes, it is {lost}", person.name),
            );
        }
    }

    /// At the end, when all faults are mended and time has passed: everybody holds the same, everything is on disk, nothing is
    /// unsaved, and no one wrote who might not.
    pub fn check_end(&self) {
        for (board, document) in self.documents.iter().enumerate() {
            let stored = self.disk.load(document);
            for person in &self.people {
                let Some(doc) = person.shelf.doc(document) else {
                    continue;
                };
                self.must(
                    person.refusals <= person.pranks,
                    &format!("{} was refused without having done anything", person.name),
                );
                let made = person.shelf.made.get(document).map_or(&[][..], Vec::as_slice);
                self.check_replica(&person.name, board, document, doc, &stored, made);
                if self.may_write(&person.name, document) {
                    let unsaved = person.client.unsaved(document);
                    self.must(
                        unsaved == 0,
                        &format!("{} has {unsaved} unsaved changes on {board}", person.name),
                    );
                }
            }
            for other in &self.others {
                let Some(doc) = other.shelf.doc(document) else { continue };
                if self.rights.get(&(other.name.clone(), *document)) == Some(&Access::None) {
                    let nothing = doc.get_heads().is_empty();
                    self.must(
                        nothing,
                        &format!("{} was shown {board}, which it may not see", other.name),
                    );
                    continue;
                }
                let made = other.shelf.made.get(document).map_or(&[][..], Vec::as_slice);
                self.check_replica(&other.name, board, document, doc, &stored, made);
            }
        }
    }

    fn check_replica(
        &self,
        name: &str,
        board: usize,
        document: &DocumentId,
        doc: &Automerge,
        stored: &Automerge,
        made: &[automerge::ChangeHash],
    ) {
        if self.may_write(name, document) {
            self.must(
                doc.get_heads() == stored.get_heads(),
                &format!("{name} is not equal to the disk on {board}"),
            );
            for hash in made {
                self.must(
                    self.disk.holds(document, hash),
                    &format!("a change of {name} is not on disk"),
                );
            }
        } else {
            for head in stored.get_heads() {
                let held = doc.get_change_by_hash(&head).is_some();
                self.must(held, &format!("{name} has not seen everything on {board}"));
            }
            for hash in made {
                self.must(
                    !self.disk.holds(document, hash),
                    &format!("{name} wrote although it may only read"),
                );
            }
        }
    }

    fn may_write(&self, name: &str, document: &DocumentId) -> bool {
        self.rights.get(&(name.to_owned(), *document)) == Some(&Access::Write)
    }

    pub(super) fn must(&self, holds: bool, otherwise: &str) {
        assert!(
            holds,
            "{otherwise}, at {} ms; the last of the trace:\n{}",
            self.now_ms,
            self.trace.last()
        );
    }
}
