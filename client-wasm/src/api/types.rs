//! What travels over REST. Identifiers are parsed here, at the edge.

use board::{GroupId, PersonId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

fn id<'de, D: Deserializer<'de>, T: std::str::FromStr>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("not an identifier"))
}

fn id_option<'de, D: Deserializer<'de>, T: std::str::FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| D::Error::custom("not an identifier")),
        None => Ok(None),
    }
}

fn print<S: Serializer, T: std::fmt::Display>(id: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn print_option<S: Serializer, T: std::fmt::Display>(id: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "coordinator" => Ok(Role::Coordinator),
        "participant" => Ok(Role::Participant),
        // A role that this page does not know yet may read: the least that a seat means.
        _ => Ok(Role::Viewer),
    }
}

/// What a seat allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Writes the own group's board.
    Participant,
    /// Writes everything.
    Coordinator,
}

/// This device's place in a workshop.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Seat {
    /// The workshop's identifier, as in the address.
    pub workshop: String,
    /// Document id of the workshop document.
    pub workshop_document: String,
    /// What this device may do.
    #[serde(deserialize_with = "role")]
    pub role: Role,
    /// The own group.
    #[serde(default, deserialize_with = "id_option", serialize_with = "print_option")]
    pub group: Option<GroupId>,
    /// Who sits here.
    #[serde(default)]
    pub person: Option<SeatPerson>,
    /// All groups that this seat may see, in order.
    pub groups: Vec<SeatGroup>,
    /// The server's peer id.
    #[serde(default)]
    pub peer: String,
    /// The device's public name.
    #[serde(default)]
    pub device: String,
    /// The server's clock when it answered, in milliseconds since 1970; none in a seat that the device remembered.
    #[serde(default, skip_serializing)]
    pub server_time_ms: Option<i64>,
}

/// A person of a seat or of a group's list.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct SeatPerson {
    /// The person.
    #[serde(deserialize_with = "id", serialize_with = "print")]
    pub id: PersonId,
    /// The name as on the list.
    pub name: String,
    /// Marked as coordinator on the list.
    #[serde(default)]
    pub coordinator: bool,
}

/// One group as a seat sees it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct SeatGroup {
    /// The group.
    #[serde(deserialize_with = "id", serialize_with = "print")]
    pub id: GroupId,
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster.
    #[serde(default)]
    pub icon: Option<String>,
    /// Document id of its board.
    pub document: String,
    /// Who is on its list.
    #[serde(default)]
    pub people: Vec<SeatPerson>,
}

/// A workshop to be made.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct NewWorkshop {
    /// The theme.
    pub theme: String,
    /// Date as text.
    pub date: String,
    /// Place.
    pub venue: String,
    /// Its groups; empty when a report brings them.
    pub groups: Vec<NewGroup>,
    /// A raw report to import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

/// A group to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NewGroup {
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
}

/// A workshop that was just made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Created {
    /// Its identifier.
    pub workshop: String,
    /// The short code, twelve digits.
    pub join_code: String,
    /// Its links. Shown once: the server keeps only their hashes.
    pub links: Links,
}

/// Links of a workshop just made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Links {
    /// For coordinators.
    pub coordinator: String,
    /// For viewers.
    pub viewer: String,
    /// One per group.
    #[serde(default)]
    pub groups: Vec<CreatedGroup>,
}

/// A group's link.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CreatedGroup {
    /// The group.
    #[serde(deserialize_with = "id")]
    pub group: GroupId,
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster.
    #[serde(default)]
    pub icon: Option<String>,
    /// Its link.
    pub url: String,
}

/// Table cards with freshly minted links.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Cards {
    /// The short code, twelve digits.
    pub join_code: String,
    /// One card per group.
    pub cards: Vec<Card>,
    /// For coordinators.
    pub coordinator: Link,
    /// For viewers.
    pub viewer: Link,
}

/// One table's card.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Card {
    /// The group.
    #[serde(deserialize_with = "id")]
    pub group: GroupId,
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster.
    #[serde(default)]
    pub icon: Option<String>,
    /// Its link.
    pub url: String,
    /// The link as a QR code, an SVG document.
    pub qr_svg: String,
}

/// A link and its QR code.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Link {
    /// The link.
    pub url: String,
    /// The link as a QR code, an SVG document.
    pub qr_svg: String,
}

/// Which links to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// The table links.
    Group,
    /// The viewer links.
    Viewer,
    /// The coordinator links.
    Coordinator,
    /// All of them.
    All,
}

/// Items to be moved or copied to another group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transfer {
    /// Made by the caller from random bits; repeating a call with it does nothing.
    pub id: String,
    /// From this group.
    pub from: String,
    /// To this group.
    pub to: String,
    /// `n:<id>` and `i:<id>`.
    pub items: Vec<String>,
    /// Copied, not moved.
    pub copy: bool,
}

/// What is erased on one group's board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureOn {
    /// The group.
    pub group: String,
    /// `n:<id>` and `i:<id>`.
    pub items: Vec<String>,
    /// People whose names go.
    pub people: Vec<String>,
}

/// What an erasure would erase.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ErasurePreview {
    /// Everything that goes: what was asked for and what says the same by its origin.
    pub boards: Vec<ErasureOn>,
    /// Where else the same words stand.
    pub mentions: Vec<Mention>,
}

/// Another place with the same words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Mention {
    /// The group.
    pub group: String,
    /// `n:<id>` or `i:<id>`.
    pub item: String,
    /// How it reads.
    pub text: String,
}

/// The outcome of an erasure.
#[derive(Deserialize)]
pub(super) struct Erased {
    #[serde(default)]
    pub scrubbed: bool,
}

/// A device of the hall.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct DeviceEntry {
    /// Its public name.
    pub device: String,
    /// What its seat allows.
    #[serde(deserialize_with = "role")]
    pub role: Role,
    /// Where it sits.
    #[serde(default, deserialize_with = "id_option")]
    pub group: Option<GroupId>,
    /// Who sits there.
    #[serde(default)]
    pub name: String,
    /// Open connections.
    #[serde(default)]
    pub connections: usize,
    /// It may only read.
    #[serde(default)]
    pub read_only: bool,
    /// It is this one.
    #[serde(default)]
    pub own: bool,
}

#[derive(Deserialize)]
pub(super) struct Devices {
    pub devices: Vec<DeviceEntry>,
}

/// As whom a device wrote in a board's history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Writer {
    /// The actor id, in hexadecimal digits.
    pub actor: String,
    /// The device.
    pub device: String,
    /// Who it was.
    #[serde(default)]
    pub person: Option<String>,
    /// Their name as it is now; empty without one.
    #[serde(default)]
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct Writers {
    pub writers: Vec<Writer>,
}

/// What a coordinator did that stands in no document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HallAct {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What, as a word.
    pub act: String,
    /// Who did it.
    #[serde(default)]
    pub name: String,
    /// On whose board.
    #[serde(default)]
    pub group: Option<String>,
    /// To whom.
    #[serde(default)]
    pub subject: Option<String>,
    /// How many things.
    #[serde(default)]
    pub count: usize,
}

#[derive(Deserialize)]
pub(super) struct Acts {
    pub acts: Vec<HallAct>,
}

/// A workshop in which this device has sat before.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct PastSeat {
    /// The workshop's identifier.
    pub workshop: String,
    /// Its theme.
    #[serde(default)]
    pub theme: String,
    /// Its date as text.
    #[serde(default)]
    pub date: String,
    /// What this device may do there.
    #[serde(deserialize_with = "role")]
    pub role: Role,
    /// The own group there.
    #[serde(default, deserialize_with = "id_option", serialize_with = "print_option")]
    pub group: Option<GroupId>,
}

/// The list of past seats, bare or wrapped.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PastSeats {
    Bare(Vec<PastSeat>),
    Wrapped { workshops: Vec<PastSeat> },
}

impl PastSeats {
    pub(super) fn into_list(self) -> Vec<PastSeat> {
        match self {
            Self::Bare(list) | Self::Wrapped { workshops: list } => list,
        }
    }
}

/// What opens one socket.
#[derive(Deserialize)]
pub(super) struct Ticket {
    /// 32 hexadecimal digits, good once and for half a minute.
    pub ticket: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_read_with_and_without_what_is_optional() {
        let text = r#"{"workshop":"w1","workshop_document":"d","role":"participant","group":"g1",
            "person":{"id":"p1","name":"鈴木(喜)"},"groups":[{"id":"g1","name":"1班","document":"d1"}],"more":1}"#;
        let seat: Seat = serde_json::from_str(text).expect("a seat");
        assert_eq!(seat.role, Role::Participant);
        assert_eq!(seat.group.map(|group| group.to_string()), Some("g1".to_owned()));
        let bare =
            r#"{"workshop":"w1","workshop_document":"d","role":"oracle","group":null,"person":null,"groups":[]}"#;
        let seat: Seat = serde_json::from_str(bare).expect("a seat");
        assert_eq!(seat.role, Role::Viewer, "an unknown role may only read");
    }

    #[test]
    fn an_identifier_outside_the_charset_is_refused_at_the_edge() {
        let text = r#"{"id":"g/../1","name":"x","document":"d"}"#;
        assert!(serde_json::from_str::<SeatGroup>(text).is_err());
    }
}
