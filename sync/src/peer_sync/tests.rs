//! A hub that relays, and peers around it: our own, and unmodified automerge replicas with `sync::State`.

use std::collections::VecDeque;

use automerge::{
    ActorId, ROOT,
    sync::{self, SyncDoc},
    transaction::Transactable,
};
use proptest::prelude::*;

use super::*;
use crate::{chunk, sync_message::read};

fn replica(actor: u8) -> Automerge {
    Automerge::new().with_actor(ActorId::from([actor; 4]))
}

fn write_word(doc: &mut Automerge, key: &str, value: i64) -> Change {
    doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, key, value))
        .expect("a put");
    doc.get_last_local_change().expect("the change just made")
}

/// A document that was there before anybody joined.
fn founded(changes: i64) -> Automerge {
    let mut doc = replica(0);
    for number in 0..changes {
        write_word(&mut doc, &format!("founded {}", number % 7), number);
    }
    doc
}

/// Applies what a message carries and returns the changes that were new.
fn take_in(doc: &mut Automerge, body: &SyncBody<'_>) -> Vec<Change> {
    let before = doc.get_heads();
    for bytes in &body.changes {
        for chunk in chunk::split(bytes, 10_000).expect("chunks") {
            doc.load_incremental(chunk.bytes).expect("a chunk that applies");
        }
    }
    if doc.get_heads() == before {
        Vec::new()
    } else {
        doc.get_changes(&before)
    }
}

/// The other end of a connection to the hub.
enum Peer {
    Ours {
        doc: Automerge,
        sync: PeerSync,
        agreed: Vec<ChangeHash>,
    },
    Automerge {
        doc: Automerge,
        state: sync::State,
    },
}

impl Peer {
    fn doc(&self) -> &Automerge {
        match self {
            Self::Ours { doc, .. } | Self::Automerge { doc, .. } => doc,
        }
    }

    /// A new connection; the first message.
    fn connect(&mut self) -> Vec<Vec<u8>> {
        match self {
            Self::Ours { doc, sync, agreed } => {
                *sync = PeerSync::new();
                vec![sync.greet(Some(doc), agreed)]
            }
            Self::Automerge { doc, state } => {
                // What automerge-repo does: the state survives as what both are known to hold.
                *state = sync::State::decode(&state.encode()).expect("a state");
                doc.generate_sync_message(state)
                    .map(sync::Message::encode)
                    .into_iter()
                    .collect()
            }
        }
    }

    fn edit(&mut self, key: &str, value: i64) -> Vec<Vec<u8>> {
        match self {
            Self::Ours { doc, sync, .. } => {
                let change = write_word(doc, key, value);
                let data = sync_message::write(&doc.get_heads(), &[], &[], &[change.raw_bytes()]);
                if sync.is_in_step() { vec![data] } else { Vec::new() }
            }
            Self::Automerge { doc, state } => {
                write_word(doc, key, value);
                doc.generate_sync_message(state)
                    .map(sync::Message::encode)
                    .into_iter()
                    .collect()
            }
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        match self {
            Self::Ours { doc, sync, agreed } => {
                let body = read(bytes).expect("a sync message");
                take_in(doc, &body);
                sync.hear(&body);
                if !body.heads.is_empty() {
                    agreed.clone_from(&body.heads);
                }
                sync.settle(doc, true)
                    .iter()
                    .flat_map(|reply| reply.encode(doc))
                    .collect()
            }
            Self::Automerge { doc, state } => {
                let message = sync::Message::decode(bytes).expect("automerge reads what we write");
                doc.receive_sync_message(state, message)
                    .expect("automerge takes what we write");
                doc.generate_sync_message(state)
                    .map(sync::Message::encode)
                    .into_iter()
                    .collect()
            }
        }
    }
}

struct Link {
    peer: Peer,
    at_hub: PeerSync,
    connected: bool,
    to_hub: VecDeque<Vec<u8>>,
    to_peer: VecDeque<Vec<u8>>,
}

struct Hub {
    doc: Automerge,
    links: Vec<Link>,
    bytes_sent: usize,
}

impl Hub {
    fn new(doc: Automerge, peers: Vec<Peer>) -> Self {
        let links = peers
            .into_iter()
            .map(|peer| Link {
                peer,
                at_hub: PeerSync::new(),
                connected: false,
                to_hub: VecDeque::new(),
                to_peer: VecDeque::new(),
            })
            .collect();
        Self {
            doc,
            links,
            bytes_sent: 0,
        }
    }

    fn connect(&mut self, index: usize) {
        let link = &mut self.links[index];
        link.connected = true;
        link.at_hub = PeerSync::new();
        link.to_peer.clear();
        link.to_hub = link.peer.connect().into();
    }

    fn cut(&mut self, index: usize) {
        let link = &mut self.links[index];
        link.connected = false;
        link.to_hub.clear();
        link.to_peer.clear();
    }

    fn edit(&mut self, index: usize, key: &str, value: i64) {
        let link = &mut self.links[index];
        let messages = link.peer.edit(key, value);
        if link.connected {
            link.to_hub.extend(messages);
        }
    }

    fn edit_hub(&mut self, key: &str, value: i64) {
        let change = write_word(&mut self.doc, key, value);
        self.relay(&[change], None);
    }

    fn relay(&mut self, changes: &[Change], author: Option<usize>) {
        let heads = self.doc.get_heads();
        let chunks: Vec<&[u8]> = changes.iter().map(Change::raw_bytes).collect();
        for (index, link) in self.links.iter_mut().enumerate().filter(|(_, link)| link.connected) {
            if link.at_hub.is_in_step() {
                let chunks = if author == Some(index) { &[][..] } else { &chunks };
                link.to_peer.push_back(sync_message::write(&heads, &[], &heads, chunks));
            }
        }
    }

    fn deliver_to_hub(&mut self, index: usize) {
        let Some(bytes) = self.links[index].to_hub.pop_front() else {
            return;
        };
        let body = read(&bytes).expect("a sync message");
        let new = take_in(&mut self.doc, &body);
        self.links[index].at_hub.hear(&body);
        if !new.is_empty() {
            self.relay(&new, Some(index));
        }
        let link = &mut self.links[index];
        for reply in link.at_hub.settle(&self.doc, true) {
            assert_ne!(reply, Reply::GiveUp, "an honest peer is never given up");
            link.to_peer.extend(reply.encode(&self.doc));
        }
    }

    fn deliver_to_peer(&mut self, index: usize) {
        let link = &mut self.links[index];
        let Some(bytes) = link.to_peer.pop_front() else { return };
        self.bytes_sent += bytes.len();
        link.to_hub.extend(link.peer.receive(&bytes));
    }

    fn settle(&mut self) {
        for index in 0..self.links.len() {
            if !self.links[index].connected {
                self.connect(index);
            }
        }
        for _ in 0..10_000 {
            if self
                .links
                .iter()
                .all(|link| link.to_hub.is_empty() && link.to_peer.is_empty())
            {
                return;
            }
            for index in 0..self.links.len() {
                self.deliver_to_hub(index);
                self.deliver_to_peer(index);
            }
        }
        panic!("hub and peers never stop talking");
    }

    fn assert_equal(&self) {
        for (index, link) in self.links.iter().enumerate() {
            assert_eq!(
                link.peer.doc().get_heads(),
                self.doc.get_heads(),
                "peer {index} and the hub"
            );
        }
    }
}

fn ours(actor: u8) -> Peer {
    Peer::Ours {
        doc: replica(actor),
        sync: PeerSync::new(),
        agreed: Vec::new(),
    }
}

fn automerge(actor: u8) -> Peer {
    Peer::Automerge {
        doc: replica(actor),
        state: sync::State::new(),
    }
}

#[test]
fn s13_a_newcomer_gets_everything_in_one_message() {
    for peer in [ours(1), automerge(1)] {
        let mut hub = Hub::new(founded(50), vec![peer]);
        hub.connect(0);
        hub.deliver_to_hub(0);
        assert_eq!(hub.links[0].to_peer.len(), 1);
        hub.deliver_to_peer(0);
        hub.assert_equal();
    }
}

#[test]
fn s14_a_peer_in_step_is_told_only_what_is_new() {
    let mut hub = Hub::new(founded(200), vec![ours(1), automerge(2)]);
    hub.settle();
    hub.bytes_sent = 0;
    hub.edit(0, "a word", 1);
    hub.settle();
    hub.assert_equal();
    // Two frames, one an acknowledgement: heads twice (66 bytes) and in one of them a change of about 150 bytes.
    assert!(hub.bytes_sent < 500, "{} bytes for one small change", hub.bytes_sent);
}

#[test]
fn s15_what_was_written_offline_comes_with_the_answer_to_the_greeting() {
    for peer in [ours(1), automerge(1)] {
        let mut hub = Hub::new(founded(20), vec![peer, ours(2)]);
        hub.settle();
        hub.cut(0);
        for number in 0..30 {
            hub.edit(0, "offline", number);
            hub.edit_hub("meanwhile", number);
        }
        hub.settle();
        hub.assert_equal();
    }
}

#[test]
fn s16_a_peer_whose_changes_were_dropped_sends_them_again_when_asked() {
    for peer in [ours(1), automerge(1)] {
        let mut hub = Hub::new(founded(5), vec![peer]);
        hub.settle();
        hub.edit(0, "dropped", 1);
        // The hub hears but does not take: the peer could not write at that moment.
        for bytes in std::mem::take(&mut hub.links[0].to_hub) {
            let body = read(&bytes).expect("a sync message");
            hub.links[0].at_hub.hear(&body);
            let replies = hub.links[0].at_hub.settle(&hub.doc, false);
            assert_eq!(replies, [], "nothing is asked of a peer that may not write");
        }
        let question = Reply::Ask.encode(&hub.doc);
        hub.links[0].to_peer.extend(question);
        hub.settle();
        hub.assert_equal();
    }
}

#[test]
fn s17_a_peer_that_lost_its_place_is_caught_up_again() {
    let mut hub = Hub::new(founded(10), vec![automerge(1)]);
    hub.settle();
    let Peer::Automerge { doc, state } = &mut hub.links[0].peer else {
        panic!("an automerge peer")
    };
    *doc = replica(1);
    *state = sync::State::new();
    let message = doc.generate_sync_message(state).expect("a first message").encode();
    hub.links[0].to_hub.push_back(message);
    hub.settle();
    hub.assert_equal();
}

#[test]
fn s17_asking_for_everything_has_an_end() {
    let doc = founded(3);
    let mut at_hub = PeerSync::new();
    let everything = sync_message::write(&[], &[], &[], &[]);
    let mut answers = 0;
    loop {
        at_hub.hear(&read(&everything).expect("a sync message"));
        match &at_hub.settle(&doc, true)[..] {
            [Reply::CatchUp { .. }] => answers += 1,
            [Reply::GiveUp] => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answers, CATCH_UPS_MAX);
}

#[test]
fn s18_changes_asked_for_by_name_are_sent() {
    let doc = founded(9);
    let wanted = doc.get_changes(&[])[4].hash();
    let mut at_hub = PeerSync::new();
    at_hub.hear(&read(&sync_message::write(&doc.get_heads(), &[], &[], &[])).expect("a greeting"));
    at_hub.settle(&doc, true);
    let heads = doc.get_heads();
    let unknown = ChangeHash([0xee; 32]);
    let mut need = [wanted, unknown];
    need.sort();
    at_hub.hear(&read(&sync_message::write(&heads, &need, &heads, &[])).expect("a question"));
    assert_eq!(at_hub.settle(&doc, true), [Reply::Changes { hashes: vec![wanted] }]);
}

#[test]
fn s19_a_long_absence_is_sent_in_parts_below_the_limit_of_a_frame() {
    let mut doc = founded(1);
    let before = doc.get_heads();
    for number in 0..300 {
        let long = "長い付箋".repeat(100);
        doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, format!("note {number}"), long))
            .expect("a put");
    }
    let messages = Reply::CatchUp { after: before.clone() }.encode(&doc);
    assert!(messages.len() > 1);
    let mut other = replica(0);
    other
        .apply_changes(doc.get_changes(&[])[..1].to_vec())
        .expect("the first change");
    for (index, message) in messages.iter().enumerate() {
        assert!(
            message.len() < crate::wire::FRAME_BYTES_MAX - 1024,
            "{} bytes",
            message.len()
        );
        let body = read(message).expect("a sync message");
        take_in(&mut other, &body);
        let known = body.heads.iter().all(|hash| holds(&other, hash));
        assert!(known, "part {index} announces what the peer holds by then");
    }
    assert_eq!(other.get_heads(), doc.get_heads());
}

#[test]
fn our_client_side_converges_with_an_automerge_server() {
    let mut server = founded(30);
    let mut state = sync::State::new();
    let mut client = Peer::Ours {
        doc: replica(1),
        sync: PeerSync::new(),
        agreed: Vec::new(),
    };
    client.edit("written before", 1);
    let mut to_server: VecDeque<_> = client.connect().into();
    for round in 0..40 {
        if round == 5 {
            to_server.extend(client.edit("in step", 2));
            write_word(&mut server, "by the server", 3);
        }
        let mut to_client = Vec::new();
        for bytes in std::mem::take(&mut to_server) {
            let message = sync::Message::decode(&bytes).expect("automerge reads what we write");
            server
                .receive_sync_message(&mut state, message)
                .expect("automerge takes what we write");
        }
        to_client.extend(server.generate_sync_message(&mut state).map(sync::Message::encode));
        for bytes in to_client {
            to_server.extend(client.receive(&bytes));
        }
    }
    assert!(to_server.is_empty());
    assert_eq!(client.doc().get_heads(), server.get_heads());
}

#[derive(Debug, Clone)]
enum Step {
    Edit(usize),
    EditHub,
    ToHub(usize),
    ToPeer(usize),
    Cut(usize),
    Connect(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let peer = 0..4usize;
    prop_oneof![
        4 => peer.clone().prop_map(Step::Edit),
        1 => Just(Step::EditHub),
        6 => peer.clone().prop_map(Step::ToHub),
        6 => peer.clone().prop_map(Step::ToPeer),
        1 => peer.clone().prop_map(Step::Cut),
        2 => peer.prop_map(Step::Connect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(5), ..ProptestConfig::default() })]

    #[test]
    fn s12_any_interleaving_of_edits_losses_and_reconnects_converges(
        steps in proptest::collection::vec(any_step(), 1..120),
    ) {
        let mut hub = Hub::new(founded(12), vec![ours(1), automerge(2), ours(3), automerge(4)]);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Edit(peer) => hub.edit(peer, &format!("key {}", number % 5), number as i64),
                Step::EditHub => hub.edit_hub("hub", number as i64),
                Step::ToHub(peer) => hub.deliver_to_hub(peer),
                Step::ToPeer(peer) => hub.deliver_to_peer(peer),
                Step::Cut(peer) => hub.cut(peer),
                Step::Connect(peer) => {
                    if !hub.links[peer].connected {
                        hub.connect(peer);
                    }
                }
            }
        }
        hub.settle();
        hub.assert_equal();
    }
}
