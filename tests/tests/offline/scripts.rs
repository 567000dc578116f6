//! Texts that would like to be programs (row 26): in notes, headings, names, themes and group names, on every page.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::{
    browser::{Device, Page, scenario},
    evening::Seated,
};

use super::hall;

/// Each would call `pwned` if it were read as HTML, as an address, as a style or as JavaScript.
const PAYLOADS: &[&str] = &[
    "<script>pwned(1)</script>",
    "<img src=x onerror=pwned(2)>",
    "<svg onload=pwned(3)><title>x</title></svg>",
    "\"><img src=x onerror=pwned(4)>",
    "'><svg/onload=pwned(5)>",
    "</textarea><script>pwned(6)</script>",
    "</title><script>pwned(7)</script>",
    "<iframe srcdoc=\"<script>parent.pwned(8)</script>\"></iframe>",
    "<a href=javascript:pwned(9)>押して</a>",
    "javascript:pwned(10)",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned(11)>",
    "<details open ontoggle=pwned(12)>",
    "<style>@import 'javascript:pwned(13)';*{background:url(javascript:pwned(13))}</style>",
    "<object data=javascript:pwned(14)></object><embed src=javascript:pwned(14)>",
    "{{constructor.constructor('pwned(15)')()}}${pwned(15)}",
    "<input autofocus onfocus=pwned(16)>",
    "<meta http-equiv=refresh content=0;url=javascript:pwned(17)>",
    "<base href=//evil.example/><link rel=stylesheet href=//evil.example/x.css>",
    "<form action=javascript:pwned(18)><button>押して</button></form>",
    "&lt;script&gt;pwned(19)&lt;/script&gt;&#x3c;img src=x onerror=pwned(19)&#x3e;",
    "\u{202e}<script>pwned(20)</script>\u{0}\u{feff}",
];

/// Looks for everything that must not happen, from before the page's own first script.
const WATCH: &str = "window.__ran = []; window.pwned = n => { window.__ran.push(n); }; window.__violations = []; \
    document.addEventListener('securitypolicyviolation', e => window.__violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));";

/// Nothing ran, nothing was blocked, and no payload has become an element.
async fn is_inert(page: &Page, place: &str) -> Result<()> {
    page.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        .await?;
    let seen = page
        .eval("({ ran: window.__ran, violations: window.__violations, elements: [...document.querySelectorAll('iframe, object, embed, base, math, details:not(.more-ways), script:not([src]), a[href^=javascript], [onerror], [onload], [onfocus], [ontoggle], meta[http-equiv], img[src=x], link[href*=evil], form[action]')].map(e => e.outerHTML.slice(0, 120)) })")
        .await?;
    for what in ["ran", "violations", "elements"] {
        ensure!(
            seen[what].as_array().is_some_and(Vec::is_empty),
            "{place}: {what}: {}",
            seen[what]
        );
    }
    let told: Vec<String> = page
        .log()
        .into_iter()
        .filter(|line| {
            line.starts_with("dialog") || line.contains("Content Security Policy") || line.starts_with("exception")
        })
        .collect();
    ensure!(told.is_empty(), "{place}: {told:?}");
    Ok(())
}

/// A report whose every part is a payload, with a plain word beside it, so that the page must show it.
fn report() -> String {
    let inline = |text: &str| text.replace(['\u{0}', '\n'], "");
    let names: Vec<String> = PAYLOADS[..4]
        .iter()
        .map(|text| inline(text).replace(['、', '(', ')'], ""))
        .collect();
    let mut report = format!("テーマ {}\n\n1班\n\n佐藤、{}\n\n", PAYLOADS[1], names.join("、"));
    for (number, payload) in PAYLOADS.iter().enumerate() {
        report.push_str(&format!(
            "見出し{number} {}\n\n- ・付箋{number} {}\n\n",
            inline(payload),
            inline(payload)
        ));
    }
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_26_texts_that_look_like_programs_are_texts_everywhere_and_the_policy_is_strict() {
    scenario("row_26", |browser| async move {
        let server = hall().await?;
        let seat = Seated::at(&browser, server.address(), "coordinator", Device::Desktop).await?;
        let page = &seat.page;
        page.always_runs(WATCH).await?;
        seat.opens("/").await?;

        let policy = page.eval("fetch('/').then(r => r.headers.get('content-security-policy'))").await?;
        let policy = policy.as_str().context("no policy")?;
        let scripts = policy.split(';').find_map(|part| part.trim().strip_prefix("script-src ")).context("no script-src")?;
        ensure!(scripts == "'self' 'wasm-unsafe-eval'", "script-src is {scripts}");
        ensure!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");

        // The import page shows the report before anything is made of it.
        seat.opens("/import").await?;
        page.fills("import-text", &report()).await?;
        page.sees("import-checks").await?;
        is_inert(page, "import").await?;

        // Names have room for forty letters.
        let short = |text: &&&str| text.chars().count() <= 36;
        let groups: Vec<_> = PAYLOADS
            .iter()
            .filter(short)
            .take(6)
            .map(|text| json!({ "name": format!("班 {text}") }))
            .collect();
        let body = json!({ "theme": format!("テーマ {}", PAYLOADS[0]), "date": PAYLOADS[1], "venue": PAYLOADS[1], "groups": groups });
        let created = seat.asks("POST", "/api/workshops", Some(body)).await?;
        let named = created["workshop"].as_str().context("no workshop")?.to_owned();
        let made = seat.asks("POST", "/api/workshops", Some(json!({ "theme": "取り込み", "date": "2026-11-22", "venue": "市民会館", "groups": [], "report": report() }))).await?;
        let imported = made["workshop"].as_str().context("no workshop")?.to_owned();
        let group = made["links"]["groups"][0]["group"].as_str().context("no group")?.to_owned();

        let board = format!("/w/{imported}/g/{group}");
        for (path, words) in [
            ("/".to_owned(), "テーマ"),
            (format!("/w/{named}"), "班 <"),
            (format!("/w/{named}/cards"), "班 <"),
            (format!("/w/{named}/links"), "班 <"),
            (format!("/w/{named}/wall"), "班 <"),
            (format!("/w/{named}/report"), "テーマ <"),
            (board.clone(), "付箋0"),
            (format!("{board}?view=outline"), "見出し0"),
            (format!("/w/{imported}"), "1班"),
            (format!("/w/{imported}/wall"), "1班"),
            (format!("/w/{imported}/report"), "付箋0"),
            (format!("/w/{imported}/cards"), "1班"),
        ] {
            seat.opens(&path).await?;
            // Cards and links are shown when they are made.
            for (page_of, button) in [("/cards", "cards-make"), ("/links", "links-mint")] {
                if path.ends_with(page_of) {
                    page.press(button).await?;
                }
            }
            // A text area's text is not part of the page's own.
            let shown = format!(
                "document.body.innerText.includes({0}) || [...document.querySelectorAll('textarea, input')].some(e => e.value.includes({0}))",
                json!(words)
            );
            page.until(&format!("{path} shows 「{words}」"), &shown).await?;
            is_inert(page, &path).await?;
        }

        // Written, opened, thrown into the basket and taken out again by hand; and a name of that kind at the table.
        let table = Seated::at(&browser, server.address(), "tablet", Device::Tablet).await?;
        table.page.always_runs(WATCH).await?;
        let card = made["links"]["groups"][0]["url"].as_str().context("no card")?;
        let card = &card[card.find("/j#").context("no fragment")?..];
        table.joins(card, "<img src=x onerror=pwned(30)>").await?;
        is_inert(&table.page, "joining").await?;
        let id = table.writes_note("<img src=x onerror=pwned(31)><script>pwned(31)</script>").await?;
        is_inert(&table.page, "sheet").await?;
        table.selects_note(&id).await?;
        table.page.press("note-delete").await?;
        table.page.press("open-basket").await?;
        table.page.sees("basket-item").await?;
        table.page.reads("pwned(31)").await?;
        is_inert(&table.page, "basket").await?;
        table.page.press("open-people").await?;
        is_inert(&table.page, "people").await?;
        is_inert(page, "what the coordinator saw of it").await?;
        Ok(())
    })
    .await;
}
