//! What the operator does with a data folder beside running it: `backup`, `restore`, `check`, `export`.
//!
//! Each prints what it did, one fact a line. Backup, check and export work beside a running server; restore wants it stopped.

mod export;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use automerge::{Automerge, Change, ReadDoc as _};
use board::{Board, Workshop};
use sync::DocumentId;

use crate::{
    rooms::load,
    startup::{DataFolder, StartError},
    state::wall_clock_ms,
    store::{
        DocumentKind, StoreError, StoredDocument,
        sqlite::{
            DATABASE_FILE, backup as copying,
            check::{self, Findings},
            restore as restoring,
        },
    },
};

pub use export::export;

/// A subcommand.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Task {
    /// Copy everything into one file while the server runs: one moment of the database, checked after writing.
    Backup {
        /// A new file, or a folder in which a file with today's date and time is made.
        to: PathBuf,
    },
    /// Put a backup back. The server must be stopped.
    Restore {
        /// The backup.
        from: PathBuf,
        /// Only this document: the id that the log names. What is newer in the data folder and readable is kept.
        #[arg(long, value_name = "ID")]
        board: Option<String>,
        /// Also where there is data already (which is kept beside it), or where the board is not damaged.
        #[arg(long)]
        force: bool,
    },
    /// Verify every hash and open every board. Ends with 0 if all is well, 3 if something is damaged.
    Check {
        /// A backup; without it the data folder.
        file: Option<PathBuf>,
    },
    /// Write every workshop's reports and boards into a folder.
    Export {
        /// The folder; made if it is missing.
        to: PathBuf,
    },
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All is well.
    Well,
    /// It was done, and something is damaged.
    Damaged,
}

/// Why a task was not done. Prints as a Japanese sentence and an English one.
#[derive(Debug)]
pub enum TaskError {
    /// There is no database.
    NoDatabase(PathBuf),
    /// There is something already, and nobody said to replace it.
    Exists(PathBuf),
    /// The data folder cannot be had.
    Folder(StartError),
    /// The backup itself is damaged, and nobody said to take it all the same.
    DamagedBackup(PathBuf),
    /// The identifier is none, or the backup does not hold it.
    NoSuchBoard(String),
    /// The board in the data folder is well, and nobody said to replace it.
    NotDamaged(String),
    /// The store said no.
    Store(PathBuf, StoreError),
    /// A file could not be written.
    Write(PathBuf, std::io::Error),
}

impl std::error::Error for TaskError {}

impl fmt::Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDatabase(path) => write!(
                formatter,
                "{0} にデータがありません。\nThere is no database at {0}.",
                path.display()
            ),
            Self::Exists(path) => write!(
                formatter,
                "{0} はすでにあります。置き換えるときは --force を付けるか、別の名前にしてください。何も変更していません。\n\
                 {0} exists already. Add --force to replace it, or choose another name. Nothing was changed.",
                path.display()
            ),
            Self::Folder(error) => error.fmt(formatter),
            Self::DamagedBackup(path) => write!(
                formatter,
                "バックアップ {0} に壊れた部分があります。`yoriai check {0}` で確かめてください。それでも戻すときは --force。何も変更していません。\n\
                 The backup {0} is damaged in parts; see `yoriai check {0}`. Add --force to restore it all the same. Nothing was changed.",
                path.display()
            ),
            Self::NoSuchBoard(id) => write!(
                formatter,
                "「{id}」という文書はバックアップにありません。\nThe backup holds no document {id}."
            ),
            Self::NotDamaged(id) => write!(
                formatter,
                "文書 {id} は壊れていません。それでも戻すときは --force。何も変更していません。\n\
                 The document {id} is not damaged. Add --force to restore it all the same. Nothing was changed."
            ),
            Self::Store(path, error) => write!(
                formatter,
                "{0} を扱えません（{error}）。\n{0}: {error}.",
                path.display()
            ),
            Self::Write(path, error) => write!(
                formatter,
                "{0} に書き込めません（{error}）。\n{0} cannot be written ({error}).",
                path.display()
            ),
        }
    }
}

/// Does a task on a data folder. What it says goes to `say`, one line at a time.
///
/// # Errors
/// [`TaskError`]: it was not done, and nothing was changed.
pub fn run(task: &Task, data: &Path, say: &mut dyn FnMut(String)) -> Result<Ended, TaskError> {
    match task {
        Task::Backup { to } => backup(data, to, say),
        Task::Restore {
            from,
            board: None,
            force,
        } => restore(from, data, *force, say),
        Task::Restore {
            from,
            board: Some(board),
            force,
        } => restore_board(from, data, board, *force, say),
        Task::Check { file } => {
            let path = file.clone().unwrap_or_else(|| data.join(DATABASE_FILE));
            let findings = look(&path)?;
            tell(&findings, &path, say);
            Ok(ended(&findings))
        }
        Task::Export { to } => export(&database(data)?, to, say),
    }
}

fn backup(data: &Path, to: &Path, say: &mut dyn FnMut(String)) -> Result<Ended, TaskError> {
    let from = database(data)?;
    let to = if to.is_dir() {
        to.join(format!("yoriai-{}.sqlite", timestamp(wall_clock_ms())))
    } else {
        to.to_owned()
    };
    copying::copy(&from, &to).map_err(|error| match error {
        StoreError::Conflict => TaskError::Exists(to.clone()),
        other => TaskError::Store(from.clone(), other),
    })?;
    // What was written is read again: a backup that was never read is a hope.
    let findings = look(&to)?;
    say(format!("バックアップ backup: {}", to.display()));
    tell(&findings, &to, say);
    Ok(ended(&findings))
}

fn restore(from: &Path, data: &Path, force: bool, say: &mut dyn FnMut(String)) -> Result<Ended, TaskError> {
    let findings = look(from)?;
    if !findings.is_sound() && !force {
        return Err(TaskError::DamagedBackup(from.to_owned()));
    }
    let folder = DataFolder::lock(data).map_err(TaskError::Folder)?;
    let path = folder.path().join(DATABASE_FILE);
    if path.exists() && !force {
        return Err(TaskError::Exists(path));
    }
    let kept = restoring::whole(from, folder.path()).map_err(|error| TaskError::Store(path.clone(), error))?;
    say(format!("復元 restored: {}", path.display()));
    if let Some(kept) = kept {
        say(format!("それまでのデータ kept what was there: {}", kept.display()));
    }
    tell(&findings, &path, say);
    Ok(ended(&findings))
}

fn restore_board(
    from: &Path,
    data: &Path,
    board: &str,
    force: bool,
    say: &mut dyn FnMut(String),
) -> Result<Ended, TaskError> {
    let document: DocumentId = board.parse().map_err(|_| TaskError::NoSuchBoard(board.to_owned()))?;
    let from_error = |error| TaskError::Store(from.to_owned(), error);
    let stored = restoring::document(from, document)
        .map_err(from_error)?
        .ok_or_else(|| TaskError::NoSuchBoard(board.to_owned()))?;
    let mut doc = load::build(&stored).map_err(from_error)?;
    let folder = DataFolder::lock(data).map_err(TaskError::Folder)?;
    let path = database(folder.path())?;
    let present = restoring::document(&path, document);
    let is_well = matches!(&present, Ok(Some(present)) if readable(present).is_ok());
    if is_well && !force {
        return Err(TaskError::NotDamaged(board.to_owned()));
    }
    let data_error = |error| TaskError::Store(path.clone(), error);
    let in_backup = doc.get_changes(&[]).len();
    let pieces = restoring::pieces(&path, document).map_err(data_error)?;
    let lost = merge(&mut doc, &pieces);
    let newer = doc.get_changes(&[]).len() - in_backup;
    restoring::replace(folder.path(), document, &stored, doc.save()).map_err(data_error)?;
    say(format!(
        "復元 restored: {document} ({in_backup} changes of the backup, {newer} newer ones that could still be read)"
    ));
    if lost + pieces.damaged > 0 {
        say(format!(
            "失われた変更 lost: {} damaged part(s), {lost} change(s) that build on them",
            pieces.damaged
        ));
        return Ok(Ended::Damaged);
    }
    Ok(Ended::Well)
}

/// Adds to a document what can still be read of its damaged version; returns how many changes found nothing to build on.
fn merge(doc: &mut Automerge, pieces: &restoring::Pieces) -> usize {
    if let Some(snapshot) = &pieces.snapshot
        && let Ok(mut newer) = Automerge::load(snapshot)
    {
        // A snapshot that is no document adds nothing.
        let _ = doc.merge(&mut newer);
    }
    let mut lost = 0;
    for bytes in &pieces.changes {
        let Ok(change) = Change::from_bytes(bytes.clone()) else {
            lost += 1;
            continue;
        };
        let builds_on_it = change.deps().iter().all(|dep| doc.get_change_by_hash(dep).is_some());
        if !builds_on_it || doc.apply_changes([change]).is_err() {
            lost += 1;
        }
    }
    lost
}

/// Checks a file to the bottom: every hash, and that every document is what it should be.
fn look(path: &Path) -> Result<Findings, TaskError> {
    if !path.exists() {
        return Err(TaskError::NoDatabase(path.to_owned()));
    }
    check::check(path, &mut |_, stored| readable(stored)).map_err(|error| TaskError::Store(path.to_owned(), error))
}

/// Whether a document opens.
fn readable(stored: &StoredDocument) -> Result<(), String> {
    let doc = load::build(stored).map_err(|error| error.to_string())?;
    match stored.kind {
        DocumentKind::Board => Board::from_doc(doc).map(|_| ()).map_err(|error| error.to_string()),
        DocumentKind::Workshop => Workshop::from_doc(doc).map(|_| ()).map_err(|error| error.to_string()),
    }
}

fn tell(findings: &Findings, path: &Path, say: &mut dyn FnMut(String)) {
    for page in &findings.pages {
        say(format!("壊れたページ damaged page: {page}"));
    }
    for row in &findings.rows {
        say(format!("壊れた行 damaged rows: {row}"));
    }
    for damaged in &findings.documents {
        say(format!(
            "壊れた文書 damaged: {0} ({1}) → yoriai restore --board {0} BACKUP",
            damaged.document, damaged.reason
        ));
    }
    let whole = findings.looked_at - findings.documents.len();
    say(format!(
        "確認 checked: {} of {} documents are well in {}",
        whole,
        findings.looked_at,
        path.display()
    ));
}

fn ended(findings: &Findings) -> Ended {
    if findings.is_sound() {
        Ended::Well
    } else {
        Ended::Damaged
    }
}

/// The database of a data folder.
fn database(data: &Path) -> Result<PathBuf, TaskError> {
    let path = data.join(DATABASE_FILE);
    if path.exists() {
        Ok(path)
    } else {
        Err(TaskError::NoDatabase(path))
    }
}

/// Universal time as 20260117-133000, for names that sort by age.
fn timestamp(at_ms: i64) -> String {
    let (days, seconds) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000) / 1_000);
    let (year, month, day) = civil(days);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}-{hours:02}{minutes:02}{seconds:02}")
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's algorithm).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_backups_say_when() {
        assert_eq!(timestamp(0), "19700101-000000");
        assert_eq!(timestamp(1_709_210_096_000), "20240229-123456");
        assert_eq!(timestamp(1_768_656_600_000), "20260117-133000");
    }
}
