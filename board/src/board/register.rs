//! Registers: values that several facts share so that the last writer wins whole, and their one parser and printer.

use std::fmt;

use super::keys::COORDINATE_MAX;
use crate::{
    command::Place,
    geometry::Point,
    id::{IslandId, PersonId},
    order::OrderKey,
    view::{Colour, OpenPointKind, RelationKind, Source},
};

/// The state of a note, an island or a relation as written; whether it counts is decided against the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StateRegister {
    Live,
    /// The note's text was used as a heading; counts while the entry still reads as it did then.
    Heading {
        fingerprint: u64,
    },
    Unchosen,
    /// Written by the server alone, into a new document; see [`crate::board::Erasure`].
    Erased,
    Basket(Gone),
    Moved(Gone, String),
}

/// A deletion, or a move to another board. It counts only while the entry's fingerprint is the one it was
/// made for: that is how an edit made at the same time beats it without any further write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    pub by: Option<PersonId>,
    pub at_ms: i64,
    /// The island together with which it went; then it goes and comes back with that one.
    pub with: Option<IslandId>,
    pub fingerprint: u64,
}

impl fmt::Display for Gone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.by.as_ref().map_or("-", PersonId::as_str);
        let with = self.with.as_ref().map_or("-", IslandId::as_str);
        write!(formatter, "{by} {} {with} {:016x}", self.at_ms, self.fingerprint)
    }
}

impl fmt::Display for StateRegister {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => formatter.write_str("live"),
            Self::Heading { fingerprint } => write!(formatter, "heading {fingerprint:016x}"),
            Self::Unchosen => formatter.write_str("unchosen"),
            Self::Erased => formatter.write_str("erased"),
            Self::Basket(gone) => write!(formatter, "basket {gone}"),
            Self::Moved(gone, to) => write!(formatter, "moved {gone} {to}"),
        }
    }
}

impl StateRegister {
    /// Reads a state; none if it is no state at all (the item is live then).
    pub fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "live" => Some(Self::Live),
            "unchosen" => Some(Self::Unchosen),
            "erased" => Some(Self::Erased),
            "heading" => parse_fingerprint(rest).map(|fingerprint| Self::Heading { fingerprint }),
            "basket" => parse_gone(rest).map(|(gone, _)| Self::Basket(gone)),
            "moved" => parse_gone(rest).map(|(gone, to)| Self::Moved(gone, to.to_owned())),
            _ => None,
        }
    }
}

fn parse_gone(text: &str) -> Option<(Gone, &str)> {
    let mut parts = text.splitn(5, ' ');
    let by = parts.next()?;
    let at_ms = parts.next()?.parse().ok()?;
    let with = parts.next()?;
    let fingerprint = parse_fingerprint(parts.next()?)?;
    // An unreadable name must not turn a deletion into something else: it counts as nobody's.
    let gone = Gone {
        by: by.parse().ok(),
        at_ms,
        with: with.parse().ok().filter(|_| with != "-"),
        fingerprint,
    };
    Some((
        Gone {
            by: gone.by.clone().filter(|_| by != "-"),
            ..gone
        },
        parts.next().unwrap_or(""),
    ))
}

fn parse_fingerprint(text: &str) -> Option<u64> {
    (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// FNV-1a over the parts, each closed by a byte that UTF-8 does not know.
pub(crate) fn fingerprint(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for part in parts {
        part.bytes().for_each(&mut eat);
        eat(0xff);
    }
    hash
}

/// Prints a place: `<parent|-> <order> <x> <y>`.
pub(crate) fn print_place(place: &Place) -> String {
    let parent = place.parent.as_ref().map_or("-", IslandId::as_str);
    format!(
        "{parent} {} {} {}",
        place.order,
        print_number(place.at.x),
        print_number(place.at.y)
    )
}

/// Reads a place; none if any of its four parts is not what it should be.
pub(crate) fn parse_place(text: &str) -> Option<Place> {
    let mut parts = text.split(' ');
    let parent = match parts.next()? {
        "-" => None,
        parent => Some(parent.parse().ok()?),
    };
    let order: OrderKey = parts.next()?.parse().ok()?;
    let at = Point::new(parse_number(parts.next()?)?, parse_number(parts.next()?)?);
    parts.next().is_none().then_some(Place { parent, order, at })
}

/// Where an absorbed island lies in the one it was merged into.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Merge {
    pub into: IslandId,
    /// The absorbed island's origin, relative to the other's.
    pub offset: Point,
}

/// Prints a merge: `<island> <dx> <dy>`; nothing for an island that is not merged.
pub(crate) fn print_merge(merge: Option<&Merge>) -> String {
    merge.map_or_else(String::new, |merge| {
        format!(
            "{} {} {}",
            merge.into,
            print_number(merge.offset.x),
            print_number(merge.offset.y)
        )
    })
}

/// Reads a merge.
pub(crate) fn parse_merge(text: &str) -> Option<Merge> {
    let mut parts = text.split(' ');
    let into = parts.next()?.parse().ok()?;
    let offset = Point::new(parse_number(parts.next()?)?, parse_number(parts.next()?)?);
    parts.next().is_none().then_some(Merge { into, offset })
}

/// Rounds to eighths of a unit: short to write, and sums of such numbers are exact, so nothing creeps.
pub(crate) fn rounded(point: Point) -> Point {
    let eighths = |value: f64| (value * 8.0).round() / 8.0 + 0.0;
    Point::new(eighths(point.x), eighths(point.y))
}

fn print_number(value: f64) -> String {
    let value = if value.is_finite() {
        value.clamp(-COORDINATE_MAX, COORDINATE_MAX)
    } else {
        0.0
    };
    format!("{}", (value * 8.0).round() / 8.0 + 0.0)
}

fn parse_number(text: &str) -> Option<f64> {
    // 24 bytes hold any shortest decimal of a double below the limit; longer is somebody's mistake.
    let value: f64 = (text.len() <= 24).then(|| text.parse().ok()).flatten()?;
    (value.is_finite() && value.abs() <= COORDINATE_MAX).then_some(value)
}

/// Prints a source; nothing for what was written here.
pub(crate) fn print_source(source: &Source) -> String {
    match source {
        Source::Board => String::new(),
        Source::Import => "import".to_owned(),
        Source::Group { name, id } => format!("group {id} {name}"),
    }
}

/// Reads a source.
pub(crate) fn parse_source(text: &str) -> Source {
    let mut parts = text.splitn(3, ' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("import"), None, None) => Source::Import,
        (Some("group"), Some(id), Some(name)) => Source::Group {
            name: name.to_owned(),
            id: id.to_owned(),
        },
        _ => Source::Board,
    }
}

/// Names of the papers in documents.
pub(crate) const COLOURS: [(Colour, &str); 6] = [
    (Colour::Kinari, "kinari"),
    (Colour::Yamabuki, "yamabuki"),
    (Colour::Sakura, "sakura"),
    (Colour::Wakakusa, "wakakusa"),
    (Colour::Asagi, "asagi"),
    (Colour::Fuji, "fuji"),
];

/// Names of the relations in documents.
pub(crate) const RELATION_KINDS: [(RelationKind, &str); 5] = [
    (RelationKind::Cause, "cause"),
    (RelationKind::Mutual, "mutual"),
    (RelationKind::Opposed, "opposed"),
    (RelationKind::Same, "same"),
    (RelationKind::Related, "related"),
];

/// Names of the open points in documents.
pub(crate) const POINT_KINDS: [(OpenPointKind, &str); 4] = [
    (OpenPointKind::HeadingBeforeHeading, "heading_before_heading"),
    (OpenPointKind::HeadingAlone, "heading_alone"),
    (OpenPointKind::TwoThoughts, "two_thoughts"),
    (OpenPointKind::GapInIsland, "gap_in_island"),
];

/// The name of a value in such a table.
pub(crate) fn name_of<T: PartialEq>(table: &[(T, &'static str)], value: &T) -> &'static str {
    table
        .iter()
        .find(|(candidate, _)| candidate == value)
        .map_or("", |(_, name)| name)
}

/// The value of a name in such a table.
pub(crate) fn named<T: Copy>(table: &[(T, &'static str)], name: &str) -> Option<T> {
    table
        .iter()
        .find(|(_, candidate)| *candidate == name)
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_printed() {
        let place = Place {
            parent: Some("abc".parse().expect("an id")),
            order: "V".parse().expect("a key"),
            at: Point::new(-12.125, 3000.0),
        };
        assert_eq!(print_place(&place), "abc V -12.125 3000");
        assert_eq!(parse_place(&print_place(&place)), Some(place));
    }

    #[test]
    fn half_a_place_is_no_place() {
        for text in [
            "",
            "-",
            "- V 1",
            "- V 1 NaN",
            "- V 1 inf",
            "- V 1 2 3",
            "- V0 1 2",
            "a b c d",
            "- V 1 1e99",
            "島 V 1 2",
        ] {
            assert_eq!(parse_place(text), None, "{text}");
        }
    }

    #[test]
    fn states_read_back_as_they_were_printed() {
        let gone = Gone {
            by: "p1".parse().ok(),
            at_ms: 5,
            with: None,
            fingerprint: 7,
        };
        let with = Gone {
            by: None,
            with: "i1".parse().ok(),
            ..gone.clone()
        };
        for state in [
            StateRegister::Live,
            StateRegister::Unchosen,
            StateRegister::Erased,
            StateRegister::Heading { fingerprint: u64::MAX },
            StateRegister::Basket(gone.clone()),
            StateRegister::Basket(with),
            StateRegister::Moved(gone, "2班 の 裏".to_owned()),
        ] {
            assert_eq!(StateRegister::parse(&state.to_string()), Some(state));
        }
        assert_eq!(StateRegister::parse("basket p1 x - 0"), None);
        assert_eq!(StateRegister::parse(""), None);
    }

    #[test]
    fn parts_of_a_fingerprint_cannot_run_into_each_other() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    }
}
