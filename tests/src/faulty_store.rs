//! A store that fails when a test says so: full, or dead in the middle of a chosen transaction.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use board::GroupId;
use server::{
    Store,
    secret::SecretHash,
    store::{
        ActRow, Answer, Committed, DeviceRow, LinkRow, SeatRow, SqliteStore, StoreError, StoredDocument, TokenRow,
        WorkshopRow, Write, WriterRow,
    },
};
use sync::DocumentId;

/// Where in a transfer or an erasure the process dies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dies {
    /// It lives.
    #[default]
    Never,
    /// The changes are made, nothing is written.
    BeforeTheTransaction,
    /// Everything is written, nobody has heard of it.
    AfterTheTransaction,
}

/// SQLite with faults.
pub struct FaultyStore {
    inner: SqliteStore,
    full: AtomicBool,
    stalled: AtomicBool,
    dies: Mutex<Dies>,
    transfers: AtomicUsize,
    read_delay_ms: AtomicU64,
}

impl FaultyStore {
    /// Without faults, for now.
    pub fn new(inner: SqliteStore) -> Self {
        Self {
            inner,
            full: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            dies: Mutex::default(),
            transfers: AtomicUsize::new(0),
            read_delay_ms: AtomicU64::new(0),
        }
    }

    /// From now on the disk is full, or not.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// From now on reading a document takes this long.
    pub fn set_read_delay_ms(&self, delay_ms: u64) {
        self.read_delay_ms.store(delay_ms, Ordering::SeqCst);
    }

    /// From now on nothing that is to be written is ever answered, or again.
    pub fn set_stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::SeqCst);
    }

    /// Where the next transfer dies.
    pub fn die_at_transfer(&self, dies: Dies) {
        *self.dies.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = dies;
    }

    /// How many transfers came to the chosen step.
    pub fn transfers(&self) -> usize {
        self.transfers.load(Ordering::SeqCst)
    }
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> Answer<'_, $answer> {
            self.inner.$name($($argument),*)
        })*
    };
}

impl Store for FaultyStore {
    fn commit(&self, writes: Vec<Write>) -> Answer<'_, Committed> {
        if self.full.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(StoreError::Full)));
        }
        if self.stalled.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let dies = *self.dies.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_transfer = writes
            .iter()
            .any(|write| matches!(write, Write::RecordTransfer { .. } | Write::ReplaceDocument { .. }));
        if !is_transfer || dies == Dies::Never {
            return self.inner.commit(writes);
        }
        self.transfers.fetch_add(1, Ordering::SeqCst);
        let committed = (dies == Dies::AfterTheTransaction).then(|| self.inner.commit(writes));
        Box::pin(async move {
            if let Some(committed) = committed {
                committed.await?;
            }
            // The process is dead from here on: nobody gets an answer.
            std::future::pending::<Result<Committed, StoreError>>().await
        })
    }

    fn document(&self, document: DocumentId) -> Answer<'_, Option<StoredDocument>> {
        let delay = Duration::from_millis(self.read_delay_ms.load(Ordering::SeqCst));
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            self.inner.document(document).await
        })
    }

    forward! {
        workshop(workshop: String) -> Option<WorkshopRow>;
        link(hash: SecretHash) -> Option<LinkRow>;
        links_count(workshop: String) -> usize;
        device(hash: SecretHash) -> Option<DeviceRow>;
        seat(device: String, workshop: String) -> Option<SeatRow>;
        seats(device: String, limit: usize) -> Vec<SeatRow>;
        token(hash: SecretHash) -> Option<TokenRow>;
        transferred(workshop: String, id: String) -> bool;
        replaced(workshop: String) -> Vec<(DocumentId, GroupId)>;
        seats_of_workshop(workshop: String, limit: usize) -> Vec<SeatRow>;
        writers(document: DocumentId) -> Vec<WriterRow>;
        acts(workshop: String, limit: usize) -> Vec<ActRow>;
        scrub() -> ();
        canary() -> u64;
        is_empty() -> bool;
    }

    fn waiting(&self) -> i64 {
        self.inner.waiting()
    }
}
