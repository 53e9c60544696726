//! The chain: which credential a session uses, and what was looked at to find it.

use crate::config::{Config, Environment};
use crate::credential::{ApiKey, ClientCredentials, Credential};
use crate::error::{Error, ErrorKind, Reason, Result};

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
            Self::Picked => "picked",
        }
    }
}

/// Every link in order, and the credential that was picked.
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    pub(crate) picked: Option<Credential>,
    error: Option<Error>,
}

impl Chain {
    /// Looks through the links in order: the argument, `BL_API_KEY`, `BL_CLIENT_CREDENTIALS`. Asks nobody.
    pub(crate) fn find(config: &Config, environment: &Environment) -> Self {
        let mut chain = Self { links: Vec::with_capacity(3), picked: None, error: None };
        let own = config.own_credential().cloned();
        chain.look(
            "argument",
            "configuration",
            own.map(|credential| credential.check().map(|()| credential)),
        );
        let key = environment.api_key.as_ref().map(|key| checked(ApiKey::new(key.reveal()).into()));
        chain.look("BL_API_KEY", "environment", key);
        let client = environment.client_credentials.as_ref();
        let name = client.map_or("BL_CLIENT_CREDENTIALS", |(name, _)| name);
        let client = client.map(|(_, text)| {
            ClientCredentials::decode(text.reveal()).and_then(|client| checked(client.into()))
        });
        chain.look(name, "environment", client);
        chain
    }

    fn look(&mut self, name: &'static str, looked_at: &'static str, found: Option<Result<Credential>>) {
        let decided = self.picked.is_some() || self.error.is_some();
        let (outcome, why) = match found {
            None => (Outcome::Absent, "nothing is set".to_owned()),
            Some(_) if decided => (Outcome::Skipped, "an earlier link wins".to_owned()),
            Some(Ok(credential)) => {
                let why = format!("{} is set", credential.kind());
                self.picked = Some(credential);
                (Outcome::Picked, why)
            }
            Some(Err(error)) => {
                let why = error.message().to_owned();
                self.error = Some(if looked_at == "environment" { in_variable(name, &error) } else { error });
                (Outcome::Invalid, why)
            }
        };
        self.links.push(Link { name, looked_at, outcome, why });
    }

    /// The credential that was picked.
    ///
    /// # Errors
    /// What was wrong with the first one that was found, or `LoginRequired{no_credential}` if there was none.
    pub(crate) fn credential(&self) -> Result<&Credential> {
        match (&self.picked, &self.error) {
            (Some(credential), _) => Ok(credential),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(Error::login_required(
                Reason::NoCredential,
                "no credential was found; set BL_API_KEY or BL_CLIENT_CREDENTIALS, or pass a credential",
            )),
        }
    }

    /// The link that was picked.
    pub(crate) fn source(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.outcome == Outcome::Picked)
    }

    /// The variables that hold a credential and decide, or would if nothing came before them.
    pub(crate) fn shadowing(&self) -> Vec<&'static str> {
        let set = |link: &&Link| link.looked_at == "environment" && link.outcome != Outcome::Absent;
        self.links.iter().filter(set).map(|link| link.name).collect()
    }
}

fn checked(credential: Credential) -> Result<Credential> {
    credential.check().map(|()| credential)
}

fn in_variable(name: &str, error: &Error) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the variable {name} cannot be used: {}", error.message()))
}

#[cfg(test)]
mod tests {
    use super::Chain;
    use crate::config::{Config, Environment};
    use crate::credential::ApiKey;
    use crate::error::{ErrorKind, Reason};
    use crate::secret::Secret;

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
        let chain = Chain::find(&Config::new(), &environment);
        assert_eq!(
            words(&chain),
            [
                ("argument", "absent"),
                ("BL_API_KEY", "picked"),
                ("BL_AUTHENTICATION_CLIENT_CREDENTIALS", "skipped")
            ]
        );
        assert_eq!(chain.shadowing(), ["BL_API_KEY", "BL_AUTHENTICATION_CLIENT_CREDENTIALS"]);
        let chain = Chain::find(&Config::from(ApiKey::new("own")), &environment);
        assert_eq!(chain.source().unwrap().name, "argument");
    }

    #[test]
    fn what_cannot_be_used_ends_the_chain_and_is_named() {
        let environment = Environment {
            api_key: Some(Secret::new("CANARY\n")),
            client_credentials: Some(("BL_CLIENT_CREDENTIALS", Secret::new("id:secret"))),
            ..Environment::default()
        };
        let chain = Chain::find(&Config::new(), &environment);
        assert_eq!(
            words(&chain),
            [("argument", "absent"), ("BL_API_KEY", "invalid"), ("BL_CLIENT_CREDENTIALS", "skipped")]
        );
        let error = chain.credential().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains("BL_API_KEY") && !error.message().contains("CANARY"), "{error}");
    }

    #[test]
    fn nothing_found_says_what_to_set() {
        let error = Chain::find(&Config::new(), &Environment::default()).credential().unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::LoginRequired, Some(Reason::NoCredential)));
    }
}
