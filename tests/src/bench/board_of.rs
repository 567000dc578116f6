//! Boards of a given size and history, made through the front door: REST for the workshop, the socket for the history.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use board::{Board, Colour, Command, NoteId, Stamp, TextTarget};
use serde_json::json;
use sync::DocumentId;

use super::load::{Light, Target};
use crate::http::HttpDevice;

/// Notes under one heading of a made-up report.
const NOTES_PER_HEADING: usize = 15;
/// Notes that come by the report; a report of one group may hold 5,000 headings and notes in all, so the rest is written.
const IMPORTED_NOTES_MAX: usize = 4_500;
/// Notes in one change when they are written.
const NOTES_PER_CHANGE: usize = 100;
/// Changes sent in one message while a history is made: far below the limits of a frame.
const CHANGES_PER_MESSAGE: usize = 400;

/// Devices at which the light clients sit in turn: 200 clients are ten tabs each.
const DEVICES: usize = 20;

/// A board that exists on a server.
pub struct Made {
    /// How to join it.
    pub target: Target,
    /// The coordinator's device.
    pub device: HttpDevice,
    /// The workshop.
    pub workshop: String,
}

/// Creates a workshop whose only board has so many notes and a history of about so many operations.
pub async fn create(server: SocketAddr, notes: usize, operations: usize) -> Result<Made> {
    let mut report = format!("{notes}枚の板\n\n1班\n佐藤、鈴木(コーディネーター)\n");
    let imported = notes.min(IMPORTED_NOTES_MAX);
    for number in 0..imported {
        if number % NOTES_PER_HEADING == 0 {
            report.push_str(&format!("\n見出し{}\n\n", number / NOTES_PER_HEADING + 1));
        }
        report.push_str(&format!("- ・{}枚目。市民と職員がいっしょに考えたこと。\n", number + 1));
    }
    let mut device = HttpDevice::new(server);
    let body = json!({ "theme": "測る", "date": "2026-11-22", "venue": "", "groups": [], "report": report });
    let created = device.request("POST", "/api/workshops", Some(&body)).await?.success()?;
    let workshop = created["workshop"].as_str().context("no workshop")?.to_owned();
    let seat = device
        .request("GET", &format!("/api/workshops/{workshop}/seat"), None)
        .await?
        .success()?;
    let document: DocumentId = seat["groups"][0]["document"].as_str().context("no document")?.parse()?;
    // One device may hold a few tabs, not a hall.
    let card = created["links"]["groups"][0]["url"].as_str().context("no card")?;
    let secret = card.split_once('#').context("a card without a secret")?.1;
    let mut cookies = vec![device.cookie()];
    for _ in 1..DEVICES {
        let mut tablet = HttpDevice::new(server);
        let join = json!({ "secret": secret });
        tablet.request("POST", "/api/join", Some(&join)).await?.success()?;
        cookies.push(tablet.cookie());
    }
    let target = Target {
        address: server,
        path: format!("/sync/{workshop}"),
        cookies,
        document: Some(document),
    };
    write_history(&target, notes - imported, operations).await?;
    Ok(Made {
        target,
        device,
        workshop,
    })
}

/// People write the notes that are missing, and then type: every change is one letter in one of the notes.
async fn write_history(target: &Target, missing: usize, operations: usize) -> Result<()> {
    let mut light = Light::connect(target, "historian").await?;
    let document = light.catch_up(std::time::Instant::now()).await?.document;
    let mut board = Board::load(&document.save(), automerge::ActorId::from([9u8; 16]))?;
    let stamp = Stamp {
        person: None,
        device: "bench".to_owned(),
        at_ms: 0,
    };
    let mut changes = Vec::new();
    for first in (0..missing).step_by(NOTES_PER_CHANGE) {
        let notes = (first..missing.min(first + NOTES_PER_CHANGE))
            .map(|number| (NoteId::from_random(number as u128), format!("書き足した{number}枚目")))
            .collect();
        let add = Command::AddNotes {
            notes,
            colour: Colour::Kinari,
            parent: None,
            at: None,
        };
        if let Some(change) = board.apply(add, &stamp)?.change {
            light.send_saved(&[change]).await?;
        }
    }
    let ids: Vec<_> = board.view().notes.keys().cloned().collect();
    for number in 0..operations {
        let target = TextTarget::Note(ids[number % ids.len()].clone());
        // A letter comes and the next time round goes, so texts stay short while the history grows.
        let round = number / ids.len();
        let splice = if round % 2 == 0 {
            Command::Splice {
                target,
                at: 0,
                delete: 0,
                insert: "あ".to_owned(),
            }
        } else {
            Command::Splice {
                target,
                at: 0,
                delete: 1,
                insert: String::new(),
            }
        };
        if let Some(change) = board.apply(splice, &stamp)?.change {
            changes.push(change);
        }
        if changes.len() >= CHANGES_PER_MESSAGE || number + 1 == operations {
            light.send_saved(&changes).await?;
            changes.clear();
        }
    }
    Ok(())
}
