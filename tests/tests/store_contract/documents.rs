//! Snapshots, changes, leases.

use super::*;

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
    the_canary_is_read_back,
    a_replaced_document_is_gone_for_ever_and_the_new_one_stands_in_its_place,
    a_deleted_document_is_gone_and_its_id_can_be_used_again,
);

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
