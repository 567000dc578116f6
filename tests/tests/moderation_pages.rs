//! Moderation and erasure as people do them: a coordinator's page and a table's tablet, in real browsers.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::{
    browser::{Device, scenario},
    evening::Seated,
    server_process::ServerProcess,
    target_folder, temporary_folder,
};

async fn picture(seat: &Seated, name: &str) -> Result<()> {
    // Two frames, so that the picture shows what a person sees.
    seat.page
        .eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 350))))")
        .await?;
    let file = format!("{name}-{}.png", seat.page.device().name());
    seat.page.screenshot(&target_folder().join("screens").join(file)).await
}

/// Chooses an option of a select by the words it shows.
async fn chooses(seat: &Seated, testid: &str, words: &str) -> Result<()> {
    let find = format!(
        "[...document.querySelector('[data-testid={testid}]').options].find(o => o.text.includes({}))",
        json!(words)
    );
    seat.page.until(&format!("「{words}」 can be chosen"), &find).await?;
    let choose = format!(
        "(() => {{ const o = {find}; o.parentElement.value = o.value; o.parentElement.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"
    );
    seat.page.eval(&choose).await.map(drop)
}

/// The state of a note, as the page knows it.
async fn until_note_is(seat: &Seated, group: &str, id: &str, state: &str) -> Result<()> {
    let script = format!(
        "(() => {{ const b = JSON.parse(window.yoriai.state()).groups[{}]; const n = b && b.notes[{}]; return n && n.state === {}; }})()",
        json!(group),
        json!(id),
        json!(state)
    );
    seat.page.until(&format!("the note is {state}"), &script).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_28_a_coordinator_calms_a_table_takes_back_and_erases_what_a_person_asks_for() {
    scenario("moderation", |browser| async move {
        let server = ServerProcess::start(&temporary_folder("moderation-pages")?, None).await?;
        let office = Seated::at(&browser, server.address(), "office", Device::Desktop).await?;
        let links = office.creates("駅前広場をどう使うか", &["1班", "2班"]).await?;
        let table = Seated::at(&browser, server.address(), "table", Device::Tablet).await?;
        let (group, card) = links.groups[0].clone();
        table.opens(&card).await?;
        table.page.fills("join-new-name", "鈴木(喜)").await?;
        table.page.press("join-new-submit").await?;
        table.on_board().await?;
        let silly = table.writes_note("いたずら書き").await?;
        let secret = table.writes_note("電話は〇八〇").await?;
        let kept = table.writes_note("広場にベンチがほしい").await?;
        table.online().await?;

        // The device only reads, at once; and writes again.
        office.opens(&format!("/w/{}", links.workshop)).await?;
        office.page.press("open-devices").await?;
        office.page.reads("鈴木(喜)").await?;
        picture(&office, "30-devices").await?;
        office.page.press_css("[data-testid^=\"mute-\"]").await?;
        table.page.reads("この端末を読むだけにしています").await?;
        picture(&table, "31-muted").await?;
        office.page.press_css("[data-testid^=\"mute-\"]").await?;
        table.page.until("the tablet writes again", "!document.body.innerText.includes('この端末を読むだけにしています') || !document.querySelector('[data-testid=add-note]').disabled").await?;

        // The log; and everything the person did in the last minutes is taken back, and that taken back as well.
        office.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
        office.on_board().await?;
        office.page.press("open-log").await?;
        office.page.reads("付箋を出しました").await?;
        picture(&office, "32-log").await?;
        chooses(&office, "log-whose", "鈴木(喜)").await?;
        office.page.sees("take-back-do").await?;
        picture(&office, "33-take-back").await?;
        office.page.press("take-back-do").await?;
        until_note_is(&table, &group, &silly, "basket").await?;
        until_note_is(&table, &group, &kept, "basket").await?;
        office.page.press("undo").await?;
        until_note_is(&table, &group, &kept, "live").await?;

        // One note is erased for good, while the table goes on writing.
        let before = table.board(&group).await?.heads;
        office.page.key("Escape", 0).await?;
        office.selects_note(&secret).await?;
        office.page.press("more-actions").await?;
        office.page.press("note-erase").await?;
        office.page.sees("erase-preview").await?;
        ensure!(office.page.eval("document.querySelector('[data-testid=erase-do]').disabled").await? == json!(true), "not before one is sure");
        picture(&office, "34-erase").await?;
        office.page.press("erase-sure").await?;
        office.page.press("erase-do").await?;
        until_note_is(&table, &group, &secret, "erased").await?;
        table.page.reads("紙が新しくなりました").await?;
        picture(&table, "35-renewed").await?;
        until_note_is(&office, &group, &secret, "erased").await?;
        ensure!(table.board(&group).await?.heads != before, "it is another document");
        let after = table.writes_note("続きを書く").await?;
        until_note_is(&office, &group, &after, "live").await?;
        until_note_is(&table, &group, &kept, "live").await?;
        table.online().await?;
        // The tablet's own memory holds nothing of it.
        let found = table.page.eval(r#"(async () => {
            const open = indexedDB.open('yoriai');
            const db = await new Promise(done => { open.onsuccess = () => done(open.result); });
            const found = [];
            for (const name of db.objectStoreNames) {
                const all = db.transaction(name).objectStore(name).getAll();
                const values = await new Promise(done => { all.onsuccess = () => done(all.result); });
                for (const value of values) {
                    const bytes = value instanceof Uint8Array ? value : (value && value.bytes) || new Uint8Array();
                    if (new TextDecoder('utf-8', {fatal: false}).decode(bytes).includes('電話は')) found.push(name);
                }
            }
            db.close();
            return found;
        })()"#).await?;
        ensure!(found == json!([]), "on the tablet: {found}");

        // The same panels on a coordinator's phone.
        let phone = Seated::at(&browser, server.address(), "phone", Device::Phone).await?;
        phone.opens(&links.coordinator).await?;
        phone.page.sees("overview").await?;
        phone.page.press("open-devices").await?;
        phone.page.reads("鈴木(喜)").await?;
        picture(&phone, "30-devices").await?;
        phone.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
        phone.on_board().await?;
        phone.page.press("more").await?;
        phone.page.press("open-log").await?;
        phone.page.reads("続きを書く").await?;
        picture(&phone, "32-log").await?;
        phone.opens(&format!("/w/{}/report", links.workshop)).await?;
        phone.page.sees("report-csv").await?;
        picture(&phone, "36-report-table").await?;
        for seat in [&office, &table, &phone] {
            let errors: Vec<String> = seat.page.log().into_iter().filter(|line| line.starts_with("exception") || line.contains("panicked")).collect();
            ensure!(errors.is_empty(), "{} complains: {errors:?}", seat.page.name());
        }

        // The tablet is removed: asked twice, gone at once, and what it wrote stays.
        phone.opens(&format!("/w/{}", links.workshop)).await?;
        phone.page.press("open-devices").await?;
        phone.page.reads("鈴木(喜)").await?;
        let device = phone.page.eval("[...document.querySelectorAll('.device')].find(e => e.innerText.includes('鈴木(喜)')).dataset.testid").await?;
        let device = device.as_str().and_then(|id| id.strip_prefix("device-")).context("a device")?.to_owned();
        phone.page.press(&format!("remove-{device}")).await?;
        phone.page.reads("書いたものは残ります").await?;
        picture(&phone, "37-remove").await?;
        phone.page.press(&format!("remove-{device}")).await?;
        phone.page.until("the device is gone from the list", "!document.querySelector('.devices').innerText.includes('鈴木(喜)')").await?;
        table.page.reads("この会に入れなくなりました").await?;
        picture(&table, "38-removed").await?;
        until_note_is(&office, &group, &after, "live").await?;
        let csv = office.fetches(&format!("/api/workshops/{}/report.csv", links.workshop)).await?;
        let csv = String::from_utf8(csv).context("UTF-8")?;
        ensure!(csv.contains("広場にベンチがほしい") && !csv.contains("電話"), "{csv}");
        Ok(())
    })
    .await;
}
