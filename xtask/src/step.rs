//! Saying what happens, and running programs so that a failure says what to do.

use std::fmt::Display;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

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

/// A program of tests that says nothing for so long hangs: the slowest test ends within a third of it.
const SILENCE_MAX: Duration = Duration::from_secs(8 * 60);
/// How often it is looked whether the program has ended; what it started may hold its output open for ever.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs a program, shows what it prints as it comes and hands every line to `read`; whether it succeeded.
///
/// What it started and left behind is not waited for. A child of it that is silent for [`SILENCE_MAX`] is killed, so that
/// one test that hangs costs itself and not all that come after it.
pub fn watch(command: Command, read: impl FnMut(&str)) -> Result<bool> {
    watch_at_most(command, SILENCE_MAX, read)
}

fn watch_at_most(mut command: Command, silence: Duration, mut read: impl FnMut(&str)) -> Result<bool> {
    // One pipe for both streams, because only their order tells which program a result belongs to.
    let (output, input) = io::pipe().context("no pipe for the output of the tests")?;
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{}` could not be started", shown(&command)))?;
    // The command holds the pipe's other end; with it open the output would never end.
    drop(command);
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    let mut heard = Instant::now();
    let mut ended = None;
    loop {
        match lines.recv_timeout(LOOK_EVERY) {
            Ok(line) => {
                heard = Instant::now();
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                read(&line);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(child.wait()?.success()),
            // One look more after the end, for what it said last.
            Err(RecvTimeoutError::Timeout) => match ended {
                Some(succeeded) => return Ok(succeeded),
                None => ended = child.try_wait()?.map(|status| status.success()),
            },
        }
        if heard.elapsed() > silence {
            say(
                "tests",
                &format!("nothing was said for {}: what runs is stopped", wall_time(silence)),
            );
            heard = Instant::now();
            let running = children(child.id());
            if running.is_empty() {
                child.kill()?;
            }
            for process in running {
                let _ = Command::new("kill").args(["-9", &process.to_string()]).status();
            }
        }
    }
}

/// The processes that a process started and that still run; none where there is no `/proc`.
fn children(of: u32) -> Vec<u32> {
    let parent = format!("PPid:\t{of}\n");
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter(|entry| {
            std::fs::read_to_string(entry.path().join("status")).is_ok_and(|status| status.contains(&parent))
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
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
    fn what_a_program_left_behind_is_not_waited_for() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!"]);
        let mut left = Vec::new();
        assert!(watch(command, |line| left.push(line.to_owned())).unwrap());
        let ended = Command::new("kill").args(&left).status().unwrap();
        assert!(ended.success(), "it was still running");
    }

    #[test]
    fn a_silent_child_is_stopped_and_what_comes_after_it_runs() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; sleep 600; echo two"]);
        let mut lines = Vec::new();
        let succeeded = watch_at_most(command, Duration::from_millis(500), |line| lines.push(line.to_owned()));
        assert!(succeeded.unwrap());
        assert_eq!(lines.first().map(String::as_str), Some("one"));
        assert_eq!(lines.last().map(String::as_str), Some("two"));
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
