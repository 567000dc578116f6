//! The camera: which part of the sheet is seen, and how large.
//!
//! A pure value. Board units become screen pixels by `screen = board × zoom + offset`; screen pixels count from
//! the sheet element's top left corner. Nothing here knows the DOM, so every gesture can be tested as arithmetic.

use board::geometry::{Point, Rect, SHEET, Size};

/// Smallest zoom: the whole sheet (4800 units wide) on a phone 390 pixels wide needs 0.081, so content is fitted
/// down to 0.1 and the rest is reached by panning.
pub const ZOOM_MIN: f64 = 0.1;
/// Largest zoom: one note fills a tablet 800 pixels wide.
pub const ZOOM_MAX: f64 = 4.0;
/// How much of the sheet stays in view however far one pans, in pixels: wide enough to be seen and grabbed again.
pub const KEPT_IN_VIEW: f64 = 96.0;
/// Space kept free round what is fitted, in pixels.
pub const FIT_MARGIN: f64 = 32.0;
/// A fit never enlarges beyond life size: three notes alone shall not become posters.
pub const FIT_ZOOM_MAX: f64 = 1.0;
/// One press of a zoom button.
pub const ZOOM_STEP: f64 = 1.25;
/// One wheel event zooms by at most e^±0.22, a quarter: mice send 100 and more a notch, trackpads 1 to 20.
const WHEEL_DELTA_MAX: f64 = 22.0;

/// What is seen of the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Where the sheet's corner stands on the screen, in pixels.
    pub offset: Point,
    /// Pixels per unit, within [`ZOOM_MIN`] and [`ZOOM_MAX`].
    pub zoom: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            offset: Point::default(),
            zoom: 1.0,
        }
    }
}

impl Camera {
    /// The place on the sheet under a pixel.
    pub fn to_board(&self, screen: Point) -> Point {
        Point::new(
            (screen.x - self.offset.x) / self.zoom,
            (screen.y - self.offset.y) / self.zoom,
        )
    }

    /// The pixel of a place on the sheet.
    pub fn to_screen(&self, board: Point) -> Point {
        Point::new(board.x * self.zoom + self.offset.x, board.y * self.zoom + self.offset.y)
    }

    /// The pixels that a rectangle of the sheet covers.
    pub fn rect_to_screen(&self, rect: Rect) -> Rect {
        let size = Size {
            width: rect.size.width * self.zoom,
            height: rect.size.height * self.zoom,
        };
        Rect::new(self.to_screen(rect.origin), size)
    }

    /// The part of the sheet seen through a viewport.
    pub fn visible(&self, viewport: Size) -> Rect {
        let size = Size {
            width: viewport.width / self.zoom,
            height: viewport.height / self.zoom,
        };
        Rect::new(self.to_board(Point::default()), size)
    }

    /// Moved by so many pixels.
    pub fn panned(&self, delta: Point) -> Self {
        Self {
            offset: self.offset + delta,
            zoom: self.zoom,
        }
    }

    /// Enlarged by a factor, with the place under this pixel staying under it. Stops at the limits.
    pub fn zoomed_at(&self, screen: Point, factor: f64) -> Self {
        let wanted = self.zoom * factor;
        let zoom = if wanted.is_finite() {
            wanted.clamp(ZOOM_MIN, ZOOM_MAX)
        } else {
            self.zoom
        };
        let held = self.to_board(screen);
        Self {
            offset: Point::new(screen.x - held.x * zoom, screen.y - held.y * zoom),
            zoom,
        }
    }

    /// Two fingers: what lay under `before` now lies under `after`, as nearly as the limits allow.
    pub fn pinched(&self, before: (Point, Point), after: (Point, Point)) -> Self {
        let span = |pair: (Point, Point)| (pair.1.x - pair.0.x).hypot(pair.1.y - pair.0.y);
        let middle = |pair: (Point, Point)| Point::new((pair.0.x + pair.1.x) / 2.0, (pair.0.y + pair.1.y) / 2.0);
        // Fingers closer than this are one spot to the screen; a ratio of such spans would be noise.
        let factor = if span(before) < 8.0 {
            1.0
        } else {
            span(after) / span(before)
        };
        self.zoomed_at(middle(before), factor)
            .panned(middle(after) - middle(before))
    }

    /// A wheel turned with the zoom key (or a trackpad pinch), `delta` in pixels, positive towards the person.
    pub fn wheel_zoomed(&self, screen: Point, delta: f64) -> Self {
        self.zoomed_at(screen, (-delta.clamp(-WHEEL_DELTA_MAX, WHEEL_DELTA_MAX) * 0.01).exp())
    }

    /// Shows a rectangle of the sheet whole and in the middle, at most life size.
    pub fn fit(rect: Rect, viewport: Size) -> Self {
        let room = |length: f64| (length - 2.0 * FIT_MARGIN).max(1.0);
        let ratio =
            (room(viewport.width) / rect.size.width.max(1.0)).min(room(viewport.height) / rect.size.height.max(1.0));
        let zoom = ratio.clamp(ZOOM_MIN, FIT_ZOOM_MAX);
        Self {
            offset: Point::default(),
            zoom,
        }
        .centred(rect.centre(), viewport)
    }

    /// The middle of the sheet at life size: an empty sheet.
    pub fn home(viewport: Size) -> Self {
        Self::default().centred(Point::new(SHEET.width / 2.0, SHEET.height / 2.0), viewport)
    }

    /// The same zoom with this place in the middle of the viewport.
    pub fn centred(&self, board: Point, viewport: Size) -> Self {
        let offset = Point::new(
            viewport.width / 2.0 - board.x * self.zoom,
            viewport.height / 2.0 - board.y * self.zoom,
        );
        Self {
            offset,
            zoom: self.zoom,
        }
    }

    /// Moved as little as needed to bring a rectangle of the sheet into view, with the fit margin round it.
    pub fn showing(&self, rect: Rect, viewport: Size) -> Self {
        let seen = self.rect_to_screen(rect);
        let shift = |start: f64, length: f64, room: f64| {
            let (low, high) = (FIT_MARGIN - start, room - FIT_MARGIN - (start + length));
            if low > high {
                // It is larger than the view: its beginning matters.
                low
            } else {
                0.0_f64.clamp(low, high)
            }
        };
        self.panned(Point::new(
            shift(seen.origin.x, seen.size.width, viewport.width),
            shift(seen.origin.y, seen.size.height, viewport.height),
        ))
    }

    /// Moved back if the sheet would leave the view: people get lost on endless canvases.
    pub fn kept(&self, viewport: Size) -> Self {
        let keep = |offset: f64, length: f64, room: f64| {
            let kept = KEPT_IN_VIEW.min(room / 2.0);
            offset.clamp((kept - length).min(room - kept), room - kept)
        };
        Self {
            offset: Point::new(
                keep(self.offset.x, SHEET.width * self.zoom, viewport.width),
                keep(self.offset.y, SHEET.height * self.zoom, viewport.height),
            ),
            zoom: self.zoom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Size = Size {
        width: 1180.0,
        height: 640.0,
    };

    fn near(left: Point, right: Point) -> bool {
        (left.x - right.x).abs() < 1e-6 && (left.y - right.y).abs() < 1e-6
    }

    #[test]
    fn a_place_survives_the_way_to_the_screen_and_back() {
        let camera = Camera {
            offset: Point::new(-120.0, 33.5),
            zoom: 0.37,
        };
        let place = Point::new(812.0, 95.0);
        assert!(near(camera.to_board(camera.to_screen(place)), place));
    }

    #[test]
    fn zooming_keeps_the_place_under_the_finger() {
        let camera = Camera {
            offset: Point::new(40.0, -80.0),
            zoom: 0.5,
        };
        let finger = Point::new(300.0, 200.0);
        let before = camera.to_board(finger);
        assert!(near(camera.zoomed_at(finger, 1.7).to_board(finger), before));
    }

    #[test]
    fn zoom_stops_at_both_limits_and_survives_nonsense() {
        let camera = Camera::default();
        assert_eq!(camera.zoomed_at(Point::default(), 1000.0).zoom, ZOOM_MAX);
        assert_eq!(camera.zoomed_at(Point::default(), 0.0).zoom, ZOOM_MIN);
        assert_eq!(camera.zoomed_at(Point::default(), f64::NAN).zoom, 1.0);
    }

    #[test]
    fn a_pinch_keeps_what_lay_between_the_fingers_between_them() {
        let camera = Camera {
            offset: Point::new(10.0, 20.0),
            zoom: 0.6,
        };
        let before = (Point::new(100.0, 100.0), Point::new(200.0, 100.0));
        let after = (Point::new(130.0, 160.0), Point::new(330.0, 160.0));
        let pinched = camera.pinched(before, after);
        assert!((pinched.zoom - 1.2).abs() < 1e-9);
        assert!(near(pinched.to_board(after.0), camera.to_board(before.0)));
        assert!(near(pinched.to_board(after.1), camera.to_board(before.1)));
    }

    #[test]
    fn two_fingers_on_one_spot_only_pan() {
        let spot = Point::new(50.0, 50.0);
        let camera = Camera::default().pinched((spot, spot), (spot, Point::new(90.0, 50.0)));
        assert_eq!(camera.zoom, 1.0);
    }

    #[test]
    fn a_fit_shows_everything_and_never_magnifies() {
        let content = Rect::new(
            Point::new(400.0, 300.0),
            Size {
                width: 3000.0,
                height: 1200.0,
            },
        );
        let seen = Camera::fit(content, VIEW).rect_to_screen(content);
        assert!(seen.origin.x >= FIT_MARGIN - 1e-6 && seen.right() <= VIEW.width - FIT_MARGIN + 1e-6);
        assert!(seen.origin.y >= FIT_MARGIN - 1e-6 && seen.bottom() <= VIEW.height - FIT_MARGIN + 1e-6);
        let note = Rect::new(Point::new(10.0, 10.0), board::geometry::NOTE);
        assert_eq!(Camera::fit(note, VIEW).zoom, FIT_ZOOM_MAX);
        assert!(near(
            Camera::fit(note, VIEW).to_screen(note.centre()),
            Point::new(590.0, 320.0)
        ));
    }

    #[test]
    fn a_fit_into_no_room_at_all_stays_within_the_limits() {
        let camera = Camera::fit(Rect::default(), Size::default());
        assert!((ZOOM_MIN..=ZOOM_MAX).contains(&camera.zoom));
    }

    #[test]
    fn the_sheet_cannot_be_lost() {
        for far in [-1e9, 1e9] {
            let camera = Camera::default().panned(Point::new(far, far)).kept(VIEW);
            let sheet = camera.rect_to_screen(Rect::new(Point::default(), SHEET));
            assert!(sheet.intersects(&Rect::new(Point::default(), VIEW)));
        }
    }

    #[test]
    fn showing_moves_no_further_than_needed() {
        let camera = Camera::default();
        let inside = Rect::new(Point::new(300.0, 200.0), board::geometry::NOTE);
        assert_eq!(camera.showing(inside, VIEW), camera);
        let right = Rect::new(Point::new(1500.0, 200.0), board::geometry::NOTE);
        let seen = camera.showing(right, VIEW).rect_to_screen(right);
        assert!((seen.right() - (VIEW.width - FIT_MARGIN)).abs() < 1e-6);
        assert_eq!(seen.origin.y, 200.0);
    }

    #[test]
    fn one_notch_of_a_mouse_wheel_does_not_leap() {
        let zoom = Camera::default().wheel_zoomed(Point::default(), 240.0).zoom;
        assert!(zoom > 0.80 && zoom < 0.81);
    }
}
