//! A hall without screens: a workshop on a real server, devices that joined it over HTTP, clients on their sockets.

use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sync::DocumentId;

use crate::{
    http::HttpDevice,
    light_client::{Credential, LightClient, PATIENCE},
    server_process::LocalServer,
    temporary_folder,
};

/// A workshop as its coordinator got it.
#[derive(Debug, Clone)]
pub struct Hall {
    /// Where its server listens.
    pub server: SocketAddr,
    /// Its identifier.
    pub workshop: String,
    /// The coordinator's device.
    pub coordinator: HttpDevice,
    /// The answer to the creation: links and code.
    pub created: Value,
    /// The workshop document.
    pub document: DocumentId,
    /// Each group's identifier and board, in order.
    pub groups: Vec<(String, DocumentId)>,
}

impl Hall {
    /// A workshop of empty groups named 1班, 2班, …
    pub async fn with_groups(server: SocketAddr, count: usize) -> Result<Self> {
        let groups: Vec<Value> = (1..=count)
            .map(|number| json!({ "name": format!("{number}班") }))
            .collect();
        Self::create(
            server,
            "/api/workshops",
            Some(json!({ "theme": "協働について考える", "groups": groups })),
        )
        .await
    }

    /// The demo.
    pub async fn demo(server: SocketAddr) -> Result<Self> {
        Self::create(server, "/api/workshops/demo", None).await
    }

    /// A workshop made by this request.
    pub async fn create(server: SocketAddr, path: &str, body: Option<Value>) -> Result<Self> {
        let mut coordinator = HttpDevice::new(server);
        let created = coordinator.request("POST", path, body.as_ref()).await?.success()?;
        let workshop = text(&created, "/workshop")?;
        let seat = coordinator
            .request("GET", &format!("/api/workshops/{workshop}/seat"), None)
            .await?
            .success()?;
        let (document, groups) = documents(&seat)?;
        Ok(Self {
            server,
            workshop,
            coordinator,
            created,
            document,
            groups,
        })
    }

    /// The board of a group, counted from 0.
    pub fn board(&self, group: usize) -> Result<DocumentId> {
        self.groups.get(group).map(|(_, board)| *board).context("no such group")
    }

    /// A group's identifier, counted from 0.
    pub fn group(&self, group: usize) -> Result<&str> {
        self.groups
            .get(group)
            .map(|(id, _)| id.as_str())
            .context("no such group")
    }

    /// The secret in a link of the creation's answer, such as `/links/viewer`.
    pub fn secret(&self, pointer: &str) -> Result<String> {
        let link = text(&self.created, pointer)?;
        Ok(link.split_once('#').context("a link has a fragment")?.1.to_owned())
    }

    /// A new device that scanned the card of a table.
    pub async fn at_table(&self, group: usize) -> Result<HttpDevice> {
        self.join(&self.secret(&format!("/links/groups/{group}/url"))?).await
    }

    /// A new device that opened the viewer's link.
    pub async fn viewer(&self) -> Result<HttpDevice> {
        self.join(&self.secret("/links/viewer")?).await
    }

    /// A new device with the coordinator's link.
    pub async fn second_coordinator(&self) -> Result<HttpDevice> {
        self.join(&self.secret("/links/coordinator")?).await
    }

    /// A new device with this secret.
    pub async fn join(&self, secret: &str) -> Result<HttpDevice> {
        let mut device = HttpDevice::new(self.server);
        device
            .request("POST", "/api/join", Some(&json!({ "secret": secret })))
            .await?
            .success()?;
        Ok(device)
    }

    /// A client on a device's socket.
    pub fn client(&self, device: &HttpDevice, number: u64) -> LightClient {
        LightClient::start(self.server, &self.workshop, Credential::of(device), number)
    }

    /// One of the server's figures, from `/metrics`.
    pub async fn figure(&self, name: &str) -> Result<f64> {
        let answer = HttpDevice::new(self.server).request("GET", "/metrics", None).await?;
        let figures = String::from_utf8(answer.body)?;
        let mut found = figures
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        found.next().with_context(|| format!("no figure {name}"))
    }

    /// Waits until one of the server's figures is as it should be.
    ///
    /// # Errors
    /// It is not within [`PATIENCE`]; `what` says what was waited for.
    pub async fn until_figure(&self, name: &str, what: &str, holds: impl Fn(f64) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let figure = self.figure(name).await?;
            if holds(figure) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "waited until {what}: {name} is {figure}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A path below this workshop.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/workshops/{}/{rest}", self.workshop)
    }
}

/// A server in this process with a folder of its own, and a workshop of empty groups on it.
pub async fn hall_with_groups(purpose: &str, count: usize) -> Result<(LocalServer, Hall, PathBuf)> {
    let folder = temporary_folder(purpose)?;
    let server = LocalServer::start(&folder).await?;
    let hall = Hall::with_groups(server.address(), count).await?;
    Ok((server, hall, folder))
}

/// The workshop document and the boards that a seat names.
pub fn documents(seat: &Value) -> Result<(DocumentId, Vec<(String, DocumentId)>)> {
    let document = text(seat, "/workshop_document")?.parse()?;
    let groups = seat
        .pointer("/groups")
        .and_then(Value::as_array)
        .context("no groups")?
        .iter()
        .map(|group| Ok((text(group, "/id")?, text(group, "/document")?.parse()?)))
        .collect::<Result<_>>()?;
    Ok((document, groups))
}

/// A text in a JSON value.
pub fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .with_context(|| format!("no {pointer} in {value}"))
}

/// The code of a refusal.
pub fn code(answer: &crate::http::Answer) -> Result<String> {
    text(&answer.json()?, "/error/code")
}
