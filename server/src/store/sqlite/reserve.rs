//! Room that is kept aside: a file of no meaning, removed when the disk is full, so that deleting, compacting and revoking,
//! which need room themselves, still work; and made again when there is room.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Name of the file in the data folder.
pub const RESERVE_FILE: &str = "yoriai.reserve";
/// Its size where there is plenty: the log of a deletion of the largest workshop fits several times.
const RESERVE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// On a small disk it takes one part in this many of what is free.
const RESERVE_PART: u64 = 8;
/// Less would not hold the log of one deletion.
const RESERVE_BYTES_MIN: u64 = 64 * 1024;

/// The reserve of a data folder.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    bytes: u64,
    held: bool,
}

impl Reserve {
    /// Finds the reserve of a folder, or makes it if there is room.
    pub fn open(folder: &Path) -> Self {
        let path = folder.join(RESERVE_FILE);
        let found = fs::metadata(&path).map(|metadata| metadata.len()).unwrap_or(0);
        let free = fs4::available_space(folder).unwrap_or(u64::MAX);
        let bytes = (free.saturating_add(found) / RESERVE_PART).clamp(RESERVE_BYTES_MIN, RESERVE_BYTES_MAX);
        let mut reserve = Self {
            path,
            bytes: if found >= RESERVE_BYTES_MIN { found } else { bytes },
            held: found >= RESERVE_BYTES_MIN,
        };
        reserve.make();
        reserve
    }

    /// Whether the room is kept aside.
    pub fn held(&self) -> bool {
        self.held
    }

    /// Makes the file if it is missing and there is room for it. Says whether it is there.
    pub fn make(&mut self) -> bool {
        if !self.held && self.free() >= self.bytes {
            match self.write() {
                Ok(()) => self.held = true,
                Err(_) => self.release(),
            }
        }
        self.held
    }

    /// Whether it is there and as much again is free: what was gained must not be taken away at once.
    pub fn has_room(&mut self) -> bool {
        self.make() && self.free() >= self.bytes
    }

    fn free(&self) -> u64 {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        // A file system that cannot say how much is free is tried.
        fs4::available_space(folder).unwrap_or(u64::MAX)
    }

    /// Gives the room back to the file system.
    pub fn release(&mut self) {
        // One that is not there or cannot be removed gives nothing; the store goes on as it would without.
        let _ = fs::remove_file(&self.path);
        self.held = false;
    }

    /// Bytes without a pattern: a file system that compresses would keep no room for zeros.
    fn write(&self) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut left = self.bytes;
        let mut block = Vec::with_capacity(64 * 1024);
        while left > 0 {
            block.clear();
            let size = left.min(64 * 1024);
            while (block.len() as u64) < size {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                block.extend_from_slice(&state.to_le_bytes());
            }
            file.write_all(&block)?;
            left -= size;
        }
        // Not synced: the room is taken once it is written, and a reserve that a crash cut short is made again.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_made_found_again_released_and_made_again() -> io::Result<()> {
        let folder = std::env::temp_dir().join(format!("yoriai-reserve-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut reserve = Reserve::open(&folder);
        assert!(reserve.held());
        let size = fs::metadata(folder.join(RESERVE_FILE))?.len();
        assert!((RESERVE_BYTES_MIN..=RESERVE_BYTES_MAX).contains(&size), "{size}");
        assert!(Reserve::open(&folder).held());
        reserve.release();
        assert!(!folder.join(RESERVE_FILE).exists());
        assert!(reserve.make());
        assert_eq!(fs::metadata(folder.join(RESERVE_FILE))?.len(), size);
        fs::remove_dir_all(folder)
    }
}
