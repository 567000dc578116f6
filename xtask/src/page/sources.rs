//! What the page is made of besides the program: `index.html`, `boot.js`, `styles/*.css` and `static/**`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::bundle;

/// The start of the program, where the client brings no `boot.js` of its own: a file, because the page's security
/// policy allows no script inside the HTML.
const DEFAULT_BOOT: &str = include_str!("boot.js");

/// The service worker that keeps the page on the device, with placeholders.
pub const WORKER: &str = include_str!("sw.js");

/// A file's path below its folder, with `/` between the parts, and its bytes.
pub type NamedFile = (String, Vec<u8>);

/// The page's files as they are written by hand.
pub struct Sources {
    /// The page, with placeholders.
    pub index: String,
    /// The module that starts the program, with placeholders.
    pub boot: String,
    /// All styles, in the order of their file names.
    pub styles: Vec<u8>,
    /// Icons and the like, served under their own names.
    pub statics: Vec<NamedFile>,
}

impl Sources {
    /// Reads them from the client's folder.
    pub fn read(client: &Path) -> Result<Sources> {
        let index_file = client.join("index.html");
        let index = fs::read_to_string(&index_file).with_context(|| format!("reading {}", index_file.display()))?;
        if !index.contains("%BOOT%") {
            bail!(
                "{} starts no program: it has no %BOOT% placeholder",
                index_file.display()
            );
        }
        let boot_file = client.join("boot.js");
        let boot = if boot_file.is_file() {
            fs::read_to_string(&boot_file).with_context(|| format!("reading {}", boot_file.display()))?
        } else {
            DEFAULT_BOOT.to_owned()
        };
        let mut styles = Vec::new();
        for (name, bytes) in files_below(&client.join("styles"))? {
            if name.ends_with(".css") {
                styles.extend_from_slice(&bytes);
                styles.push(b'\n');
            }
        }
        Ok(Sources {
            index,
            boot,
            styles,
            statics: files_below(&client.join("static"))?,
        })
    }

    /// A hash over everything that goes into the page.
    pub fn hash_with(&self, wasm: &[u8], layout: u32) -> String {
        let layout = layout.to_le_bytes();
        let mut parts: Vec<&[u8]> = vec![
            &layout,
            wasm,
            self.index.as_bytes(),
            self.boot.as_bytes(),
            WORKER.as_bytes(),
            &self.styles,
        ];
        for (name, bytes) in &self.statics {
            parts.push(name.as_bytes());
            parts.push(bytes);
        }
        bundle::hash(parts)
    }
}

/// Every file below a folder, in the order of their names; none where the folder does not exist.
pub fn files_below(folder: &Path) -> Result<Vec<NamedFile>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, "", &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<NamedFile>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            bail!("the name of {} is not UTF-8", entry.path().display());
        };
        // Editors leave hidden files.
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// The addresses that stand in for `%JS%`, `%WASM%`, `%CSS%` and `%BOOT%`, and the page's name for `%VERSION%`.
#[derive(Default)]
pub struct Placeholders {
    /// wasm-bindgen's module.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// The one style sheet.
    pub css: String,
    /// The module that starts the program.
    pub boot: String,
    /// The page's name: a hash over all its files. Empty until they are all known.
    pub version: String,
}

impl Placeholders {
    /// `text` with the addresses filled in.
    pub fn fill(&self, text: &str) -> String {
        text.replace("%JS%", &self.js)
            .replace("%WASM%", &self.wasm)
            .replace("%CSS%", &self.css)
            .replace("%BOOT%", &self.boot)
            .replace("%VERSION%", &self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Sources {
        Sources {
            index: "i".to_owned(),
            boot: DEFAULT_BOOT.to_owned(),
            styles: b"a{}".to_vec(),
            statics: vec![("icon.svg".to_owned(), b"<svg/>".to_vec())],
        }
    }

    #[test]
    fn any_change_of_any_input_changes_the_hash() {
        let before = sources().hash_with(b"wasm", 1);
        assert_eq!(before, sources().hash_with(b"wasm", 1));
        assert_ne!(before, sources().hash_with(b"wasM", 1));
        assert_ne!(before, sources().hash_with(b"wasm", 2));
        let mut changed = sources();
        changed.statics[0].1 = b"<svg />".to_vec();
        assert_ne!(before, changed.hash_with(b"wasm", 1));
        let mut changed = sources();
        changed.styles.clear();
        assert_ne!(before, changed.hash_with(b"wasm", 1));
    }

    #[test]
    fn the_default_start_names_the_program_and_its_javascript() {
        let placeholders = Placeholders {
            js: "/j.js".to_owned(),
            wasm: "/w.wasm".to_owned(),
            css: "/c.css".to_owned(),
            ..Placeholders::default()
        };
        let boot = placeholders.fill(DEFAULT_BOOT);
        assert!(boot.contains("\"/j.js\"") && boot.contains("\"/w.wasm\""), "{boot}");
        assert!(!boot.contains('%'), "{boot}");
    }

    #[test]
    fn files_come_in_the_order_of_their_names_and_hidden_ones_not_at_all() {
        let folder = std::env::temp_dir().join(format!("yoriai-sources-{}", std::process::id()));
        fs::create_dir_all(folder.join("icons")).unwrap();
        for name in ["b.css", "a.css", "icons/x.svg", ".a.css.swp"] {
            fs::write(folder.join(name), name).unwrap();
        }
        let names: Vec<_> = files_below(&folder)
            .unwrap()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["a.css", "b.css", "icons/x.svg"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
