//! QR codes as SVG, for cards that are printed.

use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder, svg::SvgBuilder},
};

/// Quiet zone in modules, as the standard asks for.
const MARGIN_MODULES: usize = 4;

/// The QR code of a text, with error correction that survives a coffee stain (quartile: 25 %).
/// None if the text is too long for any code (1,663 bytes).
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::Q).build().ok()?;
    let mut builder = SvgBuilder::default();
    builder.margin(MARGIN_MODULES);
    Some(builder.to_str(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_an_svg_and_a_novel_does_not() {
        let svg = svg("https://yoriai.example.jp/j#0123456789abcdef0123456789abcdef").unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("style="));
        assert_eq!(super::svg(&"x".repeat(4_000)), None);
    }
}
