//! The driver of random histories, see `histories.rs`.

mod choices;

use crate::common;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use automerge::{ActorId, Automerge, ObjId, ROOT, ReadDoc};
use board::{
    Applied, Board, BoardView, ItemId, Place, Role, Stamp, State, Touched,
    admission::admit_board,
    board::{ActsOf, Erasure},
    id_sequence::IdSequence,
};

/// A letter and the text it stands in: a heading made of a note has the note's letters a second time.
type Letter = (String, char);

/// One history: replicas, and what must never be lost.
pub struct History {
    seed: u64,
    random: IdSequence,
    replicas: Vec<Board>,
    /// Receives every change at once, through admission, as the server does.
    server: Automerge,
    /// Every place ever written for an item.
    places: BTreeMap<ItemId, Vec<Place>>,
    /// Letters each replica wrote; every typed letter is unique.
    written: Vec<BTreeSet<Letter>>,
    /// Letters each replica removed, by an act or by taking one back.
    removed: Vec<BTreeSet<Letter>>,
    next_letter: u32,
    clock_ms: i64,
    step: usize,
}

impl History {
    /// Runs one history of that many steps.
    pub fn run(seed: u64, steps: usize) {
        let mut history = Self::new(seed);
        for step in 0..steps {
            history.step = step;
            history.one_step();
        }
        history.converge();
    }

    fn new(seed: u64) -> Self {
        let mut random = IdSequence::new(u128::from(seed));
        let count = 2 + (random.next_bits() % 4) as usize;
        let base = Board::create("w", &common::group(), 0, common::actor("server"));
        let replica = |index: usize| Board::load(&base.save(), common::actor(&format!("r{index}"))).expect("a board");
        Self {
            seed,
            random,
            replicas: (0..count).map(replica).collect(),
            server: base.doc().clone(),
            places: BTreeMap::new(),
            written: vec![BTreeSet::new(); count],
            removed: vec![BTreeSet::new(); count],
            next_letter: 0x4e00,
            clock_ms: 1_700_000_000_000,
            step: 0,
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random.next_bits() % limit.max(1) as u128) as usize
    }

    fn letter(&mut self) -> char {
        // From the first kanji on through planes 1 and 2, without the surrogates: enough for any history.
        self.next_letter += 1;
        char::from_u32(self.next_letter).unwrap_or_else(|| {
            self.next_letter = 0x1_0000;
            '\u{10000}'
        })
    }

    fn one_step(&mut self) {
        let replica = self.below(self.replicas.len());
        match self.below(10) {
            0..=1 => self.deliver(replica),
            2 => self.take_back(replica),
            _ => self.act(replica),
        }
        self.check(replica);
    }

    /// Some other replica hands over what it has, all or a part of it.
    fn deliver(&mut self, to: usize) {
        let from = self.below(self.replicas.len());
        let mut changes = self.replicas[from]
            .doc()
            .get_changes(&self.replicas[to].doc().get_heads());
        let doc = self.replicas[to].doc();
        changes.retain(|change| doc.get_change_meta_by_hash(&change.hash()).is_none());
        if self.below(3) == 0 {
            changes.truncate(self.below(changes.len() + 1));
        }
        let before = self.replicas[to].view().clone();
        let touched = self.replicas[to]
            .apply_changes(changes)
            .unwrap_or_else(|error| self.fail(&error.to_string()));
        self.check_touched(&before, to, &touched);
    }

    fn act(&mut self, replica: usize) {
        let command = self.command(replica);
        let shown = format!("{command:?}");
        let before = self.replicas[replica].view().clone();
        self.clock_ms += 1;
        let stamp = self.stamp(replica);
        match self.replicas[replica].apply(command, &stamp) {
            Ok(applied) => self.after_local(replica, &before, applied, &shown),
            // Refusals are part of life; they must leave no trace.
            Err(_) => assert!(
                Arc::ptr_eq(&before, self.replicas[replica].view()),
                "{}: refused but changed",
                self.name()
            ),
        }
    }

    fn take_back(&mut self, replica: usize) {
        let before = self.replicas[replica].view().clone();
        self.clock_ms += 1;
        let stamp = self.stamp(replica);
        let own: BTreeSet<Letter> = self.written[replica].union(&self.removed[replica]).cloned().collect();
        let redo = self.below(3) == 0;
        let result = if redo {
            self.replicas[replica].redo(&stamp)
        } else {
            self.replicas[replica].undo(&stamp)
        };
        if let Ok(applied) = result {
            let gone: BTreeSet<Letter> = letters(&before)
                .difference(&letters(self.replicas[replica].view()))
                .cloned()
                .collect();
            assert!(
                gone.is_subset(&own),
                "{}: undo took letters of others: {gone:?}",
                self.name()
            );
            self.after_local(replica, &before, applied, if redo { "redo" } else { "undo" });
        }
    }

    fn stamp(&self, replica: usize) -> Stamp {
        Stamp {
            at_ms: self.clock_ms,
            ..common::stamp(&format!("p{replica}"))
        }
    }

    fn after_local(&mut self, replica: usize, before: &Arc<BoardView>, applied: Applied, what: &str) {
        self.check_touched(before, replica, &applied.touched);
        let (old, new) = (letters(before), letters(self.replicas[replica].view()));
        self.written[replica].extend(new.difference(&old).cloned());
        self.removed[replica].extend(old.difference(&new).cloned());
        let view = self.replicas[replica].view().clone();
        for (id, note) in &view.notes {
            record(&mut self.places, id.clone().into(), &note.place);
        }
        for (id, island) in &view.islands {
            record(&mut self.places, id.clone().into(), &island.place);
        }
        let Some(change) = applied.change else { return };
        // The server has all that this replica knows, because everything reaches it at once.
        if let Err(refusal) = admit_board(&self.server, std::slice::from_ref(&change), Role::Coordinator) {
            self.fail(&format!("{what} was refused: {refusal}"));
        }
        self.server
            .apply_changes([change])
            .unwrap_or_else(|error| self.fail(&error.to_string()));
    }

    fn name(&self) -> String {
        format!("seed {} step {}", self.seed, self.step)
    }

    fn fail(&self, what: &str) -> ! {
        panic!("{}: {what}", self.name())
    }

    /// What was not touched keeps its `Arc`; what has a new one was touched.
    fn check_touched(&self, before: &BoardView, replica: usize, touched: &Touched) {
        let after = self.replicas[replica].view();
        for (id, note) in &after.notes {
            let kept = before.notes.get(id).is_some_and(|old| Arc::ptr_eq(old, note));
            assert!(
                kept != touched.notes.contains(id) || touched.everything,
                "{}: {id} kept {kept}",
                self.name()
            );
        }
        for (id, island) in &after.islands {
            let kept = before.islands.get(id).is_some_and(|old| Arc::ptr_eq(old, island));
            assert!(
                kept != touched.islands.contains(id) || touched.everything,
                "{}: {id} kept {kept}",
                self.name()
            );
        }
    }

    fn check(&self, replica: usize) {
        let board = &self.replicas[replica];
        let view = board.view();
        assert!(
            **view == board.view_from_scratch(),
            "{}: the view is not what the document says",
            self.name()
        );
        let mut listed: Vec<&ItemId> = view.top.iter().chain(view.children.values().flatten()).collect();
        listed.sort();
        assert!(
            listed.windows(2).all(|pair| pair[0] != pair[1]),
            "{}: an item is listed twice",
            self.name()
        );
        let listed: BTreeSet<&ItemId> = listed.into_iter().collect();
        let basket: BTreeSet<ItemId> = view.basket().into_iter().collect();
        for (id, note) in &view.notes {
            let item = ItemId::from(id.clone());
            let reachable = match &note.state {
                State::Live => listed.contains(&item) && self.hangs_below_the_top(view, &item),
                State::Basket { with: None, .. } => basket.contains(&item),
                State::Basket { with: Some(island), .. } => basket.contains(&ItemId::from(island.clone())),
                State::Heading | State::Unchosen | State::Moved { .. } | State::Erased => true,
            };
            assert!(reachable, "{}: {item} is lost: {note:?}", self.name());
            self.check_place(&item, &note.place);
        }
        for (id, island) in &view.islands {
            let item = ItemId::from(id.clone());
            let reachable = match &island.state {
                State::Live if island.merged_into.is_some() => {
                    let host = island.parent.as_ref().and_then(|host| view.islands.get(host));
                    host.is_some_and(|host| {
                        island.heading.is_empty() || host.kept_headings.iter().any(|(kept, _)| kept == id)
                    })
                }
                State::Live => listed.contains(&item) && self.hangs_below_the_top(view, &item),
                State::Basket { with: None, .. } => basket.contains(&item),
                State::Basket { with: Some(with), .. } => basket.contains(&ItemId::from(with.clone())),
                State::Heading | State::Unchosen | State::Moved { .. } | State::Erased => true,
            };
            assert!(reachable, "{}: {item} is lost: {island:?}", self.name());
            self.check_place(&item, &island.place);
        }
    }

    /// From the item upwards one comes to the sheet, and every island on the way is on it.
    fn hangs_below_the_top(&self, view: &BoardView, item: &ItemId) -> bool {
        let mut at = view.parent(item);
        for _ in 0..=view.islands.len() {
            let Some(island) = at else { return true };
            let Some(entry) = view.islands.get(island) else {
                return false;
            };
            if entry.state != State::Live || entry.merged_into.is_some() {
                return false;
            }
            at = entry.parent.as_ref();
        }
        false
    }

    /// The place is one that somebody wrote as a whole.
    fn check_place(&self, item: &ItemId, place: &Place) {
        let known = self.places.get(item).is_some_and(|places| places.contains(place));
        assert!(known, "{}: nobody ever put {item} at {place:?}", self.name());
    }

    /// Everybody gets everything: one document, one view, every letter that nobody removed.
    fn converge(mut self) {
        let all = self.server.get_changes(&[]);
        for replica in 0..self.replicas.len() {
            let known: BTreeSet<_> = self.replicas[replica]
                .doc()
                .get_changes(&[])
                .iter()
                .map(|change| change.hash())
                .collect();
            let missing = all
                .iter()
                .filter(|change| !known.contains(&change.hash()))
                .cloned()
                .collect();
            self.replicas[replica]
                .apply_changes(missing)
                .unwrap_or_else(|error| self.fail(&error.to_string()));
            self.check(replica);
        }
        let first = &self.replicas[0];
        for other in &self.replicas[1..] {
            assert_eq!(first.doc().get_heads(), other.doc().get_heads(), "{}", self.name());
            assert!(first.view() == other.view(), "{}: the views differ", self.name());
        }
        let present = letters(first.view());
        let removed: BTreeSet<Letter> = self.removed.iter().flatten().cloned().collect();
        for written in &self.written {
            let lost: Vec<&Letter> = written
                .iter()
                .filter(|letter| !removed.contains(letter) && !present.contains(letter))
                .collect();
            assert!(lost.is_empty(), "{}: letters were lost: {lost:?}", self.name());
        }
        self.erase();
        self.take_back_all_of_one();
    }

    /// A new document without history shows the very same board; without one note, the very same but for that note, whose
    /// letters are nowhere in it.
    fn erase(&mut self) {
        let board = self.replicas[0].clone();
        let again = |erasure: &Erasure| {
            board
                .without(erasure, 7, 0, common::actor("server again"))
                .unwrap_or_else(|refused| self.fail(&refused.to_string()))
        };
        let same = again(&Erasure::default());
        assert!(same.view() == board.view(), "{}: the new document differs", self.name());
        let Some(note) = board.view().notes.keys().next().cloned() else {
            return;
        };
        let erasure = board
            .erasure(&[note.clone().into()], &[])
            .unwrap_or_else(|refused| self.fail(&refused.to_string()));
        let without = again(&erasure);
        for (id, was) in &board.view().notes {
            let is = &without.view().notes[id];
            if erasure.notes.contains(id) {
                assert_eq!((&*is.text, &is.state), ("", &State::Erased), "{}", self.name());
            } else {
                assert!(is == was, "{}: another note changed: {was:?} {is:?}", self.name());
            }
        }
        let kept: BTreeSet<char> = letters(without.view()).into_iter().map(|(_, letter)| letter).collect();
        let bytes = without.doc().get_changes(&[]);
        assert_eq!(bytes.len(), 1, "{}: a history of one change", self.name());
        let history: String = bytes[0]
            .decode()
            .operations
            .iter()
            .filter_map(|op| op.primitive_value())
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect();
        let erased = board.view().notes[&note].text.chars();
        let found: Vec<char> = erased
            .filter(|letter| !kept.contains(letter) && history.contains(*letter))
            .collect();
        assert!(
            found.is_empty(),
            "{}: erased letters in the history: {found:?}",
            self.name()
        );
    }

    /// A coordinator takes back everything that the first replica ever did: no letter of the others goes, none of the first
    /// stays where nobody else has written, and undoing it brings everything back.
    fn take_back_all_of_one(&mut self) {
        let actors: BTreeSet<_> = [common::actor("r0")].into();
        let mut board = Board::load(&self.replicas[0].save(), common::actor("coordinator")).expect("a board");
        let before = board.view().clone();
        let of = ActsOf { actors, since_ms: 0 };
        let planned = board.plan_take_back(&of);
        let (applied, done) = board
            .take_back(&of, &common::stamp("coordinator"))
            .unwrap_or_else(|refused| self.fail(&refused.to_string()));
        assert_eq!(planned, done, "{}", self.name());
        let after = letters(board.view());
        let lost: Vec<Letter> = letters_not_by(self.replicas[0].doc(), &common::actor("r0"))
            .difference(&after)
            .cloned()
            .collect();
        assert!(
            lost.is_empty(),
            "{}: letters of others were taken back: {lost:?}",
            self.name()
        );
        assert!(board.view_from_scratch() == **board.view(), "{}", self.name());
        if applied.change.is_some() {
            board
                .undo(&common::stamp("coordinator"))
                .unwrap_or_else(|refused| self.fail(&refused.to_string()));
            assert!(
                before == *board.view(),
                "{}: undoing it brings everything back",
                self.name()
            );
        }
    }
}

fn record(places: &mut BTreeMap<ItemId, Vec<Place>>, item: ItemId, place: &Place) {
    let known = places.entry(item).or_default();
    if !known.contains(place) {
        known.push(place.clone());
    }
}

/// All letters of all texts that stand there by the hand of anybody else.
fn letters_not_by(doc: &Automerge, actor: &ActorId) -> BTreeSet<Letter> {
    let mut letters = BTreeSet::new();
    for (map, key) in [("notes", "text"), ("islands", "heading"), ("relations", "label")] {
        let (_, map) = doc.get(ROOT, map).expect("a document").expect("a map");
        for entry in doc.map_range(&map, ..) {
            if let Ok(Some((_, text))) = doc.get(entry.id(), key) {
                let others = doc
                    .list_range(&text, ..)
                    .filter(|letter| !matches!(letter.id(), ObjId::Id(_, by, _) if by == *actor));
                for letter in others {
                    let letter = letter.value.into_value();
                    let standing = letter.as_str().unwrap_or_default().chars();
                    letters.extend(standing.map(|letter| (entry.key.to_string(), letter)));
                }
            }
        }
    }
    letters.retain(|(_, letter)| *letter != '\n');
    letters
}

/// All letters of all texts in any state. The break before a heading's second line is none: it is not handed out, and every
/// such line has the same.
fn letters(view: &BoardView) -> BTreeSet<Letter> {
    let notes = view.notes.iter().map(|(id, note)| (id.to_string(), &note.text));
    let headings = view
        .islands
        .iter()
        .map(|(id, island)| (id.to_string(), &island.heading));
    let labels = view
        .relations
        .iter()
        .map(|(id, relation)| (id.to_string(), &relation.label));
    let texts = notes.chain(headings).chain(labels);
    let letters = texts.flat_map(|(id, text)| text.chars().map(move |letter| (id.clone(), letter)).collect::<Vec<_>>());
    letters.filter(|(_, letter)| *letter != '\n').collect()
}
