//! Something in the hand: where it is, where it would land, and the view's edge that pulls the camera along.

use board::{
    geometry::{Point, Rect, SHEET},
    id::ItemId,
};

use super::super::{
    Effect, Scene,
    dropping::{self, Target},
};
use crate::camera::Camera;

/// Holding something this near to the view's edge (pixels) moves the camera …
pub const EDGE_PX: f64 = 40.0;
/// … by at most this much a frame, in pixels: a sheet at zoom 0.5 is crossed in about three seconds.
pub const EDGE_SPEED_PX: f64 = 14.0;

/// A drag under way.
#[derive(Debug, Clone)]
pub(super) struct Drag {
    /// The pointer that holds it.
    pub(super) pointer: i32,
    /// Where the finger is, in pixels.
    pub(super) at: Point,
    /// The place of the sheet that was taken hold of.
    pub(super) grip: Point,
    /// What lies under the finger.
    pub(super) grabbed: ItemId,
    /// Where everything held was when it was taken up.
    pub(super) origins: Vec<(ItemId, Point)>,
    /// The rectangle round all of it.
    pub(super) bounds: Rect,
    /// Whether the finger has been away from the edges: a drag that starts there must not scroll at once.
    pub(super) scrolls: bool,
}

impl Drag {
    fn delta(&self, camera: Camera) -> Point {
        dropping::kept_on_sheet(self.bounds, camera.to_board(self.at) - self.grip)
    }

    fn placed(&self, camera: Camera) -> Vec<(ItemId, Point)> {
        let delta = self.delta(camera);
        self.origins
            .iter()
            .map(|(item, origin)| (item.clone(), *origin + delta))
            .collect()
    }

    fn target(&self, scene: &Scene<'_>, camera: Camera) -> Option<Target> {
        let held: Vec<ItemId> = self.origins.iter().map(|(item, _)| item.clone()).collect();
        dropping::target(scene.view, camera.to_board(self.at), &held)
    }

    /// Shows where everything held is and would land.
    pub(super) fn show(&self, scene: &Scene<'_>, camera: Camera, effects: &mut Vec<Effect>) {
        let home = scene.view.parent(&self.grabbed);
        // Its own island needs no mark: nothing would change but the place.
        let target = self
            .target(scene, camera)
            .filter(|target| !matches!(target, Target::Into(island) if Some(island) == home));
        effects.push(Effect::Preview {
            placed: self.placed(camera),
            target,
        });
    }

    /// Lets go: one command, or a question.
    pub(super) fn let_go(&self, scene: &Scene<'_>, effects: &mut Vec<Effect>) {
        let placed = self.placed(scene.camera);
        match self.target(scene, scene.camera) {
            Some(Target::Ask(into)) => {
                if let ItemId::Island(absorbed) = &self.grabbed {
                    let inside = dropping::move_command(scene.view, &self.grabbed, &placed, Some(&into));
                    effects.push(Effect::Ask {
                        absorbed: absorbed.clone(),
                        into,
                        inside,
                    });
                }
            }
            target => {
                let island = match &target {
                    Some(Target::Into(island)) => Some(island),
                    _ => None,
                };
                let command = dropping::move_command(scene.view, &self.grabbed, &placed, island);
                effects.push(Effect::Act(command));
                effects.push(Effect::EndPreview);
            }
        }
    }

    /// How the camera is pulled by a finger near the view's edge, in pixels a frame; never past the sheet's edge.
    pub(super) fn edge_pull(&self, scene: &Scene<'_>) -> Point {
        let pull = |at: f64, room: f64, sheet_start: f64, sheet_end: f64| {
            if at < EDGE_PX && sheet_start < EDGE_PX {
                ((EDGE_PX - at) / EDGE_PX).min(1.0) * EDGE_SPEED_PX
            } else if at > room - EDGE_PX && sheet_end > room - EDGE_PX {
                -((at - (room - EDGE_PX)) / EDGE_PX).min(1.0) * EDGE_SPEED_PX
            } else {
                0.0
            }
        };
        let sheet = scene.camera.rect_to_screen(Rect::new(Point::default(), SHEET));
        let view = scene.viewport;
        Point::new(
            pull(self.at.x, view.width, sheet.origin.x, sheet.right()),
            pull(self.at.y, view.height, sheet.origin.y, sheet.bottom()),
        )
    }
}
