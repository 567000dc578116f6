//! Joining: code or card, group, name.

/// Words of the joining pages.
#[derive(Debug)]
pub struct JoinTexts {
    /// Title with a code field.
    pub title: &'static str,
    /// Label of the code field.
    pub code: &'static str,
    /// Where the code is found.
    pub code_hint: &'static str,
    /// Sends the code.
    pub submit: &'static str,
    /// Fewer than twelve digits; how many are there.
    pub code_short: fn(usize) -> String,
    /// Which group.
    pub choose_group: &'static str,
    /// Hint under that.
    pub choose_group_hint: &'static str,
    /// Who are you.
    pub choose_name: &'static str,
    /// Hint under that.
    pub choose_name_hint: &'static str,
    /// Not on the list.
    pub new_name: &'static str,
    /// Placeholder of the name field.
    pub new_name_example: &'static str,
    /// Joins with the new name.
    pub new_submit: &'static str,
    /// The name is empty.
    pub name_empty: &'static str,
    /// The name is on the list already.
    pub name_taken: &'static str,
    /// A name may be this long.
    pub name_long: fn(usize) -> String,
    /// Other table.
    pub other_group: &'static str,
    /// Nobody is on the list.
    pub nobody_yet: &'static str,
    /// People on a table.
    pub people: fn(usize) -> String,
    /// While the door opens.
    pub opening: &'static str,
    /// The last workshop of this device, offered as way back.
    pub resume: &'static str,
    /// Join without a name: only watching along.
    pub as_coordinator: &'static str,
}

pub(super) const JA: JoinTexts = JoinTexts {
    title: "ワークショップに入る",
    code: "番号（12桁）",
    code_hint: "テーブルのカードに書いてあります。",
    submit: "入る",
    code_short: |count| format!("番号は12桁です。今は{count}桁です。"),
    choose_group: "あなたの班はどこですか",
    choose_group_hint: "すわっているテーブルの班をさわってください。",
    choose_name: "あなたはだれですか",
    choose_name_hint: "自分の名前をさわると入れます。",
    new_name: "名前がないときは、ここに書いてください",
    new_name_example: "例：山田",
    new_submit: "この名前で入る",
    name_empty: "名前を書いてください。",
    name_taken: "同じ名前があります。その名前をさわるか、「鈴木(喜)」のように見分けがつく書きかたにしてください。",
    name_long: |limit| format!("名前が長すぎます。{limit}文字までにしてください。"),
    other_group: "べつの班を選ぶ",
    nobody_yet: "まだだれもいません。最初の人として、名前を書いてください。",
    people: |count| format!("{count}人"),
    opening: "とびらを開けています…",
    resume: "続きから入る",
    as_coordinator: "会場のようすへ",
};

pub(super) const EN: JoinTexts = JoinTexts {
    title: "Join a workshop",
    code: "Code (12 digits)",
    code_hint: "It is printed on the card at your table.",
    submit: "Join",
    code_short: |count| format!("The code has 12 digits. There are {count} so far."),
    choose_group: "Which is your group?",
    choose_group_hint: "Touch the group of the table you sit at.",
    choose_name: "Who are you?",
    choose_name_hint: "Touch your name and you are in.",
    new_name: "Not on the list? Write your name here",
    new_name_example: "e.g. Yamada",
    new_submit: "Join with this name",
    name_empty: "Please write a name.",
    name_taken: "This name is on the list. Touch it, or write yours so that it can be told apart, such as “Suzuki (Y)”.",
    name_long: |limit| format!("The name is too long. Up to {limit} characters, please."),
    other_group: "Choose another group",
    nobody_yet: "Nobody is here yet. Be the first and write your name.",
    people: |count| {
        if count == 1 {
            "1 person".to_owned()
        } else {
            format!("{count} people")
        }
    },
    opening: "Opening the door…",
    resume: "Carry on",
    as_coordinator: "To the overview",
};
