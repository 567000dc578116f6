//! What was done on a board, act by act, read out of its history (記録).
//!
//! A change is an act. What somebody types within a few minutes into one text is one act to the reader, and so is a row of
//! moves of the same thing. Texts are not repeated here: a line leads to its place on the board, where the text stands,
//! and an erasure must not leave a copy behind.

use std::collections::BTreeSet;

use automerge::{
    ActorId, Change, ObjType, ReadDoc, ScalarValue,
    legacy::{Key, OpType},
};

use super::{
    Board,
    edit::Owner,
    keys::*,
    past::{Spot, Spots},
    register::StateRegister,
    take_back::item_of,
};
use crate::{
    command::TextTarget,
    id::{ItemId, PersonId},
};

/// Acts of the same kind on the same things, this close to each other, are one to the reader.
const SAME_ACT_MS: i64 = 3 * 60 * 1_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// The board was made, empty or from a report.
    Opened,
    /// Notes were put on the sheet.
    Added,
    /// A note's text was written.
    Wrote,
    /// A heading was written, or a note became one.
    Named,
    /// An island was drawn, merged, taken apart, folded or opened.
    Gathered,
    /// Things were moved or put in order.
    Moved,
    /// Things got another colour or mark.
    Coloured,
    /// Things went into the basket.
    Deleted,
    /// Things came out of the basket.
    Restored,
    /// Things were withheld.
    Withheld,
    /// Things are shown again.
    Released,
    /// Things came from another group's board.
    Arrived,
    /// Things went to another group's board.
    Sent,
    /// A relation was drawn or changed.
    Related,
    /// A dot was given or taken back.
    Marked,
    /// Somebody was put on the group's list, taken off it, or renamed.
    People,
    /// Anything else: the group's name, a reading of the import, the reading path.
    Other,
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChronicleEntry {
    /// When, in milliseconds since 1970 by the clock of the device that did it; a row of acts counts from its last.
    pub at_ms: i64,
    /// Who wrote it, as the document knows writers. Whose it is, the server knows.
    pub actor: ActorId,
    /// Who it was, as far as the change itself says so.
    pub person: Option<PersonId>,
    /// What was done.
    pub deed: Deed,
    /// To what; sorted.
    pub items: Vec<ItemId>,
    /// Acts that are told as one.
    pub times: usize,
}

impl Board {
    /// The latest acts, the newest first, at most `limit`.
    pub fn chronicle(&self, limit: usize) -> Vec<ChronicleEntry> {
        let spots = Spots::of(&self.raw);
        let mut metas: Vec<(i64, u64, automerge::ChangeHash)> = self
            .doc
            .get_changes_meta(&[])
            .into_iter()
            .map(|meta| (meta.timestamp, meta.max_op, meta.hash))
            .collect();
        metas.sort_unstable_by(|left, right| right.cmp(left));
        let mut entries: Vec<ChronicleEntry> = Vec::new();
        for (_, _, hash) in metas {
            let Some(change) = self.doc.get_change_by_hash(&hash) else {
                continue;
            };
            let Some(entry) = self.told(&spots, &change) else {
                continue;
            };
            let later = entries.iter_mut().rev().find(|later| later.actor == entry.actor);
            if let Some(later) = later.filter(|later| joins(later, &entry)) {
                later.times += 1;
                later.deed = entry.deed;
            } else if entries.len() == limit {
                break;
            } else {
                entries.push(entry);
            }
        }
        entries
    }

    /// One change as an act; none for one that nobody would call so.
    fn told(&self, spots: &Spots, change: &Change) -> Option<ChronicleEntry> {
        let expanded = change.decode();
        let mut deeds: BTreeSet<Deed> = BTreeSet::new();
        let mut items: BTreeSet<ItemId> = BTreeSet::new();
        let mut made: BTreeSet<ItemId> = BTreeSet::new();
        let mut person: Option<PersonId> = None;
        let mut opened = false;
        for (counter, op) in (expanded.start_op.get()..).zip(&expanded.operations) {
            match (spots.find(&op.obj), &op.key, &op.action) {
                (Some(Spot::Root), Key::Map(key), _) => {
                    opened |= key.as_str() == KEY_KIND;
                    deeds.insert(Deed::Other);
                }
                (Some(Spot::Entries(map, _)), _, OpType::Make(ObjType::Map)) => {
                    deeds.insert(match *map {
                        NOTES => Deed::Added,
                        ISLANDS => Deed::Gathered,
                        RELATIONS => Deed::Related,
                        PEOPLE => Deed::People,
                        _ => Deed::Other,
                    });
                    if let Some(item) = spots
                        .made(counter, &expanded.actor_id)
                        .and_then(|(owner, _)| item_of(owner))
                    {
                        made.insert(item);
                    }
                }
                (Some(Spot::Fields(owner, _)), Key::Map(key), action) => {
                    let value = match action {
                        OpType::Put(value) => Some(value),
                        _ => None,
                    };
                    if key.as_str() == AUTHOR {
                        person = person.or_else(|| text_of(value)?.parse().ok());
                    }
                    let item = item_of(owner);
                    let is_new = item.as_ref().is_some_and(|item| made.contains(item));
                    let (deed, by) = deed_of(owner, key, value, is_new);
                    person = person.or(by);
                    deeds.extend(deed);
                    if deed.is_some() && !is_new {
                        items.extend(item);
                    }
                }
                (Some(Spot::Text(target, _)), _, _) => {
                    let (item, deed) = match target {
                        TextTarget::Note(id) => (Some(id.clone().into()), Deed::Wrote),
                        TextTarget::Heading(id) => (Some(id.clone().into()), Deed::Named),
                        TextTarget::Label(_) => (None, Deed::Related),
                    };
                    if item.as_ref().is_none_or(|item| !made.contains(item)) {
                        deeds.insert(deed);
                        items.extend(item);
                    }
                }
                _ => {}
            }
        }
        let deed = if opened { Deed::Opened } else { main_deed(&deeds)? };
        if !made.is_empty() {
            items = made;
        }
        Some(ChronicleEntry {
            at_ms: change.timestamp().saturating_mul(1_000),
            actor: expanded.actor_id,
            person,
            deed,
            items: if opened {
                Vec::new()
            } else {
                items.into_iter().collect()
            },
            times: 1,
        })
    }
}

/// What one written field says was done, and by whom if it says so.
fn deed_of(owner: &Owner, key: &str, value: Option<&ScalarValue>, is_new: bool) -> (Option<Deed>, Option<PersonId>) {
    let set = matches!(value, Some(ScalarValue::Boolean(true)));
    let deed = match (owner, key) {
        (Owner::Person(_), _) => Deed::People,
        (Owner::Marks, _) => Deed::Marked,
        (Owner::Group | Owner::Point(_) | Owner::Path, _) => Deed::Other,
        (Owner::Note(_) | Owner::Island(_), SOURCE) => {
            let from_group = text_of(value).is_some_and(|text| text.starts_with("group "));
            return (from_group.then_some(Deed::Arrived), None);
        }
        (_, STATE) => return state_deed(value),
        (_, WITHHELD) if set => Deed::Withheld,
        (_, WITHHELD) => Deed::Released,
        _ if is_new => return (None, None),
        (Owner::Relation(_), _) => Deed::Related,
        (_, PLACE) => Deed::Moved,
        (_, COLOUR | LONE_WOLF) => Deed::Coloured,
        (_, MERGED_INTO | COLLAPSED) => Deed::Gathered,
        _ => Deed::Other,
    };
    (Some(deed), None)
}

fn state_deed(value: Option<&ScalarValue>) -> (Option<Deed>, Option<PersonId>) {
    match text_of(value).and_then(StateRegister::parse) {
        Some(StateRegister::Basket(gone)) => (Some(Deed::Deleted), gone.by),
        Some(StateRegister::Moved(gone, _)) => (Some(Deed::Sent), gone.by),
        Some(StateRegister::Live) => (Some(Deed::Restored), None),
        Some(StateRegister::Heading { .. }) => (Some(Deed::Named), None),
        Some(StateRegister::Unchosen | StateRegister::Erased) | None => (None, None),
    }
}

fn text_of(value: Option<&ScalarValue>) -> Option<&str> {
    match value {
        Some(ScalarValue::Str(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// A change that does several things is called by the one that a person meant.
fn main_deed(deeds: &BTreeSet<Deed>) -> Option<Deed> {
    const BY_WEIGHT: [Deed; 16] = [
        Deed::Arrived,
        Deed::Sent,
        Deed::Deleted,
        Deed::Withheld,
        Deed::Released,
        Deed::Added,
        Deed::Gathered,
        Deed::Related,
        Deed::Named,
        Deed::Wrote,
        Deed::Restored,
        Deed::Moved,
        Deed::Coloured,
        Deed::Marked,
        Deed::People,
        Deed::Other,
    ];
    BY_WEIGHT.into_iter().find(|deed| deeds.contains(deed))
}

/// Whether an act is told together with a later one of the same writer.
fn joins(later: &ChronicleEntry, entry: &ChronicleEntry) -> bool {
    let same = later.items == entry.items && later.at_ms.saturating_sub(entry.at_ms) <= SAME_ACT_MS;
    let goes_on = matches!(entry.deed, Deed::Wrote | Deed::Named | Deed::Moved | Deed::Coloured);
    // A slip is taken and written on: that is one note put out.
    let written_on = (later.deed, entry.deed) == (Deed::Wrote, Deed::Added);
    same && ((later.deed == entry.deed && goes_on) || written_on)
}
