//! The person at the terminal: questions on standard error, answers from standard input. Every wait ends with Ctrl-C,
//! and the terminal is left as it was found.

use std::io::{self, IsTerminal as _, Stdin};
use std::os::fd::AsFd as _;

use beamlit_auth::{Error, ErrorKind, Result};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::interrupt::{SLICE, Wanted, interrupted};
use crate::output;

/// The longest answer, in bytes; no credential is as long.
const LONGEST: usize = 16 * 1024;

/// Whether there is somebody to ask, who sees the question.
pub(crate) fn is_there() -> bool {
    is_input() && io::stderr().is_terminal()
}

/// Whether standard input is a terminal.
pub(crate) fn is_input() -> bool {
    io::stdin().is_terminal()
}

/// Asks, and reads one line. `None` if the input ends instead.
pub(crate) fn ask(question: &str, wanted: Wanted<'_>) -> Result<Option<String>> {
    output::question(question);
    let line = read(false, wanted)?;
    if line.is_none() {
        // Nothing has ended the line.
        output::note("");
    }
    Ok(line)
}

/// Asks, and reads one line that nobody sees. `None` if the input ends instead.
pub(crate) fn ask_secretly(question: &str, wanted: Wanted<'_>) -> Result<Option<String>> {
    let silence = Silence::begin()?;
    let line = ask(question, wanted);
    drop(silence);
    line
}

/// Reads standard input to its end, without the one line end at the end. `None` if there is nothing.
pub(crate) fn read_all(wanted: Wanted<'_>) -> Result<Option<String>> {
    read(true, wanted)
}

/// Reads a line, or everything. A terminal gives a line at a time by itself.
fn read(to_the_end: bool, wanted: Wanted<'_>) -> Result<Option<String>> {
    let stdin = io::stdin();
    // Never moved, so that no copy of a secret is left behind.
    let mut text = Vec::with_capacity(LONGEST);
    loop {
        let read = read_some(&stdin, &mut text, wanted)?;
        if text.len() >= LONGEST {
            return Err(unusable("is longer than any credential"));
        }
        if read == 0 || (!to_the_end && text.ends_with(b"\n")) {
            break;
        }
    }
    let ended = text.is_empty();
    for end in [b"\n", b"\r"] {
        text.truncate(text.strip_suffix(end).map_or(text.len(), <[u8]>::len));
    }
    let text = String::from_utf8(text).map_err(|_| unusable("is not UTF-8"))?;
    Ok(Some(text).filter(|_| !ended))
}

/// Waits for something to read, and reads it. How much; nothing is the end.
fn read_some(stdin: &Stdin, text: &mut Vec<u8>, wanted: Wanted<'_>) -> Result<usize> {
    let slice = Timespec { tv_sec: 0, tv_nsec: SLICE.subsec_nanos().into() };
    loop {
        if !wanted() {
            return Err(interrupted());
        }
        let ready = poll(&mut [PollFd::new(stdin, PollFlags::IN)], Some(&slice));
        let read = match ready {
            Ok(0) => continue,
            Ok(_) => rustix::io::read(stdin, spare_capacity(text)),
            Err(error) => Err(error),
        };
        match read {
            Err(Errno::INTR | Errno::AGAIN) => {}
            read => return read.map_err(|error| unusable(&format!("cannot be read: {error}"))),
        }
    }
}

/// A terminal that shows nothing of what is typed, for as long as it lives.
struct Silence {
    former: Termios,
}

impl Silence {
    fn begin() -> Result<Self> {
        let unable = |error| unusable(&format!("is a terminal that cannot be silenced: {error}"));
        let stdin = io::stdin();
        let former = tcgetattr(stdin.as_fd()).map_err(unable)?;
        let mut silent = former.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown all the same.
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &silent).map_err(unable)?;
        Ok(Self { former })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // What was typed and not read is a part of a secret; the shell is not to see it. A terminal that has gone needs
        // nothing.
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Flush, &self.former);
    }
}

fn unusable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("standard input {why}"))
}
