//! `background_refresh` in real time, with short-lived tokens: what callers notice of a server that fails, and which
//! threads are there.
#![expect(clippy::unwrap_used, reason = "in a test, a step that fails ends the test")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use beamlit_auth::{ClientCredentials, Config, Session, shutdown, shutdown_spending};
use beamlit_emulator::{Emulator, Fault};

/// In seconds; the last fifth is the advisory window, and the last twentieth the mandatory one.
const LIFE: u32 = 5;
/// What a caller notices who waits for a server; all that a call does takes a thousandth of that.
const NOTICED: Duration = Duration::from_millis(300);
const PACE: Duration = Duration::from_micros(200);
const LONG: Duration = Duration::from_secs(20);

/// What the server does when the token is due.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Server {
    Healthy,
    Refusing,
    Unavailable,
    Hanging,
}

fn open(emulator: &Emulator, background_refresh: bool) -> Session {
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let config = Config::from(ClientCredentials::new(client_id, client_secret));
    Session::open(config.api_url(emulator.api_url()).background_refresh(background_refresh)).unwrap()
}

/// How long each call took from the advisory window to the `end` of the token, shortest first; all were served.
fn calls(server: Server, background_refresh: bool, end: Duration) -> Vec<Duration> {
    let emulator = Emulator::builder().token_lifetime(LIFE).start().unwrap();
    let session = open(&emulator, background_refresh);
    let url = format!("{}/models", session.api_url());
    session.headers(&url).unwrap();
    let expires_at = session.token().unwrap().expires_at().unwrap();
    let emulator = match server {
        Server::Healthy => Some(emulator),
        Server::Refusing => None,
        Server::Unavailable | Server::Hanging => {
            let fault = Fault::new("/oauth/token");
            emulator.fault(if server == Server::Hanging { fault.hang() } else { fault.status(503) });
            Some(emulator)
        }
    };
    let left = || expires_at.duration_since(SystemTime::now()).unwrap_or_default();
    thread::sleep(left().saturating_sub(Duration::from_secs(1)));
    let mut took = Vec::new();
    while left() > end {
        let begun = Instant::now();
        session.headers(&url).unwrap();
        took.push(begun.elapsed());
        thread::sleep(PACE);
    }
    drop(emulator);
    took.sort_unstable();
    took
}

fn of_a_thousand(took: &[Duration], share: usize) -> Duration {
    took[(took.len() * share / 1000).min(took.len() - 1)]
}

#[test]
fn no_call_waits_for_a_server_as_long_as_the_token_is_valid() {
    let servers = [Server::Healthy, Server::Refusing, Server::Unavailable, Server::Hanging];
    let end = Duration::from_millis(50);
    let measured: Vec<_> = thread::scope(|scope| {
        let runs = servers.map(|server| scope.spawn(move || (server, calls(server, true, end))));
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (server, took) in measured {
        let (median, p999, worst) =
            (of_a_thousand(&took, 500), of_a_thousand(&took, 999), took[took.len() - 1]);
        println!("{server:?}: {} calls, median {median:?}, p99.9 {p999:?}, worst {worst:?}", took.len());
        assert!(took.len() > 100 && worst < NOTICED, "{server:?}: {worst:?}");
    }
}

#[test]
fn without_it_one_caller_waits_in_the_advisory_window() {
    let took = calls(Server::Hanging, false, Duration::from_millis(300));
    let waited: Vec<_> = took.into_iter().filter(|took| *took > NOTICED).collect();
    println!("one caller of all waited {waited:?}");
    assert!(waited.len() <= 1 && waited.iter().all(|waited| *waited < Duration::from_secs(2)), "{waited:?}");
}

/// How many threads of this process the timer has.
fn timers() -> usize {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path().join("comm"));
    threads.filter(|name| fs::read_to_string(name).is_ok_and(|name| name == "beamlit-timer\n")).count()
}

fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the event did not happen");
        thread::yield_now();
    }
}

/// In a process of its own, because a shutdown is for a whole process.
#[test]
fn the_thread_is_there_as_long_as_it_is_wanted() {
    const ALONE: &str = "BACKGROUND_REFRESH_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "the_thread_is_there_as_long_as_it_is_wanted";
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let status = alone.args(["--exact", name]).env(ALONE, "1").status().unwrap();
        assert!(status.success());
        return;
    }
    let emulator = Emulator::builder().token_lifetime(LIFE).start().unwrap();
    let plain = open(&emulator, false);
    plain.token().unwrap();
    assert_eq!(timers(), 0, "nobody has asked for one");
    let sessions = [(); 8].map(|()| open(&emulator, true));
    until(|| timers() == 1);
    // It is no work that an end waits for.
    let begun = Instant::now();
    assert!(shutdown(LONG) && shutdown_spending(LONG));
    until(|| timers() == 0);
    assert!(begun.elapsed() < NOTICED * 3, "{:?}", begun.elapsed());
    // Who goes on has one again, as soon as it is sure that nothing has ended.
    until(|| {
        sessions[0].token().unwrap();
        timers() == 1
    });
    assert!(begun.elapsed() > Duration::from_millis(1900));
    let asked = emulator.token_requests();
    until(|| emulator.token_requests() > asked);
    drop(sessions);
    until(|| timers() == 0);
}
