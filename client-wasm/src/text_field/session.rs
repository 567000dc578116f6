//! What typing means while others type in the same text.
//!
//! The field shows `shown`. The document may already say something else (others' letters that arrived during a
//! composition, or between two events). Typing is the difference between `shown` and what the field says now; it
//! is shifted past what others did and becomes splices of the document. All positions count Unicode scalar
//! values ("letters"); the field's own positions count UTF-16 units and are converted at the edge.

/// A replacement of letters: at `at`, `delete` letters go and `insert` comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// Where.
    pub at: usize,
    /// How many letters go.
    pub delete: usize,
    /// What comes.
    pub insert: String,
}

/// How many foreign splices are remembered one by one; beyond it the difference of the texts is taken.
const FOREIGN_MAX: usize = 256;

/// One open field.
#[derive(Debug, Clone, Default)]
pub struct TypingSession {
    shown: Vec<char>,
    foreign: Vec<Splice>,
}

/// What one input event meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// To be done in the document, in this order.
    pub splices: Vec<Splice>,
    /// Where the caret belongs afterwards, in letters.
    pub caret: usize,
}

/// What the field must show next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// The selection's two ends, in letters.
    pub selection: (usize, usize),
}

impl TypingSession {
    /// A field that shows this text.
    pub fn new(text: &str) -> Self {
        Self {
            shown: text.chars().collect(),
            foreign: Vec::new(),
        }
    }

    /// Somebody else changed the document; the field does not show it yet.
    pub fn foreign(&mut self, splice: Splice) {
        if self.foreign.len() < FOREIGN_MAX {
            self.foreign.push(splice);
        }
    }

    /// The field says `value` now, with the caret behind `caret` letters, while the document says `document`.
    /// The splices are done in the document by the caller, who then asks [`Self::settle`] what to show.
    pub fn typed(&mut self, value: &str, caret: usize, document: &str) -> Typed {
        let value: Vec<char> = value.chars().collect();
        let document: Vec<char> = document.chars().collect();
        let foreign = self.take_foreign(&document);
        let own = difference(&self.shown, &value, Some(caret));
        let carry = |place: usize| foreign.iter().fold(place, |place, splice| splice.carry(place));
        let caret = match &own {
            Some(own) if caret >= own.at => carry(own.at) + (caret - own.at),
            _ => carry(caret),
        };
        let splices = own.map(|own| own.past(&foreign)).unwrap_or_default();
        let mut now = document;
        for splice in &splices {
            now = splice.applied(&now).unwrap_or(now);
        }
        // The field itself still says `value`; `settle` compares with what it must say.
        self.shown = value;
        Typed {
            splices,
            caret: caret.min(now.len()),
        }
    }

    /// The document says `document`: what the field must show, or none if it shows that already. `selection` is
    /// where the field's selection stands in what it shows now, in letters.
    pub fn settle(&mut self, document: &str, selection: (usize, usize)) -> Option<Shown> {
        let letters: Vec<char> = document.chars().collect();
        let foreign = self.take_foreign(&letters);
        if self.shown == letters {
            return None;
        }
        let carry = |place: usize| {
            foreign
                .iter()
                .fold(place, |place, splice| splice.carry(place))
                .min(letters.len())
        };
        let selection = (carry(selection.0), carry(selection.1));
        self.shown = letters;
        Some(Shown {
            text: document.to_owned(),
            selection,
        })
    }

    /// The letters in a field that says `value` which are not in the document yet.
    pub fn composed(&self, value: &str) -> String {
        let value: Vec<char> = value.chars().collect();
        difference(&self.shown, &value, None).map_or_else(String::new, |own| own.insert)
    }

    /// The field was made to show this text.
    pub fn show(&mut self, text: &str) {
        self.shown = text.chars().collect();
        self.foreign.clear();
    }

    /// What others did since the field was last in step with the document.
    fn take_foreign(&mut self, document: &[char]) -> Vec<Splice> {
        let told = std::mem::take(&mut self.foreign);
        let replayed = told
            .iter()
            .try_fold(self.shown.clone(), |text, splice| splice.applied(&text));
        if replayed.is_some_and(|text| text == document) {
            return told;
        }
        // Not everything was told (an undo, a newly loaded document): the difference does as well.
        difference(&self.shown, document, None).into_iter().collect()
    }
}

impl Splice {
    /// The text after it; none if it does not fit into this text.
    fn applied(&self, text: &[char]) -> Option<Vec<char>> {
        let head = text.get(..self.at)?;
        let tail = text.get(self.at.checked_add(self.delete)?..)?;
        Some(
            head.iter()
                .copied()
                .chain(self.insert.chars())
                .chain(tail.iter().copied())
                .collect(),
        )
    }

    /// Where a place between two letters is after this was done. Letters written exactly there come behind it.
    fn carry(&self, place: usize) -> usize {
        let end = self.at + self.delete;
        if place <= self.at {
            place
        } else if place >= end {
            place - self.delete + self.insert.chars().count()
        } else {
            // The letters round the place are gone.
            self.at
        }
    }

    /// This splice as it reads after others' were done first: letters that they deleted are not deleted twice,
    /// letters that they wrote within the deleted range stay.
    fn past(&self, foreign: &[Splice]) -> Vec<Splice> {
        let mut at = self.at;
        let mut ranges = vec![(self.at, self.at + self.delete)];
        for splice in foreign {
            at = splice.carry(at);
            let (gone, back) = (splice.at, splice.at + splice.delete);
            let inserted = splice.insert.chars().count();
            ranges = ranges
                .into_iter()
                .flat_map(|(start, end)| {
                    let before = (start, end.min(gone));
                    let behind = (
                        start.max(back) - splice.delete + inserted,
                        end.max(back) - splice.delete + inserted,
                    );
                    [before, behind]
                })
                .filter(|(start, end)| start < end)
                .collect();
        }
        // From the end to the beginning, so that no splice moves the place of the next one.
        ranges.sort_unstable();
        let mut splices: Vec<Splice> = ranges
            .into_iter()
            .rev()
            .map(|(start, end)| Splice {
                at: start,
                delete: end - start,
                insert: String::new(),
            })
            .collect();
        match splices.last_mut() {
            Some(first) if first.at == at => first.insert.clone_from(&self.insert),
            _ if self.insert.is_empty() => {}
            _ => splices.push(Splice {
                at,
                delete: 0,
                insert: self.insert.clone(),
            }),
        }
        splices
    }
}

/// The smallest replacement that turns `old` into `new`. The caret (letters before it in `new`) tells which of
/// several equal letters was typed: what stands behind it is old whenever it can be.
pub fn difference(old: &[char], new: &[char], caret: Option<usize>) -> Option<Splice> {
    let most = old.len().min(new.len());
    let same_behind = |limit: usize| {
        old.iter()
            .rev()
            .zip(new.iter().rev())
            .take(limit)
            .take_while(|(old, new)| old == new)
            .count()
    };
    let behind_caret = caret.map_or(most, |caret| new.len().saturating_sub(caret)).min(most);
    let suffix = same_behind(behind_caret);
    let prefix = old
        .iter()
        .zip(new.iter())
        .take(most - suffix)
        .take_while(|(old, new)| old == new)
        .count();
    // What is equal beyond the caret may still be kept.
    let suffix = same_behind(most - prefix);
    let insert: String = new.get(prefix..new.len() - suffix)?.iter().collect();
    let delete = old.len() - suffix - prefix;
    (delete > 0 || !insert.is_empty()).then_some(Splice {
        at: prefix,
        delete,
        insert,
    })
}

/// Letters before a UTF-16 position.
pub fn letters_before(text: &str, utf16: usize) -> usize {
    let mut units = 0;
    text.chars()
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= utf16
        })
        .count()
}

/// UTF-16 units before a letter.
pub fn utf16_before(text: &str, letters: usize) -> usize {
    text.chars().take(letters).map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests;
