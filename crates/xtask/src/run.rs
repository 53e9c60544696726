//! Runs other programs: keeps what they write, shows that they are alive, and ends those that take too long.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long a command may take unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// A command that takes longer than this is named on the terminal.
const QUIET: Duration = Duration::from_secs(2);
/// How many lines of a failed command's output are shown.
const TAIL: usize = 80;

/// One command line.
pub(crate) struct Run {
    command: Command,
    log: PathBuf,
    limit: Duration,
}

impl Run {
    /// A program that runs in `folder` and whose output is appended to `log`.
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: &Path, log: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        Self { command, log: log.to_owned(), limit: LIMIT }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// How long the command may take.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the command; a failure's message names it and ends with its last lines.
    pub(crate) fn finish(mut self) -> Outcome {
        let (status, said) = self.logged()?;
        if status.success() {
            return Ok(());
        }
        let (line, log) = (self.line(), self.log.display());
        Err(format!("`{line}` failed ({status}); the end of {log}:\n{said}"))
    }

    /// Runs a short command and gives what it wrote to stdout, without the newline at its end.
    pub(crate) fn output(mut self) -> Outcome<String> {
        let line = self.line();
        let output = self.command.output().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{line}` failed ({}): {}", output.status, stderr.trim_end()))
    }

    /// Runs the command, which may fail, and gives what it wrote.
    pub(crate) fn told(mut self) -> Outcome<String> {
        self.logged().map(|(_, said)| said)
    }

    /// Runs the command to its end, with its output in the log; the last lines of that.
    fn logged(&mut self) -> Outcome<(ExitStatus, String)> {
        let line = self.line();
        let (mut log, start) = open_log(&self.log).map_err(|error| about(&self.log, &error))?;
        let wrote = writeln!(log, "$ {line}").and_then(|()| Ok((log.try_clone()?, log)));
        let (stdout, stderr) = wrote.map_err(|error| about(&self.log, &error))?;
        self.command.stdout(stdout).stderr(stderr);
        let child = self.command.spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        let status = wait(child, &line, self.limit)?;
        Ok((status, tail(&self.log, start)))
    }

    /// Runs the command with this program's own terminal and input.
    pub(crate) fn shown(mut self) -> Outcome {
        let line = self.line();
        let status = self.command.status().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
    }

    /// The command as one would type it, programs by their last name.
    fn line(&self) -> String {
        let program = Path::new(self.command.get_program()).file_name().unwrap_or_default();
        let words = std::iter::once(program).chain(self.command.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// A file system's error with the path that it is about.
pub(crate) fn about(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn open_log(path: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let log = File::options().create(true).append(true).open(path)?;
    let start = log.metadata()?.len();
    Ok((log, start))
}

/// The last lines of what was written to the log since `start`.
fn tail(log: &Path, start: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let from = usize::try_from(start).unwrap_or(0).min(bytes.len());
    let text = String::from_utf8_lossy(&bytes[from..]);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

fn wait(mut child: Child, line: &str, limit: Duration) -> Outcome<ExitStatus> {
    let mut progress = Progress::new(line);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                progress.end();
                return Ok(status);
            }
            Ok(None) if progress.started.elapsed() < limit => progress.tick(),
            Ok(None) => {
                progress.end();
                end_tree(child.id());
                let _ = child.wait();
                return Err(format!("`{line}` was ended: it took longer than {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("cannot wait for `{line}`: {error}")),
        }
        // The standard library has no wait with a limit, so the end of the child is polled.
        thread::sleep(Duration::from_millis(20));
    }
}

/// Ends a child and what it started. Children stay in this program's process group, so that Ctrl-C reaches them all;
/// the price is that a tree has to be walked here.
fn end_tree(root: u32) {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            Some((pid, parent_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))
        })
        .collect();
    let mut tree = vec![root];
    let mut at = 0;
    while at < tree.len() {
        let ended = tree[at];
        tree.extend(parents.iter().filter(|(_, parent)| *parent == ended).map(|(pid, _)| *pid));
        at += 1;
    }
    let _ = Command::new("kill").arg("-9").args(tree.iter().map(u32::to_string)).status();
}

/// The parent in a line of `/proc/PID/stat`, whose second member is a name in brackets with any character in it.
fn parent_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// A sign of life for whatever takes longer than two seconds: one line that counts on a terminal, else a line a minute.
struct Progress<'a> {
    line: &'a str,
    started: Instant,
    next: Duration,
    terminal: bool,
    shown: bool,
}

impl<'a> Progress<'a> {
    fn new(line: &'a str) -> Self {
        let terminal = io::stderr().is_terminal();
        Self { line, started: Instant::now(), next: QUIET, terminal, shown: false }
    }

    fn tick(&mut self) {
        let elapsed = self.started.elapsed();
        if elapsed < self.next {
            return;
        }
        let line: String = self.line.chars().take(90).collect();
        let seconds = elapsed.as_secs();
        if self.terminal {
            eprint!("\r\x1b[K    … {line} ({seconds} s)");
            self.next += Duration::from_secs(1);
        } else {
            eprintln!("    … {line} ({seconds} s)");
            self.next += Duration::from_secs(60);
        }
        self.shown = true;
    }

    fn end(&self) {
        if self.terminal && self.shown {
            eprint!("\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, name: &str) -> Run {
        let folder = std::env::temp_dir();
        let log = folder.join(format!("xtask-{}-{name}.log", std::process::id()));
        let _ = fs::remove_file(&log);
        Run::new("sh", &folder, &log).args(["-c", script])
    }

    #[test]
    fn a_failure_names_the_command_and_shows_its_last_lines() {
        let run = sh("for i in $(seq 100); do echo line $i; done; echo why >&2; exit 3", "failure");
        let log = run.log.clone();
        let message = run.finish().unwrap_err();
        assert!(message.starts_with("`sh -c for i") && message.contains("exit status: 3"), "{message}");
        assert!(message.ends_with("line 100\nwhy") && !message.contains("line 20\n"), "{message}");
        assert!(fs::read_to_string(&log).unwrap().contains("line 20\n"));
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let run = sh("sleep 600 & echo $!; wait", "limit").limit(Duration::from_millis(300));
        let log = run.log.clone();
        let message = run.finish().unwrap_err();
        assert!(message.contains("took longer"), "{message}");
        let text = fs::read_to_string(&log).unwrap();
        let pid: u32 = text.lines().last().unwrap().parse().unwrap();
        // Whoever adopts the orphan reaps it; until then it is a zombie.
        let alive =
            || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        let until = Instant::now() + Duration::from_secs(10);
        while alive() && Instant::now() < until {
            thread::yield_now();
        }
        assert!(!alive(), "process {pid} still runs");
        fs::remove_file(log).unwrap();
    }
}
