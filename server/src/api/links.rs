//! New links and codes: made together, shown once, kept as hashes.

use board::{GroupId, WorkshopView};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::{
    qr,
    secret::Secret,
    state::wall_clock_ms,
    store::{LinkKind, LinkRow, Write},
};

/// Links hold for 30 days after they were made: an evening, its follow-up, and the printing in between.
const LINK_LIFE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Codes hold for 7 days; the arithmetic in [`crate::throttle`] counts on it.
const CODE_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// A whole new set of links for a workshop.
pub struct NewLinks {
    coordinator: Secret,
    viewer: Secret,
    code: Secret,
    groups: Vec<(GroupId, Secret)>,
}

impl NewLinks {
    /// Draws the secrets.
    pub fn draw(groups: impl IntoIterator<Item = GroupId>) -> Result<Self, ApiError> {
        Ok(Self {
            coordinator: Secret::random()?,
            viewer: Secret::random()?,
            code: Secret::random_code()?,
            groups: groups
                .into_iter()
                .map(|group| Ok((group, Secret::random()?)))
                .collect::<Result<Vec<_>, ApiError>>()?,
        })
    }

    /// How many rows these are.
    pub fn count(&self) -> usize {
        3 + self.groups.len()
    }

    /// What is stored of them.
    pub fn writes(&self, workshop: &str) -> Vec<Write> {
        let now_ms = wall_clock_ms();
        let row = |secret: &Secret, kind, group: Option<&GroupId>| {
            let life_ms = if kind == LinkKind::Code {
                CODE_LIFE_MS
            } else {
                LINK_LIFE_MS
            };
            Write::AddLink(LinkRow {
                hash: secret.hash(),
                workshop: workshop.to_owned(),
                kind,
                group: group.cloned(),
                expires_at_ms: now_ms.saturating_add(life_ms),
                revoked: false,
            })
        };
        let mut writes = vec![
            row(&self.coordinator, LinkKind::Coordinator, None),
            row(&self.viewer, LinkKind::Viewer, None),
            row(&self.code, LinkKind::Code, None),
        ];
        writes.extend(
            self.groups
                .iter()
                .map(|(group, secret)| row(secret, LinkKind::Group, Some(group))),
        );
        writes
    }

    /// The answer to a creation: plain addresses.
    pub fn created(&self, base_url: &str, workshop: &str, view: &WorkshopView) -> Value {
        json!({
            "workshop": workshop,
            "join_code": self.code.reveal_code(),
            "links": {
                "coordinator": url(base_url, &self.coordinator),
                "viewer": url(base_url, &self.viewer),
                "groups": self.named_groups(view).map(|(group, name, icon, secret)| json!({
                    "group": group.as_str(), "name": name, "icon": icon, "url": url(base_url, secret),
                })).collect::<Vec<_>>(),
            },
        })
    }

    /// The cards to be printed: addresses with their QR codes.
    pub fn cards(&self, base_url: &str, view: &WorkshopView) -> Value {
        let with_qr = |secret: &Secret| {
            let url = url(base_url, secret);
            json!({ "qr_svg": qr::svg(&url), "url": url })
        };
        json!({
            "join_code": self.code.reveal_code(),
            "join_url": format!("{base_url}/j"),
            "coordinator": with_qr(&self.coordinator),
            "viewer": with_qr(&self.viewer),
            "cards": self.named_groups(view).map(|(group, name, icon, secret)| {
                let url = url(base_url, secret);
                json!({ "group": group.as_str(), "name": name, "icon": icon, "qr_svg": qr::svg(&url), "url": url })
            }).collect::<Vec<_>>(),
        })
    }

    fn named_groups<'a>(
        &'a self,
        view: &'a WorkshopView,
    ) -> impl Iterator<Item = (&'a GroupId, &'a str, Option<&'a str>, &'a Secret)> {
        // In the order of the workshop's list, which a coordinator may have changed.
        view.groups.iter().filter_map(|named| {
            let (group, secret) = self.groups.iter().find(|(group, _)| *group == named.id)?;
            Some((group, named.name.as_str(), named.icon.as_deref(), secret))
        })
    }
}

/// The secret travels in the fragment, which browsers do not send: it reaches no log on the way.
fn url(base_url: &str, secret: &Secret) -> String {
    format!("{base_url}/j#{}", secret.reveal())
}
