//! The store in memory, for tests: the same contract, nothing durable.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use automerge::ActorId;
use board::GroupId;
use sync::{DocumentId, Lease};

use super::{
    ActRow, Answer, Committed, DeviceRow, DocumentKind, LinkRow, SeatRow, Store, StoreError, StoredDocument, TokenRow,
    WorkshopRow, Write, WriterRow, body_hash,
};
use crate::secret::SecretHash;

/// Keeps everything in maps.
#[derive(Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
}

#[derive(Clone, Default)]
struct Rows {
    workshops: BTreeMap<String, WorkshopRow>,
    documents: BTreeMap<DocumentId, Document>,
    links: BTreeMap<SecretHash, LinkRow>,
    devices: BTreeMap<SecretHash, DeviceRow>,
    seats: BTreeMap<(String, String), SeatRow>,
    tokens: BTreeMap<SecretHash, TokenRow>,
    transfers: BTreeSet<(String, String)>,
    replaced: BTreeMap<DocumentId, (String, GroupId)>,
    writers: BTreeMap<(DocumentId, Vec<u8>), WriterRow>,
    acts: Vec<ActRow>,
    canary: u64,
}

#[derive(Clone)]
struct Document {
    workshop: String,
    kind: DocumentKind,
    snapshot: Vec<u8>,
    snapshot_seq: u64,
    last_seq: u64,
    changes: BTreeMap<u64, Vec<u8>>,
    hashes: BTreeMap<[u8; 32], u64>,
    leases: BTreeMap<ActorId, String>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // A transaction replaces the rows as a whole, so that a panic leaves the old ones intact.
        self.rows.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn read<T: Send + 'static>(&self, query: impl FnOnce(&Rows) -> T) -> Answer<'_, T> {
        let found = query(&self.rows());
        Box::pin(std::future::ready(Ok(found)))
    }
}

impl Store for MemoryStore {
    fn commit(&self, writes: Vec<Write>) -> Answer<'_, Committed> {
        let mut rows = self.rows();
        let mut changed = rows.clone();
        let outcome = changed.apply(writes);
        if outcome.is_ok() {
            *rows = changed;
        }
        Box::pin(std::future::ready(outcome))
    }

    fn document(&self, document: DocumentId) -> Answer<'_, Option<StoredDocument>> {
        self.read(|rows| {
            rows.documents.get(&document).map(|document| StoredDocument {
                workshop: document.workshop.clone(),
                kind: document.kind,
                snapshot: document.snapshot.clone(),
                changes: document.changes.values().cloned().collect(),
                last_seq: document.last_seq,
                leases: document
                    .leases
                    .iter()
                    .map(|(actor, holder)| Lease {
                        actor: actor.clone(),
                        holder: holder.clone(),
                    })
                    .collect(),
            })
        })
    }

    fn workshop(&self, workshop: String) -> Answer<'_, Option<WorkshopRow>> {
        self.read(|rows| rows.workshops.get(&workshop).cloned())
    }

    fn link(&self, hash: SecretHash) -> Answer<'_, Option<LinkRow>> {
        self.read(|rows| rows.links.get(&hash).cloned())
    }

    fn links_count(&self, workshop: String) -> Answer<'_, usize> {
        self.read(|rows| {
            rows.links
                .values()
                .filter(|link| link.workshop == workshop && !link.revoked)
                .count()
        })
    }

    fn device(&self, hash: SecretHash) -> Answer<'_, Option<DeviceRow>> {
        self.read(|rows| rows.devices.get(&hash).cloned())
    }

    fn seat(&self, device: String, workshop: String) -> Answer<'_, Option<SeatRow>> {
        self.read(|rows| rows.seats.get(&(device, workshop)).cloned())
    }

    fn seats(&self, device: String, limit: usize) -> Answer<'_, Vec<SeatRow>> {
        self.read(|rows| {
            let mut seats: Vec<SeatRow> = rows
                .seats
                .values()
                .filter(|seat| seat.device == device && !seat.revoked)
                .cloned()
                .collect();
            // The map is ordered by workshop; a stable sort keeps that order among equals.
            seats.sort_by_key(|seat| std::cmp::Reverse(seat.updated_at_ms));
            seats.truncate(limit);
            seats
        })
    }

    fn token(&self, hash: SecretHash) -> Answer<'_, Option<TokenRow>> {
        self.read(|rows| rows.tokens.get(&hash).cloned())
    }

    fn transferred(&self, workshop: String, id: String) -> Answer<'_, bool> {
        self.read(|rows| rows.transfers.contains(&(workshop, id)))
    }

    fn replaced(&self, workshop: String) -> Answer<'_, Vec<(DocumentId, GroupId)>> {
        self.read(|rows| {
            let mine = rows.replaced.iter().filter(|(_, (of, _))| *of == workshop);
            mine.map(|(document, (_, group))| (*document, group.clone())).collect()
        })
    }

    fn seats_of_workshop(&self, workshop: String, limit: usize) -> Answer<'_, Vec<SeatRow>> {
        self.read(|rows| {
            let mine = rows
                .seats
                .values()
                .filter(|seat| seat.workshop == workshop && !seat.revoked);
            let mut seats: Vec<SeatRow> = mine.cloned().collect();
            seats.sort_by_key(|seat| std::cmp::Reverse(seat.updated_at_ms));
            seats.truncate(limit);
            seats
        })
    }

    fn writers(&self, document: DocumentId) -> Answer<'_, Vec<WriterRow>> {
        self.read(|rows| {
            let of_document = rows.writers.iter().filter(|((of, _), _)| *of == document);
            of_document.map(|(_, writer)| writer.clone()).collect()
        })
    }

    fn acts(&self, workshop: String, limit: usize) -> Answer<'_, Vec<ActRow>> {
        self.read(|rows| {
            let mine = rows.acts.iter().rev().filter(|act| act.workshop == workshop);
            mine.take(limit).cloned().collect()
        })
    }

    fn scrub(&self) -> Answer<'_, ()> {
        // What is removed from a map is in no file.
        Box::pin(std::future::ready(Ok(())))
    }

    fn canary(&self) -> Answer<'_, u64> {
        self.read(|rows| rows.canary)
    }

    fn is_empty(&self) -> Answer<'_, bool> {
        self.read(|rows| rows.workshops.is_empty())
    }
}

/// Puts a new row into a map; one that is there already is a contradiction.
fn insert_new<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> Result<(), StoreError> {
    match map.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(StoreError::Conflict),
    }
}

impl Rows {
    fn replace(&mut self, workshop: &str, group: &GroupId, old: DocumentId, new: DocumentId) -> Result<(), StoreError> {
        let row = self.workshops.get_mut(workshop).ok_or(StoreError::Conflict)?;
        let listed = row
            .groups
            .iter_mut()
            .find(|(known, document)| known == group && *document == old);
        let (_, document) = listed.ok_or(StoreError::Conflict)?;
        *document = new;
        self.documents.remove(&old).ok_or(StoreError::Conflict)?;
        self.writers.retain(|(document, _), _| *document != old);
        self.replaced.insert(old, (workshop.to_owned(), group.clone()));
        Ok(())
    }

    fn apply(&mut self, writes: Vec<Write>) -> Result<Committed, StoreError> {
        let mut committed = Committed::default();
        for write in writes {
            self.apply_one(write, &mut committed)?;
        }
        Ok(committed)
    }

    fn apply_one(&mut self, write: Write, committed: &mut Committed) -> Result<(), StoreError> {
        match write {
            Write::CreateWorkshop {
                workshop,
                document,
                theme,
                created_at_ms,
            } => {
                let row = WorkshopRow {
                    workshop: workshop.clone(),
                    document,
                    theme,
                    created_at_ms,
                    groups: Vec::new(),
                };
                insert_new(&mut self.workshops, workshop, row)
            }
            Write::CreateDocument {
                document,
                workshop,
                kind,
                snapshot,
            } => {
                let row = Document {
                    workshop,
                    kind,
                    snapshot,
                    snapshot_seq: 0,
                    last_seq: 0,
                    changes: BTreeMap::new(),
                    hashes: BTreeMap::new(),
                    leases: BTreeMap::new(),
                };
                insert_new(&mut self.documents, document, row)
            }
            Write::AddGroup {
                workshop,
                group,
                document,
            } => {
                let workshop = self.workshops.get_mut(&workshop).ok_or(StoreError::Conflict)?;
                if workshop.groups.iter().any(|(known, _)| *known == group) {
                    return Err(StoreError::Conflict);
                }
                workshop.groups.push((group, document));
                Ok(())
            }
            Write::Append { document, changes } => {
                let document = self.documents.get_mut(&document).ok_or(StoreError::Conflict)?;
                for change in changes {
                    let hash = body_hash(&change);
                    if document.hashes.contains_key(&hash) {
                        continue;
                    }
                    document.last_seq += 1;
                    document.hashes.insert(hash, document.last_seq);
                    document.changes.insert(document.last_seq, change);
                    committed.appended += 1;
                }
                committed.increments = committed.increments.max(document.last_seq - document.snapshot_seq);
                Ok(())
            }
            Write::Lease { document, leases } => {
                let document = self.documents.get_mut(&document).ok_or(StoreError::Conflict)?;
                for Lease { actor, holder } in leases {
                    if *document.leases.entry(actor).or_insert_with(|| holder.clone()) != holder {
                        return Err(StoreError::Conflict);
                    }
                }
                Ok(())
            }
            Write::Compact {
                document,
                up_to_seq,
                snapshot,
            } => {
                let document = self.documents.get_mut(&document).ok_or(StoreError::Conflict)?;
                if up_to_seq > document.last_seq || up_to_seq < document.snapshot_seq {
                    return Err(StoreError::Conflict);
                }
                document.snapshot = snapshot;
                document.snapshot_seq = up_to_seq;
                document.changes.retain(|seq, _| *seq > up_to_seq);
                document.hashes.retain(|_, seq| *seq > up_to_seq);
                Ok(())
            }
            Write::SetTheme { workshop, theme } => {
                if let Some(row) = self.workshops.get_mut(&workshop) {
                    row.theme = theme;
                }
                Ok(())
            }
            Write::AddLink(link) => insert_new(&mut self.links, link.hash, link),
            Write::RevokeLinks {
                workshop,
                kinds,
                keep_device,
            } => {
                for link in self.links.values_mut() {
                    link.revoked |= link.workshop == workshop && kinds.contains(&link.kind);
                }
                for seat in self.seats.values_mut() {
                    seat.revoked |= seat.workshop == workshop
                        && seat.device != keep_device
                        && seat.via.is_some_and(|via| kinds.contains(&via));
                }
                Ok(())
            }
            Write::AddDevice(device) => {
                if self.devices.values().any(|known| known.device == device.device) {
                    return Err(StoreError::Conflict);
                }
                insert_new(&mut self.devices, device.hash, device)
            }
            Write::PutSeat(seat) => {
                let key = (seat.device.clone(), seat.workshop.clone());
                let read_only = self.seats.get(&key).is_some_and(|known| known.read_only);
                self.seats.insert(key, SeatRow { read_only, ..seat });
                Ok(())
            }
            Write::AddToken(token) => insert_new(&mut self.tokens, token.hash, token),
            Write::RecordTransfer { workshop, id, at_ms: _ } => {
                if self.transfers.insert((workshop, id)) {
                    Ok(())
                } else {
                    Err(StoreError::Conflict)
                }
            }
            Write::DeleteDocument { document } => {
                self.documents.remove(&document);
                Ok(())
            }
            Write::DeleteWorkshop { workshop } => {
                self.workshops.remove(&workshop);
                self.documents.retain(|_, document| document.workshop != workshop);
                self.links.retain(|_, link| link.workshop != workshop);
                self.seats.retain(|(_, of), _| *of != workshop);
                self.tokens.retain(|_, token| token.workshop != workshop);
                self.transfers.retain(|(of, _)| *of != workshop);
                self.replaced.retain(|_, (of, _)| *of != workshop);
                self.acts.retain(|act| act.workshop != workshop);
                Ok(())
            }
            Write::ReplaceDocument {
                workshop,
                group,
                old,
                new,
                snapshot,
            } => {
                let create = Write::CreateDocument {
                    document: new,
                    workshop: workshop.clone(),
                    kind: DocumentKind::Board,
                    snapshot,
                };
                self.apply_one(create, committed)?;
                self.replace(&workshop, &group, old, new)
            }
            Write::ForgetPerson { workshop, person } => {
                let theirs = |seat: &&mut SeatRow| seat.workshop == workshop && seat.person.as_ref() == Some(&person);
                for seat in self.seats.values_mut().filter(theirs) {
                    seat.person = None;
                    seat.person_name = String::new();
                }
                for writer in self
                    .writers
                    .values_mut()
                    .filter(|writer| writer.person.as_ref() == Some(&person))
                {
                    writer.person = None;
                }
                Ok(())
            }
            Write::SetReadOnly {
                workshop,
                device,
                read_only,
            } => {
                let seat = self.seats.get_mut(&(device, workshop)).ok_or(StoreError::Conflict)?;
                seat.read_only = read_only;
                Ok(())
            }
            Write::RecordWriter { document, writer } => {
                self.writers.entry((document, writer.actor.clone())).or_insert(writer);
                Ok(())
            }
            Write::RecordAct(act) => {
                self.acts.push(act);
                Ok(())
            }
            Write::Canary(value) => {
                self.canary = value;
                Ok(())
            }
        }
    }
}
