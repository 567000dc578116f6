//! A coordinator's commands, each as writes into one change.

use automerge::{
    AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    transaction::{Transactable, Transaction},
};

use super::{
    ANNOUNCEMENTS, ANNOUNCEMENTS_MAX, GROUPS, GROUPS_MAX, TEXT_BYTES_MAX, TRIVIA, TRIVIA_BYTES_MAX, Timer,
    WorkshopCommand, WorkshopRefused, WorkshopView, read,
};
use crate::{
    board::STRING_BYTES_MAX,
    id::{GroupId, ID_BYTES_MAX},
    order::OrderKey,
    stamp::Stamp,
};

pub(crate) fn perform(
    tx: &mut Transaction<'_>,
    view: &WorkshopView,
    command: WorkshopCommand,
    stamp: &Stamp,
) -> Result<(), WorkshopRefused> {
    match command {
        WorkshopCommand::SetTheme(theme) => {
            filled(&theme)?;
            put_text(tx, &ROOT, "theme", &theme, TEXT_BYTES_MAX)
        }
        WorkshopCommand::SetDate(date) => put_text(tx, &ROOT, "date", &date, TEXT_BYTES_MAX),
        WorkshopCommand::SetVenue(venue) => put_text(tx, &ROOT, "venue", &venue, TEXT_BYTES_MAX),
        WorkshopCommand::SetStage(stage) => put(tx, &ROOT, "stage", stage.name().into()),
        WorkshopCommand::AddGroup { id, name, icon, board } => add_group(tx, view, &id, &name, icon.as_deref(), &board),
        WorkshopCommand::RenameGroup { group, name, icon } => {
            let entry = group_entry(tx, &group)?;
            filled(&name)?;
            put_text(tx, &entry, "name", &name, STRING_BYTES_MAX)?;
            put_text(tx, &entry, "icon", icon.as_deref().unwrap_or(""), ID_BYTES_MAX * 2)
        }
        WorkshopCommand::SetBoard { group, board } => {
            let entry = group_entry(tx, &group)?;
            put_text(tx, &entry, "board", &board, STRING_BYTES_MAX)
        }
        WorkshopCommand::MoveGroup { group, before } => move_group(tx, view, &group, before.as_ref()),
        WorkshopCommand::SetLocked { group, locked } => {
            let entry = group_entry(tx, &group)?;
            put(tx, &entry, "locked", locked.into())
        }
        WorkshopCommand::RemoveGroup { group, removed } => {
            let entry = group_entry(tx, &group)?;
            put(tx, &entry, "removed", removed.into())
        }
        WorkshopCommand::SetReadOthers(read_others) => put(tx, &ROOT, "read_others", read_others.into()),
        WorkshopCommand::StartTimer { ends_at_ms } => {
            let timer = Timer {
                started_at_ms: stamp.at_ms,
                ends_at_ms,
            };
            put(tx, &ROOT, "timer", read::print_timer(Some(timer)).into())
        }
        WorkshopCommand::StopTimer if view.timer.is_none() => Ok(()),
        WorkshopCommand::StopTimer => put(tx, &ROOT, "timer", read::print_timer(None).into()),
        WorkshopCommand::Announce { id, text } => announce(tx, view, &id, &text, stamp),
        WorkshopCommand::SetTrivia { key, text } => {
            fits(&key, ID_BYTES_MAX)?;
            let map = map(tx, TRIVIA)?;
            put_text(tx, &map, &key, &text, TRIVIA_BYTES_MAX)
        }
    }
}

fn add_group(
    tx: &mut Transaction<'_>,
    view: &WorkshopView,
    id: &GroupId,
    name: &str,
    icon: Option<&str>,
    board: &str,
) -> Result<(), WorkshopRefused> {
    filled(name)?;
    fits(name, STRING_BYTES_MAX)?;
    fits(icon.unwrap_or(""), ID_BYTES_MAX * 2)?;
    fits(board, STRING_BYTES_MAX)?;
    if view.groups.len() >= GROUPS_MAX {
        return Err(WorkshopRefused::TooMany { limit: GROUPS_MAX });
    }
    let groups = map(tx, GROUPS)?;
    if tx.get(&groups, id.as_str()).map_err(refused)?.is_some() {
        return Err(WorkshopRefused::AlreadyExists);
    }
    let last = read::orders(tx, &view.groups).pop();
    let order = OrderKey::between(last.as_ref(), None, crate::board::register::fingerprint(&[id.as_str()]));
    let entry = tx.put_object(&groups, id.as_str(), ObjType::Map).map_err(refused)?;
    write_group(tx, &entry, name, icon, board, &order).map_err(refused)
}

/// The fields of a new group.
pub(crate) fn write_group(
    tx: &mut Transaction<'_>,
    entry: &ObjId,
    name: &str,
    icon: Option<&str>,
    board: &str,
    order: &OrderKey,
) -> Result<(), AutomergeError> {
    tx.put(entry, "name", name)?;
    tx.put(entry, "icon", icon.unwrap_or(""))?;
    tx.put(entry, "board", board)?;
    tx.put(entry, "order", order.as_str())?;
    tx.put(entry, "locked", false)?;
    tx.put(entry, "removed", false)
}

fn move_group(
    tx: &mut Transaction<'_>,
    view: &WorkshopView,
    group: &GroupId,
    before: Option<&GroupId>,
) -> Result<(), WorkshopRefused> {
    let entry = group_entry(tx, group)?;
    let others: Vec<_> = view.groups.iter().filter(|other| other.id != *group).cloned().collect();
    let index = match before {
        Some(before) if before == group => return Ok(()),
        Some(before) => others
            .iter()
            .position(|other| other.id == *before)
            .ok_or(WorkshopRefused::NoSuchGroup)?,
        None => others.len(),
    };
    let orders = read::orders(tx, &others);
    let left = index.checked_sub(1).and_then(|left| orders.get(left));
    let jitter = crate::board::register::fingerprint(&[group.as_str()]);
    let order = OrderKey::between(left, orders.get(index), jitter);
    put(tx, &entry, "order", order.as_str().into())
}

fn announce(
    tx: &mut Transaction<'_>,
    view: &WorkshopView,
    id: &str,
    text: &str,
    stamp: &Stamp,
) -> Result<(), WorkshopRefused> {
    filled(text)?;
    fits(text, TEXT_BYTES_MAX)?;
    // The same identifier rules as everywhere; an announcement needs no type of its own.
    id.parse::<GroupId>()
        .map_err(|_| WorkshopRefused::TooLong { limit: ID_BYTES_MAX })?;
    if view.announcements.len() >= ANNOUNCEMENTS_MAX {
        return Err(WorkshopRefused::TooMany {
            limit: ANNOUNCEMENTS_MAX,
        });
    }
    let map = map(tx, ANNOUNCEMENTS)?;
    if tx.get(&map, id).map_err(refused)?.is_some() {
        return Err(WorkshopRefused::AlreadyExists);
    }
    let entry = tx.put_object(&map, id, ObjType::Map).map_err(refused)?;
    tx.put(&entry, "text", text).map_err(refused)?;
    tx.put(&entry, "at", stamp.at_ms).map_err(refused)
}

fn map(tx: &Transaction<'_>, map: &str) -> Result<ObjId, WorkshopRefused> {
    match tx.get(ROOT, map).map_err(refused)? {
        Some((Value::Object(ObjType::Map), obj)) => Ok(obj),
        _ => Err(WorkshopRefused::NotReady),
    }
}

fn group_entry(tx: &Transaction<'_>, group: &GroupId) -> Result<ObjId, WorkshopRefused> {
    match tx.get(map(tx, GROUPS)?, group.as_str()).map_err(refused)? {
        Some((Value::Object(ObjType::Map), obj)) => Ok(obj),
        _ => Err(WorkshopRefused::NoSuchGroup),
    }
}

fn put_text(tx: &mut Transaction<'_>, obj: &ObjId, key: &str, text: &str, limit: usize) -> Result<(), WorkshopRefused> {
    fits(text, limit)?;
    put(tx, obj, key, text.into())
}

/// Sets a register unless it already says so.
fn put(tx: &mut Transaction<'_>, obj: &ObjId, key: &str, value: ScalarValue) -> Result<(), WorkshopRefused> {
    let now = tx.get_all(obj, key).map_err(refused)?;
    if let [(Value::Scalar(now), _)] = now.as_slice()
        && **now == value
    {
        return Ok(());
    }
    tx.put(obj, key, value).map_err(refused)
}

fn filled(text: &str) -> Result<(), WorkshopRefused> {
    if text.trim().is_empty() {
        Err(WorkshopRefused::Empty)
    } else {
        Ok(())
    }
}

fn fits(text: &str, limit: usize) -> Result<(), WorkshopRefused> {
    if text.len() > limit {
        Err(WorkshopRefused::TooLong { limit })
    } else {
        Ok(())
    }
}

fn refused(error: AutomergeError) -> WorkshopRefused {
    WorkshopRefused::Document(error.to_string())
}
