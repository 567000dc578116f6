//! The verbs of the action row, each one command.

use board::{
    Command,
    command::{Drop, OrderHint},
    id::ItemId,
};
use yew::prelude::*;

use super::{
    actions::{Action, Row},
    surface::{Answer, Surface},
};
use crate::tools::{Mode, Selection, dropping};

impl Surface {
    pub(super) fn perform(&mut self, ctx: &Context<Self>, action: Action) -> bool {
        let items: Vec<ItemId> = self.selection.iter().cloned().collect();
        let Some(first) = items.first().cloned() else {
            return false;
        };
        if !matches!(action, Action::Show(_)) {
            self.row = Row::Main;
            // The button that was pressed may go away, and the keys with it.
            self.refocus = true;
        }
        match (action, first) {
            (Action::Show(row), _) => self.row = row,
            (Action::Write, _) => {
                self.write_selected(ctx);
            }
            (Action::Colour(colour), _) => {
                self.act(ctx, Command::SetColour { items, colour });
            }
            (Action::DrawIsland, _) => {
                self.draw_island(ctx);
            }
            (Action::TakeOut, _) => self.take_out(ctx, &items),
            (Action::SplitNote, ItemId::Note(note)) => {
                let second = ctx.props().store.new_note_id();
                self.act(ctx, Command::SplitNote { note, second, at: None });
            }
            (Action::Delete, _) => {
                self.delete_selected(ctx);
            }
            (Action::Withhold(withheld), _) => {
                self.act(ctx, Command::Withhold { items, withheld });
            }
            (Action::Carry, _) => {
                self.set_mode(Mode::Carry(items));
            }
            (Action::UseAsHeading, ItemId::Note(note)) => {
                let parent = Self::board(ctx).parent(&ItemId::Note(note.clone())).cloned();
                if let Some(island) = parent {
                    self.act(ctx, Command::UseAsHeading { note, island });
                }
            }
            (Action::LoneWolf(lone_wolf), ItemId::Note(note)) => {
                self.act(ctx, Command::SetLoneWolf { note, lone_wolf });
            }
            (Action::Fold(collapsed), ItemId::Island(island)) => {
                self.act(ctx, Command::Collapse { island, collapsed });
            }
            (Action::Merge, ItemId::Island(island)) => {
                self.set_mode(Mode::Merge(island));
            }
            (Action::SplitIsland(absorbed), _) => {
                self.act(ctx, Command::SplitIsland { absorbed });
            }
            (Action::Dissolve, ItemId::Island(island)) => {
                self.act(ctx, Command::Dissolve { island });
            }
            (Action::Tidy, ItemId::Island(island)) => {
                self.act(ctx, Command::Tidy { island: Some(island) });
            }
            (Action::Erase, _) => {
                if let Some(on_erase) = &ctx.props().on_erase {
                    on_erase.emit(items);
                }
            }
            (Action::Transfer, _) => {
                if let Some(on_transfer) = &ctx.props().on_transfer {
                    on_transfer.emit(items);
                }
            }
            // A verb for a note with an island selected, or the other way round: the selection changed meanwhile.
            (
                Action::SplitNote
                | Action::UseAsHeading
                | Action::LoneWolf(_)
                | Action::Fold(_)
                | Action::Merge
                | Action::Dissolve
                | Action::Tidy,
                _,
            ) => {}
        }
        true
    }

    pub(super) fn delete_selected(&mut self, ctx: &Context<Self>) -> bool {
        let items: Vec<ItemId> = self.selection.iter().cloned().collect();
        if items.is_empty() || !self.act(ctx, Command::Delete { items }) {
            return false;
        }
        // What had the focus goes away.
        self.refocus = true;
        self.select(Selection::new())
    }

    /// Draws an island round what is selected; with nothing selected, the lasso says what.
    pub(super) fn draw_island(&mut self, ctx: &Context<Self>) -> bool {
        let items: Vec<ItemId> = self.selection.iter().cloned().collect();
        if items.is_empty() {
            return self.may_write(ctx) && self.set_mode(Mode::Lasso);
        }
        let id = ctx.props().store.new_island_id();
        let drawn = self.act(
            ctx,
            Command::DrawIsland {
                id: id.clone(),
                items,
                heading: None,
                at: None,
                parent: None,
                order: OrderHint::Keep,
            },
        );
        drawn && self.select(Selection::from([ItemId::Island(id)]))
    }

    pub(super) fn answer(&mut self, ctx: &Context<Self>, answer: Answer) -> bool {
        let Some(asked) = self.asked.take() else { return false };
        match answer {
            Answer::Merge => {
                let into = ItemId::Island(asked.into.clone());
                if let Some(beside) = dropping::bring_beside(&Self::board(ctx), &asked.absorbed, &asked.into) {
                    self.act(ctx, beside);
                }
                if self.act(
                    ctx,
                    Command::Merge {
                        absorbed: asked.absorbed,
                        into: asked.into,
                    },
                ) {
                    self.select(Selection::from([into]));
                }
            }
            Answer::Inside => {
                self.act(ctx, asked.inside);
            }
            Answer::Leave => {}
        }
        self.end_preview(ctx);
        true
    }

    /// Puts things into the island round theirs (or on the sheet), where there is room for them.
    pub(super) fn take_out(&self, ctx: &Context<Self>, items: &[ItemId]) {
        let view = Self::board(ctx);
        let out = |item: &ItemId| -> Option<Drop> {
            let parent = view.parent(item)?;
            let outer = view.islands.get(parent).and_then(|island| island.parent.clone());
            Some(Drop {
                item: item.clone(),
                parent: outer,
                at: None,
                order: OrderHint::After(ItemId::Island(parent.clone())),
            })
        };
        let drops: Vec<Drop> = items.iter().filter_map(out).collect();
        if !drops.is_empty() {
            self.act(ctx, Command::Move { drops });
        }
    }
}
