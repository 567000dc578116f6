//! The line to the server: events into the sync client, its effects into the state.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use board::{GroupId, PersonId, Workshop};
use sync::{
    DocumentId, PeerId,
    client::{ClientEvent, ConnectionState, Effect},
    wire::PeerEntry,
};

use super::{Act, Core, OpenBoard, Session, Stored, refusals::Replay};
use crate::{
    api::Seat,
    platform::{Build, SocketEvent},
    store::{
        presence,
        replicas::{Replicas, fresh_actor},
        state::{Connection, Notice, Peer, Phase},
    },
};

/// A try that began before the device slept or changed its network is given up on waking if it is older than this: it
/// would otherwise be waited for, for ten seconds, on a line that is gone.
const STUCK_MS: u64 = 2_000;

impl Session {
    pub(super) fn new(seat: Rc<Seat>, workshop: DocumentId, random: u128, build: Build) -> Option<Self> {
        // A new name for every page: two tabs of one device are two peers.
        let prefix: String = seat.device.chars().take(64).collect();
        let peer: PeerId = format!("{prefix}-{random:032x}").parse().ok()?;
        let replica = Workshop::empty(fresh_actor(random.rotate_left(64)));
        let mut replicas = Replicas::default();
        replicas.workshop = Some((workshop, replica));
        Some(Self {
            seat,
            client: sync::Client::new(peer).of_page(build.page, build.revision),
            replicas,
            workshop,
            open: BTreeMap::new(),
            granted: BTreeMap::new(),
            muted: BTreeSet::new(),
            stored: BTreeMap::from([(workshop, Stored::default())]),
            wake_at_ms: None,
            workshop_refused: false,
            to_note: BTreeSet::new(),
            note_at_ms: None,
            unsent_noted: None,
        })
    }

    pub(super) fn group_of(&self, document: &DocumentId) -> Option<GroupId> {
        self.replicas.boards.get(document).map(|replica| replica.group.clone())
    }
}

impl Core {
    /// Something happened on the socket.
    pub fn socket(&mut self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => self.feed(ClientEvent::SocketOpened),
            SocketEvent::Frame(bytes) => self.feed(ClientEvent::Frame(bytes)),
            SocketEvent::Refused { code } => self.socket_refused(&code),
            SocketEvent::Closed { code } => {
                // 1012: the server is being replaced, on purpose and not for long.
                if code == 1012 {
                    let text = self.texts.server_restarting;
                    self.notify(Notice::info(text));
                }
                // 1013: too much of something, and the server has said of what if it could.
                if code == 1013 {
                    let text = self.texts.crowded;
                    self.notify(Notice::info(text));
                }
                self.feed(ClientEvent::SocketClosed);
            }
        }
    }

    /// The device woke up, or its network came or went.
    pub fn network(&mut self, online: bool) {
        // First what the sleep did to the line, then the hint: a line that died meanwhile is tried again at once.
        self.feed(ClientEvent::Tick);
        let now_ms = self.platform.now_ms();
        let stuck = match self.session.as_ref().map(|session| session.client.state()) {
            Some(ConnectionState::Connecting { since_ms } | ConnectionState::Joining { since_ms }) => {
                now_ms.saturating_sub(*since_ms) >= STUCK_MS
            }
            _ => false,
        };
        if online && stuck {
            self.acts.push(Act::CloseSocket);
            self.feed(ClientEvent::SocketClosed);
        }
        self.feed(ClientEvent::NetworkHint { online });
        if online {
            self.look_for_other_tabs();
        }
    }

    /// The one way into the sync client.
    pub(super) fn feed(&mut self, event: ClientEvent) {
        let (now_ms, random) = (self.platform.now_ms(), self.platform.random() as u64);
        let Some(session) = &mut self.session else { return };
        let mut effects = Vec::new();
        session
            .client
            .handle(now_ms, random, &mut session.replicas, event, &mut effects);
        self.take_in_received(true);
        for effect in effects {
            self.effect(effect);
        }
    }

    /// Shows what the replicas took in, and keeps it on the device unless it came from there.
    pub(super) fn take_in_received(&mut self, keep: bool) {
        let Some(session) = &mut self.session else { return };
        for received in session.replicas.take_received() {
            let group = self
                .session
                .as_ref()
                .and_then(|session| session.group_of(&received.document));
            if keep {
                self.append(received.document, received.bytes);
            }
            let Some(group) = group else {
                self.refresh_workshop();
                continue;
            };
            for edit in received.text_edits {
                self.acts.push(Act::Text(group.clone(), edit));
            }
            self.refresh_board(&group);
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket => {
                if let Some(session) = &self.session {
                    let workshop = session.seat.workshop.clone();
                    self.acts.push(Act::OpenSocket { workshop });
                }
            }
            Effect::CloseSocket => self.acts.push(Act::CloseSocket),
            Effect::Send(bytes) => self.acts.push(Act::Send(bytes)),
            Effect::WakeAt { at_ms } => {
                if let Some(session) = &mut self.session {
                    session.wake_at_ms = Some(at_ms);
                }
            }
            Effect::StateChanged => self.refresh_connection(),
            Effect::SavedChanged { document } => {
                self.refresh_unsaved(&document);
                self.note_saved_heads(&document);
            }
            Effect::Access {
                document,
                access,
                reason,
            } => {
                if let Some(session) = &mut self.session {
                    // A room's first word about a right comes without a reason, and takes none back.
                    if reason == "muted" {
                        session.muted.insert(document);
                    } else if access == sync::Access::Write || !reason.is_empty() {
                        session.muted.remove(&document);
                    }
                }
                self.granted(document, access);
            }
            Effect::Peers { document, peers } => self.peers(&document, peers),
            Effect::Ephemeral { document, from, data } => self.ephemeral(&document, &from, &data),
            Effect::Notice {
                document: Some(document),
                code,
                text,
            } if code == "replaced" => {
                if let Ok(new) = text.parse() {
                    self.replaced(document, new);
                }
            }
            Effect::Notice {
                document: _,
                code,
                text,
            } => self.server_notice(&code, &text),
            Effect::Refused { document, .. } => self.refused(document),
            Effect::Unavailable { document } => {
                self.granted(document, sync::Access::None);
                let text = self.texts.unavailable;
                self.notify(Notice::warning(text));
            }
            Effect::Applied { document } => self.note_saved_heads(&document),
            Effect::InSync { document } => self.in_sync(document),
        }
    }

    fn refresh_connection(&mut self) {
        let Some(session) = &self.session else { return };
        let phase = match session.client.state() {
            ConnectionState::Online { .. } => Phase::Online,
            ConnectionState::Offline { next_try_ms } => Phase::Offline {
                retry_at_ms: *next_try_ms,
            },
            // A try after a loss is still "no connection" to the person; only the first one is "connecting".
            ConnectionState::Connecting { .. } | ConnectionState::Joining { .. } => match self.state.connection.phase {
                Phase::Offline { .. } => self.state.connection.phase,
                Phase::Connecting | Phase::Online => Phase::Connecting,
            },
            ConnectionState::Stopped => Phase::Connecting,
        };
        let unsaved = self.state.connection.unsaved;
        if self.state.connection.phase == phase {
            return;
        }
        let state = self.change();
        state.connection = Connection { phase, unsaved };
        if phase == Phase::Online {
            self.joined();
        } else {
            // Without the line nobody's hand can be seen any more, and nothing is known of who is there.
            for slot in state.boards.values_mut() {
                slot.presence = Rc::default();
                slot.peers = Rc::default();
            }
        }
    }

    /// Counts again what of a document, and of all, is not on the server's disk.
    pub(super) fn refresh_unsaved(&mut self, document: &DocumentId) {
        let Some(session) = &self.session else { return };
        let sent = session.client.unsaved(document);
        let group = session.group_of(document);
        // What is set aside, or waits to be done again, is unsent as well.
        let waiting = |open: &OpenBoard| {
            let aside = open.aside.as_ref().map_or(0, |aside| aside.unsaved);
            aside + open.replay.as_ref().map_or(0, Replay::waiting)
        };
        let unsaved = sent
            + group
                .as_ref()
                .and_then(|group| session.open.get(group))
                .map_or(0, waiting);
        let boards = session.open.values();
        let boards = boards.map(|open| session.client.unsaved(&open.document) + waiting(open));
        let total = boards.sum::<usize>() + session.client.unsaved(&session.workshop);
        let slot_differs = group
            .as_ref()
            .and_then(|group| self.state.boards.get(group))
            .is_some_and(|slot| slot.unsaved != unsaved);
        if self.state.connection.unsaved != total || slot_differs {
            let state = self.change();
            state.connection.unsaved = total;
            if let Some(slot) = group.and_then(|group| state.boards.get_mut(&group)) {
                slot.unsaved = unsaved;
            }
            self.note_unsent_groups();
        }
        if sent == 0 {
            self.replay_next(document);
        }
    }

    fn granted(&mut self, document: DocumentId, access: sync::Access) {
        let Some(session) = &mut self.session else { return };
        session.granted.insert(document, access);
        if document == session.workshop {
            self.refresh_workshop();
        } else {
            self.refresh_rights();
        }
    }

    fn peers(&mut self, document: &DocumentId, entries: Vec<PeerEntry>) {
        let Some(session) = &self.session else { return };
        let (Some(group), own) = (session.group_of(document), session.client.own().clone()) else {
            return;
        };
        let peers: Vec<Peer> = entries
            .into_iter()
            .map(|entry| {
                let person: Option<PersonId> = entry.person.as_deref().and_then(|person| person.parse().ok());
                let identity = person.as_ref().map_or(entry.device.as_str(), PersonId::as_str);
                Peer {
                    colour_index: presence::colour_index(identity),
                    own: entry.peer == own,
                    peer: entry.peer.to_string(),
                    person,
                    name: entry.name,
                    role: entry.role,
                }
            })
            .collect();
        let Some(slot) = self.change().boards.get_mut(&group) else {
            return;
        };
        let here = |peer: &String| peers.iter().any(|entry| entry.peer == *peer);
        if !slot.presence.keys().all(here) {
            Rc::make_mut(&mut slot.presence).retain(|peer, _| here(peer));
        }
        // Whose hand moved before the list came gets its name now.
        let named = |peer: &str| {
            peers
                .iter()
                .find(|entry| entry.peer == *peer)
                .map(|entry| entry.name.clone())
        };
        if slot.presence.values().any(|remote| remote.name.is_empty()) {
            for (peer, remote) in Rc::make_mut(&mut slot.presence)
                .iter_mut()
                .filter(|(_, remote)| remote.name.is_empty())
            {
                remote.name = named(peer).unwrap_or_default();
            }
        }
        slot.peers = Rc::new(peers);
    }

    fn ephemeral(&mut self, document: &DocumentId, from: &PeerId, data: &[u8]) {
        let Some(payload) = presence::decode(data) else { return };
        let now_ms = self.platform.now_ms();
        let Some(group) = self.session.as_ref().and_then(|session| session.group_of(document)) else {
            return;
        };
        let Some(slot) = self.state.boards.get(&group) else {
            return;
        };
        let entry = slot.peers.iter().find(|peer| peer.peer == from.as_str());
        // A shared tablet switches its author faster than the server learns of it: the message's own person counts.
        let listed = payload
            .person
            .as_ref()
            .and_then(|person| slot.view.people.iter().find(|known| known.id == *person));
        let name = listed
            .map(|person| person.name.clone())
            .or_else(|| entry.map(|peer| peer.name.clone()))
            .unwrap_or_default();
        let identity = payload
            .person
            .as_ref()
            .map(|person| presence::colour_index(person.as_str()));
        let colour_index = identity
            .or_else(|| entry.map(|peer| peer.colour_index))
            .unwrap_or_else(|| presence::colour_index(from.as_str()));
        let mut presences = Rc::clone(&slot.presence);
        if presence::receive(&mut presences, from.as_str(), payload, (name, colour_index), now_ms)
            && let Some(slot) = self.change().boards.get_mut(&group)
        {
            slot.presence = presences;
        }
    }

    /// Why the server opens no socket. A seat that is gone is looked up by the page, which then says so in full.
    fn socket_refused(&mut self, code: &str) {
        let texts = self.texts;
        let text = match code {
            "server_full" => texts.crowded,
            "workshop_full" => texts.workshop_full,
            "too_many_tabs" => texts.too_many_tabs,
            _ => return self.acts.push(Act::Log(format!("socket: {code}"))),
        };
        self.notify(Notice::info(text));
    }

    fn server_notice(&mut self, code: &str, text: &str) {
        let texts = self.texts;
        let notice = match code {
            "not-saved" => Notice::warning(texts.not_saved),
            "damaged" => Notice::warning(texts.board_damaged),
            "saved-again" => {
                let told = |notice: &Notice| notice.text == texts.not_saved;
                if self.state.notices.iter().any(told) {
                    self.change().notices.retain(|notice| !told(notice));
                }
                return;
            }
            "overloaded" | "too-fast" => Notice::info(texts.too_fast),
            // The close frame that follows says it to the person.
            sync::session::RESTART => return,
            "room-full" => Notice::info(texts.workshop_full),
            "too-many-documents" => Notice::info(texts.too_many_tabs),
            // The page that looks the seat up next says it in full.
            "revoked" => Notice::warning(texts.seat_lost_body),
            sync::session::PAGE_OUTDATED => return self.page_outdated(),
            // Words for engineers: the console is their place, the connection bar is the person's.
            "protocol" | "unreadable" => {
                self.acts.push(Act::Log(format!("sync: {code}: {text}")));
                return;
            }
            _ => Notice::info((texts.server_says)(text)),
        };
        self.notify(notice);
    }
}
