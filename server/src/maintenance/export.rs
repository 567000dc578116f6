//! Every workshop as files: the reports people read and the documents any automerge program reads.

use std::{
    fs,
    path::{Path, PathBuf},
};

use board::{
    Board, Workshop,
    report::{self, ReportBoard},
};
use sync::DocumentId;

use super::{Ended, TaskError, timestamp};
use crate::{
    rooms::load,
    store::{StoreError, WorkshopRow, sqlite::restore as reading},
};

/// Writes one folder a workshop, named by its day and identifier: `report.txt` (verbatim), `report.clean.txt`, `report.md`,
/// `workshop.automerge` and `boards/N-GROUP.automerge`. What is damaged is named and left out; the rest is written.
///
/// # Errors
/// [`TaskError`] if the database cannot be opened or a file cannot be written.
pub fn export(database: &Path, to: &Path, say: &mut dyn FnMut(String)) -> Result<Ended, TaskError> {
    let workshops = reading::workshops(database).map_err(|error| TaskError::Store(database.to_owned(), error))?;
    let mut ended = Ended::Well;
    for (workshop, row) in workshops {
        let exported = match row {
            Ok(row) => export_one(database, &row, to)?,
            Err(error) => Exported {
                damaged: vec![format!("workshop {workshop}: {error}")],
                ..Exported::default()
            },
        };
        if let Some(folder) = &exported.folder {
            say(format!(
                "書き出し exported: {} ({} boards)",
                folder.display(),
                exported.boards
            ));
        }
        for damaged in exported.damaged {
            ended = Ended::Damaged;
            say(format!("書き出せないもの not exported: {damaged}"));
        }
    }
    Ok(ended)
}

#[derive(Default)]
struct Exported {
    folder: Option<PathBuf>,
    boards: usize,
    damaged: Vec<String>,
}

fn export_one(database: &Path, row: &WorkshopRow, to: &Path) -> Result<Exported, TaskError> {
    let day = timestamp(row.created_at_ms);
    let folder = to.join(format!("{}-{}", day.get(..8).unwrap_or_default(), row.workshop));
    let boards_folder = folder.join("boards");
    fs::create_dir_all(&boards_folder).map_err(|error| TaskError::Write(boards_folder.clone(), error))?;
    let mut exported = Exported::default();
    let mut boards = Vec::new();
    for (number, (group, document)) in row.groups.iter().enumerate() {
        let read = read(database, *document).and_then(|doc| {
            let bytes = doc.save();
            let board = Board::from_doc(doc).map_err(|error| StoreError::Damaged(error.to_string()))?;
            Ok((bytes, board))
        });
        match read {
            Ok((bytes, board)) => {
                write(&boards_folder.join(format!("{}-{group}.automerge", number + 1)), &bytes)?;
                exported.boards += 1;
                boards.push((group.clone(), board));
            }
            Err(error) => exported.damaged.push(format!("{document}: {error}")),
        }
    }
    let workshop = read(database, row.document).and_then(|doc| {
        let bytes = doc.save();
        let workshop = Workshop::from_doc(doc).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok((bytes, workshop))
    });
    match workshop {
        Ok((bytes, workshop)) => {
            write(&folder.join("workshop.automerge"), &bytes)?;
            let view = workshop.view();
            // The report has the groups in the workshop's order, without those that were removed.
            let named: Vec<ReportBoard<'_>> = view
                .groups
                .iter()
                .filter(|listed| !listed.removed)
                .filter_map(|listed| {
                    let (_, board) = boards.iter().find(|(group, _)| *group == listed.id)?;
                    Some(ReportBoard::named(board.view(), listed))
                })
                .collect();
            for (name, text) in [
                ("report.txt", report::verbatim(view, &named)),
                ("report.clean.txt", report::clean(view, &named)),
                ("report.md", report::markdown(view, &named)),
            ] {
                write(&folder.join(name), text.as_bytes())?;
            }
        }
        Err(error) => exported.damaged.push(format!("{}: {error}", row.document)),
    }
    exported.folder = Some(folder);
    Ok(exported)
}

fn read(database: &Path, document: DocumentId) -> Result<automerge::Automerge, StoreError> {
    let stored = reading::document(database, document)?;
    load::build(&stored.ok_or_else(|| StoreError::Damaged("it is missing".to_owned()))?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TaskError> {
    fs::write(path, bytes).map_err(|error| TaskError::Write(path.to_owned(), error))
}
