//! Flows: one file per grant, each of which fills a form; the round trip that all of them share is here.

pub(crate) mod client_credentials;
pub(crate) mod device_code;
mod discovery;
pub(crate) mod refresh_token;
pub(crate) mod revocation;
pub(crate) mod workspaces;

use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;

use crate::config::Settings;
use crate::emulator_mark;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Request};
use crate::metadata::Metadata;
use crate::origin::Url;
use crate::secret::Secret;
use crate::sys::System;
use crate::token::Moment;
use crate::wire::request::Form;
use crate::wire::response::{TokenResponse, token_response};

/// What a flow reaches the world through, and what it has learned of the server. Belongs to one process.
pub(crate) struct Io {
    pub(crate) http: Box<dyn Http>,
    pub(crate) system: Arc<dyn System>,
    metadata: OnceCell<Metadata>,
}

impl Io {
    pub(crate) fn new(http: Box<dyn Http>, system: Arc<dyn System>) -> Self {
        Self { http, system, metadata: OnceCell::new() }
    }

    /// This moment on both clocks of lifetimes.
    pub(crate) fn now(&self) -> Moment {
        Moment { boot: self.system.boot(), wall: self.system.wall() }
    }

    /// The metadata of a custom issuer, fetched at its first use and kept; `None` for Beamlit and Blaxel.
    fn metadata(&self, settings: &Settings, deadline: Duration) -> Result<Option<&Metadata>> {
        let Some(issuer) = &settings.issuer else { return Ok(None) };
        let fetch = || discovery::fetch(&*self.http, issuer, &settings.origins, deadline);
        self.metadata.get_or_try_init(fetch).map(Some)
    }
}

/// The one round trip to a token endpoint: sends `form` and reads the answer.
fn exchange(io: &Io, endpoint: &Url, form: Form, deadline: Duration) -> Result<TokenResponse> {
    let (authorization, body) = form.finish();
    let request = Request { url: endpoint.clone(), authorization, body: Some(body), deadline };
    let response = io.http.exchange(&request)?;
    token_response(&response, &shown(endpoint))
}

/// Refuses to send a secret that an emulator issued to another machine.
fn check_mark(secret: &Secret, endpoint: &Url) -> Result<()> {
    if endpoint.origin().is_loopback() || !emulator_mark::is_marked(secret.reveal()) {
        return Ok(());
    }
    let message = format!(
        "this credential was issued by a local emulator and is not sent to {}; set BL_API_URL to the emulator's",
        endpoint.origin()
    );
    Err(Error::new(ErrorKind::OriginRefused, message))
}

/// What errors call an endpoint: its origin and path.
fn shown(endpoint: &Url) -> String {
    crate::origin::without_query(endpoint.as_str())
}
