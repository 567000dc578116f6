//! A crowd that writes without a pause and keeps a log of what it was told is saved; and the comparison of these logs with what
//! is stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use automerge::{Automerge, ChangeHash};
use board::{Command, TextTarget};
use sync::DocumentId;
use tokio::task::JoinSet;

use crate::{
    hall::Hall,
    light_client::{LightClient, wait_equal},
    notes::{note, note_id},
};

/// A person writes one edit in this time on average.
const PACE: Duration = Duration::from_millis(150);
/// Every so many edits a new note is taken; the others are letters in the last one.
const EDITS_PER_NOTE: u64 = 6;

/// People at tables, each with a client of its own.
pub struct Crowd {
    people: Vec<Person>,
    writing: JoinSet<Result<()>>,
    stop: Arc<AtomicBool>,
}

struct Person {
    board: DocumentId,
    group: usize,
    client: Arc<LightClient>,
}

/// What a comparison found, to be printed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Compared {
    /// Changes that were acknowledged to their authors.
    pub acknowledged: usize,
    /// Changes of others that somebody has seen.
    pub seen: usize,
}

impl Crowd {
    /// Seats `count` people at the hall's tables in turn; everybody opens their board.
    pub async fn seat(hall: &Hall, count: u64) -> Result<Self> {
        let mut people = Vec::new();
        for number in 0..count {
            let group = usize::try_from(number)? % hall.groups.len();
            let client = hall.client(&hall.at_table(group).await?, number);
            people.push(Person {
                board: hall.board(group)?,
                group,
                client: Arc::new(client),
            });
        }
        for person in &people {
            person.client.open(person.board).await?;
        }
        Ok(Self {
            people,
            writing: JoinSet::new(),
            stop: Arc::default(),
        })
    }

    /// Everybody begins to write, with or without a connection, until [`Crowd::finish`].
    pub fn write(&mut self, seed: u64) {
        for (number, person) in self.people.iter().enumerate() {
            let (client, board, stop) = (Arc::clone(&person.client), person.board, Arc::clone(&self.stop));
            let mut random = Random::new(seed ^ (number as u64 + 1));
            self.writing.spawn(async move {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    client.act(board, edit(number, count))?;
                    count += 1;
                    // A pace, not a wait: nothing depends on it.
                    tokio::time::sleep(PACE.mul_f64(0.5 + random.below(1_000) as f64 / 1_000.0)).await;
                }
                Ok(())
            });
        }
    }

    /// Everybody tries to connect at once instead of at their next appointment.
    pub fn network_is_back(&self) {
        for person in &self.people {
            person.client.network_is_back();
        }
    }

    /// How many changes have been acknowledged to their authors so far.
    pub fn acknowledged(&self) -> usize {
        self.people
            .iter()
            .map(|person| person.client.known().acknowledged.len())
            .sum()
    }

    /// Waits until more changes are acknowledged than these.
    pub async fn wait_acknowledged(&self, more_than: usize) -> Result<()> {
        let waiting = async {
            while self.acknowledged() <= more_than {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(crate::light_client::PATIENCE, waiting)
            .await
            .with_context(|| format!("nothing is acknowledged beyond {more_than}"))
    }

    /// How many people are connected.
    pub fn online(&self) -> usize {
        self.people.iter().filter(|person| person.client.known().online).count()
    }

    /// The people's clients.
    pub fn clients(&self) -> impl Iterator<Item = (DocumentId, &LightClient)> {
        self.people.iter().map(|person| (person.board, &*person.client))
    }

    /// Everything anybody was told is saved, and everything anybody has seen of others, must be in these documents. The logs
    /// are the clients' own.
    pub fn compare(&self, stored: &BTreeMap<DocumentId, Automerge>) -> Result<Compared> {
        let mut compared = Compared::default();
        let mut missing = BTreeSet::new();
        let stored: BTreeMap<&DocumentId, BTreeSet<ChangeHash>> =
            stored.iter().map(|(document, doc)| (document, hashes(doc))).collect();
        for person in &self.people {
            let stored = stored.get(&person.board).context("the board is stored")?;
            let known = person.client.known();
            let own: BTreeSet<ChangeHash> = known.own.get(&person.board).into_iter().flatten().copied().collect();
            for hash in own.intersection(&known.acknowledged) {
                compared.acknowledged += 1;
                if !stored.contains(hash) {
                    missing.insert(*hash);
                }
            }
            let replica = known.documents.get(&person.board).context("the board is here")?;
            for hash in hashes(replica).difference(&own) {
                compared.seen += 1;
                if !stored.contains(hash) {
                    missing.insert(*hash);
                }
            }
        }
        ensure!(
            missing.is_empty(),
            "of {} acknowledged and {} seen changes {} are not stored: {missing:?}",
            compared.acknowledged,
            compared.seen,
            missing.len()
        );
        Ok(compared)
    }

    /// As [`Crowd::compare`], with what the server's exports hold.
    pub async fn compare_exports(&self, hall: &Hall) -> Result<Compared> {
        // Taken before the files are asked for: what is acknowledged later may be in them, this must.
        let mut exports: BTreeMap<DocumentId, BTreeSet<ChangeHash>> = BTreeMap::new();
        let logs: Vec<BTreeSet<ChangeHash>> = self
            .people
            .iter()
            .map(|person| person.client.known().acknowledged.clone())
            .collect();
        let mut device = hall.coordinator.clone();
        for (group, board) in &hall.groups {
            let path = hall.path(&format!("groups/{group}/board.automerge"));
            let answer = device.request("GET", &path, None).await?;
            ensure!(answer.status == 200, "the export answers {}", answer.status);
            exports.insert(*board, hashes(&Automerge::load(&answer.body)?));
        }
        let mut compared = Compared::default();
        for (person, log) in self.people.iter().zip(logs) {
            let served = exports.get(&person.board).context("the board is exported")?;
            for hash in log {
                compared.acknowledged += 1;
                ensure!(served.contains(&hash), "acknowledged and not served: {hash}");
            }
        }
        Ok(compared)
    }

    /// Everybody stops writing; waits until everything is saved and every table holds the same board, in which each note
    /// stands once with all its letters. Returns how many changes were written.
    pub async fn finish(&mut self, hall: &Hall) -> Result<usize> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(written) = self.writing.join_next().await {
            written??;
        }
        let mut written = 0;
        for person in &self.people {
            person.client.network_is_back();
            person.client.wait_saved(person.board).await?;
            written += person.client.known().own.get(&person.board).map_or(0, Vec::len);
        }
        for (group, (_, board)) in hall.groups.iter().enumerate() {
            let table: Vec<&LightClient> = self
                .people
                .iter()
                .filter(|person| person.group == group)
                .map(|person| &*person.client)
                .collect();
            wait_equal(*board, &table).await?;
            let Some(one) = table.first() else { continue };
            let view = one.board(*board)?;
            self.nothing_is_doubled(group, &view)?;
        }
        Ok(written)
    }

    fn nothing_is_doubled(&self, group: usize, view: &board::BoardView) -> Result<()> {
        let mut expected = 0;
        for (number, person) in self
            .people
            .iter()
            .enumerate()
            .filter(|(_, person)| person.group == group)
        {
            let edits = person.client.known().own.get(&person.board).map_or(0, Vec::len) as u64;
            for first in (0..edits).step_by(EDITS_PER_NOTE as usize) {
                expected += 1;
                let id = note_id(&name(number, first));
                let letters = (edits - first).min(EDITS_PER_NOTE);
                let text = &view.notes.get(&id).with_context(|| format!("{id} is missing"))?.text;
                ensure!(
                    text.chars().count() as u64 == letters,
                    "{id} reads {text}, {letters} letters were written"
                );
            }
        }
        ensure!(
            view.notes.len() == expected,
            "{} notes, {expected} were taken",
            view.notes.len()
        );
        Ok(())
    }
}

fn hashes(doc: &Automerge) -> BTreeSet<ChangeHash> {
    doc.get_changes_meta(&[]).iter().map(|change| change.hash).collect()
}

fn name(number: usize, edit: u64) -> String {
    format!("p{number}n{edit}")
}

/// The edit that a person makes as their `count`th.
fn edit(number: usize, count: u64) -> Command {
    let within = count % EDITS_PER_NOTE;
    let name = name(number, count - within);
    if within == 0 {
        note(&name, "あ")
    } else {
        Command::Splice {
            target: TextTarget::Note(note_id(&name)),
            at: usize::try_from(within).unwrap_or_default(),
            delete: 0,
            insert: "い".to_owned(),
        }
    }
}

/// Small, seeded, good enough for moments and places.
pub struct Random(u64);

impl Random {
    /// The same seed gives the same row of numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}
