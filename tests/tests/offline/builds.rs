//! A page that is older than the server (row 31): it works on, or replaces itself, and loses nothing either way.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::{
    browser::{Device, Page, scenario, selector},
    evening::until_equal,
    fault_proxy::Weather,
    server_process::ServerProcess,
    temporary_folder,
};

use tokio::time::Instant;

use super::{Table, sorted, writes};

/// The name of the bundle before this one.
const PREVIOUS: &str = "previous";

/// The page as it was built, and its name.
fn current() -> Result<(PathBuf, String)> {
    let folder = std::env::var_os("YORIAI_PAGE").context("YORIAI_PAGE names no page; run `cargo xtask test`")?;
    let folder = PathBuf::from(folder);
    let name = std::fs::read_to_string(folder.join("page.version"))?;
    Ok((folder, name.trim().to_owned()))
}

/// The bundle before this one: the same files under another name.
fn previous() -> Result<PathBuf> {
    let (from, name) = current()?;
    let to = temporary_folder("previous-page")?;
    let mut manifest = String::new();
    for line in std::fs::read_to_string(from.join("page.manifest"))?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, mime, hash, kept] = fields[..] else {
            anyhow::bail!("unexpected line in page.manifest: {line}");
        };
        let target = to.join(path);
        std::fs::create_dir_all(target.parent().unwrap_or(Path::new("")))?;
        let named = ["index.html", "sw.js", "page.version"].contains(&path);
        if named {
            let text = std::fs::read_to_string(from.join(path))?;
            ensure!(text.contains(&name), "{path} carries the build's name");
            std::fs::write(&target, text.replace(&name, PREVIOUS))?;
        } else {
            std::fs::copy(from.join(path), &target)?;
        }
        let hash = if named {
            format!("{PREVIOUS}{hash}")
        } else {
            hash.to_owned()
        };
        manifest.push_str(&format!("{path}\t{mime}\t{hash}\t{kept}\n"));
    }
    std::fs::write(to.join("page.manifest"), manifest)?;
    Ok(to)
}

async fn server_with(data: &Path, page: &Path, listen: Option<std::net::SocketAddr>) -> Result<ServerProcess> {
    let page = page.to_str().context("a readable path")?;
    ServerProcess::start_with(data, listen, &["--page-dir", page]).await
}

async fn is_build(page: &Page, name: &str) -> Result<()> {
    let condition = format!(
        "document.querySelector('meta[name=yoriai-page]')?.content === {}",
        json!(name)
    );
    page.until(&format!("the page is the build {name}"), &condition).await
}

/// Waits until a build is on the device, to be shown at the next visit.
async fn has_fetched(page: &Page, name: &str) -> Result<()> {
    let cache = format!("yoriai-page-{name}");
    let script = format!(
        "(async () => {{ const r = await navigator.serviceWorker.getRegistration(); return !!r && !!r.active && !r.installing && !r.waiting && (await caches.keys()).includes({}); }})()",
        json!(cache)
    );
    let deadline = Instant::now() + Duration::from_secs(30);
    while page.eval(&script).await? != json!(true) {
        ensure!(
            Instant::now() < deadline,
            "the build {name} does not come onto the device"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_31_an_older_page_works_on_and_the_newer_one_is_shown_at_the_next_visit_without_loss() {
    scenario("row_31_works_on", |browser| async move {
        let (new, name) = current()?;
        let data = temporary_folder("row-31")?;
        let mut server = server_with(&data, &previous()?, None).await?;
        let address = server.address();
        let table = Table::open(&browser, &server).await?;
        let sato = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        is_build(&sato.page, PREVIOUS).await?;
        let before = writes(&sato, "前の版", 3, None).await?;
        sato.online().await?;
        // The server is replaced while somebody is in the middle of a word.
        sato.page.press("add-note").await?;
        sato.page.sees("note-editor").await?;
        sato.page.types("書きかけ").await?;
        server.stop().await?;
        let _server = server_with(&data, &new, Some(address)).await?;
        let newer = "JSON.parse(window.yoriai.state()).page.newer === 'AtNextVisit'";
        sato.page.until("the page knows of the newer one", newer).await?;
        has_fetched(&sato.page, &name).await?;
        sato.page.sees("note-editor").await?;
        sato.page.types("の付箋").await?;
        is_build(&sato.page, PREVIOUS).await?;
        sato.page.key("Escape", 0).await?;
        sato.online().await?;
        sato.page.press("open-connection").await?;
        sato.page.reads("新しい版があります").await?;

        // The next visit, in the middle of a hole in the Wi-Fi: the newer page, and everything that was not sent.
        sato.page.key("Escape", 0).await?;
        sato.network.set(Weather::Cut);
        sato.is_offline().await?;
        let unsent = writes(&sato, "圏外", 4, Some(0)).await?;
        sato.page.reload().await?;
        is_build(&sato.page, &name).await?;
        sato.page.sees("sheet").await?;
        sato.page
            .until(
                "the edits are counted",
                "JSON.parse(window.yoriai.state()).unsaved === 4",
            )
            .await?;
        sato.network.set(Weather::Fine);
        let board = until_equal(&[&sato], &table.group).await?;
        let half = ["書きかけの付箋".to_owned()];
        ensure!(
            board.texts() == sorted(&[&before, &half, &unsent]),
            "{:?}",
            board.texts()
        );
        ensure!(table.server_texts().await? == board.texts());
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_31_a_page_the_server_no_longer_works_with_replaces_itself_when_nobody_is_writing() {
    scenario("row_31_replaces_itself", |browser| async move {
        let (new, name) = current()?;
        let data = temporary_folder("row-31")?;
        let mut server = server_with(&data, &previous()?, None).await?;
        let address = server.address();
        let table = Table::open(&browser, &server).await?;
        let sato = table.seats(&browser, &server, "佐藤", Device::Phone).await?;
        let before = writes(&sato, "前の版", 3, None).await?;
        sato.online().await?;
        sato.network.set(Weather::Cut);
        // The previous page speaks a revision from before the first one.
        sato.page
            .always_runs(&format!(
                "new MutationObserver(() => {{ const page = document.querySelector('meta[name=yoriai-page]'), revision = document.querySelector('meta[name=yoriai-revision]'); if (revision && page.content === '{PREVIOUS}') revision.content = '0'; }}).observe(document, {{ childList: true, subtree: true }})"
            ))
            .await?;
        sato.page.reload().await?;
        sato.page.sees("sheet").await?;
        is_build(&sato.page, PREVIOUS).await?;
        let unsent = writes(&sato, "圏外", 4, Some(0)).await?;
        sato.page.press("add-note").await?;
        sato.page.sees("note-editor").await?;
        sato.page.types("書きかけ").await?;
        server.stop().await?;
        let _server = server_with(&data, &new, Some(address)).await?;
        sato.network.set(Weather::Fine);
        sato.page.reads("サーバーが新しくなりました").await?;
        sato.page.sees("note-editor").await?;
        sato.page.types("の付箋").await?;
        is_build(&sato.page, PREVIOUS).await?;
        sato.page
            .screenshot(&tests::target_folder().join("screens/24-page-outdated-phone.png"))
            .await?;
        // The word is finished; the page replaces itself, and nobody does anything.
        sato.page.key("Escape", 0).await?;
        is_build(&sato.page, &name).await?;
        sato.on_board().await?;
        sato.page.until("no editor is open", &format!("!document.querySelector('{}')", selector("note-editor"))).await?;
        let board = until_equal(&[&sato], &table.group).await?;
        let half = ["書きかけの付箋".to_owned()];
        ensure!(board.texts() == sorted(&[&before, &unsent, &half]), "{:?}", board.texts());
        ensure!(table.server_texts().await? == board.texts());
        Ok(())
    })
    .await;
}
