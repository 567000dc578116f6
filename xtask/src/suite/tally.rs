//! Counting test results out of what the test programs print.

use std::mem;

/// The counts of every test program, in the order they ran.
#[derive(Debug, Default)]
pub struct Tally {
    programs: Vec<Program>,
    running: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Program {
    name: String,
    passed: u64,
    failed: u64,
    ignored: u64,
    wall: String,
}

impl Tally {
    /// Looks at one line of output; anything but a result line is passed over.
    pub fn read(&mut self, line: &str) {
        if let Some(name) = program_name(line) {
            self.running = name.to_owned();
        }
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let mut program = Program {
            name: mem::take(&mut self.running),
            passed: 0,
            failed: 0,
            ignored: 0,
            wall: String::new(),
        };
        for field in result.split_once(". ").map_or(result, |(_, counts)| counts).split(';') {
            let field = field.trim();
            if let Some(wall) = field.strip_prefix("finished in ") {
                program.wall = wall.to_owned();
                continue;
            }
            let Some((count, name)) = field.split_once(' ') else {
                continue;
            };
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match name {
                "passed" => program.passed = count,
                "failed" => program.failed = count,
                "ignored" => program.ignored = count,
                _ => {}
            }
        }
        self.programs.push(program);
    }

    /// Tests that passed.
    pub fn passed(&self) -> u64 {
        self.programs.iter().map(|program| program.passed).sum()
    }

    /// Tests that failed.
    pub fn failed(&self) -> u64 {
        self.programs.iter().map(|program| program.failed).sum()
    }

    /// Tests that were not run.
    pub fn ignored(&self) -> u64 {
        self.programs.iter().map(|program| program.ignored).sum()
    }

    /// One line per program that had tests.
    pub fn table(&self) -> String {
        self.programs
            .iter()
            .filter(|program| program.passed + program.failed + program.ignored > 0)
            .map(|program| {
                format!(
                    "  {:<24} {:>5} passed {:>4} failed {:>4} ignored {:>10}\n",
                    program.name, program.passed, program.failed, program.ignored, program.wall
                )
            })
            .collect()
    }
}

/// The name of the program that cargo announces: `board` for `Running unittests src/lib.rs (target/…/board-1f0c…)`.
fn program_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if let Some(package) = line.strip_prefix("Doc-tests ") {
        return Some(package);
    }
    let file = line.strip_prefix("Running ")?.rsplit_once(['/', '\\'])?.1;
    Some(file.rsplit_once('-').map_or(file, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_programs_are_summed_and_other_lines_passed_over() {
        let mut tally = Tally::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/board-1f0c2a)",
            "running 3 tests",
            "test a_note_is_moved ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "     Running tests/store_contract.rs (target/debug/deps/store_contract-77aa)",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 61.50s",
        ] {
            tally.read(line);
        }
        assert_eq!((tally.passed(), tally.failed(), tally.ignored()), (4, 2, 1));
        let table = tally.table();
        let lines: Vec<_> = table.lines().map(str::trim_start).collect();
        assert!(lines[0].starts_with("board "), "{table}");
        assert!(
            lines[1].starts_with("store_contract ") && lines[1].ends_with("61.50s"),
            "{table}"
        );
        assert_eq!(program_name("   Doc-tests sync"), Some("sync"));
    }
}
