//! New workshop, import of a report, and the "check these" list.

/// Words of the page for a new workshop.
#[derive(Debug)]
pub struct NewTexts {
    /// Title.
    pub title: &'static str,
    /// The theme.
    pub theme: &'static str,
    /// An example of a theme.
    pub theme_example: &'static str,
    /// The date.
    pub date: &'static str,
    /// The place.
    pub venue: &'static str,
    /// An example of a place.
    pub venue_example: &'static str,
    /// Marks what may stay empty.
    pub optional: &'static str,
    /// The groups.
    pub groups: &'static str,
    /// What to do with them.
    pub groups_hint: &'static str,
    /// One group more.
    pub more: &'static str,
    /// One group fewer.
    pub fewer: &'static str,
    /// How many groups, said aloud.
    pub count: fn(usize) -> String,
    /// The name given to group n.
    pub group_name: fn(usize) -> String,
    /// Label of the name of group n.
    pub name_label: fn(usize) -> String,
    /// Label of the icon of group n.
    pub icon_label: fn(usize) -> String,
    /// Creates it.
    pub create: &'static str,
    /// The theme is empty.
    pub theme_empty: &'static str,
    /// A group's name is empty.
    pub name_empty: &'static str,
    /// Two groups have one name.
    pub name_twice: &'static str,
    /// The icon is not one sign.
    pub icon_too_long: &'static str,
    /// A text is too long; the limit.
    pub too_long: fn(usize) -> String,
}

pub(super) const NEW_JA: NewTexts = NewTexts {
    title: "新しいワークショップ",
    theme: "テーマ",
    theme_example: "例：駅前の広場をどう使うか",
    date: "日にち",
    venue: "会場",
    venue_example: "例：市民会館 第2会議室",
    optional: "なくてもかまいません",
    groups: "班",
    groups_hint: "名前は後からでも変えられます。左のわくには、絵文字をひとつ入れられます。",
    more: "班を増やす",
    fewer: "班を減らす",
    count: |count| format!("{count}班"),
    group_name: |number| format!("{number}班"),
    name_label: |number| format!("{number}番目の班の名前"),
    icon_label: |number| format!("{number}番目の班の絵文字"),
    create: "ワークショップを開く",
    theme_empty: "テーマがまだ空です。何について話し合うかを、ひとこと書いてください。",
    name_empty: "班の名前が空です。",
    name_twice: "同じ名前の班があります。べつの名前にしてください。",
    icon_too_long: "絵文字は、ひとつだけ入れてください。",
    too_long: |limit| format!("長すぎます。{limit}文字までにしてください。"),
};

pub(super) const NEW_EN: NewTexts = NewTexts {
    title: "A new workshop",
    theme: "Theme",
    theme_example: "e.g. What shall the station square be for?",
    date: "Date",
    venue: "Place",
    venue_example: "e.g. Civic hall, room 2",
    optional: "may stay empty",
    groups: "Groups",
    groups_hint: "Names can be changed later. The small box on the left takes one emoji.",
    more: "One group more",
    fewer: "One group fewer",
    count: |count| {
        if count == 1 {
            "1 group".to_owned()
        } else {
            format!("{count} groups")
        }
    },
    group_name: |number| format!("Group {number}"),
    name_label: |number| format!("Name of group {number}"),
    icon_label: |number| format!("Emoji of group {number}"),
    create: "Open the workshop",
    theme_empty: "The theme is still empty. Please write in a few words what you will talk about.",
    name_empty: "This group has no name.",
    name_twice: "Two groups have this name. Please choose another one.",
    icon_too_long: "Please put in one emoji only.",
    too_long: |limit| format!("Too long. Up to {limit} characters, please."),
};

/// Words of the page that reads a report.
#[derive(Debug)]
pub struct ImportTexts {
    /// Title.
    pub title: &'static str,
    /// What happens here.
    pub intro: &'static str,
    /// Label of the text field.
    pub text: &'static str,
    /// Example inside the empty field.
    pub example: &'static str,
    /// Chooses a file.
    pub file: &'static str,
    /// Puts in the sample report.
    pub sample: &'static str,
    /// The file is no text.
    pub file_unreadable: &'static str,
    /// The file is too large; the limit in KB.
    pub file_too_large: fn(usize) -> String,
    /// Above what was understood.
    pub understood: &'static str,
    /// Before anything is there.
    pub nothing_yet: &'static str,
    /// Label of a count.
    pub groups: &'static str,
    /// Label of a count.
    pub people: &'static str,
    /// Label of a count.
    pub headings: &'static str,
    /// Label of a count.
    pub notes: &'static str,
    /// Label of a count.
    pub lonely_headings: &'static str,
    /// Above the outline.
    pub preview: &'static str,
    /// Creates the workshop.
    pub create: &'static str,
    /// The report cannot be read: line.
    pub unreadable: fn(usize) -> String,
    /// That the text is kept.
    pub text_kept: &'static str,
    /// Jumps to the line.
    pub show_line: &'static str,
    /// No group line.
    pub reason_no_group: &'static str,
    /// Something stands before the first group.
    pub reason_before_group: &'static str,
    /// Too many headings and notes in one group.
    pub reason_too_many_items: &'static str,
    /// Too many names in one group.
    pub reason_too_many_people: &'static str,
    /// The text is too large.
    pub reason_too_large: &'static str,
    /// Too many groups.
    pub reason_too_many_groups: &'static str,
    /// A line is too long.
    pub reason_line_too_long: &'static str,
    /// A control character.
    pub reason_control: &'static str,
}

pub(super) const IMPORT_JA: ImportTexts = ImportTexts {
    title: "報告書から開く",
    intro: "報告書の文章を貼りつけるか、ファイルを選んでください。読みとった内容を確かめてから開きます。それまでは何も送られません。",
    text: "報告書の文章",
    example: "テーマ\n\n1班\n山田、佐藤、鈴木(コーディネーター)\n\n表札\n\n- ・付箋\n- ・付箋",
    file: "ファイルを選ぶ",
    sample: "見本の報告書を入れる",
    file_unreadable: "このファイルは文章として読めませんでした。文字コードがUTF-8のテキストを選んでください。書いてあった文章はそのままです。",
    file_too_large: |limit| format!("ファイルが大きすぎます（{limit} KBまで）。書いてあった文章はそのままです。"),
    understood: "読みとったもの",
    nothing_yet: "文章を入れると、班と人、表札、付箋の数がここに出ます。",
    groups: "班",
    people: "人",
    headings: "表札",
    notes: "付箋",
    lonely_headings: "付箋のない表札",
    preview: "中身",
    create: "この内容で開く",
    unreadable: |line| format!("{line}行目が読みとれません"),
    text_kept: "文章はそのまま残っています。直すと、すぐに読みなおします。",
    show_line: "その行を見る",
    reason_no_group: "「1班」のような、班の行が見つかりません。",
    reason_before_group: "最初の班よりも前に書けるのは、テーマの一行だけです。先に「1班」のような行を書いてください。",
    reason_too_many_items: "ひとつの班に、表札と付箋が多すぎます。10,000件まで読めます。",
    reason_too_many_people: "ひとつの班に、名前が多すぎます。200人まで読めます。",
    reason_too_large: "文章が大きすぎます。1 MBまで読めます。",
    reason_too_many_groups: "班が多すぎます。64班まで読めます。",
    reason_line_too_long: "この行は長すぎます。一行は10,000文字までです。",
    reason_control: "目に見えない制御文字が入っています。その文字を消してください。",
};

pub(super) const IMPORT_EN: ImportTexts = ImportTexts {
    title: "Start from a report",
    intro: "Paste the text of a report or choose a file. Check what was understood, then open it. Nothing is sent before that.",
    text: "Text of the report",
    example: "Theme\n\n1班\nYamada、Sato、Suzuki(コーディネーター)\n\nHeading\n\n- ・a note\n- ・a note",
    file: "Choose a file",
    sample: "Put in the sample report",
    file_unreadable: "This file could not be read as text. Please choose a text in UTF-8. What was in the field is still there.",
    file_too_large: |limit| format!("The file is too large (up to {limit} KB). What was in the field is still there."),
    understood: "What was understood",
    nothing_yet: "Once there is a text, the counts of groups, people, headings and notes appear here.",
    groups: "groups",
    people: "people",
    headings: "headings",
    notes: "notes",
    lonely_headings: "headings without notes",
    preview: "Contents",
    create: "Open with this",
    unreadable: |line| format!("Line {line} cannot be read"),
    text_kept: "Your text is still there. Correct it, and it is read again at once.",
    show_line: "Show the line",
    reason_no_group: "There is no line that names a group, such as “1班”.",
    reason_before_group: "Only the theme may stand before the first group. Please write a line such as “1班” first.",
    reason_too_many_items: "One group has too many headings and notes. Up to 10,000 can be read.",
    reason_too_many_people: "One group has too many names. Up to 200 can be read.",
    reason_too_large: "The text is too large. Up to 1 MB can be read.",
    reason_too_many_groups: "There are too many groups. Up to 64 can be read.",
    reason_line_too_long: "This line is too long. One line may have 10,000 characters.",
    reason_control: "There is an invisible control character in it. Please remove it.",
};

/// Words of the "check these" list.
#[derive(Debug)]
pub struct CheckTexts {
    /// Title.
    pub title: &'static str,
    /// What the list is for.
    pub intro: &'static str,
    /// On the import page: when the choice is made.
    pub later: &'static str,
    /// Nothing to check.
    pub none: &'static str,
    /// The line number.
    pub line: fn(usize) -> String,
    /// Heading followed by a heading.
    pub heading_before_heading: &'static str,
    /// Heading alone after a filled island.
    pub heading_alone: &'static str,
    /// Two thoughts in one line.
    pub two_thoughts: &'static str,
    /// An empty line between bullets.
    pub gap: &'static str,
    /// Reading: a heading alone.
    pub reading_alone: &'static str,
    /// Reading: a larger island over the next n.
    pub reading_over: fn(usize) -> String,
    /// Readings: a larger island over the next 1 to n.
    pub reading_over_up_to: fn(usize) -> String,
    /// Label of the number that goes with it.
    pub reading_over_count: &'static str,
    /// Reading: a conclusion of the island before.
    pub reading_conclusion: &'static str,
    /// Reading: a lone wolf.
    pub reading_lone_wolf: &'static str,
    /// Reading: one note.
    pub reading_one_note: &'static str,
    /// Reading: two notes.
    pub reading_split: &'static str,
    /// Reading: same island.
    pub reading_same_island: &'static str,
    /// Reading: outside the island.
    pub reading_outside: &'static str,
    /// Marks the reading in force.
    pub now: &'static str,
    /// How many questions are open.
    pub count: fn(usize) -> String,
}

pub(super) const CHECKS_JA: CheckTexts = CheckTexts {
    title: "確かめてください",
    intro: "文章だけでは決められないところです。どの読みかたを選んでも、原文どおりの報告書は変わりません。",
    later: "開いたあとで、紙の「確かめる」から選びなおせます。",
    none: "確かめることはありません。",
    line: |line| format!("{line}行目"),
    heading_before_heading: "付箋のない表札のすぐ後に、つぎの表札があります。いくつかの島をまとめる大きな表札かもしれません。",
    heading_alone: "付箋のない表札が、島の後にあります。",
    two_thoughts: "ひとつの行に、ふたつの考えがあるようです。",
    gap: "同じ表札の付箋のあいだに、空いた行があります。",
    reading_alone: "表札だけ置く",
    reading_over: |count| {
        if count == 1 {
            "つぎの島をまとめる大きな島".to_owned()
        } else {
            format!("つぎの{count}つの島をまとめる大きな島")
        }
    },
    reading_over_up_to: |count| {
        if count == 1 {
            "つぎの島をまとめる大きな島".to_owned()
        } else {
            format!("つぎの1〜{count}つの島をまとめる大きな島")
        }
    },
    reading_over_count: "まとめる島の数",
    reading_conclusion: "前の島の結び",
    reading_lone_wolf: "一匹狼の付箋",
    reading_one_note: "1枚の付箋",
    reading_split: "2枚に分ける",
    reading_same_island: "同じ島に入れる",
    reading_outside: "島の外に置く",
    now: "今の読みかた",
    count: |count| format!("{count}件"),
};

pub(super) const CHECKS_EN: CheckTexts = CheckTexts {
    title: "Please check these",
    intro: "The text alone does not decide these. Whichever reading you choose, the verbatim report stays the same.",
    later: "After opening, you can choose again on the sheet under “Check”.",
    none: "There is nothing to check.",
    line: |line| format!("Line {line}"),
    heading_before_heading: "A heading without notes is followed at once by another heading. It may be a larger heading over several islands.",
    heading_alone: "A heading without notes stands after an island.",
    two_thoughts: "One line seems to hold two thoughts.",
    gap: "There is an empty line between two notes of one heading.",
    reading_alone: "A heading on its own",
    reading_over: |count| {
        if count == 1 {
            "A larger island over the next one".to_owned()
        } else {
            format!("A larger island over the next {count}")
        }
    },
    reading_over_up_to: |count| {
        if count == 1 {
            "A larger island over the next one".to_owned()
        } else {
            format!("A larger island over the next 1 to {count}")
        }
    },
    reading_over_count: "How many islands it holds",
    reading_conclusion: "The conclusion of the island before",
    reading_lone_wolf: "A note that stands alone",
    reading_one_note: "One note",
    reading_split: "Two notes",
    reading_same_island: "In the same island",
    reading_outside: "Outside the island",
    now: "reading in force",
    count: |count| {
        if count == 1 {
            "1 question".to_owned()
        } else {
            format!("{count} questions")
        }
    },
};
