//! A home with one login, an emulator, and `bl token` as the process.

use std::fs::Permissions;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use beamlit_auth::{Config, Login};
use beamlit_emulator::{Emulator, Rotation};
use serde_json::Value;

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    home: PathBuf,
    rotation: &'static str,
}

/// One `bl token`.
pub(crate) struct Process(Child);

impl Stage {
    pub(crate) fn new(rotation: Rotation, setting: &'static str) -> Self {
        let emulator = Emulator::start().unwrap();
        emulator.configure(|settings| {
            (settings.rotation, settings.token_lifetime_s, settings.interval_s) = (Some(rotation), 7200, 0);
        });
        let mut name = [0_u8; 8];
        std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut name).unwrap();
        let home = std::env::temp_dir().join(format!("beamlit-processes-{:016x}", u64::from_ne_bytes(name)));
        std::fs::create_dir(&home).unwrap();
        let stage = Self { emulator, home, rotation: setting };
        stage.log_in();
        stage
    }

    fn auth(&self) -> PathBuf {
        self.home.join("auth")
    }

    fn config(&self) -> Config {
        let store = format!("file:{}", self.auth().display());
        Config::new().workspace("acme").api_url(self.emulator.api_url()).store(store).rotation(self.rotation)
    }

    /// A person logs in, whatever else is going on.
    pub(crate) fn log_in(&self) {
        let login = Login::start(self.config()).unwrap();
        assert!(self.emulator.approve(login.user_code()));
        login.wait().unwrap();
    }

    /// Starts a process.
    pub(crate) fn token(&self) -> Process {
        Process(self.command(Path::new(env!("CARGO_BIN_EXE_bl"))).args(["token", "acme"]).spawn().unwrap())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("HOME", &self.home);
        command
            .env("BL_STORE", format!("file:{}", self.auth().display()))
            .env("BL_API_URL", self.emulator.api_url());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The record of the login, as it lies on the disk.
    fn record(&self) -> (PathBuf, Value) {
        for entry in std::fs::read_dir(self.auth()).unwrap() {
            let entry = entry.unwrap().path();
            let names = std::fs::read_dir(&entry)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap());
            let Some(highest) = names.filter_map(|name| name.parse::<u64>().ok()).max() else { continue };
            let Ok(bytes) = std::fs::read(entry.join(highest.to_string())) else { return self.record() };
            let record: Value = serde_json::from_slice(&bytes).unwrap();
            if record["kind"] == "device_code" {
                return (entry.join(highest.to_string()), record);
            }
        }
        panic!("there is no login in {}", self.auth().display());
    }

    pub(crate) fn has_claim(&self) -> bool {
        !self.record().1["claim"].is_null()
    }

    /// The token of the login ends now.
    pub(crate) fn expire(&self) {
        let (path, mut record) = self.record();
        record["issued_at_ms"] = 0.into();
        // In one step, because a process that reads half a record sets it aside.
        let rewritten = path.with_file_name("rewritten");
        std::fs::write(&rewritten, record.to_string()).unwrap();
        std::fs::set_permissions(&rewritten, Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(rewritten, path).unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Process {
    /// The token that it printed.
    pub(crate) fn served(self) -> String {
        let (status, told) = self.ended();
        assert_eq!(status, Some(0), "{told}");
        told.trim().to_owned()
    }

    /// Its exit code, and what it printed: the token, or else the error.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let begun = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(50), "bl token does not end");
            std::thread::yield_now();
        }
        let status = self.0.wait().unwrap();
        let mut told = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        self.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (status.code(), told)
    }

    /// SIGSTOP, and SIGKILL when this value goes.
    pub(crate) fn stop(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the event did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}
