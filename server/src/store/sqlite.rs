//! The store in one SQLite file: WAL, `synchronous=FULL`, one writer, everything queued at once committed together.
//!
//! An answer to [`Store::commit`] means that the kernel has been told to put the bytes on the disk and said that it did.
//! Whatever waits in the queue when the writer is free becomes one SQLite transaction (group commit across all rooms);
//! each request is a savepoint in it, so that one contradiction does not fail its neighbours.
//!
//! What lies on the disk is not trusted: bodies have hashes, rows have seals, increments are numbered without gaps, and at
//! every start the file is read once (`check`). What is damaged is reported as damaged and never served.

pub mod backup;
pub mod check;
mod erasure;
mod moderation;
mod read;
mod reserve;
pub mod restore;
mod salvage;
mod schema;
mod seal;
mod write;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use board::GroupId;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use sync::DocumentId;
use tokio::sync::{mpsc, oneshot};

use self::{reserve::Reserve, writer::Writer};
use super::{
    ActRow, Answer, Committed, DeviceRow, LinkRow, SeatRow, Store, StoreError, StoredDocument, TokenRow, WorkshopRow,
    Write, WriterRow,
};
use crate::secret::SecretHash;

pub use reserve::RESERVE_FILE;

/// Name of the database in the data folder.
pub const DATABASE_FILE: &str = "yoriai.sqlite";
/// Requests that may wait for the writer. Each room has at most one batch under way, so this is 4,096 busy boards.
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// Connections for reading: one per core of a small machine; more would only compete for the page cache.
const READERS: usize = 2;

/// The store in one SQLite file.
pub struct SqliteStore {
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    readers: Arc<[Mutex<Connection>]>,
    next_reader: AtomicUsize,
    waiting: Arc<AtomicI64>,
}

/// A transaction on its way to the writer. One without writes is the order to scrub the files.
struct Request {
    writes: Vec<Write>,
    reply: oneshot::Sender<Result<Committed, StoreError>>,
}

impl SqliteStore {
    /// Opens the database of a data folder, makes it if it is missing, and brings an older one up to date. Its content is
    /// not looked at; see [`SqliteStore::open_checked`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(DATABASE_FILE);
        let mut reserve = Reserve::open(folder);
        let connection = match open_writing(&path) {
            // There is no room even for opening it: this is what the reserve is for. Reading, exporting and deleting work.
            Err(StoreError::Full) if reserve.held() => {
                reserve.release();
                open_writing(&path)?
            }
            opened => opened?,
        };
        let readers = (0..READERS)
            .map(|_| {
                let reader = Connection::open(&path).map_err(store_error)?;
                schema::prepare_reader(&reader)?;
                Ok(Mutex::new(reader))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let (requests, queue) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let waiting = Arc::new(AtomicI64::new(0));
        let writer = Writer::new(connection, reserve, Arc::clone(&waiting));
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            requests: Mutex::new(Some(requests)),
            writer: Mutex::new(Some(writer)),
            readers: readers.into(),
            next_reader: AtomicUsize::new(0),
            waiting,
        })
    }

    /// Opens the database and reads all of it once. A file whose pages are damaged is rebuilt from what can be read, if
    /// everything but the content of single boards can; the damaged file is kept beside it. Each damaged board is logged with
    /// the way to restore it, and the others are served.
    pub fn open_checked(folder: &Path) -> Result<Self, StoreError> {
        salvage::check_at_start(folder)?;
        Self::open(folder)
    }

    /// Runs a query on one of the reading connections, off the async threads.
    fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let readers = Arc::clone(&self.readers);
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || {
                let reader = readers.get(turn).ok_or(StoreError::Closed)?;
                // A panic in another query leaves the connection usable: queries own no state outside of SQLite.
                let connection = reader.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                query(&connection)
            });
            task.await
                .unwrap_or_else(|error| Err(StoreError::Failed(error.to_string())))
        })
    }
}

impl Drop for SqliteStore {
    /// Lets the writer finish what is queued, so that nothing promised is cut off at shutdown.
    fn drop(&mut self) {
        drop(self.requests.lock().map(|mut requests| requests.take()));
        let writer = self.writer.lock().ok().and_then(|mut writer| writer.take());
        if let Some(writer) = writer {
            // The thread only ends by the closed queue; a panic in it was reported by the panic hook already.
            let _ = writer.join();
        }
    }
}

impl Store for SqliteStore {
    fn commit(&self, writes: Vec<Write>) -> Answer<'_, Committed> {
        // Queued here and not at the first poll, so that commits keep the order of the calls.
        let (reply, answer) = oneshot::channel();
        let queued = match self.requests.lock().map(|requests| requests.clone()) {
            Ok(Some(requests)) => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                requests.try_send(Request { writes, reply }).map_err(|error| {
                    self.waiting.fetch_sub(1, Ordering::Relaxed);
                    match error {
                        mpsc::error::TrySendError::Full(_) => StoreError::Failed("the writer is behind".to_owned()),
                        mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
                    }
                })
            }
            _ => Err(StoreError::Closed),
        };
        Box::pin(async move {
            queued?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        })
    }

    fn document(&self, document: DocumentId) -> Answer<'_, Option<StoredDocument>> {
        self.read(move |connection| read::document(connection, &document))
    }

    fn workshop(&self, workshop: String) -> Answer<'_, Option<WorkshopRow>> {
        self.read(move |connection| read::workshop(connection, &workshop))
    }

    fn link(&self, hash: SecretHash) -> Answer<'_, Option<LinkRow>> {
        self.read(move |connection| read::link(connection, hash))
    }

    fn links_count(&self, workshop: String) -> Answer<'_, usize> {
        self.read(move |connection| read::links_count(connection, &workshop))
    }

    fn device(&self, hash: SecretHash) -> Answer<'_, Option<DeviceRow>> {
        self.read(move |connection| read::device(connection, hash))
    }

    fn seat(&self, device: String, workshop: String) -> Answer<'_, Option<SeatRow>> {
        self.read(move |connection| read::seat(connection, &device, &workshop))
    }

    fn seats(&self, device: String, limit: usize) -> Answer<'_, Vec<SeatRow>> {
        self.read(move |connection| read::seats(connection, &device, limit))
    }

    fn token(&self, hash: SecretHash) -> Answer<'_, Option<TokenRow>> {
        self.read(move |connection| read::token(connection, hash))
    }

    fn transferred(&self, workshop: String, id: String) -> Answer<'_, bool> {
        self.read(move |connection| read::transferred(connection, &workshop, &id))
    }

    fn replaced(&self, workshop: String) -> Answer<'_, Vec<(DocumentId, GroupId)>> {
        self.read(move |connection| erasure::replaced(connection, &workshop))
    }

    fn seats_of_workshop(&self, workshop: String, limit: usize) -> Answer<'_, Vec<SeatRow>> {
        self.read(move |connection| read::seats_of_workshop(connection, &workshop, limit))
    }

    fn writers(&self, document: DocumentId) -> Answer<'_, Vec<WriterRow>> {
        self.read(move |connection| moderation::writers(connection, &document))
    }

    fn acts(&self, workshop: String, limit: usize) -> Answer<'_, Vec<ActRow>> {
        self.read(move |connection| moderation::acts(connection, &workshop, limit))
    }

    fn scrub(&self) -> Answer<'_, ()> {
        let done = self.commit(Vec::new());
        Box::pin(async move { done.await.map(|_| ()) })
    }

    fn canary(&self) -> Answer<'_, u64> {
        self.read(read::canary)
    }

    fn is_empty(&self) -> Answer<'_, bool> {
        self.read(read::is_empty)
    }

    fn waiting(&self) -> i64 {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// A connection that writes; at most one process has one, which the lock of the data folder sees to.
fn open_writing(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(store_error)?;
    schema::prepare(&mut connection)?;
    Ok(connection)
}

/// A connection that reads, beside a server that writes if there is one. Makes no file.
fn open_reading(path: &Path) -> Result<Connection, StoreError> {
    // Not "read only": SQLite must be able to read the log of a server that was killed, for which it needs to write its index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(store_error)?;
    schema::prepare_reader(&connection)?;
    let found = schema::version(&connection)?;
    if found > schema::VERSION {
        return Err(StoreError::Newer {
            found,
            known: schema::VERSION,
        });
    }
    if found < schema::VERSION {
        return Err(StoreError::Failed(format!(
            "the database has version {found}; start this yoriai on it once, which brings it up to {}",
            schema::VERSION
        )));
    }
    Ok(connection)
}

/// Translates what SQLite reports into what callers choose by.
fn store_error(error: rusqlite::Error) -> StoreError {
    // The index of the log could not grow, which SQLite does not call a full disk.
    const NO_ROOM_FOR_THE_INDEX: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    if error.sqlite_error().map(|error| error.extended_code) == Some(NO_ROOM_FOR_THE_INDEX) {
        return StoreError::Full;
    }
    match (&error, error.sqlite_error_code()) {
        (_, Some(ErrorCode::DiskFull)) => StoreError::Full,
        (_, Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen)) => StoreError::ReadOnly,
        (_, Some(ErrorCode::ConstraintViolation)) => StoreError::Conflict,
        (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => StoreError::Damaged(error.to_string()),
        // A column holds what this program never writes there.
        (
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..),
            _,
        ) => StoreError::Damaged(error.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}

/// A column that only this program writes does not read as what it wrote.
fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is unreadable"))
}

fn document_id(bytes: &[u8]) -> Result<DocumentId, StoreError> {
    bytes
        .try_into()
        .map(DocumentId::from_bytes)
        .map_err(|_| damaged("a document id"))
}

fn group_id(text: Option<String>) -> Result<Option<GroupId>, StoreError> {
    text.map(|text| text.parse().map_err(|_| damaged("a group id")))
        .transpose()
}
