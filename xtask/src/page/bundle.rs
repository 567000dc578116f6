//! The finished files and the folder they are written to.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// Bytes of SHA-256 that a name carries: 64 bits tell apart the few dozen builds that any browser ever caches.
const HASH_BYTES: usize = 8;
/// Brotli's best level and largest ordinary window (4 MiB): done once per build, paid back at every first visit.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW_LOG2: u32 = 22;
const BROTLI_BUFFER_BYTES: usize = 64 * 1024;
/// A smaller file gains nothing: it fits one network packet with its headers.
const COMPRESS_MIN_BYTES: usize = 512;

/// One file of the page.
struct File {
    path: String,
    bytes: Vec<u8>,
    immutable: bool,
}

/// All files of the page.
#[derive(Default)]
pub struct Bundle {
    files: Vec<File>,
}

impl Bundle {
    /// Adds a file under its own name; browsers ask again every time.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.push(File {
            path: path.to_owned(),
            bytes,
            immutable: false,
        });
    }

    /// Adds a file whose path already tells its content; browsers keep it.
    pub fn add_immutable(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.push(File {
            path: path.to_owned(),
            bytes,
            immutable: true,
        });
    }

    /// Adds a file named by its content and returns its address.
    pub fn add_hashed(&mut self, stem: &str, extension: &str, bytes: Vec<u8>) -> String {
        let path = format!("assets/{stem}-{}.{extension}", hash([bytes.as_slice()]));
        let address = format!("/{path}");
        self.add_immutable(&path, bytes);
        address
    }

    /// The addresses of all files so far, in the order in which they were added.
    pub fn addresses(&self) -> Vec<String> {
        self.files.iter().map(|file| format!("/{}", file.path)).collect()
    }

    /// A hash over all files so far and one text more.
    pub fn hash_with(&self, text: &str) -> String {
        let files = self
            .files
            .iter()
            .flat_map(|file| [file.path.as_bytes(), file.bytes.as_slice()]);
        hash(files.chain([text.as_bytes()]))
    }

    /// Writes everything into an empty folder, with compressed forms if asked.
    pub fn write(&self, folder: &Path, compress: bool) -> Result<Sizes> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let mut manifest = String::new();
        for file in &self.files {
            let target = folder.join(&file.path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&target, &file.bytes).with_context(|| format!("writing {}", target.display()))?;
            let kept = if file.immutable { "immutable" } else { "revalidate" };
            let hash = hash([file.bytes.as_slice()]);
            manifest.push_str(&format!("{}\t{}\t{hash}\t{kept}\n", file.path, mime(&file.path)));
        }
        let sizes = if compress {
            self.write_compressed(folder)?
        } else {
            self.sizes()
        };
        // Last, because its presence says that the folder is complete.
        fs::write(folder.join("page.manifest"), manifest)?;
        Ok(sizes)
    }

    /// Compresses every file on a thread of its own: the wasm file takes far longer than all others together.
    fn write_compressed(&self, folder: &Path) -> Result<Sizes> {
        let mut sizes = self.sizes();
        let packed: Vec<Result<(usize, usize)>> = thread::scope(|scope| {
            let workers: Vec<_> = self
                .files
                .iter()
                .map(|file| scope.spawn(move || compress_beside(file, folder)))
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("compressing failed"))))
                .collect()
        });
        (sizes.gzip, sizes.brotli) = (0, 0);
        for result in packed {
            let (gzip, brotli) = result?;
            sizes.gzip += gzip;
            sizes.brotli += brotli;
        }
        Ok(sizes)
    }

    fn sizes(&self) -> Sizes {
        let identity = self.files.iter().map(|file| file.bytes.len()).sum();
        Sizes {
            files: self.files.len(),
            identity,
            gzip: identity,
            brotli: identity,
        }
    }
}

/// Writes `.gz` and `.br` beside a file where they are smaller, and returns the bytes sent in either case.
fn compress_beside(file: &File, folder: &Path) -> Result<(usize, usize)> {
    let whole = file.bytes.len();
    if whole < COMPRESS_MIN_BYTES || is_compressed_already(&file.path) {
        return Ok((whole, whole));
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&file.bytes)?;
    let gzip = keep_if_smaller(folder, &format!("{}.gz", file.path), &encoder.finish()?, whole)?;

    let mut packed = Vec::new();
    {
        let mut writer =
            brotli::CompressorWriter::new(&mut packed, BROTLI_BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW_LOG2);
        writer.write_all(&file.bytes)?;
        writer.flush()?;
    }
    let brotli = keep_if_smaller(folder, &format!("{}.br", file.path), &packed, whole)?;
    Ok((gzip, brotli))
}

fn keep_if_smaller(folder: &Path, path: &str, packed: &[u8], whole: usize) -> Result<usize> {
    if packed.len() >= whole {
        return Ok(whole);
    }
    fs::write(folder.join(path), packed).with_context(|| format!("writing {path}"))?;
    Ok(packed.len())
}

fn is_compressed_already(path: &str) -> bool {
    ["png", "jpg", "webp", "woff2"].contains(&extension(path))
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The `Content-Type` of a file, by its name.
fn mime(path: &str) -> &'static str {
    match extension(path) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" | "version" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A short hexadecimal hash over several parts; the lengths take part, so that parts cannot slide into each other.
pub fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher
        .finalize()
        .iter()
        .take(HASH_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// How large the page is, for the person who waits for it.
pub struct Sizes {
    files: usize,
    identity: usize,
    gzip: usize,
    brotli: usize,
}

impl fmt::Display for Sizes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kb = |bytes: usize| bytes.div_ceil(1000);
        write!(formatter, "{} files, {} KB", self.files, kb(self.identity))?;
        if self.brotli < self.identity {
            write!(
                formatter,
                ", sent as {} KB brotli or {} KB gzip",
                kb(self.brotli),
                kb(self.gzip)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn compressed_forms_unpack_to_the_file_and_the_manifest_names_the_file() {
        let folder = std::env::temp_dir().join(format!("yoriai-bundle-{}", std::process::id()));
        let text = "寄合".repeat(400).into_bytes();
        let mut bundle = Bundle::default();
        let address = bundle.add_hashed("styles", "css", text.clone());
        bundle.add("icon.svg", b"<svg/>".to_vec());
        bundle.write(&folder, true).unwrap();

        let file = folder.join(address.trim_start_matches('/'));
        let mut unpacked = Vec::new();
        let gzip = fs::File::open(format!("{}.gz", file.display())).unwrap();
        flate2::read::GzDecoder::new(gzip).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        let brotli = fs::File::open(format!("{}.br", file.display())).unwrap();
        brotli::Decompressor::new(brotli, 4096)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        assert!(!folder.join("icon.svg.gz").exists(), "a tiny file is not worth it");

        let manifest = fs::read_to_string(folder.join("page.manifest")).unwrap();
        let lines: Vec<_> = manifest.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].ends_with("\timmutable") && lines[0].contains("\ttext/css"),
            "{manifest}"
        );
        assert!(lines[1].starts_with("icon.svg\timage/svg+xml\t") && lines[1].ends_with("\trevalidate"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn parts_cannot_slide_into_each_other() {
        assert_ne!(hash([&b"ab"[..], b"c"]), hash([&b"a"[..], b"bc"]));
        assert_eq!(hash([&b"a"[..]]).len(), 2 * HASH_BYTES);
    }
}
