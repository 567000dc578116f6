//! Between boards: the server packs on one, receives on the other and marks as sent, in one database transaction.

use super::{
    Ground, basket,
    ground::on_sheet,
    islands,
    notes::{self, NewNote},
    order::jitter,
};
use crate::{
    board::{
        Board, Refused,
        edit::Edit,
        keys::*,
        register::{StateRegister, print_source, rounded},
    },
    command::{OrderHint, Place},
    geometry::{Point, Rect},
    id::{IslandId, ItemId, NoteId},
    id_sequence::IdSequence,
    order::OrderKey,
    parcel::{Parcel, ParcelItem, ParcelKind},
    stamp::Stamp,
    view::{Source, State},
};

impl Board {
    /// Packs live items, and all that the islands among them hold, for another group's board. Headings of islands that
    /// were merged into one of them stand below its own heading. Changes nothing here; see [`crate::Command::SendAway`].
    pub fn pack(&self, items: &[ItemId]) -> Result<Parcel, Refused> {
        let stamp = Stamp {
            person: None,
            device: String::new(),
            at_ms: 0,
        };
        pack(&Ground::new(&self.raw, &self.view, &stamp), items)
    }
}

fn pack(ground: &Ground<'_>, items: &[ItemId]) -> Result<Parcel, Refused> {
    let chosen = ground.outermost(items)?;
    let mut extent: Option<Rect> = None;
    for item in &chosen {
        let rect = ground.bounds(item)?;
        extent = Some(extent.map_or(rect, |extent| extent.union(&rect)));
    }
    let extent = extent.unwrap_or_default();
    let mut parcel = Parcel {
        from: ground.view.group.name.clone(),
        items: Vec::new(),
        size: extent.size,
    };
    let mut stack: Vec<(ItemId, Option<usize>)> = Vec::new();
    for item in ground.reading_order().into_iter().filter(|item| chosen.contains(item)) {
        stack.push((item, None));
        while let Some((item, parent)) = stack.pop() {
            let index = parcel.items.len();
            parcel.items.push(pack_item(ground, &item, parent, extent.origin)?);
            if let Some(island) = item.island() {
                stack.extend(
                    ground
                        .siblings(Some(island))
                        .iter()
                        .rev()
                        .map(|held| (held.clone(), Some(index))),
                );
            }
        }
    }
    Ok(parcel)
}

fn pack_item(ground: &Ground<'_>, item: &ItemId, parent: Option<usize>, corner: Point) -> Result<ParcelItem, Refused> {
    match item {
        ItemId::Note(id) => {
            let (_, note) = ground.note(id)?;
            let author = note.author.as_ref().and_then(|author| ground.raw.people.get(author));
            Ok(ParcelItem {
                id: id.to_string(),
                parent,
                at: note.position - corner,
                colour: note.colour,
                kind: ParcelKind::Note {
                    author: author.map(|person| person.name.clone()),
                },
                text: note.text.clone(),
            })
        }
        ItemId::Island(id) => {
            let (_, island) = ground.island(id)?;
            let kept = island.kept_headings.iter().map(|(_, heading)| heading.as_str());
            let headings: Vec<&str> = std::iter::once(island.heading.as_str())
                .chain(kept)
                .filter(|text| !text.is_empty())
                .collect();
            Ok(ParcelItem {
                id: id.to_string(),
                parent,
                at: island.origin - corner,
                colour: island.colour,
                kind: ParcelKind::Island,
                text: headings.join("\n"),
            })
        }
    }
}

pub(crate) fn receive(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    parcel: &Parcel,
    seed: u128,
    parent: Option<&IslandId>,
    at: Option<Point>,
) -> Result<(), Refused> {
    let parent = ground.landing(parent)?;
    let corner = match at {
        Some(at) => on_sheet(at)?,
        None => ground.free_spot(parent.as_ref(), parcel.size, &[]),
    };
    let nobody = Stamp {
        person: None,
        ..ground.stamp.clone()
    };
    let anonymous = Ground::new(ground.raw, ground.view, &nobody);
    let mut ids = IdSequence::new(seed);
    let (left, right) = ground.gap(parent.as_ref(), &OrderHint::Last, &Default::default());
    let first = ItemId::Note(NoteId::from_random(seed));
    let keys = OrderKey::spread(left.as_ref(), right.as_ref(), parcel.items.len(), jitter(&first));
    let mut made: Vec<(Option<IslandId>, Point)> = Vec::new();
    for (item, order) in parcel.items.iter().zip(keys) {
        let outside = (parent.clone(), ground.origin(parent.as_ref()));
        let (island, origin) = item
            .parent
            .and_then(|index| made.get(index).cloned())
            .unwrap_or(outside);
        let absolute = corner + item.at;
        let place = Place {
            parent: island,
            order,
            at: rounded(on_sheet(absolute)? - origin),
        };
        let source = Source::Group {
            name: parcel.from.clone(),
            id: item.id.clone(),
        };
        let more = [(SOURCE, print_source(&source))];
        let bits = ids.next_bits();
        match &item.kind {
            ParcelKind::Island => {
                let id = IslandId::from_random(bits);
                islands::write(edit, &anonymous, id.clone(), &item.text, item.colour, &place, &more)?;
                made.push((Some(id), absolute));
            }
            ParcelKind::Note { author } => {
                let known = |(_, person): &(_, &crate::board::raw::RawPerson)| Some(&person.name) == author.as_ref();
                let author = ground.raw.people.iter().find(known).map(|(id, _)| id.clone());
                let note = NewNote {
                    id: NoteId::from_random(bits),
                    text: item.text.clone(),
                    colour: item.colour,
                    author,
                };
                notes::write(edit, &anonymous, note, &place, &more)?;
                made.push((None, absolute));
            }
        }
    }
    Ok(())
}

pub(crate) fn send_away(edit: &mut Edit<'_>, ground: &Ground<'_>, items: &[ItemId], to: &str) -> Result<(), Refused> {
    if to.len() > STRING_BYTES_MAX {
        return Err(Refused::BadName {
            limit: STRING_BYTES_MAX,
        });
    }
    for item in items {
        if *ground.state(item)? != State::Live {
            return Err(Refused::NoSuchItem(item.clone()));
        }
    }
    basket::send(edit, ground, items, |gone| StateRegister::Moved(gone, to.to_owned()))
}
