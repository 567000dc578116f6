//! The frames a room sends that carry no changes.

use std::sync::Arc;

use super::{CloseCode, Input, Output, Phase, Room, SessionId, member::Member};
use crate::{
    session,
    wire::{self, Access, EphemeralMessage, Message, SharedFrame},
};

impl Room {
    pub(super) fn change_access(
        &mut self,
        session: SessionId,
        access: Access,
        reason: &str,
        outputs: &mut Vec<Output>,
    ) {
        let Some(member) = self.members.get_mut(&session) else {
            return;
        };
        let before = member.access;
        member.access = access;
        reason.clone_into(&mut member.reason);
        if access != Access::Write {
            self.forget_line_of(session);
        }
        self.send_access(session, outputs);
        if access == Access::None {
            if let Some(member) = self.members.remove(&session) {
                let bytes = session::unavailable(&self.own, &member.info.entry.peer, self.document);
                outputs.push(Output::Send {
                    session,
                    bytes: bytes.into(),
                    droppable: false,
                });
            }
            self.presence.changed();
        } else if before == Access::Read && access == Access::Write {
            // What it wrote while it might not was dropped here but counts as sent over there.
            self.ask(session, outputs);
        }
    }

    /// What is still in line of a session that may not write, or of an earlier one of the same device, was sent while it might
    /// but would be written when it may not: it stays with the client, unsaved.
    pub(super) fn forget_line_of(&mut self, session: SessionId) {
        let line = match &mut self.phase {
            Phase::Ready(live) | Phase::Draining(live) => &mut live.line,
            Phase::Loading { line, .. } => line,
            Phase::Gone => return,
        };
        let dropped = line.forget(session);
        let Some(member) = self.members.get_mut(&session) else {
            return;
        };
        member.submissions = member.submissions.saturating_sub(dropped);
        let holder = Arc::clone(&member.info);
        let members = &self.members;
        line.forget_departed(&holder.holder, |session| !members.contains_key(session));
    }

    /// Tells a session what it may do here.
    pub(super) fn send_access(&self, session: SessionId, outputs: &mut Vec<Output>) {
        if let Some(member) = self.members.get(&session) {
            let (document, access, reason) = (self.document, member.access, member.reason.clone());
            tell(
                session,
                member,
                &Message::Access {
                    document,
                    access,
                    reason,
                },
                outputs,
            );
        }
    }

    pub(super) fn send_notice(&self, session: SessionId, code: &str, text: &str, outputs: &mut Vec<Output>) {
        if let Some(member) = self.members.get(&session) {
            tell(session, member, &self.notice(code, text), outputs);
        }
    }

    /// Tells everybody who may write.
    pub(super) fn tell_writers(&self, code: &str, text: &str, outputs: &mut Vec<Output>) {
        let notice = self.notice(code, text);
        for (session, member) in self.members.iter().filter(|(_, member)| member.writes()) {
            tell(*session, member, &notice, outputs);
        }
    }

    pub(super) fn notice(&self, code: &str, text: &str) -> Message {
        Message::Notice {
            document: Some(self.document),
            code: code.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Ends a session: it is told why, closed and forgotten.
    pub(super) fn close(
        &mut self,
        session: SessionId,
        code: CloseCode,
        word: &str,
        text: &str,
        outputs: &mut Vec<Output>,
    ) {
        self.send_notice(session, word, text, outputs);
        if self.members.remove(&session).is_some() {
            self.presence.changed();
            outputs.push(Output::Close {
                session,
                code,
                reason: text.to_owned(),
            });
        }
    }

    /// Relays a presence message to everybody else, within its sender's credit (rule S35).
    pub(super) fn relay(
        &mut self,
        now_ms: u64,
        session: SessionId,
        message: EphemeralMessage,
        outputs: &mut Vec<Output>,
    ) {
        if !matches!(self.phase, Phase::Ready(_)) || message.data.len() > super::EPHEMERAL_BYTES_MAX {
            return;
        }
        let Some(member) = self.members.get_mut(&session) else {
            return;
        };
        if !member.writes() || !member.may_send_presence(now_ms) {
            return;
        }
        let frame = SharedFrame::ephemeral(&message);
        for (to, member) in self.members.iter().filter(|(to, _)| **to != session) {
            outputs.push(Output::Send {
                session: *to,
                bytes: addressed(&frame, member),
                droppable: true,
            });
        }
    }

    /// The document could not be loaded: everybody hears that it is damaged and unavailable, and the room ends. Their sessions
    /// do not, since they may have other documents open, which are well (rule S39).
    pub(super) fn fail_loading(&mut self, reason: &str, outputs: &mut Vec<Output>) {
        for (session, member) in &self.members {
            tell(
                *session,
                member,
                &self.notice("damaged", "the stored document cannot be read"),
                outputs,
            );
            outputs.push(Output::Send {
                session: *session,
                bytes: session::unavailable(&self.own, &member.info.entry.peer, self.document).into(),
                droppable: false,
            });
        }
        self.members.clear();
        self.fail(reason, outputs);
    }

    /// The document in memory cannot be used any more: everybody has to come back to it as it is stored.
    pub(super) fn fail(&mut self, reason: &str, outputs: &mut Vec<Output>) {
        let tokens = match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Loading { local, line, .. } => {
                let waiting = local.iter().filter_map(Input::token);
                waiting.chain(line.tokens()).collect()
            }
            Phase::Ready(live) | Phase::Draining(live) => live.tokens(),
            Phase::Gone => Vec::new(),
        };
        for token in tokens {
            let reason = reason.to_owned();
            outputs.push(Output::LocalRefused { token, reason });
        }
        for session in self.members.keys().copied().collect::<Vec<_>>() {
            self.close(
                session,
                CloseCode::Internal,
                "unreadable",
                "the document cannot be read",
                outputs,
            );
        }
        outputs.push(Output::Unload);
    }
}

/// A frame for one member: our own clients share its bytes.
pub(super) fn addressed(frame: &SharedFrame, member: &Member) -> Arc<[u8]> {
    if member.info.yoriai {
        frame.unaddressed()
    } else {
        frame.addressed(&member.info.entry.peer)
    }
}

fn tell(session: SessionId, member: &Member, message: &Message, outputs: &mut Vec<Output>) {
    if member.info.yoriai {
        outputs.push(Output::Send {
            session,
            bytes: wire::encode(message).into(),
            droppable: false,
        });
    }
}

impl Input {
    /// The token of the server's own changes.
    pub(super) const fn token(&self) -> Option<u64> {
        match self {
            Self::LocalChanges { token, .. } | Self::DurableChanges { token, .. } => Some(*token),
            _ => None,
        }
    }

    /// One word, without content.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SessionJoined { .. } => "joined",
            Self::Message { .. } => "message",
            Self::AccessChanged { .. } => "access",
            Self::Introduced { .. } => "introduced",
            Self::SessionLeft { .. } => "left",
            Self::Loaded { .. } => "loaded",
            Self::LoadFailed { .. } => "load-failed",
            Self::Persisted { .. } => "persisted",
            Self::PersistFailed { .. } => "persist-failed",
            Self::LocalChanges { .. } => "local",
            Self::DurableChanges { .. } => "durable",
            Self::Drain => "drain",
            Self::Tick => "tick",
        }
    }
}
