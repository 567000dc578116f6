//! Line icons of one hand: a 24-unit square, lines of 1.75 with round ends, no fill. Drawn for Yoriai.

use yew::prelude::*;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// Add.
    Plus,
    /// Take away, zoom out.
    Minus,
    /// Take back.
    Undo,
    /// Do again.
    Redo,
    /// かご.
    Basket,
    /// Headings and bullets.
    List,
    /// 模造紙.
    Sheet,
    /// Everything into view.
    Fit,
    /// Locked.
    Lock,
    /// Not locked.
    Unlock,
    /// People.
    People,
    /// One person.
    Person,
    /// What was done, and when.
    Log,
    /// The report.
    Report,
    /// Print.
    Print,
    /// Draw round to choose.
    Lasso,
    /// An island.
    Island,
    /// A note.
    Note,
    /// Two into one.
    Merge,
    /// One into two.
    Split,
    /// Folded away, or to be folded.
    Fold,
    /// Opened, or to be opened.
    Unfold,
    /// Colours.
    Colour,
    /// Delete.
    Trash,
    /// Hidden from wall and report.
    EyeOff,
    /// Shown again.
    Eye,
    /// More.
    More,
    /// Close.
    Close,
    /// Back.
    Back,
    /// On, further.
    Forward,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Into the one above.
    Into,
    /// Out of the one around.
    Out,
    /// A link.
    Link,
    /// Copy.
    Copy,
    /// Download.
    Download,
    /// Language.
    Globe,
    /// Help.
    Help,
    /// Done.
    Done,
    /// Something to know.
    Notice,
    /// Write.
    Edit,
    /// Time.
    Timer,
    /// Line to the server is there.
    Online,
    /// Line to the server is gone.
    Offline,
    /// Search.
    Search,
    /// Order anew, neat rows.
    Tidy,
    /// Settings.
    Settings,
    /// The wall, all groups.
    Wall,
    /// To another group.
    Transfer,
    /// A relation.
    Relation,
    /// A code to scan.
    Code,
    /// Take out of the basket.
    Restore,
    /// Grip to move by.
    Grip,
    /// Voice, announcement.
    Announce,
    /// Bring a file.
    Upload,
}

impl Glyph {
    /// The lines, as one SVG path.
    fn path(self) -> &'static str {
        match self {
            Self::Plus => "M12 5v14M5 12h14",
            Self::Minus => "M5 12h14",
            Self::Undo => "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
            Self::Redo => "m16 5 4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
            Self::Basket => "M3 10h18l-2 10H5zM8 10l3-6M16 10l-3-6M9.5 13.5v3M14.5 13.5v3",
            Self::Log => "M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4M12 8v4.5l3 2",
            Self::List => "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
            Self::Sheet => "M3 5h18v14H3zM7 9h4v3H7zM14 12h3.5v3H14z",
            Self::Fit => "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
            Self::Lock => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Self::Unlock => "M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 6.6-1.6",
            Self::People => {
                "M12.5 8a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0M3 20c.3-3.6 2.7-6 6-6s5.7 2.4 6 6M15.5 5a3.3 3.3 0 0 1 0 6.3M17.5 14.5c2 .8 3.3 2.8 3.5 5.5"
            }
            Self::Person => "M15.5 8a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0M5 20c.3-3.6 3.2-6 7-6s6.7 2.4 7 6",
            Self::Report => "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
            Self::Print => "M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7z",
            Self::Lasso => {
                "M12 4c5 0 9 2.5 9 6s-4 6-9 6-9-2.5-9-6 4-6 9-6M7 15.2a2 2 0 1 0 .2 3.6c1.2-.7 1.3-2 .3-3.4M7.5 18.5C7.2 20 6 21 4.5 21"
            }
            Self::Island => "M5 6c4-2.5 11-2.5 14.5 0 2 3.5 1.5 9.5-.5 12.5-4 2-10.5 2-14 0-2-3-2.2-9 0-12.5M9 5h6",
            Self::Note => "M4 6h16v9l-4 4H4zM20 15h-4v4",
            Self::Merge => "M4 5h3c5 0 5 7 9 7h4M4 19h3c5 0 5-7 9-7M17 9l3 3-3 3",
            Self::Split => {
                "M20 5h-3c-5 0-5 7-9 7H4M20 19h-3c-5 0-5-7-9-7M17.5 2.5 20 5l-2.5 2.5M17.5 16.5 20 19l-2.5 2.5"
            }
            Self::Fold => "m6 10 6 6 6-6",
            Self::Unfold => "m10 6 6 6-6 6",
            Self::Colour => {
                "M12 3a9 9 0 1 0 0 18c1.5 0 2-1 1.6-2.2-.5-1.5.3-2.8 2-2.8H18c2 0 3-1.6 3-4.5C21 6.5 17 3 12 3M8 9h.01M12 7h.01M16 9h.01M7.5 13.5h.01"
            }
            Self::Trash => "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5.5M14 11v5.5",
            Self::EyeOff => {
                "M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c4.5 0 7.7 3 9 6.5a11 11 0 0 1-2.7 3.9M6.5 7.3A11 11 0 0 0 3 12c1.3 3.5 4.5 6.5 9 6.5 1.5 0 2.8-.3 4-.9M10 10a3 3 0 0 0 4 4"
            }
            Self::Eye => {
                "M3 12c1.3-3.5 4.5-6.5 9-6.5s7.7 3 9 6.5c-1.3 3.5-4.5 6.5-9 6.5S4.3 15.5 3 12M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0"
            }
            Self::More => {
                "M5.6 12a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0M12.6 12a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0M19.6 12a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0"
            }
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Back => "M20 12H4M10 6l-6 6 6 6",
            Self::Forward => "m9 6 6 6-6 6",
            Self::Up => "M12 20V4M6 10l6-6 6 6",
            Self::Down => "M12 4v16M6 14l6 6 6-6",
            Self::Into => "M4 5v8h13M13 9l4 4-4 4M20 5v16",
            Self::Out => "M20 5v8H7M11 9l-4 4 4 4M4 5v16",
            Self::Link => {
                "M10 14a4 4 0 0 0 5.7 0l3.3-3.3a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0L5 13.3A4 4 0 0 0 10.7 19l1.3-1.3"
            }
            Self::Copy => "M9 9h11v11H9zM15 9V4H4v11h5",
            Self::Download => "M12 4v11M7 10.5l5 5 5-5M4 20h16",
            Self::Upload => "M12 16V5M7 9.5l5-5 5 5M4 20h16",
            Self::Globe => {
                "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0M3.5 9.5h17M3.5 14.5h17M12 3c-4.5 5-4.5 13 0 18M12 3c4.5 5 4.5 13 0 18"
            }
            Self::Help => {
                "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0M9.3 9.5a2.7 2.7 0 1 1 4 2.4c-.9.5-1.3 1-1.3 2.1M12 17h.01"
            }
            Self::Done => "m5 12.5 4.5 4.5L19 7.5",
            Self::Notice => "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0M12 11v5.5M12 7.7h.01",
            Self::Edit => "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19zM13.5 7l3.5 3.5",
            Self::Timer => "M20 13.5a8 8 0 1 1-16 0 8 8 0 0 1 16 0M12 9v4.5l3 2M9.5 2.5h5",
            Self::Online => "M4 10a12 12 0 0 1 16 0M7 13.5a7.5 7.5 0 0 1 10 0M10 17a3.2 3.2 0 0 1 4 0M12 20h.01",
            Self::Offline => {
                "M4 4l16 16M4 10a12 12 0 0 1 4.5-2.7M12.5 6.9A12 12 0 0 1 20 10M7 13.5a7.5 7.5 0 0 1 4-1.9M10 17a3.2 3.2 0 0 1 4 0M12 20h.01"
            }
            Self::Search => "M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0M15.5 15.5 20 20",
            Self::Tidy => "M4 5h6v5H4zM14 5h6v5h-6zM4 14h6v5H4zM14 14h6v5h-6z",
            Self::Settings => {
                "M4 7h9M19 7h1M4 17h1M11 17h9M18 7a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M10 17a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0"
            }
            Self::Wall => "M3 5h8v6H3zM13 5h8v6h-8zM3 13h8v6H3zM13 13h8v6h-8z",
            Self::Transfer => "M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4",
            Self::Relation => {
                "M8.5 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0M21.5 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0M8.5 12h5M11.5 9.5l2.5 2.5-2.5 2.5"
            }
            Self::Code => "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5H14zM20 14v.01M20 20h-3M14 20h.01",
            Self::Restore => "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8.5V12l2.5 1.5",
            Self::Grip => "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
            Self::Announce => "M4 10v4h3l7 4V6l-7 4zM17.5 9.5a4 4 0 0 1 0 5M8 14l1 5.5",
        }
    }
}

/// Which icon.
#[derive(Properties, PartialEq)]
pub struct IconProps {
    /// What is drawn.
    pub glyph: Glyph,
    /// A class of the caller's.
    #[prop_or_default]
    pub class: Classes,
}

/// An icon beside or instead of words; hidden from screen readers, so the button around it needs a name.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! {
        <svg
            class={classes!("icon", props.class.clone())}
            viewBox="0 0 24 24"
            width="24"
            height="24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            focusable="false"
        >
            <path d={props.glyph.path()} />
        </svg>
    }
}
