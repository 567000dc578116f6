//! The outline's texts.

/// The outline's texts.
#[derive(Debug)]
pub struct OutlineTexts {
    /// The tree's name.
    pub title: &'static str,
    /// Nothing on the sheet yet.
    pub empty: &'static str,
    /// Adds a note.
    pub add_note: &'static str,
    /// Adds a heading.
    pub add_heading: &'static str,
    /// Placeholder of an empty note.
    pub note_placeholder: &'static str,
    /// Placeholder of an empty heading.
    pub heading_placeholder: &'static str,
    /// Moves up.
    pub up: &'static str,
    /// Moves down.
    pub down: &'static str,
    /// Moves into the island before.
    pub into: &'static str,
    /// Moves out of its island.
    pub out: &'static str,
    /// Folds.
    pub fold: &'static str,
    /// Unfolds.
    pub unfold: &'static str,
    /// Merges into the island before.
    pub merge: &'static str,
    /// Takes a merged island apart.
    pub split: &'static str,
    /// Splits a note with two thoughts.
    pub split_note: &'static str,
    /// Puts it into the basket.
    pub delete: &'static str,
    /// Actions of an item.
    pub actions: fn(&str) -> String,
    /// A heading, said aloud.
    pub heading: &'static str,
    /// A note, said aloud.
    pub note: &'static str,
    /// Also called.
    pub kept: &'static str,
    /// Number of notes.
    pub count: fn(usize) -> String,
    /// Belongs nowhere.
    pub lone_wolf: &'static str,
    /// Withheld.
    pub withheld: &'static str,
    /// Announced: moved up.
    pub said_moved: fn(&str, usize) -> String,
    /// Announced: put into an island.
    pub said_into: fn(&str, &str) -> String,
    /// Announced: taken out.
    pub said_out: fn(&str) -> String,
    /// Announced: deleted.
    pub said_deleted: fn(&str) -> String,
    /// Announced: merged.
    pub said_merged: fn(&str, &str) -> String,
    /// Announced: folded.
    pub said_folded: fn(&str) -> String,
    /// Announced: unfolded.
    pub said_unfolded: fn(&str) -> String,
    /// Announced: new note.
    pub said_new: &'static str,
    /// Announced: it cannot go farther.
    pub said_stays: &'static str,
    /// The keys in one line.
    pub keys: &'static str,
}

/// Function pointers have no meaningful equality; there is one value per language, so its address decides.
impl PartialEq for OutlineTexts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Japanese.
pub const JA: OutlineTexts = OutlineTexts {
    title: "一覧",
    empty: "まだ何もありません。「付箋を足す」から書きはじめます。",
    add_note: "付箋を足す",
    add_heading: "表札を足す",
    note_placeholder: "ひとつの考えを書きます",
    heading_placeholder: "この島の言いたいことを文で書きます",
    up: "上へ",
    down: "下へ",
    into: "前の島に入れる",
    out: "島から出す",
    fold: "たたむ",
    unfold: "ひらく",
    merge: "前の島とあわせる",
    split: "元の島に分ける",
    split_note: "2枚に分ける",
    delete: "かごに入れる",
    actions: |text| format!("「{text}」にできること"),
    heading: "表札",
    note: "付箋",
    kept: "あわせた表札",
    count: |count| format!("{count}枚"),
    lone_wolf: "一匹狼",
    withheld: "保留",
    said_moved: |text, place| format!("「{text}」を{place}番目に動かしました"),
    said_into: |text, island| format!("「{text}」を「{island}」に入れました"),
    said_out: |text| format!("「{text}」を島から出しました"),
    said_deleted: |text| format!("「{text}」をかごに入れました"),
    said_merged: |text, island| format!("「{text}」を「{island}」とあわせました"),
    said_folded: |text| format!("「{text}」をたたみました"),
    said_unfolded: |text| format!("「{text}」をひらきました"),
    said_new: "新しい付箋です",
    said_stays: "これより先には動かせません",
    keys: "Enter：つぎの付箋　Tab：島に入れる　Shift+Tab：島から出す　Alt+↑↓：動かす",
};

/// English.
pub const EN: OutlineTexts = OutlineTexts {
    title: "Outline",
    empty: "Nothing here yet. “Add a note” begins.",
    add_note: "Add a note",
    add_heading: "Add a heading",
    note_placeholder: "One thought",
    heading_placeholder: "What this island says, as a sentence",
    up: "Up",
    down: "Down",
    into: "Into the island before",
    out: "Out of its island",
    fold: "Fold",
    unfold: "Unfold",
    merge: "Merge with the island before",
    split: "Take apart again",
    split_note: "Split into two",
    delete: "Put into the basket",
    actions: |text| format!("What to do with “{text}”"),
    heading: "Heading",
    note: "Note",
    kept: "merged headings",
    count: |count| {
        if count == 1 {
            "1 note".to_owned()
        } else {
            format!("{count} notes")
        }
    },
    lone_wolf: "stands alone",
    withheld: "withheld",
    said_moved: |text, place| format!("“{text}” is now number {place}"),
    said_into: |text, island| format!("“{text}” is now in “{island}”"),
    said_out: |text| format!("“{text}” is out of its island"),
    said_deleted: |text| format!("“{text}” is in the basket"),
    said_merged: |text, island| format!("“{text}” is merged with “{island}”"),
    said_folded: |text| format!("“{text}” is folded"),
    said_unfolded: |text| format!("“{text}” is open"),
    said_new: "A new note",
    said_stays: "It cannot go farther",
    keys: "Enter: next note  Tab: into the island  Shift+Tab: out  Alt+↑↓: move",
};
