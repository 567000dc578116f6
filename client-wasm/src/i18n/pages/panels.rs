//! The panels beside a board: basket, people, help.

/// Words of the basket.
#[derive(Debug)]
pub struct BasketTexts {
    /// Title.
    pub title: &'static str,
    /// What the basket is.
    pub hint: &'static str,
    /// Nothing waits.
    pub empty: &'static str,
    /// Restores one.
    pub restore: &'static str,
    /// Restores this one, said in full.
    pub restore_item: fn(&str) -> String,
    /// Who and when: name, hours, minutes.
    pub by: fn(&str, u32, u32) -> String,
    /// When, without a name.
    pub at: fn(u32, u32) -> String,
    /// An island with n notes.
    pub island: fn(usize) -> String,
    /// A note.
    pub note: &'static str,
    /// It was restored.
    pub restored: &'static str,
}

pub(super) const BASKET_JA: BasketTexts = BasketTexts {
    title: "かご",
    hint: "かごに入れたものは、消えません。だれでも、いつでももどせます。",
    empty: "かごは空です。",
    restore: "もどす",
    restore_item: |text| format!("「{text}」を紙にもどす"),
    by: |name, hours, minutes| format!("{name}・{hours}:{minutes:02}"),
    at: |hours, minutes| format!("{hours}:{minutes:02}"),
    island: |count| format!("島（付箋{count}枚）"),
    note: "付箋",
    restored: "紙にもどしました",
};

pub(super) const BASKET_EN: BasketTexts = BasketTexts {
    title: "Basket",
    hint: "What lies here is not gone. Anyone can put it back, at any time.",
    empty: "The basket is empty.",
    restore: "Put back",
    restore_item: |text| format!("Put “{text}” back on the sheet"),
    by: |name, hours, minutes| format!("{name}, {hours}:{minutes:02}"),
    at: |hours, minutes| format!("{hours}:{minutes:02}"),
    island: |count| {
        if count == 1 {
            "Island (1 note)".to_owned()
        } else {
            format!("Island ({count} notes)")
        }
    },
    note: "Note",
    restored: "Back on the sheet",
};

/// Words of the people panel.
#[derive(Debug)]
pub struct PeopleTexts {
    /// Title.
    pub title: &'static str,
    /// Who writes on this device.
    pub me: &'static str,
    /// Nobody was chosen.
    pub nobody: &'static str,
    /// The group's list.
    pub members: &'static str,
    /// What touching a name does.
    pub switch_hint: &'static str,
    /// Writes now.
    pub writing: &'static str,
    /// Is here.
    pub here: &'static str,
    /// How many notes.
    pub notes: fn(usize) -> String,
    /// Others who are connected.
    pub others: &'static str,
    /// Adds a person.
    pub add: &'static str,
    /// Its button.
    pub add_submit: &'static str,
    /// A device without name.
    pub unnamed: &'static str,
}

pub(super) const PEOPLE_JA: PeopleTexts = PeopleTexts {
    title: "ここにいる人",
    me: "この端末で書く人",
    nobody: "まだ選ばれていません",
    members: "班の人",
    switch_hint: "名前をさわると、この端末で書く人が変わります。",
    writing: "書いています",
    here: "います",
    notes: |count| format!("付箋{count}枚"),
    others: "ほかにつながっている端末",
    add: "名前を足す",
    add_submit: "足して書く",
    unnamed: "名前のない端末",
};

pub(super) const PEOPLE_EN: PeopleTexts = PeopleTexts {
    title: "Who is here",
    me: "Writing on this device",
    nobody: "nobody chosen yet",
    members: "People of the group",
    switch_hint: "Touch a name to write as that person on this device.",
    writing: "writing",
    here: "here",
    notes: |count| {
        if count == 1 {
            "1 note".to_owned()
        } else {
            format!("{count} notes")
        }
    },
    others: "Other connected devices",
    add: "Add a name",
    add_submit: "Add and write",
    unnamed: "a device without a name",
};

/// One topic of the help sheet.
#[derive(Debug)]
pub struct HelpTopic {
    /// What one wants to do.
    pub title: &'static str,
    /// How.
    pub body: &'static str,
}

/// Words of the help sheet: one page.
#[derive(Debug)]
pub struct HelpTexts {
    /// Title.
    pub title: &'static str,
    /// The topics.
    pub topics: [HelpTopic; 8],
    /// Keys: title.
    pub keys_title: &'static str,
    /// Keys and what they do.
    pub keys: [(&'static str, &'static str); 7],
}

pub(super) const HELP_JA: HelpTexts = HelpTexts {
    title: "使いかた",
    topics: [
        HelpTopic {
            title: "書く",
            body: "下の「＋付箋」をさわると、すぐに書けます。ひとつの付箋に、ひとつの考えを書きます。",
        },
        HelpTopic {
            title: "動かす",
            body: "付箋を指でおさえて動かします。近い考えは、近くに置きます。",
        },
        HelpTopic {
            title: "島にする",
            body: "「囲む」をさわり、指で付箋を囲んで、「島を描く」をさわります。どこにも入らない付箋は、そのままでかまいません。",
        },
        HelpTopic {
            title: "表札をつける",
            body: "島の上のふだをさわって、島の言いたいことを文で書きます。後からでもつけられます。",
        },
        HelpTopic {
            title: "紙を見る",
            body: "2本の指で、近づけたり遠ざけたりします。「全体」で元にもどります。",
        },
        HelpTopic {
            title: "まちがえたら",
            body: "「取り消す」は、自分がしたことだけを元にもどします。かごに入れたものは、だれでももどせます。",
        },
        HelpTopic {
            title: "電波がとぎれたら",
            body: "そのまま書けます。つながると、みんなの紙とひとつになります。何も消えません。",
        },
        HelpTopic {
            title: "一覧と報告書",
            body: "「一覧」は、同じ紙を表札と箇条書きで見せます。そのまま直せます。「報告書」は、いつも今の紙のとおりです。",
        },
    ],
    keys_title: "キーボード",
    keys: [
        ("N", "付箋を足す"),
        ("Enter", "選んだ付箋を書く"),
        ("Esc", "書きおわる・選ぶのをやめる"),
        ("← ↑ ↓ →", "選んだものを動かす"),
        ("Delete", "かごに入れる"),
        ("Ctrl Z", "取り消す"),
        ("Ctrl Y", "やり直す"),
    ],
};

pub(super) const HELP_EN: HelpTexts = HelpTexts {
    title: "Help",
    topics: [
        HelpTopic {
            title: "Write",
            body: "Touch “+ Note” below and write at once. One thought on each note.",
        },
        HelpTopic {
            title: "Move",
            body: "Hold a note with a finger and move it. Put near what is near.",
        },
        HelpTopic {
            title: "Make an island",
            body: "Touch “Select”, draw round some notes, then touch “Island”. A note that belongs nowhere is fine.",
        },
        HelpTopic {
            title: "Give it a heading",
            body: "Touch the plate on the island’s edge and write what it says, as a sentence. Later is fine too.",
        },
        HelpTopic {
            title: "Look around",
            body: "Two fingers go closer or farther. “Fit” brings you back.",
        },
        HelpTopic {
            title: "A mistake",
            body: "Undo takes back only what you did yourself. What lies in the basket can be put back by anyone.",
        },
        HelpTopic {
            title: "No network",
            body: "Go on writing. When the connection is back, everything comes together. Nothing is lost.",
        },
        HelpTopic {
            title: "Outline and report",
            body: "The outline shows the same sheet as headings and bullets, and can be edited. The report is always what the sheet says now.",
        },
    ],
    keys_title: "Keyboard",
    keys: [
        ("N", "add a note"),
        ("Enter", "write on the selected note"),
        ("Esc", "finish writing, select nothing"),
        ("← ↑ ↓ →", "move what is selected"),
        ("Delete", "put into the basket"),
        ("Ctrl Z", "undo"),
        ("Ctrl Y", "redo"),
    ],
};
