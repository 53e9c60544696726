//! Runs steps side by side: most of them wait for a process, a server or a clock.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::steps::{Row, Step};
use crate::workspace::Workspace;

/// How many steps run at a time. More would make each of them wait for a processor.
const LANES: usize = 2;

/// The steps that nobody has begun, and what became of those that have ended.
struct Road {
    ahead: Vec<&'static Step>,
    rows: Vec<Row>,
}

/// Runs the steps that have no row yet, each after what it needs; all rows.
pub(crate) fn run(workspace: &Workspace, queue: Vec<&'static Step>, rows: Vec<Row>) -> Vec<Row> {
    let is_new = |step: &&Step| !rows.iter().any(|row| row.is_of(step.name));
    let ahead = queue.into_iter().filter(is_new).collect();
    let (road, ended) = (Mutex::new(Road { ahead, rows }), Condvar::new());
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| lane(workspace, &road, &ended));
        }
    });
    road.into_inner().unwrap_or_else(PoisonError::into_inner).rows
}

/// Takes the first step that is ready, again and again, until none is left.
fn lane(workspace: &Workspace, road: &Mutex<Road>, ended: &Condvar) {
    let mut on = road.lock().unwrap_or_else(PoisonError::into_inner);
    while !on.ahead.is_empty() {
        let ready = on.ahead.iter().position(|step| step.is_ready(&on.rows));
        let Some(at) = ready else {
            on = ended.wait(on).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let step = on.ahead.remove(at);
        let lacks = step.lacks(&on.rows);
        drop(on);
        let row = step.row(workspace, lacks);
        on = road.lock().unwrap_or_else(PoisonError::into_inner);
        on.rows.push(row);
        ended.notify_all();
    }
}
