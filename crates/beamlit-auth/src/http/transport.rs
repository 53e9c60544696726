//! One connection as ureq sees it.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use ureq::unversioned::transport::{Buffers as _, NextTimeout, Transport};

use crate::http::buffers::Buffers;
use crate::http::failure::Failure;
use crate::net::Stream;
use crate::sys::System;

/// A connection to an origin, ready for requests.
pub(super) struct Connection {
    /// Away once it was given to whoever waits on for the answer.
    stream: Option<Stream>,
    buffers: Buffers,
    system: Arc<dyn System>,
    /// When waiting ends, whatever ureq says.
    deadline: Duration,
    /// Whether it came out of the pool for this request.
    reused: bool,
    stage: Stage,
}

/// How far the request is that a connection serves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not all of it has left.
    Begun,
    /// All of it has left.
    Sent,
    /// Some byte of its answer has come.
    Answered,
    /// It is done with, and the connection waits in the pool.
    Idle,
}

impl Connection {
    /// A new connection whose lines are at most `line` bytes long.
    pub(super) fn new(stream: Stream, line: usize, system: Arc<dyn System>) -> Self {
        let buffers = Buffers::new(line);
        Self {
            stream: Some(stream),
            buffers,
            system,
            deadline: Duration::MAX,
            reused: false,
            stage: Stage::Begun,
        }
    }

    /// The same for one request alone, which ends at `deadline`, on [`System::monotonic`].
    pub(super) fn until(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The same for a request that it has sent already, out of the pool as it came.
    pub(super) fn sent(self) -> Self {
        Self { stage: Stage::Sent, reused: true, ..self }
    }

    /// Sends head and body in one write. Until here, nothing of the request has left this process.
    fn send(&mut self) -> io::Result<()> {
        let done = match &mut self.stream {
            Some(stream) => stream.write_all(self.buffers.pending()).and_then(|()| stream.flush()),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        self.buffers.sent();
        done
    }

    /// Reads what is there, at least one byte unless the peer has finished.
    fn receive(&mut self) -> Result<usize, Failure> {
        let room = self.buffers.input_append_buf();
        if room.is_empty() {
            return Err(Failure::LargeHead);
        }
        let amount = match &mut self.stream {
            Some(stream) => stream.read(room)?,
            None => return Err(Failure::Cut),
        };
        self.buffers.input_appended(amount);
        Ok(amount)
    }

    /// Before the first byte of an answer, an end means that there is none; a connection out of the pool may simply
    /// have been too old.
    fn before_answer(&mut self, failure: Failure) -> Failure {
        let answered = self.stage == Stage::Answered;
        match failure {
            Failure::TimedOut if self.stage == Stage::Sent => {
                self.stream.take().map_or(failure, |stream| Failure::Unanswered(Box::new(stream)))
            }
            Failure::Cut | Failure::Broken(_) if !answered && self.reused => Failure::Stale,
            Failure::Cut if !answered => Failure::Silent,
            other => other,
        }
    }

    fn exchange(&mut self) -> Result<usize, Failure> {
        if self.stage == Stage::Begun {
            self.send()?;
            self.stage = Stage::Sent;
        }
        let amount = self.receive()?;
        if amount == 0 && self.stage == Stage::Sent {
            return Err(Failure::Cut);
        }
        self.stage = Stage::Answered;
        Ok(amount)
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn ureq::unversioned::transport::Buffers {
        &mut self.buffers
    }

    /// Keeps the bytes until the answer is asked for: then head and body leave together.
    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        if self.stage == Stage::Idle {
            self.stage = Stage::Begun;
            self.reused = true;
        }
        self.buffers.keep(amount);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let deadline = self.system.monotonic().saturating_add(*timeout.after);
        if let Some(stream) = &mut self.stream {
            stream.socket().expire_at(deadline.min(self.deadline));
        }
        match self.exchange() {
            Ok(amount) => Ok(amount > 0),
            Err(failure) => Err(self.before_answer(failure).into()),
        }
    }

    /// ureq asks twice: when the connection goes into the pool, where a look at what TLS holds is enough, and when
    /// it comes out of it, where the peer may have closed it meanwhile.
    fn is_open(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        if self.stage == Stage::Idle {
            return !stream.socket().peer_has_spoken();
        }
        self.stage = Stage::Idle;
        stream.is_quiet()
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Some(Stream::Secure(_)))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
