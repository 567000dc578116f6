//! One tablet, a server that says what the test lets it say, and a clock that the test moves.

use automerge::{ActorId, Automerge, ROOT, ReadDoc, transaction::Transactable};

use super::*;
use crate::{
    peer_sync::PeerSync,
    sync_message,
    wire::{FRAME_BYTES_MAX, SyncMessage, decode, encode},
};

fn peer(text: &str) -> PeerId {
    text.parse().expect("a peer id")
}

fn document() -> DocumentId {
    DocumentId::from_bytes([3; 16])
}

fn replica(actor: &str) -> Automerge {
    Automerge::new().with_actor(ActorId::from(actor.as_bytes().to_vec()))
}

fn word(doc: &mut Automerge, key: &str, value: &str) -> Change {
    doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, key, value))
        .expect("a put");
    doc.get_last_local_change().expect("the change just made")
}

struct Shelf(Automerge);

impl Documents for Shelf {
    fn doc(&self, _: &DocumentId) -> Option<&Automerge> {
        Some(&self.0)
    }

    fn apply(&mut self, _: &DocumentId, changes: Vec<Change>) -> Result<(), String> {
        self.0.apply_changes(changes).map_err(|error| error.to_string())
    }
}

struct Tablet {
    client: Client,
    shelf: Shelf,
    now_ms: u64,
    random: u64,
    effects: Vec<Effect>,
    server: Automerge,
    at_server: PeerSync,
}

impl Tablet {
    fn new() -> Self {
        let mut server = replica("server");
        word(&mut server, "theme", "協働");
        Self {
            client: Client::new(peer("tablet")),
            shelf: Shelf(replica("tablet")),
            now_ms: 50_000,
            random: 7,
            effects: Vec::new(),
            server,
            at_server: PeerSync::new(),
        }
    }

    fn handle(&mut self, event: ClientEvent) {
        self.client
            .handle(self.now_ms, self.random, &mut self.shelf, event, &mut self.effects);
    }

    fn hear(&mut self, message: &Message) {
        self.handle(ClientEvent::Frame(encode(message)));
    }

    fn join(&mut self) {
        self.handle(ClientEvent::SocketOpened);
        self.at_server = PeerSync::new();
        self.hear(&Message::Peer {
            sender: peer("server"),
            target: None,
            version: "1".to_owned(),
            metadata: PeerMetadata {
                storage_id: None,
                is_ephemeral: true,
                yoriai: true,
                ..PeerMetadata::default()
            },
        });
    }

    /// Online, with the board open and in step.
    fn at_work() -> Self {
        let mut tablet = Self::new();
        tablet.handle(ClientEvent::Open {
            document: document(),
            saved: vec![],
        });
        tablet.handle(ClientEvent::Start);
        tablet.join();
        tablet.exchange();
        assert_eq!(tablet.shelf.0.get_heads(), tablet.server.get_heads());
        tablet
    }

    fn sent(&mut self) -> Vec<Message> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send(bytes) => Some(decode(bytes, FRAME_BYTES_MAX).expect("our own frame")),
            _ => None,
        });
        let sent = sent.collect();
        self.effects.retain(|effect| !matches!(effect, Effect::Send(_)));
        sent
    }

    fn sync_from_server(&mut self, data: Vec<u8>) {
        self.hear(&Message::Sync(SyncMessage {
            sender: peer("server"),
            target: None,
            document: document(),
            data,
        }));
    }

    /// The server takes what was sent, and answers, until both are silent. Returns how many changes the server was sent.
    fn exchange(&mut self) -> usize {
        let mut changes = 0;
        loop {
            let sent = self.sent();
            let mut answers = Vec::new();
            for message in &sent {
                let (Message::Sync(message) | Message::Request(message)) = message else {
                    continue;
                };
                let body = sync_message::read(&message.data).expect("a sync message");
                for bytes in &body.changes {
                    self.server.load_incremental(bytes).expect("a change that applies");
                }
                changes += body.changes.len();
                self.at_server.hear(&body);
                for reply in self.at_server.settle(&self.server, true) {
                    answers.extend(reply.encode(&self.server));
                }
                if !body.changes.is_empty() {
                    let heads = self.server.get_heads();
                    answers.push(sync_message::write(&heads, &[], &heads, &[]));
                }
            }
            if sent.is_empty() {
                return changes;
            }
            for data in answers {
                self.sync_from_server(data);
            }
        }
    }

    fn write(&mut self, key: &str, value: &str) {
        let change = word(&mut self.shelf.0, key, value);
        self.handle(ClientEvent::LocalChange {
            document: document(),
            change,
        });
    }

    fn unsaved(&self) -> usize {
        self.client.unsaved(&document())
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.handle(ClientEvent::Tick);
    }

    fn wakes_at(&self) -> Option<u64> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::WakeAt { at_ms } => Some(*at_ms),
            _ => None,
        })
    }
}

#[test]
fn s12_the_tablet_joins_greets_and_shows_the_board() {
    let mut tablet = Tablet::new();
    tablet.handle(ClientEvent::Open {
        document: document(),
        saved: vec![],
    });
    tablet.handle(ClientEvent::Start);
    assert!(tablet.effects.contains(&Effect::OpenSocket));
    tablet.handle(ClientEvent::SocketOpened);
    assert!(matches!(&tablet.sent()[..], [Message::Join { .. }]));
    tablet.join();
    let sent = tablet.sent();
    let [Message::Request(greeting)] = &sent[..] else {
        panic!("an empty replica requests: {sent:?}")
    };
    assert_eq!(greeting.document, document());
    tablet.sync_from_server(
        crate::peer_sync::Reply::CatchUp { after: vec![] }
            .encode(&tablet.server)
            .remove(0),
    );
    assert_eq!(tablet.shelf.0.get_heads(), tablet.server.get_heads());
    assert!(tablet.effects.contains(&Effect::InSync { document: document() }));
    assert_eq!(tablet.sent(), [], "with nothing to add there is nothing to answer");
}

#[test]
fn s22_a_change_counts_as_unsaved_until_the_server_announces_it() {
    let mut tablet = Tablet::at_work();
    tablet.write("note", "一");
    tablet.write("note", "二");
    assert_eq!(tablet.unsaved(), 2);
    assert_eq!(tablet.exchange(), 2);
    assert_eq!(tablet.unsaved(), 0);
    assert_eq!(tablet.client.saved_heads(&document()), tablet.server.get_heads());
}

#[test]
fn s22_an_announcement_of_an_earlier_change_leaves_the_later_one_unsaved() {
    let mut tablet = Tablet::at_work();
    tablet.write("note", "一");
    let first = tablet.shelf.0.get_heads();
    tablet.write("note", "二");
    tablet.sync_from_server(sync_message::write(&first, &[], &first, &[]));
    assert_eq!(tablet.unsaved(), 1);
}

#[test]
fn s22_a_change_that_others_build_on_is_saved() {
    let mut tablet = Tablet::at_work();
    tablet.write("note", "一");
    let mut suzuki = tablet.shelf.0.fork().with_actor(ActorId::from(b"suzuki".to_vec()));
    tablet.write("note", "二");
    let answer = word(&mut suzuki, "answer", "同感");
    let heads = suzuki.get_heads();
    tablet.sync_from_server(sync_message::write(&heads, &[], &heads, &[answer.raw_bytes()]));
    assert_eq!(tablet.unsaved(), 1, "the first is in the past of what the server sent");
}

#[test]
fn s22_a_question_is_not_an_announcement() {
    let mut tablet = Tablet::at_work();
    tablet.write("note", "一");
    tablet.sent();
    tablet.sync_from_server(sync_message::write(&[], &[], &tablet.server.get_heads(), &[]));
    assert_eq!(tablet.unsaved(), 1);
    assert_eq!(tablet.client.saved_heads(&document()), tablet.server.get_heads());
    assert_eq!(tablet.exchange(), 1, "it is answered with what the server lacks");
    assert_eq!(tablet.unsaved(), 0);
}

#[test]
fn s23_what_was_written_without_a_network_is_counted_kept_and_sent_once() {
    let mut tablet = Tablet::at_work();
    tablet.handle(ClientEvent::SocketClosed);
    for number in 0..5 {
        tablet.write("note", &number.to_string());
    }
    assert_eq!(tablet.unsaved(), 5);
    assert_eq!(tablet.sent(), []);
    word(&mut tablet.server, "meanwhile", "x");
    tablet.pass(RETRY_FIRST_MS);
    tablet.join();
    assert_eq!(tablet.exchange(), 5);
    assert_eq!(tablet.unsaved(), 0);
    assert_eq!(tablet.shelf.0.get_heads(), tablet.server.get_heads());
}

#[test]
fn s23_after_a_reload_the_count_is_what_it_was() {
    let mut tablet = Tablet::at_work();
    let saved = tablet.client.saved_heads(&document()).to_vec();
    tablet.write("note", "一");
    tablet.write("note", "二");
    let stored = Automerge::load(&tablet.shelf.0.save()).expect("what was stored");
    let mut again = Tablet {
        shelf: Shelf(stored),
        ..Tablet::new()
    };
    again.handle(ClientEvent::Open {
        document: document(),
        saved: saved.clone(),
    });
    assert_eq!(again.unsaved(), 2);
    assert_eq!(again.client.saved_heads(&document()), saved);
}

#[test]
fn s21_a_tablet_that_may_only_read_sends_no_changes() {
    let mut tablet = Tablet::at_work();
    let access = |access| Message::Access {
        document: document(),
        access,
        reason: "locked".to_owned(),
    };
    tablet.hear(&access(Access::Read));
    tablet.write("note", "一");
    assert_eq!(tablet.sent(), []);
    tablet.hear(&access(Access::Write));
    tablet.sync_from_server(sync_message::write(&[], &[], &tablet.server.get_heads(), &[]));
    assert_eq!(tablet.exchange(), 1);
}

#[test]
fn s20_a_refused_replica_is_set_aside_until_it_is_opened_again() {
    let mut tablet = Tablet::at_work();
    tablet.hear(&Message::Notice {
        document: Some(document()),
        code: "refused".to_owned(),
        text: "schema: a forbidden key".to_owned(),
    });
    assert!(
        tablet
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Refused { .. }))
    );
    tablet.write("note", "一");
    assert_eq!(tablet.sent(), []);
    tablet.handle(ClientEvent::SocketClosed);
    tablet.pass(RETRY_FIRST_MS);
    tablet.join();
    assert!(
        tablet
            .sent()
            .iter()
            .all(|message| matches!(message, Message::Join { .. })),
        "not greeted again"
    );
    tablet.shelf = Shelf(replica("tablet 2"));
    tablet.handle(ClientEvent::Open {
        document: document(),
        saved: vec![],
    });
    tablet.exchange();
    assert_eq!(tablet.shelf.0.get_heads(), tablet.server.get_heads());
}

#[test]
fn s25_tries_are_spread_over_a_range_that_doubles_up_to_thirty_seconds() {
    let mut tablet = Tablet::new();
    tablet.random = u64::MAX;
    tablet.handle(ClientEvent::Start);
    let mut ranges = Vec::new();
    for range_ms in [2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        tablet.random = range_ms; // The largest value of the range, which is drawn modulo its length.
        tablet.handle(ClientEvent::SocketClosed);
        let ConnectionState::Offline { next_try_ms } = *tablet.client.state() else {
            panic!("offline")
        };
        ranges.push(next_try_ms - tablet.now_ms);
        assert!(
            tablet.wakes_at().is_some_and(|at_ms| at_ms <= next_try_ms),
            "woken in time"
        );
        tablet.pass(range_ms - 1);
        assert!(
            matches!(tablet.client.state(), ConnectionState::Offline { .. }),
            "not before its time"
        );
        tablet.pass(1);
        assert!(matches!(tablet.client.state(), ConnectionState::Connecting { .. }));
    }
    assert_eq!(ranges, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
}

#[test]
fn s25_a_connection_that_lasted_ends_the_row_of_failures_one_that_did_not_does_not() {
    for (lasted_ms, longest_ms) in [(STABLE_AFTER_MS, 2_000), (STABLE_AFTER_MS - 1, 4_000)] {
        let mut tablet = Tablet::new();
        tablet.handle(ClientEvent::Start);
        tablet.handle(ClientEvent::SocketClosed);
        tablet.pass(RETRY_FIRST_MS);
        tablet.join();
        tablet.now_ms += lasted_ms;
        tablet.random = longest_ms;
        tablet.handle(ClientEvent::SocketClosed);
        let next_try_ms = tablet.now_ms + longest_ms;
        assert_eq!(*tablet.client.state(), ConnectionState::Offline { next_try_ms });
    }
}

#[test]
fn s27_a_server_that_restarts_says_within_which_time_to_come_back() {
    for (said, range_ms) in [
        ("700", 700),
        ("4000", 4_000),
        ("9000000", RETRY_MAX_MS),
        ("soon", RETRY_FIRST_MS),
    ] {
        let mut tablet = Tablet::at_work();
        tablet.hear(&Message::Notice {
            document: None,
            code: "restart".to_owned(),
            text: said.to_owned(),
        });
        tablet.random = range_ms; // The largest value of the range.
        tablet.handle(ClientEvent::SocketClosed);
        let next_try_ms = tablet.now_ms + range_ms;
        assert_eq!(
            *tablet.client.state(),
            ConnectionState::Offline { next_try_ms },
            "told {said}"
        );
    }
    // Until it is back the tries do not get rarer, and once it is the usual rule holds again.
    let mut tablet = Tablet::at_work();
    tablet.hear(&wire::decode(&crate::session::restart_frame(500), wire::SERVER_FRAME_BYTES_MAX).expect("a frame"));
    tablet.random = 500;
    tablet.handle(ClientEvent::SocketClosed);
    for _ in 0..4 {
        tablet.pass(1_000);
        assert!(matches!(tablet.client.state(), ConnectionState::Connecting { .. }));
        tablet.random = 1_000;
        tablet.handle(ClientEvent::SocketClosed);
    }
    tablet.pass(1_000);
    tablet.join();
    tablet.now_ms += STABLE_AFTER_MS;
    tablet.random = RETRY_FIRST_MS;
    tablet.handle(ClientEvent::SocketClosed);
    let next_try_ms = tablet.now_ms + RETRY_FIRST_MS;
    assert_eq!(*tablet.client.state(), ConnectionState::Offline { next_try_ms });
}

#[test]
fn s24_a_silent_server_is_asked_and_then_given_up_within_fifteen_seconds() {
    let mut tablet = Tablet::at_work();
    tablet.pass(PING_AFTER_MS - 1);
    assert_eq!(tablet.sent(), []);
    tablet.pass(1);
    assert!(matches!(&tablet.sent()[..], [Message::Ping { .. }]));
    tablet.pass(1_000);
    assert_eq!(tablet.sent(), [], "asked once");
    tablet.hear(&Message::Pong { count: 1 });
    tablet.pass(DEAD_AFTER_MS - 1);
    assert!(tablet.client.state() != &ConnectionState::Stopped);
    assert!(matches!(tablet.client.state(), ConnectionState::Online { .. }));
    tablet.effects.clear();
    tablet.pass(1);
    assert_eq!(tablet.effects[..2], [Effect::CloseSocket, Effect::StateChanged]);
    let ConnectionState::Offline { next_try_ms } = *tablet.client.state() else {
        panic!("offline")
    };
    assert!(next_try_ms - tablet.now_ms <= RETRY_AFTER_WAKE_MS);
}

#[test]
fn s24_a_tablet_that_slept_reconnects_as_soon_as_it_wakes() {
    let mut tablet = Tablet::at_work();
    tablet.write("note", "寝る前");
    tablet.sent();
    tablet.pass(20 * 60_000);
    tablet.pass(RETRY_AFTER_WAKE_MS);
    assert!(matches!(tablet.client.state(), ConnectionState::Connecting { .. }));
    tablet.join();
    assert_eq!(tablet.exchange(), 1);
    assert_eq!(tablet.unsaved(), 0);
}

#[test]
fn s25_a_network_that_is_back_is_tried_at_once() {
    let mut tablet = Tablet::at_work();
    tablet.handle(ClientEvent::NetworkHint { online: false });
    assert!(matches!(tablet.client.state(), ConnectionState::Offline { .. }));
    tablet.handle(ClientEvent::NetworkHint { online: true });
    tablet.pass(RETRY_AFTER_WAKE_MS);
    assert!(matches!(tablet.client.state(), ConnectionState::Connecting { .. }));
}

#[test]
fn s25_a_socket_that_does_not_open_is_given_up() {
    let mut tablet = Tablet::new();
    tablet.handle(ClientEvent::Start);
    tablet.pass(CONNECT_TIMEOUT_MS);
    assert!(matches!(tablet.client.state(), ConnectionState::Offline { .. }));
    tablet.handle(ClientEvent::SocketOpened);
    assert!(
        matches!(tablet.client.state(), ConnectionState::Offline { .. }),
        "too late"
    );
}

#[test]
fn s26_presence_that_overtook_itself_is_dropped() {
    let mut tablet = Tablet::at_work();
    tablet.effects.clear();
    for count in [1, 3, 2, 3, 4] {
        tablet.hear(&Message::Ephemeral(EphemeralMessage {
            sender: peer("suzuki"),
            target: None,
            document: document(),
            count,
            session: "s".to_owned(),
            data: vec![count as u8],
        }));
    }
    let shown: Vec<_> = tablet
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ephemeral { data, .. } => Some(data[0]),
            _ => None,
        })
        .collect();
    assert_eq!(shown, [1, 3, 4]);
}

#[test]
fn s20_a_server_that_talks_nonsense_is_left() {
    let mut tablet = Tablet::at_work();
    tablet.handle(ClientEvent::Frame(vec![0xff]));
    assert!(matches!(tablet.client.state(), ConnectionState::Offline { .. }));
    assert!(tablet.shelf.0.get(ROOT, "theme").expect("a map").is_some());
}
