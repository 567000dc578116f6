//! The device's memory for documents: append-only chunks in IndexedDB.
//!
//! A chunk's key is `[document, page, count]`, where `page` is drawn anew for every page load: two tabs append side by
//! side and never overwrite each other. Replacing chunks by a snapshot deletes only those that this page has read or
//! written itself, in the transaction that writes the snapshot: what another tab appended meanwhile stays.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode};

use super::StoredChunks;

const NAME: &str = "yoriai";
const VERSION: u32 = 1;
const STORE: &str = "chunks";
/// A database that has not opened by then (another tab blocks it, a browser's defect) is gone without: the page must paint.
const OPENING_MS: i32 = 3_000;
/// Most chunks read for one document: each page writes at most 200 before it compacts; 50 crashed pages' worth.
const CHUNKS_MAX: u32 = 10_000;

/// One page's access to the database. Cheap to clone.
#[derive(Clone)]
pub struct Database(Rc<Inner>);

struct Inner {
    page: String,
    phase: RefCell<Phase>,
    /// Keys that this page has read or written, per document, by their names: what a snapshot may replace.
    known: RefCell<BTreeMap<String, BTreeMap<String, JsValue>>>,
    counter: RefCell<u32>,
}

enum Phase {
    /// Calls that wait for the database.
    Opening(Vec<Waiting>),
    Open(IdbDatabase),
    /// Denied, or closed by a newer page.
    Closed,
}

type Waiting = Box<dyn FnOnce(Option<IdbDatabase>)>;

impl Database {
    /// Starts opening. `page` is a random text.
    pub fn open(page: String) -> Self {
        let database = Self(Rc::new(Inner {
            page,
            phase: RefCell::new(Phase::Opening(Vec::new())),
            known: RefCell::default(),
            counter: RefCell::new(0),
        }));
        if database.begin_opening().is_none() {
            database.settle(None);
        }
        database
    }

    fn begin_opening(&self) -> Option<()> {
        let window = web_sys::window()?;
        let factory = window.indexed_db().ok()??;
        let request = factory.open_with_u32(NAME, VERSION).ok()?;

        let upgrade = request.clone();
        let on_upgrade = Closure::once_into_js(move |_: JsValue| {
            let made = upgrade
                .result()
                .ok()
                .and_then(|result| result.dyn_into::<IdbDatabase>().ok());
            if let Some(database) = made {
                let _ = database.create_object_store(STORE);
            }
        });
        request.set_onupgradeneeded(Some(on_upgrade.unchecked_ref()));

        let done = self.clone();
        settled(&request, move |result| {
            let database = result.and_then(|value| value.dyn_into::<IdbDatabase>().ok());
            if let Some(database) = &database {
                // A later version of the page wants to upgrade: let go, this page goes on in memory.
                let (closing, owner) = (database.clone(), done.clone());
                let on_change = Closure::once_into_js(move |_: JsValue| {
                    closing.close();
                    *owner.0.phase.borrow_mut() = Phase::Closed;
                });
                database.set_onversionchange(Some(on_change.unchecked_ref()));
            }
            done.settle(database);
        });

        let late = self.clone();
        let give_up = Closure::once_into_js(move || {
            let opening = matches!(*late.0.phase.borrow(), Phase::Opening(_));
            if opening {
                late.settle(None);
            }
        });
        window
            .set_timeout_with_callback_and_timeout_and_arguments_0(give_up.unchecked_ref(), OPENING_MS)
            .ok()?;
        Some(())
    }

    fn settle(&self, database: Option<IdbDatabase>) {
        let next = database.clone().map_or(Phase::Closed, Phase::Open);
        if let Phase::Opening(waiting) = self.0.phase.replace(next) {
            for call in waiting {
                call(database.clone());
            }
        }
    }

    fn when_open(&self, call: Waiting) {
        let database = match &mut *self.0.phase.borrow_mut() {
            Phase::Opening(waiting) => return waiting.push(call),
            Phase::Open(database) => Some(database.clone()),
            Phase::Closed => None,
        };
        call(database);
    }

    /// Reads all chunks of a document.
    pub fn load(&self, document: &str, then: Box<dyn FnOnce(StoredChunks)>) {
        let (own, document) = (self.clone(), document.to_owned());
        self.when_open(Box::new(move |database| {
            let Some(store) = database.and_then(|database| object_store(&database, IdbTransactionMode::Readonly))
            else {
                return then(StoredChunks::default());
            };
            let requests = range(&document).and_then(|range| {
                let keys = store.get_all_keys_with_key_and_limit(&range, CHUNKS_MAX).ok()?;
                let values = store.get_all_with_key_and_limit(&range, CHUNKS_MAX).ok()?;
                Some((keys, values))
            });
            let Some((keys, values)) = requests else {
                return then(StoredChunks::default());
            };
            // Requests of one transaction finish in order: when the values are there, the keys are too.
            settled(&values.clone(), move |result| {
                let Some(list) = result.and_then(|value| value.dyn_into::<Array>().ok()) else {
                    return then(StoredChunks::default());
                };
                if let Some(keys) = keys.result().ok().and_then(|value| value.dyn_into::<Array>().ok()) {
                    own.know(&document, keys.iter());
                }
                then(StoredChunks {
                    chunks: list.iter().filter_map(bytes_of).collect(),
                    available: true,
                });
            });
        }));
    }

    /// Reads the chunks of a document that other tabs have written since this page last read it.
    pub fn load_new(&self, document: &str, then: Box<dyn FnOnce(StoredChunks)>) {
        let (own, document) = (self.clone(), document.to_owned());
        self.when_open(Box::new(move |database| {
            let store = database.and_then(|database| object_store(&database, IdbTransactionMode::Readonly));
            let keys = store
                .as_ref()
                .zip(range(&document))
                .and_then(|(store, range)| store.get_all_keys_with_key_and_limit(&range, CHUNKS_MAX).ok());
            let (Some(store), Some(keys)) = (store, keys) else {
                return then(StoredChunks::default());
            };
            settled(&keys, move |result| {
                let Some(keys) = result.and_then(|value| value.dyn_into::<Array>().ok()) else {
                    return then(StoredChunks::default());
                };
                let new: Vec<JsValue> = keys.iter().filter(|key| !own.knows(&document, key)).collect();
                let requests: Vec<IdbRequest> = new.iter().filter_map(|key| store.get(key).ok()).collect();
                let nothing = StoredChunks {
                    chunks: Vec::new(),
                    available: true,
                };
                let Some(last) = requests.last().cloned() else {
                    return then(nothing);
                };
                // Requests of one transaction finish in order: when the last value is there, all are.
                settled(&last, move |result| {
                    if result.is_none() {
                        return then(StoredChunks::default());
                    }
                    own.know(&document, new.into_iter());
                    let values = requests.iter().filter_map(|request| request.result().ok());
                    then(StoredChunks {
                        chunks: values.filter_map(bytes_of).collect(),
                        available: true,
                    });
                });
            });
        }));
    }

    /// Appends a chunk; `then` learns whether it is on the device.
    pub fn append(&self, document: &str, chunk: &[u8], then: Box<dyn FnOnce(bool)>) {
        self.write(document, chunk, false, then);
    }

    /// Replaces what this page knows of a document by a snapshot, in one transaction; `then` learns whether it did.
    pub fn compact(&self, document: &str, snapshot: &[u8], then: Box<dyn FnOnce(bool)>) {
        self.write(document, snapshot, true, then);
    }

    fn write(&self, document: &str, chunk: &[u8], replacing: bool, then: Box<dyn FnOnce(bool)>) {
        let (own, document, chunk) = (self.clone(), document.to_owned(), Uint8Array::from(chunk));
        self.when_open(Box::new(move |database| {
            let key = own.next_key(&document);
            let put = database
                .and_then(|database| object_store(&database, IdbTransactionMode::Readwrite))
                .filter(|store| store.put_with_key(&chunk, &key).is_ok());
            let Some(store) = put else { return then(false) };
            let replaced = if replacing {
                own.0.known.borrow_mut().remove(&document).unwrap_or_default()
            } else {
                BTreeMap::new()
            };
            for old in replaced.values() {
                let _ = store.delete(old);
            }
            let transaction = store.transaction();
            finished(&transaction, move |written| {
                if written {
                    own.know(&document, std::iter::once(key));
                } else {
                    // The transaction is whole or not at all: if it failed, the old chunks are still there.
                    own.know(&document, replaced.into_values());
                }
                then(written);
            });
            // Without this the browser waits for this page to come round again; a page that dies in between would take the
            // letter with it. A browser that does not know the word commits a moment later.
            #[expect(
                deprecated,
                reason = "only in the IDL that web-sys is made from; the standard and browsers have it"
            )]
            let _ = transaction.commit();
        }));
    }

    fn know(&self, document: &str, keys: impl Iterator<Item = JsValue>) {
        let mut known = self.0.known.borrow_mut();
        let known = known.entry(document.to_owned()).or_default();
        known.extend(keys.map(|key| (name_of(&key), key)));
    }

    /// Whether this page has read or written a chunk, also one that is still on its way to the device.
    fn knows(&self, document: &str, key: &JsValue) -> bool {
        let own = Array::from(key)
            .get(1)
            .as_string()
            .is_some_and(|page| page == self.0.page);
        let known = self.0.known.borrow();
        own || known
            .get(document)
            .is_some_and(|known| known.contains_key(&name_of(key)))
    }

    /// Deletes every chunk of a document, whichever tab wrote it.
    pub fn forget(&self, document: &str) {
        let (own, document) = (self.clone(), document.to_owned());
        self.when_open(Box::new(move |database| {
            own.0.known.borrow_mut().remove(&document);
            let store = database.and_then(|database| object_store(&database, IdbTransactionMode::Readwrite));
            if let (Some(store), Some(range)) = (store, range(&document)) {
                // Where it fails the device cannot store anything, or is tried again at the next visit.
                let _ = store.delete(&range);
            }
        }));
    }

    fn next_key(&self, document: &str) -> JsValue {
        let mut counter = self.0.counter.borrow_mut();
        *counter += 1;
        Array::of3(&document.into(), &self.0.page.as_str().into(), &JsValue::from(*counter)).into()
    }
}

/// A key as a text: `document`, `page` and `count`, none of which holds a line break.
fn name_of(key: &JsValue) -> String {
    Array::from(key).join("\n").into()
}

fn bytes_of(value: JsValue) -> Option<Vec<u8>> {
    value.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
}

fn object_store(database: &IdbDatabase, mode: IdbTransactionMode) -> Option<IdbObjectStore> {
    let transaction: IdbTransaction = database.transaction_with_str_and_mode(STORE, mode).ok()?;
    transaction.object_store(STORE).ok()
}

/// All keys of a document: arrays sort element by element, and an array sorts after every text.
fn range(document: &str) -> Option<JsValue> {
    let lower = Array::of1(&document.into());
    let upper = Array::of2(&document.into(), &Array::new());
    IdbKeyRange::bound(&lower, &upper).ok().map(JsValue::from)
}

/// Calls once with the result, or with none when the request failed.
fn settled(request: &IdbRequest, then: impl FnOnce(Option<JsValue>) + 'static) {
    let done = request.clone();
    // One closure for both outcomes: exactly one of them comes, and the closure frees itself then.
    let listener = Closure::once_into_js(move |event: Event| {
        then((event.type_() == "success").then(|| done.result().ok()).flatten());
    });
    request.set_onsuccess(Some(listener.unchecked_ref()));
    request.set_onerror(Some(listener.unchecked_ref()));
}

/// Calls once when a transaction is on the device (true) or was given up (false; a full disk ends so).
fn finished(transaction: &IdbTransaction, then: impl FnOnce(bool) + 'static) {
    let listener = Closure::once_into_js(move |event: Event| then(event.type_() == "complete"));
    transaction.set_oncomplete(Some(listener.unchecked_ref()));
    transaction.set_onabort(Some(listener.unchecked_ref()));
}
