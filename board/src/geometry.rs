//! Lengths and places on the sheet. One unit is one CSS pixel at zoom 1; y grows downwards.

/// A place on the sheet, or a distance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Units to the right.
    pub x: f64,
    /// Units down.
    pub y: f64,
}

/// A width and a height in units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Size {
    /// Units wide.
    pub width: f64,
    /// Units high.
    pub height: f64,
}

/// An upright rectangle: its top left corner and its size.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Top left corner.
    pub origin: Point,
    /// Width and height.
    pub size: Size,
}

/// The fixed sheet (模造紙, 1091 × 788 mm, lying): room for about 300 notes in islands.
pub const SHEET: Size = Size {
    width: 4800.0,
    height: 3468.0,
};
/// A note: a 5:3 slip.
pub const NOTE: Size = Size {
    width: 200.0,
    height: 120.0,
};
/// Space between an island's outline and what it holds.
pub const ISLAND_PADDING: f64 = 24.0;
/// Height of an island's name-plate (表札), which sits on the outline's top edge.
pub const PLATE_HEIGHT: f64 = 56.0;
/// Size of an island that shows only its name-plate: a heading alone, an empty one, or a collapsed bundle (束).
pub const PLATE: Size = Size {
    width: 320.0,
    height: 88.0,
};

impl Point {
    /// The point at (x, y).
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}
impl std::ops::Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}
impl std::ops::Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Rect {
    /// The rectangle with this corner and size.
    pub const fn new(origin: Point, size: Size) -> Self {
        Self { origin, size }
    }
    /// Right edge.
    pub fn right(&self) -> f64 {
        self.origin.x + self.size.width
    }
    /// Bottom edge.
    pub fn bottom(&self) -> f64 {
        self.origin.y + self.size.height
    }
    /// The middle.
    pub fn centre(&self) -> Point {
        Point::new(
            self.origin.x + self.size.width / 2.0,
            self.origin.y + self.size.height / 2.0,
        )
    }
    /// Whether the point lies within, edges included.
    pub fn contains(&self, point: Point) -> bool {
        (self.origin.x..=self.right()).contains(&point.x) && (self.origin.y..=self.bottom()).contains(&point.y)
    }
    /// The smallest rectangle that holds both.
    pub fn union(&self, other: &Self) -> Self {
        let origin = Point::new(self.origin.x.min(other.origin.x), self.origin.y.min(other.origin.y));
        let size = Size {
            width: self.right().max(other.right()) - origin.x,
            height: self.bottom().max(other.bottom()) - origin.y,
        };
        Self { origin, size }
    }
    /// Whether the two share any area.
    pub fn intersects(&self, other: &Self) -> bool {
        self.origin.x < other.right()
            && other.origin.x < self.right()
            && self.origin.y < other.bottom()
            && other.origin.y < self.bottom()
    }
}
