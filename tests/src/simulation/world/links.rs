//! Connections: in order within one, in any order between them, and easily lost.

use std::sync::Arc;

use sync::{client::ClientEvent, wire};

use super::{Event, OTHER_RETRY_MS, SILENT_MS, Who, World};

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) who: Who,
    /// Frames vanish, nobody is told.
    pub(super) silent: bool,
    pub(super) to_server_ms: u64,
    pub(super) to_device_ms: u64,
}

impl World {
    pub(super) fn connect(&mut self, who: Who) {
        self.connections += 1;
        let connection = self.connections;
        match who {
            Who::Person(person) => self.people[person].connection = Some(connection),
            Who::Other(other) => self.others[other].connection = Some(connection),
        }
        let link = Link {
            who,
            silent: false,
            to_server_ms: self.now_ms,
            to_device_ms: self.now_ms,
        };
        self.links.insert(connection, link);
        let delay_ms = self.latency();
        self.later(delay_ms, Event::Opened { connection });
    }

    pub(super) fn opened(&mut self, connection: u64) {
        let Some(link) = self.links.get(&connection) else {
            return;
        };
        let who = link.who;
        let Some(server) = &mut self.server else {
            return self.closed_at_device(connection);
        };
        let name = match who {
            Who::Person(person) => &self.people[person].name,
            Who::Other(other) => &self.others[other].name,
        };
        server.connect(connection, name);
        self.trace
            .line(format!("{} {connection} opens for {name}", self.now_ms));
        match who {
            Who::Person(person) if self.people[person].connection == Some(connection) => {
                self.tell(person, ClientEvent::SocketOpened);
            }
            Who::Other(other) if self.others[other].connection == Some(connection) => {
                let frames = self.others[other].opened();
                self.send_all(Some(connection), frames);
            }
            Who::Person(_) | Who::Other(_) => {}
        }
    }

    pub(super) fn closed_at_device(&mut self, connection: u64) {
        let Some(link) = self.links.remove(&connection) else {
            return;
        };
        self.trace.line(format!("{} {connection} closes", self.now_ms));
        match link.who {
            Who::Person(person) if self.people[person].connection == Some(connection) => {
                // A sleeping tablet finds out when it wakes.
                if !self.people[person].asleep {
                    self.people[person].connection = None;
                    self.tell(person, ClientEvent::SocketClosed);
                }
            }
            Who::Other(other) if self.others[other].connection == Some(connection) => {
                self.others[other].closed();
                self.later(OTHER_RETRY_MS, Event::OtherRetry { other });
            }
            Who::Person(_) | Who::Other(_) => {}
        }
    }

    /// The device closes: the server hears of it a little later.
    pub(super) fn drop_at_device(&mut self, connection: Option<u64>) {
        let Some(connection) = connection else { return };
        if self.links.remove(&connection).is_some() {
            let delay_ms = self.latency();
            self.later(delay_ms, Event::ClosedAtServer { connection });
        }
    }

    pub(super) fn break_link(&mut self, connection: Option<u64>) {
        let Some(connection) = connection.filter(|connection| self.links.contains_key(connection)) else {
            return;
        };
        self.trace.line(format!("{} {connection} breaks", self.now_ms));
        self.links.entry(connection).and_modify(|link| link.silent = true);
        let (device_ms, server_ms) = (self.latency(), self.latency());
        self.later(device_ms, Event::ClosedAtDevice { connection });
        self.later(server_ms, Event::ClosedAtServer { connection });
    }

    pub(super) fn silence_link(&mut self, connection: Option<u64>) {
        let Some(connection) = connection.filter(|connection| self.links.contains_key(connection)) else {
            return;
        };
        self.trace.line(format!("{} {connection} goes silent", self.now_ms));
        self.links.entry(connection).and_modify(|link| link.silent = true);
        self.later(SILENT_MS, Event::ClosedAtServer { connection });
        if matches!(self.links.get(&connection), Some(Link { who: Who::Other(_), .. })) {
            self.later(SILENT_MS, Event::ClosedAtDevice { connection });
        }
    }

    pub(in crate::simulation) fn send_all(&mut self, connection: Option<u64>, frames: Vec<Vec<u8>>) {
        let Some(connection) = connection else { return };
        for bytes in frames {
            assert!(
                bytes.len() <= wire::FRAME_BYTES_MAX,
                "a client's frame stays below the limit"
            );
            let latency_ms = self.latency();
            let Some(link) = self.links.get_mut(&connection).filter(|link| !link.silent) else {
                return;
            };
            // In order within a connection, in any order between them.
            link.to_server_ms = link.to_server_ms.max(self.now_ms + latency_ms);
            let delay_ms = link.to_server_ms - self.now_ms;
            self.later(delay_ms, Event::ToServer { connection, bytes });
        }
    }

    pub(super) fn deliver(&mut self, connection: u64, bytes: Arc<[u8]>) {
        let latency_ms = self.latency();
        let Some(link) = self.links.get_mut(&connection).filter(|link| !link.silent) else {
            return;
        };
        link.to_device_ms = link.to_device_ms.max(self.now_ms + latency_ms);
        let delay_ms = link.to_device_ms - self.now_ms;
        self.later(delay_ms, Event::ToDevice { connection, bytes });
    }

    pub(super) fn name_of(&self, who: Who) -> &str {
        match who {
            Who::Person(person) => &self.people[person].name,
            Who::Other(other) => &self.others[other].name,
        }
    }

    pub(super) fn latency(&mut self) -> u64 {
        self.chance.between(self.latency_ms.0, self.latency_ms.1)
    }

    pub(super) fn later(&mut self, delay_ms: u64, event: Event) {
        self.order += 1;
        self.events.insert((self.now_ms + delay_ms, self.order), event);
    }
}
