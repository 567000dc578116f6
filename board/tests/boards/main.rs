//! Boards from outside: commands, random concurrent histories, admission, opening documents.

mod admission;
mod commands;
mod common;
mod erasure;
mod histories;
mod history;
mod opening;
mod scenarios;
mod take_back;
