//! What a person of a random history does next.

use board::{
    BoardView, Colour, Command, Drop, IslandId, ItemId, NoteId, OrderHint, PersonId, Point, RelationId, RelationKind,
    TextTarget,
};

use super::History;
use crate::common;

impl History {
    fn pick_note(&mut self, view: &BoardView) -> Option<NoteId> {
        let index = self.below(view.notes.len());
        view.notes.keys().nth(index).cloned()
    }

    fn pick_island(&mut self, view: &BoardView) -> Option<IslandId> {
        let index = self.below(view.islands.len());
        view.islands.keys().nth(index).cloned()
    }

    fn pick_item(&mut self, view: &BoardView) -> Option<ItemId> {
        if self.below(3) == 0 {
            self.pick_island(view).map(ItemId::from)
        } else {
            self.pick_note(view).map(ItemId::from)
        }
    }

    fn pick_items(&mut self, view: &BoardView) -> Vec<ItemId> {
        (0..=self.below(3)).filter_map(|_| self.pick_item(view)).collect()
    }

    fn point(&mut self) -> Point {
        Point::new(self.below(4_000) as f64 / 3.0, self.below(3_000) as f64)
    }

    fn hint(&mut self, view: &BoardView) -> OrderHint {
        match (self.below(5), self.pick_item(view)) {
            (0, _) => OrderHint::First,
            (1, Some(item)) => OrderHint::After(item),
            (2, Some(item)) => OrderHint::Before(item),
            (3, _) => OrderHint::Last,
            _ => OrderHint::Keep,
        }
    }

    fn add_note(&mut self, view: &BoardView) -> Command {
        let parent = if self.below(2) == 0 {
            self.pick_island(view)
        } else {
            None
        };
        let at = if self.below(2) == 0 { Some(self.point()) } else { None };
        Command::AddNote {
            id: NoteId::from_random(self.random.next_bits()),
            text: self.letter().to_string(),
            colour: Colour::Sakura,
            parent,
            at,
            order: self.hint(view),
            author: None,
        }
    }

    fn splice(&mut self, view: &BoardView) -> Option<Command> {
        let (target, length) = match self.below(4) {
            0 => {
                let id = self.pick_island(view)?;
                let length = view.islands.get(&id)?.heading.chars().count();
                (TextTarget::Heading(id), length)
            }
            _ => {
                let id = self.pick_note(view)?;
                let length = view.notes.get(&id)?.text.chars().count();
                (TextTarget::Note(id), length)
            }
        };
        let at = self.below(length + 1);
        let delete = if self.below(3) == 0 {
            self.below(length - at + 1)
        } else {
            0
        };
        let insert: String = (0..self.below(3)).map(|_| self.letter()).collect();
        Some(Command::Splice {
            target,
            at,
            delete,
            insert,
        })
    }

    fn moves(&mut self, view: &BoardView) -> Command {
        let mut drops = Vec::new();
        for item in self.pick_items(view) {
            let parent = if self.below(2) == 0 {
                self.pick_island(view)
            } else {
                None
            };
            let at = if self.below(3) == 0 { None } else { Some(self.point()) };
            drops.push(Drop {
                item,
                parent,
                at,
                order: self.hint(view),
            });
        }
        Command::Move { drops }
    }

    fn draw(&mut self, view: &BoardView) -> Command {
        Command::DrawIsland {
            id: IslandId::from_random(self.random.next_bits()),
            items: self.pick_items(view),
            heading: Some(self.letter().to_string()),
            at: None,
            parent: None,
            order: OrderHint::Last,
        }
    }

    pub(super) fn command(&mut self, replica: usize) -> Command {
        let view = self.replicas[replica].view().clone();
        self.chosen(&view).unwrap_or_else(|| self.add_note(&view))
    }

    fn chosen(&mut self, view: &BoardView) -> Option<Command> {
        Some(match self.below(30) {
            0..=4 => self.add_note(view),
            5..=8 => self.splice(view)?,
            9..=12 => self.moves(view),
            13..=15 => self.draw(view),
            16 => Command::Dissolve {
                island: self.pick_island(view)?,
            },
            17 => Command::UseAsHeading {
                note: self.pick_note(view)?,
                island: self.pick_island(view)?,
            },
            18 => Command::Collapse {
                island: self.pick_island(view)?,
                collapsed: self.below(2) == 0,
            },
            19..=20 => Command::Merge {
                absorbed: self.pick_island(view)?,
                into: self.pick_island(view)?,
            },
            21 => Command::SplitIsland {
                absorbed: self.pick_island(view)?,
            },
            22 => Command::SplitNote {
                note: self.pick_note(view)?,
                second: NoteId::from_random(self.random.next_bits()),
                at: Some(1),
            },
            23..=24 => Command::Delete {
                items: self.pick_items(view),
            },
            25 => Command::Restore { items: view.basket() },
            26 => Command::SetColour {
                items: self.pick_items(view),
                colour: Colour::Fuji,
            },
            27 => Command::Tidy {
                island: if self.below(2) == 0 {
                    self.pick_island(view)
                } else {
                    None
                },
            },
            28 => Command::Relate {
                id: RelationId::from_random(self.random.next_bits()),
                from: self.pick_item(view)?,
                to: self.pick_item(view)?,
                kind: RelationKind::Mutual,
                label: self.letter().to_string(),
            },
            _ => self.rare(view)?,
        })
    }

    fn rare(&mut self, view: &BoardView) -> Option<Command> {
        let relation = view.relations.keys().next().cloned();
        Some(match self.below(9) {
            0 => Command::Withhold {
                items: self.pick_items(view),
                withheld: self.below(2) == 0,
            },
            1 => Command::SetLoneWolf {
                note: self.pick_note(view)?,
                lone_wolf: self.below(2) == 0,
            },
            2 => Command::Mark {
                person: common::person("p0"),
                target: self.pick_item(view)?,
                round: 1,
                given: self.below(2) == 0,
            },
            3 => Command::SetPath {
                path: self.pick_items(view),
            },
            4 => Command::SetGroup {
                name: "二班".into(),
                icon: Some("😊".into()),
            },
            5 => {
                // Identifiers of new people are random, so no two replicas make the same one.
                let known = view.people.first().map(|person| person.id.clone());
                let id = known.unwrap_or_else(|| PersonId::from_random(self.random.next_bits()));
                Command::SetPerson {
                    id,
                    name: self.letter().to_string(),
                    coordinator: self.below(2) == 0,
                }
            }
            6 => Command::DeleteRelation {
                id: relation?,
                deleted: self.below(2) == 0,
            },
            7 => Command::SendAway {
                items: self.pick_items(view),
                to: "3班".into(),
            },
            _ => {
                let target = TextTarget::Note(self.pick_note(view)?);
                Command::SetText {
                    target,
                    text: format!("{}{}", self.letter(), self.letter()),
                }
            }
        })
    }
}
