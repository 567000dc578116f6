//! Rules 1 to 3: what is deleted, what lies above what, and where.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    board::{
        raw::{Raw, RawIsland},
        register::StateRegister,
    },
    geometry::Point,
    id::{IslandId, NoteId},
    order::OrderKey,
    view::State,
};

/// Most keys compared on the way down; deeper ones are left to the identifiers. Real boards nest 5 deep.
const ORDER_PATH_MAX: usize = 32;

/// What an island's place in the structure is, before anything is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Structure {
    /// The edge up, cycles cut.
    pub up: BTreeMap<IslandId, IslandId>,
    /// Absolute origins.
    pub origins: BTreeMap<IslandId, Point>,
    pub island_states: BTreeMap<IslandId, State>,
    pub note_states: BTreeMap<NoteId, State>,
    /// Islands that were cut loose from a cycle.
    pub flagged: BTreeSet<IslandId>,
}

impl Structure {
    pub fn of(raw: &Raw) -> Self {
        let mut structure = Self::default();
        for (id, island) in &raw.islands {
            structure.island_states.insert(id.clone(), island_state(raw, island));
            let edge = match &island.merge {
                Some(merge) if raw.islands.contains_key(&merge.into) => Some(&merge.into),
                _ => island
                    .place
                    .parent
                    .as_ref()
                    .filter(|parent| raw.islands.contains_key(*parent)),
            };
            if let Some(edge) = edge {
                structure.up.insert(id.clone(), edge.clone());
            }
        }
        structure.cut_cycles();
        for (id, note) in &raw.notes {
            structure
                .note_states
                .insert(id.clone(), state(raw, &note.states, note.fingerprint()));
        }
        structure.add_origins(raw);
        structure
    }

    /// Follows each island upwards; a walk that meets itself has found a cycle.
    fn cut_cycles(&mut self) {
        let mut seen: BTreeMap<&IslandId, usize> = BTreeMap::new();
        let mut cut: Vec<IslandId> = Vec::new();
        for (walk, start) in self.up.keys().enumerate() {
            let mut trail: Vec<&IslandId> = Vec::new();
            let mut at = Some(start);
            while let Some(island) = at {
                match seen.get(island) {
                    Some(earlier) if *earlier == walk => {
                        let cycle = trail.iter().skip_while(|member| **member != island);
                        cut.extend(cycle.min().map(|smallest| (*smallest).clone()));
                        break;
                    }
                    Some(_) => break,
                    None => {
                        seen.insert(island, walk);
                        trail.push(island);
                        at = self.up.get(island);
                    }
                }
            }
        }
        for island in cut {
            self.up.remove(&island);
            self.flagged.insert(island);
        }
    }

    fn add_origins(&mut self, raw: &Raw) {
        for start in raw.islands.keys() {
            // Upwards to the first known origin, then back down: every island is visited once.
            let mut trail = Vec::new();
            let mut at = Some(start);
            while let Some(island) = at.filter(|island| !self.origins.contains_key(*island)) {
                trail.push(island);
                at = self.up.get(island);
            }
            let mut origin = at
                .and_then(|island| self.origins.get(island))
                .copied()
                .unwrap_or_default();
            for id in trail.into_iter().rev() {
                if let Some(island) = raw.islands.get(id) {
                    origin = origin + self.offset(id, island);
                }
                self.origins.insert(id.clone(), origin);
            }
        }
    }

    /// An island's origin relative to the island above it.
    fn offset(&self, id: &IslandId, island: &RawIsland) -> Point {
        match (&island.merge, self.up.get(id)) {
            (Some(merge), Some(up)) if merge.into == *up => merge.offset,
            _ => island.place.at,
        }
    }

    pub fn is_live(&self, island: &IslandId) -> bool {
        matches!(self.island_states.get(island), Some(State::Live | State::Heading))
    }

    /// The island into which this one is merged, while that one is on the sheet.
    pub fn absorbed_by(&self, raw: &Raw, island: &IslandId) -> Option<&IslandId> {
        let merge = raw.islands.get(island)?.merge.as_ref()?;
        let up = self.up.get(island).filter(|up| merge.into == **up)?;
        self.is_live(up).then_some(up)
    }

    /// From an island (or none) to the one in which its content is shown.
    pub fn shown_in<'a>(&'a self, raw: &Raw, from: Option<&'a IslandId>) -> Option<&'a IslandId> {
        let mut at = from;
        while let Some(island) = at {
            if !self.island_states.contains_key(island) {
                return None;
            }
            if self.is_live(island) && self.absorbed_by(raw, island).is_none() {
                return Some(island);
            }
            at = self.up.get(island);
        }
        None
    }

    /// Whether `island` lies in `ancestor`, or is it, along the edges up.
    pub fn lies_in(&self, island: &IslandId, ancestor: &IslandId) -> bool {
        let mut at = Some(island);
        while let Some(island) = at {
            if island == ancestor {
                return true;
            }
            at = self.up.get(island);
        }
        false
    }

    /// Keys from below the shown parent down to the item.
    pub fn order_path(
        &self,
        raw: &Raw,
        from: Option<&IslandId>,
        parent: Option<&IslandId>,
        own: &OrderKey,
    ) -> Vec<OrderKey> {
        let mut path = vec![own.clone()];
        let mut at = from;
        while let Some(island) = at.filter(|island| Some(*island) != parent) {
            let Some(entry) = raw.islands.get(island) else { break };
            if path.len() == ORDER_PATH_MAX {
                break;
            }
            path.push(entry.place.order.clone());
            at = self.up.get(island);
        }
        path.reverse();
        path
    }
}

/// Deletions that count, by rule 1; none if the item is on the sheet.
fn counting(states: &[StateRegister], fingerprint: u64) -> Vec<&StateRegister> {
    let counts = |state: &&StateRegister| match state {
        StateRegister::Live => false,
        StateRegister::Unchosen | StateRegister::Erased => true,
        StateRegister::Heading { fingerprint: made_for } => *made_for == fingerprint,
        StateRegister::Basket(gone) | StateRegister::Moved(gone, _) => gone.fingerprint == fingerprint,
    };
    if states.contains(&StateRegister::Live) {
        return Vec::new();
    }
    states.iter().filter(counts).collect()
}

/// Whether an island is away by an act of its own, so that what went with it is away too. Not by the very act that took
/// them along: two people who delete one island at the same time mean the same, whichever act is taken back later.
fn is_away(raw: &Raw, island: &IslandId) -> bool {
    raw.islands.get(island).is_some_and(|island| {
        let own = |state: &StateRegister| match state {
            StateRegister::Basket(own) | StateRegister::Moved(own, _) => own.with.is_none(),
            _ => false,
        };
        counting(&island.states, island.fingerprint()).into_iter().any(own)
    })
}

/// Whether a thing with these states, reading so, is on the sheet.
pub(crate) fn state(raw: &Raw, states: &[StateRegister], fingerprint: u64) -> State {
    match deciding(raw, states, fingerprint) {
        None | Some(StateRegister::Live) => State::Live,
        Some(StateRegister::Unchosen) => State::Unchosen,
        Some(StateRegister::Erased) => State::Erased,
        Some(StateRegister::Heading { .. }) => State::Heading,
        Some(StateRegister::Moved(_, to)) => State::Moved { to: to.clone() },
        Some(StateRegister::Basket(gone)) => State::Basket {
            by: gone.by.clone(),
            at_ms: gone.at_ms,
            with: gone.with.clone(),
        },
    }
}

/// Of values that stand beside each other the one that puts a thing off the sheet; none if it is on it.
fn deciding<'a>(raw: &Raw, states: &'a [StateRegister], fingerprint: u64) -> Option<&'a StateRegister> {
    let counts = |state: &&&StateRegister| match state {
        StateRegister::Basket(gone) | StateRegister::Moved(gone, _) => {
            gone.with.as_ref().is_none_or(|island| is_away(raw, island))
        }
        _ => true,
    };
    counting(states, fingerprint).iter().rev().find(counts).copied()
}

/// The one value that says what values beside each other say together. A value that stands alone does, whether it
/// counts or not: it may count again. An edit that has beaten several of them says that the thing is live.
pub(crate) fn standing<'a>(raw: &Raw, states: &'a [StateRegister], fingerprint: u64) -> Option<&'a StateRegister> {
    match states {
        [] => None,
        [only] => Some(only),
        several => deciding(raw, several, fingerprint).or(Some(&StateRegister::Live)),
    }
}

fn island_state(raw: &Raw, island: &RawIsland) -> State {
    match state(raw, &island.states, island.fingerprint()) {
        State::Heading => State::Live,
        state => state,
    }
}
