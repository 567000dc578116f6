//! Boards from outside: commands, random concurrent histories, admission, opening documents.

mod admission;
mod commands;
mod common;
mod histories;
mod history;
mod opening;
mod scenarios;
