//! One request over `fetch`, with a time limit, and the server's error object made into a type.

use serde::{Deserialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// A hall's Wi-Fi at 256 kbit/s carries the largest answer (a 500 KB report) in 16 s; twice that, then the person is told.
const TIMEOUT_MS: i32 = 30_000;

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server could not be reached, or not in time.
    #[error("the server cannot be reached")]
    Away,
    /// This device has no seat there (401).
    #[error("this device has no seat in this workshop")]
    NoSeat,
    /// The server refused, and says why.
    #[error("refused ({status} {code}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Machine readable reason; the page translates it.
        code: String,
        /// The server's own words, English.
        message: String,
        /// 1-based line of an imported report.
        line: Option<usize>,
        /// The limit that was exceeded, in the unit that the code names.
        limit: Option<u64>,
    },
    /// The answer was not what this page understands: it is older than the server.
    #[error("the answer could not be read")]
    Unreadable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    line: Option<usize>,
    #[serde(default)]
    limit: Option<u64>,
}

/// Calls and reads a JSON answer.
pub(super) async fn call<T: DeserializeOwned>(
    method: Method,
    url: &str,
    body: Option<&serde_json::Value>,
) -> Result<T, ApiError> {
    let text = answer(method, url, body).await?;
    serde_json::from_str(&text).map_err(|_| ApiError::Unreadable)
}

/// Calls and takes any answer for a yes.
pub(super) async fn call_empty(method: Method, url: &str, body: Option<&serde_json::Value>) -> Result<(), ApiError> {
    answer(method, url, body).await.map(|_| ())
}

/// Calls and hands back the text as it came.
pub(super) async fn call_text(url: &str) -> Result<String, ApiError> {
    answer(Method::Get, url, None).await
}

fn refusal(status: u16, text: &str) -> ApiError {
    if status == 401 {
        return ApiError::NoSeat;
    }
    match serde_json::from_str::<ErrorBody>(text) {
        Ok(ErrorBody {
            error:
                ErrorObject {
                    code,
                    message,
                    line,
                    limit,
                },
        }) => ApiError::Refused {
            status,
            code,
            message,
            line,
            limit,
        },
        // A proxy's own error page: nothing in it helps a person at a table.
        Err(_) if matches!(status, 502..=504) => ApiError::Away,
        Err(_) => ApiError::Refused {
            status,
            code: String::new(),
            message: String::new(),
            line: None,
            limit: None,
        },
    }
}

async fn answer(method: Method, url: &str, body: Option<&serde_json::Value>) -> Result<String, ApiError> {
    let away = |_: JsValue| ApiError::Away;
    let window = web_sys::window().ok_or(ApiError::Away)?;
    let abort = web_sys::AbortController::new().map_err(away)?;
    let init = web_sys::RequestInit::new();
    init.set_method(match method {
        Method::Get => "GET",
        Method::Post => "POST",
    });
    init.set_credentials(web_sys::RequestCredentials::SameOrigin);
    init.set_signal(Some(&abort.signal()));
    if let Some(body) = body {
        init.set_body(&JsValue::from_str(&body.to_string()));
    }
    let request = web_sys::Request::new_with_str_and_init(url, &init).map_err(away)?;
    if body.is_some() {
        request
            .headers()
            .set("content-type", "application/json")
            .map_err(away)?;
    }

    let _running = Running::new(&window, abort).map_err(away)?;
    let (status, text) = exchange(&window, &request).await.map_err(away)?;
    if (200..300).contains(&status) {
        Ok(text)
    } else {
        Err(refusal(status, &text))
    }
}

/// A request under way: it ends when nobody waits for it any more, or when its time is over. Left alone, one on a dead line would
/// keep one of the browser's six connections to the server for minutes.
struct Running {
    window: web_sys::Window,
    abort: web_sys::AbortController,
    timer: i32,
}

impl Running {
    fn new(window: &web_sys::Window, abort: web_sys::AbortController) -> Result<Self, JsValue> {
        let expiring = abort.clone();
        let expire = Closure::once_into_js(move || expiring.abort());
        let timer = window.set_timeout_with_callback_and_timeout_and_arguments_0(expire.unchecked_ref(), TIMEOUT_MS)?;
        Ok(Self {
            window: window.clone(),
            abort,
            timer,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.window.clear_timeout_with_handle(self.timer);
        // One that has ended does not mind.
        self.abort.abort();
    }
}

/// Waits.
pub(super) async fn pause(ms: i32) {
    let ring = js_sys::Promise::new(&mut |resolve, _| {
        let rung = web_sys::window().and_then(|window| {
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms)
                .ok()
        });
        if rung.is_none() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    let _ = JsFuture::from(ring).await;
}

async fn exchange(window: &web_sys::Window, request: &web_sys::Request) -> Result<(u16, String), JsValue> {
    let response: web_sys::Response = JsFuture::from(window.fetch_with_request(request)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_line_and_limit() {
        let text = r#"{"error":{"code":"report-unreadable","message":"no group","line":3,"limit":40}}"#;
        assert_eq!(
            refusal(422, text),
            ApiError::Refused {
                status: 422,
                code: "report-unreadable".to_owned(),
                message: "no group".to_owned(),
                line: Some(3),
                limit: Some(40),
            }
        );
    }

    #[test]
    fn a_proxys_error_page_means_the_server_is_away() {
        assert_eq!(refusal(502, "<html>Bad gateway"), ApiError::Away);
        assert_eq!(refusal(401, ""), ApiError::NoSeat);
    }
}
