//! The page's files, embedded at build time (see `build.rs`), and the choice of a compressed form.
//!
//! Knows nothing of HTTP frameworks: the routes ask [`Page::find`] and copy the answer's fields into headers.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

/// The file that holds the page's name; written by `cargo xtask page`.
const VERSION_FILE: &str = "page.version";

/// Everything the page consists of; empty when the server was built without a page.
static EMBEDDED: &[Asset] = include!(concat!(env!("OUT_DIR"), "/embedded_page.rs"));

/// One embedded file in up to three forms.
#[derive(Debug)]
pub struct Asset {
    /// The path below `/`, without a leading slash: `assets/client-1f0c….js`.
    pub path: &'static str,
    /// The `Content-Type`, with its charset where there is one.
    pub mime: &'static str,
    /// Hash of the identity form, in hexadecimal.
    pub hash: &'static str,
    /// Whether the path carries the content's hash, so that a browser may keep the file forever.
    pub immutable: bool,
    /// The file itself.
    pub identity: &'static [u8],
    /// Compressed with gzip, where that is smaller.
    pub gzip: Option<&'static [u8]>,
    /// Compressed with brotli, where that is smaller.
    pub brotli: Option<&'static [u8]>,
}

/// Finds an embedded file by its path below `/`, with or without the leading slash.
pub fn find(path: &str) -> Option<&'static Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    EMBEDDED.iter().find(|asset| asset.path == path)
}

/// Where the page comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// From this binary; what is deployed.
    Embedded,
    /// From a folder that `cargo xtask page` wrote, read again at every request: for work on the page.
    Folder(PathBuf),
}

/// A file in the form chosen for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// `Content-Type`.
    pub mime: Cow<'static, str>,
    /// `ETag`, quoted; differs between the forms, as a strong tag must.
    pub etag: String,
    /// `Content-Encoding`, absent for the identity form. Send `Vary: Accept-Encoding` with either.
    pub encoding: Option<&'static str>,
    /// Whether to send `Cache-Control: public, max-age=31536000, immutable`; otherwise `no-cache`.
    pub immutable: bool,
    /// The bytes.
    pub body: Cow<'static, [u8]>,
}

impl Page {
    /// Whether there is a page at all; if not, the server says how to build one.
    pub fn is_built(&self) -> bool {
        match self {
            Page::Embedded => !EMBEDDED.is_empty(),
            Page::Folder(folder) => folder.join("page.manifest").is_file(),
        }
    }

    /// The page's name, by the hash of its files; None for a page that brings none.
    pub fn version(&self) -> Option<String> {
        let served = self.find(VERSION_FILE, "")?;
        let text = std::str::from_utf8(&served.body).ok()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The file at `path` (below `/`, leading slash optional) in the best form that `accept_encoding` allows.
    pub fn find(&self, path: &str, accept_encoding: &str) -> Option<Served> {
        match self {
            Page::Embedded => {
                let asset = find(path)?;
                let encoding = choose(accept_encoding, asset.brotli.is_some(), asset.gzip.is_some());
                let body = match encoding {
                    Encoding::Brotli => asset.brotli,
                    Encoding::Gzip => asset.gzip,
                    Encoding::Identity => None,
                };
                Some(Served {
                    mime: Cow::Borrowed(asset.mime),
                    etag: encoding.etag(asset.hash),
                    encoding: encoding.header(),
                    immutable: asset.immutable,
                    body: Cow::Borrowed(body.unwrap_or(asset.identity)),
                })
            }
            Page::Folder(folder) => find_in_folder(folder, path),
        }
    }
}

/// Reads one file of an unpacked page, uncompressed: on the developer's own machine the network is free.
fn find_in_folder(folder: &Path, path: &str) -> Option<Served> {
    let path = path.strip_prefix('/').unwrap_or(path);
    // Only names that the manifest lists are served; this check keeps even a wrong manifest inside the folder.
    if !Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let manifest = std::fs::read_to_string(folder.join("page.manifest")).ok()?;
    let mut fields = manifest
        .lines()
        .map(|line| line.split('\t'))
        .find_map(|mut fields| (fields.next() == Some(path)).then_some(fields))?;
    let (mime, hash, immutable) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Served {
        mime: Cow::Owned(mime.to_owned()),
        etag: Encoding::Identity.etag(hash),
        encoding: None,
        immutable: immutable == "immutable",
        body: Cow::Owned(std::fs::read(folder.join(path)).ok()?),
    })
}

/// The form of a file that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    fn header(self) -> Option<&'static str> {
        match self {
            Encoding::Brotli => Some("br"),
            Encoding::Gzip => Some("gzip"),
            Encoding::Identity => None,
        }
    }

    fn etag(self, hash: &str) -> String {
        match self.header() {
            Some(suffix) => format!("\"{hash}-{suffix}\""),
            None => format!("\"{hash}\""),
        }
    }
}

/// Chooses the smallest form that the request allows: brotli before gzip before identity.
///
/// Reads `Accept-Encoding` as RFC 9110 does, as far as it matters for three forms: `q=0` forbids, `*` stands for what is
/// not named, other weights do not change our order. Identity is always possible, so nothing is ever refused.
pub fn choose(accept_encoding: &str, has_brotli: bool, has_gzip: bool) -> Encoding {
    let allows = |wanted: &str| {
        let mut by_wildcard = false;
        for item in accept_encoding.split(',') {
            let mut parts = item.split(';');
            let name = parts.next().unwrap_or_default().trim();
            let forbidden = parts
                .any(|parameter| parameter.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0));
            if name.eq_ignore_ascii_case(wanted) {
                return !forbidden;
            }
            if name == "*" {
                by_wildcard = !forbidden;
            }
        }
        by_wildcard
    };
    if has_brotli && allows("br") {
        Encoding::Brotli
    } else if has_gzip && allows("gzip") {
        Encoding::Gzip
    } else {
        Encoding::Identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_brotli_and_an_old_proxy_gets_gzip() {
        assert_eq!(choose("gzip, deflate, br, zstd", true, true), Encoding::Brotli);
        assert_eq!(choose("gzip, deflate", true, true), Encoding::Gzip);
        assert_eq!(choose("GZIP;q=0.5", true, true), Encoding::Gzip);
    }

    #[test]
    fn what_is_forbidden_or_absent_is_not_sent() {
        assert_eq!(choose("", true, true), Encoding::Identity);
        assert_eq!(choose("br;q=0, gzip;q=1.0", true, true), Encoding::Gzip);
        assert_eq!(choose("br", false, true), Encoding::Identity);
        assert_eq!(choose("*", true, true), Encoding::Brotli);
        assert_eq!(choose("br;q=0, *", true, true), Encoding::Gzip);
        assert_eq!(choose("*;q=0", true, true), Encoding::Identity);
    }

    #[test]
    fn the_forms_of_one_file_have_different_tags() {
        assert_eq!(Encoding::Brotli.etag("1f"), "\"1f-br\"");
        assert_eq!(Encoding::Identity.etag("1f"), "\"1f\"");
    }

    #[test]
    fn a_folder_serves_what_its_manifest_lists_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("yoriai-assets-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        std::fs::write(folder.join("assets/a.css"), "a{}").unwrap();
        std::fs::write(folder.join("secret"), "s").unwrap();
        std::fs::write(
            folder.join("page.manifest"),
            "assets/a.css\ttext/css\t1f\timmutable\n../x\tt\th\t-\n",
        )
        .unwrap();
        let page = Page::Folder(folder.clone());
        let served = page.find("/assets/a.css", "br").unwrap();
        assert_eq!(
            (served.body.as_ref(), served.immutable, served.encoding),
            (&b"a{}"[..], true, None)
        );
        assert_eq!(page.find("/secret", ""), None);
        assert_eq!(page.find("/../x", ""), None);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
