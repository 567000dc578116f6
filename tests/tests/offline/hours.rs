//! Hours without a network, and a renderer that dies in the middle (rows 5 and 6).

use anyhow::ensure;
use tests::{
    browser::{Device, scenario},
    evening::until_equal,
    fault_proxy::Weather,
    scaled,
};
use tokio::time::Instant;

use super::{Table, hall, sorted, texts_on, writes};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_05_hours_offline_and_a_killed_renderer_lose_nothing_and_double_nothing() {
    scenario("row_05", |browser| async move {
        let edits = scaled(40, 500);
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let mut sato = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        let mori = table.seats(&browser, &server, "森", Device::Phone).await?;
        let abe = table.seats(&browser, &server, "阿部", Device::Desktop).await?;
        let before = writes(&sato, "前", 5, None).await?;
        sato.online().await?;

        sato.network.set(Weather::Cut);
        sato.is_offline().await?;
        // Both sides write at the same time; the one without a network counts every edit.
        let (away, there) = tokio::join!(writes(&sato, "圏外", edits, Some(0)), async {
            let (half, rest) = (edits / 2, edits - edits / 2);
            tokio::try_join!(writes(&mori, "森", half, None), writes(&abe, "阿部", rest, None))
        });
        let (away, (by_mori, by_abe)) = (away?, there?);

        sato.page.crashes().await?;
        let killed = Instant::now();
        sato.reopens(&browser, &table.board()).await?;
        sato.page.sees("sheet").await?;
        println!(
            "row 5: after the kill the board is on the screen in {:?}, without a network",
            killed.elapsed()
        );
        sato.page
            .until(
                "the edits are counted",
                &format!("JSON.parse(window.yoriai.state()).unsaved === {edits}"),
            )
            .await?;
        ensure!(
            texts_on(&sato.page, &table.group).await? == sorted(&[&before, &away]),
            "what was written offline is there"
        );
        // And on it goes, still without a network.
        let later = writes(&sato, "後", 10, Some(edits as u64)).await?;

        let back = Instant::now();
        sato.network.set(Weather::Fine);
        let board = until_equal(&[&sato, &mori, &abe], &table.group).await?;
        println!(
            "row 5: {} edits arrived {:?} after the network",
            edits + 10,
            back.elapsed()
        );
        let all = sorted(&[&before, &away, &by_mori, &by_abe, &later]);
        ensure!(
            board.texts() == all,
            "every note once: {:?} instead of {all:?}",
            board.texts()
        );
        ensure!(table.server_texts().await? == all, "the server ends equal");
        ensure!(sato.unsent().await? == 0);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_06_a_killed_renderer_gives_back_the_unsent_edits_and_the_half_typed_note() {
    scenario("row_06", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let mut sato = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        let mori = table.seats(&browser, &server, "森", Device::Phone).await?;
        let saved = writes(&sato, "届いた", 3, None).await?;
        sato.online().await?;
        sato.network.set(Weather::Cut);
        sato.is_offline().await?;
        let unsent = writes(&sato, "未送信", 4, Some(0)).await?;
        sato.page.press("add-note").await?;
        sato.page.sees("note-editor").await?;
        sato.page.converts("かきかけ", "書きかけの付").await?;
        sato.page.composes("せん").await?;
        // The editor is open and the finger is on the next key when the renderer dies.
        sato.page.crashes().await?;
        sato.reopens(&browser, &table.board()).await?;
        sato.page.sees("sheet").await?;
        // What was under conversion is on no board: it waits as a draft.
        let half = ["書きかけの付".to_owned()];
        let expected = sorted(&[&saved, &unsent, &half]);
        ensure!(
            texts_on(&sato.page, &table.group).await? == expected,
            "{:?}",
            texts_on(&sato.page, &table.group).await?
        );
        ensure!(
            sato.unsent().await? == 4 + 2,
            "the slip and its letters: {}",
            sato.unsent().await?
        );
        sato.network.set(Weather::Fine);
        let board = until_equal(&[&sato, &mori], &table.group).await?;
        ensure!(board.texts() == expected, "{:?}", board.texts());
        ensure!(table.server_texts().await? == expected);
        sato.page.press("open-drafts").await?;
        sato.page.sees("drafts").await?;
        sato.page.reads("せん").await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_address_of_the_page_opens_without_a_network() {
    scenario("offline_addresses", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let sato = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        writes(&sato, "紙", 3, None).await?;
        sato.online().await?;
        // The start page has been seen once and knows the workshop.
        sato.opens("/").await?;
        sato.page.reads("会議").await?;
        sato.network.set(Weather::Cut);
        let workshop = &table.links.workshop;
        for (path, words) in [
            ("/".to_owned(), "会議"),
            (table.board(), "紙0"),
            (format!("{}?view=outline", table.board()), "紙0"),
            (format!("/w/{workshop}/report"), "紙0"),
            (format!("/w/{workshop}/wall"), "壁から出る"),
            (format!("/w/{workshop}"), "1班"),
            ("/new".to_owned(), "テーマ"),
            ("/import".to_owned(), "報告"),
            ("/j".to_owned(), "番号"),
        ] {
            sato.opens(&path).await?;
            sato.page.reads(words).await?;
        }
        // The same person goes on, from the start page, with a touch.
        sato.opens("/").await?;
        sato.page.press_css("a.resume").await?;
        sato.page.sees("sheet").await?;
        writes(&sato, "圏外", 3, Some(0)).await?;
        sato.page.press("open-connection").await?;
        sato.page.sees("connection-sheet").await?;
        sato.page.reads("このページは、圏外でも開けます").await?;
        sato.page.reads("まだサーバーに届いていません").await?;
        Ok(())
    })
    .await;
}
