//! What every store owes the server. Each rule runs against every backend.

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

contract!(
    a_new_store_is_empty_and_knows_nothing,
    a_document_comes_back_as_snapshot_and_increments_in_order,
    a_repeated_change_is_written_once,
    row_17_leases_come_back_with_their_document_and_never_change_hands,
    a_transaction_happens_whole_or_not_at_all,
    writing_to_a_document_that_is_not_there_is_a_contradiction,
    a_compaction_replaces_what_it_contains_and_keeps_what_came_later,
    a_compaction_of_what_is_not_there_is_refused,
    commits_answer_in_the_order_of_the_calls,
    a_workshop_lists_its_groups_in_the_order_of_their_making,
    links_are_found_by_hash_and_revoked_by_kind,
    revoking_links_revokes_the_seats_behind_them_but_one,
    seats_are_replaced_and_listed_latest_first,
    devices_and_tokens_are_found_by_hash_and_are_unique,
    a_transfer_is_recorded_once,
    the_canary_is_read_back,
    a_replaced_document_is_gone_for_ever_and_the_new_one_stands_in_its_place,
    a_seat_is_made_read_only_by_nothing_else_and_taking_it_again_changes_nothing,
    writers_and_acts_are_remembered,
    a_deleted_document_is_gone_and_its_id_can_be_used_again,
    a_deleted_workshop_takes_everything_of_it_and_nothing_else,
);

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

async fn a_new_store_is_empty_and_knows_nothing(store: Arc<dyn Store>) -> Result<()> {
    assert!(store.is_empty().await?);
    assert_eq!(store.document(document(1)).await?, None);
    assert_eq!(store.workshop(WORKSHOP.to_owned()).await?, None);
    assert_eq!(store.link(hash(1)).await?, None);
    assert_eq!(store.device(hash(1)).await?, None);
    assert_eq!(store.token(hash(1)).await?, None);
    assert_eq!(store.seat("d1".to_owned(), WORKSHOP.to_owned()).await?, None);
    assert_eq!(store.seats("d1".to_owned(), 9).await?, []);
    store.commit(vec![new_document(1), new_workshop()]).await?;
    assert!(!store.is_empty().await?);
    Ok(())
}

async fn a_document_comes_back_as_snapshot_and_increments_in_order(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![new_document(1), new_document(2)]).await?;
    store
        .commit(vec![append(1, &[b"one", b"two"]), append(2, &[b"other"])])
        .await?;
    let committed = store.commit(vec![append(1, &[b"three"])]).await?;
    assert_eq!((committed.appended, committed.increments), (1, 3));
    let stored = store.document(document(1)).await?.context("there")?;
    assert_eq!(stored.snapshot, [1; 10]);
    assert_eq!(stored.changes, [&b"one"[..], b"two", b"three"]);
    assert_eq!(
        (stored.last_seq, stored.kind, stored.workshop.as_str()),
        (3, DocumentKind::Board, WORKSHOP)
    );
    Ok(())
}

async fn a_repeated_change_is_written_once(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![new_document(1), append(1, &[b"one"])]).await?;
    let committed = store.commit(vec![append(1, &[b"one", b"two", b"two"])]).await?;
    assert_eq!((committed.appended, committed.increments), (1, 2));
    let stored = store.document(document(1)).await?.context("there")?;
    assert_eq!(stored.changes, [b"one", b"two"]);
    // The same bytes in another document are another change.
    store.commit(vec![new_document(2), append(2, &[b"one"])]).await?;
    assert_eq!(store.document(document(2)).await?.context("there")?.changes, [b"one"]);
    Ok(())
}

async fn row_17_leases_come_back_with_their_document_and_never_change_hands(store: Arc<dyn Store>) -> Result<()> {
    let lease = |number: u8, actor: u8, holder: &str| Write::Lease {
        document: document(number),
        leases: vec![Lease {
            actor: vec![actor; 16].into(),
            holder: holder.to_owned(),
        }],
    };
    store.commit(vec![new_document(1), new_document(2)]).await?;
    store
        .commit(vec![append(1, &[b"one"]), lease(1, 7, "tablet"), lease(1, 5, "phone")])
        .await?;
    store.commit(vec![lease(1, 7, "tablet")]).await?;
    let stolen = store.commit(vec![append(1, &[b"two"]), lease(1, 7, "liar")]).await;
    assert_eq!(stolen, Err(StoreError::Conflict));
    // In another document the same actor is another lease.
    store.commit(vec![lease(2, 7, "liar")]).await?;
    assert_eq!(
        store.commit(vec![lease(9, 7, "tablet")]).await,
        Err(StoreError::Conflict)
    );
    let stored = store.document(document(1)).await?.context("there")?;
    assert_eq!(
        stored.changes,
        [b"one"],
        "the change that came with a stolen lease is not there"
    );
    let holders: Vec<&str> = stored.leases.iter().map(|lease| lease.holder.as_str()).collect();
    assert_eq!(holders, ["phone", "tablet"], "ordered by actor");
    let compact = Write::Compact {
        document: document(1),
        up_to_seq: 1,
        snapshot: vec![9; 9],
    };
    store.commit(vec![compact]).await?;
    assert_eq!(store.document(document(1)).await?.context("there")?.leases.len(), 2);
    store
        .commit(vec![Write::DeleteDocument { document: document(1) }, new_document(1)])
        .await?;
    assert!(store.document(document(1)).await?.context("there")?.leases.is_empty());
    Ok(())
}

async fn a_transaction_happens_whole_or_not_at_all(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![new_document(1)]).await?;
    let refused = store.commit(vec![append(1, &[b"one"]), new_document(1)]).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    let refused = store
        .commit(vec![append(1, &[b"one"]), new_document(2), append(3, &[b"x"])])
        .await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(
        store.document(document(1)).await?.context("there")?.changes,
        Vec::<Vec<u8>>::new()
    );
    assert_eq!(store.document(document(2)).await?, None);
    Ok(())
}

async fn writing_to_a_document_that_is_not_there_is_a_contradiction(store: Arc<dyn Store>) -> Result<()> {
    assert_eq!(
        store.commit(vec![append(1, &[b"one"])]).await,
        Err(StoreError::Conflict)
    );
    let group = Write::AddGroup {
        workshop: WORKSHOP.to_owned(),
        group: "g1".parse()?,
        document: document(2),
    };
    assert_eq!(store.commit(vec![group]).await, Err(StoreError::Conflict));
    Ok(())
}

async fn a_compaction_replaces_what_it_contains_and_keeps_what_came_later(store: Arc<dyn Store>) -> Result<()> {
    store
        .commit(vec![new_document(1), append(1, &[b"one", b"two"])])
        .await?;
    let read = store.document(document(1)).await?.context("there")?;
    store.commit(vec![append(1, &[b"three"])]).await?;
    let compact = Write::Compact {
        document: document(1),
        up_to_seq: read.last_seq,
        snapshot: b"one two".to_vec(),
    };
    store.commit(vec![compact]).await?;
    let stored = store.document(document(1)).await?.context("there")?;
    assert_eq!(stored.snapshot, b"one two");
    assert_eq!(stored.changes, [b"three"]);
    let committed = store.commit(vec![append(1, &[b"four"])]).await?;
    assert_eq!(
        (
            committed.increments,
            store.document(document(1)).await?.context("there")?.last_seq
        ),
        (2, 4)
    );
    Ok(())
}

async fn a_compaction_of_what_is_not_there_is_refused(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![new_document(1), append(1, &[b"one"])]).await?;
    let compact = |up_to_seq| Write::Compact {
        document: document(1),
        up_to_seq,
        snapshot: b"later".to_vec(),
    };
    assert_eq!(store.commit(vec![compact(2)]).await, Err(StoreError::Conflict));
    store.commit(vec![compact(1)]).await?;
    assert_eq!(
        store.commit(vec![compact(0)]).await,
        Err(StoreError::Conflict),
        "an older snapshot replaces no newer one"
    );
    Ok(())
}

async fn commits_answer_in_the_order_of_the_calls(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![new_document(1)]).await?;
    let bodies: Vec<Vec<u8>> = (0..100_u32).map(|number| number.to_le_bytes().to_vec()).collect();
    let commits: Vec<_> = bodies
        .iter()
        .map(|body| store.commit(vec![append(1, &[body])]))
        .collect();
    for commit in commits {
        commit.await?;
    }
    assert_eq!(store.document(document(1)).await?.context("there")?.changes, bodies);
    Ok(())
}

async fn a_workshop_lists_its_groups_in_the_order_of_their_making(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![new_document(1), new_workshop()]).await?;
    for (number, group) in [(2, "zebra"), (3, "ant")] {
        let add = Write::AddGroup {
            workshop: WORKSHOP.to_owned(),
            group: group.parse()?,
            document: document(number),
        };
        store.commit(vec![new_document(number), add.clone()]).await?;
        assert_eq!(store.commit(vec![add]).await, Err(StoreError::Conflict));
    }
    store
        .commit(vec![Write::SetTheme {
            workshop: WORKSHOP.to_owned(),
            theme: "新しい題".to_owned(),
        }])
        .await?;
    let row = store.workshop(WORKSHOP.to_owned()).await?.context("there")?;
    assert_eq!(
        row.groups,
        [("zebra".parse()?, document(2)), ("ant".parse()?, document(3))]
    );
    assert_eq!(
        (row.document, row.theme.as_str(), row.created_at_ms),
        (document(1), "新しい題", 5)
    );
    Ok(())
}

async fn links_are_found_by_hash_and_revoked_by_kind(store: Arc<dyn Store>) -> Result<()> {
    for (number, kind) in LinkKind::ALL.into_iter().enumerate() {
        store
            .commit(vec![Write::AddLink(link(u8::try_from(number)?, kind))])
            .await?;
    }
    assert_eq!(store.link(hash(1)).await?, Some(link(1, LinkKind::Group)));
    assert_eq!(store.links_count(WORKSHOP.to_owned()).await?, 4);
    let revoke = Write::RevokeLinks {
        workshop: WORKSHOP.to_owned(),
        kinds: vec![LinkKind::Group, LinkKind::Code],
        keep_device: String::new(),
    };
    store.commit(vec![revoke]).await?;
    let revoked = |hash| async move { anyhow::Ok(store.link(hash).await?.context("there")?.revoked) };
    let mut states = Vec::new();
    for number in 0..4 {
        states.push(revoked.clone()(hash(number)).await?);
    }
    assert_eq!(states, [true, true, false, false]);
    Ok(())
}

async fn revoking_links_revokes_the_seats_behind_them_but_one(store: Arc<dyn Store>) -> Result<()> {
    let group = Some(LinkKind::Group);
    for device in ["asks", "guest"] {
        store
            .commit(vec![Write::PutSeat(seat(device, WORKSHOP, group, 1))])
            .await?;
    }
    store
        .commit(vec![Write::PutSeat(seat("creator", WORKSHOP, None, 1))])
        .await?;
    store
        .commit(vec![Write::PutSeat(seat("guest", "w2", group, 1))])
        .await?;
    let revoke = Write::RevokeLinks {
        workshop: WORKSHOP.to_owned(),
        kinds: vec![LinkKind::Group],
        keep_device: "asks".to_owned(),
    };
    store.commit(vec![revoke]).await?;
    for (device, workshop, revoked) in [
        ("asks", WORKSHOP, false),
        ("guest", WORKSHOP, true),
        ("creator", WORKSHOP, false),
        ("guest", "w2", false),
    ] {
        let found = store
            .seat(device.to_owned(), workshop.to_owned())
            .await?
            .context("there")?;
        assert_eq!(found.revoked, revoked, "{device} in {workshop}");
    }
    assert_eq!(
        store.seats("guest".to_owned(), 9).await?.len(),
        1,
        "a revoked seat is not listed"
    );
    Ok(())
}

async fn seats_are_replaced_and_listed_latest_first(store: Arc<dyn Store>) -> Result<()> {
    for (workshop, at_ms) in [("w1", 1), ("w2", 2), ("w3", 3)] {
        store
            .commit(vec![Write::PutSeat(seat("d1", workshop, None, at_ms))])
            .await?;
    }
    let mut moved = seat("d1", "w1", Some(LinkKind::Coordinator), 4);
    moved.group = None;
    moved.person = None;
    moved.role = board::Role::Coordinator;
    store.commit(vec![Write::PutSeat(moved.clone())]).await?;
    assert_eq!(store.seat("d1".to_owned(), "w1".to_owned()).await?, Some(moved));
    let listed: Vec<String> = store
        .seats("d1".to_owned(), 2)
        .await?
        .into_iter()
        .map(|seat| seat.workshop)
        .collect();
    assert_eq!(listed, ["w1", "w3"]);
    Ok(())
}

async fn devices_and_tokens_are_found_by_hash_and_are_unique(store: Arc<dyn Store>) -> Result<()> {
    let secret = Secret::random()?;
    let device = DeviceRow {
        hash: secret.hash(),
        device: "d1".to_owned(),
        created_at_ms: 3,
    };
    store.commit(vec![Write::AddDevice(device.clone())]).await?;
    assert_eq!(
        store
            .device(Secret::parse(secret.reveal()).context("a secret")?.hash())
            .await?,
        Some(device.clone())
    );
    assert_eq!(
        store
            .commit(vec![Write::AddDevice(DeviceRow {
                hash: hash(9),
                ..device
            })])
            .await,
        Err(StoreError::Conflict)
    );
    let token = TokenRow {
        hash: hash(5),
        device: "d1".to_owned(),
        workshop: WORKSHOP.to_owned(),
        expires_at_ms: 7,
    };
    store.commit(vec![Write::AddToken(token.clone())]).await?;
    assert_eq!(
        store.commit(vec![Write::AddToken(token.clone())]).await,
        Err(StoreError::Conflict)
    );
    assert_eq!(store.token(hash(5)).await?, Some(token));
    Ok(())
}

async fn a_transfer_is_recorded_once(store: Arc<dyn Store>) -> Result<()> {
    let record = Write::RecordTransfer {
        workshop: WORKSHOP.to_owned(),
        id: "t1".to_owned(),
        at_ms: 1,
    };
    assert!(!store.transferred(WORKSHOP.to_owned(), "t1".to_owned()).await?);
    store.commit(vec![new_document(1), record.clone()]).await?;
    assert!(store.transferred(WORKSHOP.to_owned(), "t1".to_owned()).await?);
    assert!(!store.transferred("w2".to_owned(), "t1".to_owned()).await?);
    assert_eq!(
        store.commit(vec![append(1, &[b"twice"]), record]).await,
        Err(StoreError::Conflict)
    );
    assert!(store.document(document(1)).await?.context("there")?.changes.is_empty());
    Ok(())
}

async fn the_canary_is_read_back(store: Arc<dyn Store>) -> Result<()> {
    store.commit(vec![Write::Canary(4_242)]).await?;
    assert_eq!(store.canary().await?, 4_242);
    Ok(())
}

async fn a_deleted_document_is_gone_and_its_id_can_be_used_again(store: Arc<dyn Store>) -> Result<()> {
    store
        .commit(vec![new_document(1), new_document(2), append(1, &[b"one"])])
        .await?;
    store.commit(vec![append(2, &[b"other"])]).await?;
    let delete = Write::DeleteDocument { document: document(1) };
    store.commit(vec![delete.clone()]).await?;
    assert_eq!(store.document(document(1)).await?, None);
    assert_eq!(store.document(document(2)).await?.context("there")?.changes, [b"other"]);
    assert_eq!(
        store.commit(vec![append(1, &[b"two"])]).await,
        Err(StoreError::Conflict)
    );
    // Once more is no contradiction, and the same id may begin again in the same transaction.
    store
        .commit(vec![delete, new_document(1), append(1, &[b"one"])])
        .await?;
    let stored = store.document(document(1)).await?.context("there")?;
    assert_eq!((stored.changes, stored.last_seq), (vec![b"one".to_vec()], 1));
    Ok(())
}

async fn a_deleted_workshop_takes_everything_of_it_and_nothing_else(store: Arc<dyn Store>) -> Result<()> {
    let of_other = Write::CreateDocument {
        document: document(7),
        workshop: "w2".to_owned(),
        kind: DocumentKind::Board,
        snapshot: b"other".to_vec(),
    };
    let group = Write::AddGroup {
        workshop: WORKSHOP.to_owned(),
        group: "g1".parse()?,
        document: document(2),
    };
    store
        .commit(vec![new_document(1), new_document(2), new_workshop(), group, of_other])
        .await?;
    store
        .commit(vec![
            append(2, &[b"one"]),
            append(7, &[b"theirs"]),
            Write::AddLink(link(1, LinkKind::Coordinator)),
            Write::PutSeat(seat("d1", WORKSHOP, None, 1)),
            Write::PutSeat(seat("d1", "w2", None, 1)),
        ])
        .await?;
    let delete = Write::DeleteWorkshop {
        workshop: WORKSHOP.to_owned(),
    };
    store.commit(vec![delete.clone()]).await?;
    assert_eq!(store.workshop(WORKSHOP.to_owned()).await?, None);
    assert_eq!(store.document(document(1)).await?, None);
    assert_eq!(store.document(document(2)).await?, None);
    assert_eq!(store.link(hash(1)).await?, None);
    assert_eq!(store.seat("d1".to_owned(), WORKSHOP.to_owned()).await?, None);
    assert!(store.seat("d1".to_owned(), "w2".to_owned()).await?.is_some());
    assert_eq!(
        store.document(document(7)).await?.context("there")?.changes,
        [b"theirs"]
    );
    store.commit(vec![delete]).await?;
    Ok(())
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

async fn a_replaced_document_is_gone_for_ever_and_the_new_one_stands_in_its_place(store: Arc<dyn Store>) -> Result<()> {
    let group: board::GroupId = "g1".parse()?;
    let add = Write::AddGroup {
        workshop: WORKSHOP.to_owned(),
        group: group.clone(),
        document: document(2),
    };
    store
        .commit(vec![new_document(1), new_workshop(), new_document(2), add])
        .await?;
    let replace = |old: u8, new: u8| Write::ReplaceDocument {
        workshop: WORKSHOP.to_owned(),
        group: "g1".parse().expect("an id"),
        old: document(old),
        new: document(new),
        snapshot: vec![9; 30],
    };
    let append = |to: u8| append(to, &[b"one"]);
    store.commit(vec![append(2)]).await?;
    store.commit(vec![replace(2, 5)]).await?;
    assert_eq!(store.document(document(2)).await?, None);
    let new = store.document(document(5)).await?.context("the new one")?;
    assert_eq!((new.snapshot, new.changes.len()), (vec![9; 30], 0));
    let row = store.workshop(WORKSHOP.to_owned()).await?.context("the workshop")?;
    assert_eq!(row.groups, [(group.clone(), document(5))]);
    assert_eq!(store.replaced(WORKSHOP.to_owned()).await?, [(document(2), group)]);
    assert_eq!(
        store.commit(vec![append(2)]).await,
        Err(StoreError::Conflict),
        "nothing is added to it"
    );
    assert_eq!(
        store.commit(vec![replace(2, 6)]).await,
        Err(StoreError::Conflict),
        "it is no board any more"
    );
    assert_eq!(store.document(document(6)).await?, None, "whole or not at all");
    store.commit(vec![append(5)]).await?;
    store.scrub().await?;
    assert_eq!(
        store.document(document(5)).await?.context("still there")?.changes.len(),
        1
    );
    Ok(())
}

async fn a_seat_is_made_read_only_by_nothing_else_and_taking_it_again_changes_nothing(
    store: Arc<dyn Store>,
) -> Result<()> {
    let set = |read_only| Write::SetReadOnly {
        workshop: WORKSHOP.to_owned(),
        device: "d1".to_owned(),
        read_only,
    };
    assert_eq!(
        store.commit(vec![set(true)]).await,
        Err(StoreError::Conflict),
        "nobody sits there"
    );
    store
        .commit(vec![Write::PutSeat(seat("d1", WORKSHOP, None, 1)), set(true)])
        .await?;
    store
        .commit(vec![Write::PutSeat(seat("d1", WORKSHOP, None, 2))])
        .await?;
    let found = store
        .seat("d1".to_owned(), WORKSHOP.to_owned())
        .await?
        .context("a seat")?;
    assert!(found.read_only);
    assert!(
        store
            .seats_of_workshop(WORKSHOP.to_owned(), 9)
            .await?
            .iter()
            .all(|seat| seat.read_only)
    );
    store.commit(vec![set(false)]).await?;
    assert!(
        !store
            .seat("d1".to_owned(), WORKSHOP.to_owned())
            .await?
            .context("a seat")?
            .read_only
    );
    let forget = Write::ForgetPerson {
        workshop: WORKSHOP.to_owned(),
        person: "p1".parse()?,
    };
    store.commit(vec![forget]).await?;
    let found = store
        .seat("d1".to_owned(), WORKSHOP.to_owned())
        .await?
        .context("a seat")?;
    assert_eq!((found.person, found.person_name.as_str()), (None, ""));
    Ok(())
}

async fn writers_and_acts_are_remembered(store: Arc<dyn Store>) -> Result<()> {
    let writer = |device: &str| WriterRow {
        actor: vec![1, 2],
        device: device.to_owned(),
        person: Some("p1".parse().expect("an id")),
    };
    let record = |device: &str| Write::RecordWriter {
        document: document(2),
        writer: writer(device),
    };
    store.commit(vec![record("d1")]).await?;
    store.commit(vec![record("d2")]).await?;
    assert_eq!(
        store.writers(document(2)).await?,
        [writer("d1")],
        "the first to write as an actor"
    );
    let act = |count| ActRow {
        workshop: WORKSHOP.to_owned(),
        at_ms: 5,
        device: "d1".to_owned(),
        act: "erased".to_owned(),
        group: None,
        subject: None,
        count,
    };
    store
        .commit((1..=3).map(|count| Write::RecordAct(act(count))).collect())
        .await?;
    assert_eq!(
        store.acts(WORKSHOP.to_owned(), 2).await?,
        [act(3), act(2)],
        "the latest first"
    );
    assert_eq!(store.acts("w9".to_owned(), 2).await?, []);
    Ok(())
}
