//! A home with one login, an emulator, and `bl token` as the process.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use beamlit_auth::{Config, Login, Session};
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

    pub(crate) fn access_token(&self) -> String {
        Session::open(self.config()).unwrap().token().unwrap().reveal().to_owned()
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

    /// The same on a disk without room: a tmpfs that is filled up, with the login copied onto it.
    pub(crate) fn token_on_full_disk(&self) -> (Option<i32>, String) {
        self.token_on("mount -t tmpfs -o size=64k none \"$1\" && cp -a \"$2\"/. \"$1\" && { cat /dev/zero >\"$1/full\" 2>/dev/null; true; }")
    }

    /// The same on a disk that is mounted read-only.
    pub(crate) fn token_on_read_only_disk(&self) -> (Option<i32>, String) {
        self.token_on("mount --bind \"$2\" \"$1\" && mount -o remount,ro,bind \"$1\"")
    }

    /// Runs `bl token` in a mount namespace of its own, in which `prepare` puts something else at `$1`.
    fn token_on(&self, prepare: &str) -> (Option<i32>, String) {
        let place = self.home.join("mounted");
        let _ = std::fs::create_dir(&place);
        let script = format!("{prepare} && BL_STORE=\"file:$1\" exec \"$3\" token acme");
        let mut command = self.command(Path::new("unshare"));
        command.args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(&place).arg(self.auth());
        Process(command.arg(env!("CARGO_BIN_EXE_bl")).spawn().unwrap()).ended()
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

    /// Writes another life into the record: `left` of a token of `whole`.
    fn set_life(&self, whole: Duration, left: Duration) {
        let (path, mut record) = self.record();
        let now =
            u64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis())
                .unwrap();
        let (whole, left) =
            (u64::try_from(whole.as_millis()).unwrap(), u64::try_from(left.as_millis()).unwrap());
        (record["issued_at_ms"], record["lifetime_ms"]) = ((now + left - whole).into(), whole.into());
        std::fs::write(path, record.to_string()).unwrap();
    }

    /// The token of the login enters its advisory window.
    pub(crate) fn make_stale(&self) {
        self.set_life(Duration::from_secs(1000), Duration::from_secs(100));
    }
}

/// The token of the login ends now.
pub(crate) fn expired(stage: &Stage) {
    stage.set_life(Duration::from_secs(1000), Duration::ZERO);
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

    /// Lets it live for a while.
    pub(crate) fn kill_after(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time && self.0.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = self.0.kill();
        self.0.wait().unwrap();
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
