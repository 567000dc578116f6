//! Everything visible, in Japanese and English. Texts are typed: a missing one is a compile error.

pub mod core;
pub mod outline;
pub mod pages;
pub mod sheet;

pub use crate::hooks::{LocaleContext, use_locale, use_texts};

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// 日本語.
    #[default]
    Ja,
    /// English.
    En,
}

/// All texts of one language.
pub struct Texts {
    /// Connection, notices, dialogs, what the store says.
    pub core: core::CoreTexts,
    /// The sheet and its tools.
    pub sheet: sheet::SheetTexts,
    /// Pages and panels.
    pub pages: pages::PagesTexts,
    /// The outline.
    pub outline: outline::OutlineTexts,
}

/// There is one value per language, so its address decides.
impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

static JA: Texts = Texts {
    core: core::JA,
    sheet: sheet::JA,
    pages: pages::JA,
    outline: outline::JA,
};
static EN: Texts = Texts {
    core: core::EN,
    sheet: sheet::EN,
    pages: pages::EN,
    outline: outline::EN,
};

impl Locale {
    /// The texts of this language.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::Ja => &JA,
            Self::En => &EN,
        }
    }

    /// The BCP 47 tag, for `lang` and for the device's memory.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The language for a BCP 47 tag: English where it says so, Japanese everywhere else.
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("en") {
            Self::En
        } else {
            Self::Ja
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_english_tag_reads_english_and_every_other_one_japanese() {
        for tag in ["en", "en-GB", "EN_us"] {
            assert_eq!(Locale::from_tag(tag), Locale::En, "{tag}");
        }
        for tag in ["ja", "ja-JP", "fr", "", "eng-x"] {
            assert_eq!(Locale::from_tag(tag), Locale::Ja, "{tag}");
        }
    }
}
