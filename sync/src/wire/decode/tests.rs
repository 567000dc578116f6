use proptest::prelude::*;

use super::*;
use crate::wire::{FRAME_BYTES_MAX, SharedFrame, encode};

fn read(bytes: &[u8]) -> Result<Message, DecodeError> {
    decode(bytes, FRAME_BYTES_MAX)
}

fn peer(text: &str) -> PeerId {
    text.parse().expect("a peer id")
}

fn document() -> DocumentId {
    DocumentId::from_bytes([9; 16])
}

/// A frame written piece by piece, as another implementation would.
fn by_hand(write: impl FnOnce(&mut minicbor::Encoder<Vec<u8>>)) -> Vec<u8> {
    let mut cbor = minicbor::Encoder::new(Vec::new());
    write(&mut cbor);
    cbor.into_writer()
}

#[test]
fn s2_a_join_as_the_javascript_client_writes_it_is_read() {
    let bytes = by_hand(|cbor| {
        cbor.map(4).unwrap().str("type").unwrap().str("join").unwrap();
        cbor.str("senderId").unwrap().str("peer-a").unwrap();
        cbor.str("peerMetadata").unwrap().map(2).unwrap();
        cbor.str("storageId")
            .unwrap()
            .undefined()
            .unwrap()
            .str("isEphemeral")
            .unwrap()
            .bool(true)
            .unwrap();
        cbor.str("supportedProtocolVersions")
            .unwrap()
            .array(1)
            .unwrap()
            .str("1")
            .unwrap();
    });
    let metadata = PeerMetadata {
        storage_id: None,
        is_ephemeral: true,
        ..PeerMetadata::default()
    };
    let versions = vec!["1".to_owned()];
    assert_eq!(
        read(&bytes),
        Ok(Message::Join {
            sender: peer("peer-a"),
            versions,
            metadata
        })
    );
}

#[test]
fn s2_a_byte_string_may_be_tagged_as_a_typed_array() {
    let frame = |tagged: bool| {
        by_hand(|cbor| {
            cbor.map(5).unwrap().str("type").unwrap().str("sync").unwrap();
            cbor.str("senderId")
                .unwrap()
                .str("a")
                .unwrap()
                .str("targetId")
                .unwrap()
                .str("b")
                .unwrap();
            cbor.str("documentId").unwrap().str(&document().to_string()).unwrap();
            cbor.str("data").unwrap();
            if tagged {
                cbor.tag(minicbor::data::Tag::new(64)).unwrap();
            }
            cbor.bytes(&[1, 2, 3]).unwrap();
        })
    };
    let Ok(Message::Sync(message)) = read(&frame(true)) else {
        panic!("a sync message")
    };
    assert_eq!(message.data, [1, 2, 3]);
    assert_eq!(read(&frame(true)), read(&frame(false)));
}

#[test]
fn s2_a_count_may_be_a_float_but_not_a_fraction_below_zero() {
    let frame = |count: f64| {
        by_hand(|cbor| {
            cbor.map(2).unwrap().str("type").unwrap().str("yoriai-ping").unwrap();
            cbor.str("count").unwrap().f64(count).unwrap();
        })
    };
    assert_eq!(
        read(&frame(1.7e12)),
        Ok(Message::Ping {
            count: 1_700_000_000_000
        })
    );
    for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(read(&frame(wrong)), Err(DecodeError::Field { key: "count" }));
    }
}

#[test]
fn s3_unknown_keys_and_types_are_stepped_over() {
    let bytes = by_hand(|cbor| {
        cbor.begin_map().unwrap().str("newHeads").unwrap().map(1).unwrap();
        cbor.str("storage")
            .unwrap()
            .array(2)
            .unwrap()
            .u8(1)
            .unwrap()
            .null()
            .unwrap();
        cbor.u8(7).unwrap().bool(true).unwrap();
        cbor.str("type")
            .unwrap()
            .str("remote-heads-changed")
            .unwrap()
            .end()
            .unwrap();
    });
    assert_eq!(
        read(&bytes),
        Ok(Message::Unknown {
            kind: "remote-heads-changed".to_owned()
        })
    );
}

#[test]
fn s1_a_frame_over_the_limit_is_refused_unread() {
    let bytes = vec![0xa0; 11];
    assert_eq!(decode(&bytes, 10), Err(DecodeError::TooLong { bytes: 11, limit: 10 }));
}

#[test]
fn s1_a_value_nested_too_deep_is_refused() {
    let nested = |depth: usize| {
        let mut bytes = vec![0xa1, 0x61, b'x'];
        bytes.extend(std::iter::repeat_n(0x81, depth));
        bytes.push(0x00);
        bytes
    };
    assert_eq!(
        read(&nested(DEPTH_MAX - 1)),
        Err(DecodeError::Field { key: "type" }),
        "only the type is missing"
    );
    assert_eq!(read(&nested(DEPTH_MAX)), Err(DecodeError::TooDeep));
    assert_eq!(read(&nested(200_000)), Err(DecodeError::TooDeep));
}

#[test]
fn s1_a_list_that_claims_to_be_endless_costs_nothing() {
    // A map that says it has 2⁶³ entries, an array that says it has 2⁶⁴ − 1 items: both end with the bytes.
    let huge_map = [0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x61, b'x', 0x00];
    assert!(read(&huge_map).is_err());
    let mut huge_array = vec![0xa1, 0x61, b'x', 0x9b];
    huge_array.extend([0xff; 8]);
    assert_eq!(read(&huge_array), Err(DecodeError::Cbor));
}

#[test]
fn s1_too_long_a_text_or_list_is_refused() {
    let text = "x".repeat(TEXT_BYTES_MAX + 1);
    let bytes = encode(&Message::Error { message: text });
    assert_eq!(read(&bytes), Err(DecodeError::FieldTooLong { key: "message" }));
    let versions = vec![String::new(); LIST_LENGTH_MAX + 1];
    let bytes = encode(&Message::Join {
        sender: peer("a"),
        versions,
        metadata: PeerMetadata::default(),
    });
    assert_eq!(
        read(&bytes),
        Err(DecodeError::FieldTooLong {
            key: "supportedProtocolVersions"
        })
    );
}

#[test]
fn s7_a_shared_frame_is_the_message_addressed_to_each_receiver() {
    let sync = SyncMessage {
        sender: peer("server"),
        target: None,
        document: document(),
        data: vec![5; 300],
    };
    let frame = SharedFrame::sync(&sync.sender, &sync.document, &sync.data);
    assert_eq!(read(&frame.unaddressed()), Ok(Message::Sync(sync.clone())));
    for name in ["a", "a-much-longer-name-of-a-receiver-beyond-twenty-three-letters"] {
        let addressed = SyncMessage {
            target: Some(peer(name)),
            ..sync.clone()
        };
        assert_eq!(read(&frame.addressed(&peer(name))), Ok(Message::Sync(addressed)));
    }
    let words = EphemeralMessage {
        sender: peer("a"),
        target: None,
        document: document(),
        count: 3,
        session: "s".to_owned(),
        data: vec![1],
    };
    let frame = SharedFrame::ephemeral(&words);
    assert_eq!(read(&frame.unaddressed()), Ok(Message::Ephemeral(words.clone())));
    let addressed = EphemeralMessage {
        target: Some(peer("b")),
        ..words
    };
    assert_eq!(read(&frame.addressed(&peer("b"))), Ok(Message::Ephemeral(addressed)));
}

prop_compose! {
    fn any_peer()(text in "[a-z0-9-]{1,40}") -> PeerId { peer(&text) }
}

prop_compose! {
    fn any_entry()(peer in any_peer(), person in proptest::option::of("p:[0-9a-f]{4}"), name in "\\PC{0,8}") -> PeerEntry {
        PeerEntry { peer, person, name, role: "participant".to_owned(), device: "d1".to_owned() }
    }
}

fn any_metadata() -> impl Strategy<Value = PeerMetadata> {
    let word = || proptest::option::of("[a-z]{1,8}");
    let revision = proptest::option::of(0..u64::from(u32::MAX));
    (word(), any::<bool>(), any::<bool>(), revision, word()).prop_map(
        |(storage_id, is_ephemeral, yoriai, revision, page)| PeerMetadata {
            storage_id,
            is_ephemeral,
            yoriai,
            revision,
            page,
        },
    )
}

fn any_sync() -> impl Strategy<Value = SyncMessage> {
    let data = proptest::collection::vec(any::<u8>(), 0..200);
    (any_peer(), proptest::option::of(any_peer()), any::<[u8; 16]>(), data).prop_map(|(sender, target, id, data)| {
        SyncMessage {
            sender,
            target,
            document: DocumentId::from_bytes(id),
            data,
        }
    })
}

fn any_message() -> impl Strategy<Value = Message> {
    let document = any::<[u8; 16]>().prop_map(DocumentId::from_bytes);
    prop_oneof![
        (
            any_peer(),
            proptest::collection::vec("[0-9]{1,3}", 0..3),
            any_metadata()
        )
            .prop_map(|(sender, versions, metadata)| Message::Join {
                sender,
                versions,
                metadata
            }),
        (any_peer(), proptest::option::of(any_peer()), any_metadata()).prop_map(|(sender, target, metadata)| {
            Message::Peer {
                sender,
                target,
                version: "1".to_owned(),
                metadata,
            }
        }),
        any_peer().prop_map(|sender| Message::Leave { sender }),
        any_sync().prop_map(Message::Sync),
        any_sync().prop_map(Message::Request),
        (any_sync(), any::<u64>(), "[a-z]{0,9}").prop_map(|(sync, count, session)| {
            let SyncMessage {
                sender,
                target,
                document,
                data,
            } = sync;
            Message::Ephemeral(EphemeralMessage {
                sender,
                target,
                document,
                count,
                session,
                data,
            })
        }),
        (any_peer(), proptest::option::of(any_peer()), document.clone()).prop_map(|(sender, target, document)| {
            Message::DocUnavailable {
                sender,
                target,
                document,
            }
        }),
        "\\PC{0,40}".prop_map(|message| Message::Error { message }),
        (
            document.clone(),
            prop_oneof![Just(Access::None), Just(Access::Read), Just(Access::Write)],
            "\\PC{0,9}"
        )
            .prop_map(|(document, access, reason)| Message::Access {
                document,
                access,
                reason
            }),
        (document.clone(), proptest::collection::vec(any_entry(), 0..5))
            .prop_map(|(document, peers)| Message::Peers { document, peers }),
        (proptest::option::of(document), "[a-z-]{1,9}", "\\PC{0,40}")
            .prop_map(|(document, code, text)| Message::Notice { document, code, text }),
        any::<u64>().prop_map(|count| Message::Ping { count }),
        any::<u64>().prop_map(|count| Message::Pong { count }),
    ]
}

proptest! {
    #[test]
    fn s1_no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn s2_every_message_survives_its_frame(message in any_message()) {
        prop_assert_eq!(read(&encode(&message)), Ok(message));
    }

    #[test]
    fn s1_a_damaged_frame_is_an_answer_not_a_panic(
        message in any_message(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&message);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read(&bytes);
        let _ = read(&bytes[..cut.index(bytes.len())]);
    }
}
