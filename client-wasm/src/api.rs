//! The server's REST interface, typed: one function per call, one error type.

mod fetch;
mod types;

pub use fetch::ApiError;
pub use types::{
    Card, Cards, Created, CreatedGroup, DeviceEntry, ErasureOn, ErasurePreview, HallAct, Link, LinkKind, Links,
    NewGroup, NewWorkshop, PastSeat, Role, Seat, SeatGroup, SeatPerson, Transfer, Writer,
};

use std::pin::pin;

use board::{GroupId, PersonId};
use futures_util::{FutureExt as _, StreamExt as _, future::select, stream::FuturesUnordered};
use serde_json::json;

use fetch::{Method, call, call_empty, call_text};

/// How often a code is tried while the door is crowded …
const CODE_TRIES: u32 = 8;
/// … and how long the person waits between two tries, who would otherwise do the same by hand.
const CODE_PAUSE_MS: i32 = 1_000;

/// Keeps a path segment that came from outside from reaching into another path.
fn segment(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

/// Creates a workshop; the caller becomes its coordinator.
pub async fn create_workshop(new: &NewWorkshop) -> Result<Created, ApiError> {
    call(Method::Post, "/api/workshops", Some(&json!(new))).await
}

/// Creates the demonstration workshop (the seed report, imported).
pub async fn create_demo() -> Result<Created, ApiError> {
    call(Method::Post, "/api/workshops/demo", Some(&json!({}))).await
}

/// The workshops in which this device has a seat, the latest first.
pub async fn past_seats() -> Result<Vec<PastSeat>, ApiError> {
    let answer: types::PastSeats = call(Method::Get, "/api/workshops", None).await?;
    Ok(answer.into_list())
}

/// Takes a seat with the secret of a link.
pub async fn join_with_secret(secret: &str) -> Result<Seat, ApiError> {
    call(Method::Post, "/api/join", Some(&json!({ "secret": secret }))).await
}

/// Takes a seat with the twelve digits of the short code; spaces and dashes are left out here.
pub async fn join_with_code(code: &str) -> Result<Seat, ApiError> {
    let digits: String = code
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    let body = json!({ "code": digits });
    let mut tries = 1;
    loop {
        match call(Method::Post, "/api/join", Some(&body)).await {
            // Somebody behind this hall's address tries codes: the door is crowded for moments, and then it is one's turn.
            Err(ApiError::Refused { status: 429, .. }) if tries < CODE_TRIES => {
                tries += 1;
                fetch::pause(CODE_PAUSE_MS).await;
            }
            answer => return answer,
        }
    }
}

/// This device's seat in a workshop; [`ApiError::NoSeat`] when it has none.
pub async fn seat(workshop: &str) -> Result<Seat, ApiError> {
    call(Method::Get, &format!("/api/workshops/{}/seat", segment(workshop)), None).await
}

/// When a ticket is asked for once more beside the requests that have no answer yet, in milliseconds. After a sleep the browser
/// takes connections for alive that no byte passes any more, and would wait for minutes; every further request goes over another
/// one. Chromium keeps six to a server.
const TICKET_TRIES_MS: [i32; 9] = [0, 300, 600, 900, 1_200, 1_500, 3_000, 6_000, 12_000];
/// So many wait beside each other; the oldest ends when one more begins, which gives its connection back.
const TICKET_TRIES_AT_ONCE: usize = 5;

/// What opens this device's next socket, once. The server says here why it would not open one.
pub async fn ticket(workshop: &str) -> Result<String, ApiError> {
    let tries = TICKET_TRIES_MS.iter().enumerate().map(|(nth, begins_ms)| async move {
        let ends_ms = TICKET_TRIES_MS.get(nth + TICKET_TRIES_AT_ONCE);
        if *begins_ms > 0 {
            fetch::pause(*begins_ms).await;
        }
        let asking = one_ticket(workshop).map(Some);
        match ends_ms {
            Some(ends_ms) => {
                let over = fetch::pause(ends_ms - begins_ms).map(|()| None);
                select(pin!(asking), pin!(over)).await.factor_first().0
            }
            None => asking.await,
        }
    });
    // The first to be answered counts; the others end with it.
    let mut tries: FuturesUnordered<_> = tries.collect();
    while let Some(ended) = tries.next().await {
        if let Some(answer) = ended {
            return answer;
        }
    }
    Err(ApiError::Away)
}

async fn one_ticket(workshop: &str) -> Result<String, ApiError> {
    let url = format!("/api/workshops/{}/ticket", segment(workshop));
    let ticket: types::Ticket = call(Method::Post, &url, Some(&json!({}))).await?;
    Ok(ticket.ticket)
}

/// Takes a device's seat away: its sockets are closed and it may not come back without a card.
pub async fn revoke_seat(workshop: &str, device: &str) -> Result<(), ApiError> {
    let url = format!("/api/workshops/{}/seats/{}/revoke", segment(workshop), segment(device));
    call_empty(Method::Post, &url, Some(&json!({}))).await
}

/// Sits down at a table and touches a name.
pub async fn choose_person(workshop: &str, group: &GroupId, person: &PersonId) -> Result<Seat, ApiError> {
    let body = json!({ "group": group.as_str(), "person": person.as_str() });
    call(
        Method::Post,
        &format!("/api/workshops/{}/seat", segment(workshop)),
        Some(&body),
    )
    .await
}

/// Sits down at a table and writes a name that is not on its list yet.
pub async fn choose_new_name(workshop: &str, group: &GroupId, name: &str) -> Result<Seat, ApiError> {
    let body = json!({ "group": group.as_str(), "new_name": name });
    call(
        Method::Post,
        &format!("/api/workshops/{}/seat", segment(workshop)),
        Some(&body),
    )
    .await
}

/// Sits down at a table without a name.
pub async fn choose_group(workshop: &str, group: &GroupId) -> Result<Seat, ApiError> {
    let body = json!({ "group": group.as_str() });
    call(
        Method::Post,
        &format!("/api/workshops/{}/seat", segment(workshop)),
        Some(&body),
    )
    .await
}

/// Mints new links and table cards; older links stay valid until they are revoked.
pub async fn mint_cards(workshop: &str) -> Result<Cards, ApiError> {
    call(
        Method::Post,
        &format!("/api/workshops/{}/cards", segment(workshop)),
        Some(&json!({})),
    )
    .await
}

/// Makes links of a kind stop working.
pub async fn revoke_links(workshop: &str, kind: LinkKind) -> Result<(), ApiError> {
    let body = json!({ "kind": kind });
    call_empty(
        Method::Post,
        &format!("/api/workshops/{}/links/revoke", segment(workshop)),
        Some(&body),
    )
    .await
}

/// Adds a group with an empty board.
pub async fn add_group(workshop: &str, group: &NewGroup) -> Result<(), ApiError> {
    call_empty(
        Method::Post,
        &format!("/api/workshops/{}/groups", segment(workshop)),
        Some(&json!(group)),
    )
    .await
}

/// Moves or copies items to another group's board. The same `id` twice is done once.
pub async fn transfer(workshop: &str, transfer: &Transfer) -> Result<(), ApiError> {
    call_empty(
        Method::Post,
        &format!("/api/workshops/{}/transfer", segment(workshop)),
        Some(&json!(transfer)),
    )
    .await
}

/// What an erasure would erase, and where else the same words stand.
pub async fn preview_erasure(workshop: &str, wish: &[ErasureOn]) -> Result<ErasurePreview, ApiError> {
    let url = format!("/api/workshops/{}/erasure/preview", segment(workshop));
    call(Method::Post, &url, Some(&json!({ "groups": wish }))).await
}

/// Erases for good. Returns whether the server's files hold nothing of it any more.
pub async fn erase(workshop: &str, wish: &[ErasureOn]) -> Result<bool, ApiError> {
    let url = format!("/api/workshops/{}/erasure", segment(workshop));
    let answer: types::Erased = call(Method::Post, &url, Some(&json!({ "groups": wish }))).await?;
    Ok(answer.scrubbed)
}

/// Everybody's devices, the connected ones first.
pub async fn devices(workshop: &str) -> Result<Vec<DeviceEntry>, ApiError> {
    let url = format!("/api/workshops/{}/devices", segment(workshop));
    let answer: types::Devices = call(Method::Get, &url, None).await?;
    Ok(answer.devices)
}

/// Lets a device only read, or gives it back what its role allows.
pub async fn set_read_only(workshop: &str, device: &str, read_only: bool) -> Result<(), ApiError> {
    let url = format!("/api/workshops/{}/devices/read-only", segment(workshop));
    let body = json!({ "device": device, "read_only": read_only });
    call_empty(Method::Post, &url, Some(&body)).await
}

/// As whom devices wrote on a group's board.
pub async fn writers(workshop: &str, group: &GroupId) -> Result<Vec<Writer>, ApiError> {
    let url = format!("/api/workshops/{}/groups/{group}/writers", segment(workshop));
    let answer: types::Writers = call(Method::Get, &url, None).await?;
    Ok(answer.writers)
}

/// What coordinators did that stands in no document, the latest first.
pub async fn acts(workshop: &str) -> Result<Vec<HallAct>, ApiError> {
    let url = format!("/api/workshops/{}/acts", segment(workshop));
    let answer: types::Acts = call(Method::Get, &url, None).await?;
    Ok(answer.acts)
}

/// Notes down that somebody's acts were taken back.
pub async fn record_taken_back(workshop: &str, group: &GroupId, device: &str, count: usize) -> Result<(), ApiError> {
    let url = format!("/api/workshops/{}/acts", segment(workshop));
    let body = json!({ "act": "taken_back", "group": group.as_str(), "subject": device, "count": count });
    call_empty(Method::Post, &url, Some(&body)).await
}

/// Where the table for spreadsheets can be downloaded.
pub fn table_url(workshop: &str, group: Option<&GroupId>, language: &str) -> String {
    let group = group.map(|group| format!("&group={group}")).unwrap_or_default();
    format!(
        "/api/workshops/{}/report.csv?lang={}{group}",
        segment(workshop),
        segment(language)
    )
}

/// The report as the server prints it. `format` is `txt`, `clean.txt` or `md`.
pub async fn report(workshop: &str, format: &str, group: Option<&GroupId>) -> Result<String, ApiError> {
    call_text(&report_url(workshop, format, group)).await
}

/// Where the report can be downloaded. `format` is `txt`, `clean.txt` or `md`.
pub fn report_url(workshop: &str, format: &str, group: Option<&GroupId>) -> String {
    let query = group.map(|group| format!("?group={group}")).unwrap_or_default();
    format!("/api/workshops/{}/report.{}{query}", segment(workshop), segment(format))
}

/// Where a board's automerge file can be downloaded.
pub fn board_file_url(workshop: &str, group: &GroupId) -> String {
    format!("/api/workshops/{}/groups/{group}/board.automerge", segment(workshop))
}

/// Where the workshop's automerge file can be downloaded.
pub fn workshop_file_url(workshop: &str) -> String {
    format!("/api/workshops/{}/workshop.automerge", segment(workshop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workshop_id_from_the_address_cannot_leave_its_path() {
        assert_eq!(segment("../x?y#z"), "..%2Fx%3Fy%23z");
        assert_eq!(
            report_url("w/1", "clean.txt", None),
            "/api/workshops/w%2F1/report.clean.txt"
        );
    }
}
