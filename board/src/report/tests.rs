//! The report without documents: texts, what is read from them, and what a view of just that prints.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::{
    command::Place,
    geometry::{Point, Rect, Size},
    id::{IslandId, ItemId, NoteId, PersonId},
    import::{ImportBoard, ImportKind},
    order::OrderKey,
    view::{Colour, Group, Island, ItemTrivia, Note, OpenPoint, OpenPointKind, Person, Source, State},
    workshop::WorkshopView,
};

/// The view that an untouched import has, without a document behind it.
fn view_of(import: &ImportBoard) -> BoardView {
    let orders = OrderKey::spread(None, None, import.items.len(), 7);
    let ids: Vec<ItemId> = import
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| id(item.kind, index))
        .collect();
    let mut view = BoardView {
        group: Arc::new(Group {
            name: import.name.clone(),
            icon: import.icon.clone(),
            theme: import.theme.clone(),
        }),
        trivia: Arc::new(import.trivia.clone()),
        ..BoardView::default()
    };
    let mut parent: Option<IslandId> = None;
    for (index, item) in import.items.iter().enumerate() {
        let trivia = ItemTrivia {
            blanks: Some(item.blanks),
            prev: index.checked_sub(1).map(|before| ids[before].clone()),
        };
        let place = |parent: Option<IslandId>| Place {
            parent,
            order: orders[index].clone(),
            at: Point::default(),
        };
        match &ids[index] {
            ItemId::Island(id) => {
                let island = island(id.clone(), &item.text, place(None), trivia);
                parent = Some(id.clone());
                view.islands.insert(id.clone(), Arc::new(island));
                view.children.insert(id.clone(), Vec::new());
                view.top.push(ids[index].clone());
            }
            ItemId::Note(id) => {
                let note = note(
                    id.clone(),
                    &item.text,
                    item.marker.clone(),
                    place(parent.clone()),
                    trivia,
                );
                view.notes.insert(id.clone(), Arc::new(note));
                match &parent {
                    Some(parent) => view
                        .children
                        .entry(parent.clone())
                        .or_default()
                        .push(ids[index].clone()),
                    None => view.top.push(ids[index].clone()),
                }
            }
        }
    }
    for (index, person) in import.people.iter().enumerate() {
        view.people.push(Arc::new(Person {
            id: PersonId::from_random(index as u128),
            name: person.name.clone(),
            coordinator: person.coordinator,
            removed: false,
            note_count: 0,
            line_break_before: person.line_break_before,
            raw: person.raw.clone(),
        }));
    }
    for (index, point) in import.open_points.iter().enumerate() {
        view.open_points.push(OpenPoint {
            id: index.to_string(),
            item: ids[point.item].clone(),
            members: point.members.iter().map(|&member| ids[member].clone()).collect(),
            kind: point.kind,
            chosen: 0,
            readings: 2,
        });
    }
    view
}

fn id(kind: ImportKind, index: usize) -> ItemId {
    match kind {
        ImportKind::Heading => IslandId::from_random(index as u128 + 1).into(),
        ImportKind::Note => NoteId::from_random(index as u128 + 1).into(),
    }
}

fn note(id: NoteId, text: &str, marker: Option<String>, place: Place, trivia: ItemTrivia) -> Note {
    Note {
        id,
        text: text.to_owned(),
        parent: place.parent.clone(),
        place,
        position: Point::default(),
        colour: Colour::default(),
        author: None,
        device: String::new(),
        at_ms: 0,
        source: if marker.is_some() {
            Source::Import
        } else {
            Source::Board
        },
        marker,
        row_group: None,
        state: State::Live,
        withheld: false,
        lone_wolf: false,
        shown: true,
        trivia,
    }
}

fn island(id: IslandId, heading: &str, place: Place, trivia: ItemTrivia) -> Island {
    Island {
        id,
        heading: heading.to_owned(),
        kept_headings: Vec::new(),
        parent: place.parent.clone(),
        place,
        bounds: Rect::new(Point::default(), Size::default()),
        origin: Point::default(),
        depth: 0,
        colour: Colour::default(),
        collapsed: false,
        merged_into: None,
        state: State::Live,
        withheld: false,
        source: Source::Import,
        note_count: 0,
        shown: true,
        flagged: false,
        trivia,
    }
}

fn workshop_of(parsed: &Parsed) -> WorkshopView {
    WorkshopView {
        theme: parsed.theme.clone(),
        ..WorkshopView::default()
    }
}

fn round_trip(text: &str) -> String {
    let parsed = parse(text).expect("the text is a report");
    let views: Vec<BoardView> = parsed.boards().iter().map(view_of).collect();
    let boards: Vec<ReportBoard<'_>> = views.iter().map(ReportBoard::new).collect();
    verbatim(&workshop_of(&parsed), &boards)
}

#[test]
fn the_demo_is_the_evening_as_the_city_published_it() {
    assert_eq!(DEMO.chars().count(), 2126);
    assert!(DEMO.starts_with("\n\n協働") && !DEMO.ends_with('\n') && !DEMO.contains('\r'));
    let digest: String = Sha256::digest(DEMO).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        digest,
        "f0fee440b6016c5623ec157cae78c5962ef4e2b779ca0f365015a7baa72c561f"
    );
    let parsed = parse(DEMO).expect("the seed is a report");
    let expected = Counts {
        groups: 2,
        people: 13,
        headings: 23,
        notes: 64,
        headings_without_notes: 3,
    };
    assert_eq!(parsed.counts(), expected);
    let count = |group: usize, kind: ImportKind| {
        parsed.groups[group]
            .items
            .iter()
            .filter(|item| item.kind == kind)
            .count()
    };
    assert_eq!([count(0, ImportKind::Heading), count(1, ImportKind::Heading)], [12, 11]);
    assert_eq!([count(0, ImportKind::Note), count(1, ImportKind::Note)], [22, 42]);
    assert_eq!(parsed.theme, "協働のパートナーとしての行政、職員について考える");
    assert_eq!(parsed.groups[1].icon.as_deref(), Some("😊"));
    assert_eq!(parsed.groups[1].line, 71);
    let people: Vec<&str> = parsed.groups[1]
        .people
        .iter()
        .map(|person| person.name.as_str())
        .collect();
    assert_eq!(people, ["佐々木", "関田", "三井", "鈴木(雄)", "山本", "勝間田"]);
    assert!(parsed.groups[1].people[5].coordinator && parsed.groups[1].people[5].line_break_before);
}

#[test]
fn what_the_demo_leaves_open_is_listed_with_its_lines_and_every_reading() {
    let parsed = parse(DEMO).expect("the seed is a report");
    let listed: Vec<_> = checks(&parsed)
        .into_iter()
        .map(|check| (check.line, check.kind, check.readings().len(), check.text))
        .collect();
    use OpenPointKind::{GapInIsland, HeadingAlone, HeadingBeforeHeading, TwoThoughts};
    let plus = "“プラス思考”で施策を推進する(最初からできないと考えないで、やり抜く方法を考え実行していく)。";
    let expected = [
        (21, HeadingBeforeHeading, 10, "職員の意識を高めよう!"),
        (21, HeadingAlone, 3, "職員の意識を高めよう!"),
        (39, GapInIsland, 2, "パートナーにふさわしい職員もいる。"),
        (81, HeadingBeforeHeading, 10, "専門性とオールマイティの両立が必要？"),
        (81, HeadingAlone, 3, "専門性とオールマイティの両立が必要？"),
        (87, TwoThoughts, 2, "当事者意識がない ・個人がない？"),
        (96, HeadingBeforeHeading, 8, plus),
        (96, HeadingAlone, 3, plus),
    ];
    let expected = expected.map(|(line, kind, count, text)| (line, kind, count, text.to_owned()));
    assert_eq!(listed, expected);
    let readings = checks(&parsed)[0].readings();
    assert_eq!(
        readings[..3],
        [Reading::Alone, Reading::Larger { over: 1 }, Reading::Larger { over: 2 }]
    );
    assert_eq!(
        checks(&parsed)[1].readings(),
        [Reading::Alone, Reading::Conclusion, Reading::LoneWolf]
    );
}

#[test]
fn words_with_a_middle_dot_are_one_thought() {
    let parsed = parse("T\n1班\n佐藤\n\nH\n\n- ・土・日に仕事\n- ・市民・職員 ・\n- ・a ・b").expect("a report");
    let found: Vec<String> = checks(&parsed).into_iter().map(|check| check.text).collect();
    assert_eq!(found, ["a ・b"]);
}

#[test]
fn an_untouched_import_comes_back_byte_for_byte() {
    let texts = [
        DEMO.to_owned(),
        DEMO.replace('\n', "\r\n"),
        format!("\u{feff}{DEMO}\n\n"),
        DEMO.replacen("\n\n", "\n \t\n", 3),
        DEMO.replacen('\n', "\r\n", 20),
        "T\n1班\n佐藤\n\n  見出し\n  続き\n  \n  \\- 三行目\n- a\r\n  b\n- c".to_owned(),
        "1班\n- a\n- b\n2班\n\n\n- c\n  \n".to_owned(),
        "T\n\n1班\n\n(表札なし)\n- a\n\n\\(表札なし)\n\n\\3班\n\n\\- x\n".to_owned(),
        "T\n\n1班\nA、 B 、、C（コーディネーター）、\n\nH\n".to_owned(),
        "T\n1班\n- ・付箋\n(表札なし)\n- ・付箋\n  (表札なし)\n\n\\ ・a\n".to_owned(),
        "\\- T\n 1班 \n\n- \n- ・\n".to_owned(),
    ];
    for text in texts {
        assert_eq!(round_trip(&text), text);
    }
}

#[test]
fn a_line_that_cannot_be_read_is_named_with_its_number_and_reason() {
    let cases = [
        ("", 1, ParseReason::NoGroup, ""),
        ("\n\nただの文\n- ・a", 3, ParseReason::NoGroup, "ただの文"),
        ("まえがき\nテーマ\n1班\n", 1, ParseReason::BeforeFirstGroup, "まえがき"),
        ("- ・a\n1班\n", 1, ParseReason::BeforeFirstGroup, "- ・a"),
        ("T\n1班\n佐藤\n\nH\u{7}\n", 5, ParseReason::ControlCharacter, "H\u{7}"),
    ];
    for (text, line, reason, body) in cases {
        assert_eq!(
            parse(text),
            Err(ParseError {
                line,
                reason,
                text: body.to_owned()
            }),
            "{text:?}"
        );
    }
}

#[test]
fn every_limit_is_refused_with_the_line_that_crosses_it() {
    let limit = |text: &str| {
        parse(text)
            .map_err(|error| (error.line, error.reason))
            .map(|parsed| parsed.counts())
    };
    let long = "あ".repeat(crate::command::TEXT_CHARS_MAX + 1);
    assert_eq!(limit(&format!("T\n1班\n- ・{long}")), Err((3, ParseReason::TooLong)));
    let exact = "あ".repeat(crate::command::TEXT_CHARS_MAX);
    assert!(limit(&format!("T\n1班\n- ・{exact}")).is_ok());
    assert_eq!(
        limit(&format!("T\n1班\n- ・{exact}\n  い")),
        Err((4, ParseReason::TooLong))
    );
    let groups: String = (1..=GROUPS_MAX + 1)
        .map(|number| format!("{number}班\n- a\n"))
        .collect();
    assert_eq!(limit(&groups), Err((2 * GROUPS_MAX + 1, ParseReason::TooManyGroups)));
    let items = format!("1班\n{}", "- a\n".repeat(ITEMS_MAX + 1));
    assert_eq!(limit(&items), Err((ITEMS_MAX + 2, ParseReason::TooManyItems)));
    let people = format!("1班\n{}", "a、".repeat(PEOPLE_MAX + 1));
    assert_eq!(limit(&people), Err((2, ParseReason::TooManyPeople)));
    let huge = format!("1班\n{}", format!("{}\n", "- あ".repeat(1000)).repeat(300));
    assert!(matches!(limit(&huge), Err((_, ParseReason::TooLarge))));
}

#[test]
fn a_heading_directly_under_the_group_is_a_heading_when_bullets_follow_it() {
    let parsed = parse("T\n\n1班\n\n見出し\n\n- ・a\n").expect("a report");
    assert_eq!((parsed.counts().people, parsed.counts().headings), (0, 1));
    let parsed = parse("T\n\n1班\n吉福、土屋\n見出し\n- ・a\n").expect("a report");
    assert_eq!((parsed.counts().people, parsed.counts().headings), (2, 1));
}

/// One line of a generated report, mostly of the grammar, sometimes strange.
fn any_line() -> impl Strategy<Value = String> {
    let text = || {
        prop::sample::select(vec![
            "付箋",
            "当事者 ・個人",
            "土・日",
            "a",
            "\\",
            " x ",
            "「」",
            "3班",
            "- y",
            "😊",
            "(表札なし)",
            "、",
            "",
        ])
    };
    prop_oneof![
        4 => text().prop_map(|text| format!("- ・{text}")),
        2 => text().prop_map(|text| format!("- {text}")),
        1 => text().prop_map(|text| format!("  ・{text}")),
        3 => text().prop_map(str::to_owned),
        2 => text().prop_map(|text| format!("  {text}")),
        1 => text().prop_map(|text| format!("\\{text}")),
        1 => text().prop_map(|text| format!("吉福、{text}、渡辺(コーディネーター)")),
        1 => (1_u8..20).prop_map(|number| format!("{number}班")),
        1 => Just("👩‍👩‍👧 ２班".to_owned()),
        4 => Just(String::new()),
        1 => Just("  ".to_owned()),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    let line = (any_line(), prop::sample::select(vec!["\n", "\n", "\n", "\r\n"]));
    (
        prop::bool::ANY,
        prop::collection::vec(line, 0..30),
        prop::option::of(any_line()),
    )
        .prop_map(|(bom, lines, last)| {
            let mut text = String::from(if bom { "\u{feff}" } else { "" });
            text.push_str("T\n1班\n");
            lines
                .iter()
                .for_each(|(line, ending)| text.push_str(&[line, *ending].concat()));
            text.push_str(&last.unwrap_or_default());
            text
        })
}

/// The seed with a few of its letters taken out, doubled or replaced.
fn any_mutation() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec![
        "", "\n", "\r\n", " ", "、", "- ", "・", "班", "2班", "  ", "\\", "\u{3000}", "x",
    ]);
    prop::collection::vec((0..2126_usize, 0..3_usize, letters), 1..12).prop_map(|edits| {
        let mut text: Vec<char> = DEMO.chars().collect();
        for (at, delete, insert) in edits {
            let at = at.min(text.len());
            let end = (at + delete).min(text.len());
            text.splice(at..end, insert.chars());
        }
        text.into_iter().collect()
    })
}

/// A live board's heading or note: what people type into it.
fn any_typed() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "付箋",
        "二行\nある",
        "空行\n\nある",
        "- 箇条\n- 書き",
        "3班",
        "・点",
        "\\- 逃げ",
        "a ・b",
        "(表札なし)",
        "土・日",
        "  字下げ",
        "終わり\n",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn whatever_parses_comes_back_byte_for_byte(text in any_text()) {
        if parse(&text).is_ok() {
            prop_assert_eq!(round_trip(&text), text);
        }
    }

    #[test]
    fn the_seed_with_typing_mistakes_comes_back_byte_for_byte(text in any_mutation()) {
        if parse(&text).is_ok() {
            prop_assert_eq!(round_trip(&text), text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}(\n|班|- |、| |\r|1班){0,8}\\PC{0,40}") {
        if let Ok(parsed) = parse(&text) {
            prop_assert_eq!(round_trip(&text), text);
            let _ = checks(&parsed);
        }
    }

    #[test]
    fn a_live_board_prints_a_report_that_reads_back_as_the_same_board(
        loose in prop::collection::vec(any_typed(), 0..3),
        islands in prop::collection::vec((any_typed(), prop::collection::vec(any_typed(), 0..4)), 0..5),
        people in prop::collection::vec("[a-z]{1,3}(\\([a-z]\\))?", 1..4),
    ) {
        let view = live_board(&loose, &islands, &people);
        let workshop = WorkshopView { theme: "駅前を考える".to_owned(), ..WorkshopView::default() };
        let text = verbatim(&workshop, &[ReportBoard::new(&view), ReportBoard { name: "2班", icon: Some("😊"), view: &view }]);
        let parsed = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(&parsed.theme, &workshop.theme);
        prop_assert_eq!(parsed.groups.len(), 2);
        let mut expected: Vec<(ImportKind, String)> = Vec::new();
        expected.extend(loose.iter().map(|text| (ImportKind::Note, written(text))));
        for (heading, notes) in &islands {
            expected.push((ImportKind::Heading, written(heading.trim_start())));
            expected.extend(notes.iter().map(|text| (ImportKind::Note, written(text))));
        }
        for group in &parsed.groups {
            let found: Vec<_> = group.items.iter().map(|item| (item.kind, item.text.clone())).collect();
            prop_assert_eq!(&found, &expected);
            let names: Vec<&str> = group.people.iter().map(|person| person.name.as_str()).collect();
            prop_assert_eq!(&names, &people);
        }
        prop_assert_eq!(round_trip(&text), text);
    }
}

/// A text as a report can hold it: an end without words is no line.
fn written(text: &str) -> String {
    text.trim_end_matches('\n').to_owned()
}

fn live_board(loose: &[String], islands: &[(String, Vec<String>)], people: &[String]) -> BoardView {
    let item = |kind: ImportKind, text: &str| crate::import::ImportItem {
        kind,
        text: text.to_owned(),
        marker: None,
        blanks: 0,
    };
    let mut import = ImportBoard {
        name: "1班".to_owned(),
        ..ImportBoard::default()
    };
    import
        .items
        .extend(loose.iter().map(|text| item(ImportKind::Note, text)));
    for (heading, notes) in islands {
        import.items.push(item(ImportKind::Heading, heading));
        import
            .items
            .extend(notes.iter().map(|text| item(ImportKind::Note, text)));
    }
    import
        .people
        .extend(people.iter().map(|name| crate::import::ImportPerson {
            name: name.clone(),
            ..Default::default()
        }));
    let mut view = view_of(&import);
    view.notes
        .values_mut()
        .for_each(|note| Arc::make_mut(note).trivia = ItemTrivia::default());
    view.islands
        .values_mut()
        .for_each(|island| Arc::make_mut(island).trivia = ItemTrivia::default());
    view.trivia = Arc::new(BTreeMap::new());
    view
}
