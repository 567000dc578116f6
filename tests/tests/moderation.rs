//! Calming a table without erasing anybody: a device that may only read, and back; who wrote as whom; the table for
//! spreadsheets.

use anyhow::{Context as _, Result, ensure};
use board::report::cell_text;
use serde_json::{Value, json};
use sync::Access;
use tests::{
    hall::{Hall, code, hall_with_groups},
    http::HttpDevice,
    light_client::LightClient,
    notes::{has_note, note},
};

async fn devices(hall: &Hall) -> Result<Vec<Value>> {
    let answer = hall
        .coordinator
        .clone()
        .request("GET", &hall.path("devices"), None)
        .await?
        .success()?;
    Ok(answer["devices"].as_array().context("no devices")?.clone())
}

async fn name_of(hall: &Hall, device: &mut HttpDevice) -> Result<String> {
    let seat = device.request("GET", &hall.path("seat"), None).await?.success()?;
    Ok(seat["device"].as_str().context("no device")?.to_owned())
}

async fn set_read_only(hall: &Hall, device: &str, read_only: bool) -> Result<()> {
    let body = json!({ "device": device, "read_only": read_only });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("devices/read-only"), Some(&body))
        .await?
        .success()?;
    Ok(())
}

async fn waits_for(client: &LightClient, board: sync::DocumentId, access: Access, reason: &str) -> Result<()> {
    client
        .wait(reason, |known| {
            known
                .access
                .get(&board)
                .is_some_and(|(is, why)| *is == access && (access == Access::Write || why == reason || why.is_empty()))
        })
        .await
}

#[tokio::test]
async fn moderation_a_device_is_made_read_only_and_back_while_it_is_connected() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("mute", 1).await?;
    let board = hall.board(0)?;
    let (mut prankster, mut neighbour) = (hall.at_table(0).await?, hall.at_table(0).await?);
    let (loud, quiet) = (hall.client(&prankster, 1), hall.client(&neighbour, 2));
    for client in [&loud, &quiet] {
        client.open(board).await?;
    }
    loud.act(board, note("before", "まだ書ける"))?;
    loud.wait_saved(board).await?;
    let (device, other) = (
        name_of(&hall, &mut prankster).await?,
        name_of(&hall, &mut neighbour).await?,
    );
    let listed = devices(&hall).await?;
    let of = |listed: &[Value], name: &str| listed.iter().find(|entry| entry["device"] == name).cloned();
    let entry = of(&listed, &device).context("the device is listed")?;
    assert_eq!(
        (&entry["connections"], &entry["read_only"], &entry["own"]),
        (&json!(1), &json!(false), &json!(false))
    );

    set_read_only(&hall, &device, true).await?;
    waits_for(&loud, board, Access::Read, "muted").await?;
    loud.act(board, note("muted", "書けないはず"))?;
    quiet.act(board, note("quiet", "となりは書ける"))?;
    quiet.wait_saved(board).await?;
    assert!(!has_note(&quiet.document(board)?, "muted"));
    assert_eq!(quiet.known().access[&board].0, Access::Write);
    // Neither a new connection, nor the card once more, nor a new name gives anything back.
    hall.join(&hall.secret("/links/groups/0/url")?).await?;
    prankster
        .request(
            "POST",
            "/api/join",
            Some(&json!({ "secret": hall.secret("/links/groups/0/url")? })),
        )
        .await?
        .success()?;
    let named = prankster
        .request("POST", &hall.path("seat"), Some(&json!({ "new_name": "ばか" })))
        .await?;
    assert_eq!((named.status, code(&named)?.as_str()), (403, "forbidden"));
    let second = hall.client(&prankster, 3);
    second.open(board).await?;
    waits_for(&second, board, Access::Read, "muted").await?;
    assert_eq!(
        of(&devices(&hall).await?, &device).context("listed")?["read_only"],
        true
    );

    set_read_only(&hall, &device, false).await?;
    waits_for(&loud, board, Access::Write, "open").await?;
    // What was written meanwhile was kept on the device, and arrives now: nothing of anybody is lost.
    loud.wait_saved(board).await?;
    assert_eq!(loud.known().connections, 1, "no reconnect was needed");

    // Only coordinators, only seats of this workshop, never a coordinator.
    let body = json!({ "device": other, "read_only": true });
    let refused = neighbour
        .request("POST", &hall.path("devices/read-only"), Some(&body))
        .await?;
    assert_eq!(refused.status, 403);
    let mut coordinator = hall.coordinator.clone();
    let own = name_of(&hall, &mut coordinator).await?;
    for (name, status) in [(own.as_str(), 403), ("nobody", 404)] {
        let body = json!({ "device": name, "read_only": true });
        let refused = coordinator
            .request("POST", &hall.path("devices/read-only"), Some(&body))
            .await?;
        assert_eq!(refused.status, status, "{name}");
    }
    let acts = coordinator.request("GET", &hall.path("acts"), None).await?.success()?;
    let words: Vec<&str> = acts["acts"]
        .as_array()
        .context("acts")?
        .iter()
        .filter_map(|act| act["act"].as_str())
        .collect();
    assert_eq!(words, ["writable", "read_only"]);
    server.stop().await
}

#[tokio::test]
async fn moderation_the_server_knows_who_wrote_as_whom() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("writers", 1).await?;
    let board = hall.board(0)?;
    let mut device = hall.at_table(0).await?;
    let seated = device
        .request(
            "POST",
            &hall.path("seat"),
            Some(&json!({ "group": hall.group(0)?, "new_name": "鈴木(喜)" })),
        )
        .await?
        .success()?;
    let client = hall.client(&device, 1);
    client.open(board).await?;
    client.act(board, note("n", "書いた"))?;
    client.wait_saved(board).await?;
    let path = hall.path(&format!("groups/{}/writers", hall.group(0)?));
    let answer = hall.coordinator.clone().request("GET", &path, None).await?.success()?;
    let writers = answer["writers"].as_array().context("writers")?;
    let actors: Vec<String> = client
        .document(board)?
        .get_changes(&[])
        .iter()
        .map(|change| change.actor_id().to_hex_string())
        .collect();
    let mine: Vec<&Value> = writers
        .iter()
        .filter(|writer| writer["person"] == seated["person"]["id"])
        .collect();
    ensure!(mine.len() == 1 && mine[0]["name"] == "鈴木(喜)", "{answer}");
    ensure!(
        actors.iter().any(|actor| mine[0]["actor"] == actor.as_str()),
        "the history names it so"
    );
    assert_eq!(device.request("GET", &path, None).await?.status, 403);
    server.stop().await
}

#[tokio::test]
async fn row_27_the_table_of_a_workshop_opens_as_text_and_only_coordinators_get_everything() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("csv", 1).await?;
    let board = hall.board(0)?;
    let mut participant = hall.at_table(0).await?;
    let client = hall.client(&participant, 1);
    client.open(board).await?;
    for (id, text) in [("a", "=1+1"), ("b", "＝SUM(A1)"), ("c", "ふつう、\"引用\"")] {
        client.act(board, note(id, text))?;
    }
    client.wait_saved(board).await?;
    let answer = participant.request("GET", &hall.path("report.csv"), None).await?;
    assert_eq!(answer.fields["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(answer.body)?;
    ensure!(
        text.starts_with('\u{feff}') && text.contains("\"'=1+1\"") && text.contains("\"'＝SUM(A1)\""),
        "{text}"
    );
    ensure!(text.contains("\"ふつう、\"\"引用\"\"\""), "{text}");
    assert_eq!(cell_text("'=1+1"), "=1+1");
    let all = format!("{}?all=true&lang=en", hall.path("report.csv"));
    assert_eq!(participant.request("GET", &all, None).await?.status, 403);
    let answer = hall.coordinator.clone().request("GET", &all, None).await?;
    ensure!(answer.status == 200 && String::from_utf8(answer.body)?.contains("\"Group\""));
    server.stop().await
}
