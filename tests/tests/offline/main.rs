//! The page that works without a network and never loses an edit, in real browsers: rows 5 to 9, 26 and 31 of the promises,
//! and refusals without loss. A failing scene leaves screenshots and consoles in `target/test-failures/`.

mod builds;
mod hours;
mod network;
mod refusals;
mod scripts;
mod tabs;

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::{
    browser::{Browser, Device, Page, selector},
    evening::{Links, Seated},
    server_process::ServerProcess,
    temporary_folder,
};

async fn hall() -> Result<ServerProcess> {
    ServerProcess::start(&temporary_folder("offline")?, None).await
}

/// A table of an evening: a workshop of two groups, and people on devices of their own at the first one.
struct Table {
    coordinator: Seated,
    links: Links,
    group: String,
}

impl Table {
    async fn open(browser: &Arc<Browser>, server: &ServerProcess) -> Result<Self> {
        let coordinator = Seated::at(browser, server.address(), "coordinator", Device::Desktop).await?;
        let links = coordinator.creates("会議", &["1班", "2班"]).await?;
        let group = links.groups[0].0.clone();
        Ok(Self {
            coordinator,
            links,
            group,
        })
    }

    /// Somebody sits down with a device, and the page is on it.
    async fn seats(
        &self,
        browser: &Arc<Browser>,
        server: &ServerProcess,
        name: &str,
        device: Device,
    ) -> Result<Seated> {
        let seat = Seated::at(browser, server.address(), name, device).await?;
        seat.joins(&self.links.groups[0].1, name).await?;
        seat.is_kept().await?;
        Ok(seat)
    }

    /// The address of the board.
    fn board(&self) -> String {
        format!("/w/{}/g/{}", self.links.workshop, self.group)
    }

    /// Texts of the notes on the server's own copy of the board, sorted.
    async fn server_texts(&self) -> Result<Vec<String>> {
        let path = format!(
            "/api/workshops/{}/groups/{}/board.automerge",
            self.links.workshop, self.group
        );
        let document = automerge::Automerge::load(&self.coordinator.fetches(&path).await?)?;
        let board = board::Board::from_doc(document).context("the server's board is none")?;
        let live = board
            .view()
            .notes
            .values()
            .filter(|note| note.state == board::State::Live);
        let mut texts: Vec<String> = live.map(|note| note.text.clone()).collect();
        texts.sort();
        Ok(texts)
    }
}

/// Writes notes letter by letter, each letter an edit of its own, until there are `edits` edits. With a count to begin
/// with, the page must say the right number of unsent edits after every single one. Returns the notes' texts.
async fn writes(seat: &Seated, label: &str, edits: usize, unsent_before: Option<u64>) -> Result<Vec<String>> {
    const LETTERS: [&str; 9] = ["あ", "い", "う", "え", "お", "か", "き", "く", "け"];
    let mut texts = Vec::new();
    let mut done = 0;
    let counted = async |done: usize| -> Result<()> {
        if let Some(before) = unsent_before {
            let unsent = seat.unsent().await?;
            ensure!(
                unsent == before + done as u64,
                "after {done} edits on top of {before} the page counts {unsent} unsent ones"
            );
        }
        Ok(())
    };
    while done < edits {
        seat.page.press("add-note").await?;
        seat.page.sees("note-editor").await?;
        done += 1;
        counted(done).await?;
        let mut text = String::new();
        let first = format!("{label}{}", texts.len());
        for letter in std::iter::once(first.as_str())
            .chain(LETTERS)
            .take((edits - done).max(1))
        {
            seat.page.types(letter).await?;
            text.push_str(letter);
            done += 1;
            counted(done).await?;
        }
        seat.page.key("Escape", 0).await?;
        // Otherwise the next note's first letters would go into this one.
        let closed = format!("!document.querySelector('{}')", selector("note-editor"));
        seat.page.until("the editor is closed", &closed).await?;
        texts.push(text);
    }
    Ok(texts)
}

/// The texts of the notes on a page, sorted.
async fn texts_on(page: &Page, group: &str) -> Result<Vec<String>> {
    let script = format!(
        "Object.values(JSON.parse(window.yoriai.state()).groups[{}].notes).filter(note => note.state === 'live').map(note => note.text).sort()",
        json!(group)
    );
    let texts = page.eval(&script).await?;
    let list = texts.as_array().context("no texts")?;
    let mut texts: Vec<String> = list
        .iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect();
    texts.sort();
    Ok(texts)
}

fn sorted(lists: &[&[String]]) -> Vec<String> {
    let mut all: Vec<String> = lists.iter().flat_map(|list| list.iter().cloned()).collect();
    all.sort();
    all
}
