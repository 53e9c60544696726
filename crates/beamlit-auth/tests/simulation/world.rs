//! What all simulated processes share: time, the disk, the server, and who of them is alive.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::time::Duration;

use shuttle::thread::JoinHandle;

use crate::simulation::disk::Disk;
use crate::simulation::invariants::Ghost;
use crate::simulation::plan::{Happening, Plan};
use crate::simulation::random::Random;
use crate::simulation::server::Server;
use crate::simulation::tasks::{self, Strategy};
use crate::sys::Running;

/// When a schedule begins, since 1970.
const BEGIN: Duration = Duration::from_secs(1_800_000_000);
/// How many processes there can be in one schedule.
pub(super) const PROCESSES: usize = 16;

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) random: Random,
    pub(super) plan: Plan,
    now: Duration,
    suspended: Duration,
    /// What the wall clock was set ahead and back.
    ahead: Duration,
    back: Duration,
    pub(super) boots: u64,
    pub(super) processes: Vec<Process>,
    pub(super) disk: Disk,
    pub(super) server: Server,
    pub(super) ghost: Ghost,
    pub(super) violation: Option<String>,
    pub(super) handles: Vec<JoinHandle<()>>,
    trace: Option<String>,
}

/// One process.
#[derive(Clone)]
pub(super) struct Process {
    dead: bool,
    stopped_until: Duration,
    /// How often it was stopped.
    pub(super) stops: usize,
    /// How many calls it has made on the machine.
    pub(super) steps: usize,
    /// Callers that have not finished.
    pub(super) callers: usize,
    /// Whether the disk failed it.
    pub(super) failed: bool,
    /// What a killed one still believes the time to be.
    afterlife: Duration,
}

impl Process {
    fn new() -> Self {
        Self {
            dead: false,
            stopped_until: Duration::ZERO,
            stops: 0,
            steps: 0,
            callers: 0,
            failed: false,
            afterlife: Duration::ZERO,
        }
    }
}

thread_local! {
    /// What each process has under way.
    static RUNNING: &'static [Running; PROCESSES] = Box::leak(Box::new([const { Running::new() }; PROCESSES]));
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
    static TRACED: RefCell<bool> = const { RefCell::new(false) };
}

/// Works with the world. Nothing in `work` lets another task run.
pub(super) fn with<R>(work: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(|world| work(world.as_mut().expect("a schedule runs")))
}

/// What a process has under way.
pub(super) fn running(process: usize) -> &'static Running {
    &RUNNING.with(|running| *running)[process]
}

/// Whether schedules tell what happens in them.
pub(super) fn trace(traced: bool) {
    TRACED.set(traced);
}

/// A new world for a schedule.
pub(super) fn begin(seed: u64) -> Strategy {
    (0..PROCESSES).for_each(|process| running(process).begin_anew());
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random);
    let strategy = plan.strategy;
    let mut trace = TRACED.with_borrow(|traced| traced.then(String::new));
    if let Some(trace) = &mut trace {
        writeln!(trace, "{plan:#?}").unwrap();
    }
    let world = World {
        seed,
        random,
        now: Duration::from_secs(100_000),
        suspended: Duration::ZERO,
        ahead: Duration::ZERO,
        back: Duration::ZERO,
        boots: 1,
        processes: vec![Process::new()],
        disk: Disk::new(),
        server: Server::new(&plan),
        ghost: Ghost::new(),
        violation: None,
        handles: Vec::new(),
        trace,
        plan,
    };
    WORLD.replace(Some(world));
    strategy
}

/// The world at the end of a schedule.
pub(super) fn end() -> World {
    WORLD.take().expect("a schedule ran")
}

pub(super) fn now() -> Duration {
    with(|world| world.now)
}

pub(super) fn is_dead(process: usize) -> bool {
    with(|world| world.is_dead(process))
}

pub(super) fn is_stopped(process: usize) -> bool {
    with(|world| world.processes[process].stopped_until > world.now)
}

/// Lets time pass because everybody waits. A process that is stopped goes on when its time has come, and the server acts
/// on what arrives when it does.
pub(super) fn pass_until(moment: Duration) {
    with(|world| {
        let goes_on = world.processes.iter().filter(|process| !process.dead).map(|it| it.stopped_until);
        let goes_on = goes_on.filter(|until| *until > world.now && *until < Duration::MAX).min();
        let arrives = world.server.next_arrival();
        let next = [goes_on, arrives].into_iter().flatten().fold(moment, Duration::min);
        world.now = world.now.max(next);
        world.deliver();
    });
}

impl World {
    /// Time on the clock that stands still while the machine sleeps.
    pub(super) fn monotonic(&self) -> Duration {
        self.now
    }

    pub(super) fn boot(&self) -> Duration {
        self.now + self.suspended
    }

    pub(super) fn wall(&self) -> Duration {
        (BEGIN + self.boot() + self.ahead).saturating_sub(self.back)
    }

    /// The monotonic clock as `process` reads it: to a killed one every time limit is over soon.
    pub(super) fn monotonic_of(&mut self, process: usize) -> Duration {
        if !self.processes[process].dead {
            return self.now;
        }
        self.processes[process].afterlife += Duration::from_secs(100);
        self.now + self.processes[process].afterlife
    }

    pub(super) fn set_wall(&mut self, by: Duration, ahead: bool) {
        let to = if ahead { &mut self.ahead } else { &mut self.back };
        *to += by;
        self.ghost.jumps += 1;
    }

    pub(super) fn suspend(&mut self, time: Duration) {
        self.suspended += time;
        self.ghost.jumps += 1;
    }

    pub(super) fn is_dead(&self, process: usize) -> bool {
        self.processes[process].dead
    }

    /// A new process.
    pub(super) fn start_process(&mut self) -> usize {
        self.processes.push(Process::new());
        assert!(self.processes.len() <= PROCESSES);
        self.processes.len() - 1
    }

    pub(super) fn kill(&mut self, process: usize) {
        if self.processes[process].dead {
            return;
        }
        self.tell(&format!("process {process} is killed"));
        self.end(process);
        if self.ghost.is_claimed_by(process) {
            self.ghost.excused = Some("killed");
        }
    }

    /// A process is gone.
    pub(super) fn end(&mut self, process: usize) {
        self.processes[process].dead = true;
        self.disk.unlock_all(process);
    }

    /// Everybody dies, and what was not put on the disk may be lost.
    pub(super) fn cut_power(&mut self) {
        self.tell("the power is cut");
        for process in 1..self.processes.len() {
            self.kill(process);
        }
        if self.ghost.is_claimed() || self.ghost.was_claimed_durably(&self.disk) {
            self.ghost.excused = Some("power cut");
        }
        self.server.cut();
        self.disk.crash(&mut self.random);
        self.boots += 1;
        crate::simulation::invariants::after_power_cut(self);
    }

    pub(super) fn stop(&mut self, process: usize, time: Duration) {
        self.tell(&format!("process {process} is stopped for {time:?}"));
        self.processes[process].stops += 1;
        self.processes[process].stopped_until = if time == Duration::MAX { time } else { self.now + time };
        if time == Duration::MAX && self.ghost.is_claimed_by(process) {
            self.ghost.excused = Some("stopped for ever");
        }
    }

    /// A little time passes; what was planned for this very call happens. Whether the call is to fail.
    pub(super) fn step(&mut self, process: usize) -> Option<std::io::ErrorKind> {
        self.now += self.random.micros(20, 300);
        self.deliver();
        let Self { processes, plan, .. } = self;
        processes[process].steps += 1;
        let step = processes[process].steps;
        let mut failure = None;
        for happening in plan
            .happenings
            .iter()
            .filter(|it| it.process + 1 == process && it.is_at(step))
            .copied()
            .collect::<Vec<_>>()
        {
            match happening.what {
                Happening::Kill => self.kill(process),
                Happening::Stop(time) => self.stop(process, time),
                Happening::PowerCut => self.cut_power(),
                Happening::Fail(kind) => failure = Some(kind),
            }
        }
        failure
    }

    /// What has arrived at the server by now is acted on.
    fn deliver(&mut self) {
        while let Some(arrived) = self.server.next_arrived(self.now) {
            Server::act(self, arrived);
        }
    }

    /// Callers that have not finished and can.
    pub(super) fn callers(&self) -> usize {
        let alive = self.processes.iter().filter(|it| !it.dead && it.stopped_until != Duration::MAX);
        alive.map(|process| process.callers).sum()
    }

    /// Whether whoever wrote the claim that stands is gone.
    pub(super) fn is_orphan(&self) -> bool {
        (1..self.processes.len()).any(|it| self.ghost.is_claimed_by(it) && self.is_dead(it))
    }

    /// How long the access token was to live when it was seen first.
    pub(super) fn ghost_life(&self, token: &str) -> Duration {
        if self.ghost.is_first(token) { self.plan.left } else { crate::simulation::plan::LIFE }
    }

    /// Notes that an invariant does not hold; the first one counts.
    pub(super) fn violate(&mut self, what: &str) {
        self.tell(&format!("VIOLATION {what}"));
        if self.violation.is_none() {
            self.violation = Some(what.to_owned());
        }
    }

    pub(super) fn tell(&mut self, what: &str) {
        if let Some(trace) = &mut self.trace {
            let task = if tasks::is_running() { tasks::teller() } else { String::new() };
            let _ = writeln!(trace, "{:>14.6} {task:<4} {what}", self.now.as_secs_f64() - 100_000.0);
        }
    }

    pub(super) fn take_trace(&mut self) -> String {
        self.trace.take().unwrap_or_default()
    }
}
