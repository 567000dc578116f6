//! What a connection does with the documents it has open, and with its seat.

use std::sync::Arc;

use board::{Role, WorkshopView};
use sync::{Access, DocumentId, Message, PeerId, PeerInfo, room::CloseCode, session::Output, weight, wire::PeerEntry};
use tokio::sync::watch;

use super::{Connection, DOCUMENTS_MAX, End, OpenDocument, REVOKED};
use crate::{budget::Cost, outbox::Kind, rooms::ToRoom};

impl Connection {
    /// Reads one frame and hands what it holds to its room.
    pub(super) async fn read(
        &mut self,
        bytes: &[u8],
        view: &watch::Receiver<Option<Arc<WorkshopView>>>,
    ) -> Option<End> {
        let mut outputs = std::mem::take(&mut self.outputs);
        let now = view.borrow().clone().unwrap_or_default();
        let (workshop, seat) = (&self.workshop, &self.seat);
        let mut replaced = None;
        let sees = |document: &DocumentId| {
            let sees = workshop.access(seat, document, &now).0 != board::Access::None;
            replaced = (!sees && workshop.replacement(document).is_some()).then_some(*document);
            sees
        };
        self.protocol.frame(bytes, sees, &mut outputs);
        if let Some(document) = replaced {
            self.tell_replaced(document, &now);
        }
        let mut cost = Cost {
            messages: 1,
            bytes: bytes.len() as u64,
            ..Cost::default()
        };
        let mut end = None;
        for output in outputs.drain(..) {
            match output {
                Output::Joined { peer, metadata } => self.info = Some(self.peer_info(peer, metadata.yoriai)),
                Output::Send(bytes) => {
                    self.outbox.send(bytes.into(), Kind::News);
                }
                Output::Document { document, message } => {
                    if let Message::Request(content) | Message::Sync(content) = &message {
                        let weight = weight::weigh(&content.data);
                        cost.operations += weight.operations;
                        cost.bytes = cost.bytes.max(weight.bytes);
                    }
                    cost.documents += u64::from(!self.open.contains_key(&document));
                    if end.is_none() {
                        end = self.hand_over(document, message, &now).await;
                    }
                }
                // Through the queue, so that what was said before is written before.
                Output::Close { code, reason } => self.outbox.close(code.number(), reason),
            }
        }
        self.outputs = outputs;
        self.pay(cost);
        end
    }

    async fn hand_over(&mut self, document: DocumentId, message: Message, view: &WorkshopView) -> Option<End> {
        if let Some(open) = self.open.get(&document) {
            let message = ToRoom::Message {
                session: self.id,
                message: Box::new(message),
            };
            if open.room.send(message).await.is_err() {
                if self.workshop.replacement(&document).is_some() {
                    self.open.remove(&document);
                    self.tell_replaced(document, view);
                    return None;
                }
                return Some(End::new(CloseCode::Restart, "document reloaded"));
            }
            return None;
        }
        if self.open.len() >= DOCUMENTS_MAX {
            self.notify("too-many-documents", "this connection has too many documents open");
            return Some(End::new(CloseCode::Overloaded, "too many documents open"));
        }
        let info = Box::new(self.info.clone()?);
        let (access, reason) = self.workshop.access(&self.seat, &document, view);
        let access = wire_access(access);
        let room = self.state.rooms.room(document);
        let joined = ToRoom::Joined {
            session: self.id,
            info,
            access,
            first: Box::new(message),
            outbox: self.outbox.clone(),
        };
        if room.send(joined).await.is_err() {
            return Some(End::new(CloseCode::Restart, "document reloaded"));
        }
        self.open.insert(document, OpenDocument { room, access });
        // The room says what it may do, but not why; the person at this device should read it.
        if reason == "muted" && self.understands_notices() {
            let bytes = sync::session::access_frame(document, access, reason);
            self.outbox.send(bytes.into(), Kind::News);
        }
        None
    }

    /// An erasure has put another document in this one's place: our own client moves there, for others it does not exist.
    fn tell_replaced(&self, document: DocumentId, view: &WorkshopView) {
        let Some(info) = &self.info else { return };
        let new = self.workshop.replacement(&document);
        let may_see = |new: &DocumentId| self.workshop.access(&self.seat, new, view).0 != board::Access::None;
        let bytes = match new.filter(may_see) {
            Some(new) if info.yoriai => sync::wire::encode(&Message::Notice {
                document: Some(document),
                code: "replaced".to_owned(),
                text: new.to_string(),
            }),
            _ => sync::session::unavailable(&self.state.peer, &info.entry.peer, document),
        };
        self.outbox.send(bytes.into(), Kind::News);
    }

    /// Works the rights out anew and tells the rooms whose answer changed.
    pub(super) async fn review(&mut self, view: &watch::Receiver<Option<Arc<WorkshopView>>>) {
        let now = view.borrow().clone().unwrap_or_default();
        for document in self.open.keys().copied().collect::<Vec<_>>() {
            if self.workshop.replacement(&document).is_some() {
                self.open.remove(&document);
                self.tell_replaced(document, &now);
            }
        }
        let mut closed = Vec::new();
        for (document, open) in &mut self.open {
            let (access, reason) = self.workshop.access(&self.seat, document, &now);
            let access = wire_access(access);
            if access == open.access {
                continue;
            }
            open.access = access;
            // A room that has ended has closed this session's socket already.
            let _ = open
                .room
                .send(ToRoom::Access {
                    session: self.id,
                    access,
                    reason,
                })
                .await;
            if access == Access::None {
                closed.push(*document);
            }
        }
        for document in closed {
            self.open.remove(&document);
            self.withdrawn.insert(document);
        }
        for document in self.withdrawn.iter().copied().collect::<Vec<_>>() {
            let (access, reason) = self.workshop.access(&self.seat, &document, &now);
            if access == board::Access::None {
                continue;
            }
            self.withdrawn.remove(&document);
            // No room knows the session any more; our own client asks for the document again when it hears this.
            if !self.open.contains_key(&document) && self.info.as_ref().is_some_and(|info| info.yoriai) {
                let bytes = sync::session::access_frame(document, wire_access(access), reason);
                self.outbox.send(bytes.into(), Kind::News);
            }
        }
    }

    pub(super) async fn look_up_seat(&mut self) -> Option<End> {
        match self
            .state
            .store
            .seat(self.seat.device.clone(), self.seat.workshop.clone())
            .await
        {
            Ok(Some(seat)) if !seat.revoked => {
                self.seat = seat;
                self.introduce_again().await;
                None
            }
            Ok(_) => {
                self.seat.revoked = true;
                for (_, document) in std::mem::take(&mut self.open) {
                    let _ = document.room.send(ToRoom::Left(self.id)).await;
                }
                self.notify("revoked", "the link through which this device joined no longer holds");
                self.cut(CloseCode::Refused, REVOKED.to_owned());
                None
            }
            Err(error) => {
                tracing::error!(session = self.id.0, %error, "seat not read");
                Some(End::new(CloseCode::Internal, "seat not read"))
            }
        }
    }

    /// The seat may be somebody else's now: the rooms hear of it, and with them everybody's list of people.
    async fn introduce_again(&mut self) {
        let Some(before) = &self.info else {
            return;
        };
        let now = self.peer_info(before.entry.peer.clone(), before.yoriai);
        if now == *before {
            return;
        }
        for open in self.open.values() {
            // A room that has ended has closed this session's socket already.
            let _ = open
                .room
                .send(ToRoom::Introduced {
                    session: self.id,
                    entry: Box::new(now.entry.clone()),
                })
                .await;
        }
        self.info = Some(now);
    }

    fn peer_info(&self, peer: PeerId, yoriai: bool) -> PeerInfo {
        let role = match self.seat.role {
            Role::Viewer => "viewer",
            Role::Participant => "participant",
            Role::Coordinator => "coordinator",
        };
        PeerInfo {
            entry: PeerEntry {
                peer,
                person: self.seat.person.as_ref().map(|person| person.as_str().to_owned()),
                name: self.seat.person_name.clone(),
                role: role.to_owned(),
                device: self.seat.device.clone(),
            },
            yoriai,
            // A token acts for the device that asked for it, so that a client keeps its actor ids when the token is renewed.
            holder: self.seat.device.clone(),
        }
    }
}

fn wire_access(access: board::Access) -> Access {
    match access {
        board::Access::None => Access::None,
        board::Access::Read => Access::Read,
        board::Access::Write => Access::Write,
    }
}
