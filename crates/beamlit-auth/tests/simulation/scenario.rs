//! One schedule from its beginning to its end: a login, processes that use it, what happens to them, and a last look.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::chain::places;
use crate::config::{Config, Environment};
use crate::credential::ClientCredentials;
use crate::flight::{Connect, Flights};
use crate::login::Login;
use crate::platform::Rotation as Setting;
use crate::record::{Record, State, millis};
use crate::renewal::Ledger;
use crate::secret::Secret;
use crate::session::{Ground, Session};
use crate::shutdown::shutdown_on;
use crate::simulation::invariants::{self, Held};
use crate::simulation::machine::{Machine, spawn};
use crate::simulation::plan::{Act, GRACE, LIFE, Locks, Plan, Rotation, Weather};
use crate::simulation::server::Way;
use crate::simulation::tasks;
use crate::simulation::vendor;
use crate::simulation::world::{self, PROCESSES, World};
use crate::sys::System;

thread_local! {
    /// What the sessions of each process share.
    static FLIGHTS: &'static [Flights; PROCESSES] = Box::leak(Box::new([const { Flights::new() }; PROCESSES]));
}

/// How long an exit waits at most.
pub(super) const EXIT: Duration = Duration::from_secs(20);
/// How long callers may take all in all.
const LONG: Duration = Duration::from_secs(40_000);

/// The one task that every schedule begins with.
pub(super) fn run() {
    tasks::run(true);
    let plan = world::with(|world| world.plan.clone());
    set_up(&plan);
    let begun = world::now();
    for _ in 0..plan.processes {
        start(&plan);
    }
    for (at, act) in &plan.acts {
        tasks::sleep((begun + *at).saturating_sub(world::now()));
        perform(&plan, *act);
    }
    while world::now() < begun + LONG && !over() && world::with(|world| world.callers() > 0) {
        tasks::sleep(Duration::from_secs(20));
    }
    finish(&plan);
    loop {
        let Some(handle) = world::with(|world| world.handles.pop()) else { break };
        handle.join().unwrap();
    }
    tasks::run(false);
    judge();
}

fn over() -> bool {
    world::with(|world| world.violation.is_some())
}

/// Tells of a violation, which ends the run.
fn judge() {
    let mut world = world::end();
    let trace = world.take_trace();
    if !trace.is_empty() {
        println!("{trace}");
    }
    if let Some(violation) = world.violation {
        println!("seed {}: {violation}\nreplay: cargo xtask sim --seed {}", world.seed, world.seed);
        #[expect(clippy::disallowed_methods, reason = "one violation is enough")]
        std::process::exit(101);
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the real one can fail")]
fn environment() -> crate::error::Result<Environment> {
    Ok(Environment { home: Some(PathBuf::from("/home")), ..Environment::default() })
}

fn connect() -> Connect {
    Box::new(|_, system| Ok(Box::new(Way(usize::try_from(system.process()).unwrap()))))
}

fn ground(process: usize) -> Ground {
    let system: Arc<dyn System> = Arc::new(Machine(process));
    Ground { system, connect, flights: &FLIGHTS.with(|flights| *flights)[process], environment }
}

fn config(plan: &Plan) -> Config {
    let rotation = match plan.rotation {
        Rotation::None => "none".to_owned(),
        Rotation::Grace => format!("grace:{}", GRACE.as_secs()),
        Rotation::Strict | Rotation::Revoking => "strict".to_owned(),
    };
    let config = Config::new().workspace("acme").rotation(rotation);
    if plan.client {
        let client = ClientCredentials::new("client", "secret-CANARY");
        return config.store("file:/home/store").credential(client).share(true);
    }
    if plan.mirror { config } else { config.store("file:/home/store") }
}

fn open(process: usize, plan: &Plan) -> crate::error::Result<Session> {
    let Ground { system, connect, flights, environment } = ground(process);
    Session::open_on(system, connect(), flights, &config(plan), &environment()?)
}

/// A login that is there when the schedule begins.
fn set_up(plan: &Plan) {
    let settings = config(plan).settle(&environment().unwrap()).unwrap();
    let folder = if plan.mirror { "/home/.beamlit/auth" } else { "/home/store" };
    let key = places::key(&settings, None, Some("acme"));
    let (process, token, access) = world::with(|world| {
        world.ghost.folder = format!("{folder}/{key}");
        let order = world.ghost.next_order();
        let token = world.server.log_in(order);
        if plan.mirror {
            vendor::begin(world, &token);
        }
        (world.start_process(), token, world.server.access_token())
    });
    let rotation = match plan.rotation {
        Rotation::None => Setting::None,
        Rotation::Grace => Setting::Grace(GRACE.as_secs()),
        Rotation::Strict | Rotation::Revoking => Setting::Strict,
    };
    tasks::belongs_to(process);
    world::with(|world| world.ghost.begins(tasks::current(), invariants::Doing::Login));
    let system: Arc<dyn System> = Arc::new(Machine(process));
    let store = settings.store.open(&system).unwrap();
    let now = millis(system.wall());
    let ledger = Ledger::new(store, key, system);
    let written = ledger.overwrite(&|former: &Record| {
        let mut record = Record::empty();
        record.state = State::Live;
        record.generation = former.generation + 1;
        record.base = settings.base();
        "device_code".clone_into(&mut record.kind);
        record.workspace = Some("acme".to_owned());
        record.client_id = settings.platform.client_id().map(str::to_owned);
        record.access_token = Some(Arc::new(Secret::new(access.clone())));
        record.refresh_token = Some(Arc::new(Secret::new(token.clone())));
        record.device_code = Some(Arc::new(Secret::new("dc-CANARY")));
        record.lifetime_ms = millis(LIFE);
        record.issued_at_ms = now - millis(LIFE) + millis(plan.left);
        record.rotation = rotation;
        record
    });
    written.unwrap();
    tasks::belongs_to(0);
    world::with(|world| {
        invariants::logged_in(world);
        world.ghost.begins(tasks::current(), invariants::Doing::Nothing);
        world.server.is_down = plan.weather == Weather::Down;
    });
}

/// A process whose threads ask for the token.
fn start(plan: &Plan) {
    let process = world::with(|world| {
        if world.processes.len() + 4 > PROCESSES {
            return None;
        }
        let process = world.start_process();
        world.processes[process].callers = plan.threads;
        Some(process)
    });
    let Some(process) = process else { return };
    let plan = plan.clone();
    spawn(process, "main", move || {
        let session = open(process, &plan);
        let session = match session {
            Ok(session) => session,
            Err(error) => {
                world::with(|world| {
                    invariants::not_opened(world, process, &error);
                    world.processes[process].callers = 0;
                });
                return;
            }
        };
        for _ in 1..plan.threads {
            let (session, plan) = (session.clone(), plan.clone());
            spawn(process, "caller", move || calls(process, &session, &plan));
        }
        calls(process, &session, &plan);
    });
}

/// The calls of one thread.
fn calls(process: usize, session: &Session, plan: &Plan) {
    let mut held = None;
    for _ in 0..plan.calls {
        let pause = world::with(|world| {
            let about = world.random.pick(&[0, 0, 0, 1, 6, 25, 3000, 3601, 3601]);
            Duration::from_secs(about) + world.random.micros(1, 20_000)
        });
        tasks::sleep(pause);
        if world::is_dead(process) || over() {
            break;
        }
        let refuse = world::with(|world| !world.plan.client && world.random.one_in(10));
        if let (Some(Held { text, generation, .. }), true) = (&held, refuse) {
            world::with(|world| {
                world.tell(&format!("401 to {text}"));
                world.ghost.refused.insert(text.clone());
                // What the session had before is not good for it any more either.
                world.ghost.forgot.insert(process);
            });
            session.invalidate(*generation);
        }
        call(process, session, &mut held);
    }
    world::with(|world| {
        world.processes[process].callers = world.processes[process].callers.saturating_sub(1);
    });
}

/// One call, and whether it gave a token.
fn call(process: usize, session: &Session, held: &mut Option<Held>) -> bool {
    let limit = world::with(|world| Duration::from_secs(world.random.pick(&[5, 30, 30])));
    let begun = world::with(|world| invariants::before_call(world, process, limit));
    let result = session.call().timeout(limit).token();
    world::with(|world| invariants::after_call(world, process, &begun, result.as_ref(), held));
    result.is_ok()
}

/// What somebody does besides.
fn perform(plan: &Plan, act: Act) {
    match act {
        Act::SetWall(by, ahead) => world::with(|world| {
            world.tell(&format!("the wall clock jumps by {by:?}, ahead {ahead}"));
            world.set_wall(by, ahead);
        }),
        Act::Suspend(time) => world::with(|world| {
            world.tell(&format!("the machine sleeps for {time:?}"));
            world.suspend(time);
        }),
        Act::Start => start(plan),
        Act::Exit(process) => spawn(process + 1, "exit", move || exit(process + 1)),
        _ if plan.client => {}
        Act::Login => person(plan, log_in),
        Act::Logout => person(plan, log_out),
        Act::VendorWrites(_) | Act::VendorLogin | Act::VendorLogout => {
            spawn(0, "vendor", move || vendor::act(act));
        }
    }
}

/// A process of somebody who logs in or out.
fn person(plan: &Plan, act: fn(usize, &Plan)) {
    if world::with(|world| world.processes.len() + 4 > PROCESSES) {
        return;
    }
    let process = world::with(World::start_process);
    let plan = plan.clone();
    spawn(process, "person", move || act(process, &plan));
}

/// A process ends as one does that has something under way.
fn exit(process: usize) {
    let begun = world::with(|world| (world.monotonic(), world.processes[process].stops));
    shutdown_on(&ground(process), EXIT, &|| true);
    // What else a program has to do at its end.
    tasks::sleep(world::with(|world| world.random.micros(1, 1_000_000)));
    world::with(|world| invariants::exits(world, process, begun));
}

fn log_in(process: usize, plan: &Plan) {
    let begun = world::now();
    let login = Login::start_on(ground(process), config(plan), None, &|| true);
    let session = login.and_then(|login| login.wait_timeout(Duration::from_secs(60)));
    world::with(|world| {
        if world.is_dead(process) {
            return;
        }
        match session {
            Ok(Some(_)) => invariants::logged_in(world),
            Ok(None) => world.violate("I9 a login did not end"),
            Err(error) => world.violate(&format!("I9 a login failed: {error}")),
        }
        if world.monotonic() > begun + Duration::from_secs(65) {
            world.violate("I9 a login took too long");
        }
    });
}

fn log_out(process: usize, plan: &Plan) {
    // Whoever is logged out already, or cannot be any more, has nothing to end.
    let Ok(session) = open(process, plan) else { return };
    world::with(|world| {
        world.ghost.logout_begins();
        world.ghost.forgot.insert(process);
    });
    let ended = session.logout();
    world::with(|world| {
        if let (Err(error), false) = (ended, world.is_dead(process)) {
            world.violate(&format!("I9 a logout failed: {error}"));
        }
    });
}

/// Everything works again: is the login good?
fn finish(plan: &Plan) {
    world::with(|world| {
        world.tell("everything works again");
        world.server.heal();
    });
    let within_grace = world::with(|world| {
        let record = invariants::last(world)?;
        let claim = record.claim.as_ref()?;
        let first = Duration::from_millis(claim.first_ms);
        // Another boot may be another host, whose claims nobody knows to be orphans.
        let is_plain =
            plan.locks == Locks::Good && !plan.mirror && world.ghost.jumps == 0 && world.boots == 1;
        // Whoever got no lock claims without the proof that it is gone.
        let orphan = world.is_orphan() && claim.boot.is_some();
        Some(
            plan.rotation == Rotation::Grace
                && is_plain
                && orphan
                && world.wall() + Duration::from_secs(200) < first + GRACE,
        )
    });
    if within_grace == Some(true) && !over() && !is_good(plan, 3, Duration::from_secs(25)) {
        world::with(|world| {
            // Somebody may have logged in or out meanwhile.
            if invariants::is_of_use(world) {
                world.violate("I6 a claim within the time of grace was not replayed");
            }
        });
    }
    if !over() {
        // What tries to write down what it could not gets its time.
        tasks::sleep(LIFE + Duration::from_secs(200));
        let must = world::with(|world| invariants::must_be_good(world));
        let good = is_good(plan, 12, Duration::from_secs(100));
        if must && !good {
            world::with(|world| {
                let which = if world.plan.rotation == Rotation::None { "I6" } else { "I7" };
                world.violate(&format!("{which} the login is lost"));
            });
        }
    }
    world::with(|world| {
        let calm = world.plan.is_undisturbed();
        if calm {
            invariants::at_end(world, true);
        }
        for process in 1..world.processes.len() {
            world.kill(process);
        }
    });
}

/// Whether another process gets a token that is good.
fn is_good(plan: &Plan, tries: usize, pause: Duration) -> bool {
    let process = world::with(World::start_process);
    let done = Arc::new(std::sync::Mutex::new(None));
    let (told, of_plan) = (Arc::clone(&done), plan.clone());
    spawn(process, "last", move || {
        let mut good = false;
        for _ in 0..tries {
            let mut held = None;
            good = open(process, &of_plan).is_ok_and(|session| call(process, &session, &mut held));
            if good || over() {
                break;
            }
            tasks::sleep(pause);
        }
        *told.lock().unwrap() = Some(good);
    });
    let begun = world::now();
    while world::now() < begun + LONG {
        if let Some(good) = *done.lock().unwrap() {
            return good;
        }
        tasks::sleep(Duration::from_secs(5));
    }
    world::with(|world| world.violate("I9 the last look did not end"));
    false
}
