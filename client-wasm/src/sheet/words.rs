//! The sheet's texts as a property: compared by address, copied for nothing.

use std::ops::Deref;

use crate::i18n::sheet::SheetTexts;

/// The texts of one language.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub &'static SheetTexts);

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Deref for Words {
    type Target = SheetTexts;
    fn deref(&self) -> &SheetTexts {
        self.0
    }
}
