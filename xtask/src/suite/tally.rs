//! Counting test results out of what the test programs print.

/// The counts of every test program, in the order they ran.
#[derive(Debug, Default)]
pub struct Tally {
    programs: Vec<Program>,
}

#[derive(Debug, PartialEq, Eq)]
struct Program {
    passed: u64,
    failed: u64,
    ignored: u64,
    wall: String,
}

impl Tally {
    /// Looks at one line of output; anything but a result line is passed over.
    pub fn read(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let mut program = Program {
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
                    "  {:>5} passed {:>4} failed  {:>10}\n",
                    program.passed, program.failed, program.wall
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_programs_are_summed_and_other_lines_passed_over() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test a_note_is_moved ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 61.50s",
        ] {
            tally.read(line);
        }
        assert_eq!((tally.passed(), tally.failed(), tally.ignored()), (4, 2, 1));
        assert!(tally.table().contains("61.50s"), "{}", tally.table());
    }
}
