//! What the clean report and its Markdown say, before either decides how it looks.

use std::collections::{BTreeMap, BTreeSet};

use super::{ReportBoard, flow, line::UNNAMED, people, single_line, without_controls};
use crate::{
    id::ItemId,
    import::ImportKind,
    view::{BoardView, Note, Relation, RelationKind},
};

/// From so many dots on, their number is written instead of them.
const DOTS_DRAWN_MAX: usize = 10;

/// One paragraph of the clean report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading of the board's own; may hold line breaks.
    Heading {
        /// Its text.
        text: String,
        /// How many islands it lies in.
        depth: usize,
    },
    /// A title that the report gives to what follows.
    Section(String),
    /// A bullet; may hold line breaks.
    Bullet {
        /// Its text.
        text: String,
        /// How many islands the heading above it lies in.
        depth: usize,
    },
}

/// The people of a group on one line; empty if there are none.
pub(super) fn members(view: &BoardView) -> String {
    let people = view
        .people
        .iter()
        .filter(|person| !person.removed && !person.name.trim().is_empty());
    let names: Vec<String> = people
        .map(|person| people::written(&person.name, person.coordinator))
        .collect();
    names.join(&people::SEPARATOR.to_string())
}

/// The group's line: icon and name.
pub(super) fn group(board: &ReportBoard<'_>) -> String {
    let name = single_line(board.name);
    board
        .icon
        .map(single_line)
        .filter(|icon| !icon.is_empty())
        .map_or(name.clone(), |icon| format!("{icon} {name}"))
}

/// Islands with their notes, lone wolves where they stand in the order, then relations, evaluation and reading path.
pub(super) fn outline(board: &ReportBoard<'_>) -> Vec<Block> {
    let view = board.view;
    let mut told = Told {
        blocks: Vec::new(),
        names: BTreeMap::new(),
    };
    let has_islands = !flow::islands(view, &view.top, 0).is_empty();
    let mut section: Option<&str> = None;
    for item in &view.top {
        match item {
            ItemId::Note(_) => {
                for note in flow::notes(view, std::slice::from_ref(item)) {
                    let title = loose_title(note);
                    if has_islands && section != Some(title) {
                        told.blocks.push(Block::Section(title.to_owned()));
                        section = Some(title);
                    }
                    told.note(note, 0);
                }
            }
            ItemId::Island(_) => {
                for (island, depth) in flow::islands(view, std::slice::from_ref(item), 0) {
                    section = None;
                    told.push(
                        ImportKind::Heading,
                        &island.id.clone().into(),
                        &flow::heading(island),
                        depth,
                    );
                    for note in flow::notes(view, flow::children(view, &island.id)) {
                        told.note(note, depth);
                    }
                }
            }
        }
    }
    told.relations(view);
    told.evaluation(view);
    told.path(view);
    told.blocks
}

/// The title over notes that lie in no island and are said to belong in none.
const LONE_WOLVES: &str = "一匹狼";
/// The title over notes that lie in no island (yet).
const LOOSE: &str = "島の外";

fn loose_title(note: &Note) -> &'static str {
    if note.lone_wolf { LONE_WOLVES } else { LOOSE }
}

struct Told {
    blocks: Vec<Block>,
    /// How relations and dots call what was told, and its place in the report.
    names: BTreeMap<ItemId, (usize, String)>,
}

impl Told {
    fn note(&mut self, note: &Note, depth: usize) {
        self.push(ImportKind::Note, &note.id.clone().into(), &note.text, depth);
    }

    fn push(&mut self, kind: ImportKind, item: &ItemId, text: &str, depth: usize) {
        let text = without_controls(text);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = if lines.is_empty() {
            UNNAMED.to_owned()
        } else {
            lines.join("\n")
        };
        self.names.insert(item.clone(), (self.names.len(), single_line(&text)));
        self.blocks.push(match kind {
            ImportKind::Heading => Block::Heading { text, depth },
            ImportKind::Note => Block::Bullet { text, depth },
        });
    }

    fn section(&mut self, title: String, bullets: Vec<String>) {
        if !bullets.is_empty() {
            self.blocks.push(Block::Section(title));
            self.blocks
                .extend(bullets.into_iter().map(|text| Block::Bullet { text, depth: 0 }));
        }
    }

    fn relations(&mut self, view: &BoardView) {
        let mut told: Vec<(usize, usize, String)> = Vec::new();
        for relation in view.relations.values().filter(|relation| !relation.deleted) {
            if let (Some((from_place, from)), Some((to_place, to))) =
                (self.names.get(&relation.from), self.names.get(&relation.to))
            {
                told.push((*from_place, *to_place, sentence(relation, from, to)));
            }
        }
        told.sort();
        self.section(
            "関係".to_owned(),
            told.into_iter().map(|(_, _, sentence)| sentence).collect(),
        );
    }

    fn evaluation(&mut self, view: &BoardView) {
        let rounds: BTreeSet<u8> = view.marks.keys().map(|(_, round)| *round).collect();
        for round in rounds {
            let mut told: Vec<(std::cmp::Reverse<usize>, usize, String)> = Vec::new();
            for ((target, of), people) in &view.marks {
                if let Some((place, name)) = self.names.get(target).filter(|_| *of == round && !people.is_empty()) {
                    told.push((
                        std::cmp::Reverse(people.len()),
                        *place,
                        format!("{} {name}", dots(people.len())),
                    ));
                }
            }
            told.sort();
            self.section(
                format!("衆目評価 {round}回目"),
                told.into_iter().map(|(_, _, line)| line).collect(),
            );
        }
    }

    fn path(&mut self, view: &BoardView) {
        let stations = view.path.iter().filter_map(|item| self.names.get(item));
        let told = stations
            .enumerate()
            .map(|(index, (_, name))| format!("{}. {name}", index + 1))
            .collect();
        self.section("発表の順".to_owned(), told);
    }
}

fn dots(count: usize) -> String {
    if count > DOTS_DRAWN_MAX {
        format!("○×{count}")
    } else {
        "○".repeat(count)
    }
}

fn sentence(relation: &Relation, from: &str, to: &str) -> String {
    let (sign, word) = match relation.kind {
        RelationKind::Cause => ("→", ""),
        RelationKind::Mutual => ("⇄", ""),
        RelationKind::Opposed => ("⇔", "（対立）"),
        RelationKind::Same => ("＝", ""),
        RelationKind::Related => ("―", ""),
    };
    let label = single_line(&relation.label);
    let label = if label.is_empty() { label } else { format!("：{label}") };
    format!("「{from}」{sign}「{to}」{word}{label}")
}
