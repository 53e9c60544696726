//! How the credential is kept that was picked: in which store, with what promises, and what it hides.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::chain::{Chain, Picked};
use crate::config::Settings;
use crate::platform::Rotation;
use crate::store::{Weaker, weaker};
use crate::sys::System;

/// What is said of the place where the credential lies.
pub(super) struct Kept {
    /// The kind of the store, if it lies in one.
    store: Option<String>,
    /// What a renewal does to the refresh token, if it spends one.
    rotation: Option<Rotation>,
    /// The variable that hides a stored login, and the workspace of that.
    hidden: Option<(&'static str, Option<String>)>,
    weaker: Vec<Weaker>,
}

impl Kept {
    pub(super) fn new(settings: &Settings, chain: &Chain, system: &Arc<dyn System>) -> Self {
        let login = match &chain.picked {
            Some(Picked::Stored(login)) => Some(login),
            _ => None,
        };
        let own = chain.picked.is_some() && login.is_none();
        let opened = || settings.store.open(system).ok();
        let store = match login {
            Some(login) => Some(Arc::clone(&login.store)),
            None if own && !settings.share => None,
            None => opened(),
        };
        let entry = |folder: &Path| login.map_or(folder.to_owned(), |login| folder.join(&login.key));
        let folder = store.as_ref().and_then(|store| store.folder()).map(entry);
        let mut weaker = folder.map_or_else(Vec::new, |folder| weaker(&folder, &**system));
        weaker.extend(store.iter().flat_map(|store| store.weaker()));
        weaker.extend(chain.is_of_a_newer_format().then(Weaker::newer_format));
        Self {
            store: store.map(|store| kind(store.name())),
            rotation: login.filter(|login| login.record.spends()).map(|login| login.record.rotation),
            hidden: chain.hidden(settings, system),
            weaker,
        }
    }

    /// Adds its members to those of `bl status`; where no credential was picked, those that are known of the store.
    pub(super) fn add_to(&self, status: &mut Value, picked: bool) {
        status["store"] = self.store.clone().into();
        status["weaker"] = self.weaker();
        if picked {
            let hidden = self.hidden.as_ref();
            status["rotation"] = self.rotation.map(|rotation| rotation.to_string()).into();
            status["hidden"] = hidden.map(|(by, workspace)| json!({"by": by, "workspace": workspace})).into();
        }
    }

    pub(super) fn weaker(&self) -> Value {
        self.weaker.iter().map(|weaker| json!({"name": weaker.name, "why": weaker.why})).collect()
    }

    /// The same as lines for people, with what `status` says besides.
    pub(super) fn lines(&self, status: &Value) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(renewable) = status["renewable"].as_bool() {
            let store = self.store.as_ref().map_or("in no store".to_owned(), |kind| format!("store {kind}"));
            let renewable = if renewable { "renewable" } else { "not renewable" };
            let rotation = self.rotation.map(|rotation| format!(", rotation {rotation}")).unwrap_or_default();
            lines.push(format!("{store}, {renewable}{rotation}"));
        }
        lines.extend(self.hidden.as_ref().map(|(by, workspace)| match workspace {
            Some(workspace) => format!("{by} hides the login stored for workspace {workspace}"),
            None => format!("{by} hides a stored login"),
        }));
        lines.extend(self.weaker.iter().map(|weaker| format!("weaker promise: {}", weaker.why)));
        lines
    }
}

/// The kind of a store by its name, which begins with it.
fn kind(name: &str) -> String {
    name.split(':').next().unwrap_or(name).to_owned()
}
