//! What documents may contain, as tables.

use super::super::workshop;
use crate::{
    board::{keys::*, raw, register},
    command::TEXT_CHARS_MAX,
    id::{GroupId, ID_BYTES_MAX, ItemId, NoteId},
    order::OrderKey,
};

/// What may stand in a field.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A text people write together: an automerge text, made with its entry and never replaced. At most this many
    /// characters; the second half of the allowance is for two people who fill it at the same time.
    Text { chars_max: usize },
    /// A string register that the check likes. A text object is taken as well (then only its size is checked, and
    /// readers treat what is not right as missing).
    String { bytes_max: usize, check: fn(&str) -> bool },
    /// A truth value.
    Bool,
    /// A whole number, also as a float.
    Number,
}

/// A map of the root: either fields, or entries that have fields.
pub(crate) enum Map {
    /// A fixed set of fields.
    Fields(&'static [Field]),
    /// Entries by identifier.
    Entries {
        id: fn(&str) -> bool,
        count_max: usize,
        fields: &'static [Field],
    },
    /// Any key the check likes, each with a value of one kind.
    Keyed {
        id: fn(&str) -> bool,
        count_max: usize,
        kind: Kind,
    },
}

/// A field.
pub(crate) struct Field {
    pub key: &'static str,
    pub kind: Kind,
    /// A new entry without it is refused.
    pub required: bool,
    /// Written by coordinators only.
    pub coordinators: bool,
}

/// A document.
pub(crate) struct Shape {
    pub registers: &'static [Field],
    pub maps: &'static [(&'static str, Map)],
}

const fn field(key: &'static str, kind: Kind) -> Field {
    Field {
        key,
        kind,
        required: false,
        coordinators: false,
    }
}
const fn for_coordinators(key: &'static str, kind: Kind) -> Field {
    Field {
        key,
        kind,
        required: false,
        coordinators: true,
    }
}
const fn required(key: &'static str, kind: Kind) -> Field {
    Field {
        key,
        kind,
        required: true,
        coordinators: false,
    }
}
const fn string(bytes_max: usize, check: fn(&str) -> bool) -> Kind {
    Kind::String { bytes_max, check }
}

fn any(_: &str) -> bool {
    true
}
fn id(text: &str) -> bool {
    text.parse::<NoteId>().is_ok()
}
fn id_or_empty(text: &str) -> bool {
    text.is_empty() || id(text)
}
fn group_id(text: &str) -> bool {
    text.parse::<GroupId>().is_ok()
}
fn item(text: &str) -> bool {
    text.parse::<ItemId>().is_ok()
}
fn items(text: &str) -> bool {
    text.split_whitespace().all(item)
}
fn place(text: &str) -> bool {
    register::parse_place(text).is_some()
}
fn merge(text: &str) -> bool {
    text.is_empty() || register::parse_merge(text).is_some()
}
fn state(text: &str) -> bool {
    // What is erased for good is the server's to say, and it says so in a new document only.
    register::StateRegister::parse(text).is_some_and(|state| state != register::StateRegister::Erased)
}
fn colour(text: &str) -> bool {
    register::named(&register::COLOURS, text).is_some()
}
fn relation_kind(text: &str) -> bool {
    register::named(&register::RELATION_KINDS, text).is_some()
}
fn order(text: &str) -> bool {
    text.parse::<OrderKey>().is_ok()
}
fn mark(text: &str) -> bool {
    raw::parse_mark(text).is_some_and(|(.., round)| round <= crate::board::ROUNDS_MAX)
}
fn stage(text: &str) -> bool {
    workshop::Stage::named(text).is_some()
}
fn timer(text: &str) -> bool {
    text.is_empty() || workshop::is_timer(text)
}

const NAME_STRING: Kind = string(STRING_BYTES_MAX, any);
/// Two persons may fill one text to its limit at the same time.
const WRITTEN: Kind = Kind::Text {
    chars_max: 2 * TEXT_CHARS_MAX,
};
/// `<parent> <order> <x> <y>`: 40 + 200 + 2 × 24 + 3.
const PLACE_KIND: Kind = string(291, place);
/// `moved <by> <at> <with> <fingerprint> <to>`: 6 + 41 + 21 + 41 + 17 + the group's name.
const STATE_KIND: Kind = string(130 + STRING_BYTES_MAX, state);

const NOTE_FIELDS: &[Field] = &[
    required(TEXT, WRITTEN),
    required(PLACE, PLACE_KIND),
    field(COLOUR, string(ID_BYTES_MAX, colour)),
    field(AUTHOR, string(ID_BYTES_MAX, id_or_empty)),
    field(DEVICE, string(ID_BYTES_MAX, any)),
    field(AT, Kind::Number),
    field(MARKER, NAME_STRING),
    field(ROW_GROUP, string(ID_BYTES_MAX, id_or_empty)),
    field(STATE, STATE_KIND),
    for_coordinators(WITHHELD, Kind::Bool),
    field(LONE_WOLF, Kind::Bool),
    field(SOURCE, string(2 * STRING_BYTES_MAX, any)),
    field(BLANKS, Kind::Number),
    field(PREV, string(ID_BYTES_MAX + 2, item)),
];

const ISLAND_FIELDS: &[Field] = &[
    required(HEADING, WRITTEN),
    required(PLACE, PLACE_KIND),
    field(COLOUR, string(ID_BYTES_MAX, colour)),
    field(COLLAPSED, Kind::Bool),
    // `<island> <dx> <dy>`: 40 + 2 × 25.
    field(MERGED_INTO, string(90, merge)),
    field(AT, Kind::Number),
    field(STATE, STATE_KIND),
    for_coordinators(WITHHELD, Kind::Bool),
    field(SOURCE, string(2 * STRING_BYTES_MAX, any)),
    field(BLANKS, Kind::Number),
    field(PREV, string(ID_BYTES_MAX + 2, item)),
];

const RELATION_FIELDS: &[Field] = &[
    required(FROM, string(ID_BYTES_MAX + 2, item)),
    required(TO, string(ID_BYTES_MAX + 2, item)),
    field(KIND, string(ID_BYTES_MAX, relation_kind)),
    field(LABEL, WRITTEN),
    field(STATE, STATE_KIND),
];

const PERSON_FIELDS: &[Field] = &[
    required(NAME, NAME_STRING),
    field(COORDINATOR, Kind::Bool),
    field(ORDER, string(crate::order::KEY_BYTES_MAX, order)),
    field(LINE_BREAK_BEFORE, Kind::Bool),
    field(RAW, NAME_STRING),
    field(REMOVED, Kind::Bool),
];

/// Open points are made by the import only; what others may write is the choice.
const POINT_FIELDS: &[Field] = &[field(CHOSEN, Kind::Number)];

const GROUP_FIELDS: &[Field] = &[
    field(NAME, NAME_STRING),
    field(ICON, string(STRING_BYTES_MAX, any)),
    field(THEME, string(LONG_STRING_BYTES_MAX, any)),
];

fn nothing(_: &str) -> bool {
    false
}

/// A board. `schema`, `kind` and `workshop` are written by the first change only.
pub(crate) const BOARD: Shape = Shape {
    registers: &[field(KEY_PATH, string(PATH_BYTES_MAX, items))],
    maps: &[
        (GROUP, Map::Fields(GROUP_FIELDS)),
        (
            NOTES,
            Map::Entries {
                id,
                count_max: 2 * NOTES_MAX,
                fields: NOTE_FIELDS,
            },
        ),
        (
            ISLANDS,
            Map::Entries {
                id,
                count_max: 2 * ISLANDS_MAX,
                fields: ISLAND_FIELDS,
            },
        ),
        (
            RELATIONS,
            Map::Entries {
                id,
                count_max: 2 * RELATIONS_MAX,
                fields: RELATION_FIELDS,
            },
        ),
        (
            PEOPLE,
            Map::Entries {
                id,
                count_max: 2 * PEOPLE_MAX,
                fields: PERSON_FIELDS,
            },
        ),
        (
            MARKS,
            Map::Keyed {
                id: mark,
                count_max: 2 * MARKS_MAX,
                kind: Kind::Bool,
            },
        ),
        (
            POINTS,
            Map::Entries {
                id: nothing,
                count_max: 0,
                fields: POINT_FIELDS,
            },
        ),
        (
            TRIVIA,
            Map::Keyed {
                id: nothing,
                count_max: 0,
                kind: Kind::Bool,
            },
        ),
    ],
};

const WORKSHOP_GROUP_FIELDS: &[Field] = &[
    required("name", NAME_STRING),
    field("icon", string(STRING_BYTES_MAX, any)),
    required("board", NAME_STRING),
    field("order", string(crate::order::KEY_BYTES_MAX, order)),
    field("locked", Kind::Bool),
    field("removed", Kind::Bool),
];

const ANNOUNCEMENT_FIELDS: &[Field] = &[
    required("text", string(workshop::TEXT_BYTES_MAX, any)),
    field("at", Kind::Number),
];

/// A workshop.
pub(crate) const WORKSHOP: Shape = Shape {
    registers: &[
        field("theme", string(workshop::TEXT_BYTES_MAX, any)),
        field("date", string(workshop::TEXT_BYTES_MAX, any)),
        field("venue", string(workshop::TEXT_BYTES_MAX, any)),
        field("stage", string(ID_BYTES_MAX, stage)),
        field("read_others", Kind::Bool),
        field("timer", string(41, timer)),
    ],
    maps: &[
        (
            workshop::GROUPS,
            Map::Entries {
                id: group_id,
                count_max: 2 * workshop::GROUPS_MAX,
                fields: WORKSHOP_GROUP_FIELDS,
            },
        ),
        (
            workshop::ANNOUNCEMENTS,
            Map::Entries {
                id: group_id,
                count_max: 2 * workshop::ANNOUNCEMENTS_MAX,
                fields: ANNOUNCEMENT_FIELDS,
            },
        ),
        (
            workshop::TRIVIA,
            Map::Keyed {
                id: trivia_key,
                count_max: TRIVIA_MAX,
                kind: Kind::String {
                    bytes_max: workshop::TRIVIA_BYTES_MAX,
                    check: any,
                },
            },
        ),
    ],
};

fn trivia_key(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_BYTES_MAX
}
