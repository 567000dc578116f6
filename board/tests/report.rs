//! The report through real boards: an import becomes documents, people change them, and the report shows just that.

use automerge::ActorId;
use board::{
    Board, BoardView, Colour, Command, Drop, IslandId, ItemId, NoteId, OrderHint, PersonId, RelationKind, Stamp,
    report::{self, DEMO, ReportBoard},
    view::OpenPointKind,
    workshop::WorkshopView,
};
use proptest::prelude::*;

fn actor(name: &str) -> ActorId {
    ActorId::from(name.as_bytes())
}

fn person(name: &str) -> PersonId {
    name.parse().expect("a person's identifier")
}

fn stamp(name: &str) -> Stamp {
    Stamp {
        person: Some(person(name)),
        device: format!("tablet-{name}"),
        at_ms: 1_700_000_000_000,
    }
}

/// The evening of the demo, imported.
#[derive(Clone)]
struct Evening {
    workshop: WorkshopView,
    boards: Vec<Board>,
}

impl Evening {
    fn of(text: &str) -> Self {
        let parsed = report::parse(text).expect("the text is a report");
        let import = |(index, import): (usize, &board::import::ImportBoard)| {
            let mut board = Board::import("w1", import, index as u128 + 1, 1_700_000_000_000, actor("server"));
            board.set_actor(actor("anna"));
            board
        };
        let boards = parsed.boards().iter().enumerate().map(import).collect();
        Self {
            workshop: WorkshopView {
                theme: parsed.theme,
                ..WorkshopView::default()
            },
            boards,
        }
    }

    fn demo() -> Self {
        Self::of(DEMO)
    }

    fn printed(&self, print: fn(&WorkshopView, &[ReportBoard<'_>]) -> String) -> String {
        let boards: Vec<ReportBoard<'_>> = self.boards.iter().map(|board| ReportBoard::new(board.view())).collect();
        print(&self.workshop, &boards)
    }

    fn verbatim(&self) -> String {
        self.printed(report::verbatim)
    }

    fn view(&self, group: usize) -> &BoardView {
        self.boards[group].view()
    }

    fn act(&mut self, group: usize, command: Command) {
        self.boards[group]
            .apply(command, &stamp("anna"))
            .expect("the command is allowed");
    }

    fn note(&self, group: usize, text: &str) -> NoteId {
        let notes = &self.view(group).notes;
        notes
            .values()
            .find(|note| note.text.contains(text))
            .expect("the note is on the board")
            .id
            .clone()
    }

    fn island(&self, group: usize, heading: &str) -> IslandId {
        let islands = &self.view(group).islands;
        islands
            .values()
            .find(|island| island.heading.contains(heading))
            .expect("the island is on the board")
            .id
            .clone()
    }

    fn move_into(&mut self, group: usize, item: impl Into<ItemId>, parent: Option<IslandId>, order: OrderHint) {
        self.act(
            group,
            Command::Move {
                drops: vec![Drop {
                    item: item.into(),
                    parent,
                    at: None,
                    order,
                }],
            },
        );
    }
}

/// What a line-by-line comparison shows: lines only in the first text, lines only in the second.
fn difference(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let mut common = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    for left in (0..before.len()).rev() {
        for right in (0..after.len()).rev() {
            common[left][right] = if before[left] == after[right] {
                common[left + 1][right + 1] + 1
            } else {
                common[left + 1][right].max(common[left][right + 1])
            };
        }
    }
    let (mut left, mut right) = (0, 0);
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    while left < before.len() || right < after.len() {
        if left < before.len() && right < after.len() && before[left] == after[right] {
            (left, right) = (left + 1, right + 1);
        } else if right == after.len() || (left < before.len() && common[left + 1][right] >= common[left][right + 1]) {
            removed.push(before[left].to_owned());
            left += 1;
        } else {
            added.push(after[right].to_owned());
            right += 1;
        }
    }
    (removed, added)
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn an_untouched_import_comes_back_byte_for_byte() {
    let evening = Evening::demo();
    assert_eq!(evening.verbatim(), DEMO);
    let counts = |group: usize| (evening.view(group).islands.len(), evening.view(group).people.len());
    assert_eq!([counts(0), counts(1)], [(12, 7), (11, 6)]);
    let unusual = DEMO
        .replacen('\n', "\r\n", 9)
        .replace("意識の問題", "意識の問題\n  二行目")
        + "\n\n";
    assert_eq!(Evening::of(&unusual).verbatim(), unusual);
}

#[test]
fn saved_and_loaded_boards_print_the_same_bytes() {
    let mut evening = Evening::demo();
    for board in &mut evening.boards {
        *board = Board::load(&board.save(), actor("bert")).expect("a board loads");
    }
    assert_eq!(evening.verbatim(), DEMO);
}

#[test]
fn renaming_one_note_changes_one_line() {
    let mut evening = Evening::demo();
    let target = board::TextTarget::Note(evening.note(0, "ハシゴをはずすな"));
    evening.act(
        0,
        Command::SetText {
            target,
            text: "市民と最後まで歩く。".into(),
        },
    );
    let expected = DEMO.replace("- 市民をのせてハシゴをはずすな。", "- 市民と最後まで歩く。");
    assert_eq!(evening.verbatim(), expected);
}

#[test]
fn renaming_a_heading_or_giving_it_a_second_line_touches_only_that() {
    let mut evening = Evening::demo();
    let target = board::TextTarget::Heading(evening.island(1, "組織 体制の問題"));
    evening.act(
        1,
        Command::SetText {
            target,
            text: "組織 体制の問題\n(人事を含む)".into(),
        },
    );
    assert_eq!(
        difference(DEMO, &evening.verbatim()),
        (vec![], owned(&["  (人事を含む)"]))
    );
}

#[test]
fn every_reading_of_every_open_point_leaves_the_verbatim_report_as_it_is() {
    let untouched = Evening::demo();
    let mut tried = 0;
    for group in 0..2 {
        for point in &untouched.view(group).open_points {
            for reading in 0..point.readings {
                let mut evening = untouched.clone();
                evening.act(
                    group,
                    Command::Resolve {
                        point: point.id.clone(),
                        reading,
                    },
                );
                assert_eq!(evening.verbatim(), DEMO, "{:?} read as {reading}", point.kind);
                evening.act(
                    group,
                    Command::Resolve {
                        point: point.id.clone(),
                        reading: 0,
                    },
                );
                assert_eq!(evening.verbatim(), DEMO, "{:?} taken back from {reading}", point.kind);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 3 * 3 + 10 + 10 + 8 + 2 * 2);
}

#[test]
fn a_reading_changes_the_structure_and_the_clean_report() {
    let mut evening = Evening::demo();
    let resolve = |evening: &mut Evening, kind: OpenPointKind, reading: usize| {
        let group = evening
            .boards
            .iter()
            .position(|board| board.view().open_points.iter().any(|point| point.kind == kind));
        let group = group.expect("the demo has such a point");
        let points = &evening.view(group).open_points;
        let point = points
            .iter()
            .find(|point| point.kind == kind)
            .expect("found above")
            .id
            .clone();
        evening.act(group, Command::Resolve { point, reading });
    };
    resolve(&mut evening, OpenPointKind::HeadingBeforeHeading, 2);
    resolve(&mut evening, OpenPointKind::GapInIsland, 1);
    resolve(&mut evening, OpenPointKind::TwoThoughts, 1);
    let larger = evening.island(0, "職員の意識を高めよう!");
    assert_eq!(evening.view(0).children[&larger].len(), 2);
    let clean = evening.printed(report::clean);
    assert!(
        clean.contains("\n\n職員の意識を高めよう!\n\n　職員のレベルがいろいろ\n　・職員の気配りが足りない。"),
        "{clean}"
    );
    assert!(
        clean.contains("【島の外】\n・パートナーにふさわしい職員もいる。\n\n職場の問題\n"),
        "{clean}"
    );
    assert!(clean.contains("・当事者意識がない\n・個人がない？\n"), "{clean}");
    assert_eq!(evening.verbatim(), DEMO);
}

#[test]
fn a_deleted_note_takes_only_its_line_and_comes_back_with_it() {
    let mut evening = Evening::demo();
    for (group, text) in [
        (0, "「モデル事業」は市民との"),
        (1, "形式ばっている"),
        (1, "土・日に仕事"),
    ] {
        let note: ItemId = evening.note(group, text).into();
        evening.act(
            group,
            Command::Delete {
                items: vec![note.clone()],
            },
        );
        let (removed, added) = difference(DEMO, &evening.verbatim());
        assert!(
            added.is_empty() && removed.len() == 1 && removed[0].contains(text),
            "{removed:?} {added:?}"
        );
        evening.act(group, Command::Restore { items: vec![note] });
        assert_eq!(evening.verbatim(), DEMO);
    }
}

#[test]
fn a_new_note_adds_one_line_with_the_boards_usual_marker() {
    let mut evening = Evening::demo();
    let parent = Some(evening.island(0, "モデル事業こそ"));
    let id: NoteId = "new".parse().expect("an identifier");
    let (text, colour, order) = ("窓口を一つに。".into(), Colour::Sakura, OrderHint::Last);
    evening.act(
        0,
        Command::AddNote {
            id,
            text,
            colour,
            parent,
            at: None,
            order,
            author: None,
        },
    );
    let bottom = "- 市民をのせてハシゴをはずすな。\n";
    assert_eq!(
        evening.verbatim(),
        DEMO.replace(bottom, &format!("{bottom}- ・窓口を一つに。\n"))
    );
}

#[test]
fn a_slip_that_nobody_wrote_on_is_not_printed() {
    let mut evening = Evening::demo();
    let id: NoteId = "slip".parse().expect("an identifier");
    let (colour, order) = (Colour::Kinari, OrderHint::Last);
    evening.act(
        0,
        Command::AddNote {
            id,
            text: String::new(),
            colour,
            parent: None,
            at: None,
            order,
            author: None,
        },
    );
    assert_eq!(evening.verbatim(), DEMO);
}

#[test]
fn a_moved_note_takes_its_own_line_along() {
    let mut evening = Evening::demo();
    let note = evening.note(1, "形式ばっている");
    let parent = evening.island(1, "組織 体制の問題");
    evening.move_into(1, note, Some(parent), OrderHint::Last);
    let line = owned(&["- ・形式ばっている。"]);
    assert_eq!(difference(DEMO, &evening.verbatim()), (line.clone(), line));
    assert!(
        evening
            .verbatim()
            .contains("- ・前任者と後任者の申し送りがない。\n- ・形式ばっている。\n\n方針")
    );
}

#[test]
fn a_note_taken_out_to_the_sheet_never_reads_as_part_of_another_island() {
    let mut evening = Evening::demo();
    let note = evening.note(1, "土・日に仕事");
    evening.move_into(1, note, None, OrderHint::Last);
    let printed = evening.verbatim();
    assert!(
        printed.contains("勝間田(コーディネーター)\n\n- ・土・日に仕事"),
        "{printed}"
    );
    let reread = report::parse(&printed).expect("the report is one");
    assert_eq!(
        reread.groups[1].items[0].text,
        "土・日に仕事(市民とのコミュニケーション)を行う"
    );
}

#[test]
fn merged_islands_keep_both_headings_and_come_apart_again() {
    let mut evening = Evening::demo();
    let (into, absorbed) = (evening.island(0, "異動が問題"), evening.island(0, "職場の問題"));
    evening.act(
        0,
        Command::Merge {
            absorbed: absorbed.clone(),
            into,
        },
    );
    let printed = evening.verbatim();
    assert!(
        printed.contains("異動が問題\n  職場の問題\n\n- ・職場が変わっても"),
        "{printed}"
    );
    let reread = report::parse(&printed).expect("the report is one").counts();
    assert_eq!((reread.headings, reread.notes), (22, 64));
    evening.act(0, Command::SplitIsland { absorbed });
    assert_eq!(evening.verbatim(), DEMO);
}

#[test]
fn a_note_split_by_hand_still_prints_one_line() {
    let mut evening = Evening::demo();
    let note = evening.note(1, "協働のノウハウが");
    let second: NoteId = "second".parse().expect("an identifier");
    evening.act(
        1,
        Command::SplitNote {
            note,
            second: second.clone(),
            at: Some(5),
        },
    );
    assert_eq!(
        evening.view(1).notes[&second].text,
        "協働のノウハウが確立されていない(手探り状態)。"
    );
    assert_eq!(evening.verbatim(), DEMO);
    let elsewhere = evening.island(1, "組織はこうしよう");
    evening.move_into(1, second, Some(elsewhere), OrderHint::Last);
    let (removed, added) = difference(DEMO, &evening.verbatim());
    assert_eq!((removed.len(), added.len()), (1, 2), "{removed:?} {added:?}");
}

#[test]
fn withheld_notes_and_islands_are_in_no_report() {
    let mut evening = Evening::demo();
    let note = evening.note(0, "ハシゴをはずすな");
    let island = evening.island(1, "事業はこうしよう");
    evening.act(
        0,
        Command::Withhold {
            items: vec![note.into()],
            withheld: true,
        },
    );
    evening.act(
        1,
        Command::Withhold {
            items: vec![island.into()],
            withheld: true,
        },
    );
    for printed in [
        evening.verbatim(),
        evening.printed(report::clean),
        evening.printed(report::markdown),
    ] {
        assert!(
            !printed.contains("ハシゴ") && !printed.contains("事業はこうしよう") && !printed.contains("手がけた事業")
        );
    }
}

#[test]
fn people_who_join_or_leave_change_their_own_line() {
    let mut evening = Evening::demo();
    let id = "taro".parse().expect("an identifier");
    evening.act(
        1,
        Command::SetPerson {
            id,
            name: "山田太郎".into(),
            coordinator: false,
        },
    );
    let coordinator = "勝間田(コーディネーター)";
    assert_eq!(
        evening.verbatim(),
        DEMO.replace(coordinator, &format!("{coordinator}、山田太郎"))
    );
    let leaving = evening.view(1).people[1].id.clone();
    evening.act(
        1,
        Command::RemovePerson {
            id: leaving,
            removed: true,
        },
    );
    let expected = DEMO
        .replace(coordinator, &format!("{coordinator}、山田太郎"))
        .replace("佐々木、関田、", "佐々木、");
    assert_eq!(evening.verbatim(), expected);
}

#[test]
fn a_new_theme_and_a_new_group_name_change_their_lines() {
    let mut evening = Evening::demo();
    evening.workshop.theme = "協働の次の一歩".into();
    evening.act(
        1,
        Command::SetGroup {
            name: "3班".into(),
            icon: Some("🌱".into()),
        },
    );
    let theme = "協働のパートナーとしての行政、職員について考える";
    assert_eq!(
        evening.verbatim(),
        DEMO.replace(theme, "協働の次の一歩").replace("😊 2班", "🌱 3班")
    );
}

#[test]
fn the_groups_can_change_places() {
    let mut evening = Evening::demo();
    evening.boards.reverse();
    let reread = report::parse(&evening.verbatim()).expect("the report is one");
    assert_eq!(
        reread
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect::<Vec<_>>(),
        ["2班", "1班"]
    );
    assert_eq!(reread.counts(), report::parse(DEMO).expect("the seed is one").counts());
}

#[test]
fn the_clean_report_tells_islands_lone_wolves_relations_and_evaluation() {
    let text =
        "駅前\n\n1班\n佐藤、田中(コーディネーター)\n\n交通\n- ・バスが少ない\n- ・坂が多い\n\n商店街\n- ・灯りがない\n";
    let mut evening = Evening::of(text);
    evening.workshop.date = "十一月二十二日".into();
    evening.workshop.venue = "市民会館".into();
    let (traffic, shops) = (evening.island(0, "交通"), evening.island(0, "商店街"));
    let wolf = evening.note(0, "坂が多い");
    evening.move_into(0, wolf.clone(), None, OrderHint::After(traffic.clone().into()));
    evening.act(
        0,
        Command::SetLoneWolf {
            note: wolf,
            lone_wolf: true,
        },
    );
    let id = "r".parse().expect("an identifier");
    let (from, to): (ItemId, ItemId) = (traffic.into(), shops.clone().into());
    evening.act(
        0,
        Command::Relate {
            id,
            from,
            to: to.clone(),
            kind: RelationKind::Cause,
            label: "人が来ない".into(),
        },
    );
    for name in ["anna", "bert"] {
        let person = person(name);
        evening.act(
            0,
            Command::Mark {
                person,
                target: to.clone(),
                round: 1,
                given: true,
            },
        );
    }
    evening.act(0, Command::SetPath { path: vec![to] });
    let expected = "駅前\n\n十一月二十二日　市民会館\n\n1班\n佐藤、田中(コーディネーター)\n\n交通\n・バスが少ない\n\n\
                    【一匹狼】\n・坂が多い\n\n商店街\n・灯りがない\n\n【関係】\n・「交通」→「商店街」：人が来ない\n\n\
                    【衆目評価 1回目】\n・○○ 商店街\n\n【発表の順】\n・1. 商店街\n";
    assert_eq!(evening.printed(report::clean), expected);
    let markdown = evening.printed(report::markdown);
    assert!(
        markdown.starts_with("# 駅前\n\n十一月二十二日　市民会館\n\n## 1班\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("\n\n### 交通\n\n- バスが少ない\n\n### 【一匹狼】\n\n- 坂が多い\n\n"),
        "{markdown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// However the open points are read, one after the other and over each other, the file stays the file.
    #[test]
    fn any_history_of_readings_leaves_the_verbatim_report_as_it_is(choices in prop::collection::vec((0..2_usize, 0..8_usize, 0..12_usize), 1..12)) {
        let mut evening = Evening::demo();
        for (group, point, reading) in choices {
            let points = &evening.view(group).open_points;
            let point = &points[point % points.len()];
            let command = Command::Resolve { point: point.id.clone(), reading: reading % point.readings };
            evening.act(group, command);
            let printed = evening.verbatim();
            prop_assert!(printed == DEMO, "{:?}", difference(DEMO, &printed));
        }
    }

    /// Texts, new notes, deletions and moves in any order: the report is one, and says what the board holds.
    #[test]
    fn whatever_people_do_the_report_can_be_read_and_has_every_note(acts in prop::collection::vec((0..5_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..25)) {
        let mut evening = Evening::demo();
        for (step, (act, which, other)) in acts.into_iter().enumerate() {
            let view = evening.view(1).clone();
            let notes: Vec<&NoteId> = view.notes.values().filter(|note| note.shown).map(|note| &note.id).collect();
            let islands: Vec<&IslandId> = view.islands.values().filter(|island| island.shown).map(|island| &island.id).collect();
            let (note, island) = (which.get(&notes), (*other.get(&islands)).clone());
            let command = match act {
                0 => Command::SetText { target: board::TextTarget::Note((*note).clone()), text: format!("書き直し\n- {step}班") },
                1 => Command::Delete { items: vec![(*note).clone().into()] },
                2 => Command::Move { drops: vec![Drop { item: (*note).clone().into(), parent: Some(island), at: None, order: OrderHint::Last }] },
                3 => Command::Move { drops: vec![Drop { item: (*note).clone().into(), parent: None, at: None, order: OrderHint::First }] },
                _ => Command::AddNote {
                    id: format!("new{step}").parse().expect("an identifier"),
                    text: format!("新しい{step}"), colour: Colour::Asagi, parent: Some(island), at: None, order: OrderHint::First, author: None,
                },
            };
            evening.act(1, command);
            let printed = evening.verbatim();
            let reread = report::parse(&printed).map_err(|error| TestCaseError::fail(format!("{error}\n{printed}")))?;
            let live = evening.view(1).notes.values().filter(|note| note.shown).count();
            prop_assert_eq!(reread.groups[1].items.iter().filter(|item| item.kind == board::import::ImportKind::Note).count(), live);
            let again = Evening::of(&printed);
            prop_assert_eq!(again.verbatim(), printed);
        }
    }
}
