use automerge::ActorId;

use super::*;
use crate::{Board, Command, Group, NoteId, OrderHint, PersonId, Stamp};

/// Reads RFC 4180 back, as strictly as it is written.
fn read(table: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut letters = table
        .strip_prefix('\u{feff}')
        .expect("a byte order mark")
        .chars()
        .peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().expect("a row");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                row.last_mut().expect("a cell").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {
                letters.next();
                rows.push(vec![String::new()]);
            }
            letter => {
                assert!(quoted, "every cell is quoted");
                row.last_mut().expect("a cell").push(letter);
            }
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last line has its end");
    rows
}

fn stamp() -> Stamp {
    Stamp {
        person: Some("p1".parse().expect("an id")),
        device: "d".into(),
        at_ms: 1,
    }
}

fn board_with(texts: &[&str]) -> Board {
    let group = Group {
        name: "=1班".into(),
        icon: None,
        theme: String::new(),
    };
    let mut board = Board::create("w", &group, 0, ActorId::from([1]));
    let person: PersonId = "p1".parse().expect("an id");
    let name = "@鈴木(喜)".to_owned();
    let mut act = |command| board.apply(command, &stamp()).expect("a command");
    act(Command::SetPerson {
        id: person,
        name,
        coordinator: false,
    });
    for (index, text) in texts.iter().enumerate() {
        act(Command::AddNote {
            id: NoteId::from_random(index as u128 + 1),
            text: (*text).to_owned(),
            colour: Colour::Sakura,
            parent: None,
            at: None,
            order: OrderHint::Last,
            author: None,
        });
    }
    board
}

fn table_of(board: &Board, scope: TableScope) -> Vec<Vec<String>> {
    let boards = [ReportBoard::new(board.view())];
    read(&csv(&boards, scope, TableLanguage::Japanese))
}

/// What spreadsheets take for a formula, as this test's own list: it shares nothing with the code.
fn is_formula(cell: &str) -> bool {
    let seen =
        cell.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{200b}' || letter == '\u{feff}');
    cell.starts_with(['\t', '\r', '\n']) || seen.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[test]
fn row_27_no_cell_of_a_table_begins_a_formula_and_every_text_comes_back() {
    let texts = [
        "=1+1",
        "=HYPERLINK(\"http://evil.example\",\"ここ\")",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1:A9)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tただの文",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM",
        " =1",
        "　＝1",
        "\u{200b}=1",
        "\u{feff}=1",
        "−1",
        "'=1",
        "'ほんとうの引用",
        "''",
        "a,b;c\t\"d\"\r\nつぎの行",
        "普通の文章",
        "1-1",
        "・当事者意識がない",
    ];
    let table = table_of(&board_with(&texts), TableScope::Report);
    assert_eq!(table.len(), texts.len() + 1);
    for cell in table.iter().flatten() {
        assert!(!is_formula(cell), "{cell:?} would be a formula");
    }
    let back: Vec<&str> = table.iter().skip(1).map(|row| cell_text(&row[3])).collect();
    assert_eq!(back, texts);
    // Group and person are cells like any other.
    assert_eq!((table[1][0].as_str(), table[1][4].as_str()), ("'=1班", "'@鈴木(喜)"));
    // What needs no apostrophe has none.
    assert_eq!(table[24][3], "普通の文章");
    assert_eq!(table[25][3], "1-1");
}

#[test]
fn the_demo_as_a_table_has_every_note_and_the_headings_that_stand_alone() {
    let parsed = crate::report::parse(crate::report::DEMO).expect("the demo");
    let boards: Vec<Board> = (1..)
        .zip(parsed.boards())
        .map(|(seed, group)| Board::import("w", &group, seed, 0, ActorId::from([1])))
        .collect();
    let boards: Vec<ReportBoard<'_>> = boards.iter().map(|board| ReportBoard::new(board.view())).collect();
    let table = csv(&boards, TableScope::Report, TableLanguage::English);
    let table = read(&table);
    let of_kind = |kind: &str| table.iter().filter(|row| row[2] == kind).count();
    assert_eq!((of_kind("note"), of_kind("heading")), (64, 3));
    let row = table
        .iter()
        .find(|row| row[3] == "職員は改革意識が低い。")
        .expect("the note");
    assert_eq!(row[1], "職員のレベルがいろいろ");
    assert!(table.iter().all(|row| row.len() == COLUMNS));
}

#[test]
fn what_is_withheld_or_in_the_basket_has_a_row_only_when_everything_is_asked_for() {
    let mut board = board_with(&["見える", "保留する", "捨てる"]);
    let id = |number: u128| ItemId::Note(NoteId::from_random(number));
    for command in [
        Command::Withhold {
            items: vec![id(2)],
            withheld: true,
        },
        Command::Delete { items: vec![id(3)] },
    ] {
        board.apply(command, &stamp()).expect("a command");
    }
    let texts = |scope| -> Vec<(String, String)> {
        let rows = table_of(&board, scope).into_iter().skip(1);
        rows.map(|row| (row[3].clone(), row[6].clone())).collect()
    };
    let pair = |text: &str, state: &str| (text.to_owned(), state.to_owned());
    assert_eq!(texts(TableScope::Report), [pair("見える", "紙の上")]);
    let mut all = texts(TableScope::Everything);
    all.sort();
    let mut expected = [
        pair("見える", "紙の上"),
        pair("保留する", "保留"),
        pair("捨てる", "かご"),
    ];
    expected.sort();
    assert_eq!(all, expected);
}
