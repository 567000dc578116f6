//! One event, and what follows from it.

use automerge::Change;
use sync::{
    Lease,
    client::{ClientEvent, Effect},
    room::Input,
};

use super::{Event, Who, World};
use crate::simulation::server::{Action, Server};
use sync::DocumentId;

impl World {
    pub(super) fn happen(&mut self, event: Event) {
        let now_ms = self.now_ms;
        match event {
            Event::Opened { connection } => self.opened(connection),
            Event::ToServer { connection, bytes } => {
                self.trace.line(format!("{now_ms} {connection} up {}", bytes.len()));
                let mut actions = Vec::new();
                if let Some(server) = &mut self.server {
                    server.frame(now_ms, &self.rights, connection, &bytes, &mut actions);
                }
                self.act(actions);
            }
            Event::ToDevice { connection, bytes } => {
                let Some(link) = self.links.get(&connection).filter(|link| !link.silent) else {
                    return;
                };
                self.trace.line(format!("{now_ms} {connection} down {}", bytes.len()));
                match link.who {
                    Who::Person(person) if self.people[person].connection == Some(connection) => {
                        self.tell(person, ClientEvent::Frame(bytes.to_vec()));
                    }
                    Who::Other(other) if self.others[other].connection == Some(connection) => {
                        let frames = self.others[other].frame(&bytes);
                        self.send_all(Some(connection), frames);
                    }
                    Who::Person(_) | Who::Other(_) => {}
                }
            }
            Event::ClosedAtServer { connection } => {
                let mut actions = Vec::new();
                if let Some(server) = &mut self.server {
                    server.disconnect(now_ms, &self.rights, connection, &mut actions);
                }
                self.act(actions);
            }
            Event::ClosedAtDevice { connection } => self.closed_at_device(connection),
            Event::Wake { person } => {
                let here = &mut self.people[person];
                if !here.asleep && here.wake_ms.is_some_and(|at_ms| at_ms <= now_ms) {
                    here.wake_ms = None;
                    self.tell(person, ClientEvent::Tick);
                }
            }
            Event::OtherRetry { other } => {
                if self.others[other].connection.is_none() {
                    self.connect(Who::Other(other));
                }
            }
            Event::ServerUp => {
                self.trace.line(format!("{now_ms} the server is up"));
                self.server = Some(Server::new());
            }
            Event::RoomWake { incarnation, document } => {
                if incarnation == self.incarnation {
                    self.room(document, Input::Tick);
                }
            }
            Event::Loaded { incarnation, document } => {
                if incarnation == self.incarnation {
                    let doc = Box::new(self.disk.load(&document));
                    let leases = self.disk.leases(&document);
                    self.room(document, Input::Loaded { doc, leases });
                }
            }
            Event::Written {
                incarnation,
                document,
                batch,
                changes,
                leases,
            } => {
                if incarnation != self.incarnation {
                    return;
                }
                let full = self.disk.full;
                self.trace
                    .line(format!("{now_ms} write {batch} of {} {}", changes.len(), !full));
                if full {
                    self.room(document, Input::PersistFailed { batch });
                } else {
                    self.store(document, &changes, &leases);
                    self.room(document, Input::Persisted { batch });
                }
            }
        }
    }

    /// Changes become durable. No lie may.
    pub(super) fn store(&mut self, document: DocumentId, changes: &[Change], leases: &[Lease]) {
        for change in changes {
            let is_lie = self.lies.contains(&change.hash());
            self.must(!is_lie, "a change that nobody may write goes to the disk");
        }
        self.disk.write(document, changes, leases);
    }

    pub(super) fn room(&mut self, document: DocumentId, input: Input) {
        let mut actions = Vec::new();
        if let Some(server) = &mut self.server {
            server.room(self.now_ms, &self.rights, document, input, &mut actions);
        }
        self.act(actions);
    }

    pub(super) fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send { connection, bytes } => {
                    if let Some(link) = self.links.get(&connection) {
                        self.check_announcement(self.name_of(link.who), &bytes);
                    }
                    self.deliver(connection, bytes);
                }
                Action::Close { connection } => {
                    let due_ms = self.links.get(&connection).map_or(0, |link| link.to_device_ms);
                    let delay_ms = due_ms.saturating_sub(self.now_ms) + 1;
                    self.later(delay_ms, Event::ClosedAtDevice { connection });
                }
                Action::Wake { document, at_ms } => {
                    let incarnation = self.incarnation;
                    self.later(
                        at_ms.saturating_sub(self.now_ms),
                        Event::RoomWake { incarnation, document },
                    );
                }
                Action::Panicked => {
                    self.trace.line(format!("{} a panic is caught", self.now_ms));
                    self.panics += 1;
                }
                Action::Write {
                    document,
                    batch,
                    changes,
                    leases,
                } => {
                    let incarnation = self.incarnation;
                    let delay_ms = self.chance.below(self.disk.delay_ms_max + 1);
                    self.later(
                        delay_ms,
                        Event::Written {
                            incarnation,
                            document,
                            batch,
                            changes,
                            leases,
                        },
                    );
                }
                Action::Load { document } => {
                    let incarnation = self.incarnation;
                    let delay_ms = self.chance.below(30);
                    self.later(delay_ms, Event::Loaded { incarnation, document });
                }
            }
        }
    }

    /// Hands an event to a person's client and carries out what it wants.
    pub(super) fn tell(&mut self, person: usize, event: ClientEvent) {
        let random = self.chance.bits();
        let effects = self.people[person].handle(self.now_ms, random, event);
        for effect in effects {
            match effect {
                Effect::OpenSocket => {
                    let before = self.people[person].connection.take();
                    self.drop_at_device(before);
                    self.connect(Who::Person(person));
                }
                Effect::CloseSocket => {
                    let connection = self.people[person].connection.take();
                    self.drop_at_device(connection);
                }
                Effect::Send(bytes) => self.send_all(self.people[person].connection, vec![bytes]),
                Effect::WakeAt { at_ms } => self.later(at_ms.saturating_sub(self.now_ms), Event::Wake { person }),
                _ => {}
            }
        }
        self.check_person(person);
    }
}
