//! Row 22 in a real browser: a page of another origin, opened on a device that sits in a workshop, can do nothing in its name.

use anyhow::{Context as _, Result};
use serde_json::json;
use tests::{
    browser::{Device, scenario},
    evening::Seated,
    server_process::ServerProcess,
    temporary_folder,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A page without any policy of its own, on another port: browsers send it the hall's cookie, which knows no ports.
async fn evil_site() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let page = "<!doctype html><title>evil</title><p>hello";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Ok(format!("http://{address}/"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_a_foreign_page_on_the_coordinators_tablet_does_nothing_in_their_name() {
    scenario("foreign_page", |browser| async move {
        let server = ServerProcess::start(&temporary_folder("foreign-page")?, None).await?;
        let coordinator = Seated::at(&browser, server.address(), "coordinator", Device::Tablet).await?;
        let links = coordinator.creates("会議", &["1班"]).await?;
        let base = coordinator.base();
        coordinator.page.goto(&evil_site().await?).await?;
        let workshop = format!("{base}/api/workshops/{}", links.workshop);
        // As a script of that page would: with the cookie, in every form that needs no permission first.
        let tries = json!([
            [format!("{workshop}/links/revoke"), "{\"kind\":\"all\"}"],
            [format!("{workshop}/ticket"), ""],
            [format!("{workshop}/cards"), ""],
            [format!("{base}/api/tokens/{}", links.workshop), ""],
        ]);
        let script = format!(
            "Promise.all({tries}.map(([url, body]) => fetch(url, {{method: 'POST', mode: 'no-cors', credentials: 'include', body, headers: {{'content-type': 'text/plain'}}}}).then(r => r.type, e => 'refused'))).then(all => all.join())"
        );
        let answers = coordinator.page.eval(&script).await?;
        let answers = answers.as_str().context("answers")?;
        assert!(!answers.contains("basic") && !answers.contains("cors"), "nothing can be read: {answers}");
        // A socket, with the cookie that goes along.
        let socket = format!("{}/sync/{}", base.replace("http", "ws"), links.workshop);
        let script = format!(
            "new Promise(done => {{ const socket = new WebSocket('{socket}'); socket.onopen = () => done('open'); socket.onclose = () => done('closed'); }})"
        );
        assert_eq!(coordinator.page.eval(&script).await?, json!("closed"));
        // And nothing of it has happened.
        coordinator.opens("/").await?;
        let seat = coordinator
            .asks("GET", &format!("/api/workshops/{}/seat", links.workshop), None)
            .await?;
        assert_eq!(seat["role"], "coordinator");
        let card = links.groups[0].1.split_once('#').context("a fragment")?.1.to_owned();
        coordinator
            .asks("POST", "/api/join", Some(json!({ "secret": card })))
            .await
            .context("the cards were not revoked")?;
        Ok(())
    })
    .await;
}
