//! Every screen on every kind of device: nothing sticks out sideways, no letter is too small, every button can be hit by
//! a thumb, nothing complains in the console. The pictures stay in `target/screens/` for people to judge.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::{
    browser::{Device, Page, scenario},
    evening::{Links, Seated},
    server_process::ServerProcess,
    target_folder, temporary_folder,
};

/// What is wrong with the screen as it stands: a list of sentences, empty when all is well.
const COMPLAINTS: &str = r#"(() => {
  const wrong = [];
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth + 1) wrong.push(`the page is ${page.scrollWidth} px wide on a screen of ${innerWidth}`);
  const scaled = e => e.closest('[data-testid=sheet], [data-mini], svg, [aria-hidden=true]');
  const name = e => `<${e.tagName.toLowerCase()} ${e.dataset.testid ? 'testid=' + e.dataset.testid : 'class=' + e.className}> 「${(e.innerText || e.ariaLabel || '').trim().slice(0, 20)}」`;
  for (const e of document.querySelectorAll('body *')) {
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    if (r.width < 2 || r.height < 2 || s.visibility === 'hidden' || scaled(e) || e.closest('.visually-hidden')) continue;
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (own && parseFloat(s.fontSize) < 12) wrong.push(`${name(e)} is written in ${s.fontSize}`);
    const target = e.matches('button, select, input:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=file]), a.button, [role=button], [role=tab]');
    if (target && (r.height < 43.5 || r.width < 43.5)) wrong.push(`${name(e)} is only ${r.width.toFixed(0)} × ${r.height.toFixed(0)} px`);
    const scrolls = e.closest('[data-scroll-x]') || (function up(p) { for (; p; p = p.parentElement) { const o = getComputedStyle(p).overflowX; if ((o === 'auto' || o === 'scroll') && p.scrollWidth > p.clientWidth) return p; } })(e.parentElement);
    const card = target && e.parentElement.closest('[class*=card]');
    // An icon's button reaches into the padding, so that the icon itself stands at the edge of what is in the card.
    const edge = target && (e.matches('.button--icon') && e.querySelector('svg') || e).getBoundingClientRect().right;
    if (card && edge > card.getBoundingClientRect().right - parseFloat(getComputedStyle(card).paddingRight) + 1.5) wrong.push(`${name(e)} sticks out of its card`);
    if (target && !scrolls && (r.right > innerWidth + 1 || r.left < -1)) wrong.push(`${name(e)} sticks out of the screen`);
  }
  return [...new Set(wrong)];
})()"#;

async fn judge(page: &Page, screen: &str, wrong: &mut Vec<String>) -> Result<()> {
    // Two frames and the fonts, so that the picture shows what a person sees.
    page.eval("document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 350)))))").await?;
    let name = format!("{screen}-{}", page.device().name());
    page.screenshot(&target_folder().join("screens").join(format!("{name}.png")))
        .await?;
    let complaints = page.eval(COMPLAINTS).await?;
    for complaint in complaints.as_array().context("complaints are a list")? {
        wrong.push(format!("{name}: {}", complaint.as_str().unwrap_or("?")));
    }
    Ok(())
}

async fn walk(seat: &Seated, links: &Links, empty: &Links, full: &Links, wrong: &mut Vec<String>) -> Result<()> {
    let page = &seat.page;
    let (group, card) = links.groups[1].clone();
    seat.opens("/").await?;
    page.sees("start-demo").await?;
    judge(page, "01-start", wrong).await?;
    seat.opens("/new").await?;
    page.sees("new-create").await?;
    judge(page, "02-new", wrong).await?;
    page.press("new-create").await?;
    judge(page, "03-new-empty-theme", wrong).await?;
    seat.opens("/import").await?;
    page.fills("import-text", board::report::DEMO).await?;
    page.sees("import-checks").await?;
    judge(page, "04-import", wrong).await?;
    page.fills("import-text", "- ・班のない付箋\n").await?;
    judge(page, "05-import-refused", wrong).await?;
    seat.opens("/j").await?;
    page.sees("join-code").await?;
    judge(page, "06-join-code", wrong).await?;
    page.fills("join-code", "000000000000").await?;
    page.press("join-submit").await?;
    page.reads("コード").await?;
    judge(page, "07-join-wrong-code", wrong).await?;
    seat.opens(&card).await?;
    page.sees("join-new-name").await?;
    judge(page, "08-join-name", wrong).await?;
    page.press_css("[data-testid^=\"join-name-\"]").await?;
    seat.on_board().await?;
    judge(page, "09-sheet", wrong).await?;
    seat.fits().await?;
    judge(page, "10-sheet-fit", wrong).await?;
    page.press_css("[data-testid=sheet] [data-note]").await?;
    judge(page, "11-note-selected", wrong).await?;
    page.key("Escape", 0).await?;
    page.press("add-note").await?;
    page.sees("note-editor").await?;
    page.types("書きかけの付箋です。").await?;
    judge(page, "12-note-editor", wrong).await?;
    page.key("Escape", 0).await?;
    if page
        .eval("!document.querySelector('[data-testid=note-delete]')")
        .await?
        == json!(true)
    {
        page.pauses().await?;
        page.press_css("[data-testid=sheet] [data-note]").await?;
    }
    page.press("note-delete").await?;
    judge(page, "13-undo-strip", wrong).await?;
    page.press("open-basket").await?;
    page.sees("basket-item").await?;
    judge(page, "14-basket", wrong).await?;
    seat.opens(&format!("/w/{}/g/{group}?view=outline", links.workshop))
        .await?;
    page.sees("outline").await?;
    judge(page, "15-outline", wrong).await?;
    seat.opens(&format!("/w/{}/report", links.workshop)).await?;
    page.sees("report-text").await?;
    judge(page, "16-report", wrong).await?;
    seat.opens(&empty.groups[0].1).await?;
    page.fills("join-new-name", page.device().name()).await?;
    page.press("join-new-submit").await?;
    seat.on_board().await?;
    judge(page, "17-sheet-empty", wrong).await?;
    seat.opens(&full.groups[0].1).await?;
    page.press_css("[data-testid^=\"join-name-\"]").await?;
    seat.on_board().await?;
    seat.fits().await?;
    judge(page, "18-sheet-300", wrong).await?;
    // The coordinator's screens.
    seat.opens(&links.coordinator).await?;
    page.sees("overview").await?;
    judge(page, "19-overview", wrong).await?;
    seat.opens(&format!("/w/{}/links", links.workshop)).await?;
    page.press("links-mint").await?;
    page.sees("links-coordinator").await?;
    judge(page, "20-links", wrong).await?;
    seat.opens(&format!("/w/{}/cards", links.workshop)).await?;
    page.press("cards-make").await?;
    page.until(
        "the cards show their QR codes",
        "document.querySelectorAll('.table-card svg, .table-card img').length >= 2",
    )
    .await?;
    judge(page, "21-cards", wrong).await?;
    seat.opens(&format!("/w/{}/wall", links.workshop)).await?;
    page.reads("1班").await?;
    judge(page, "22-wall", wrong).await?;
    seat.opens("/w/nosuchworkshop").await?;
    page.until("the page says something", "document.body.innerText.trim().length > 10")
        .await?;
    judge(page, "23-no-such-workshop", wrong).await?;
    // English sentences are longer: the fullest screens once more.
    page.eval("localStorage.setItem('yoriai.language', 'en')").await?;
    seat.opens("/").await?;
    page.reads("English").await?;
    judge(page, "24-start-english", wrong).await?;
    seat.opens(&format!("/w/{}", links.workshop)).await?;
    page.sees("overview").await?;
    judge(page, "25-overview-english", wrong).await?;
    seat.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
    seat.on_board().await?;
    judge(page, "26-sheet-english", wrong).await?;
    page.press_css("[data-testid=sheet] [data-note]").await?;
    judge(page, "27-note-selected-english", wrong).await?;
    seat.opens(&format!("/w/{}/report", links.workshop)).await?;
    page.sees("report-text").await?;
    judge(page, "28-report-english", wrong).await?;
    seat.opens("/import").await?;
    page.fills("import-text", board::report::DEMO).await?;
    page.sees("import-checks").await?;
    judge(page, "29-import-english", wrong).await?;
    page.eval("localStorage.removeItem('yoriai.language')").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_fits_every_device() {
    scenario("every_screen", |browser| async move {
        let server = ServerProcess::start(&temporary_folder("screens")?, None).await?;
        let office = Seated::at(&browser, server.address(), "office", Device::Desktop).await?;
        let links = office.creates_demo().await?;
        let empty = office.creates("駅前広場をどう使うか", &["1班", "2班", "3班"]).await?;
        let report = three_hundred_notes();
        let full = office.asks("POST", "/api/workshops", Some(json!({ "theme": "三百枚", "date": "2026-11-22", "venue": "市民会館", "groups": [], "report": report }))).await?;
        let full = Links {
            workshop: full["workshop"].as_str().context("no workshop")?.to_owned(),
            join_code: String::new(),
            coordinator: String::new(),
            viewer: String::new(),
            groups: vec![(String::new(), full["links"]["groups"][0]["url"].as_str().and_then(|url| url.find("/j#").map(|at| url[at..].to_owned())).context("no card")?)],
        };
        let mut wrong = Vec::new();
        for device in Device::ALL {
            let seat = Seated::at(&browser, server.address(), device.name(), device).await?;
            walk(&seat, &links, &empty, &full, &mut wrong).await.with_context(|| format!("on the {}", device.name()))?;
            let errors: Vec<String> = seat.page.log().into_iter().filter(|line| line.starts_with("exception") || line.contains("panicked")).collect();
            ensure!(errors.is_empty(), "{} complains: {errors:?}", device.name());
            seat.page.close().await?;
        }
        ensure!(wrong.is_empty(), "{} things are wrong on the screens:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    })
    .await;
}

/// A report of one group with 300 notes under 20 headings.
fn three_hundred_notes() -> String {
    let mut report = "三百枚の付箋でも見わたせるか\n\n1班\n佐藤、鈴木(コーディネーター)\n".to_owned();
    for island in 1..=20 {
        report.push_str(&format!("\n見出し{island}をみんなで考える\n\n"));
        for number in 1..=15 {
            report.push_str(&format!(
                "- ・{island}の{number}枚目。市民と職員がいっしょに考えたこと。\n"
            ));
        }
    }
    report
}
