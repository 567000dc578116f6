//! Writes the seeds that can be derived: `cargo run -p hostile --example seeds`. What fuzzing found is put beside them by hand.

use std::{fs, io};

use automerge::{AutomergeError, Change, ROOT, transaction::Transactable as _};
use board::{Board, Colour, Command, NoteId, OrderHint, Stamp, TextTarget};
use hostile::{corpus, forge, siege};
use sync::{
    DocumentId, Message, PeerId, sync_message,
    wire::{self, EphemeralMessage, PeerMetadata, SyncMessage},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for target in corpus::TARGETS {
        fs::create_dir_all(corpus::folder(target))?;
    }
    let changes = changes()?;
    let heads = siege::besieged().get_heads();
    let mut chunks: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, mut change) in changes {
        chunks.push((format!("honest-{name}"), change.raw_bytes().to_vec()));
        let compressed = change.bytes().into_owned();
        if compressed[8] == forge::COMPRESSED {
            chunks.push((format!("honest-{name}-compressed"), compressed));
        }
    }
    for (number, hex) in forge::PANICS.iter().enumerate() {
        chunks.push((format!("panic-{number}"), forge::unhex(hex)));
    }
    // The two that fill a megabyte are beyond any frame: the gate's own test makes them.
    for (number, (_, bomb)) in forge::bombs().into_iter().enumerate() {
        if bomb.len() < 16 * 1024 {
            chunks.push((format!("bomb-{number}"), bomb));
        }
    }
    for (number, bomb) in forge::small_bombs().into_iter().enumerate() {
        chunks.push((format!("bomb-small-{number}"), bomb));
    }
    for (name, chunk) in &chunks {
        write("chunk", name, chunk)?;
        let message = sync_message::write(&heads, &[], &heads, &[chunk]);
        write("sync_message", name, &message)?;
    }
    let all: Vec<&[u8]> = chunks.iter().map(|(_, chunk)| &chunk[..]).take(3).collect();
    write(
        "sync_message",
        "three",
        &sync_message::write(&heads, &heads, &heads, &all),
    )?;
    write("sync_message", "greeting", &sync_message::write(&heads, &[], &[], &[]))?;
    write("sync_message", "ask", &sync_message::write(&[], &[], &heads, &[]))?;
    let mut state = automerge::sync::State::new();
    let doc = siege::besieged();
    if let Some(message) = automerge::sync::SyncDoc::generate_sync_message(&doc, &mut state) {
        write("sync_message", "automerges-own", &message.encode())?;
    }
    for (name, frame) in frames(&chunks)? {
        write("frame", name, &frame)?;
    }
    Ok(())
}

fn write(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(corpus::folder(target).join(format!("{name}.hex")), hex + "\n")
}

/// One change of each kind that a person makes, and some that nobody may.
fn changes() -> Result<Vec<(&'static str, Change)>, Box<dyn std::error::Error>> {
    let note = |id: &str| id.parse::<NoteId>();
    let commands = [
        (
            "note",
            Command::AddNote {
                id: note("x1")?,
                text: "あたらしい".to_owned(),
                colour: Colour::Kinari,
                parent: None,
                at: None,
                order: OrderHint::Last,
                author: None,
            },
        ),
        (
            "typing",
            Command::Splice {
                target: TextTarget::Note(note("n1")?),
                at: 1,
                delete: 1,
                insert: "字".to_owned(),
            },
        ),
        (
            "paste",
            Command::Splice {
                target: TextTarget::Note(note("n0")?),
                at: 0,
                delete: 0,
                insert: "協働のパートナー".repeat(40),
            },
        ),
        (
            "colour",
            Command::SetColour {
                items: vec!["n:n0".parse()?],
                colour: Colour::Fuji,
            },
        ),
    ];
    let mut changes = Vec::new();
    for (name, command) in commands {
        let mut board = Board::from_doc(siege::besieged())?;
        let stamp = Stamp {
            person: None,
            device: "d".to_owned(),
            at_ms: 2_000,
        };
        let applied = board.apply(command, &stamp).map_err(|refused| format!("{refused:?}"))?;
        changes.push((name, applied.change.ok_or("a change")?));
    }
    let mut doc = siege::besieged();
    doc.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "virus", 1))
        .map_err(|failure| failure.error)?;
    changes.push(("outside", doc.get_last_local_change().ok_or("a change")?));
    let mut doc = siege::besieged();
    doc.transact::<_, _, AutomergeError>(|tx| tx.delete(ROOT, "notes"))
        .map_err(|failure| failure.error)?;
    changes.push(("root-map-deleted", doc.get_last_local_change().ok_or("a change")?));
    Ok(changes)
}

type Named = Vec<(&'static str, Vec<u8>)>;

fn frames(chunks: &[(String, Vec<u8>)]) -> Result<Named, Box<dyn std::error::Error>> {
    let own: PeerId = "besieger".parse()?;
    let document = DocumentId::from_bytes([1; 16]);
    let sync = SyncMessage {
        sender: own.clone(),
        target: Some("server".parse()?),
        document,
        data: forge::sync_message(&[&chunks[0].1]),
    };
    let messages = [
        (
            "join",
            Message::Join {
                sender: own.clone(),
                versions: vec!["1".to_owned()],
                metadata: PeerMetadata {
                    storage_id: Some("storage".to_owned()),
                    is_ephemeral: true,
                    yoriai: true,
                    ..PeerMetadata::default()
                },
            },
        ),
        ("leave", Message::Leave { sender: own.clone() }),
        ("request", Message::Request(sync.clone())),
        ("sync", Message::Sync(sync)),
        (
            "ephemeral",
            Message::Ephemeral(EphemeralMessage {
                sender: own.clone(),
                target: None,
                document,
                count: 3,
                session: "s".to_owned(),
                data: vec![1, 2, 3],
            }),
        ),
        (
            "unavailable",
            Message::DocUnavailable {
                sender: own,
                target: None,
                document,
            },
        ),
        (
            "error",
            Message::Error {
                message: "no".to_owned(),
            },
        ),
        ("ping", Message::Ping { count: 7 }),
    ];
    let mut frames: Named = messages
        .iter()
        .map(|(name, message)| (*name, wire::encode(message)))
        .collect();
    frames.push(("deep", vec![0x81; 4_000]));
    frames.push(("endless-map", vec![0xbf]));
    frames.push((
        "huge-length",
        vec![0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ));
    Ok(frames)
}
