//! The platform's own file, which its tools and this library share: `config.yaml` in the platform's folder.
//!
//! The record is the truth, the file its mirror. The platform's tools load, truncate and write it without a lock and take
//! a broken one for an empty one, so what is missing there means nothing. What is there may be a newer login than the
//! record's, which an exchange decides.
//!
//! A write takes a lock among programs of this library, puts a new file into the place of the old one, and keeps a second
//! name of that: whoever had the old file open may have written into it since, and then it goes back.

mod disk;
mod document;
mod edit;
mod entry;
mod written;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::emulator_mark::is_marked;
use crate::origin::Url;
use crate::platform::Platform;
use crate::record::{Record, State};
use crate::store::mirror::edit::{Change, Unfit, edited};
use crate::store::mirror::written::{Put, Value, members};
use crate::sys::System;

pub(crate) use entry::{Contents, Entry, Held};

/// How long after its last change a file may still be in the making, and how long a write goes on at most.
const MAKING: Duration = Duration::from_secs(2);
/// The pause between two looks.
const NAP: Duration = Duration::from_millis(5);

/// The platform's file, as somebody sees it who works with one base URL.
#[derive(Clone)]
pub(crate) struct Mirror {
    pub(crate) file: PathBuf,
    /// The `env` of the entries that are of this base URL, if entries can be.
    env: Option<&'static str>,
    /// Whether the base URL is of this machine, where entries are that an emulator issued.
    pub(crate) is_loopback: bool,
    system: Arc<dyn System>,
}

/// What the file says of a login.
#[derive(Clone)]
pub(crate) enum Seen {
    /// Nothing that means anything: no file, a broken one, no entry, one without a credential.
    Nothing,
    /// An entry of the same name that belongs to another base URL.
    Elsewhere,
    /// What the record says.
    Current,
    /// What the record said once, or tried: the digest of that.
    Older(String),
    /// A credential that was never met.
    Unknown(Held),
}

/// Why the file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Login,
    Logout,
    /// Something older than the record was seen there.
    Older,
}

/// What became of a write.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// Somebody else writes: left to the next look.
    Busy,
    /// It cannot be read or written: one line that says why.
    Unusable(String),
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the platform's file is being written by others"),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

impl Mirror {
    /// The file of `platform` at `file`, for the logins to `base`. Touches nothing.
    pub(crate) fn new(file: PathBuf, platform: &Platform, base: &str, system: Arc<dyn System>) -> Self {
        let is_at = |(name, _): &(&str, &str)| {
            platform.hosts(Some(name)).is_ok_and(|hosts| hosts.is_some_and(|hosts| hosts.api_url == base))
        };
        let env = [("prod", ""), ("dev", "dev"), ("local", "local")].into_iter().find(is_at);
        let env = env.map(|(_, env)| env);
        let is_loopback = Url::parse(base, "api_url").is_ok_and(|url| url.origin().is_loopback());
        Self { file, env, is_loopback, system }
    }

    /// What is in the file; of none, and of one that is empty, nothing.
    ///
    /// # Errors
    /// One line that says why it cannot be read.
    pub(crate) fn look(&self) -> Result<Contents, String> {
        let file = self.resolved()?;
        match self.text(&file)? {
            None => Ok(Contents::default()),
            Some(text) => Contents::read(&text).map_err(|broken| self.broken(broken.0)),
        }
    }

    /// The entry of a workspace, if it belongs to this base URL.
    pub(crate) fn entry<'a>(&self, contents: &'a Contents, workspace: &str) -> Option<&'a Entry> {
        contents.entry(workspace).filter(|entry| self.owns(entry))
    }

    /// Whether an entry belongs to this base URL. What an emulator issued belongs to this machine, wherever its `env`
    /// would send it.
    pub(crate) fn owns(&self, entry: &Entry) -> bool {
        if entry.is_marked { self.is_loopback } else { self.env == Some(entry.env.as_str()) }
    }

    /// The workspace that the platform's tools use, if it has an entry of this base URL.
    pub(crate) fn context(&self, contents: &Contents) -> Option<String> {
        contents.context.clone().filter(|name| self.entry(contents, name).is_some())
    }

    /// Digests of the secrets in a workspace's entry, if that belongs to this base URL and can be read.
    pub(crate) fn digests(&self, workspace: &str) -> Vec<String> {
        let Ok(contents) = self.look() else { return Vec::new() };
        self.entry(&contents, workspace).map_or_else(Vec::new, |entry| entry.digests.clone())
    }

    /// What the file says to somebody who holds `record` against it.
    pub(crate) fn seen(&self, contents: &Contents, workspace: &str, record: &Record) -> Seen {
        let Some(entry) = contents.entry(workspace) else { return Seen::Nothing };
        if !self.owns(entry) {
            return Seen::Elsewhere;
        }
        let Some(held) = &entry.held else { return Seen::Nothing };
        let digest = held.digest();
        let own =
            [&record.refresh_token, &record.secret].into_iter().flatten().any(|own| own.digest() == digest);
        match (own, record.known.contains(&digest)) {
            (true, _) => Seen::Current,
            (false, true) => Seen::Older(digest),
            (false, false) => Seen::Unknown(held.clone()),
        }
    }

    /// Writes what `record` says of `workspace` into the file, if it is to be written: at login an entry that is missing,
    /// at any occasion over what the record knows as older. `record` is read under the lock, anew for every try.
    ///
    /// # Blocking
    /// One second for the lock, and while others write, two more.
    ///
    /// # Errors
    /// Why it was not written, which costs no login.
    pub(crate) fn write(
        &self,
        workspace: &str,
        occasion: Occasion,
        record: &dyn Fn() -> Option<Record>,
    ) -> Result<(), Unwritten> {
        let _lock = self.lock()?;
        let deadline = self.system.monotonic() + MAKING;
        loop {
            let (file, record) =
                (self.resolved().map_err(Unwritten::Unusable)?, record().ok_or(Unwritten::Busy)?);
            match self.write_once(&file, workspace, occasion, &record) {
                Ok(true) => return Ok(()),
                Err(Unwritten::Unusable(why)) if !self.is_in_the_making(&file) => {
                    return Err(Unwritten::Unusable(why));
                }
                _ if self.system.monotonic() >= deadline => return Err(Unwritten::Busy),
                _ => self.system.sleep(NAP),
            }
        }
    }

    /// One try; whether it counts.
    fn write_once(
        &self,
        file: &Path,
        workspace: &str,
        occasion: Occasion,
        record: &Record,
    ) -> Result<bool, Unwritten> {
        let text = self.text(file).map_err(Unwritten::Unusable)?;
        if text.as_ref().is_some_and(|text| text.is_empty()) && self.is_in_the_making(file) {
            return Ok(false);
        }
        let former = text.as_ref().map_or("", |text| text);
        let contents = Contents::read(former).map_err(|broken| Unwritten::Unusable(self.broken(broken.0)))?;
        let members = members(record);
        let Some(change) = self.change(&contents, workspace, occasion, record, &members) else {
            return Ok(true);
        };
        let changed = edited(former, &change).map_err(|unfit| Unwritten::Unusable(self.unfit(&unfit)))?;
        if *changed == former {
            return Ok(true);
        }
        self.replace(file, text.as_ref().map(|text| text.as_str()), &changed).map_err(|error| {
            Unwritten::Unusable(format!("{} cannot be written: {error}", self.file.display()))
        })
    }

    /// What is to be changed, if anything is.
    fn change<'a>(
        &self,
        contents: &Contents,
        workspace: &'a str,
        occasion: Occasion,
        record: &Record,
        members: &'a [(&'static str, Value)],
    ) -> Option<Change<'a>> {
        let seen = self.seen(contents, workspace, record);
        let is_there = contents.entry(workspace).is_some();
        match (record.state, seen) {
            (State::LoggedOut, Seen::Older(_)) => Some(Change::Remove(workspace)),
            // Without a credential the entry says nothing, but its name is in the way of a login there.
            (State::LoggedOut, Seen::Nothing) if occasion == Occasion::Logout && is_there => {
                Some(Change::Remove(workspace))
            }
            (State::Live, Seen::Older(_) | Seen::Current | Seen::Nothing)
                if occasion == Occasion::Login && self.may_hold(contents, workspace, record) =>
            {
                let current = self.may_set_context(contents);
                Some(Change::Put(Put { name: workspace, env: self.new_env(), members, current }))
            }
            (State::Live, Seen::Older(_)) if self.may_hold(contents, workspace, record) => {
                Some(Change::Put(Put { name: workspace, env: "", members, current: false }))
            }
            _ => None,
        }
    }

    /// Whether the platform's tools would take what the record holds to the base URL that issued it: an entry is of this
    /// base URL by its `env`, or, on this machine, by the emulator's mark.
    fn may_hold(&self, contents: &Contents, workspace: &str, record: &Record) -> bool {
        let held = [&record.secret, &record.access_token, &record.refresh_token];
        let is_marked = held.into_iter().flatten().any(|secret| is_marked(secret.reveal()));
        if is_marked {
            return self.is_loopback && contents.entry(workspace).is_none_or(|entry| self.owns(entry));
        }
        match contents.entry(workspace) {
            Some(entry) => self.owns(entry) && !entry.is_marked,
            // Only one of the platform's tools understands `local`; the others would go to hosts outside.
            None => matches!(self.env, Some("" | "dev")),
        }
    }

    /// On this machine only where there is no context, or one that an emulator issued.
    fn may_set_context(&self, contents: &Contents) -> bool {
        let Some(name) = contents.context.as_deref().filter(|_| self.is_loopback) else { return true };
        contents.entry(name).is_some_and(|entry| entry.is_marked)
    }

    fn new_env(&self) -> &'static str {
        self.env.filter(|env| *env == "dev").unwrap_or_default()
    }

    fn broken(&self, line: usize) -> String {
        format!(
            "{} is no YAML that can be read, from line {line} on; mend it or remove it",
            self.file.display()
        )
    }

    fn unfit(&self, unfit: &Unfit) -> String {
        match unfit {
            Unfit::Broken(line) => self.broken(*line),
            Unfit::Form(why) => format!("{} is left as it is: {why}", self.file.display()),
        }
    }
}

#[cfg(test)]
mod tests;
