//! A writer like the platform's own tools beside many processes that renew one login: no lock, no rename, the file
//! truncated and written in two parts, from what was read some time ago.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "in a test, a step that fails ends the test, and the counts are told"
)]

mod vendor;

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use beamlit_emulator::{Emulator, Rotation};
use serde_json::{Value, json};

use crate::vendor::Vendor;

/// How many processes renew at once.
const PROCESSES: usize = 8;

struct Stage {
    emulator: Emulator,
    home: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let emulator = Emulator::start().unwrap();
        emulator.configure(|settings| {
            (settings.rotation, settings.token_lifetime_s, settings.interval_s) =
                (Some(Rotation::None), 1, 0);
        });
        let mut name = [0_u8; 8];
        fs::File::open("/dev/urandom").unwrap().read_exact(&mut name).unwrap();
        let home = std::env::temp_dir().join(format!("beamlit-mirror-{:016x}", u64::from_ne_bytes(name)));
        fs::create_dir(&home).unwrap();
        Self { emulator, home }
    }

    fn vendor(&self) -> Vendor {
        Vendor::new(self.home.join(".beamlit/config.yaml"))
    }

    fn bl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bl"));
        command
            .env_clear()
            .env("HOME", &self.home)
            .env("BL_API_URL", self.emulator.api_url())
            .args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.bl(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Our login, which the person approves at once.
    fn log_in(&self) {
        let login =
            self.bl(&["login", "acme", "--device", "--force", "--json", "--no-open"]).spawn().unwrap();
        let begun = Instant::now();
        let code = loop {
            if let Some(pending) = self.emulator.pending_logins().pop() {
                break pending.user_code;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "no login was started");
            thread::yield_now();
        };
        assert!(self.emulator.approve(&code));
        let output = login.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The newest record of the login.
    fn record(&self) -> Value {
        let mut newest = json!(null);
        for folder in fs::read_dir(self.home.join(".beamlit/auth")).unwrap() {
            let files = fs::read_dir(folder.unwrap().path()).unwrap().map(|file| file.unwrap().path());
            let number = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().parse::<u64>().ok();
            let Some(file) = files.filter(|path| number(path).is_some()).max_by_key(number) else { continue };
            let Ok(bytes) = fs::read(file) else { continue };
            let record: Value = serde_json::from_slice(&bytes).unwrap();
            if record["kind"] != "current" {
                newest = record;
            }
        }
        newest
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// Runs `bl token` in several processes at once until the work is done; how often they were served.
fn beside<R>(stage: &Stage, work: impl FnOnce() -> R) -> (R, u32) {
    let (done, served) = (AtomicBool::new(false), AtomicU32::new(0));
    let result = thread::scope(|scope| {
        for _ in 0..PROCESSES {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let (code, token, told) = stage.run(&["token", "acme"]);
                    assert!(
                        code == 0 || told.contains("logout") || told.contains("nobody"),
                        "{code}: {told}"
                    );
                    served.fetch_add(u32::from(code == 0 && !token.is_empty()), Ordering::SeqCst);
                }
            });
        }
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::SeqCst);
        result
    });
    match result {
        Ok(result) => (result, served.load(Ordering::SeqCst)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// How long a crowd goes on by default, and with `cargo xtask test --full`.
const SHORT: Duration = Duration::from_secs(15);
const LONG: Duration = Duration::from_secs(60);

#[test]
fn stale_and_torn_writes_of_their_tools_cost_no_login_and_bring_none_back() {
    write_beside_our_logins(SHORT);
}

#[test]
fn logins_of_their_tools_are_ours_after_a_renewal_and_a_logout_ends_them() {
    log_in_beside_our_logouts(SHORT);
}

#[test]
#[ignore = "takes a minute; cargo xtask test --full runs it"]
fn their_writes_for_a_minute() {
    write_beside_our_logins(LONG);
}

#[test]
#[ignore = "takes a minute; cargo xtask test --full runs it"]
fn their_logins_for_a_minute() {
    log_in_beside_our_logouts(LONG);
}

fn write_beside_our_logins(duration: Duration) {
    let stage = Stage::new();
    stage.log_in();
    let mut vendor = stage.vendor();
    let (counts, served) = beside(&stage, || {
        let (begun, mut logins, mut writes, mut lost, mut round) = (Instant::now(), 0, 0, 0, 0_u32);
        while begun.elapsed() < duration {
            let read = vendor.text();
            if round % 4 == 0 {
                stage.log_in();
                logins += 1;
            }
            let ours = stage.record()["refresh_token"].clone();
            // It was read before our login: an older token comes back into the file, or none at all.
            vendor.set_foreign(round);
            vendor.write(&read, Duration::from_millis(u64::from(round % 7) * 3));
            writes += 1;
            round += 1;
            thread::sleep(Duration::from_millis(20));
            let now = stage.record();
            assert_eq!(now["state"], "live", "{}", now["state"]);
            assert_eq!(now["refresh_token"], ours, "an older login came back");
            lost += u32::from(!vendor.text().contains(&vendor.foreign()));
        }
        (logins, writes, lost)
    });
    println!("our logins, their stale writes, of these lost: {counts:?}; tokens served: {served}");
    assert!(counts.0 > 2 && counts.1 > 10 && counts.2 == 0 && served > 20, "{counts:?} {served}");
    // What is foreign in the file is there as it was last written.
    assert!(vendor.text().contains(&vendor.foreign()), "{}", vendor.text());
    stage.log_in();
    assert!(vendor.text().contains(&vendor.foreign()), "{}", vendor.text());
    let (code, _, told) = stage.run(&["logout", "acme"]);
    assert_eq!(code, 0, "{told}");
    // A stale write after the logout brings no login back.
    let record = stage.record();
    assert_eq!((&record["state"], &record["refresh_token"]), (&json!("logged_out"), &Value::Null));
    assert_eq!(stage.run(&["token", "acme"]).0, 3);
}

fn log_in_beside_our_logouts(duration: Duration) {
    let stage = Stage::new();
    stage.log_in();
    let vendor = stage.vendor();
    let (counts, served) = beside(&stage, || {
        let (begun, mut logins, mut logouts, mut round) = (Instant::now(), 0, 0, 0_u32);
        while begun.elapsed() < duration {
            let theirs = stage.emulator.login("acme").refresh_token;
            vendor.log_in("acme", &theirs, Duration::from_millis(u64::from(round % 5) * 4));
            logins += 1;
            let waited = Instant::now();
            while stage.record()["refresh_token"] != theirs.as_str() {
                assert!(
                    waited.elapsed() < Duration::from_secs(30),
                    "a login of theirs was lost: {}",
                    vendor.text()
                );
                thread::sleep(Duration::from_millis(10));
            }
            if round % 3 == 2 {
                let (code, _, told) = stage.run(&["logout", "acme"]);
                assert_eq!(code, 0, "{told}");
                logouts += 1;
                vendor.log_in("acme", &theirs, Duration::ZERO);
                thread::sleep(Duration::from_millis(200));
                assert_eq!(stage.record()["state"], "logged_out", "a login came back that was ended");
            }
            round += 1;
        }
        (logins, logouts)
    });
    println!("their logins and our logouts: {counts:?}; tokens served: {served}");
    assert!(counts.0 > 3 && counts.1 > 0, "{counts:?}");
}
