//! The workshops that people are connected to: what decides over their rights, kept live.
//!
//! While a socket of a workshop is open, the workshop's document stays in memory and its view is published here after every
//! change. Every connection watches it and works its rights out anew: a lock or a stage takes effect without a reconnect.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, RwLock, Weak, atomic::AtomicUsize},
    time::Duration,
};

use board::{Access, Document, GroupId, Role, Stage, WorkshopView, access};
use sync::DocumentId;
use tokio::sync::watch;

use crate::{
    rooms::{Rooms, ToRoom},
    store::{SeatRow, Store, StoreError, WorkshopRow},
};

/// How long a socket waits for its workshop's document to be read.
const LOADING_MAX: Duration = Duration::from_secs(10);

/// Publishes a workshop's view; None until its document is read.
pub type ViewPublisher = watch::Sender<Option<Arc<WorkshopView>>>;

/// A workshop somebody is connected to.
pub struct LiveWorkshop {
    /// Identifier.
    pub workshop: String,
    /// The workshop document.
    pub document: DocumentId,
    boards: RwLock<BTreeMap<DocumentId, GroupId>>,
    /// Documents that an erasure has replaced, with the group whose board each was.
    replaced: RwLock<BTreeMap<DocumentId, GroupId>>,
    view: watch::Receiver<Option<Arc<WorkshopView>>>,
    /// Open sockets.
    pub sockets: AtomicUsize,
    /// For each device with an open socket: how often its seat has changed.
    seats: Mutex<BTreeMap<String, watch::Sender<u64>>>,
}

impl LiveWorkshop {
    /// What a seat may do with a document. A document of another workshop does not exist here.
    pub fn access(&self, seat: &SeatRow, document: &DocumentId, view: &WorkshopView) -> (Access, &'static str) {
        if seat.revoked || seat.workshop != self.workshop {
            return (Access::None, "revoked");
        }
        if *document == self.document {
            return (access(seat.role, seat.group.as_ref(), Document::Workshop, view), "role");
        }
        let boards = self.boards.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        match boards.get(document) {
            Some(group) => match access(seat.role, seat.group.as_ref(), Document::Board(group), view) {
                Access::Write if seat.read_only => (Access::Read, "muted"),
                access => (access, reason(seat, group, view)),
            },
            None => (Access::None, "unknown"),
        }
    }

    /// The board that stands where a replaced document stood; None if the document was not replaced.
    pub fn replacement(&self, document: &DocumentId) -> Option<DocumentId> {
        let replaced = self.replaced.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let group = replaced.get(document)?;
        let boards = self.boards.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = boards.iter().find(|(_, of)| *of == group);
        now.map(|(document, _)| *document)
    }

    /// How many connections each device has open: each listens for changes of its seat.
    pub fn connected(&self) -> BTreeMap<String, usize> {
        let seats = self.seats.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let counts = seats
            .iter()
            .map(|(device, seat)| (device.clone(), seat.receiver_count()));
        counts.collect()
    }

    /// The workshop as it is now; the receiver tells of every change.
    pub fn view(&self) -> watch::Receiver<Option<Arc<WorkshopView>>> {
        self.view.clone()
    }

    /// Tells of every change of a device's seat.
    pub fn seat(&self, device: &str) -> watch::Receiver<u64> {
        let mut seats = self.seats.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(seat) = seats.get(device) {
            return seat.subscribe();
        }
        seats.retain(|_, seat| seat.receiver_count() > 0);
        let (seat, changes) = watch::channel(0);
        seats.insert(device.to_owned(), seat);
        changes
    }

    /// Says that a device's seat changed; of all devices without one.
    fn seat_changed(&self, device: Option<&str>) {
        let seats = self.seats.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for (_, seat) in seats.iter().filter(|(of, _)| device.is_none_or(|device| *of == device)) {
            seat.send_modify(|count| *count += 1);
        }
    }

    fn add_board(&self, group: GroupId, document: DocumentId) {
        self.boards
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(document, group);
    }
}

/// A word for why somebody may not write, for the page to translate.
fn reason(seat: &SeatRow, group: &GroupId, view: &WorkshopView) -> &'static str {
    if seat.role != Role::Participant || seat.group.as_ref() != Some(group) {
        return "role";
    }
    let locked = view
        .groups
        .iter()
        .any(|candidate| candidate.id == *group && candidate.locked);
    match (view.stage, locked) {
        (Stage::Closed, _) => "closed",
        (_, true) => "locked",
        _ => "open",
    }
}

/// All live workshops.
pub struct Workshops {
    store: Arc<dyn Store>,
    rooms: Arc<Rooms>,
    live: Mutex<BTreeMap<String, Weak<LiveWorkshop>>>,
}

impl Workshops {
    /// None yet.
    pub(crate) fn new(store: Arc<dyn Store>, rooms: Arc<Rooms>) -> Self {
        Self {
            store,
            rooms,
            live: Mutex::default(),
        }
    }

    /// The workshop, made live if it is not. None if there is no such workshop or its document cannot be read.
    pub async fn open(&self, workshop: &str) -> Result<Option<Arc<LiveWorkshop>>, StoreError> {
        if let Some(live) = self.find(workshop) {
            return Ok(self.loaded(live).await);
        }
        let Some(row) = self.store.workshop(workshop.to_owned()).await? else {
            return Ok(None);
        };
        let replaced = self.store.replaced(workshop.to_owned()).await?;
        let (live, publisher) = self.insert(row, replaced);
        if let Some(publisher) = publisher {
            // A room that cannot be reached drops the publisher, which ends the wait below.
            let _ = self.rooms.send(live.document, ToRoom::Watch(publisher)).await;
        }
        Ok(self.loaded(live).await)
    }

    /// Says that a device's seat changed, so that its open connections look it up again and nobody else's do.
    pub fn seat_changed(&self, workshop: &str, device: &str) {
        if let Some(live) = self.find(workshop) {
            live.seat_changed(Some(device));
        }
    }

    /// Says that anybody's seat may have changed, so that all open connections look theirs up again.
    pub fn seats_changed(&self, workshop: &str) {
        if let Some(live) = self.find(workshop) {
            live.seat_changed(None);
        }
    }

    /// Makes a new board known to open connections.
    pub fn board_added(&self, workshop: &str, group: GroupId, document: DocumentId) {
        if let Some(live) = self.find(workshop) {
            live.add_board(group, document);
        }
    }

    /// Puts another document in a board's place and lets open connections tell their clients.
    pub fn board_replaced(&self, workshop: &str, group: &GroupId, old: DocumentId, new: DocumentId) {
        if let Some(live) = self.find(workshop) {
            live.add_board(group.clone(), new);
            live.boards
                .write()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .remove(&old);
            live.replaced
                .write()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .insert(old, group.clone());
        }
        self.seats_changed(workshop);
    }

    /// How many connections each device has open in a workshop.
    pub fn connected(&self, workshop: &str) -> BTreeMap<String, usize> {
        self.find(workshop).map(|live| live.connected()).unwrap_or_default()
    }

    /// The workshop, if somebody is connected to it.
    pub fn find(&self, workshop: &str) -> Option<Arc<LiveWorkshop>> {
        self.live
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .get(workshop)
            .and_then(Weak::upgrade)
    }

    /// Inserts the entry before anything is awaited; of two who race the second finds the first one's.
    fn insert(
        &self,
        row: WorkshopRow,
        replaced: Vec<(DocumentId, GroupId)>,
    ) -> (Arc<LiveWorkshop>, Option<ViewPublisher>) {
        let mut live = self.live.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(found) = live.get(&row.workshop).and_then(Weak::upgrade) {
            return (found, None);
        }
        live.retain(|_, workshop| workshop.strong_count() > 0);
        let (publisher, view) = watch::channel(None);
        let workshop = Arc::new(LiveWorkshop {
            workshop: row.workshop.clone(),
            document: row.document,
            boards: RwLock::new(
                row.groups
                    .into_iter()
                    .map(|(group, document)| (document, group))
                    .collect(),
            ),
            replaced: RwLock::new(replaced.into_iter().collect()),
            view,
            sockets: AtomicUsize::new(0),
            seats: Mutex::default(),
        });
        live.insert(row.workshop, Arc::downgrade(&workshop));
        (workshop, Some(publisher))
    }

    async fn loaded(&self, live: Arc<LiveWorkshop>) -> Option<Arc<LiveWorkshop>> {
        let mut view = live.view();
        let arrived = tokio::time::timeout(LOADING_MAX, view.wait_for(Option::is_some)).await;
        if matches!(arrived, Ok(Ok(_))) {
            return Some(live);
        }
        // Forgotten, so that the next one tries again instead of waiting for a room that failed.
        let mut all = self.live.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if all
            .get(&live.workshop)
            .is_some_and(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(&live)))
        {
            all.remove(&live.workshop);
        }
        None
    }
}
