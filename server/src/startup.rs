//! The data folder at start: made, locked, checked; every way this can fail is one clear sentence in both languages.

use std::{
    fmt,
    fs::{File, TryLockError},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{
    config::Config,
    store::{SqliteStore, StoreError},
};

/// Name of the lock file in the data folder.
const LOCK_FILE: &str = "yoriai.lock";

/// Why the server did not start. Prints as a Japanese sentence and an English one.
#[derive(Debug)]
pub enum StartError {
    /// Another program listens there.
    PortInUse(SocketAddr),
    /// The address cannot be bound for another reason.
    Listen(SocketAddr, io::Error),
    /// Another yoriai holds the data folder.
    Locked(PathBuf),
    /// No room left on the device.
    DiskFull(PathBuf),
    /// The folder cannot be made or written.
    NotWritable(PathBuf, String),
    /// The database was written by a later version.
    Newer {
        /// The data folder.
        folder: PathBuf,
        /// The database's version.
        found: i64,
        /// The latest that this program knows.
        known: i64,
    },
    /// The database is broken.
    Damaged(PathBuf, String),
    /// The store failed in another way.
    Store(PathBuf, String),
    /// The certificate or its key cannot be used.
    Tls(String),
    /// The web server itself ended with an error.
    Serve(io::Error),
}

impl std::error::Error for StartError {}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse(address) => write!(
                formatter,
                "ポート {address} は別のプログラムが使っています。--listen で別の番号を指定してください。\n\
                 The address {address} is in use by another program. Choose another one with --listen."
            ),
            Self::Listen(address, error) => write!(
                formatter,
                "{address} で待ち受けできません（{error}）。--listen を確かめてください。\n\
                 Cannot listen on {address} ({error}). Check --listen."
            ),
            Self::Locked(folder) => write!(
                formatter,
                "データフォルダー {0} は、別の yoriai が使用中です。そちらを終了するか、--data で別のフォルダーを指定してください。\n\
                 The data folder {0} is in use by another yoriai. Stop that one, or choose another folder with --data.",
                folder.display()
            ),
            Self::DiskFull(folder) => write!(
                formatter,
                "ディスクがいっぱいで、{0} に書き込めません。空きを作ってから、もう一度起動してください。データは失われていません。\n\
                 The disk is full, {0} cannot be written. Free some space and start again. Nothing was lost.",
                folder.display()
            ),
            Self::NotWritable(folder, reason) => write!(
                formatter,
                "データフォルダー {0} に書き込めません（{reason}）。権限を確かめるか、--data で別のフォルダーを指定してください。\n\
                 The data folder {0} cannot be written ({reason}). Check its permissions, or choose another one with --data.",
                folder.display()
            ),
            Self::Newer { folder, found, known } => write!(
                formatter,
                "{0} のデータは新しい版（{found}）の yoriai で書かれています。この版は {known} までです。新しい yoriai で起動してください。何も変更していません。\n\
                 The data in {0} was written by a later yoriai (version {found}; this one knows up to {known}). Start the later one. Nothing was changed.",
                folder.display()
            ),
            Self::Damaged(folder, reason) => write!(
                formatter,
                "{0} のデータベースが壊れています（{reason}）。何も変更していません。バックアップから戻してください: yoriai restore --force --data {0} バックアップ\n\
                 The database in {0} is damaged ({reason}). Nothing was changed. Restore it from a backup: yoriai restore --force --data {0} BACKUP",
                folder.display()
            ),
            Self::Store(folder, reason) => write!(
                formatter,
                "{0} のデータベースを開けません（{reason}）。\nThe database in {0} cannot be opened ({reason}).",
                folder.display()
            ),
            Self::Tls(reason) => write!(
                formatter,
                "証明書を使えません（{reason}）。--tls-cert と --tls-key を確かめてください。\n\
                 The certificate cannot be used ({reason}). Check --tls-cert and --tls-key."
            ),
            Self::Serve(error) => write!(
                formatter,
                "サーバーが止まりました（{error}）。\nThe server stopped ({error})."
            ),
        }
    }
}

/// The data folder while this process holds it.
pub struct DataFolder {
    path: PathBuf,
    /// The operating system releases the lock with the file, also when the process is killed.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing and locks it against other processes.
    pub fn lock(path: &Path) -> Result<Self, StartError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StartError::DiskFull(path.to_owned()),
            _ => StartError::NotWritable(path.to_owned(), error.to_string()),
        };
        std::fs::create_dir_all(path).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(StartError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Opens the database in the folder, read through once: what is damaged is reported, and kept from everybody.
    pub fn open_store(&self) -> Result<SqliteStore, StartError> {
        SqliteStore::open_checked(&self.path).map_err(|error| match error {
            StoreError::Full => StartError::DiskFull(self.path.clone()),
            StoreError::ReadOnly => StartError::NotWritable(self.path.clone(), error.to_string()),
            StoreError::Newer { found, known } => StartError::Newer {
                folder: self.path.clone(),
                found,
                known,
            },
            StoreError::Damaged(reason) => StartError::Damaged(self.path.clone(), reason),
            StoreError::Conflict | StoreError::Failed(_) | StoreError::Closed => {
                StartError::Store(self.path.clone(), error.to_string())
            }
        })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Binds the configured address.
pub async fn bind(config: &Config) -> Result<tokio::net::TcpListener, StartError> {
    tokio::net::TcpListener::bind(config.listen)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse(config.listen),
            _ => StartError::Listen(config.listen, error),
        })
}
