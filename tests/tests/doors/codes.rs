//! Join codes and those who guess them.

use super::*;

/// A guesser behind the hall's own address, who also hangs up as soon as no answer comes, is slow; the hall gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_a_guesser_is_slowed_and_sixty_people_join_from_the_same_address() -> Result<()> {
    let guessers: u64 = scaled(60, 200);
    let (server, hall, _folder) = hall_with_groups("guesser", 1).await?;
    let address = hall.server;
    let mut guessing = tokio::task::JoinSet::new();
    for number in 0..guessers {
        guessing.spawn(async move {
            for guess in 0_u64.. {
                let guess = format!("{:012}", (number * 1_000_003 + guess) % 1_000_000_000_000);
                let guess = json!({ "code": guess });
                // Every second one waits for its answer, the others hang up at once.
                if number % 2 == 0 {
                    let _ = HttpDevice::new(address)
                        .request("POST", "/api/join", Some(&guess))
                        .await;
                } else {
                    let _ = guess_and_hang_up(address, &guess.to_string()).await;
                }
            }
        });
    }
    let spoken = text(&hall.created, "/join_code")?;
    let started = Instant::now();
    let before = wrong_codes(&hall).await?;
    let mut people = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let spoken = json!({ "code": spoken });
        people.spawn(async move {
            let started = Instant::now();
            let mut device = HttpDevice::new(address);
            loop {
                let answer = device.request("POST", "/api/join", Some(&spoken)).await?;
                if answer.status != 429 {
                    answer.success()?;
                    return anyhow::Ok(started.elapsed());
                }
                ensure!(started.elapsed() < PATIENCE, "the guessers keep everybody out");
                // As the page does: the door is crowded for moments.
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
    }
    let mut slowest = Duration::ZERO;
    let all = async {
        while let Some(joined) = people.join_next().await {
            slowest = slowest.max(joined??);
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .context("the hall was locked out")??;
    // For a while longer, so that the guesser's rate can be told.
    tokio::time::sleep_until((started + Duration::from_secs(3)).into()).await;
    let seconds = started.elapsed().as_secs_f64();
    let rate = (wrong_codes(&hall).await? - before) / seconds;
    println!(
        "row 24: 60 people in beside {guessers} guessers at the same address, the slowest after {} ms; {rate:.0} wrong codes a second",
        slowest.as_millis()
    );
    // 32 places of 250 ms are 128 a second; a burst at the start is 32 more.
    assert!(rate <= 128.0 + 32.0 / seconds + 1.0, "{rate} guesses a second");
    guessing.abort_all();
    server.stop().await
}

/// On a line that could serve further requests, so that the server notices its end while the answer is held back.
async fn guess_and_hang_up(server: std::net::SocketAddr, body: &str) -> Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let mut line = TcpStream::connect(server).await?;
    let request = format!(
        "POST /api/join HTTP/1.1\r\nhost: {server}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    line.write_all(request.as_bytes()).await?;
    tokio::time::sleep(Duration::from_millis(30)).await;
    Ok(())
}

async fn wrong_codes(hall: &Hall) -> Result<f64> {
    // A series begins with its first count.
    Ok(hall
        .figure("yoriai_refusals_total{reason=\"code\"}")
        .await
        .unwrap_or(0.0))
}
