//! Taps: select, write, make a note, put something down, pick an island.

use board::{
    Command,
    command::TextTarget,
    geometry::Point,
    id::{IslandId, ItemId},
};

use super::{
    super::{Effect, Hit, Mode, Pointer, Scene, Selection, dropping},
    Gestures, distance,
};

/// A second tap within this time and [`DOUBLE_TAP_PX`] is one double tap.
pub const DOUBLE_TAP_MS: f64 = 400.0;
/// How far apart the two taps of a double tap may lie, in pixels.
pub const DOUBLE_TAP_PX: f64 = 28.0;

impl Gestures {
    /// What a short press does.
    pub(super) fn tap(&mut self, scene: &Scene<'_>, pressed: &Pointer, effects: &mut Vec<Effect>) {
        let at = scene.camera.to_board(pressed.at);
        match scene.mode {
            Mode::Carry(items) => return carry_to(scene, items, at, effects),
            Mode::Merge(absorbed) => return merge_into(scene, absorbed, at, effects),
            Mode::Lasso => effects.push(Effect::SetMode(Mode::Hand)),
            Mode::Hand => {}
        }
        let double = self.last_tap.take().is_some_and(|(place, at_ms)| {
            pressed.at_ms - at_ms <= DOUBLE_TAP_MS && distance(place, pressed.at) <= DOUBLE_TAP_PX
        });
        if !double {
            self.last_tap = Some((pressed.at, pressed.at_ms));
        }
        let item = match &pressed.hit {
            Hit::Note(id) => ItemId::Note(id.clone()),
            Hit::Plate(id) => ItemId::Island(id.clone()),
            Hit::Inside(id) => {
                if double && !scene.read_only {
                    effects.push(Effect::AddNote {
                        at,
                        parent: Some(id.clone()),
                    });
                    return;
                }
                ItemId::Island(id.clone())
            }
            Hit::Paper => {
                if double && !scene.read_only {
                    effects.push(Effect::AddNote { at, parent: None });
                } else if !pressed.shift && !scene.selection.is_empty() {
                    effects.push(Effect::Select(Selection::new()));
                }
                return;
            }
        };
        if pressed.shift {
            effects.push(Effect::Select(toggled(scene, item)));
            return;
        }
        let alone = scene.selection.len() == 1 && scene.selection.contains(&item);
        if !alone {
            effects.push(Effect::Select(Selection::from([item])));
        } else if !scene.read_only {
            match (&pressed.hit, item) {
                (Hit::Note(_), ItemId::Note(id)) => effects.push(Effect::OpenEditor(TextTarget::Note(id))),
                (Hit::Plate(_), ItemId::Island(id)) => effects.push(open_plate(scene, id)),
                _ => {}
            }
        }
    }
}

/// The selection with this item in it, or out of it.
pub(super) fn toggled(scene: &Scene<'_>, item: ItemId) -> Selection {
    let mut selection = scene.selection.clone();
    if !selection.remove(&item) {
        selection.insert(item);
    }
    dropping::outermost(scene.view, &selection)
}

/// A second tap on a plate: a folded bundle opens, an open island's heading is written.
fn open_plate(scene: &Scene<'_>, island: IslandId) -> Effect {
    if scene.view.islands.get(&island).is_some_and(|island| island.collapsed) {
        Effect::Act(Command::Collapse {
            island,
            collapsed: false,
        })
    } else {
        Effect::OpenEditor(TextTarget::Heading(island))
    }
}

/// Carried things are put down with their common middle at the tap.
fn carry_to(scene: &Scene<'_>, items: &[ItemId], at: Point, effects: &mut Vec<Effect>) {
    effects.push(Effect::SetMode(Mode::Hand));
    let there: Vec<&ItemId> = items
        .iter()
        .filter(|item| dropping::is_shown(scene.view, item))
        .collect();
    let (Some(bounds), Some(first)) = (dropping::bounds_of(scene.view, there.iter().copied()), there.first()) else {
        return;
    };
    let delta = dropping::kept_on_sheet(bounds, at - bounds.centre());
    let placed: Vec<(ItemId, Point)> = there
        .iter()
        .filter_map(|item| dropping::corner(scene.view, item).map(|corner| ((*item).clone(), corner + delta)))
        .collect();
    let target = dropping::island_at(scene.view, at, items);
    effects.push(Effect::Act(dropping::move_command(scene.view, first, &placed, target)));
}

/// The tapped island takes the other one in; a tap beside every island gives up.
fn merge_into(scene: &Scene<'_>, absorbed: &IslandId, at: Point, effects: &mut Vec<Effect>) {
    effects.push(Effect::SetMode(Mode::Hand));
    let held = [ItemId::Island(absorbed.clone())];
    if let Some(into) = dropping::island_at(scene.view, at, &held) {
        effects.extend(dropping::bring_beside(scene.view, absorbed, into).map(Effect::Act));
        effects.push(Effect::Act(Command::Merge {
            absorbed: absorbed.clone(),
            into: into.clone(),
        }));
        effects.push(Effect::Select(Selection::from([ItemId::Island(into.clone())])));
    }
}
