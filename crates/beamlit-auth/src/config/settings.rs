//! What a configuration, the environment and the defaults make together.

use std::path::PathBuf;
use std::time::Duration;

use crate::http::DoorSettings;
use crate::origin::{Origin, Url};
use crate::platform::{Platform, Rotation};
use crate::store::Place;

/// A configuration that was checked, with the environment and the defaults in it.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) platform: Platform,
    /// The issuer of a custom platform.
    pub(crate) issuer: Option<Url>,
    /// `None` for a custom issuer whose API nobody named.
    pub(crate) api_url: Option<Url>,
    pub(crate) origins: Vec<Origin>,
    /// The header's name that the caller chose.
    pub(crate) header: Option<String>,
    pub(crate) workspace: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) rotation: Option<Rotation>,
    pub(crate) store: Place,
    /// Whether tokens that cost nothing to ask for again go to the store.
    pub(crate) share: bool,
    /// Whether the token is renewed when it is due even if nobody asks for it then.
    pub(crate) background_refresh: bool,
    /// The platform's own file, if logins are mirrored there.
    pub(crate) mirror: Option<PathBuf>,
    /// What the HTTP door of each process is made from.
    pub(crate) door: DoorSettings,
}

impl Settings {
    /// What a login is to: the API's base URL, or the issuer.
    pub(crate) fn base(&self) -> String {
        let url = self.issuer.as_ref().or(self.api_url.as_ref());
        url.map_or("", |url| url.as_str()).trim_end_matches('/').to_owned()
    }

    /// Whether the same headers come of the same token, over the same way, as with `other`. The time limit is the
    /// caller's, a timer is for all, and where the store is stands beside.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let Self { platform, issuer, api_url, origins, header, workspace, rotation, mirror, door, .. } =
            other;
        (&self.platform, &self.issuer, &self.api_url) == (platform, issuer, api_url)
            && (&self.origins, &self.header, &self.workspace) == (origins, header, workspace)
            && (&self.rotation, &self.mirror) == (rotation, mirror)
            && self.door.is_like(door)
    }
}
