use super::*;
use crate::wire::{EphemeralMessage, SyncMessage, encode};

fn peer(text: &str) -> PeerId {
    text.parse().expect("a peer id")
}

fn document(byte: u8) -> DocumentId {
    DocumentId::from_bytes([byte; 16])
}

fn join(name: &str, versions: &[&str]) -> Message {
    Message::Join {
        sender: peer(name),
        versions: versions.iter().map(|version| (*version).to_owned()).collect(),
        metadata: PeerMetadata::default(),
    }
}

fn sync(sender: &str, document: DocumentId) -> Message {
    Message::Sync(SyncMessage {
        sender: peer(sender),
        target: Some(peer("server")),
        document,
        data: vec![1],
    })
}

/// What a session that may see document 1 answers.
fn say(session: &mut Session, message: &Message) -> Vec<Output> {
    let mut outputs = Vec::new();
    session.frame(&encode(message), |id| *id == document(1), &mut outputs);
    outputs
}

fn joined() -> Session {
    let mut session = Session::new(peer("server"));
    assert_eq!(say(&mut session, &join("sato", &["1"])).len(), 2);
    session
}

fn closes(outputs: &[Output]) -> bool {
    matches!(
        outputs.last(),
        Some(Output::Close {
            code: CloseCode::Protocol,
            ..
        })
    )
}

#[test]
fn s4_a_client_that_speaks_version_1_is_welcomed_under_its_name() {
    let mut session = Session::new(peer("server"));
    let outputs = say(&mut session, &join("sato", &["2", "1"]));
    let [Output::Joined { peer: name, .. }, Output::Send(bytes)] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(name, &peer("sato"));
    let welcome = wire::decode(bytes, FRAME_BYTES_MAX).expect("a frame");
    let Message::Peer {
        sender,
        target,
        version,
        metadata,
    } = welcome
    else {
        panic!("{welcome:?}")
    };
    assert_eq!(
        (sender, target, version.as_str()),
        (peer("server"), Some(peer("sato")), "1")
    );
    assert_eq!(
        metadata.storage_id, None,
        "nothing of a connection is taken for granted in the next"
    );
    assert_eq!(session.peer(), Some(&peer("sato")));
}

#[test]
fn s4_another_version_is_told_so_and_closed() {
    let mut session = Session::new(peer("server"));
    let outputs = say(&mut session, &join("sato", &["2"]));
    let [
        Output::Send(bytes),
        Output::Close {
            code: CloseCode::Protocol,
            ..
        },
    ] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert!(matches!(
        wire::decode(bytes, FRAME_BYTES_MAX),
        Ok(Message::Error { .. })
    ));
    assert_eq!(say(&mut session, &join("sato", &["1"])), [], "a closed session is deaf");
}

#[test]
fn s4_nothing_is_heard_before_join() {
    let mut session = Session::new(peer("server"));
    assert!(closes(&say(&mut session, &sync("sato", document(1)))));
}

#[test]
fn s4_the_servers_own_name_is_taken() {
    let mut session = Session::new(peer("server"));
    assert!(closes(&say(&mut session, &join("server", &["1"]))));
}

#[test]
fn s5_a_document_one_may_not_see_is_as_unavailable_as_one_that_does_not_exist() {
    let mut session = joined();
    let hidden = say(&mut session, &sync("sato", document(2)));
    let nowhere = say(&mut session, &sync("sato", document(3)));
    let answer = |id| vec![Output::Send(unavailable(&peer("server"), &peer("sato"), id))];
    assert_eq!(hidden, answer(document(2)));
    assert_eq!(nowhere, answer(document(3)));
    let message = sync("sato", document(1));
    assert_eq!(
        say(&mut session, &message),
        [Output::Document {
            document: document(1),
            message
        }]
    );
}

#[test]
fn s4_a_message_in_anothers_name_ends_the_session() {
    assert!(closes(&say(&mut joined(), &sync("suzuki", document(1)))));
    assert!(closes(&say(&mut joined(), &join("suzuki", &["1"]))));
}

#[test]
fn s4_presence_passed_on_from_elsewhere_is_dropped() {
    let words = |sender: &str| {
        Message::Ephemeral(EphemeralMessage {
            sender: peer(sender),
            target: None,
            document: document(1),
            count: 1,
            session: "s".to_owned(),
            data: vec![],
        })
    };
    let mut session = joined();
    assert_eq!(say(&mut session, &words("suzuki")), []);
    assert_eq!(say(&mut session, &words("sato")).len(), 1);
}

#[test]
fn s1_bytes_that_are_no_message_end_the_session() {
    let mut session = joined();
    let mut outputs = Vec::new();
    session.frame(&[0xff, 0x00], |_| true, &mut outputs);
    assert!(closes(&outputs));
}

#[test]
fn s3_what_is_not_known_or_does_not_matter_is_skipped() {
    let mut session = joined();
    assert_eq!(
        say(
            &mut session,
            &Message::Unknown {
                kind: "remote-subscription-change".to_owned()
            }
        ),
        []
    );
    assert_eq!(
        say(
            &mut session,
            &Message::Error {
                message: "?".to_owned()
            }
        ),
        []
    );
}

#[test]
fn s24_a_ping_is_answered() {
    let pong = encode(&Message::Pong { count: 7 });
    assert_eq!(say(&mut joined(), &Message::Ping { count: 7 }), [Output::Send(pong)]);
}

#[test]
fn s8_a_page_that_is_too_old_is_told_so_and_any_other_hears_which_page_the_server_hands_out() {
    let join = |revision| Message::Join {
        sender: peer("sato"),
        versions: vec!["1".to_owned()],
        metadata: PeerMetadata {
            yoriai: true,
            revision,
            page: Some("older".to_owned()),
            ..PeerMetadata::default()
        },
    };
    let serving = || Session::new(peer("server")).serving(Some("newer".to_owned()));
    for revision in [None, Some(wire::REVISION_OLDEST), Some(wire::REVISION + 7)] {
        let outputs = say(&mut serving(), &join(revision));
        let [Output::Joined { .. }, Output::Send(bytes)] = &outputs[..] else {
            panic!("{revision:?}: {outputs:?}")
        };
        let Ok(Message::Peer { metadata, .. }) = wire::decode(bytes, FRAME_BYTES_MAX) else {
            panic!("the answer is no welcome")
        };
        assert_eq!(metadata.page.as_deref(), Some("newer"));
    }
    let outputs = say(&mut serving(), &join(Some(wire::REVISION_OLDEST - 1)));
    let [Output::Send(bytes), Output::Close { .. }] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    let Ok(Message::Notice { code, .. }) = wire::decode(bytes, FRAME_BYTES_MAX) else {
        panic!("the page is told nothing")
    };
    assert_eq!(code, PAGE_OUTDATED);
}
