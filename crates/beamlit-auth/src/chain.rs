//! The chain: which credential a session uses, and what was looked at to find it.

pub(crate) mod current;
pub(crate) mod fit;
pub(crate) mod logins;
pub(crate) mod places;

use std::sync::Arc;

use crate::chain::places::Mirrored;
use crate::config::{Config, Environment, Settings};
use crate::credential::{ApiKey, ClientCredentials, Credential};
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::record::Record;
use crate::store::Shelf;
use crate::store::mirror::{Held, Mirror, Seen};
use crate::sys::System;

/// The link of the platform's own file.
const MIRROR: &str = "config.yaml";

/// One place where a credential was looked for.
pub(crate) struct Link {
    /// `argument`, or the name of a variable.
    pub(crate) name: &'static str,
    /// What kind of place that is.
    pub(crate) looked_at: &'static str,
    pub(crate) outcome: Outcome,
    /// One line for people.
    pub(crate) why: String,
}

/// What became of a link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing was there.
    Absent,
    /// An earlier link had one.
    Skipped,
    /// Something was there and cannot be used. It is not passed over in silence: the chain ends.
    Invalid,
    /// The store cannot be asked now. The chain ends: what is there is not known.
    Unavailable,
    /// Nobody knows whether it is any good before a renewal has tried it.
    Candidate,
    /// This is it.
    Picked,
}

impl Outcome {
    /// Its word in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Skipped => "skipped",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
            Self::Candidate => "candidate",
            Self::Picked => "picked",
        }
    }
}

/// Every link in order, and what was picked.
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    pub(crate) picked: Option<Picked>,
    error: Option<Error>,
    /// What is said if nothing was found here, and there is a login elsewhere: to some workspace, or on another platform.
    instead: Option<Error>,
}

/// What a session is opened with.
pub(crate) enum Picked {
    /// A credential that the caller holds.
    Own(Credential),
    /// What lies in the store.
    Stored(Box<Login>),
}

/// A login as it was found in the store.
pub(crate) struct Login {
    pub(crate) store: Arc<dyn Shelf>,
    pub(crate) key: String,
    /// What a session begins with.
    pub(crate) record: Record,
    /// What the platform's file holds that the record has never met.
    pub(crate) untried: Option<Held>,
    pub(crate) mirror: Option<Mirror>,
    /// The name of the record that lay there.
    pub(crate) found: String,
}

impl Login {
    /// Where its credential lies.
    pub(crate) fn source(&self) -> String {
        match (&self.untried, &self.mirror) {
            (Some(_), Some(mirror)) => format!("file:{}", mirror.file.display()),
            _ => self.store.name().to_owned(),
        }
    }
}

impl Chain {
    /// Looks through the links in order: the argument, `BL_API_KEY`, `BL_CLIENT_CREDENTIALS`, the store's entry. Asks
    /// nobody but the store.
    pub(crate) fn find(
        config: &Config,
        environment: &Environment,
        settings: &Settings,
        system: &Arc<dyn System>,
    ) -> Self {
        let mut chain = Self { links: Vec::with_capacity(4), picked: None, error: None, instead: None };
        let own = config.own_credential();
        // An interactive credential is no secret: it says whose login is to be found in the store.
        let (own, interactive) =
            (own.filter(|own| !own.is_interactive()), own.filter(|own| own.is_interactive()));
        let checked_own = own.map(|own| own.check().map(|()| Picked::Own(own.clone())));
        chain.look("argument", "configuration", checked_own);
        let key = environment.api_key.as_ref().map(|key| checked(ApiKey::new(key.reveal()).into()));
        chain.look("BL_API_KEY", "environment", key.filter(|_| interactive.is_none()));
        let client = environment.client_credentials.as_ref();
        let name = client.map_or("BL_CLIENT_CREDENTIALS", |(name, _)| name);
        let client = client.map(|(_, text)| {
            ClientCredentials::decode(text.reveal()).and_then(|client| checked(client.into()))
        });
        chain.look(name, "environment", client.filter(|_| interactive.is_none()));
        let places = (!chain.is_decided()).then(|| places::find(settings, interactive, system));
        let (login, mirrored) = places.map_or((Ok(None), None), |places| (places.login, places.mirrored));
        let picked = login.map(|login| login.map(|login| Picked::Stored(Box::new(login))));
        chain.look("login", "store", picked.transpose());
        chain.links.extend(mirrored.map(mirrored_link));
        if !chain.is_decided() {
            let unnamed = interactive.is_none().then(|| logins::unnamed(settings, system)).flatten();
            let instead = unnamed.or_else(|| logins::elsewhere(config, environment, settings, system));
            chain.instead = instead.map(|text| Error::login_required(Reason::NoCredential, text));
        }
        chain
    }

    fn is_decided(&self) -> bool {
        self.picked.is_some() || self.error.is_some()
    }

    fn look(&mut self, name: &'static str, looked_at: &'static str, found: Option<Result<Picked>>) {
        let there = if looked_at == "store" { "stored" } else { "set" };
        let (outcome, why) = match found {
            None if looked_at == "store" && self.is_decided() => {
                (Outcome::Skipped, "an earlier link wins".to_owned())
            }
            None => (Outcome::Absent, format!("nothing is {there}")),
            Some(_) if self.is_decided() => (Outcome::Skipped, "an earlier link wins".to_owned()),
            Some(Ok(picked)) => {
                let why = format!("{} is {there}", picked.kind());
                self.picked = Some(picked);
                (Outcome::Picked, why)
            }
            Some(Err(error)) => {
                let why = error.message().to_owned();
                let is_away = looked_at == "store" && error.kind() == ErrorKind::StoreUnavailable;
                let outcome = if is_away { Outcome::Unavailable } else { Outcome::Invalid };
                self.error = Some(if looked_at == "environment" { in_variable(name, &error) } else { error });
                (outcome, why)
            }
        };
        self.links.push(Link { name, looked_at, outcome, why });
    }

    /// What was picked.
    ///
    /// # Errors
    /// What was wrong with the first one that was found, or `LoginRequired{no_credential}` if there was none.
    pub(crate) fn picked(&self) -> Result<&Picked> {
        match (&self.picked, &self.error) {
            (Some(picked), _) => Ok(picked),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(self.instead.clone().unwrap_or_else(|| Error::login_required(
                Reason::NoCredential,
                "nobody is logged in and no credential is set; run `bl login`, set BL_API_KEY or BL_CLIENT_CREDENTIALS, or pass a credential",
            ))),
        }
    }

    /// The link that was picked.
    pub(crate) fn source(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.outcome == Outcome::Picked)
    }

    /// What the platform's own file says, if it was looked at.
    pub(crate) fn mirror(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.name == MIRROR)
    }

    /// Whether a newer version wrote the login that would be used.
    pub(crate) fn is_of_a_newer_format(&self) -> bool {
        let stored =
            self.links.iter().any(|link| link.looked_at == "store" && link.outcome == Outcome::Invalid);
        stored && self.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Unsupported)
    }

    /// The variable whose credential was picked although a login is stored, and the workspace of that. Looks into the
    /// store, which finding a credential does not.
    pub(crate) fn hidden(
        &self,
        settings: &Settings,
        system: &Arc<dyn System>,
    ) -> Option<(&'static str, Option<String>)> {
        let by = self.source().filter(|link| link.looked_at == "environment")?.name;
        let login = places::find(settings, None, system).login.ok().flatten()?;
        let is_good = login.record.is_live() || login.untried.is_some();
        is_good.then(|| (by, settings.workspace.clone().or(login.record.workspace)))
    }

    /// The variables that hold a credential and decide, or would if nothing came before them.
    pub(crate) fn shadowing(&self) -> Vec<&'static str> {
        let set = |link: &&Link| link.looked_at == "environment" && link.outcome != Outcome::Absent;
        self.links.iter().filter(set).map(|link| link.name).collect()
    }
}

impl Picked {
    /// The kind by its name in C and JSON.
    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Own(credential) => credential.kind(),
            Self::Stored(login) => &login.record.kind,
        }
    }

    /// Whether it is an API key.
    pub(crate) fn is_key(&self) -> bool {
        self.kind() == "api_key"
    }

    /// The client that it names, if it does.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Own(credential) => credential.client_id(),
            // A key belongs to no client, and whose it is the platform alone knows.
            Self::Stored(_) if self.is_key() => None,
            Self::Stored(login) => login.record.client_id.as_deref(),
        }
    }
}

/// What the platform's own file says, which decides nothing by what is missing there.
fn mirrored_link(mirrored: Mirrored) -> Link {
    let file = mirrored.file.display();
    let (outcome, why) = match mirrored.seen {
        Err(why) => (Outcome::Invalid, why),
        Ok(Seen::Nothing) => (
            Outcome::Absent,
            format!("{file} has no login to it, so the platform's own tools are not logged in"),
        ),
        Ok(Seen::Elsewhere) => {
            (Outcome::Absent, format!("the entry in {file} belongs to another base URL and is left as it is"))
        }
        Ok(Seen::Current) => (Outcome::Skipped, format!("{file} holds the same login")),
        Ok(Seen::Older(_)) => (Outcome::Absent, format!("{file} holds an older login, which does not count")),
        Ok(Seen::Unknown(Held::Login { .. })) => {
            (Outcome::Candidate, format!("{file} holds another login, which the next renewal tries"))
        }
        Ok(Seen::Unknown(_)) => (Outcome::Picked, format!("{file} holds another credential, which wins")),
    };
    Link { name: MIRROR, looked_at: "file", outcome, why }
}

fn checked(credential: Credential) -> Result<Picked> {
    credential.check().map(|()| Picked::Own(credential))
}

fn in_variable(name: &str, error: &Error) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the variable {name} cannot be used: {}", error.message()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Chain;
    use crate::config::{Config, Environment};
    use crate::credential::ApiKey;
    use crate::error::{ErrorKind, Reason};
    use crate::secret::Secret;
    use crate::sys::{System, Unix};

    fn find(config: &Config, environment: &Environment) -> Chain {
        let settings = config.settle(environment).unwrap();
        Chain::find(config, environment, &settings, &(Arc::new(Unix) as Arc<dyn System>))
    }

    fn words(chain: &Chain) -> Vec<(&str, &str)> {
        chain.links.iter().map(|link| (link.name, link.outcome.name())).collect()
    }

    #[test]
    fn the_first_link_that_has_one_wins() {
        let environment = Environment {
            api_key: Some(Secret::new("key")),
            client_credentials: Some(("BL_AUTHENTICATION_CLIENT_CREDENTIALS", Secret::new("id:secret"))),
            ..Environment::default()
        };
        let chain = find(&Config::new(), &environment);
        assert_eq!(
            words(&chain),
            [
                ("argument", "absent"),
                ("BL_API_KEY", "picked"),
                ("BL_AUTHENTICATION_CLIENT_CREDENTIALS", "skipped"),
                ("login", "skipped")
            ]
        );
        assert_eq!(chain.shadowing(), ["BL_API_KEY", "BL_AUTHENTICATION_CLIENT_CREDENTIALS"]);
        let chain = find(&Config::from(ApiKey::new("own")), &environment);
        assert_eq!(chain.source().unwrap().name, "argument");
    }

    #[test]
    fn what_cannot_be_used_ends_the_chain_and_is_named() {
        let environment = Environment {
            api_key: Some(Secret::new("CANARY\n")),
            client_credentials: Some(("BL_CLIENT_CREDENTIALS", Secret::new("id:secret"))),
            ..Environment::default()
        };
        let chain = find(&Config::new(), &environment);
        assert_eq!(
            words(&chain),
            [
                ("argument", "absent"),
                ("BL_API_KEY", "invalid"),
                ("BL_CLIENT_CREDENTIALS", "skipped"),
                ("login", "skipped")
            ]
        );
        let error = chain.picked().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains("BL_API_KEY") && !error.message().contains("CANARY"), "{error}");
    }

    #[test]
    fn nothing_found_says_what_to_set() {
        let error = find(&Config::new(), &Environment::default()).picked().err().unwrap();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::LoginRequired, Some(Reason::NoCredential)));
    }
}
