//! What the platform's tools do to their file: load, truncate, write in two parts. No lock, no rename.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

pub(crate) struct Vendor {
    file: PathBuf,
    foreign: u32,
}

impl Vendor {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, foreign: 0 }
    }

    /// What is there.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap_or_default()
    }

    /// The line of somebody else that the next write holds.
    pub(crate) fn set_foreign(&mut self, round: u32) {
        self.foreign = round;
    }

    pub(crate) fn foreign(&self) -> String {
        format!("other: {} # of somebody else\n", self.foreign)
    }

    /// Truncates the file and writes this into it, with a pause in the middle.
    pub(crate) fn write(&self, text: &str, pause: Duration) {
        let kept: String =
            text.lines().filter(|line| !line.starts_with("other:")).fold(String::new(), |mut all, line| {
                writeln!(all, "{line}").unwrap();
                all
            });
        let text = kept + &self.foreign();
        let mut file = fs::File::create(&self.file).unwrap();
        let (first, rest) = text.split_at(text.len() / 2);
        file.write_all(first.as_bytes()).unwrap();
        thread::sleep(pause);
        file.write_all(rest.as_bytes()).unwrap();
    }

    /// A login: their whole entry anew.
    pub(crate) fn log_in(&self, workspace: &str, refresh_token: &str, pause: Duration) {
        self.write(
            &format!(
                "context:\n  workspace: {workspace}\nworkspaces:\n  - name: {workspace}\n    credentials:\n      access_token: CANARY.EMULATOR.access\n      refresh_token: {refresh_token}\n      expires_in: 7200\n      device_code: dc_EMULATORCANARY\n"
            ),
            pause,
        );
    }
}
