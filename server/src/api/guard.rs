//! What every request and every answer passes: the origin of requests that change something, the headers of answers.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;
use crate::state::ServerState;

/// Scripts only from this server and compiled WebAssembly; nothing from elsewhere, no frames, no plug-ins. Style
/// sheets come from here too; style attributes are allowed, because that is how the page places its notes. QR codes come as `data:` images.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What the page never asks a device for.
const PERMISSIONS_POLICY: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

/// Refuses requests that change something when a foreign page sent them, and adds the security headers to every answer.
pub async fn guard(State(state): State<Arc<ServerState>>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let mut response = if changes && !state.origins.welcomes_request(request.headers()) {
        state.metrics.refused("origin");
        foreign_origin().into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Whatever does not say otherwise is about people and belongs in no cache.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The answer to a foreign page.
pub fn foreign_origin() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::FORBIDDEN,
        "foreign_origin",
        "this origin may not do that",
    )
}

/// Which pages may act for the people who look at them.
pub struct Origins {
    allowed: Vec<String>,
}

impl Origins {
    /// The server's own address and the operator's list.
    pub fn new(base_url: &str, allow: &[String]) -> Self {
        let allowed = std::iter::once(base_url)
            .chain(allow.iter().map(String::as_str))
            .map(|origin| origin.trim().trim_end_matches('/').to_ascii_lowercase())
            .collect();
        Self { allowed }
    }

    /// A request without an `Origin` header comes from no page of another site: browsers always send it with those.
    fn welcomes_request(&self, headers: &HeaderMap) -> bool {
        match headers.get(header::ORIGIN) {
            Some(origin) => self.welcomes(origin, headers),
            None => headers
                .get("sec-fetch-site")
                .is_none_or(|site| site == "same-origin" || site == "none"),
        }
    }

    /// A socket that is opened by a page's ticket must name its origin, as every page does.
    pub fn welcomes_socket(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .is_some_and(|origin| self.welcomes(origin, headers))
    }

    /// The same host and port as the request's own, or one of the list.
    fn welcomes(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let origin = origin.to_ascii_lowercase();
        let own_host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let same_host = match (origin.split_once("://"), own_host) {
            (Some(("http" | "https", host)), Some(own)) => host == own.to_ascii_lowercase(),
            _ => false,
        };
        same_host || self.allowed.contains(&origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&str>, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn own_and_listed_origins_are_welcome_and_others_are_not() {
        let origins = Origins::new("https://yoriai.example.jp", &["https://city.example.jp/".to_owned()]);
        let welcome = |origin| origins.welcomes_socket(&headers(origin, "192.168.0.2:8080"));
        assert!(welcome(Some("http://192.168.0.2:8080")));
        assert!(welcome(Some("https://yoriai.example.jp")));
        assert!(welcome(Some("https://City.example.jp")));
        assert!(!welcome(Some("https://evil.example")));
        assert!(!welcome(Some("http://192.168.0.2:8081")));
        assert!(!welcome(Some("null")));
        assert!(!welcome(None));
    }

    #[test]
    fn programs_without_an_origin_may_use_the_api() {
        let origins = Origins::new("http://localhost:8080", &[]);
        assert!(origins.welcomes_request(&headers(None, "localhost:8080")));
        let mut cross_site = headers(None, "localhost:8080");
        cross_site.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        assert!(!origins.welcomes_request(&cross_site));
    }
}
