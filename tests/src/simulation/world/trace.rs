//! What happened, line by line, as a hash and as the last of the lines.

use std::collections::VecDeque;

/// Lines of the trace that a failure shows.
const TRACE_LINES: usize = 40;

/// A hash of everything that happened, and the last lines of it.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    /// How many lines there were.
    pub lines: u64,
    last: VecDeque<String>,
    /// Print each line as it comes.
    pub aloud: bool,
}

impl Trace {
    /// A trace without a line.
    pub(super) fn new() -> Self {
        // The offset basis of FNV-1a.
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: 0,
            last: VecDeque::new(),
            aloud: false,
        }
    }

    /// Adds a line.
    pub fn line(&mut self, line: String) {
        for byte in line.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.aloud {
            println!("{line}");
        }
        self.lines += 1;
        if self.last.len() == TRACE_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// FNV-1a over all lines.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last lines, for a failure.
    pub fn last(&self) -> String {
        self.last.iter().map(|line| format!("{line}\n")).collect()
    }
}
