//! How to log in: a credential that was handed over, or what the person chooses.

use std::env;

use beamlit_auth::{ApiKey, ClientCredentials, Credential, DeviceLogin, Error, ErrorKind, Reason, Result};
use clap::Args;

use crate::commands::login::ATTEMPTS;
use crate::interrupt::Wanted;
use crate::output::Output;
use crate::standard_input::{StandardInput, read, standard_input};
use crate::terminal;

const QUESTION: &str = "\
How do you want to log in?
  1  with a browser, on this or any other device
  2  with an API key
1 or 2 [1]: ";

/// The arguments that say how.
#[expect(clippy::doc_markdown, reason = "the comments on arguments are the help that is printed")]
#[derive(Args)]
pub(super) struct Method {
    /// Log in with a browser, on this or any other device
    #[arg(long, conflicts_with_all = ["api_key", "client_credentials"])]
    device: bool,
    /// Log in with the API key on standard input, without echo on a terminal
    #[arg(long, value_name = "-", value_parser = standard_input, conflicts_with_all = ["client_credentials", "client_id"])]
    api_key: Option<StandardInput>,
    /// Log in with client_id:client_secret on standard input, or the base64 of it
    #[arg(long, value_name = "-", value_parser = standard_input, conflicts_with = "client_id")]
    client_credentials: Option<StandardInput>,
    /// The scope to ask for [default: offline_access]
    #[arg(long, value_name = "SCOPE", conflicts_with = "api_key")]
    scope: Option<String>,
}

impl Method {
    /// The credential on standard input, or else the one that the environment holds, which answers the question too.
    pub(super) fn handed_over(&self, output: Output, wanted: Wanted<'_>) -> Result<Option<Credential>> {
        if self.api_key.is_some() {
            return read("API key: ", "credential", wanted).map(|key| Some(ApiKey::new(key).into()));
        }
        if self.client_credentials.is_some() {
            let text = read("client_id:client_secret: ", "credential", wanted)?;
            return self.client(&text).map(Some);
        }
        if self.takes_variables() { self.in_environment(output) } else { Ok(None) }
    }

    /// `login`, or what the person chooses in its place; `command` is what to say to somebody who cannot be asked.
    pub(super) fn choose(
        &self,
        login: DeviceLogin,
        output: Output,
        command: &str,
        wanted: Wanted<'_>,
    ) -> Result<Credential> {
        // Whoever reads events shows the code and cannot be asked.
        if self.device || output.json {
            return Ok(login.into());
        }
        if !terminal::is_there() {
            return Err(nobody_there(command));
        }
        for _ in 0..ATTEMPTS {
            match terminal::ask(QUESTION, wanted)?.as_deref().map(str::trim) {
                Some("" | "1") => return Ok(login.into()),
                Some("2") => {
                    return read("API key: ", "credential", wanted).map(|key| ApiKey::new(key).into());
                }
                Some(_) => {}
                None => return Err(nobody_there(command)),
            }
        }
        Err(Error::new(ErrorKind::InvalidArgument, "nothing was chosen; 1 and 2 are the choices"))
    }

    /// The same in a browser, if that is so for another reason.
    pub(super) fn or_device(self, is_so: bool) -> Self {
        Self { device: self.device || is_so, ..self }
    }

    /// `login` with the scope that is to be asked for.
    pub(super) fn scoped(&self, login: DeviceLogin) -> DeviceLogin {
        self.scope.iter().fold(login, DeviceLogin::scope)
    }

    /// Whether a credential in the environment answers the question.
    pub(super) fn takes_variables(&self) -> bool {
        self.api_key.is_none() && self.client_credentials.is_none() && !self.device
    }

    fn client(&self, text: &str) -> Result<Credential> {
        let client = ClientCredentials::decode(text)?;
        Ok(self.scope.iter().fold(client, ClientCredentials::scope).into())
    }

    /// The same variables in the same order as in every other command.
    fn in_environment(&self, output: Output) -> Result<Option<Credential>> {
        let names = ["BL_API_KEY", "BL_CLIENT_CREDENTIALS", "BL_AUTHENTICATION_CLIENT_CREDENTIALS"];
        let set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let Some(name) = names.into_iter().find(set) else { return Ok(None) };
        let unusable = |why: &str| {
            Error::new(ErrorKind::InvalidConfig, format!("the variable {name} cannot be used: {why}"))
        };
        let text = env::var(name).map_err(|_| unusable("it is not UTF-8"))?;
        output.news(&format!("using the credential in {name}; --device logs in with a browser"));
        if name == "BL_API_KEY" {
            return Ok(Some(ApiKey::new(text).into()));
        }
        self.client(&text).map(Some).map_err(|error| unusable(error.message()))
    }
}

fn nobody_there(command: &str) -> Error {
    let message = format!(
        "there is no terminal to ask on how to log in; run `{command} --device`, or `{command} --api-key -` with the key on standard input"
    );
    Error::login_required(Reason::NotInteractive, message)
}
