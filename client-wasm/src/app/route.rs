//! Addresses: one parser, one printer.

use board::GroupId;

/// How a board is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BoardLook {
    /// 模造紙.
    #[default]
    Sheet,
    /// Headings and bullets.
    Outline,
}

/// A page of the app.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// `/`
    Start,
    /// `/new`
    New,
    /// `/import`
    Import,
    /// `/j`, with the link's secret in the fragment or none (code entry).
    Join {
        /// The fragment without `#`.
        secret: Option<String>,
    },
    /// `/w/{workshop}`: the coordinator's overview.
    Overview {
        /// The workshop.
        workshop: String,
    },
    /// `/w/{workshop}/g/{group}`, `?view=outline`.
    Board {
        /// The workshop.
        workshop: String,
        /// The group.
        group: GroupId,
        /// Sheet or outline.
        look: BoardLook,
    },
    /// `/w/{workshop}/links`
    Links {
        /// The workshop.
        workshop: String,
    },
    /// `/w/{workshop}/cards`
    Cards {
        /// The workshop.
        workshop: String,
    },
    /// `/w/{workshop}/report`
    Report {
        /// The workshop.
        workshop: String,
    },
    /// `/w/{workshop}/wall`
    Wall {
        /// The workshop.
        workshop: String,
    },
    /// Anything else.
    Unknown,
}

/// Longest workshop id in an address, in bytes: twice what the server makes.
const WORKSHOP_BYTES_MAX: usize = 80;

fn workshop_of(segment: &str) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!segment.is_empty() && segment.len() <= WORKSHOP_BYTES_MAX && segment.bytes().all(known))
        .then(|| segment.to_owned())
}

impl Route {
    /// Reads an address given as path, query (with or without `?`) and fragment (with or without `#`).
    pub fn parse(path: &str, query: &str, fragment: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            [] => Self::Start,
            ["new"] => Self::New,
            ["import"] => Self::Import,
            ["j"] => {
                let secret = fragment.trim_start_matches('#');
                Self::Join {
                    secret: (!secret.is_empty()).then(|| secret.to_owned()),
                }
            }
            ["w", workshop, rest @ ..] => match workshop_of(workshop) {
                Some(workshop) => Self::within(workshop, rest, query),
                None => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    fn within(workshop: String, rest: &[&str], query: &str) -> Self {
        match rest {
            [] => Self::Overview { workshop },
            ["links"] => Self::Links { workshop },
            ["cards"] => Self::Cards { workshop },
            ["report"] => Self::Report { workshop },
            ["wall"] => Self::Wall { workshop },
            ["g", group] => match group.parse() {
                Ok(group) => {
                    let outline = query
                        .trim_start_matches('?')
                        .split('&')
                        .any(|pair| pair == "view=outline");
                    let look = if outline { BoardLook::Outline } else { BoardLook::Sheet };
                    Self::Board { workshop, group, look }
                }
                Err(board::id::InvalidId) => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    /// The workshop in whose room this page lies.
    pub fn workshop(&self) -> Option<&str> {
        match self {
            Self::Overview { workshop }
            | Self::Board { workshop, .. }
            | Self::Links { workshop }
            | Self::Cards { workshop }
            | Self::Report { workshop }
            | Self::Wall { workshop } => Some(workshop),
            Self::Start | Self::New | Self::Import | Self::Join { .. } | Self::Unknown => None,
        }
    }
}

/// The address, without host. A join link's secret is never printed back.
impl std::fmt::Display for Route {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start | Self::Unknown => formatter.write_str("/"),
            Self::New => formatter.write_str("/new"),
            Self::Import => formatter.write_str("/import"),
            Self::Join { .. } => formatter.write_str("/j"),
            Self::Overview { workshop } => write!(formatter, "/w/{workshop}"),
            Self::Board {
                workshop,
                group,
                look: BoardLook::Sheet,
            } => write!(formatter, "/w/{workshop}/g/{group}"),
            Self::Board {
                workshop,
                group,
                look: BoardLook::Outline,
            } => {
                write!(formatter, "/w/{workshop}/g/{group}?view=outline")
            }
            Self::Links { workshop } => write!(formatter, "/w/{workshop}/links"),
            Self::Cards { workshop } => write!(formatter, "/w/{workshop}/cards"),
            Self::Report { workshop } => write!(formatter, "/w/{workshop}/report"),
            Self::Wall { workshop } => write!(formatter, "/w/{workshop}/wall"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_again_at_the_address_it_prints() {
        let workshop = "w-1_x".to_owned();
        let group: GroupId = "g1".parse().expect("an id");
        let pages = [
            Route::Start,
            Route::New,
            Route::Import,
            Route::Join { secret: None },
            Route::Overview {
                workshop: workshop.clone(),
            },
            Route::Board {
                workshop: workshop.clone(),
                group: group.clone(),
                look: BoardLook::Sheet,
            },
            Route::Board {
                workshop: workshop.clone(),
                group,
                look: BoardLook::Outline,
            },
            Route::Links {
                workshop: workshop.clone(),
            },
            Route::Cards {
                workshop: workshop.clone(),
            },
            Route::Report {
                workshop: workshop.clone(),
            },
            Route::Wall { workshop },
        ];
        for page in pages {
            let address = page.to_string();
            let (path, query) = address.split_once('?').unwrap_or((&address, ""));
            assert_eq!(Route::parse(path, query, ""), page);
        }
    }

    #[test]
    fn a_join_links_secret_is_read_but_never_printed() {
        let page = Route::parse("/j", "", "#s3cret");
        assert_eq!(
            page,
            Route::Join {
                secret: Some("s3cret".to_owned())
            }
        );
        assert_eq!(page.to_string(), "/j");
    }

    #[test]
    fn a_mangled_address_is_an_unknown_page() {
        for path in ["/w/..%2F", "/w/a/g/b c", "/x", "/w/a/b/c/d"] {
            assert_eq!(Route::parse(path, "", ""), Route::Unknown, "{path}");
        }
    }
}
