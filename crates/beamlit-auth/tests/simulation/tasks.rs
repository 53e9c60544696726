//! Who runs: the tasks of all simulated processes, how they wait, and the clock that moves when all of them do.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use crate::simulation::random::Random;
use crate::simulation::world;

/// How the next task is chosen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Strategy {
    /// Any of those that can run; the one that runs goes on so many times of a hundred.
    Random { stays: usize },
    /// The one of the highest priority (PCT): at so many steps, which are chosen before, that loses its priority.
    Priorities { changes: usize },
}

/// What a task waits for.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Wait {
    Nothing,
    Until(Duration),
    Lock(usize),
}

struct Place {
    process: usize,
    wait: Wait,
    woken: bool,
    priority: u64,
}

struct Tasks {
    running: bool,
    seed: u64,
    random: Random,
    strategy: Strategy,
    steps: usize,
    changes: Vec<usize>,
    places: Vec<Place>,
    current: usize,
    lowest: u64,
}

thread_local! {
    static TASKS: RefCell<Tasks> = const {
        RefCell::new(Tasks {
            running: false,
            seed: 0,
            random: Random::fixed(),
            strategy: Strategy::Random { stays: 0 },
            steps: 0,
            changes: Vec::new(),
            places: Vec::new(),
            current: 0,
            lowest: 0,
        })
    };
}

fn with<R>(work: impl FnOnce(&mut Tasks) -> R) -> R {
    TASKS.with_borrow_mut(work)
}

/// A point at which another task may run.
pub(crate) fn switch() {
    if with(|tasks| tasks.running) {
        shuttle::thread::yield_now();
    }
}

/// Waits until a lock may be free.
pub(crate) fn wait_for_lock(place: usize) {
    assert!(with(|tasks| tasks.running), "a lock is waited for outside of a schedule");
    wait(Wait::Lock(place));
}

/// A lock is free: whoever waits for it tries again.
pub(crate) fn unlocked(place: usize) {
    with(|tasks| {
        for waiter in tasks.places.iter_mut().filter(|waiter| waiter.wait == Wait::Lock(place)) {
            waiter.wait = Wait::Nothing;
        }
    });
}

/// The task that runs.
pub(crate) fn current() -> usize {
    with(|tasks| tasks.current)
}

/// Ends the sleep of a task, or the next one that it begins.
pub(crate) fn wake(task: usize) {
    with(|tasks| {
        if let Some(place) = tasks.places.get_mut(task) {
            place.woken = true;
        }
    });
}

/// Sleeps until that much time has passed, or somebody calls [`wake`]; whether that came first.
pub(crate) fn sleep(time: Duration) -> bool {
    let until = world::now() + time;
    wait(Wait::Until(until));
    with(|tasks| {
        let current = tasks.current;
        std::mem::take(&mut tasks.places[current].woken)
    })
}

fn wait(wait: Wait) {
    with(|tasks| {
        let current = tasks.current;
        tasks.places[current].wait = wait;
    });
    switch();
    with(|tasks| {
        let current = tasks.current;
        tasks.places[current].wait = Wait::Nothing;
    });
}

/// Says whose task the running one is.
pub(super) fn belongs_to(process: usize) {
    with(|tasks| {
        let current = tasks.current;
        tasks.places[current].process = process;
    });
}

/// The process whose task runs; 0 is the world itself.
pub(super) fn process() -> usize {
    with(|tasks| tasks.places[tasks.current].process)
}

/// Begins and ends what is scheduled here.
pub(super) fn run(running: bool) {
    with(|tasks| tasks.running = running);
}

pub(super) fn is_running() -> bool {
    TASKS.try_with(|tasks| tasks.try_borrow().map_or(true, |tasks| tasks.running)).unwrap_or(false)
}

/// The seed of the schedule that runs.
pub(super) fn seed() -> Option<u64> {
    TASKS
        .try_with(|tasks| tasks.try_borrow().map_or(Some(0), |tasks| tasks.running.then_some(tasks.seed)))
        .ok()?
}

/// Runs schedules of these seeds, of which others take some.
pub(super) struct Seeds {
    next: Arc<AtomicU64>,
    last: u64,
}

impl Seeds {
    pub(super) fn new(next: &Arc<AtomicU64>, last: u64) -> Self {
        Self { next: Arc::clone(next), last }
    }
}

impl Scheduler for Seeds {
    fn new_execution(&mut self) -> Option<Schedule> {
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        if seed >= self.last {
            return None;
        }
        let strategy = world::begin(seed);
        with(|tasks| tasks.begin(seed, strategy));
        Some(Schedule::new(seed))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        with(|tasks| tasks.choose(runnable))
    }

    fn next_u64(&mut self) -> u64 {
        with(|tasks| tasks.random.next())
    }
}

impl Tasks {
    fn begin(&mut self, seed: u64, strategy: Strategy) {
        self.seed = seed;
        self.random = Random::new(seed ^ 0x5eed);
        (self.strategy, self.steps, self.lowest) = (strategy, 0, u64::MAX / 2);
        self.places.clear();
        self.changes.clear();
        if let Strategy::Priorities { changes } = strategy {
            let limit = self.random.pick(&[100, 400, 1500]);
            self.changes.extend((0..changes).map(|_| self.random.below(limit)));
        }
    }

    fn choose(&mut self, runnable: &[&Task]) -> Option<TaskId> {
        self.steps += 1;
        for task in runnable {
            while self.places.len() <= usize::from(task.id()) {
                let priority = self.random.next() / 2;
                self.places.push(Place { process: 0, wait: Wait::Nothing, woken: false, priority });
            }
        }
        loop {
            let ready: Vec<usize> = runnable
                .iter()
                .map(|task| usize::from(task.id()))
                .filter(|task| self.is_ready(*task))
                .collect();
            if let Some(chosen) = self.choose_of(&ready) {
                self.current = chosen;
                return Some(TaskId::from(chosen));
            }
            let sleeping = runnable.iter().map(|task| &self.places[usize::from(task.id())]);
            let next = sleeping
                .filter(|place| !world::is_stopped(place.process))
                .filter_map(|place| if let Wait::Until(until) = place.wait { Some(until) } else { None })
                .min();
            // Nobody can run and nobody will: the driver always sleeps, so this is a lock that nobody gives back.
            world::pass_until(next.expect("somebody waits for a moment"));
        }
    }

    fn is_ready(&self, task: usize) -> bool {
        let place = &self.places[task];
        let dead = world::is_dead(place.process);
        let ready = match place.wait {
            Wait::Nothing => true,
            Wait::Until(until) => place.woken || dead || until <= world::now(),
            Wait::Lock(_) => false,
        };
        ready && (dead || !world::is_stopped(place.process))
    }

    fn choose_of(&mut self, ready: &[usize]) -> Option<usize> {
        // What is left of a killed process changes nothing any more and is out of the way soon.
        let dead: Vec<usize> =
            ready.iter().copied().filter(|task| world::is_dead(self.places[*task].process)).collect();
        if !dead.is_empty() {
            return Some(self.random.pick(&dead));
        }
        if ready.is_empty() {
            return None;
        }
        match self.strategy {
            Strategy::Random { stays } => {
                if ready.contains(&self.current) && self.random.below(100) < stays {
                    return Some(self.current);
                }
                Some(self.random.pick(ready))
            }
            Strategy::Priorities { .. } => {
                if self.changes.contains(&self.steps) {
                    self.lowest += 1;
                    self.places[self.current].priority = self.lowest;
                }
                ready.iter().copied().min_by_key(|task| self.places[*task].priority)
            }
        }
    }
}

/// The process and the task that tell something, if it is not the scheduler itself.
pub(super) fn teller() -> String {
    TASKS.with(|tasks| {
        let Ok(tasks) = tasks.try_borrow() else { return "-".to_owned() };
        let process = tasks.places.get(tasks.current).map_or(0, |place| place.process);
        format!("{process}.{}", tasks.current)
    })
}
