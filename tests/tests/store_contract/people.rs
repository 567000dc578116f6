//! Workshops, links, seats, devices, what coordinators did.

use super::*;

contract!(
    a_workshop_lists_its_groups_in_the_order_of_their_making,
    links_are_found_by_hash_and_revoked_by_kind,
    revoking_links_revokes_the_seats_behind_them_but_one,
    seats_are_replaced_and_listed_latest_first,
    devices_and_tokens_are_found_by_hash_and_are_unique,
    a_transfer_is_recorded_once,
    a_seat_is_made_read_only_by_nothing_else_and_taking_it_again_changes_nothing,
    writers_and_acts_are_remembered,
    a_deleted_workshop_takes_everything_of_it_and_nothing_else,
);

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
