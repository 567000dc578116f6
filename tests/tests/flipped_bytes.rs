//! Row 4: one byte of the stored file is another. It is found; nothing wrong is served; the other boards are not affected.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, ensure};
use server::store::{
    DocumentKind, LinkKind, LinkRow, SeatRow, SqliteStore, Store, StoreError, StoredDocument, WorkshopRow, Write,
    sqlite::{self, check},
};
use sync::DocumentId;
use tests::{crowd::Random, scaled, temporary_folder};

const WORKSHOP: &str = "w1";
const BOARDS: u8 = 4;

/// Everything that can be read of the small store, as it must be.
#[derive(Debug, PartialEq, Clone)]
struct Contents {
    documents: BTreeMap<DocumentId, StoredDocument>,
    workshop: WorkshopRow,
    seat: SeatRow,
    link: LinkRow,
}

/// What was read after a flip: each part as it was, or refused as damaged. Anything else fails the test.
#[derive(Debug, Default)]
struct Outcome {
    found: bool,
    refused_at_start: bool,
    damaged_documents: usize,
    damaged_others: usize,
}

fn document(number: u8) -> DocumentId {
    DocumentId::from_bytes([number; 16])
}

/// The body of a change, recognisable and of the usual length.
fn body(board: u8, number: u8) -> Vec<u8> {
    let mut random = Random::new(u64::from(board) << 8 | u64::from(number));
    (0..250).map(|_| random.below(256) as u8).collect()
}

fn link() -> LinkRow {
    LinkRow {
        hash: server::secret::SecretHash([7; 32]),
        workshop: WORKSHOP.to_owned(),
        kind: LinkKind::Viewer,
        group: None,
        expires_at_ms: 99,
        revoked: true,
    }
}

async fn make(folder: &Path) -> Result<Contents> {
    let store = SqliteStore::open(folder)?;
    let create = |number, kind| Write::CreateDocument {
        document: document(number),
        workshop: WORKSHOP.to_owned(),
        kind,
        // One longer than a page, as real ones are.
        snapshot: (0..if number == 1 { 9_000_u32 } else { 700 })
            .map(|at| (at % 251) as u8 ^ number)
            .collect(),
    };
    store
        .commit(vec![
            create(0, DocumentKind::Workshop),
            Write::CreateWorkshop {
                workshop: WORKSHOP.to_owned(),
                document: document(0),
                theme: "協働について考える".to_owned(),
                created_at_ms: 5,
            },
        ])
        .await?;
    for board in 1..=BOARDS {
        store
            .commit(vec![
                create(board, DocumentKind::Board),
                Write::AddGroup {
                    workshop: WORKSHOP.to_owned(),
                    group: format!("g{board}").parse()?,
                    document: document(board),
                },
            ])
            .await?;
    }
    for number in 0..6 {
        for board in 1..=BOARDS {
            store
                .commit(vec![Write::Append {
                    document: document(board),
                    changes: vec![body(board, number)],
                }])
                .await?;
        }
    }
    store.commit(vec![Write::AddLink(link())]).await?;
    let seat = SeatRow {
        revoked: true,
        ..seat()
    };
    store.commit(vec![Write::PutSeat(seat)]).await?;
    read(&store).await?.context("nothing is damaged yet")
}

fn seat() -> SeatRow {
    SeatRow {
        device: "d1".to_owned(),
        workshop: WORKSHOP.to_owned(),
        role: board::Role::Viewer,
        group: None,
        person: None,
        person_name: "鈴木(喜)".to_owned(),
        via: Some(LinkKind::Viewer),
        revoked: false,
        read_only: false,
        updated_at_ms: 1,
    }
}

/// All of it, if all of it can be read.
async fn read(store: &SqliteStore) -> Result<Option<Contents>> {
    let mut documents = BTreeMap::new();
    for number in 0..=BOARDS {
        let Some(stored) = store.document(document(number)).await? else {
            return Ok(None);
        };
        documents.insert(document(number), stored);
    }
    let workshop = store.workshop(WORKSHOP.to_owned()).await?;
    let seat = store.seat("d1".to_owned(), WORKSHOP.to_owned()).await?;
    let link = store.link(link().hash).await?;
    Ok((|| {
        Some(Contents {
            documents,
            workshop: workshop?,
            seat: seat?,
            link: link?,
        })
    })())
}

/// Opens a folder as the server does at its start and compares everything with what was written.
async fn look(folder: &Path, written: &Contents) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let found = check::check(&folder.join(sqlite::DATABASE_FILE), &mut |_, _| Ok(()));
    outcome.found = !found.is_ok_and(|findings| findings.is_sound());
    let store = match SqliteStore::open_checked(folder) {
        Ok(store) => store,
        Err(StoreError::Damaged(_) | StoreError::Newer { .. } | StoreError::Failed(_)) => {
            outcome.refused_at_start = true;
            return Ok(outcome);
        }
        Err(other) => return Err(other.into()),
    };
    for (document, expected) in &written.documents {
        match store.document(*document).await {
            Ok(Some(found)) => ensure!(found == *expected, "{document} is served wrong"),
            Ok(None) => anyhow::bail!("{document} is said not to exist"),
            Err(StoreError::Damaged(_)) => outcome.damaged_documents += 1,
            Err(other) => return Err(other.into()),
        }
    }
    match store.workshop(WORKSHOP.to_owned()).await {
        Ok(Some(found)) => ensure!(found == written.workshop, "the workshop is served wrong"),
        Ok(None) | Err(_) => outcome.damaged_others += 1,
    }
    match store.seat("d1".to_owned(), WORKSHOP.to_owned()).await {
        Ok(Some(found)) => ensure!(found == written.seat, "the seat is served wrong"),
        // Nobody gets in with it.
        Ok(None) | Err(_) => outcome.damaged_others += 1,
    }
    match store.link(link().hash).await {
        Ok(Some(found)) => ensure!(found == written.link, "the link is served wrong"),
        Ok(None) | Err(_) => outcome.damaged_others += 1,
    }
    ensure!(
        outcome.found || outcome.damaged_documents + outcome.damaged_others == 0,
        "it is damaged and no check says so: {outcome:?}"
    );
    Ok(outcome)
}

#[tokio::test]
async fn row_04_a_flipped_byte_is_found_and_nothing_wrong_is_served() -> Result<()> {
    let folder = temporary_folder("flips")?;
    let written = make(&folder).await?;
    // A copy with few leftovers of earlier states of a page, in which the same bytes would stand a second time.
    let path = folder.join("copy.sqlite");
    sqlite::backup::copy(&folder.join(sqlite::DATABASE_FILE), &path)?;
    let sound = std::fs::read(&path)?;
    // In memory where that is possible: each flip is a start, and each start waits for its disk.
    let memory = Path::new("/dev/shm");
    let scratch = if memory.is_dir() {
        memory.join(format!("yoriai-flip-{}", std::process::id()))
    } else {
        temporary_folder("flip")?
    };
    std::fs::create_dir_all(&scratch)?;
    let copy = scratch.join(sqlite::DATABASE_FILE);
    // The places of one board's own bytes: damage there must stay there. SQLite leaves copies of them behind in bytes of its
    // pages that mean nothing any more; of each body exactly one place is the one that is read.
    let mut own = Vec::new();
    for number in 0..6 {
        let body = body(2, number);
        let places: Vec<usize> = (0..sound.len()).filter(|at| sound[*at..].starts_with(&body)).collect();
        let mut live = Vec::new();
        for at in places {
            let mut file = sound.clone();
            file[at + body.len() / 2] ^= 1;
            std::fs::write(&copy, &file)?;
            if look(&scratch, &written).await?.damaged_documents > 0 {
                live.push(at..at + body.len());
            }
            empty(&scratch)?;
        }
        ensure!(live.len() == 1, "change {number} is read from {live:?}");
        own.extend(live);
    }

    let stride = scaled(sound.len() / 500, 1);
    let mut random = Random::new(4);
    let (mut flips, mut unnoticed, mut refused, mut isolated, mut several, mut others) = (0, 0, 0, 0, 0, 0);
    for start in (0..sound.len()).step_by(stride) {
        let at = (start + random.below(stride as u64) as usize).min(sound.len() - 1);
        let mut file = sound.clone();
        file[at] ^= 1 << random.below(8);
        std::fs::write(&copy, &file)?;
        let outcome = look(&scratch, &written)
            .await
            .with_context(|| format!("byte {at} of {}", sound.len()))?;
        flips += 1;
        if own.iter().any(|range| range.contains(&at)) {
            ensure!(
                !outcome.refused_at_start && outcome.damaged_documents == 1 && outcome.damaged_others == 0,
                "byte {at} belongs to one board: {outcome:?}"
            );
        }
        match outcome {
            Outcome {
                refused_at_start: true, ..
            } => refused += 1,
            Outcome {
                damaged_documents: 0,
                damaged_others: 0,
                ..
            } => unnoticed += 1,
            Outcome {
                damaged_documents: 1,
                damaged_others: 0,
                ..
            } => isolated += 1,
            Outcome {
                damaged_documents: 2.., ..
            } => several += 1,
            Outcome { .. } => others += 1,
        }
        empty(&scratch)?;
    }
    println!(
        "row 4: {flips} flips in {} bytes, none served wrong: {isolated} cost one board, {several} several, {others} a link, seat or \
         list, {refused} refused the start, {unnoticed} fell into bytes that mean nothing or could be rebuilt",
        sound.len()
    );
    std::fs::remove_dir_all(folder)?;
    std::fs::remove_dir_all(scratch)?;
    Ok(())
}

/// Keeps the folder and removes what the start left in it.
fn empty(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // The reserve says nothing and takes its time to make.
        if !path.ends_with(sqlite::RESERVE_FILE) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// A damaged page is repaired at the start from what can be read; the damaged file stays beside the new one.
#[tokio::test]
async fn row_04_a_damaged_page_costs_what_is_on_it_and_the_file_is_kept() -> Result<()> {
    let folder = temporary_folder("page")?;
    let written = make(&folder).await?;
    let path = folder.join(sqlite::DATABASE_FILE);
    let mut file = std::fs::read(&path)?;
    let body = body(3, 3);
    let at = file
        .windows(body.len())
        .position(|window| window == body)
        .context("the body is in the file")?;
    // The header of the page it lies on: SQLite cannot read the page any more.
    let page = at / 4096 * 4096;
    file[page] = 0xFF;
    std::fs::write(&path, &file)?;
    let outcome = look(&folder, &written).await?;
    ensure!(!outcome.refused_at_start, "it starts");
    ensure!(
        outcome.damaged_documents > 0 && outcome.damaged_others == 0,
        "{outcome:?}"
    );
    let kept: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect();
    ensure!(kept.len() == 1 && std::fs::read(&kept[0])? == file, "{kept:?}");
    // The rebuilt file is sound but for the boards that are reported, and takes new writes.
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_checked(&folder)?);
    store
        .commit(vec![Write::Append {
            document: document(0),
            changes: vec![b"new".to_vec()],
        }])
        .await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// SQLite takes a file whose header names a later version for one that it may only read.
#[tokio::test]
async fn row_04_a_header_that_forbids_writing_is_mended_at_the_start_and_nothing_is_lost() -> Result<()> {
    let folder = temporary_folder("header")?;
    let written = make(&folder).await?;
    let path = folder.join(sqlite::DATABASE_FILE);
    let mut file = std::fs::read(&path)?;
    file[18] |= 4;
    std::fs::write(&path, &file)?;
    let outcome = look(&folder, &written).await?;
    ensure!(outcome.found, "`yoriai check` says so, too");
    ensure!(
        !outcome.refused_at_start && outcome.damaged_documents == 0 && outcome.damaged_others == 0,
        "{outcome:?}"
    );
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_checked(&folder)?);
    store
        .commit(vec![Write::Append {
            document: document(0),
            changes: vec![b"new".to_vec()],
        }])
        .await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
