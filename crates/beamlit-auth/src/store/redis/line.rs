//! One connection to a Redis server: commands out, replies in, each until the deadline that is set.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use redis::{ConnectionLike, ErrorKind, Parser, RedisError, RedisResult, Value};

use crate::net::Stream;

/// The longest reply, in bytes: an entry has 1 MiB at most.
const REPLY: u64 = 2 * 1024 * 1024;
/// How long a connection may have been idle and be used again: what lies between may forget it without a word.
const IDLE: Duration = Duration::from_secs(10);

/// A connection that stands.
pub(super) struct Line {
    stream: Stream,
    parser: Parser,
    database: u16,
    /// When it was used last, on [`System::monotonic`](crate::sys::System::monotonic).
    pub(super) used: Duration,
}

impl Line {
    pub(super) fn new(stream: Stream, database: u16, now: Duration) -> Self {
        Self { stream, parser: Parser::new(), database, used: now }
    }

    /// Sets when waiting ends.
    pub(super) fn expire_at(&mut self, deadline: Duration) {
        self.stream.socket().expire_at(deadline);
    }

    /// Whether it is likely to stand yet.
    pub(super) fn is_good(&mut self, now: Duration) -> bool {
        now < self.used + IDLE && !self.stream.socket().peer_has_spoken() && self.stream.is_quiet()
    }
}

impl ConnectionLike for Line {
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Value> {
        self.stream.write_all(command)?;
        self.stream.flush()?;
        self.parser.parse_value((&mut self.stream).take(REPLY))
    }

    fn req_packed_commands(&mut self, _: &[u8], _: usize, _: usize) -> RedisResult<Vec<Value>> {
        Err(RedisError::from((ErrorKind::Client, "no pipelines are used")))
    }

    fn supports_pipelining(&self) -> bool {
        false
    }

    fn get_db(&self) -> i64 {
        self.database.into()
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}
