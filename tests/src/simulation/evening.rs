//! A whole evening drawn from one seed: people write while everything that can go wrong does.

use sync::Access;

use super::{
    liar::LIAR,
    server::NOW_S,
    world::{FORBIDDEN, World},
};

/// Boards of an evening.
const BOARDS: u8 = 2;
/// Things that happen before everything is mended.
const STEPS: u64 = 110;
/// Virtual time after which everybody must be equal: the longest back-off is 30 s, the longest silence 20 s.
const MENDING_MS: u64 = 90_000;

/// What came of an evening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The same for the same seed.
    pub trace_hash: u64,
    /// Lines of the trace.
    pub lines: u64,
    /// Changes on disk at the end.
    pub changes: usize,
}

/// Plays the evening of a seed, and panics at the first invariant that breaks.
pub fn evening(seed: u64, aloud: bool) -> Report {
    let mut world = World::new(seed, BOARDS);
    world.trace.aloud = aloud;
    let slow_network = world.chance.once_in(3);
    world.latency_ms = if slow_network { (50, 800) } else { (1, 40) };
    world.disk.delay_ms_max = if world.chance.once_in(3) { 400 } else { 10 };
    for name in &["sato", "suzuki", "takahashi"][..world.chance.between(1, 3) as usize] {
        world.person(name, Access::Write);
    }
    world.person("viewer", Access::Read);
    for name in &["javascript", "samod"][..world.chance.between(1, 2) as usize] {
        world.other(name, Access::Write);
    }
    if world.chance.once_in(2) {
        world.other("reader", Access::Read);
    }
    // Tablets' clocks are wrong by years in the past; ahead of the server's, our own client corrects them.
    for person in &mut world.people {
        person.shelf.clock_s = NOW_S - world.chance.below(10 * 365 * 24 * 60 * 60) as i64;
    }
    let liar = world.other(LIAR, Access::Write);
    let last = usize::from(BOARDS) - 1;
    world.change_right(LIAR, last, Access::None);
    for step in 0..STEPS {
        if world.chance.once_in(8) {
            world.lie(liar);
        }
        happen(&mut world, step);
        let pause_ms = if world.chance.once_in(10) { 4_000 } else { 150 };
        let pause_ms = world.chance.below(pause_ms);
        world.run_for(pause_ms);
    }
    mend(&mut world);
    world.check_end();
    Report {
        trace_hash: world.trace.hash(),
        lines: world.trace.lines,
        changes: world
            .documents
            .iter()
            .map(|document| world.disk.changes(document).len())
            .sum(),
    }
}

fn happen(world: &mut World, step: u64) {
    let person = world.chance.below(world.people.len() as u64) as usize;
    let other = world.chance.below(world.others.len() as u64) as usize;
    let board = world.chance.below(u64::from(BOARDS)) as usize;
    let key = format!("note {}", world.chance.below(6));
    let value = format!("{step}");
    match world.chance.below(100) {
        0..=39 => world.write(person, board, &key, &value),
        40..=54 => world.write_other(other, board, &key, &value),
        55..=59 => {
            for number in 0..world.chance.between(2, 12) {
                world.write(person, board, &key, &format!("{step}.{number}"));
            }
        }
        60..=62 => world.point(person, board),
        63..=67 => world.cut(person),
        68..=70 => world.cut_other(other),
        71..=73 => world.silence(person),
        74 => world.silence_other(other),
        75..=76 => world.sleep(person),
        77..=80 => world.wake(person),
        81..=82 => world.reload(person),
        83..=85 => {
            let down_ms = world.chance.between(100, 4_000);
            world.kill_server(down_ms);
        }
        86..=88 => world.disk.full = true,
        89..=91 => world.disk.full = false,
        92..=93 => world.put_away_idle_rooms(),
        94 => world.write(person, board, FORBIDDEN, &value),
        _ => flip_right(world, person, board),
    }
}

/// A coordinator locks a board for somebody, or opens it again. Who may only read stays a reader.
fn flip_right(world: &mut World, person: usize, board: usize) {
    let name = world.people[person].name.clone();
    if name == "viewer" {
        return;
    }
    let access = match world.chance.below(3) {
        0 => Access::None,
        1 => Access::Read,
        _ => Access::Write,
    };
    world.change_right(&name, board, access);
}

/// Everything that is broken is mended, everybody may do again what they might, and time passes.
fn mend(world: &mut World) {
    world.disk.full = false;
    for person in 0..world.people.len() {
        world.wake(person);
        let name = world.people[person].name.clone();
        if name != "viewer" {
            for board in 0..usize::from(BOARDS) {
                world.change_right(&name, board, Access::Write);
            }
        }
    }
    world.run_for(MENDING_MS);
    // A third party is told nothing of rights that came back; it finds out with its next connection.
    for other in 0..world.others.len() {
        world.cut_other(other);
    }
    world.run_for(MENDING_MS);
}
