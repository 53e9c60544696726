//! The whole engine in a world of its own: its sessions, logins, renewals and stores as they are shipped, on a simulated
//! machine and in front of a simulated server, with every interleaving, kill and failure drawn from one number.
//!
//! `cargo xtask sim` runs schedules; one that breaks an invariant prints the line that runs it again.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a world that is wrong ends the run, and tells where"
)]

mod disk;
mod invariants;
mod machine;
mod plan;
mod random;
mod scenario;
mod server;
pub(crate) mod tasks;
mod vendor;
mod world;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::simulation::tasks::Seeds;

/// A number from the environment of the run.
#[expect(clippy::disallowed_methods, reason = "a test is told what to run")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A step is a call on the machine; a schedule that takes more than this has run away.
const STEPS: usize = 3_000_000;
/// What is left of a stack in the deepest call is a few times what that needs.
const STACK: usize = 256 * 1024;

#[test]
#[expect(clippy::disallowed_methods, reason = "a run says how fast it was")]
fn schedules() {
    let first = number("SIM_FIRST").unwrap_or(0);
    let last = first + number("SIM_SCHEDULES").unwrap_or(1000);
    tell_the_seed_of_a_panic();
    // Other tests watch the clock; this one takes what they leave.
    rustix::process::nice(10).unwrap();
    let begun = Instant::now();
    let next = Arc::new(AtomicU64::new(first));
    // Each has a world, a scheduler and tasks of its own.
    let runners = std::thread::available_parallelism().unwrap().get();
    let run: usize = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..runners).map(|_| scope.spawn(|| run(Seeds::new(&next, last)))).collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).sum()
    });
    let took = begun.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(run).unwrap()) / took;
    println!("{run} schedules from seed {first} on, no invariant broken, {rate:.0} a second");
}

/// Runs schedules on this thread; how many.
fn run(seeds: Seeds) -> usize {
    world::trace(number("SIM_TRACE").is_some());
    let mut config = Config::new();
    config.stack_size = STACK;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    config.silence_warnings = true;
    Runner::new(seeds, config).run(scenario::run)
}

/// A panic in the engine, or a violation, ends the run at once: what other tasks hold is not to be unwound.
fn tell_the_seed_of_a_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        if let Some(seed) = tasks::seed() {
            println!("seed {seed}: {panic}\nreplay: cargo xtask sim --seed {seed}");
            #[expect(clippy::disallowed_methods, reason = "nothing may be unwound")]
            std::process::exit(101);
        }
    }));
}
