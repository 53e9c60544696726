//! The driver protocol (see README.md) for a Rust implementation under test: implement [`Backend`], call [`run`].

use std::collections::HashSet;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// What the program was started with.
pub struct Args {
    pub url: String,
    pub id: String,
    pub secret: String,
    pub ca: Option<String>,
}

pub trait Backend: Sync {
    /// Writes `Bearer …` into `out`, which arrives empty; from the cache when it can.
    fn headers(&self, out: &mut String) -> Result<(), String>;

    /// What the hot path times. `held` belongs to the calling thread and begins as 0.
    fn hot(&self, out: &mut String, _held: &mut u64) -> Result<(), String> {
        self.headers(out)
    }

    /// Is not timed, and comes before each [`Backend::refresh`].
    fn before_refresh(&self) -> Result<(), String> {
        Ok(())
    }

    /// Gets a new token from the server whatever the cache says.
    fn refresh(&self) -> Result<(), String>;
}

/// Runs the program: one header with `cold`, else commands from stdin.
pub fn run<B: Backend>(make: impl FnOnce(Args) -> B) {
    let words: Vec<String> = std::env::args().collect();
    let [_, mode, url, id, secret, ca] = &words[..] else {
        eprintln!("usage: {} cold|serve URL ID SECRET CA|-", words[0]);
        std::process::exit(2);
    };
    let ca = (ca != "-").then(|| ca.clone());
    let backend = make(Args { url: url.clone(), id: id.clone(), secret: secret.clone(), ca });
    if mode == "cold" {
        return cold(&backend);
    }
    say(r#"{"ready":true}"#);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0);
        let time = Duration::from_secs_f64(number(2));
        match words.first().copied().unwrap_or_default() {
            "call" => call(&backend),
            "refresh" => refresh(&backend, number(1) as usize, time),
            "hot" => spread(number(1) as usize, |barrier| hot(&backend, barrier, time)),
            "herd" => spread(number(1) as usize, |barrier| herd(&backend, barrier)),
            _ => break,
        }
    }
}

fn say(line: &str) {
    println!("{line}");
    // Whoever reads this has gone when it fails, and the next command never comes.
    let _ = std::io::stdout().flush();
}

/// A JSON string.
fn json(text: &str) -> String {
    let plain = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    let escaped = plain.flat_map(|char| matches!(char, '"' | '\\').then_some('\\').into_iter().chain([char]));
    format!("\"{}\"", escaped.collect::<String>())
}

fn cold(backend: &impl Backend) {
    let mut out = String::new();
    match backend.headers(&mut out) {
        Ok(()) => println!("{out}"),
        Err(error) => {
            println!("{error}");
            std::process::exit(1);
        }
    }
}

fn call(backend: &impl Backend) {
    let mut out = String::new();
    let start = Instant::now();
    let outcome = backend.headers(&mut out);
    let ns = start.elapsed().as_nanos();
    match outcome {
        Ok(()) => say(&format!(r#"{{"ok":true,"ns":{ns},"hdr":{}}}"#, json(&out))),
        Err(error) => say(&format!(r#"{{"ok":false,"ns":{ns},"err":{}}}"#, json(&error))),
    }
}

fn refresh(backend: &impl Backend, count: usize, time: Duration) {
    let end = Instant::now() + time;
    let (mut taken, mut failed) = (Vec::with_capacity(count), Vec::new());
    while taken.len() < count && Instant::now() < end {
        let ready = backend.before_refresh();
        let start = Instant::now();
        let outcome = ready.and_then(|()| backend.refresh());
        taken.push(start.elapsed().as_nanos().to_string());
        failed.extend(outcome.err());
    }
    let first = json(failed.first().map_or("", String::as_str));
    say(&format!(r#"{{"lat_ns":[{}],"errors":{},"err":{first}}}"#, taken.join(","), failed.len()));
}

/// What one thread has done.
#[derive(Default)]
struct Done {
    calls: u64,
    errors: u64,
    error: String,
    header: String,
}

/// Runs `work` on that many threads, which it holds back at the barrier until all are there.
fn spread(threads: usize, work: impl Fn(&Barrier) -> Done + Sync) {
    let barrier = Barrier::new(threads + 1);
    let (wall, all) = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&barrier))).collect();
        barrier.wait();
        let start = Instant::now();
        let all: Vec<Done> = handles.into_iter().filter_map(|handle| handle.join().ok()).collect();
        (start.elapsed().as_nanos(), all)
    });
    let calls: u64 = all.iter().map(|done| done.calls).sum();
    let errors: u64 = all.iter().map(|done| done.errors).sum();
    let distinct = all.iter().map(|done| &done.header).collect::<HashSet<_>>().len();
    let error = json(all.iter().map(|done| &*done.error).find(|error| !error.is_empty()).unwrap_or_default());
    say(&format!(
        r#"{{"ops":{calls},"wall_ns":{wall},"errors":{errors},"distinct":{distinct},"err":{error}}}"#
    ));
}

fn hot(backend: &impl Backend, barrier: &Barrier, time: Duration) -> Done {
    let (mut done, mut held) = (Done::default(), 0);
    let mut out = String::with_capacity(4096);
    barrier.wait();
    let end = Instant::now() + time;
    while Instant::now() < end {
        for _ in 0..64 {
            out.clear();
            if let Err(error) = backend.hot(&mut out, &mut held) {
                done.errors += 1;
                done.error = error;
            }
            black_box(&out);
        }
        done.calls += 64;
    }
    done
}

fn herd(backend: &impl Backend, barrier: &Barrier) -> Done {
    let mut done = Done { calls: 1, ..Done::default() };
    barrier.wait();
    if let Err(error) = backend.headers(&mut done.header) {
        done.errors = 1;
        done.error = error;
    }
    done
}
