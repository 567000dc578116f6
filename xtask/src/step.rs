//! Saying what happens, and running programs so that a failure says what to do.

use std::fmt::Display;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Prints one line of progress: which part speaks, what it does and why.
pub fn say(part: impl Display, line: &str) {
    eprintln!("[{part}] {line}");
}

/// Runs a program that shows its own progress, and fails when it fails.
///
/// `advice` completes the sentence that a failure prints: what to install or to look at.
pub fn run(command: &mut Command, advice: &str) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{}` could not be started; {advice}", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status}); {advice}", shown(command));
    }
    Ok(())
}

/// Runs a program quietly and returns what it printed; `None` when it is missing or fails.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program, shows what it prints as it comes and hands every line to `read`; whether it succeeded.
pub fn watch(mut command: Command, mut read: impl FnMut(&str)) -> Result<bool> {
    // One pipe for both streams, because only their order tells which program a result belongs to.
    let (output, input) = io::pipe().context("no pipe for the output of the tests")?;
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{}` could not be started", shown(&command)))?;
    // The command holds the pipe's other end; with it open the output would never end.
    drop(command);
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading the output of the tests")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        read(&line);
    }
    Ok(child.wait()?.success())
}

/// A duration as a person says it: `48 s`, `3 min 05 s`.
pub fn wall_time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// The program and its arguments, for a message.
fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_times_read_well_at_every_size() {
        assert_eq!(wall_time(Duration::from_millis(1_234)), "1.2 s");
        assert_eq!(wall_time(Duration::from_secs(48)), "48 s");
        assert_eq!(wall_time(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn both_streams_are_watched_in_their_order() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        let mut lines = Vec::new();
        let succeeded = watch(command, |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["one", "two", "three"]);
        assert!(!succeeded);
    }

    #[test]
    fn a_failure_names_the_program_and_the_advice() {
        let error = run(&mut Command::new("false"), "install truth")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`false` failed") && error.contains("install truth"),
            "{error}"
        );
        let error = run(&mut Command::new("no-such-program-here"), "install it").unwrap_err();
        assert!(error.to_string().contains("install it"), "{error}");
    }
}
