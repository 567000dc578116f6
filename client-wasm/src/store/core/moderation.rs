//! Looking back on a board, and taking back what somebody did there.

use board::{
    GroupId,
    board::{ActsOf, ChronicleEntry, TakenBack},
};

use super::Core;
use crate::store::{
    Refused, notices,
    state::{Notice, NoticeKind},
};

/// Changes of one taking back: a thousand acts each, more than anybody does in an evening.
const CHANGES_MAX: usize = 20;

impl Core {
    pub fn plan_take_back(&self, group: &GroupId, of: &ActsOf) -> TakenBack {
        self.board(group)
            .map(|board| board.plan_take_back(of))
            .unwrap_or_default()
    }

    pub fn chronicle(&self, group: &GroupId, limit: usize) -> Vec<ChronicleEntry> {
        self.board(group)
            .map(|board| board.chronicle(limit))
            .unwrap_or_default()
    }

    pub fn take_back(&mut self, group: &GroupId, of: &ActsOf) -> Result<TakenBack, Refused> {
        let outcome = self.try_take_back(group, of);
        if let Err(refused) = &outcome {
            let text = notices::refusal(self.texts, refused);
            let kind = NoticeKind::Refused;
            self.notify(Notice { id: 0, kind, text });
        }
        outcome
    }

    fn try_take_back(&mut self, group: &GroupId, of: &ActsOf) -> Result<TakenBack, Refused> {
        let slot = self.state.boards.get(group).ok_or(Refused::NotOpen)?;
        if let Some(why) = slot.access.read_only() {
            return Err(Refused::ReadOnly(why));
        }
        let mut all = TakenBack::default();
        for _ in 0..CHANGES_MAX {
            let stamp = self.stamp();
            let board = self.board_mut(group).ok_or(Refused::NotOpen)?;
            let (applied, done) = board.take_back(of, &stamp).map_err(Refused::Board)?;
            let changed = applied.change.is_some();
            self.applied(group, applied);
            all.made += done.made;
            all.texts += done.texts;
            all.moved += done.moved;
            all.basket += done.basket;
            all.other += done.other;
            (all.kept, all.rest) = (done.kept, done.rest);
            if done.rest == 0 || !changed {
                break;
            }
        }
        Ok(all)
    }

    fn board(&self, group: &GroupId) -> Option<&board::Board> {
        let session = self.session.as_ref()?;
        let document = session.open.get(group)?.document;
        session.replicas.boards.get(&document).map(|replica| &replica.board)
    }
}
