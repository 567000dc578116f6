//! A person with a tablet that runs our own client.

use std::collections::BTreeMap;

use automerge::{
    ActorId, Automerge, AutomergeError, Change, ChangeHash, ROOT,
    transaction::{CommitOptions, Transactable},
};
use sync::{
    Client, DocumentId,
    client::{ClientEvent, Documents, Effect},
};

use super::server::peer;

/// The documents on one device, with what was written there.
#[derive(Debug)]
pub struct Shelf {
    name: String,
    docs: BTreeMap<DocumentId, Automerge>,
    /// Every change made here that is still part of a replica.
    pub made: BTreeMap<DocumentId, Vec<ChangeHash>>,
    /// Replicas begun, so that each has an actor of its own.
    replicas: u64,
    /// What this device takes for seconds since 1970.
    pub clock_s: i64,
}

impl Documents for Shelf {
    fn doc(&self, document: &DocumentId) -> Option<&Automerge> {
        self.docs.get(document)
    }

    fn apply(&mut self, document: &DocumentId, changes: Vec<Change>) -> Result<(), String> {
        let doc = self.docs.get_mut(document).ok_or("no such document")?;
        doc.apply_changes(changes).map_err(|error| error.to_string())
    }
}

impl Shelf {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            docs: BTreeMap::new(),
            made: BTreeMap::new(),
            replicas: 0,
            clock_s: 0,
        }
    }

    /// Puts an empty replica there, with an actor nobody else has.
    pub fn begin(&mut self, document: DocumentId) {
        self.replicas += 1;
        let actor = format!("{} {}", self.name, self.replicas);
        self.docs
            .insert(document, Automerge::new().with_actor(ActorId::from(actor.into_bytes())));
        self.made.insert(document, Vec::new());
    }

    /// The first word of a document, written before anybody came.
    pub fn found(&mut self, document: &DocumentId) -> Change {
        let doc = self.replica(*document);
        let written = doc.transact::<_, _, AutomergeError>(|transaction| transaction.put(ROOT, "theme", "協働"));
        assert!(written.is_ok(), "a word is written into a map: {written:?}");
        match doc.get_last_local_change() {
            Some(change) => change,
            None => unreachable!("a change was just made"),
        }
    }

    /// The replica itself, as automerge's own protocol wants it.
    pub fn replica(&mut self, document: DocumentId) -> &mut Automerge {
        self.docs.entry(document).or_default()
    }

    /// A copy of a replica.
    pub fn copy(&self, document: &DocumentId) -> Option<Automerge> {
        self.docs.get(document).cloned()
    }

    /// Every replica goes on under an actor nobody else has.
    fn rename(&mut self) {
        for doc in self.docs.values_mut() {
            self.replicas += 1;
            doc.set_actor(ActorId::from(format!("{} {}", self.name, self.replicas).into_bytes()));
        }
    }

    /// Writes one word; `None` where nothing has been received yet, since nobody writes on a board they do not see.
    pub fn write(&mut self, document: &DocumentId, key: &str, value: &str) -> Option<Change> {
        let doc = self.docs.get_mut(document).filter(|doc| !doc.get_heads().is_empty())?;
        let clock = CommitOptions::default().with_time(self.clock_s);
        let written =
            doc.transact_with::<_, _, AutomergeError, _>(|()| clock, |transaction| transaction.put(ROOT, key, value));
        assert!(written.is_ok(), "a word is written into a map: {written:?}");
        let change = doc.get_last_local_change()?;
        self.made.entry(*document).or_default().push(change.hash());
        Some(change)
    }
}

/// A person, a tablet, our client.
#[derive(Debug)]
pub struct Person {
    pub name: String,
    pub client: Client,
    pub shelf: Shelf,
    /// The connection the tablet believes in.
    pub connection: Option<u64>,
    /// When the tablet wants to be woken.
    pub wake_ms: Option<u64>,
    /// The tablet sleeps: no timers run.
    pub asleep: bool,
    /// Replicas that were set aside because a change was refused.
    pub refusals: u64,
    /// Forbidden changes made here.
    pub pranks: u64,
    /// How often the page was loaded anew.
    reloads: u64,
    /// What the person was told.
    pub notices: Vec<String>,
}

impl Person {
    /// A person whose tablet has the documents open and is not connected.
    pub fn new(name: &str, documents: &[DocumentId]) -> Self {
        let mut person = Self {
            name: name.to_owned(),
            client: Client::new(peer(name)),
            shelf: Shelf::new(name),
            connection: None,
            wake_ms: None,
            asleep: false,
            refusals: 0,
            pranks: 0,
            reloads: 0,
            notices: Vec::new(),
        };
        for document in documents {
            person.shelf.begin(*document);
            person.handle(
                0,
                0,
                ClientEvent::Open {
                    document: *document,
                    saved: Vec::new(),
                },
            );
        }
        person
    }

    /// Hands an event to the client and deals with what concerns the device itself; the rest is for the world.
    pub fn handle(&mut self, now_ms: u64, random: u64, event: ClientEvent) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.client.handle(now_ms, random, &mut self.shelf, event, &mut effects);
        let mut later = Vec::new();
        for effect in &effects {
            match effect {
                Effect::Refused { document, text: _ } => {
                    // What the replica held becomes drafts; the board is taken anew under another actor.
                    self.refusals += 1;
                    self.shelf.begin(*document);
                    let event = ClientEvent::Open {
                        document: *document,
                        saved: Vec::new(),
                    };
                    self.client.handle(now_ms, random, &mut self.shelf, event, &mut later);
                }
                Effect::Notice { code, text, .. } => {
                    assert_ne!(
                        code, "unreadable",
                        "{} cannot take what the server sent: {text}",
                        self.name
                    );
                    self.notices.push(code.clone());
                }
                Effect::WakeAt { at_ms } => self.wake_ms = Some(*at_ms),
                _ => {}
            }
        }
        effects.extend(later);
        effects
    }

    /// A new page on the same device: the replicas are there, nothing else is; it writes under new actors.
    pub fn reload(&mut self) {
        self.reloads += 1;
        self.client = Client::new(peer(&format!("{} {}", self.name, self.reloads)));
        self.shelf.rename();
        self.wake_ms = None;
    }
}
