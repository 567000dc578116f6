//! Evenings at a table, against real rooms of the sync crate.

mod builds;
mod erased;
mod evening;
mod hall;
mod offline;
mod refused;
mod tabs;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use board::{Command, Point, TextTarget};
use sync::Access as Granted;

use super::{Access, Hold, Newer, NoticeKind, Phase, Presence, ReadOnly, Refused, notices, presence};
use crate::i18n::core::JA;
use hall::Hall;
