//! One session in a room.

use std::{collections::BTreeSet, sync::Arc};

use automerge::ChangeHash;

use super::{EPHEMERAL_PER_SECOND, PeerInfo};
use crate::{peer_sync::PeerSync, wire::Access};

/// How long a session that keeps writing without a right to is left without a reminder.
const REMINDER_INTERVAL_MS: u64 = 1_000;

/// One session in a room.
#[derive(Debug)]
pub(super) struct Member {
    pub info: Arc<PeerInfo>,
    pub access: Access,
    pub reason: String,
    pub sync: PeerSync,
    /// How many of its submissions are queued or in flight: its words are answered when they are through.
    pub submissions: usize,
    /// Messages of changes whose past nobody here knows.
    pub orphan_messages: u32,
    reminded_at_ms: Option<u64>,
    presence_credit_ms: u64,
    presence_at_ms: u64,
}

/// A message of presence costs this much of a credit that grows by one for every millisecond.
const PRESENCE_COST_MS: u64 = 1_000 / EPHEMERAL_PER_SECOND;
/// Two seconds of presence may come at once, as after a pause of the network.
const PRESENCE_CREDIT_MAX_MS: u64 = 2_000;

impl Member {
    pub fn new(info: PeerInfo, access: Access) -> Self {
        Self {
            info: Arc::new(info),
            access,
            reason: String::new(),
            sync: PeerSync::new(),
            submissions: 0,
            orphan_messages: 0,
            reminded_at_ms: None,
            presence_credit_ms: PRESENCE_CREDIT_MAX_MS,
            presence_at_ms: 0,
        }
    }

    pub fn writes(&self) -> bool {
        self.access == Access::Write
    }

    /// A member that writes without a right to is told again, but not for every change.
    pub fn is_due_a_reminder(&mut self, now_ms: u64) -> bool {
        let due = self
            .reminded_at_ms
            .is_none_or(|at_ms| now_ms.saturating_sub(at_ms) >= REMINDER_INTERVAL_MS);
        if due {
            self.reminded_at_ms = Some(now_ms);
        }
        due
    }

    /// Takes the price of one ephemeral message, or says that there is no credit left.
    pub fn may_send_presence(&mut self, now_ms: u64) -> bool {
        let earned_ms = now_ms.saturating_sub(self.presence_at_ms);
        self.presence_at_ms = now_ms;
        self.presence_credit_ms = self
            .presence_credit_ms
            .saturating_add(earned_ms)
            .min(PRESENCE_CREDIT_MAX_MS);
        match self.presence_credit_ms.checked_sub(PRESENCE_COST_MS) {
            Some(left_ms) => {
                self.presence_credit_ms = left_ms;
                true
            }
            None => false,
        }
    }
}

/// Which changes of a batch came from whom, so that nobody is sent its own.
pub(super) type Own = BTreeSet<ChangeHash>;
