//! What was done here and had not reached the server, as commands for a board whose document is another one now.
//!
//! A thing is done again where the new board still shows what it was done to; what somebody changed meanwhile is theirs.
//! Texts that cannot be put back without overwriting somebody become drafts. Erased things are left alone.

use std::collections::BTreeSet;

use board::{BoardView, Command, Drop, Island, IslandId, ItemId, Note, OrderHint, PersonId, State, TextTarget};

use super::drafts::{Again, Lost, LostText};

/// Compares what stood here with what the server had, and with the new board.
pub fn plan(here: &BoardView, base: &BoardView, fresh: &BoardView) -> Lost {
    let mut plan = Plan {
        here,
        base,
        fresh,
        again: Lost::default(),
        drawn: BTreeSet::new(),
    };
    for island in here.islands.values() {
        plan.new_island(island);
    }
    for note in here.notes.values() {
        plan.note(note);
    }
    for island in here.islands.values() {
        plan.island(island);
    }
    plan.relations();
    plan.marks();
    plan.again
}

struct Plan<'a> {
    here: &'a BoardView,
    base: &'a BoardView,
    fresh: &'a BoardView,
    again: Lost,
    /// Islands that are drawn again.
    drawn: BTreeSet<IslandId>,
}

impl Plan<'_> {
    fn push(&mut self, command: Command) {
        self.again.acts.push(Again { command, text: None });
    }

    /// The island to put something into, if it is on the new board.
    fn landing(&self, parent: Option<&IslandId>) -> Option<IslandId> {
        let live = |island: &IslandId| {
            self.fresh
                .islands
                .get(island)
                .is_some_and(|island| island.state == State::Live && island.merged_into.is_none())
        };
        parent
            .filter(|parent| live(parent) || self.drawn.contains(*parent))
            .cloned()
    }

    fn new_island(&mut self, island: &Island) {
        let known = self.base.islands.contains_key(&island.id) || self.fresh.islands.contains_key(&island.id);
        if known || island.state != State::Live {
            return;
        }
        let parent = self.landing(island.parent.as_ref());
        let heading = Some(island.heading.clone()).filter(|text| !text.trim().is_empty());
        let text = heading.clone().map(|text| LostText {
            text,
            heading: true,
            island: None,
        });
        let command = Command::DrawIsland {
            id: island.id.clone(),
            items: Vec::new(),
            heading,
            at: Some(island.bounds.origin),
            parent,
            order: OrderHint::Last,
        };
        self.drawn.insert(island.id.clone());
        self.again.acts.push(Again { command, text });
    }

    fn note(&mut self, note: &Note) {
        let (base, fresh) = (self.base.notes.get(&note.id), self.fresh.notes.get(&note.id));
        let lost = || LostText {
            text: note.text.clone(),
            heading: false,
            island: note.parent.clone(),
        };
        let item = ItemId::Note(note.id.clone());
        let Some(fresh) = fresh else {
            if base.is_none() && note.state == State::Live && !note.text.trim().is_empty() {
                let command = Command::AddNote {
                    id: note.id.clone(),
                    text: note.text.clone(),
                    colour: note.colour,
                    parent: self.landing(note.parent.as_ref()),
                    at: Some(note.position),
                    order: OrderHint::Last,
                    author: note.author.clone(),
                };
                self.again.acts.push(Again {
                    command,
                    text: Some(lost()),
                });
            }
            return;
        };
        if fresh.state == State::Erased {
            return;
        }
        let Some(base) = base else { return };
        if note.text != base.text && note.text != fresh.text {
            if fresh.text == base.text {
                let command = Command::SetText {
                    target: TextTarget::Note(note.id.clone()),
                    text: note.text.clone(),
                };
                self.again.acts.push(Again {
                    command,
                    text: Some(lost()),
                });
            } else if !note.text.trim().is_empty() {
                self.again.texts.push(lost());
            }
        }
        if note.place != base.place && fresh.place == base.place {
            let parent = self.landing(note.parent.as_ref());
            let at = Some(note.position);
            self.moved(item.clone(), parent, at);
        }
        if note.colour != base.colour && fresh.colour == base.colour {
            self.push(Command::SetColour {
                items: vec![item.clone()],
                colour: note.colour,
            });
        }
        if note.lone_wolf != base.lone_wolf && fresh.lone_wolf == base.lone_wolf {
            self.push(Command::SetLoneWolf {
                note: note.id.clone(),
                lone_wolf: note.lone_wolf,
            });
        }
        self.state(item, &note.state, &base.state, &fresh.state);
    }

    fn moved(&mut self, item: ItemId, parent: Option<IslandId>, at: Option<board::Point>) {
        let order = OrderHint::Keep;
        self.push(Command::Move {
            drops: vec![Drop {
                item,
                parent,
                at,
                order,
            }],
        });
    }

    fn state(&mut self, item: ItemId, here: &State, base: &State, fresh: &State) {
        let items = vec![item];
        match (here, base, fresh) {
            (State::Basket { with: None, .. }, State::Live, State::Live) => self.push(Command::Delete { items }),
            (State::Live, State::Basket { .. }, State::Basket { .. }) => self.push(Command::Restore { items }),
            _ => {}
        }
    }

    fn island(&mut self, island: &Island) {
        let (Some(base), Some(fresh)) = (self.base.islands.get(&island.id), self.fresh.islands.get(&island.id)) else {
            return;
        };
        let item = ItemId::Island(island.id.clone());
        if island.heading != base.heading && island.heading != fresh.heading {
            let lost = LostText {
                text: island.heading.clone(),
                heading: true,
                island: Some(island.id.clone()),
            };
            if fresh.heading == base.heading {
                let command = Command::SetText {
                    target: TextTarget::Heading(island.id.clone()),
                    text: island.heading.clone(),
                };
                self.again.acts.push(Again {
                    command,
                    text: Some(lost),
                });
            } else if !island.heading.trim().is_empty() && !fresh.heading.is_empty() {
                self.again.texts.push(lost);
            }
        }
        if island.place != base.place && fresh.place == base.place {
            let parent = self.landing(island.parent.as_ref());
            self.moved(item.clone(), parent, Some(island.bounds.origin));
        }
        if island.colour != base.colour && fresh.colour == base.colour {
            self.push(Command::SetColour {
                items: vec![item.clone()],
                colour: island.colour,
            });
        }
        if island.merged_into != base.merged_into && fresh.merged_into == base.merged_into {
            match &island.merged_into {
                Some(into) => self.push(Command::Merge {
                    absorbed: island.id.clone(),
                    into: into.clone(),
                }),
                None => self.push(Command::SplitIsland {
                    absorbed: island.id.clone(),
                }),
            }
        }
        self.state(item, &island.state, &base.state, &fresh.state);
    }

    fn relations(&mut self) {
        for relation in self.here.relations.values().filter(|relation| !relation.deleted) {
            let known =
                self.base.relations.contains_key(&relation.id) || self.fresh.relations.contains_key(&relation.id);
            if !known {
                self.push(Command::Relate {
                    id: relation.id.clone(),
                    from: relation.from.clone(),
                    to: relation.to.clone(),
                    kind: relation.kind,
                    label: relation.label.clone(),
                });
            }
        }
    }

    fn marks(&mut self) {
        let nobody: Vec<PersonId> = Vec::new();
        let targets: BTreeSet<_> = self.here.marks.keys().chain(self.base.marks.keys()).cloned().collect();
        for key in targets {
            let here = self.here.marks.get(&key).unwrap_or(&nobody);
            let base = self.base.marks.get(&key).unwrap_or(&nobody);
            let given = here
                .iter()
                .filter(|person| !base.contains(person))
                .map(|person| (person, true));
            let taken = base
                .iter()
                .filter(|person| !here.contains(person))
                .map(|person| (person, false));
            let commands: Vec<Command> = given
                .chain(taken)
                .map(|(person, given)| Command::Mark {
                    person: person.clone(),
                    target: key.0.clone(),
                    round: key.1,
                    given,
                })
                .collect();
            self.again
                .acts
                .extend(commands.into_iter().map(|command| Again { command, text: None }));
        }
    }
}
