//! The coordinator's overview and the wall.

/// Words of the overview.
#[derive(Debug)]
pub struct OverviewTexts {
    /// Title.
    pub title: &'static str,
    /// The stage selector.
    pub stage: &'static str,
    /// What closing does, asked before.
    pub close_sure: &'static str,
    /// Closes.
    pub close_do: &'static str,
    /// Enters a board.
    pub enter: &'static str,
    /// The lock switch.
    pub lock: &'static str,
    /// The board is locked.
    pub locked: &'static str,
    /// Renames.
    pub rename: &'static str,
    /// Earlier in the order.
    pub earlier: &'static str,
    /// Later in the order.
    pub later: &'static str,
    /// More functions of a group.
    pub more: fn(&str) -> String,
    /// Adds a group.
    pub add_group: &'static str,
    /// Name of the new group.
    pub group_name: &'static str,
    /// Its icon.
    pub group_icon: &'static str,
    /// Saves.
    pub save: &'static str,
    /// Transfer.
    pub transfer: &'static str,
    /// Notes, islands and connected devices of a group.
    pub counts: fn(usize, usize) -> String,
    /// Connected people.
    pub connected: fn(usize) -> String,
    /// Nobody is connected.
    pub nobody: &'static str,
    /// Links page.
    pub links: &'static str,
    /// Wall.
    pub wall: &'static str,
    /// Report.
    pub report: &'static str,
    /// Participants may read the other groups.
    pub read_others: &'static str,
    /// Edits theme, date, place.
    pub edit: &'static str,
    /// No group yet.
    pub no_groups: &'static str,
    /// Announcement to all.
    pub announce: &'static str,
    /// Its placeholder.
    pub announce_example: &'static str,
    /// Sends it.
    pub announce_send: &'static str,
    /// Timer.
    pub timer: &'static str,
    /// Minutes.
    pub minutes: fn(u64) -> String,
    /// Stops the timer.
    pub timer_stop: &'static str,
    /// Transfer: title.
    pub transfer_title: &'static str,
    /// Transfer: from.
    pub transfer_from: &'static str,
    /// Transfer: to.
    pub transfer_to: &'static str,
    /// Transfer: which items.
    pub transfer_items: &'static str,
    /// Transfer: nothing chosen yet.
    pub transfer_none: &'static str,
    /// Transfer: the board is empty.
    pub transfer_empty: &'static str,
    /// Transfer: one group only.
    pub transfer_one_group: &'static str,
    /// Transfer: move n.
    pub transfer_move: fn(usize) -> String,
    /// Transfer: copy n.
    pub transfer_copy: fn(usize) -> String,
    /// Transfer: done.
    pub transferred: fn(usize, &str) -> String,
    /// Transfer: the origin stays known.
    pub transfer_hint: &'static str,
    /// How many notes an island holds.
    pub island_count: fn(usize) -> String,
}

pub(super) const JA: OverviewTexts = OverviewTexts {
    title: "会場のようす",
    stage: "段階",
    close_sure: "終わりにすると、参加者は読むだけになります。コーディネーターはいつでも元の段階にもどせます。",
    close_do: "終わりにする",
    enter: "この紙へ",
    lock: "読むだけにする",
    locked: "読むだけ",
    rename: "名前を変える",
    earlier: "前へ",
    later: "後へ",
    more: |name| format!("{name}のそのほか"),
    add_group: "班を増やす",
    group_name: "班の名前",
    group_icon: "絵文字",
    save: "決める",
    transfer: "班から班へ移す",
    counts: |notes, islands| format!("付箋 {notes}・島 {islands}"),
    connected: |count| format!("{count}人がつながっています"),
    nobody: "つながっている人はいません",
    links: "リンクと番号",
    wall: "会場の壁",
    report: "報告書",
    read_others: "参加者も、ほかの班の紙を見られる",
    edit: "テーマと会場を直す",
    no_groups: "まだ班がありません。班を増やすと、紙が1枚ずつできます。",
    announce: "みんなへのお知らせ",
    announce_example: "例：あと5分で表札に進みます",
    announce_send: "知らせる",
    timer: "時間をはかる",
    minutes: |minutes| format!("{minutes}分"),
    timer_stop: "時計を止める",
    transfer_title: "班から班へ移す",
    transfer_from: "どの班から",
    transfer_to: "どの班へ",
    transfer_items: "何を",
    transfer_none: "移すものを選んでください。島を選ぶと、中の付箋もいっしょに移ります。",
    transfer_empty: "この班の紙には、まだ何もありません。",
    transfer_one_group: "班がひとつだけなので、移す先がありません。先に班を増やしてください。",
    transfer_move: |count| {
        if count == 0 {
            "移す".to_owned()
        } else {
            format!("{count}件を移す")
        }
    },
    transfer_copy: |count| {
        if count == 0 {
            "写す".to_owned()
        } else {
            format!("{count}件を写す")
        }
    },
    transferred: |count, to| format!("{count}件を{to}に送りました"),
    transfer_hint: "どの班から来たかは、付箋に残ります。",
    island_count: |count| format!("付箋{count}枚"),
};

pub(super) const EN: OverviewTexts = OverviewTexts {
    title: "Overview",
    stage: "Stage",
    close_sure: "Once closed, participants can only read. Coordinators can go back to any stage at any time.",
    close_do: "Close the workshop",
    enter: "Open the sheet",
    lock: "Reading only",
    locked: "Reading only",
    rename: "Rename",
    earlier: "Earlier",
    later: "Later",
    more: |name| format!("More for {name}"),
    add_group: "Add a group",
    group_name: "Name of the group",
    group_icon: "Emoji",
    save: "Save",
    transfer: "Move between groups",
    counts: |notes, islands| format!("{notes} notes · {islands} islands"),
    connected: |count| {
        if count == 1 {
            "1 person connected".to_owned()
        } else {
            format!("{count} people connected")
        }
    },
    nobody: "Nobody is connected",
    links: "Links and code",
    wall: "Wall",
    report: "Report",
    read_others: "Participants may look at other groups’ sheets",
    edit: "Edit theme and place",
    no_groups: "There is no group yet. Each group you add gets a sheet of its own.",
    announce: "Announcement to everyone",
    announce_example: "e.g. Headings in five minutes",
    announce_send: "Announce",
    timer: "Timer",
    minutes: |minutes| format!("{minutes} min"),
    timer_stop: "Stop the timer",
    transfer_title: "Move between groups",
    transfer_from: "From",
    transfer_to: "To",
    transfer_items: "What",
    transfer_none: "Choose what to move. An island takes its notes along.",
    transfer_empty: "There is nothing on this group’s sheet yet.",
    transfer_one_group: "There is only one group. Add another one first.",
    transfer_move: |count| {
        if count == 0 {
            "Move".to_owned()
        } else {
            format!("Move {count}")
        }
    },
    transfer_copy: |count| {
        if count == 0 {
            "Copy".to_owned()
        } else {
            format!("Copy {count}")
        }
    },
    transferred: |count, to| format!("{count} sent to {to}"),
    transfer_hint: "Each note keeps where it came from.",
    island_count: |count| {
        if count == 1 {
            "1 note".to_owned()
        } else {
            format!("{count} notes")
        }
    },
};

/// Words of the wall.
#[derive(Debug)]
pub struct WallTexts {
    /// Title for screen readers.
    pub title: &'static str,
    /// No sheets to show.
    pub empty: &'static str,
    /// Leaves the wall.
    pub leave: &'static str,
    /// Full screen.
    pub full_screen: &'static str,
}

pub(super) const WALL_JA: WallTexts = WallTexts {
    title: "会場の壁",
    empty: "班の紙ができると、ここにならびます。",
    leave: "壁から出る",
    full_screen: "画面いっぱいに出す",
};

pub(super) const WALL_EN: WallTexts = WallTexts {
    title: "Wall",
    empty: "The groups’ sheets will hang here.",
    leave: "Leave the wall",
    full_screen: "Fill the screen",
};
