//! Where a Redis server is, and what it is told first, as a URI says it.

use std::path::PathBuf;

use http::uri::Authority;
use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// The port where a URI names none.
const PORT: u16 = 6379;

/// A parsed URI.
pub(super) struct Address {
    pub(super) host: Host,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: u16,
    /// Whether a login may lie there whose server spends refresh tokens.
    pub(super) rotating: bool,
}

/// What is connected to.
pub(super) enum Host {
    /// A host; `secure`: with TLS.
    Network { name: String, port: u16, secure: bool },
    /// A socket of this machine.
    Local(PathBuf),
}

impl Address {
    /// `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` with TLS, `redis+unix:///PATH[?db=DATABASE]`; and
    /// `rotating=1` as an option of each.
    ///
    /// # Errors
    /// `InvalidConfig`, which repeats nothing: there may be a password in it.
    pub(super) fn parse(uri: &str) -> Result<Self> {
        let (scheme, rest) = uri.split_once("://").ok_or_else(|| wrong("has no ://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (login, authority) =
            authority.rsplit_once('@').map_or((None, authority), |(login, host)| (Some(login), host));
        let (user, password) = login.map_or(Ok((None, None)), credentials)?;
        let is_local = scheme == "redis+unix";
        let Options { rotating, database } = Options::parse(query, is_local)?;
        let (host, database) = if is_local {
            (local(authority, path)?, database)
        } else {
            (network(authority, scheme == "rediss")?, number(path.trim_start_matches('/'))?)
        };
        Ok(Self { host, user, password, database, rotating })
    }

    /// What errors call it: no user, no password.
    pub(super) fn name(&self) -> String {
        match &self.host {
            Host::Network { name, port, secure } => {
                let scheme = if *secure { "rediss" } else { "redis" };
                format!("{scheme}://{name}:{port}/{}", self.database)
            }
            Host::Local(path) => format!("redis+unix://{}?db={}", path.display(), self.database),
        }
    }
}

/// What stands behind the question mark.
struct Options {
    rotating: bool,
    database: u16,
}

impl Options {
    fn parse(query: &str, is_local: bool) -> Result<Self> {
        let mut options = Self { rotating: false, database: 0 };
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("rotating", "1")) => options.rotating = true,
                Some(("rotating", "0")) => options.rotating = false,
                Some(("db", text)) if is_local => options.database = number(text)?,
                _ if is_local => return Err(wrong("has another option than db=NUMBER and rotating=1")),
                _ => return Err(wrong("has another option than rotating=1")),
            }
        }
        Ok(options)
    }
}

/// `USER:PASSWORD`, `:PASSWORD`.
fn credentials(login: &str) -> Result<(Option<String>, Option<Secret>)> {
    let (user, password) = login
        .split_once(':')
        .ok_or_else(|| wrong("has a user without a password; write USER:PASSWORD@ or :PASSWORD@"))?;
    let (user, password) = (decoded(user)?, decoded(password)?);
    if password.is_empty() {
        return Err(wrong("has an empty password; leave it out or write it"));
    }
    Ok((Some(user).filter(|user| !user.is_empty()), Some(Secret::new(password))))
}

fn network(authority: &str, secure: bool) -> Result<Host> {
    let parsed: Authority = authority.parse().map_err(|_| wrong("has no host"))?;
    let name = parsed.host().to_owned();
    let port = if name == authority { Some(PORT) } else { parsed.port_u16() };
    let port = port.filter(|port| *port != 0).ok_or_else(|| wrong("has a port that is none"))?;
    Ok(Host::Network { name, port, secure })
}

fn local(authority: &str, path: &str) -> Result<Host> {
    if !authority.is_empty() || path.len() < 2 {
        return Err(wrong("wants an absolute path: redis+unix:///PATH"));
    }
    Ok(Host::Local(decoded(path)?.into()))
}

/// A number of a database; nothing is 0.
fn number(text: &str) -> Result<u16> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| wrong("has a database that is no number"))
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| wrong("is not UTF-8"))?;
    if text.contains(char::is_control) {
        return Err(wrong("has a control character"));
    }
    Ok(text.into_owned())
}

fn wrong(what: &str) -> Error {
    let message = format!("the URI of the store {what} (redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE])");
    Error::new(ErrorKind::InvalidConfig, message)
}

#[cfg(test)]
mod tests {
    use super::{Address, Host};
    use crate::error::ErrorKind;

    #[test]
    fn uris_say_where_and_as_whom() {
        let parsed = |uri| Address::parse(uri).unwrap();
        let whole = parsed("rediss://us%40er:p%3Aass%2Fword@cache.example:7000/3?rotating=1");
        assert_eq!(whole.name(), "rediss://cache.example:7000/3");
        assert_eq!(whole.user.as_deref(), Some("us@er"));
        assert_eq!(whole.password.unwrap().reveal(), "p:ass/word");
        assert!(whole.rotating && matches!(whole.host, Host::Network { secure: true, .. }));
        let short = parsed("redis://:secret@cache");
        assert_eq!((short.name().as_str(), short.user), ("redis://cache:6379/0", None));
        assert_eq!(parsed("redis://[::1]:1/").name(), "redis://[::1]:1/0");
        assert_eq!(parsed("redis+unix:///run/a%20b.sock?db=2").name(), "redis+unix:///run/a b.sock?db=2");
    }

    #[test]
    fn what_is_wrong_is_said_and_not_repeated() {
        for uri in [
            "redis:CANARY",
            "redis://",
            "redis://CANARY@host",
            "redis://u:@host",
            "redis://u:CANARY@",
            "redis://u:CANARY@host:0",
            "redis://u:CANARY@host:99999",
            "redis://u:CANARY@host/CANARY",
            "redis://u:CANARY@host/0?CANARY=1",
            "redis://u:CANARY@host/0?rotating=CANARY",
            "redis://u:CANARY@host?db=1",
            "redis://u:CANARY%00@host",
            "redis://u:CANARY%ff@host",
            "redis://u:CANARY@ho st",
            "redis+unix://CANARY/path",
            "redis+unix://",
            "redis+unix:///path?db=CANARY",
        ] {
            let error = Address::parse(uri).err().unwrap_or_else(|| panic!("{uri} is taken"));
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(!error.message().contains("CANARY"), "{error}");
        }
    }
}
