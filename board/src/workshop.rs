//! The workshop document: theme, groups, stage, timer, announcements. The same shape as [`crate::Board`].
//!
//! ```text
//! schema 1 · kind "workshop" · workshop · theme · date · venue · stage · read_others · timer "start end"
//! groups        { id: name icon board order locked removed }
//! announcements { id: text at }
//! trivia        { key: text }
//! ```
//!
//! Every string is one scalar register; readers accept text objects too.

mod command;
mod perform;
mod read;
mod view;

use std::sync::Arc;

use automerge::{
    ActorId, Automerge, AutomergeError, Change, ObjType, ROOT, ReadDoc,
    transaction::{CommitOptions, Transactable, Transaction},
};

pub use command::{WorkshopCommand, WorkshopRefused};
pub(crate) use read::is_timer;
pub use view::{Announcement, Stage, Timer, WorkshopGroup, WorkshopView};

use crate::{
    board::{ApplyError, OpenError},
    id::GroupId,
    order::OrderKey,
    stamp::Stamp,
    view::SchemaState,
};

/// The version of the document's shape that this program writes.
pub(crate) const SCHEMA: u64 = 1;
/// What `kind` says in a workshop.
pub(crate) const KIND: &str = "workshop";
pub(crate) const GROUPS: &str = "groups";
pub(crate) const ANNOUNCEMENTS: &str = "announcements";
pub(crate) const TRIVIA: &str = "trivia";
/// The maps under the root, all made by the very first change.
pub(crate) const MAPS: [&str; 3] = [GROUPS, ANNOUNCEMENTS, TRIVIA];

/// Groups of one workshop, removed ones too: eight tables, and room for a town.
pub const GROUPS_MAX: usize = 64;
/// Announcements of one workshop: one a minute for eight hours.
pub const ANNOUNCEMENTS_MAX: usize = 480;
/// Theme, date, place and announcements, in UTF-8 bytes: 2,000 characters of 4 bytes.
pub const TEXT_BYTES_MAX: usize = 8_000;
/// A trivia entry, in UTF-8 bytes: what stands after the last line of a report.
pub const TRIVIA_BYTES_MAX: usize = 40_000;

/// What a workshop starts with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewWorkshop {
    /// The workshop's identifier in links and in the database.
    pub id: String,
    /// What is discussed.
    pub theme: String,
    /// When, as people write it.
    pub date: String,
    /// Where.
    pub venue: String,
    /// Groups in order: identifier, name, icon, document id of the board.
    pub groups: Vec<(GroupId, String, Option<String>, String)>,
    /// For the verbatim report of an import, key by key.
    pub trivia: std::collections::BTreeMap<String, String>,
}

/// The workshop document.
#[derive(Debug, Clone)]
pub struct Workshop {
    doc: Automerge,
    view: Arc<WorkshopView>,
}

impl Workshop {
    /// Makes the document. The same arguments give the same bytes; call it once per workshop, on the server.
    pub fn create(new: &NewWorkshop, at_ms: i64, actor: ActorId) -> Self {
        let mut doc = Automerge::new().with_actor(actor);
        let mut tx = doc.transaction();
        // Writing into a fresh document does not fail; if it did, the workshop would come out not ready.
        match write_new(&mut tx, new) {
            Ok(()) => drop(tx.commit_with(CommitOptions::default().with_time(at_ms.div_euclid(1000)))),
            Err(_) => drop(tx.rollback()),
        }
        Self::of(doc)
    }

    /// Opens a saved workshop; a newer schema can only be read.
    pub fn load(bytes: &[u8], actor: ActorId) -> Result<Self, OpenError> {
        let doc = Automerge::load(bytes).map_err(|error| OpenError::NotAutomerge(error.to_string()))?;
        Self::from_doc(doc.with_actor(actor))
    }

    /// Opens a document that is already in memory.
    pub fn from_doc(doc: Automerge) -> Result<Self, OpenError> {
        let kind = read::string(&doc, "kind");
        if kind.as_deref() == Some(KIND) || (kind.is_none() && doc.get_heads().is_empty()) {
            Ok(Self::of(doc))
        } else {
            Err(OpenError::WrongKind { expected: KIND })
        }
    }

    /// A replica that has not received anything yet.
    pub fn empty(actor: ActorId) -> Self {
        Self::of(Automerge::new().with_actor(actor))
    }

    fn of(doc: Automerge) -> Self {
        let view = Arc::new(read::view(&doc));
        Self { doc, view }
    }

    /// The workshop as people see it.
    pub fn view(&self) -> &Arc<WorkshopView> {
        &self.view
    }

    /// The document.
    pub fn doc(&self) -> &Automerge {
        &self.doc
    }

    /// From now on writes as this actor.
    pub fn set_actor(&mut self, actor: ActorId) {
        self.doc.set_actor(actor);
    }

    /// Whether commands can be done: the workshop has arrived, and in a schema this program knows.
    pub fn writable(&self) -> Result<(), WorkshopRefused> {
        if let SchemaState::Newer { found } = self.view.schema {
            return Err(WorkshopRefused::NewerSchema { found });
        }
        let is_map = |map: &str| {
            matches!(
                self.doc.get(ROOT, map),
                Ok(Some((automerge::Value::Object(ObjType::Map), _)))
            )
        };
        if MAPS.into_iter().all(is_map) {
            Ok(())
        } else {
            Err(WorkshopRefused::NotReady)
        }
    }

    /// Does a command: one change, none if nothing had to be written.
    pub fn apply(&mut self, command: WorkshopCommand, stamp: &Stamp) -> Result<Option<Change>, WorkshopRefused> {
        self.writable()?;
        let mut tx = self.doc.transaction();
        if let Err(refused) = perform::perform(&mut tx, &self.view, command, stamp) {
            tx.rollback();
            return Err(refused);
        }
        if tx.pending_ops() == 0 {
            tx.rollback();
            return Ok(None);
        }
        let (hash, _) = tx.commit_with(CommitOptions::default().with_time(stamp.at_ms.div_euclid(1000)));
        self.refresh();
        Ok(hash.and_then(|hash| self.doc.get_change_by_hash(&hash)))
    }

    /// Takes in changes of others.
    pub fn apply_changes(&mut self, changes: Vec<Change>) -> Result<(), ApplyError> {
        let result = self.doc.apply_changes(changes);
        self.refresh();
        result.map_err(|error| ApplyError(error.to_string()))
    }

    /// A workshop is small: it is read anew, and keeps its `Arc` if nothing changed.
    fn refresh(&mut self) {
        let view = read::view(&self.doc);
        if *self.view != view {
            self.view = Arc::new(view);
        }
    }

    /// The whole document as bytes, compressed.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }
}

fn write_new(tx: &mut Transaction<'_>, new: &NewWorkshop) -> Result<(), AutomergeError> {
    tx.put(ROOT, "schema", SCHEMA as i64)?;
    tx.put(ROOT, "kind", KIND)?;
    tx.put(ROOT, "workshop", new.id.as_str())?;
    tx.put(ROOT, "theme", new.theme.as_str())?;
    tx.put(ROOT, "date", new.date.as_str())?;
    tx.put(ROOT, "venue", new.venue.as_str())?;
    tx.put(ROOT, "stage", Stage::Writing.name())?;
    tx.put(ROOT, "read_others", true)?;
    let groups = tx.put_object(ROOT, GROUPS, ObjType::Map)?;
    tx.put_object(ROOT, ANNOUNCEMENTS, ObjType::Map)?;
    let trivia = tx.put_object(ROOT, TRIVIA, ObjType::Map)?;
    for (key, text) in &new.trivia {
        tx.put(&trivia, key.as_str(), text.as_str())?;
    }
    let orders = OrderKey::spread(None, None, new.groups.len(), 0);
    for ((id, name, icon, board), order) in new.groups.iter().take(GROUPS_MAX).zip(orders) {
        let entry = tx.put_object(&groups, id.as_str(), ObjType::Map)?;
        perform::write_group(tx, &entry, name, icon.as_deref(), board, &order)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
