//! What every store owes the server. Each rule runs against every backend.

/// Runs a rule against every backend.
macro_rules! contract {
    ($($rule:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $rule() -> anyhow::Result<()> {
                super::$rule(std::sync::Arc::new(server::store::MemoryStore::new())).await
            })*
        }
        mod sqlite_file {
            $(#[tokio::test]
            async fn $rule() -> anyhow::Result<()> {
                let folder = tests::temporary_folder("contract")?;
                super::$rule(std::sync::Arc::new(server::store::SqliteStore::open(&folder)?)).await?;
                Ok(std::fs::remove_dir_all(folder)?)
            })*
        }
    };
}

mod documents;
mod people;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use server::{
    secret::{Secret, SecretHash},
    store::{
        ActRow, DeviceRow, DocumentKind, LinkKind, LinkRow, MemoryStore, SeatRow, SqliteStore, Store, StoreError,
        TokenRow, Write, WriterRow, sqlite,
    },
};
use sync::{DocumentId, Lease};
use tests::temporary_folder;

const WORKSHOP: &str = "w1";

fn document(number: u8) -> DocumentId {
    DocumentId::from_bytes([number; 16])
}

fn hash(number: u8) -> SecretHash {
    SecretHash([number; 32])
}

fn new_document(number: u8) -> Write {
    Write::CreateDocument {
        document: document(number),
        workshop: WORKSHOP.to_owned(),
        kind: DocumentKind::Board,
        snapshot: vec![number; 10],
    }
}

fn append(number: u8, changes: &[&[u8]]) -> Write {
    Write::Append {
        document: document(number),
        changes: changes.iter().map(|change| change.to_vec()).collect(),
    }
}

fn new_workshop() -> Write {
    Write::CreateWorkshop {
        workshop: WORKSHOP.to_owned(),
        document: document(1),
        theme: "協働".to_owned(),
        created_at_ms: 5,
    }
}

fn link(number: u8, kind: LinkKind) -> LinkRow {
    LinkRow {
        hash: hash(number),
        workshop: WORKSHOP.to_owned(),
        kind,
        group: (kind == LinkKind::Group).then(|| "g1".parse().expect("an id")),
        expires_at_ms: 99,
        revoked: false,
    }
}

fn seat(device: &str, workshop: &str, via: Option<LinkKind>, updated_at_ms: i64) -> SeatRow {
    SeatRow {
        device: device.to_owned(),
        workshop: workshop.to_owned(),
        role: board::Role::Participant,
        group: Some("g1".parse().expect("an id")),
        person: Some("p1".parse().expect("an id")),
        person_name: "鈴木(喜)".to_owned(),
        via,
        revoked: false,
        read_only: false,
        updated_at_ms,
    }
}

#[tokio::test]
async fn sqlite_keeps_everything_over_a_restart() -> Result<()> {
    let folder = temporary_folder("reopen")?;
    let store = SqliteStore::open(&folder)?;
    store
        .commit(vec![new_document(1), new_workshop(), append(1, &[b"one"])])
        .await?;
    drop(store);
    let store = SqliteStore::open(&folder)?;
    assert_eq!(store.document(document(1)).await?.context("there")?.changes, [b"one"]);
    assert!(!store.is_empty().await?);
    Ok(())
}

/// Promise 4: a flipped byte is found, and other documents are not affected.
#[tokio::test]
async fn a_flipped_byte_is_found_and_concerns_its_document_only() -> Result<()> {
    let folder = temporary_folder("flip")?;
    let body = b"a change whose bytes can be found in the file".as_slice();
    let store = SqliteStore::open(&folder)?;
    store
        .commit(vec![
            new_document(1),
            new_document(2),
            append(1, &[body]),
            append(2, &[b"well"]),
        ])
        .await?;
    drop(store);
    let path = folder.join(sqlite::DATABASE_FILE);
    let mut file = std::fs::read(&path)?;
    let at = file
        .windows(body.len())
        .position(|window| window == body)
        .context("the change is in the file")?;
    file[at] ^= 1;
    std::fs::write(&path, file)?;
    let store = SqliteStore::open(&folder)?;
    assert!(matches!(store.document(document(1)).await, Err(StoreError::Damaged(_))));
    assert_eq!(store.document(document(2)).await?.context("there")?.changes, [b"well"]);
    Ok(())
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_not_touched() -> Result<()> {
    let folder = temporary_folder("foreign")?;
    let path = folder.join(sqlite::DATABASE_FILE);
    let foreign = b"this is a letter and no database, kept in a file with an unlucky name, long enough to be read as a header by anybody".to_vec();
    std::fs::write(&path, &foreign)?;
    assert!(matches!(SqliteStore::open(&folder), Err(StoreError::Damaged(_))));
    assert_eq!(std::fs::read(&path)?, foreign);
    Ok(())
}

#[test]
fn the_memory_store_is_a_store() {
    fn is_store(_: &dyn Store) {}
    is_store(&MemoryStore::new());
}
