//! New notes and the editor: opened with the keyboard, closed without a trace when nothing was written.

use board::{
    Command,
    board::Act,
    command::{OrderHint, TextTarget},
    geometry::Point,
    id::{IslandId, ItemId},
};
use yew::prelude::*;

use super::{
    keyboard_bridge, others,
    surface::{Surface, Writing},
};
use crate::{
    store::NoticeKind,
    tools::{Selection, spot},
};

impl Surface {
    /// A new note on free paper near the middle of the view, or into the one selected island.
    pub(super) fn add_note_near_middle(&mut self, ctx: &Context<Self>) -> bool {
        self.stop_writing(ctx);
        let view = Self::board(ctx);
        let selected = self.selection.first().and_then(ItemId::island).cloned();
        let island = selected.filter(|island| {
            self.selection.len() == 1 && view.islands.get(island).is_some_and(|island| !island.collapsed)
        });
        if island.is_some() {
            return self.add_note(ctx, None, island);
        }
        let size = self.viewport.size;
        let middle = self.camera.to_board(Point::new(size.width / 2.0, size.height / 2.0));
        self.add_note(ctx, Some(spot::free_spot(&view, middle)), None)
    }

    pub(super) fn add_note(&mut self, ctx: &Context<Self>, at: Option<Point>, parent: Option<IslandId>) -> bool {
        let props = ctx.props();
        if !self.may_write(ctx) {
            keyboard_bridge::release();
            return false;
        }
        let id = props.store.new_note_id();
        let colour = self.colour_of_last(ctx);
        let added = self.act(
            ctx,
            Command::AddNote {
                id: id.clone(),
                text: String::new(),
                colour,
                parent,
                at,
                order: OrderHint::Last,
                author: None,
            },
        );
        if !added {
            keyboard_bridge::release();
            return false;
        }
        keyboard_bridge::hold();
        let item = ItemId::Note(id.clone());
        self.select(Selection::from([item.clone()]));
        if let Some(bounds) = Self::board(ctx).bounds(&item) {
            let camera = self.camera.showing(bounds, self.viewport.size);
            if camera != self.camera {
                self.glide_to(ctx, camera);
            }
        }
        let opened = self.write(ctx, TextTarget::Note(id));
        if let Some(writing) = &mut self.writing {
            writing.fresh = true;
        }
        opened
    }

    /// A new note takes the colour of the one selected note; people write several of a kind.
    pub(super) fn colour_of_last(&self, ctx: &Context<Self>) -> board::view::Colour {
        let view = Self::board(ctx);
        let selected = self.selection.iter().filter_map(ItemId::note).next_back();
        selected
            .and_then(|id| view.notes.get(id))
            .map(|note| note.colour)
            .unwrap_or_default()
    }

    pub(super) fn write(&mut self, ctx: &Context<Self>, target: TextTarget) -> bool {
        if !self.may_write(ctx) || self.writing.as_ref().is_some_and(|writing| writing.target == target) {
            return false;
        }
        self.stop_writing(ctx);
        keyboard_bridge::hold();
        self.presence.writing = Some(target.clone());
        self.tell_others(ctx);
        self.writing = Some(Writing { target, fresh: false });
        true
    }

    pub(super) fn write_selected(&mut self, ctx: &Context<Self>) -> bool {
        let target = match self.selection.first() {
            Some(ItemId::Note(id)) if self.selection.len() == 1 => TextTarget::Note(id.clone()),
            Some(ItemId::Island(id)) if self.selection.len() == 1 => TextTarget::Heading(id.clone()),
            _ => return false,
        };
        self.write(ctx, target)
    }

    /// The editor closes. A note that was left empty is quietly taken away again.
    pub(super) fn stop_writing(&mut self, ctx: &Context<Self>) -> bool {
        let Some(writing) = self.writing.take() else {
            return false;
        };
        let props = ctx.props();
        props.store.finish_typing(&props.group);
        self.presence.writing = None;
        self.tell_others(ctx);
        if let TextTarget::Note(id) = &writing.target {
            let item = ItemId::Note(id.clone());
            let view = Self::board(ctx);
            let empty = view
                .notes
                .get(id)
                .is_some_and(|note| note.shown && note.text.trim().is_empty());
            if empty && self.may_write(ctx) && !others::is_written(&props.others, id) {
                self.take_away_quietly(ctx, &item, writing.fresh);
                self.refocus = true;
                self.focus_next = None;
                self.select(Selection::new());
            }
        }
        true
    }

    /// Without the strip that other deletions get: nothing was lost.
    pub(super) fn take_away_quietly(&self, ctx: &Context<Self>, item: &ItemId, fresh: bool) {
        let props = ctx.props();
        let last = props
            .store
            .state()
            .boards
            .get(&props.group)
            .and_then(|slot| slot.undo.undo);
        if fresh && last == Some(Act::Add) {
            // Taken back rather than deleted: the next undo is about what was done before.
            props.store.undo(&props.group);
            return;
        }
        if !self.act(
            ctx,
            Command::Delete {
                items: vec![item.clone()],
            },
        ) {
            return;
        }
        let state = props.store.state();
        let strip =
            state.notices.iter().rev().find(
                |notice| matches!(&notice.kind, NoticeKind::Deleted { items, .. } if items.first() == Some(item)),
            );
        if let Some(strip) = strip {
            props.store.dismiss(strip.id);
        }
    }
}
