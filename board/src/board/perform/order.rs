//! Keys for new places in the report's order.

use std::collections::BTreeSet;

use super::Ground;
use crate::{
    board::register::fingerprint,
    command::OrderHint,
    id::{IslandId, ItemId},
    order::OrderKey,
};

/// Tells apart keys that two people make for one gap at the same time.
pub(crate) fn jitter(item: &ItemId) -> u64 {
    fingerprint(&[&item.to_string()])
}

impl Ground<'_> {
    /// A key for `item` in `parent`. `moving` are items that will not stay where they are.
    pub fn key(
        &self,
        parent: Option<&IslandId>,
        hint: &OrderHint,
        moving: &BTreeSet<ItemId>,
        item: &ItemId,
    ) -> OrderKey {
        let (left, right) = self.gap(parent, hint, moving);
        OrderKey::between(left.as_ref(), right.as_ref(), jitter(item))
    }

    /// The keys between which something lies that is put into `parent` by this hint. All keys of the board form
    /// one sequence in document order, so the bounds are those of the whole report, not only of the siblings.
    pub fn gap(
        &self,
        parent: Option<&IslandId>,
        hint: &OrderHint,
        moving: &BTreeSet<ItemId>,
    ) -> (Option<OrderKey>, Option<OrderKey>) {
        let siblings: Vec<&ItemId> = self
            .siblings(parent)
            .iter()
            .filter(|item| !moving.contains(item))
            .collect();
        let position = |item: &ItemId| siblings.iter().position(|sibling| *sibling == item);
        let index = match hint {
            OrderHint::Keep | OrderHint::Last => siblings.len(),
            OrderHint::First => 0,
            OrderHint::After(item) => position(item).map_or(siblings.len(), |index| index + 1),
            OrderHint::Before(item) => position(item).unwrap_or(siblings.len()),
        };
        let before = index.checked_sub(1).and_then(|index| siblings.get(index)).copied();
        let after = siblings.get(index).copied();
        let right = after.and_then(|item| self.key_below(item, parent));
        let mut left = match before {
            Some(item) => self.key_below(item, parent),
            None => parent
                .and_then(|parent| self.raw.islands.get(parent))
                .map(|island| island.place.order.clone()),
        };
        if before.is_none() && right.is_some() && left >= right {
            left = None;
        }
        // Also after everything that the sibling before holds, where the keys still are in document order.
        if let Some(deepest) = before.and_then(|item| self.last_key_in(item, moving))
            && Some(&deepest) > left.as_ref()
            && right.as_ref().is_none_or(|right| deepest < *right)
        {
            left = Some(deepest);
        }
        let right = right.or_else(|| {
            self.key_after(parent, moving)
                .filter(|right| Some(right) > left.as_ref())
        });
        (left, right)
    }

    /// The key by which an item is sorted among the children of `parent`: its own, or that of the merged or
    /// deleted island through which it lies there.
    pub fn key_below(&self, item: &ItemId, parent: Option<&IslandId>) -> Option<OrderKey> {
        let (_, place, _) = self.entry(item).ok()?;
        let mut key = place.order.clone();
        let structure = self.structure();
        let mut at = match item {
            ItemId::Note(_) => place.parent.as_ref(),
            ItemId::Island(id) => structure.up.get(id),
        };
        while let Some(island) = at.filter(|island| Some(*island) != parent) {
            let Some(entry) = self.raw.islands.get(island) else {
                break;
            };
            key = entry.place.order.clone();
            at = structure.up.get(island);
        }
        Some(key)
    }

    /// The key of the last item in reading order inside an item, at any depth.
    fn last_key_in(&self, item: &ItemId, moving: &BTreeSet<ItemId>) -> Option<OrderKey> {
        let mut last = None;
        let mut at = item.clone();
        while let ItemId::Island(island) = &at {
            let child = self
                .siblings(Some(island))
                .iter()
                .rev()
                .find(|child| !moving.contains(child))?
                .clone();
            last = self.entry(&child).ok().map(|(_, place, _)| place.order.clone());
            at = child;
        }
        last
    }

    /// The key of what follows an island and all that it holds.
    fn key_after(&self, island: Option<&IslandId>, moving: &BTreeSet<ItemId>) -> Option<OrderKey> {
        let mut at = island.cloned();
        while let Some(island) = at {
            let item = ItemId::Island(island);
            let parent = self.view.parent(&item).cloned();
            let siblings = self.siblings(parent.as_ref());
            let after = siblings
                .iter()
                .skip_while(|sibling| **sibling != item)
                .skip(1)
                .find(|sibling| !moving.contains(sibling));
            if let Some(after) = after {
                return self.key_below(after, parent.as_ref());
            }
            at = parent;
        }
        None
    }

    /// All live items as the report reads them.
    pub fn reading_order(&self) -> Vec<ItemId> {
        let mut order = Vec::new();
        let mut stack: Vec<&ItemId> = self.view.top.iter().rev().collect();
        while let Some(item) = stack.pop() {
            order.push(item.clone());
            if let ItemId::Island(island) = item {
                stack.extend(self.siblings(Some(island)).iter().rev());
            }
        }
        order
    }
}
