//! Coming in, being answered, being shown what is new.

use std::{collections::BTreeMap, sync::Arc};

use automerge::{Change, ChangeHash};

use super::{
    Admission, CloseCode, Live, Output, PeerInfo, Phase, Room, SESSIONS_MAX, SessionId, WAITING_MAX,
    batch::panicked,
    draft::{self, Source, Submission, Unreadable},
    frames::addressed,
    member::{Member, Own},
};
use crate::{
    DocumentId, PeerId,
    peer_sync::Reply,
    sync_message,
    wire::{self, Access, Message, SharedFrame, SyncMessage},
};

/// A snapshot is used for joiners as long as no more than this many changes came after it; they ride along.
const SNAPSHOT_TAIL_MAX: usize = 256;

/// The whole document as one frame, kept for the next joiner: an evening begins with fifty joins in a minute.
#[derive(Debug)]
pub(super) struct CatchUpFrame {
    snapshot: Vec<u8>,
    snapshot_heads: Vec<ChangeHash>,
    heads: Vec<ChangeHash>,
    frame: SharedFrame,
}

impl Room {
    #[expect(clippy::too_many_arguments, reason = "the fields of one input, taken apart")]
    pub(super) fn join(
        &mut self,
        now_ms: u64,
        admission: &mut dyn Admission,
        session: SessionId,
        info: PeerInfo,
        access: Access,
        first: Message,
        outputs: &mut Vec<Output>,
    ) {
        if self.members.contains_key(&session) {
            return self.message(now_ms, admission, session, first, outputs);
        }
        let closing = matches!(self.phase, Phase::Draining(_) | Phase::Gone);
        if closing || access == Access::None {
            return outputs.push(Output::Close {
                session,
                code: CloseCode::Restart,
                reason: "the room is closing".to_owned(),
            });
        }
        if self.members.len() >= SESSIONS_MAX {
            if info.yoriai {
                let notice = self.notice("room-full", "too many devices have this document open");
                outputs.push(Output::Send {
                    session,
                    bytes: wire::encode(&notice).into(),
                    droppable: false,
                });
            }
            return outputs.push(Output::Close {
                session,
                code: CloseCode::Overloaded,
                reason: format!("a room holds {SESSIONS_MAX} sessions"),
            });
        }
        self.members.insert(session, Member::new(info, access));
        if access != Access::Write {
            self.forget_line_of(session);
        }
        self.presence.changed();
        self.send_access(session, outputs);
        self.message(now_ms, admission, session, first, outputs);
    }

    pub(super) fn message(
        &mut self,
        now_ms: u64,
        admission: &mut dyn Admission,
        session: SessionId,
        message: Message,
        outputs: &mut Vec<Output>,
    ) {
        if !self.members.contains_key(&session) {
            return;
        }
        if let Phase::Loading { waiting, .. } = &mut self.phase {
            // Presence is of the moment; what is said of the document waits for it.
            if matches!(message, Message::Ephemeral(_)) {
                return;
            }
            if waiting.iter().filter(|(from, _)| *from == session).count() < WAITING_MAX {
                return waiting.push_back((session, message));
            }
            let text = "too many messages while the document is loaded";
            return self.close(session, CloseCode::Overloaded, "overloaded", text, outputs);
        }
        match message {
            Message::Request(message) | Message::Sync(message) => {
                self.sync(now_ms, admission, session, &message, outputs);
            }
            Message::Ephemeral(message) => self.relay(now_ms, session, message, outputs),
            _ => {}
        }
    }

    fn sync(
        &mut self,
        now_ms: u64,
        admission: &mut dyn Admission,
        session: SessionId,
        message: &SyncMessage,
        outputs: &mut Vec<Output>,
    ) {
        let body = match sync_message::read(&message.data) {
            Ok(body) => body,
            Err(error) => {
                return self.close(session, CloseCode::Protocol, "malformed", &error.to_string(), outputs);
            }
        };
        let Some(member) = self.members.get_mut(&session) else {
            return;
        };
        member.sync.hear(&body);
        if !member.sync.is_in_step() {
            self.settle(session, outputs);
        }
        let Some(member) = self.members.get_mut(&session) else {
            return;
        };
        if body.changes.is_empty() {
            return self.settle(session, outputs);
        }
        if !member.writes() {
            // Never merged, and it is told, but not for every letter.
            if member.is_due_a_reminder(now_ms) {
                self.send_access(session, outputs);
            }
            return self.settle(session, outputs);
        }
        let info = Arc::clone(&member.info);
        match draft::parse(admission, &info, &body.changes) {
            Ok(changes) => {
                let bytes = body.changes.iter().map(|chunk| chunk.len()).sum();
                let from = Source::Session(session, info);
                self.submit(
                    Submission {
                        from,
                        changes,
                        bytes,
                        messages: 1,
                    },
                    outputs,
                );
                self.start_batch(admission, outputs);
            }
            Err(Unreadable::Refused(refusal)) => self.refuse_session(session, &refusal, outputs),
            Err(Unreadable::Panicked) => {
                outputs.push(Output::Panicked);
                self.refuse_session(session, &panicked(), outputs);
            }
        }
    }

    /// Answers what a session said, unless changes of its own are still on their way: they may be the answer.
    pub(super) fn settle(&mut self, session: SessionId, outputs: &mut Vec<Output>) {
        let (Phase::Ready(live) | Phase::Draining(live)) = &mut self.phase else {
            return;
        };
        let Some(member) = self.members.get_mut(&session) else {
            return;
        };
        if member.submissions > 0 && member.sync.is_in_step() {
            return;
        }
        let writes = member.writes();
        for reply in member.sync.settle(&live.doc, writes) {
            match reply {
                Reply::GiveUp => {
                    let text = "asked for everything too often";
                    return self.close(session, CloseCode::Overloaded, "overloaded", text, outputs);
                }
                Reply::CatchUp { after } if after.is_empty() => {
                    let frame = live.everything(&self.own, self.document);
                    outputs.push(Output::Send {
                        session,
                        bytes: addressed(frame, member),
                        droppable: false,
                    });
                }
                reply => {
                    for data in reply.encode(&live.doc) {
                        let frame = SharedFrame::sync(&self.own, &self.document, &data);
                        outputs.push(Output::Send {
                            session,
                            bytes: addressed(&frame, member),
                            droppable: false,
                        });
                    }
                }
            }
        }
    }

    /// Asks a session for everything that is missing here.
    pub(super) fn ask(&mut self, session: SessionId, outputs: &mut Vec<Output>) {
        let (Phase::Ready(live) | Phase::Draining(live)) = &self.phase else {
            return;
        };
        let Some(member) = self.members.get(&session).filter(|member| member.sync.is_in_step()) else {
            return;
        };
        for data in Reply::Ask.encode(&live.doc) {
            let frame = SharedFrame::sync(&self.own, &self.document, &data);
            outputs.push(Output::Send {
                session,
                bytes: addressed(&frame, member),
                droppable: false,
            });
        }
    }

    /// Shows changes that are on disk and applied to everybody in step, each without its own. The common frame is encoded
    /// once; an author's frame is its acknowledgement too.
    pub(super) fn fan_out(
        &mut self,
        changes: &[Change],
        authors: &BTreeMap<SessionId, Own>,
        outputs: &mut Vec<Output>,
    ) {
        let (Phase::Ready(live) | Phase::Draining(live)) = &self.phase else {
            return;
        };
        let frame_of = |chunks: &[&[u8]]| {
            let data = sync_message::write(&live.heads, &[], &live.heads, chunks);
            SharedFrame::sync(&self.own, &self.document, &data)
        };
        let all: Vec<&[u8]> = changes.iter().map(Change::raw_bytes).collect();
        let common = (!changes.is_empty()).then(|| frame_of(&all));
        for (session, member) in self.members.iter().filter(|(_, member)| member.sync.is_in_step()) {
            let bytes = match (authors.get(session), &common) {
                (Some(own), _) => {
                    let others: Vec<&[u8]> = changes
                        .iter()
                        .filter(|change| !own.contains(&change.hash()))
                        .map(Change::raw_bytes)
                        .collect();
                    addressed(&frame_of(&others), member)
                }
                (None, Some(common)) => addressed(common, member),
                (None, None) => continue,
            };
            outputs.push(Output::Send {
                session: *session,
                bytes,
                droppable: false,
            });
        }
    }
}

impl Live {
    /// The frame that brings an empty replica here: a snapshot and what came after it, made anew only when that is long.
    fn everything(&mut self, own: &PeerId, document: DocumentId) -> &SharedFrame {
        let made = match self.catch_up.take() {
            Some(kept) if kept.heads == self.heads => kept,
            Some(kept) => {
                let tail = self.doc.get_changes(&kept.snapshot_heads);
                if tail.len() <= SNAPSHOT_TAIL_MAX {
                    self.catch_up_frame(own, document, kept.snapshot, kept.snapshot_heads, &tail)
                } else {
                    self.catch_up_frame(own, document, self.doc.save(), self.heads.clone(), &[])
                }
            }
            None => self.catch_up_frame(own, document, self.doc.save(), self.heads.clone(), &[]),
        };
        &self.catch_up.insert(made).frame
    }

    fn catch_up_frame(
        &self,
        own: &PeerId,
        document: DocumentId,
        snapshot: Vec<u8>,
        snapshot_heads: Vec<ChangeHash>,
        tail: &[Change],
    ) -> CatchUpFrame {
        let chunks: Vec<&[u8]> = std::iter::once(&snapshot[..])
            .chain(tail.iter().map(Change::raw_bytes))
            .collect();
        let data = sync_message::write(&self.heads, &[], &self.heads, &chunks);
        let frame = SharedFrame::sync(own, &document, &data);
        CatchUpFrame {
            snapshot,
            snapshot_heads,
            heads: self.heads.clone(),
            frame,
        }
    }
}
