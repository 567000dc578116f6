//! What the server does not take is not lost: it is done again, or waits as a draft that one can read, copy, put out or drop.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use automerge::{ReadDoc as _, transaction::Transactable as _};
use base64::Engine as _;
use serde_json::json;
use tests::{
    browser::{Device, Page, scenario, selector},
    evening::until_equal,
    fault_proxy::Weather,
    target_folder,
};

use super::{Table, hall, texts_on, writes};

fn picture(name: &str) -> PathBuf {
    target_folder().join("screens").join(format!("{name}.png"))
}

async fn speaks(page: &Page, language: &str) -> Result<()> {
    page.eval(&format!("localStorage.setItem('yoriai.language', '{language}')"))
        .await?;
    page.reload().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_a_board_that_was_locked_meanwhile_become_drafts_on_the_screen() {
    scenario("drafts_of_a_locked_board", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let tablet = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        let phone = table.seats(&browser, &server, "森", Device::Phone).await?;
        for seat in [&tablet, &phone] {
            seat.network.set(Weather::Cut);
            seat.is_offline().await?;
        }
        writes(&tablet, "タブレットで書いた", 2, Some(0)).await?;
        writes(&tablet, "もう一枚", 2, Some(2)).await?;
        writes(&phone, "電話で書いた", 2, Some(0)).await?;
        table.coordinator.opens(&format!("/w/{}", table.links.workshop)).await?;
        table.coordinator.page.press(&format!("lock-{}", table.group)).await?;
        for seat in [&tablet, &phone] {
            seat.network.set(Weather::Fine);
            seat.page.reads("いまは読むだけです").await?;
            seat.page.press_css(".connection__action").await?;
            seat.page.press("open-drafts").await?;
            seat.page.sees("drafts").await?;
            seat.page.reads("で書いた").await?;
            let put_out = "document.querySelector('.draft .button--primary').disabled";
            ensure!(
                seat.page.eval(put_out).await? == json!(true),
                "nothing can be put out on a locked board"
            );
            let name = seat.page.device().name();
            seat.page.screenshot(&picture(&format!("25-drafts-{name}"))).await?;
            // The same in English, after a reload: the drafts are still there, and a notice leads to them.
            speaks(&seat.page, "en").await?;
            seat.page.press("open-drafts").await?;
            seat.page.reads("Put out again").await?;
            seat.page.screenshot(&picture(&format!("25-drafts-{name}-en"))).await?;
            speaks(&seat.page, "ja").await?;
            seat.page.press("open-drafts").await?;
            seat.page.sees("drafts").await?;
            ensure!(seat.unsent().await? == 0);
        }
        ensure!(table.server_texts().await?.is_empty(), "a locked board takes nothing");

        table.coordinator.page.press(&format!("lock-{}", table.group)).await?;
        // One is put out again, one is copied and dropped; the phone drops its own.
        let free = "!document.querySelector('.draft .button--primary').disabled";
        tablet.page.until("a draft can be put out again", free).await?;
        tablet.page.press_css(".draft .button--primary").await?;
        tablet
            .page
            .until("one is left", "document.querySelectorAll('.draft').length === 1")
            .await?;
        tablet
            .page
            .call(
                "Browser.grantPermissions",
                json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
            )
            .await?;
        tablet.page.press_css(".draft .button:first-child").await?;
        tablet.page.reads("写しました").await?;
        for seat in [&tablet, &phone] {
            seat.page.press_css(".draft .button--quiet").await?;
            seat.page
                .until(
                    "the dialog is gone with the last draft",
                    &format!("!document.querySelector('{}')", selector("drafts")),
                )
                .await?;
            ensure!(seat.page.state().await?["drafts"].as_array().is_some_and(Vec::is_empty));
        }
        let board = until_equal(&[&tablet, &phone], &table.group).await?;
        ensure!(board.texts().len() == 1, "{:?}", board.texts());
        ensure!(table.server_texts().await? == board.texts());
        Ok(())
    })
    .await;
}

/// A change that no page of ours makes: a note with more letters than fit, and a word where none belongs.
fn forbidden_change(board: &[u8]) -> Result<(Vec<u8>, String)> {
    let document = automerge::Automerge::load(board)?.with_actor(automerge::ActorId::from([7_u8; 16]));
    let mut board = board::Board::from_doc(document).context("a board")?;
    let before = board.doc().get_heads();
    let stamp = board::Stamp {
        person: None,
        device: "old".to_owned(),
        at_ms: 0,
    };
    let id = board::NoteId::from_random(99);
    board.apply(
        board::Command::AddNote {
            id: id.clone(),
            text: "長い付箋".to_owned(),
            colour: board::Colour::default(),
            parent: None,
            at: None,
            order: board::OrderHint::Last,
            author: None,
        },
        &stamp,
    )?;
    let mut document = board.doc().clone();
    let notes = document.get(automerge::ROOT, "notes")?.context("notes")?.1;
    let note = document.get(&notes, id.as_str())?.context("the note")?.1;
    let text = document.get(&note, "text")?.context("its text")?.1;
    let more = "長".repeat(20_500);
    document
        .transact::<_, _, automerge::AutomergeError>(|tx| {
            tx.splice_text(&text, 4, 0, &more)?;
            tx.put(automerge::ROOT, "nonsense", 1)
        })
        .map_err(|failure| failure.error)?;
    let bytes = document
        .get_changes(&before)
        .iter()
        .flat_map(|change| change.raw_bytes().to_vec())
        .collect();
    Ok((bytes, format!("長い付箋{more}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_the_server_refuses_the_allowed_is_put_out_again_and_the_rest_is_a_draft() {
    scenario("refused_and_replayed", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let sato = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        let mori = table.seats(&browser, &server, "森", Device::Phone).await?;
        writes(&sato, "前から", 3, None).await?;
        sato.online().await?;
        let path = format!("/api/workshops/{}/groups/{}/board.automerge", table.links.workshop, table.group);
        let (change, long) = forbidden_change(&table.coordinator.fetches(&path).await?)?;
        let seat = sato.asks("GET", &format!("/api/workshops/{}/seat", table.links.workshop), None).await?;
        let groups = seat["groups"].as_array().context("no groups")?;
        let own = groups.iter().find(|group| group["id"] == json!(table.group)).context("no group")?;
        let document = own["document"].as_str().context("no document")?;

        sato.network.set(Weather::Cut);
        sato.is_offline().await?;
        writes(&sato, "よい一", 2, Some(0)).await?;
        writes(&sato, "よい二", 2, Some(2)).await?;
        // A page of another time has left something on the device that the server does not take.
        let bytes = base64::engine::general_purpose::STANDARD.encode(change);
        sato.page
            .eval(&format!(
                "new Promise((done, failed) => {{ const open = indexedDB.open('yoriai', 1); open.onerror = failed; open.onsuccess = () => {{ const put = open.result.transaction('chunks', 'readwrite'); put.objectStore('chunks').put(Uint8Array.from(atob('{bytes}'), c => c.charCodeAt(0)), ['doc/{document}', 'another-time', 1]); put.oncomplete = () => {{ open.result.close(); done(true); }}; }}; }})"
            ))
            .await?;
        sato.page.reload().await?;
        sato.page.until("all of it counts as unsent", "JSON.parse(window.yoriai.state()).unsaved === 6").await?;
        sato.network.set(Weather::Fine);
        let board = until_equal(&[&sato, &mori], &table.group).await?;
        let texts: Vec<&str> = board.texts().iter().map(|text| text.get(..9).unwrap_or(text)).map(|text| match text {
            "前から" => "前から",
            "よい一" => "よい一",
            "よい二" => "よい二",
            _ => "?",
        }).collect();
        ensure!(board.texts().len() == 3, "what is allowed arrived: {texts:?}");
        ensure!(table.server_texts().await? == board.texts());
        let drafts = sato.page.state().await?["drafts"].clone();
        ensure!(drafts == json!([long]), "the rest is one draft: {} letters", drafts.to_string().chars().count());
        sato.page.press("open-drafts").await?;
        sato.page.sees("drafts").await?;
        sato.page.screenshot(&picture("26-draft-too-long-tablet")).await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_whose_link_was_revoked_while_away_can_read_what_they_wrote_and_sends_it_with_a_new_card() {
    scenario("revoked_while_away", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let sato = table.seats(&browser, &server, "佐藤", Device::Phone).await?;
        sato.network.set(Weather::Cut);
        sato.is_offline().await?;
        let written = writes(&sato, "席のないあいだに", 4, Some(0)).await?;
        let workshop = &table.links.workshop;
        let revoke = format!("/api/workshops/{workshop}/links/revoke");
        table
            .coordinator
            .asks("POST", &revoke, Some(json!({ "kind": "group" })))
            .await?;
        sato.network.set(Weather::Fine);
        sato.page.reads("この会に入れなくなりました").await?;
        sato.page.press("open-drafts").await?;
        sato.page.reads(&written[0]).await?;
        sato.page.screenshot(&picture("27-seat-lost-phone")).await?;
        ensure!(table.server_texts().await?.is_empty());

        let cards = table
            .coordinator
            .asks("POST", &format!("/api/workshops/{workshop}/cards"), Some(json!({})))
            .await?;
        let found = cards.to_string();
        let fresh = found
            .split('"')
            .filter(|part| part.contains("/j#"))
            .filter_map(|part| part.find("/j#").map(|at| part[at..].to_owned()));
        let mut cards: Vec<String> = fresh.collect();
        ensure!(!cards.is_empty(), "no card in {found}");
        // The first group's card opens the first group's table.
        let card = cards.remove(0);
        // The device knows who sat at it.
        sato.opens(&card).await?;
        sato.on_board().await?;
        ensure!(
            table.server_texts().await? == written,
            "{:?}",
            table.server_texts().await?
        );
        ensure!(texts_on(&sato.page, &table.group).await? == written);
        ensure!(
            sato.page.state().await?["drafts"].as_array().is_some_and(Vec::is_empty),
            "nothing is offered twice"
        );
        Ok(())
    })
    .await;
}
