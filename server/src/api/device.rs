//! Who asks: a device, known by a cookie of 128 random bits of which only the hash is kept; and its seat in a workshop.

use std::{net::IpAddr, sync::Arc};

use axum::http::{HeaderMap, HeaderValue, header};
use board::Role;

use super::error::ApiError;
use crate::{
    secret::{Secret, hex, random_bytes},
    state::{ServerState, wall_clock_ms},
    store::{DeviceRow, SeatRow, Write},
};

/// The cookie's name.
const COOKIE: &str = "yoriai";
/// How long the cookie lives: 400 days, the longest that browsers keep one.
const COOKIE_SECONDS: u64 = 400 * 24 * 60 * 60;

/// The device that sent these headers, if it is known.
pub async fn known(state: &ServerState, headers: &HeaderMap) -> Result<Option<DeviceRow>, ApiError> {
    match cookie(headers) {
        Some(secret) => Ok(state.store.device(secret.hash()).await?),
        None => Ok(None),
    }
}

/// A device that may have been made for this very request.
pub struct Asking {
    /// Its row.
    pub device: DeviceRow,
    /// What must be written for it, with whatever else the request writes.
    pub writes: Vec<Write>,
    /// The cookie to be set.
    pub cookie: Option<HeaderValue>,
}

/// The device that sent these headers, or a new one, of which an address makes a hall's worth at a time.
pub async fn known_or_new(state: &ServerState, headers: &HeaderMap, address: IpAddr) -> Result<Asking, ApiError> {
    if let Some(device) = known(state, headers).await? {
        return Ok(Asking {
            device,
            writes: Vec::new(),
            cookie: None,
        });
    }
    state
        .budgets
        .new_device(address)
        .map_err(|too_many| ApiError::too_many(state, too_many))?;
    let secret = Secret::random()?;
    let device = DeviceRow {
        hash: secret.hash(),
        device: format!("d{}", hex(&random_bytes::<8>()?)),
        created_at_ms: wall_clock_ms(),
    };
    let secure = if state.secure() { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}",
        secret.reveal()
    );
    let cookie =
        HeaderValue::from_str(&cookie).map_err(|_| ApiError::unavailable("store_failed", "no cookie could be made"))?;
    Ok(Asking {
        writes: vec![Write::AddDevice(device.clone())],
        device,
        cookie: Some(cookie),
    })
}

/// The seat of the asking device in a workshop; 401 without one.
pub async fn seat(state: &Arc<ServerState>, headers: &HeaderMap, workshop: &str) -> Result<SeatRow, ApiError> {
    let device = known(state, headers).await?.ok_or_else(ApiError::no_seat)?;
    let seat = state.store.seat(device.device, workshop.to_owned()).await?;
    seat.filter(|seat| !seat.revoked).ok_or_else(ApiError::no_seat)
}

/// The seat of a coordinator; 403 for anybody else.
pub async fn coordinator(state: &Arc<ServerState>, headers: &HeaderMap, workshop: &str) -> Result<SeatRow, ApiError> {
    let seat = seat(state, headers, workshop).await?;
    if seat.role == Role::Coordinator {
        Ok(seat)
    } else {
        Err(ApiError::forbidden("only coordinators may do that"))
    }
}

/// The cookie's secret. Of several cookies with our name the first that reads as a secret counts.
fn cookie(headers: &HeaderMap) -> Option<Secret> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .find_map(|(_, value)| Secret::parse(value))
}
