//! A field and a document, typed in from both sides.

use super::*;

/// A field bound to a text in which others write too.
struct Desk {
    session: TypingSession,
    field: String,
    document: String,
}

impl Desk {
    fn new(text: &str) -> Self {
        Self {
            session: TypingSession::new(text),
            field: text.to_owned(),
            document: text.to_owned(),
        }
    }

    /// Others write into the document; the field is told, and shows nothing yet.
    fn others(&mut self, at: usize, delete: usize, insert: &str) -> &mut Self {
        let splice = Splice {
            at,
            delete,
            insert: insert.to_owned(),
        };
        self.write(&splice);
        self.session.foreign(splice);
        self
    }

    fn write(&mut self, splice: &Splice) {
        let letters: Vec<char> = self.document.chars().collect();
        let now = splice.applied(&letters).expect("the splice fits the document");
        self.document = now.into_iter().collect();
    }

    /// The person makes the field read so, `|` standing for the caret; afterwards field and document agree.
    fn types(&mut self, field: &str) -> String {
        let caret = field
            .chars()
            .position(|letter| letter == '|')
            .expect("the caret is marked");
        self.field = field.replace('|', "");
        let typed = self.session.typed(&self.field, caret, &self.document);
        for splice in &typed.splices {
            self.write(splice);
        }
        if self.document != self.field {
            self.field.clone_from(&self.document);
            self.session.show(&self.document);
        }
        assert_eq!(
            self.session.settle(&self.document, (0, 0)),
            None,
            "the field is in step"
        );
        let head: String = self.field.chars().take(typed.caret).collect();
        let tail: String = self.field.chars().skip(typed.caret).collect();
        format!("{head}|{tail}")
    }
}

#[test]
fn typing_alone_is_what_was_typed() {
    let mut desk = Desk::new("異動");
    assert_eq!(desk.types("異動が|"), "異動が|");
    assert_eq!(desk.types("異動が問題|"), "異動が問題|");
    assert_eq!(desk.types("|が問題"), "|が問題");
    assert_eq!(desk.document, "が問題");
}

#[test]
fn which_of_two_equal_letters_was_typed_is_told_by_the_caret() {
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    let splice = |caret| difference(&letters("ああ"), &letters("あああ"), Some(caret)).map(|splice| splice.at);
    assert_eq!([splice(1), splice(2), splice(3)], [Some(0), Some(1), Some(2)]);
    assert_eq!(difference(&letters("ああ"), &letters("ああ"), Some(1)), None);
}

#[test]
fn letters_written_by_others_before_the_composition_shift_it() {
    let mut desk = Desk::new("職員の意識");
    assert_eq!(desk.others(0, 0, "市").types("職員の高い|意識"), "市職員の高い|意識");
}

#[test]
fn letters_written_by_others_behind_the_composition_stay_behind_it() {
    let mut desk = Desk::new("職員の意識");
    assert_eq!(
        desk.others(5, 0, "を高めよう").types("職員の高い|意識"),
        "職員の高い|意識を高めよう"
    );
}

#[test]
fn letters_written_by_others_at_the_caret_come_behind_mine_and_none_is_lost() {
    let mut desk = Desk::new("職員");
    assert_eq!(desk.others(2, 0, "？").types("職員が|"), "職員が|？");
}

#[test]
fn letters_written_by_others_inside_what_i_replace_stay() {
    let mut desk = Desk::new("あいうえ");
    assert_eq!(desk.others(2, 0, "X").types("あn|え"), "あn|Xえ");
}

#[test]
fn what_others_deleted_is_not_deleted_twice() {
    let mut desk = Desk::new("あいうえお");
    assert_eq!(desk.others(1, 3, "").types("あn|お"), "あn|お");
    let mut desk = Desk::new("あいうえお");
    assert_eq!(desk.others(0, 2, "").types("あ|えお"), "|えお");
}

#[test]
fn others_delete_all_round_the_composition_and_it_survives() {
    let mut desk = Desk::new("あいうえお");
    assert_eq!(desk.others(0, 5, "").types("あいxy|うえお"), "xy|");
}

#[test]
fn many_foreign_splices_in_a_row_are_passed_one_by_one() {
    let mut desk = Desk::new("0123456789");
    desk.others(0, 1, "ab").others(5, 2, "").others(3, 0, "--");
    assert_eq!(desk.document, "ab1--236789");
    assert_eq!(desk.types("01234567|"), "ab1--2367|");
}

#[test]
fn a_foreign_change_nobody_told_of_is_found_by_comparing() {
    let mut desk = Desk::new("一二三");
    desk.document = "零一二三".to_owned();
    assert_eq!(desk.types("一二三四|"), "零一二三四|");
}

#[test]
fn a_quiet_field_follows_the_document_and_keeps_its_caret_between_the_same_letters() {
    let mut desk = Desk::new("一二三");
    desk.others(0, 0, "零");
    let shown = desk
        .session
        .settle(&desk.document, (2, 3))
        .expect("the document has changed");
    assert_eq!((shown.text.as_str(), shown.selection), ("零一二三", (3, 4)));
    assert_eq!(desk.session.settle(&desk.document, (3, 4)), None);
}

#[test]
fn emoji_and_rare_kanji_count_as_one_letter_each() {
    let text = "😊𠮷a";
    assert_eq!([0, 2, 4, 5].map(|units| letters_before(text, units)), [0, 1, 2, 3]);
    assert_eq!([0, 1, 2, 3].map(|letters| utf16_before(text, letters)), [0, 2, 4, 5]);
    assert_eq!(letters_before(text, 1), 0, "half a surrogate pair is no letter yet");
}

#[test]
fn whatever_two_people_do_at_once_no_letter_is_lost_or_doubled() {
    // Each side types capital or small letters of its own into one text, ranges chosen by a fixed sequence.
    let mut seed = 0x9e37_79b9_u32;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below.max(1)
    };
    for round in 0..2_000 {
        let base: Vec<char> = "0123456789".chars().collect();
        let mut desk = Desk::new("0123456789");
        let mut gone_by_others = Vec::new();
        for letter in ["A", "BC"] {
            let now: Vec<char> = desk.document.chars().collect();
            let at = next(now.len() + 1);
            let delete = next((now.len() - at).min(4) + 1);
            gone_by_others.extend(now.iter().skip(at).take(delete).copied());
            desk.others(at, delete, letter);
        }
        let at = next(base.len() + 1);
        let delete = next((base.len() - at).min(5) + 1);
        let mine: String = base
            .iter()
            .take(at)
            .chain(&['x', 'y', '|'])
            .chain(base.iter().skip(at + delete))
            .collect();
        let gone_by_me: Vec<char> = base.iter().skip(at).take(delete).copied().collect();
        let shown = desk.types(&mine);
        assert!(
            shown.contains("xy|"),
            "round {round}: my letters stand together before the caret: {shown}"
        );
        for letter in base.iter().chain(&['A', 'B', 'C']) {
            let wanted = usize::from(!gone_by_others.contains(letter) && !gone_by_me.contains(letter));
            let found = shown.chars().filter(|shown| shown == letter).count();
            assert_eq!(found, wanted, "round {round}: {letter} in {shown}");
        }
    }
}
