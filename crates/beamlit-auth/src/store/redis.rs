//! The store of a fleet: entries in Redis, for the programs of many hosts.
//!
//! An entry is a hash of its version and its data, and whoever writes names the new version: a write that is sent twice,
//! because its connection broke, counts once. The scripts take one key each. An entry that can be had again at any time
//! goes with the token that is in it; a login stays. One primary is enough for all of it, and a cluster is not meant.

mod address;
mod lease;
mod line;
mod server;

use std::sync::Arc;
use std::time::Duration;

use redis::{RedisResult, Script, cmd};

use crate::error::Result;
use crate::net::Trust;
use crate::store::redis::address::Address;
use crate::store::redis::lease::Lease;
use crate::store::redis::line::Line;
use crate::store::redis::server::Server;
use crate::store::{Entry, Guard, Shelf, Store, StoreError, Weaker};
use crate::sys::System;

/// What every key of ours begins with.
const PREFIX: &str = "beamlit-auth:";
/// How many keys are looked at with one command, and for how long.
const LOOK: usize = 1000;
const LOOKS: Duration = Duration::from_secs(1);

/// Replaces the entry of one version by that of another. 1: done, now or by the same write before.
const WRITE: &str = "
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version == ARGV[2] then return 1 end
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'data', ARGV[3])
if ARGV[4] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1";

/// Removes the entry of one version. 1: done, 2: there is none.
const DELETE: &str = "
local version = redis.call('HGET', KEYS[1], 'version')
if not version then return 2 end
if version ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1";

/// Entries in one database of a Redis server.
pub(crate) struct RedisStore {
    server: Arc<Server>,
    rotating: bool,
}

impl RedisStore {
    /// The store of a URI. Connects to nothing.
    ///
    /// # Errors
    /// `InvalidConfig` for what is no URI of a Redis server; it is not repeated.
    pub(crate) fn new(uri: &str, trust: Trust, system: Arc<dyn System>) -> Result<Self> {
        let address = Address::parse(uri)?;
        let rotating = address.rotating;
        Ok(Self { server: Arc::new(Server::new(address, trust, system)), rotating })
    }

    /// Writes an entry that goes after `lasts`, or one that stays.
    fn put(&self, key: &str, entry: &Entry, lasts: Option<Duration>) -> std::result::Result<(), StoreError> {
        let version = self.server.random()?;
        let lasts = lasts.map_or(0, |lasts| lasts.as_millis().max(1));
        let lasts = u64::try_from(lasts).unwrap_or(0);
        let script = Script::new(WRITE);
        let written: u8 = self.server.run(&mut |line| {
            let mut call = script.prepare_invoke();
            call.key(name(key)).arg(entry.version()).arg(&version).arg(entry.reveal()).arg(lasts);
            call.invoke(line)
        })?;
        if written == 1 { Ok(()) } else { Err(StoreError::Busy) }
    }
}

impl Store for RedisStore {
    fn name(&self) -> &str {
        self.server.name()
    }

    fn read(&self, key: &str) -> std::result::Result<Option<Entry>, StoreError> {
        let read = cmd("HMGET").arg(name(key)).arg("version").arg("data").to_owned();
        let found: (Option<String>, Option<Vec<u8>>) = self.server.run(&mut |line| read.query(line))?;
        match found {
            (Some(version), Some(data)) => Ok(Some(Entry::new(data, version))),
            (None, None) => Ok(None),
            _ => {
                let text = format!("{} has something else under the key {}", self.name(), name(key));
                Err(StoreError::Corrupt(text))
            }
        }
    }

    fn write(&self, key: &str, entry: &Entry) -> std::result::Result<(), StoreError> {
        self.put(key, entry, None)
    }

    fn delete(&self, key: &str, version: &str) -> std::result::Result<(), StoreError> {
        let (script, mut runs) = (Script::new(DELETE), 0);
        let deleted: u8 = self.server.run(&mut |line| {
            runs += 1;
            script.key(name(key)).arg(version).invoke(line)
        })?;
        match deleted {
            1 => Ok(()),
            // The first time its answer was lost.
            2 if runs > 1 => Ok(()),
            _ => Err(StoreError::Busy),
        }
    }

    fn lock(&self, key: &str, timeout: Duration) -> std::result::Result<Guard, StoreError> {
        Ok(Guard::new(Lease::wait(&self.server, format!("{PREFIX}lock:{key}"), timeout)?))
    }
}

impl Shelf for RedisStore {
    fn shares(&self) -> bool {
        true
    }

    fn admits_rotation(&self) -> bool {
        self.rotating
    }

    fn weaker(&self) -> Vec<Weaker> {
        self.rotating.then(Weaker::fail_over).into_iter().collect()
    }

    /// Twice as long as it is of use, so that whoever comes late still learns its generation.
    fn write_lightly(
        &self,
        key: &str,
        entry: &Entry,
        lasts: Duration,
    ) -> std::result::Result<(), StoreError> {
        self.put(key, entry, Some(lasts.saturating_mul(2)))
    }

    fn keys(&self) -> std::result::Result<Vec<String>, StoreError> {
        let system = &self.server.system;
        let end = system.monotonic() + LOOKS;
        let found = self.server.run(&mut |line| scan(line, &|| system.monotonic() < end))?;
        let own = found.iter().filter_map(|name| name.strip_prefix(PREFIX));
        Ok(own.filter(|key| !key.contains(':')).map(str::to_owned).collect())
    }
}

/// The names of all that is ours, as far as there is time for so many keys of others.
fn scan(line: &mut Line, has_time: &dyn Fn() -> bool) -> RedisResult<Vec<String>> {
    let (mut names, mut cursor) = (Vec::new(), 0_u64);
    loop {
        let mut look = cmd("SCAN");
        look.arg(cursor).arg("MATCH").arg(format!("{PREFIX}*")).arg("COUNT").arg(LOOK);
        let (next, found): (u64, Vec<String>) = look.query(line)?;
        names.extend(found);
        cursor = next;
        if cursor == 0 || !has_time() {
            // Redis may give a name twice.
            names.sort();
            names.dedup();
            return Ok(names);
        }
    }
}

fn name(key: &str) -> String {
    format!("{PREFIX}{key}")
}
