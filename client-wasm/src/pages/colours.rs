//! The six papers as classes of the style sheet.

use board::view::Colour;

/// `paper-kinari` … `paper-fuji`: sets `--paper-colour` and `--paper-mark`.
pub fn paper_class(colour: Colour) -> &'static str {
    match colour {
        Colour::Kinari => "paper-kinari",
        Colour::Yamabuki => "paper-yamabuki",
        Colour::Sakura => "paper-sakura",
        Colour::Wakakusa => "paper-wakakusa",
        Colour::Asagi => "paper-asagi",
        Colour::Fuji => "paper-fuji",
    }
}
