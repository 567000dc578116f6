//! What one page hands to the next. Links are secrets which the server shows once and keeps only as hashes, so
//! they travel from the page that made them to the page that shows them in memory: not in the address, not in
//! the device's storage. Whoever reloads the page makes new ones.

use std::cell::RefCell;

use crate::api::{Cards, Created};

thread_local! {
    static LINKS: RefCell<Option<Created>> = const { RefCell::new(None) };
    static CARDS: RefCell<Option<(String, Cards)>> = const { RefCell::new(None) };
}

/// Hands over the links of a workshop just made.
pub fn hand_links(created: Created) {
    LINKS.set(Some(created));
}

/// The links of this workshop, if they were made on this page load.
pub fn links_of(workshop: &str) -> Option<Created> {
    LINKS.with_borrow(|links| links.clone().filter(|created| created.workshop == workshop))
}

/// Hands over freshly minted cards.
pub fn hand_cards(workshop: &str, cards: Cards) {
    CARDS.set(Some((workshop.to_owned(), cards)));
}

/// The cards of this workshop, if they were minted on this page load.
pub fn cards_of(workshop: &str) -> Option<Cards> {
    CARDS.with_borrow(|cards| cards.clone().filter(|(of, _)| of == workshop).map(|(_, cards)| cards))
}

/// Forgets both: after revoking they open nothing.
pub fn forget() {
    LINKS.set(None);
    CARDS.set(None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Links;

    #[test]
    fn links_reach_only_the_page_of_their_own_workshop() {
        let links = Links {
            coordinator: "/j#c".into(),
            viewer: "/j#v".into(),
            groups: Vec::new(),
        };
        hand_links(Created {
            workshop: "w1".into(),
            join_code: "123456789012".into(),
            links,
        });
        assert!(links_of("w2").is_none());
        assert_eq!(
            links_of("w1").map(|created| created.join_code),
            Some("123456789012".to_owned())
        );
        forget();
        assert!(links_of("w1").is_none());
    }
}
