//! One Redis server, as this process reaches it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use redis::{RedisError, RedisResult, cmd};

use crate::net::{Failure, Stream, Trust, Way, secure};
use crate::store::StoreError;
use crate::store::redis::address::{Address, Host};
use crate::store::redis::line::Line;
use crate::sys::{Mutex, PerProcess, System};

/// What one operation may take, connecting included.
const LIMIT: Duration = Duration::from_secs(2);
/// How long a server that could not be reached is left alone.
const REST: Duration = Duration::from_secs(5);

/// A server, and the one connection that each process has to it.
pub(super) struct Server {
    address: Address,
    name: String,
    trust: Trust,
    pub(super) system: Arc<dyn System>,
    desk: PerProcess<Mutex<Desk>>,
}

/// What the threads of a process share. A fork may catch any of it half done, so a child has its own.
struct Desk {
    way: Way,
    line: Option<Line>,
    /// Until when nobody tries again, and why.
    rest: Option<(Duration, StoreError)>,
}

/// Why an operation failed.
enum Trouble {
    /// The server cannot be used, whatever is asked.
    Server(StoreError),
    /// It refused this.
    Refused(StoreError),
}

impl Desk {
    fn new(trust: &Trust, system: &Arc<dyn System>) -> Mutex<Self> {
        let way = Way::new(trust.clone(), None, Arc::clone(system));
        Mutex::new(Self { way, line: None, rest: None })
    }
}

impl Server {
    pub(super) fn new(address: Address, trust: Trust, system: Arc<dyn System>) -> Self {
        let desk = PerProcess::new(&*system, Desk::new(&trust, &system));
        Self { name: address.name(), address, trust, system, desk }
    }

    /// Its URI without user and password.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A name that nobody else has.
    pub(super) fn random(&self) -> Result<String, StoreError> {
        let part = || self.system.random().map_err(|error| StoreError::Unavailable(error.to_string()));
        Ok(format!("{:016x}{:016x}", part()?, part()?))
    }

    /// Does some `work` over the connection, which is made if there is none, and does it once more if an old connection
    /// turns out to be dead.
    ///
    /// # Blocking
    /// Two seconds at most, and as long again while another thread does; not at all for five seconds after the server could
    /// not be used.
    pub(super) fn run<R>(&self, work: &mut dyn FnMut(&mut Line) -> RedisResult<R>) -> Result<R, StoreError> {
        let Ok(own) =
            self.desk.get(&*self.system, || Ok::<_, Infallible>(Desk::new(&self.trust, &self.system)));
        let mut desk = own.1.lock();
        let now = self.system.monotonic();
        if let Some((until, error)) = &desk.rest
            && now < *until
        {
            return Err(error.clone());
        }
        desk.rest = None;
        match self.ask(&mut desk, now, work) {
            Ok(done) => Ok(done),
            Err(Trouble::Refused(error)) => Err(error),
            Err(Trouble::Server(error)) => {
                log::warn!(target: "beamlit_auth", "{error}; it is left alone for {} s", REST.as_secs());
                desk.rest = Some((self.system.monotonic() + REST, error.clone()));
                Err(error)
            }
        }
    }

    fn ask<R>(
        &self,
        desk: &mut Desk,
        now: Duration,
        work: &mut dyn FnMut(&mut Line) -> RedisResult<R>,
    ) -> Result<R, Trouble> {
        let deadline = now + LIMIT;
        if let Some(mut line) = good(desk.line.take(), now) {
            line.expire_at(deadline);
            match work(&mut line) {
                Err(error) if is_lost(&error) => {}
                done => return self.keep(desk, line, done),
            }
        }
        let mut line = self.connect(&desk.way, deadline)?;
        let done = work(&mut line);
        self.keep(desk, line, done)
    }

    /// Keeps a connection that did what it was there for.
    fn keep<R>(&self, desk: &mut Desk, mut line: Line, done: RedisResult<R>) -> Result<R, Trouble> {
        match done {
            Err(error) if error.code().is_none() => Err(Trouble::Server(self.unusable(&error))),
            done => {
                line.used = self.system.monotonic();
                desk.line = Some(line);
                done.map_err(|error| Trouble::Refused(self.refused(&error)))
            }
        }
    }

    /// A new connection that knows the user and the database.
    fn connect(&self, way: &Way, deadline: Duration) -> Result<Line, Trouble> {
        let stream = self.open(way, deadline).map_err(|failure| {
            Trouble::Server(StoreError::Unavailable(format!("{} {failure}", self.name)))
        })?;
        let mut line = Line::new(stream, self.address.database, self.system.monotonic());
        self.greet(&mut line).map_err(Trouble::Server)?;
        Ok(line)
    }

    fn open(&self, way: &Way, deadline: Duration) -> Result<Stream, Failure> {
        match &self.address.host {
            Host::Network { name, port, secure: true } => {
                let config = way.tls()?;
                let socket = way.socket(name, *port, deadline)?;
                Ok(Stream::Secure(Box::new(secure(socket, name, config)?)))
            }
            Host::Network { name, port, secure: false } => {
                way.socket(name, *port, deadline).map(Stream::Plain)
            }
            Host::Local(path) => way.local(path, deadline).map(Stream::Plain),
        }
    }

    /// Says who we are, and which database is meant.
    fn greet(&self, line: &mut Line) -> Result<(), StoreError> {
        if let Some(password) = &self.address.password {
            let mut login = cmd("AUTH");
            if let Some(user) = &self.address.user {
                login.arg(user);
            }
            login.arg(password.reveal());
            login.exec(line).map_err(|error| match error.code() {
                Some(code) => self.locked(code),
                None => self.unusable(&error),
            })?;
        }
        if self.address.database != 0 {
            let select = cmd("SELECT").arg(self.address.database).exec(line);
            select.map_err(|error| match error.code() {
                Some("NOAUTH") => self.locked("NOAUTH"),
                Some(_) => StoreError::Unavailable(format!("{} has no such database", self.name)),
                None => self.unusable(&error),
            })?;
        }
        Ok(())
    }

    /// The connection failed, or what is there is no Redis server.
    fn unusable(&self, error: &RedisError) -> StoreError {
        let text = match error {
            error if error.is_timeout() => Failure::TimedOut.to_string(),
            error if error.is_io_error() => Failure::Cut.to_string(),
            _ => "does not answer as a Redis server does; check host and port".to_owned(),
        };
        StoreError::Unavailable(format!("{} {text}", self.name))
    }

    /// The server said no, in a word; the rest of its text may repeat what it was sent.
    fn refused(&self, error: &RedisError) -> StoreError {
        let code = error.code().filter(|code| code.bytes().all(|byte| byte.is_ascii_uppercase()));
        match code.unwrap_or("ERR") {
            code @ ("WRONGPASS" | "NOAUTH" | "NOPERM") => self.locked(code),
            code @ ("READONLY" | "NOREPLICAS") => {
                StoreError::ReadOnly(format!("{} takes no writes ({code}); name the primary", self.name))
            }
            code => StoreError::Unavailable(format!("{} refused a command ({code})", self.name)),
        }
    }

    fn locked(&self, code: &str) -> StoreError {
        StoreError::Locked(format!(
            "{} does not accept the user or the password of its URI ({code}); mend BL_STORE or the setting store",
            self.name
        ))
    }
}

/// The connection, if it is likely to stand yet.
fn good(line: Option<Line>, now: Duration) -> Option<Line> {
    let mut line = line?;
    line.is_good(now).then_some(line)
}

/// Whether a connection broke, or had no more to say: nothing follows about what became of the command.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() && !error.is_timeout()
}
