//! A client among the others that lies: everything it does is well formed, and none of it may have an effect on anybody.
//!
//! It has a seat on the first board and none on the second. Between its lies it takes part as anybody does.

use std::num::NonZeroU64;

use automerge::{
    ActorId, Automerge, Change, ExpandedChange, ROOT,
    legacy::{ElementId, Key, ObjectId, Op, OpId, OpType, SortedVec},
    transaction::Transactable as _,
};
use hostile::forge;
use sync::{
    DocumentId, Message, sync_message,
    wire::{self, EphemeralMessage, SyncMessage},
};

use super::{
    server::{DEFECT, NOW_S, peer},
    world::{FORBIDDEN, World},
};

/// The liar's name.
pub const LIAR: &str = "liar";

/// The kinds of lies.
pub const LIES: u64 = 14;

impl World {
    /// The liar lies: what, is decided by chance.
    pub fn lie(&mut self, liar: usize) {
        let kind = self.chance.below(LIES);
        self.lie_of_kind(liar, kind);
    }

    /// One lie of a kind. Does nothing while the liar is not connected or has not seen the board.
    pub fn lie_of_kind(&mut self, liar: usize, kind: u64) {
        let (open, closed) = (self.documents[0], self.documents[self.documents.len() - 1]);
        let Some(doc) = self.others[liar]
            .shelf
            .copy(&open)
            .filter(|doc| !doc.get_heads().is_empty())
        else {
            return;
        };
        self.trace.line(format!("{} {LIAR} lies {kind}", self.now_ms));
        match kind {
            0 => {
                // The next number of somebody else's actor.
                let Some(victim) = self.victim(&doc) else { return };
                let forged = word(&mut doc.clone().with_actor(victim), "forged");
                self.tell_lie(liar, open, &doc, &[forged]);
            }
            1 => {
                // A change whose past nobody has seen, and perhaps never will.
                let mut fork = doc.clone().with_actor(self.pseudonym());
                word(&mut fork, "lost");
                let orphan = word(&mut fork, "orphan");
                self.tell_lie(liar, open, &doc, &[orphan]);
            }
            2 | 3 => {
                let key = if kind == 2 { FORBIDDEN } else { DEFECT };
                let forbidden = word(&mut doc.clone().with_actor(self.pseudonym()), key);
                self.tell_lie(liar, open, &doc, &[forbidden]);
            }
            4 => {
                let bombs = forge::small_bombs();
                let bomb = &bombs[self.chance.below(bombs.len() as u64) as usize];
                self.send_chunks(liar, open, &doc, &[bomb]);
            }
            5 => {
                let panic = forge::unhex(forge::PANICS[self.chance.below(4) as usize]);
                self.send_chunks(liar, open, &doc, &[&panic]);
            }
            6 => {
                // Everything there is, once more and out of order.
                let mut all = doc.get_changes(&[]);
                all.reverse();
                let chunks: Vec<&[u8]> = all.iter().map(Change::raw_bytes).collect();
                self.send_chunks(liar, open, &doc, &chunks);
            }
            7 => {
                // A board of another group: a question and a change.
                let change = word(&mut Automerge::new().with_actor(self.pseudonym()), "elsewhere");
                self.tell_lie(liar, closed, &Automerge::new(), &[change]);
            }
            8 => {
                // In another's name.
                let data = sync_message::write(&doc.get_heads(), &[], &[], &[]);
                let frame = sync_frame("sato", open, data);
                self.send_frames(liar, vec![frame]);
            }
            9 => {
                // Presence in another's name, and on a board it may not see.
                let whisper = |sender: &str, document| {
                    wire::encode(&Message::Ephemeral(EphemeralMessage {
                        sender: peer(sender),
                        target: None,
                        document,
                        count: 1,
                        session: "s".to_owned(),
                        data: vec![1],
                    }))
                };
                self.send_frames(liar, vec![whisper("sato", open), whisper(LIAR, closed)]);
            }
            _ => {
                // An honest change with one thing wrong in it.
                let honest = word(&mut doc.clone().with_actor(self.pseudonym()), "bent");
                let nobody = OpId::new(1, &self.pseudonym());
                let mut bent = honest.decode();
                bend(&mut bent, kind, nobody);
                self.tell_lie(liar, open, &doc, &[Change::from(bent)]);
            }
        }
    }

    /// Somebody else who has written on the board.
    fn victim(&mut self, doc: &Automerge) -> Option<ActorId> {
        let own = LIAR.as_bytes();
        let actors: Vec<ActorId> = doc
            .get_changes(&[])
            .iter()
            .map(|change| change.actor_id().clone())
            .filter(|actor| !actor.as_ref().starts_with(own))
            .collect();
        let chosen = self.chance.below(actors.len() as u64) as usize;
        actors.get(chosen).cloned()
    }

    /// An actor id that was never used.
    fn pseudonym(&mut self) -> ActorId {
        ActorId::from(format!("{LIAR} {}", self.chance.bits()).into_bytes())
    }

    fn tell_lie(&mut self, liar: usize, document: DocumentId, doc: &Automerge, lies: &[Change]) {
        self.lies.extend(lies.iter().map(Change::hash));
        let chunks: Vec<&[u8]> = lies.iter().map(Change::raw_bytes).collect();
        self.send_chunks(liar, document, doc, &chunks);
    }

    fn send_chunks(&mut self, liar: usize, document: DocumentId, doc: &Automerge, chunks: &[&[u8]]) {
        let heads = doc.get_heads();
        let data = sync_message::write(&heads, &[], &heads, chunks);
        self.send_frames(liar, vec![sync_frame(LIAR, document, data)]);
    }

    fn send_frames(&mut self, liar: usize, frames: Vec<Vec<u8>>) {
        if self.others[liar].is_joined() {
            self.send_all(self.others[liar].connection, frames);
        }
    }
}

/// Makes one thing wrong.
fn bend(change: &mut ExpandedChange, kind: u64, nobody: OpId) {
    let first = change.start_op.get();
    match kind {
        10 => change.time = NOW_S + 3 * 24 * 60 * 60,
        11 => change.start_op = NonZeroU64::new(first + 1_000_000).unwrap_or(change.start_op),
        12 => {
            // It says that it replaces what never was: it would be stored without, and never be itself again.
            for op in &mut change.operations {
                op.pred = SortedVec::from(vec![nobody.clone()]);
            }
        }
        _ => {
            // A letter behind a letter that never was.
            change.operations = vec![
                Op {
                    action: OpType::Make(automerge::ObjType::Text),
                    obj: ObjectId::Root,
                    key: Key::Map("bent text".into()),
                    pred: SortedVec::new(),
                    insert: false,
                },
                Op {
                    action: OpType::Put("x".into()),
                    obj: ObjectId::Id(OpId::new(first, &change.actor_id)),
                    key: Key::Seq(ElementId::Id(nobody)),
                    pred: SortedVec::new(),
                    insert: true,
                },
            ];
        }
    }
}

fn word(doc: &mut Automerge, key: &str) -> Change {
    let written = doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, key, "!"));
    assert!(written.is_ok(), "a word is written into a map");
    match doc.get_last_local_change() {
        Some(change) => change,
        None => unreachable!("a change was just made"),
    }
}

fn sync_frame(sender: &str, document: DocumentId, data: Vec<u8>) -> Vec<u8> {
    wire::encode(&Message::Sync(SyncMessage {
        sender: peer(sender),
        target: None,
        document,
        data,
    }))
}
