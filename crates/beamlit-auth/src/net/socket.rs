//! One TCP connection whose reads and writes end at a deadline.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::sys::{System, peer_has_spoken};

/// Socket timeouts are whole multiples of this, so that most requests find the right one already set.
pub(crate) const STEP: Duration = Duration::from_millis(25);
/// Linux counts socket timeouts the more coarsely the longer they are: half a minute can end two seconds late. So a
/// long wait is made of short ones.
const LONGEST: Duration = Duration::from_secs(1);

/// A TCP connection and the moment when waiting for it ends.
pub(crate) struct Socket {
    stream: TcpStream,
    system: Arc<dyn System>,
    deadline: Duration,
    read_timeout: Duration,
    write_timeout: Duration,
    /// Told when bytes leave.
    left: Option<Arc<AtomicBool>>,
}

impl Socket {
    /// Connects to the first address that answers. One that does not costs half of the time that is left while there
    /// are others to try.
    ///
    /// # Errors
    /// The last address's error; `TimedOut` when `deadline` has passed.
    pub(crate) fn connect(
        addresses: &[SocketAddr],
        deadline: Duration,
        system: Arc<dyn System>,
    ) -> io::Result<Self> {
        let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
        for (index, address) in addresses.iter().enumerate() {
            let left = remaining(deadline, &*system)?;
            let share = if index + 1 < addresses.len() { left / 2 } else { left };
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self::over(stream, deadline, system));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// What is connected already.
    pub(crate) fn over(stream: TcpStream, deadline: Duration, system: Arc<dyn System>) -> Self {
        let [read_timeout, write_timeout] = [Duration::ZERO; 2];
        Self { stream, system, deadline, read_timeout, write_timeout, left: None }
    }

    /// Sets when waiting ends, on [`System::monotonic`].
    pub(crate) fn expire_at(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Has `left` set as soon as another byte has left.
    pub(crate) fn tell(&mut self, left: Arc<AtomicBool>) {
        self.left = Some(left);
    }

    fn written(&self, amount: io::Result<usize>) -> io::Result<usize> {
        if let (Ok(1..), Some(left)) = (&amount, &self.left) {
            left.store(true, Ordering::Release);
        }
        amount
    }

    /// Whether the connection, while idle, was closed or spoken to by the peer. One system call.
    pub(crate) fn peer_has_spoken(&self) -> bool {
        peer_has_spoken(&self.stream)
    }

    fn arm_read(&mut self, timeout: Duration) -> io::Result<()> {
        if self.read_timeout != timeout {
            self.stream.set_read_timeout(Some(timeout))?;
            self.read_timeout = timeout;
        }
        Ok(())
    }

    fn arm_write(&mut self, timeout: Duration) -> io::Result<()> {
        if self.write_timeout != timeout {
            self.stream.set_write_timeout(Some(timeout))?;
            self.write_timeout = timeout;
        }
        Ok(())
    }

    /// Repeats `work` over signals and early wake-ups until it is done or the deadline has passed.
    fn until_deadline<T>(
        &mut self,
        arm: fn(&mut Self, Duration) -> io::Result<()>,
        mut work: impl FnMut(&TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            let left = remaining(self.deadline, &*self.system)?;
            arm(self, slice(left))?;
            match work(&self.stream) {
                Err(error) if is_early(error.kind()) => {}
                done => return done,
            }
        }
    }
}

impl Read for Socket {
    /// What has arrived is read after the deadline too: this process may have been stopped, and the answer is there.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.until_deadline(Self::arm_read, |mut stream| stream.read(buffer)) {
            Err(error) if error.kind() == ErrorKind::TimedOut && self.peer_has_spoken() => {
                self.stream.read(buffer)
            }
            done => done,
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let amount = self.until_deadline(Self::arm_write, |mut stream| stream.write(bytes));
        self.written(amount)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let amount = self.until_deadline(Self::arm_write, |mut stream| stream.write_vectored(pieces));
        self.written(amount)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn remaining(deadline: Duration, system: &dyn System) -> io::Result<Duration> {
    match deadline.checked_sub(system.monotonic()) {
        Some(left) if !left.is_zero() => Ok(left),
        _ => Err(ErrorKind::TimedOut.into()),
    }
}

/// The last wait ends at most one step after the deadline.
fn slice(left: Duration) -> Duration {
    let steps = left.min(LONGEST).as_nanos().div_ceil(STEP.as_nanos());
    STEP * u32::try_from(steps).unwrap_or(1)
}

fn is_early(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
