//! The sheet's texts: what stands on it, what its buttons do, what a screen reader says.

use board::view::Colour;

/// The sheet's texts. A count or a name is passed and printed by the function.
#[derive(Debug)]
pub struct SheetTexts {
    /// The sheet, for screen readers.
    pub sheet: &'static str,
    /// How to use it with keys, for screen readers.
    pub sheet_keys: &'static str,
    /// The empty sheet's one sentence.
    pub empty: &'static str,
    /// The same when the sheet may only be read.
    pub empty_reader: &'static str,

    /// Placeholder of a note being written.
    pub write_here: &'static str,
    /// An island nobody has named yet.
    pub unnamed: &'static str,
    /// Placeholder of a heading being written.
    pub heading_here: &'static str,
    /// The field of a note, for screen readers.
    pub note_field: &'static str,
    /// The field of a heading, for screen readers.
    pub heading_field: &'static str,
    /// Button: finishes writing.
    pub done: &'static str,

    /// A note without text, for screen readers.
    pub empty_note: &'static str,
    /// A note, for screen readers; argument: its text.
    pub note: fn(&str) -> String,
    /// Whose thought it is; argument: the name.
    pub author: fn(&str) -> String,
    /// An island, for screen readers; arguments: its heading, how many notes.
    pub island: fn(&str, usize) -> String,
    /// Notes in a folded island.
    pub notes_inside: fn(usize) -> String,
    /// Belongs nowhere, and that is fine.
    pub lone_wolf: &'static str,
    /// Hidden from wall and report.
    pub withheld: &'static str,
    /// Came from another group; argument: its name.
    pub from_group: fn(&str) -> String,
    /// A cycle was cut here.
    pub flagged: &'static str,

    /// A drop target's words.
    pub put_in_here: &'static str,
    /// One island over another's plate.
    pub merge_or_inside: &'static str,
    /// Button of that question: one island of both.
    pub merge_them: &'static str,
    /// Button of that question: a smaller island inside.
    pub put_inside: &'static str,
    /// Button: leaves things as they were.
    pub leave_it: &'static str,
    /// Banner while the island to merge with is picked.
    pub pick_island: &'static str,
    /// Banner while the place of carried things is picked.
    pub pick_place: &'static str,
    /// Banner in lasso mode.
    pub draw_lasso: &'static str,

    /// The row of actions, for screen readers.
    pub actions: &'static str,
    /// How many are selected.
    pub selected: fn(usize) -> String,
    /// Writes in a note.
    pub write: &'static str,
    /// Writes an island's heading.
    pub write_heading: &'static str,
    /// Opens the colours.
    pub colour: &'static str,
    /// Draws an island round what is selected.
    pub draw_island: &'static str,
    /// Takes it out of its island.
    pub take_out: &'static str,
    /// Splits a note with two thoughts.
    pub split_note: &'static str,
    /// Puts it into the basket.
    pub delete: &'static str,
    /// Hides it from wall and report.
    pub withhold: &'static str,
    /// Shows it there again.
    pub show_again: &'static str,
    /// Opens the further actions.
    pub more: &'static str,
    /// Closes them.
    pub back: &'static str,
    /// Moves without dragging.
    pub carry: &'static str,
    /// The note becomes its island's heading.
    pub use_as_heading: &'static str,
    /// Marks a lone wolf.
    pub mark_lone_wolf: &'static str,
    /// Takes the mark away.
    pub unmark_lone_wolf: &'static str,
    /// Folds an island.
    pub fold: &'static str,
    /// Opens it.
    pub unfold: &'static str,
    /// Merges it into another one.
    pub merge: &'static str,
    /// Takes a merged one apart; argument: the heading of the one that leaves.
    pub split_island: fn(&str) -> String,
    /// Takes the outline away.
    pub dissolve: &'static str,
    /// Sets its notes in rows.
    pub tidy: &'static str,
    /// Moves or copies to another group's board.
    pub transfer: &'static str,
    /// Action: away for good.
    pub erase: &'static str,

    /// Someone is writing; argument: the name.
    pub writes: fn(&str) -> String,
    /// Someone holds it; argument: the name.
    pub holds: fn(&str) -> String,
    /// One takes up what someone else holds; argument: the name.
    pub held_by: fn(&str) -> String,
    /// Afterwards; argument: the name.
    pub taken_over: fn(&str) -> String,

    /// A colour's name.
    pub colour_name: fn(Colour) -> &'static str,
}

/// Japanese.
pub const JA: SheetTexts = SheetTexts {
    sheet: "模造紙",
    sheet_keys: "Tabで次へ、Enterで書く、矢印で動かす、Nで新しい付箋、Deleteでかごへ。",
    empty: "＋ 付箋 をおすか、紙を2回たたくと、書けます。",
    empty_reader: "まだ何も書かれていません。",
    write_here: "思ったことを1つ",
    unnamed: "表札はまだありません",
    heading_here: "この島の言いたいこと",
    note_field: "付箋の文",
    heading_field: "表札の文",
    done: "できた",
    empty_note: "何も書いていない付箋",
    note: |text| format!("付箋「{text}」"),
    author: |name| format!("{name}さんの付箋"),
    island: |heading, notes| format!("島「{heading}」付箋 {notes}枚"),
    notes_inside: |notes| format!("{notes}枚"),
    lone_wolf: "一匹狼",
    withheld: "保留中",
    from_group: |name| format!("{name}から"),
    flagged: "入れ子を直しました",
    put_in_here: "ここに入れる",
    merge_or_inside: "2つの島を、どうしますか",
    merge_them: "1つにあわせる",
    put_inside: "中に入れる",
    leave_it: "やめる",
    pick_island: "あわせる相手の島に、さわってください。",
    pick_place: "置きたい場所に、さわってください。",
    draw_lasso: "えらびたい付箋を、線で囲んでください。",
    actions: "えらんだものの操作",
    selected: |count| format!("{count}つ えらんでいます"),
    write: "書く",
    write_heading: "表札を書く",
    colour: "色",
    draw_island: "島で囲む",
    take_out: "島から出す",
    split_note: "2枚に分ける",
    delete: "かごへ",
    withhold: "保留にする",
    show_again: "保留をやめる",
    more: "ほかの操作",
    back: "もどる",
    carry: "動かす",
    use_as_heading: "表札にする",
    mark_lone_wolf: "一匹狼にする",
    unmark_lone_wolf: "一匹狼をやめる",
    fold: "たたむ",
    unfold: "ひらく",
    merge: "あわせる",
    split_island: |heading| format!("「{heading}」を分ける"),
    dissolve: "囲みをはずす",
    tidy: "そろえる",
    transfer: "ほかの班へ",
    erase: "消去…",
    writes: |name| format!("{name}さんが書いています"),
    holds: |name| format!("{name}さん"),
    held_by: |name| format!("{name}さんが動かしています。放した場所は、あとから放した人のものになります。"),
    taken_over: |name| format!("{name}さんが持っていたものを動かしました。「元に戻す」で戻せます。"),
    colour_name: |colour| match colour {
        Colour::Kinari => "生成り",
        Colour::Yamabuki => "山吹",
        Colour::Sakura => "桜",
        Colour::Wakakusa => "若草",
        Colour::Asagi => "浅葱",
        Colour::Fuji => "藤",
    },
};

/// English.
pub const EN: SheetTexts = SheetTexts {
    sheet: "Sheet",
    sheet_keys: "Tab for the next, Enter to write, arrows to move, N for a new note, Delete for the basket.",
    empty: "Press ＋ Note, or tap the paper twice, and write.",
    empty_reader: "Nothing is written yet.",
    write_here: "One thought",
    unnamed: "No heading yet",
    heading_here: "What this island says",
    note_field: "Text of the note",
    heading_field: "Text of the heading",
    done: "Done",
    empty_note: "Note without text",
    note: |text| format!("Note “{text}”"),
    author: |name| format!("{name}’s note"),
    island: |heading, notes| match notes {
        1 => format!("Island “{heading}”, 1 note"),
        _ => format!("Island “{heading}”, {notes} notes"),
    },
    notes_inside: |notes| match notes {
        1 => "1 note".to_owned(),
        _ => format!("{notes} notes"),
    },
    lone_wolf: "Lone wolf",
    withheld: "Withheld",
    from_group: |name| format!("from {name}"),
    flagged: "Nesting was repaired",
    put_in_here: "Put it in here",
    merge_or_inside: "What about these two islands?",
    merge_them: "Merge into one",
    put_inside: "Put it inside",
    leave_it: "Leave it",
    pick_island: "Touch the island to merge with.",
    pick_place: "Touch the place where it goes.",
    draw_lasso: "Draw a line round the notes you want.",
    actions: "Actions for what is selected",
    selected: |count| format!("{count} selected"),
    write: "Write",
    write_heading: "Write heading",
    colour: "Colour",
    draw_island: "Draw island",
    take_out: "Take out",
    split_note: "Split in two",
    delete: "To the basket",
    withhold: "Withhold",
    show_again: "Show again",
    more: "More",
    back: "Back",
    carry: "Move",
    use_as_heading: "Use as heading",
    mark_lone_wolf: "Mark as lone wolf",
    unmark_lone_wolf: "No lone wolf",
    fold: "Fold",
    unfold: "Unfold",
    merge: "Merge",
    split_island: |heading| format!("Split off “{heading}”"),
    dissolve: "Remove outline",
    tidy: "Tidy",
    transfer: "To another group",
    erase: "Erase…",
    writes: |name| format!("{name} is writing"),
    holds: str::to_owned,
    held_by: |name| format!("{name} is moving this. Whoever lets go last decides where it stays."),
    taken_over: |name| format!("You moved what {name} was holding. Undo puts it back."),
    colour_name: |colour| match colour {
        Colour::Kinari => "White",
        Colour::Yamabuki => "Yellow",
        Colour::Sakura => "Pink",
        Colour::Wakakusa => "Green",
        Colour::Asagi => "Aqua",
        Colour::Fuji => "Violet",
    },
};
