//! Presence on the wire: a CBOR map of at most 1 KiB, at most 20 a second, and what the others sent, until it is stale.

use std::{collections::BTreeMap, rc::Rc};

use board::{ItemId, PersonId, Point, TextTarget};
use minicbor::{Decoder, Encoder, data::Type};

use super::state::{Hold, Presence, RemotePresence};

/// 20 a second: what a finger needs to look alive, and what the server lets through.
pub const INTERVAL_MS: u64 = 50;
/// Presence is repeated this often while something is held or written, so that a late joiner sees it and it does not expire.
pub const REPEAT_MS: u64 = 4_000;
/// Two missed repeats and a bit: whoever closed the lid stops holding a note.
pub const EXPIRY_MS: u64 = 10_000;
/// Largest payload in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1024;
/// Items named in one hold: 15 of them with their 43-byte ids fill two thirds of the payload.
pub const HELD_ITEMS_MAX: usize = 15;
/// Remote presences kept per board: the largest room.
pub const PRESENCES_MAX: usize = 256;

/// What arrived: whose, and what; none when they said they are gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// The person, if that device has chosen one.
    pub person: Option<PersonId>,
    /// What they show; none when they left.
    pub presence: Option<Presence>,
}

/// The own side: keeps to the rate, the last state wins.
#[derive(Debug, Default)]
pub struct Outgoing {
    wanted: Option<Presence>,
    sent: Presence,
    sent_at_ms: Option<u64>,
}

impl Outgoing {
    /// Says what shall be shown from now on.
    pub fn show(&mut self, presence: Presence) {
        self.wanted = Some(presence);
    }

    /// Whether the person has a text open to write in.
    pub fn is_writing(&self) -> bool {
        self.wanted.as_ref().unwrap_or(&self.sent).writing.is_some()
    }

    /// What has to be sent now, if anything.
    pub fn take_due(&mut self, now_ms: u64) -> Option<Presence> {
        if self.due_at_ms().is_none_or(|due_ms| due_ms > now_ms) {
            return None;
        }
        if let Some(wanted) = self.wanted.take() {
            self.sent = wanted;
        }
        self.sent_at_ms = Some(now_ms);
        Some(self.sent.clone())
    }

    /// When something has to be sent, if anything has to.
    pub fn due_at_ms(&self) -> Option<u64> {
        let sent_at_ms = self.sent_at_ms.unwrap_or(0);
        let changed = self.wanted.as_ref().is_some_and(|wanted| *wanted != self.sent);
        let lasting = self.sent.hold.is_some() || self.sent.writing.is_some();
        if changed {
            Some(sent_at_ms.saturating_add(INTERVAL_MS))
        } else if lasting {
            Some(sent_at_ms.saturating_add(REPEAT_MS))
        } else {
            None
        }
    }
}

/// Takes in what somebody sent. Returns whether anything changed.
pub fn receive(
    presences: &mut Rc<BTreeMap<String, RemotePresence>>,
    peer: &str,
    payload: Payload,
    (name, colour_index): (String, u8),
    now_ms: u64,
) -> bool {
    let Some(presence) = payload.presence else {
        return presences.contains_key(peer) && Rc::make_mut(presences).remove(peer).is_some();
    };
    if presences.len() >= PRESENCES_MAX && !presences.contains_key(peer) {
        return false;
    }
    let remote = RemotePresence {
        person: payload.person,
        name,
        colour_index,
        presence,
        seen_at_ms: now_ms,
    };
    Rc::make_mut(presences).insert(peer.to_owned(), remote);
    true
}

/// Forgets what is stale. Returns whether anything was.
pub fn expire(presences: &mut Rc<BTreeMap<String, RemotePresence>>, now_ms: u64) -> bool {
    let stale = |remote: &RemotePresence| remote.seen_at_ms.saturating_add(EXPIRY_MS) <= now_ms;
    if !presences.values().any(stale) {
        return false;
    }
    Rc::make_mut(presences).retain(|_, remote| !stale(remote));
    true
}

/// When the next presence becomes stale.
pub fn expires_at_ms(presences: &BTreeMap<String, RemotePresence>) -> Option<u64> {
    presences
        .values()
        .map(|remote| remote.seen_at_ms.saturating_add(EXPIRY_MS))
        .min()
}

/// A stable colour for a person or a device: 0 to 11.
pub fn colour_index(identity: &str) -> u8 {
    // FNV-1a: the same everywhere, and spreads short random ids evenly.
    let mut hash: u32 = 0x811c_9dc5;
    for byte in identity.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    ((hash ^ (hash >> 16)) % 12) as u8
}

/// Prints a payload; `presence` none says goodbye.
pub fn encode(person: Option<&PersonId>, presence: Option<&Presence>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    let mut encoder = Encoder::new(&mut bytes);
    // Writing into a Vec cannot fail.
    let _ = encode_into(&mut encoder, person, presence);
    bytes
}

type Encoding = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn encode_into(
    encoder: &mut Encoder<&mut Vec<u8>>,
    person: Option<&PersonId>,
    presence: Option<&Presence>,
) -> Encoding {
    encoder.begin_map()?;
    if let Some(person) = person {
        encoder.str("p")?.str(person.as_str())?;
    }
    let Some(presence) = presence else {
        encoder.str("g")?.bool(true)?.end()?;
        return Ok(());
    };
    if let Some(cursor) = presence.cursor {
        encoder.str("c")?;
        encode_point(encoder, cursor)?;
    }
    if let Some(hold) = &presence.hold {
        encoder.str("h")?.map(2)?.str("i")?;
        let items = hold.items.len().min(HELD_ITEMS_MAX);
        encoder.array(items as u64)?;
        for item in hold.items.iter().take(items) {
            encoder.str(&item.to_string())?;
        }
        encoder.str("d")?;
        encode_point(encoder, hold.delta)?;
    }
    if let Some(writing) = &presence.writing {
        encoder.str("w")?.str(&target_text(writing))?;
    }
    encoder.end()?;
    Ok(())
}

fn encode_point(encoder: &mut Encoder<&mut Vec<u8>>, point: Point) -> Encoding {
    // A tenth of a unit is finer than any screen; single precision carries it.
    encoder.array(2)?.f32(point.x as f32)?.f32(point.y as f32)?;
    Ok(())
}

fn target_text(target: &TextTarget) -> String {
    match target {
        TextTarget::Note(id) => format!("n:{id}"),
        TextTarget::Heading(id) => format!("i:{id}"),
        TextTarget::Label(id) => format!("r:{id}"),
    }
}

fn target_of(text: &str) -> Option<TextTarget> {
    match text.split_once(':')? {
        ("n", id) => id.parse().ok().map(TextTarget::Note),
        ("i", id) => id.parse().ok().map(TextTarget::Heading),
        ("r", id) => id.parse().ok().map(TextTarget::Label),
        _ => None,
    }
}

/// Reads a payload. Keys that are not known are skipped; anything malformed is no payload.
pub fn decode(bytes: &[u8]) -> Option<Payload> {
    if bytes.len() > PAYLOAD_BYTES_MAX {
        return None;
    }
    let mut decoder = Decoder::new(bytes);
    decode_map(&mut decoder).ok().flatten()
}

/// More keys than we know, times four: a later version may add some.
const KEYS_MAX: u64 = 24;

fn decode_map(decoder: &mut Decoder<'_>) -> Result<Option<Payload>, minicbor::decode::Error> {
    let length = decoder.map()?;
    let mut person = None;
    let mut gone = false;
    let mut presence = Presence::default();
    for _ in 0..length.unwrap_or(KEYS_MAX).min(KEYS_MAX) {
        if length.is_none() && decoder.datatype()? == Type::Break {
            break;
        }
        match decoder.str()? {
            _ if matches!(decoder.datatype()?, Type::Null | Type::Undefined) => decoder.skip()?,
            "p" => person = decoder.str()?.parse().ok(),
            "c" => presence.cursor = decode_point(decoder)?,
            "h" => presence.hold = decode_hold(decoder)?,
            "w" => presence.writing = target_of(decoder.str()?),
            "g" => gone = decoder.bool()?,
            _ => decoder.skip()?,
        }
    }
    Ok(Some(Payload {
        person,
        presence: (!gone).then_some(presence),
    }))
}

fn decode_hold(decoder: &mut Decoder<'_>) -> Result<Option<Hold>, minicbor::decode::Error> {
    let Some(keys) = decoder.map()? else {
        return Err(minicbor::decode::Error::message("a hold has a length"));
    };
    let mut items: Vec<ItemId> = Vec::new();
    let mut delta = None;
    for _ in 0..keys.min(KEYS_MAX) {
        match decoder.str()? {
            "i" => {
                let count = decoder.array()?.unwrap_or(0);
                for _ in 0..count.min(PAYLOAD_BYTES_MAX as u64) {
                    let item = decoder.str()?.parse();
                    if let (Ok(item), true) = (item, items.len() < HELD_ITEMS_MAX) {
                        items.push(item);
                    }
                }
            }
            "d" => delta = decode_point(decoder)?,
            _ => decoder.skip()?,
        }
    }
    Ok(delta.filter(|_| !items.is_empty()).map(|delta| Hold { items, delta }))
}

fn decode_point(decoder: &mut Decoder<'_>) -> Result<Option<Point>, minicbor::decode::Error> {
    if decoder.array()? != Some(2) {
        return Err(minicbor::decode::Error::message("a point has two numbers"));
    }
    let (x, y) = (decode_number(decoder)?, decode_number(decoder)?);
    Ok((x.is_finite() && y.is_finite()).then(|| Point::new(x, y)))
}

/// JavaScript clients write whole numbers as integers.
fn decode_number(decoder: &mut Decoder<'_>) -> Result<f64, minicbor::decode::Error> {
    match decoder.datatype()? {
        Type::F16 | Type::F32 | Type::F64 => decoder.f64(),
        _ => decoder.i64().map(|whole| whole as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(count: usize) -> Presence {
        let items = (0..count as u128)
            .map(|bits| ItemId::Note(board::NoteId::from_random(bits << 40)))
            .collect();
        Presence {
            cursor: Some(Point::new(12.5, -3.0)),
            hold: Some(Hold {
                items,
                delta: Point::new(1.0, 2.0),
            }),
            writing: Some(TextTarget::Heading(board::IslandId::from_random(7))),
        }
    }

    #[test]
    fn what_is_shown_arrives() {
        let person = PersonId::from_random(9);
        let bytes = encode(Some(&person), Some(&held(3)));
        assert_eq!(
            decode(&bytes),
            Some(Payload {
                person: Some(person),
                presence: Some(held(3))
            })
        );
        assert_eq!(
            decode(&encode(None, None)),
            Some(Payload {
                person: None,
                presence: None
            })
        );
    }

    #[test]
    fn a_hand_full_of_notes_still_fits_the_payload() {
        let items = (0..200)
            .map(|_| ItemId::Note("x".repeat(40).parse().expect("an id")))
            .collect();
        let presence = Presence {
            hold: Some(Hold {
                items,
                delta: Point::default(),
            }),
            ..held(0)
        };
        let bytes = encode(Some(&"p".repeat(40).parse().expect("an id")), Some(&presence));
        assert!(bytes.len() <= PAYLOAD_BYTES_MAX, "{} bytes", bytes.len());
    }

    #[test]
    fn no_bytes_make_the_reader_panic() {
        // A simple generator with a fixed seed, over mutated real payloads: most get past the first byte.
        let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
        for _ in 0..20_000 {
            let mut bytes = encode(Some(&PersonId::from_random(1)), Some(&held(2)));
            for _ in 0..3 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let at = (random >> 33) as usize % bytes.len();
                bytes[at] = (random >> 20) as u8;
            }
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn presence_keeps_to_its_rate_and_the_last_state_wins() {
        let mut outgoing = Outgoing::default();
        let at = |x: f64| Presence {
            cursor: Some(Point::new(x, 0.0)),
            ..Presence::default()
        };
        outgoing.show(at(1.0));
        assert_eq!(outgoing.take_due(1_000), Some(at(1.0)));
        outgoing.show(at(2.0));
        outgoing.show(at(3.0));
        assert_eq!(outgoing.take_due(1_000 + INTERVAL_MS - 1), None, "too soon");
        assert_eq!(outgoing.take_due(1_000 + INTERVAL_MS), Some(at(3.0)));
        assert_eq!(outgoing.due_at_ms(), None, "a resting pointer is not repeated");
    }

    #[test]
    fn a_held_note_is_repeated_and_forgotten_when_the_repeats_stop() {
        let mut outgoing = Outgoing::default();
        outgoing.show(held(1));
        assert!(outgoing.take_due(100).is_some());
        assert_eq!(outgoing.due_at_ms(), Some(100 + REPEAT_MS));

        let mut presences = Rc::default();
        let payload = Payload {
            person: None,
            presence: Some(held(1)),
        };
        assert!(receive(&mut presences, "peer", payload, ("鈴木".to_owned(), 3), 1_000));
        assert!(!expire(&mut presences, 1_000 + EXPIRY_MS - 1));
        assert!(expire(&mut presences, 1_000 + EXPIRY_MS));
        assert!(presences.is_empty());
    }
}
