//! The commands as processes, against an emulator that is a process too.
#![forbid(unsafe_code)]
#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "the functions here fail the test that calls them, and a logger has to write"
)]

mod browser;
mod dead;
mod device;
mod emulator;
mod explain;
#[path = "../../../../tests/faces.rs"]
mod faces;
mod failures;
mod headers;
mod help;
mod in_faces;
mod interrupt;
mod login;
mod logout;
mod mirror;
mod secrets;
mod status;
mod store;
mod token;
mod usage;
mod workspaces;

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use ureq::Agent;

/// Longer than anything here takes; what is not there by then never comes.
const PATIENCE: Duration = Duration::from_secs(30);
const BL: &str = env!("CARGO_BIN_EXE_bl");

/// `bl` with nothing of the caller's environment but what a system needs.
fn bl() -> Command {
    let mut command = Command::new(BL);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Another program in the environment of `command`.
fn beside(command: &Command, program: impl AsRef<OsStr>) -> Command {
    let mut other = Command::new(program);
    other.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    other.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    other
}

fn home() -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("home");
    std::fs::create_dir_all(&home).unwrap();
    home
}

/// What became of a process.
#[derive(Debug)]
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Outcome {
    fn json(&self) -> Value {
        assert_eq!((self.stdout.matches('\n').count(), self.stderr.as_str()), (1, ""), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The error object on standard error, whose exit code is the process's.
    fn error(&self) -> Value {
        assert_eq!((self.stderr.matches('\n').count(), self.stdout.as_str()), (1, ""), "{self:?}");
        let error: Value = serde_json::from_str(&self.stderr).unwrap();
        assert_eq!(error["exit_code"], self.code);
        error
    }

    /// Nothing but `stdout`, and success.
    fn assert_prints(&self, stdout: &str) {
        assert_eq!((self.code, self.stdout.as_str(), self.stderr.as_str()), (0, stdout, ""));
    }

    /// Everything that was printed.
    fn printed(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs a command with arguments to its end.
fn run(command: &mut Command, arguments: &[&str]) -> Outcome {
    finish(command.args(arguments).spawn().unwrap())
}

/// Runs a command with arguments and a standard input to its end.
fn feed(command: &mut Command, arguments: &[&str], input: &str) -> Outcome {
    let mut child = command.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A command that ends without reading is no failure of the test.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    finish(child)
}

/// Waits for the end of a process; what exceeds all patience is ended and fails the test.
fn finish(child: Child) -> Outcome {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(PATIENCE) else {
        let _ = kill_process(pid, Signal::KILL);
        panic!("the process does not end");
    };
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: code(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| panic!("ended by {status}"))
}

/// `bl emulator --json`, running.
struct Emulator {
    child: Option<Child>,
    ready: Value,
}

impl Emulator {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(arguments: &[&str]) -> Self {
        Self::try_start(arguments).unwrap()
    }

    /// `None` if it ends instead.
    fn try_start(arguments: &[&str]) -> Option<Self> {
        let mut child = bl().args(["emulator", "--json"]).args(arguments).spawn().unwrap();
        let line = first_line(child.stdout.take().unwrap());
        if line.is_empty() {
            finish(child);
            return None;
        }
        Some(Self { child: Some(child), ready: serde_json::from_str(&line).unwrap() })
    }

    fn get(&self, member: &str) -> &str {
        self.ready[member].as_str().unwrap()
    }

    fn api_url(&self) -> &str {
        self.get("api_url")
    }

    fn models(&self) -> String {
        format!("{}/models", self.api_url())
    }

    /// `client_id:client_secret`.
    fn client_credentials(&self) -> String {
        format!("{}:{}", self.get("client_id"), self.get("client_secret"))
    }

    /// `bl` that talks to this emulator and has no credential.
    fn bl(&self) -> Command {
        let mut command = bl();
        command.env("BL_API_URL", self.api_url());
        command
    }

    /// The same with a home folder of its own, where logins can be stored.
    fn at(&self, home: &Path) -> Command {
        let mut command = self.bl();
        command.env("HOME", home);
        command
    }

    /// `bl` in `home`, after a login with the API key there.
    fn logged_in_at(&self, home: &Path) -> Command {
        let key = self.get("api_key");
        let login = feed(&mut self.at(home), &["login", "acme", "--api-key", "-"], key);
        assert_eq!(login.code, 0, "{login:?}");
        self.at(home)
    }

    fn with_key(&self) -> Command {
        let mut command = self.bl();
        command.env("BL_API_KEY", self.get("api_key"));
        command
    }

    fn with_client(&self) -> Command {
        let mut command = self.bl();
        command.env("BL_CLIENT_CREDENTIALS", self.client_credentials());
        command
    }

    /// Lets something go wrong with the requests to the token endpoint.
    fn fault(&self, mut fault: Value) {
        fault["path"] = json!("/oauth/token");
        self.steer("fault", &fault);
    }

    /// Steers the emulator; its answer.
    fn steer(&self, what: &str, body: &Value) -> String {
        let url = format!("{}/_emulator/{what}", self.get("console_url"));
        let mut answer = agent().post(url).content_type("application/json").send(body.to_string()).unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    /// The code of the one device login on which nobody has decided, waited for.
    fn pending(&self) -> String {
        let url = format!("{}/_emulator/pending", self.get("console_url"));
        let mut code = None;
        until("a device login", || {
            let list = agent().get(&url).call().unwrap().body_mut().read_to_string().unwrap();
            let list: Value = serde_json::from_str(&list).unwrap();
            code = list[0]["user_code"].as_str().map(str::to_owned);
            code.is_some()
        });
        code.unwrap()
    }

    fn approve(&self, user_code: &str) {
        self.steer("approve", &json!({"user_code": user_code}));
    }

    fn recorded(&self) -> Value {
        let mut answer =
            agent().get(format!("{}/_emulator/requests", self.get("console_url"))).call().unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Sends a signal and waits for the end.
    fn end(mut self, signal: Signal) -> Outcome {
        let child = self.child.take().unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        finish(child)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(PATIENCE)).build().new_agent()
}

/// The first line that a process writes.
fn first_line(output: impl Read + Send + 'static) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        sender.send(BufReader::new(output).read_line(&mut line).map(|_| line))
    });
    receiver.recv_timeout(PATIENCE).unwrap().unwrap()
}

/// Asks again and again until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A fresh folder for one test.
fn folder(name: impl AsRef<OsStr>) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name.as_ref());
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Every file and folder below this one.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|entry| if entry.is_dir() { [below(&entry), vec![entry]].concat() } else { vec![entry] })
        .collect()
}

/// The file of every login at `home`.
fn records(home: &Path) -> Vec<PathBuf> {
    let is_record = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().parse::<u64>().is_ok();
    below(home).into_iter().filter(|path| path.is_file() && is_record(path)).collect()
}

/// Lets the token of every login at `home` have ended long ago.
fn expire(home: &Path) {
    rewrite(home, |record| record["issued_at_ms"] = json!(0));
}

/// Lets the token of every login at `home` be in its advisory window: it is valid, and to be renewed.
fn age(home: &Path) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    rewrite(home, |record| {
        (record["lifetime_ms"], record["issued_at_ms"]) = (json!(1_000_000), json!((now - 900) * 1000));
    });
}

/// Changes every record at `home` in one step, because a process that reads half of one sets it aside.
fn rewrite(home: &Path, change: impl Fn(&mut Value)) {
    for file in records(home) {
        let mut record: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        change(&mut record);
        let rewritten = file.with_file_name("rewritten");
        std::fs::write(&rewritten, record.to_string()).unwrap();
        std::fs::set_permissions(&rewritten, Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(rewritten, file).unwrap();
    }
}
