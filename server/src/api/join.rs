//! Joining: a secret or a code becomes a seat, once, and a cookie remembers it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use board::{GroupId, Role};
use serde::Deserialize;

use super::{body::Body, device, error::ApiError, seats};
use crate::{
    secret::Secret,
    serve::PeerAddress,
    state::{ServerState, wall_clock_ms},
    store::{LinkKind, LinkRow, SeatRow, Write},
};

/// What one joins with: exactly one of secret and code.
#[derive(Deserialize)]
pub struct JoinBody {
    secret: Option<String>,
    code: Option<String>,
    group: Option<String>,
}

/// Takes a seat.
pub async fn join(
    State(state): State<Arc<ServerState>>,
    ConnectInfo(PeerAddress(address)): ConnectInfo<PeerAddress>,
    headers: HeaderMap,
    Body(body): Body<JoinBody>,
) -> Result<Response, ApiError> {
    let link = match (&body.secret, &body.code) {
        (Some(secret), None) => {
            let secret = Secret::parse(secret.trim()).ok_or_else(unknown_link)?;
            // 128 bits cannot be guessed, so this way needs no door.
            usable(
                state
                    .store
                    .link(secret.hash())
                    .await?
                    .filter(|link| link.kind != LinkKind::Code),
                unknown_link,
            )?
        }
        (None, Some(code)) => link_of_code(&state, address, code).await?,
        _ => return Err(ApiError::bad_request("bad_request", "send either a secret or a code")),
    };
    let asking = device::known_or_new(&state, &headers, address.ip()).await?;
    let row = state
        .store
        .workshop(link.workshop.clone())
        .await?
        .ok_or_else(unknown_link)?;
    let wanted = match &body.group {
        Some(group) => Some(seats::group_of(&row, group)?),
        None => None,
    };
    let before = state
        .store
        .seat(asking.device.device.clone(), link.workshop.clone())
        .await?;
    let seat = seat_through(&link, before, asking.device.device, wanted);
    let mut writes = asking.writes;
    writes.push(Write::PutSeat(seat.clone()));
    state.store.commit(writes).await?;
    state.workshops.seat_changed(&link.workshop, &seat.device);
    let mut response = Json(seats::seat_json(&state, &row, &seat).await?).into_response();
    if let Some(cookie) = asking.cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn link_of_code(state: &ServerState, address: SocketAddr, code: &str) -> Result<LinkRow, ApiError> {
    let attempt = state.code_door.enter(address.ip()).await.map_err(|_| {
        state.metrics.refused("crowded");
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            "many codes are being tried, try again in a moment",
        )
    })?;
    let link = match Secret::parse_code(code) {
        Some(code) => state
            .store
            .link(code.hash())
            .await?
            .filter(|link| link.kind == LinkKind::Code),
        None => None,
    };
    if link.is_none() {
        state.metrics.refused("code");
        attempt.wrong().await;
    }
    usable(link, || {
        ApiError::not_found_code("code_unknown", "there is no workshop with this code")
    })
}

fn unknown_link() -> ApiError {
    ApiError::not_found_code("link_unknown", "this link is not known; it may be incomplete")
}

fn usable(link: Option<LinkRow>, unknown: impl FnOnce() -> ApiError) -> Result<LinkRow, ApiError> {
    let link = link.ok_or_else(unknown)?;
    if link.revoked {
        return Err(ApiError::new(
            StatusCode::GONE,
            "link_revoked",
            "a coordinator has replaced this link or code",
        ));
    }
    if link.expires_at_ms < wall_clock_ms() {
        return Err(ApiError::new(
            StatusCode::GONE,
            "link_expired",
            "this link or code has expired",
        ));
    }
    Ok(link)
}

/// The seat after using a link. A device never loses rights by a link: a coordinator who scans a table card stays one and
/// sits down at that table. At the same table the same person goes on.
fn seat_through(link: &LinkRow, before: Option<SeatRow>, device: String, wanted: Option<GroupId>) -> SeatRow {
    let granted = match link.kind {
        LinkKind::Viewer => Role::Viewer,
        LinkKind::Code | LinkKind::Group => Role::Participant,
        LinkKind::Coordinator => Role::Coordinator,
    };
    let held = before.as_ref().filter(|seat| !seat.revoked);
    let (role, via) = match held {
        Some(seat) if seat.role > granted => (seat.role, seat.via),
        _ => (granted, Some(link.kind)),
    };
    let known_group = before.as_ref().and_then(|seat| seat.group.clone());
    let group = link.group.clone().or(wanted).or_else(|| known_group.clone());
    let stays = group == known_group;
    let (person, person_name) = match before {
        Some(seat) if stays => (seat.person, seat.person_name),
        _ => (None, String::new()),
    };
    SeatRow {
        device,
        workshop: link.workshop.clone(),
        role,
        group,
        person,
        person_name,
        via,
        revoked: false,
        // Kept apart: taking a seat gives nothing back that a coordinator took away.
        read_only: false,
        updated_at_ms: wall_clock_ms(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretHash;

    fn link(kind: LinkKind, group: Option<&str>) -> LinkRow {
        LinkRow {
            hash: SecretHash([0; 32]),
            workshop: "w".to_owned(),
            kind,
            group: group.map(|group| group.parse().unwrap()),
            expires_at_ms: i64::MAX,
            revoked: false,
        }
    }

    fn sitting(kind: LinkKind, group: Option<&str>) -> SeatRow {
        let mut seat = seat_through(&link(kind, group), None, "d".to_owned(), None);
        seat.person = Some("p1".parse().unwrap());
        seat
    }

    #[test]
    fn a_coordinator_who_scans_a_table_card_stays_coordinator_and_sits_down() {
        let before = sitting(LinkKind::Coordinator, None);
        let seat = seat_through(&link(LinkKind::Group, Some("g1")), Some(before), "d".to_owned(), None);
        assert_eq!((seat.role, seat.via), (Role::Coordinator, Some(LinkKind::Coordinator)));
        assert_eq!(seat.group, Some("g1".parse().unwrap()));
        assert_eq!(seat.person, None, "at another table one says again who one is");
    }

    #[test]
    fn a_new_card_after_a_revocation_continues_as_the_same_person_but_without_old_rights() {
        let mut before = sitting(LinkKind::Group, Some("g1"));
        before.role = Role::Coordinator;
        before.revoked = true;
        let seat = seat_through(&link(LinkKind::Group, Some("g1")), Some(before), "d".to_owned(), None);
        assert_eq!(seat.role, Role::Participant);
        assert_eq!(seat.person, Some("p1".parse().unwrap()));
        assert!(!seat.revoked);
    }

    #[test]
    fn a_viewer_becomes_a_participant_by_a_card_and_not_the_other_way_round() {
        let viewer = sitting(LinkKind::Viewer, None);
        let seat = seat_through(&link(LinkKind::Group, Some("g1")), Some(viewer), "d".to_owned(), None);
        assert_eq!(seat.role, Role::Participant);
        let seat = seat_through(&link(LinkKind::Viewer, None), Some(seat), "d".to_owned(), None);
        assert_eq!(seat.role, Role::Participant);
    }
}
