//! [`System`] on Linux, macOS and the other Unix systems: the one file of the core that calls the operating system.

use std::net::TcpStream;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::error::{Error, ErrorKind, Result};
use crate::sys::{System, Work};

/// The real machine.
pub(crate) struct Unix;

#[cfg(target_os = "linux")]
const COARSE: ClockId = ClockId::MonotonicCoarse;
#[cfg(not(target_os = "linux"))]
const COARSE: ClockId = ClockId::Monotonic;

#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
/// Darwin's monotonic clock runs on while the machine sleeps, which is what `boot` promises.
#[cfg(not(target_os = "linux"))]
const BOOT: ClockId = ClockId::Monotonic;

impl System for Unix {
    fn coarse(&self) -> u64 {
        let now = clock_gettime(COARSE);
        now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
    }

    fn monotonic(&self) -> Duration {
        duration(clock_gettime(ClockId::Monotonic))
    }

    fn boot(&self) -> Duration {
        duration(clock_gettime(BOOT))
    }

    fn wall(&self) -> Duration {
        duration(clock_gettime(ClockId::Realtime))
    }

    fn pid(&self) -> u32 {
        std::process::id()
    }

    fn random(&self) -> Result<u64> {
        let mut bytes = [0; 8];
        match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
            Ok(8) => Ok(u64::from_ne_bytes(bytes)),
            Ok(_) => {
                Err(Error::new(ErrorKind::InternalError, "the system's random generator gave too few bytes"))
            }
            Err(error) => Err(Error::new(ErrorKind::InternalError, "the system's random generator refused")
                .with_source(error)),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts a thread")]
    fn spawn(&self, name: &'static str, work: Work) -> Result<()> {
        match std::thread::Builder::new().name(name.into()).spawn(work) {
            Ok(_detached) => Ok(()),
            Err(error) => {
                let message = "the system refused another thread; raise the limit of threads (ulimit -u)";
                Err(Error::new(ErrorKind::InternalError, message).with_source(error))
            }
        }
    }
}

/// A clock before its own zero (a wall clock set before 1970) counts as zero.
fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Whether an idle connection is of no use any more: the peer closed it, or sent bytes that nobody asked for.
/// One system call, never blocks.
pub(crate) fn peer_has_spoken(stream: &TcpStream) -> bool {
    let mut byte = [0u8; 1];
    match recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Err(Errno::AGAIN | Errno::INTR) => false,
        Ok(_) | Err(_) => true,
    }
}
