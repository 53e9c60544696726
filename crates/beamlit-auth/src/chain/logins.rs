//! Which workspaces somebody is logged in to.

use std::sync::Arc;

use crate::chain::current::CURRENT;
use crate::chain::places;
use crate::config::{Config, Environment, Settings, check_workspace};
use crate::record::Record;
use crate::renewal::Ledger;
use crate::store::Shelf;
use crate::store::mirror::Seen;
use crate::sys::System;

/// The workspaces of a base URL that have a login, in the store or in the platform's own file; in order.
pub(crate) fn names(settings: &Settings, store: &Arc<dyn Shelf>, system: &Arc<dyn System>) -> Vec<String> {
    let base = settings.base();
    let mut names = mirrored(settings, store, system);
    for key in store.keys().unwrap_or_default() {
        let found = Ledger::new(Arc::clone(store), key, Arc::clone(system)).read();
        names.extend(found.ok().and_then(|(record, _)| login_of(&record, &base)));
    }
    names.sort();
    names.dedup();
    names
}

/// What to do instead, where nobody said which workspace is meant and none is the current one, but there are logins.
pub(super) fn unnamed(settings: &Settings, system: &Arc<dyn System>) -> Option<String> {
    let store = settings.store.open(system).ok().filter(|_| settings.workspace.is_none())?;
    let names = names(settings, &store, system);
    let first = names.first()?;
    Some(format!(
        "no workspace is named and none is the current one; there are logins to {}; name one (BL_WORKSPACE), or make it the current one (bl workspaces {first})",
        names.join(", ")
    ))
}

/// What to do instead, where the platform that was asked has no login: another one has just one, to this workspace if it
/// is named.
pub(super) fn elsewhere(
    config: &Config,
    environment: &Environment,
    settings: &Settings,
    system: &Arc<dyn System>,
) -> Option<String> {
    let other = match settings.platform.name() {
        "beamlit" => "blaxel",
        "blaxel" => "beamlit",
        _ => return None,
    };
    let there = config.clone().platform(other).settle(environment).ok()?;
    let store = there.store.open(system).ok().filter(|_| there.mirror.is_some())?;
    let mut names = names(&there, &store, system);
    names.retain(|name| settings.workspace.as_ref().is_none_or(|wanted| wanted == name));
    let [name] = names.as_slice() else { return None };
    let here = settings.platform.name();
    Some(format!(
        "nobody is logged in on {here}, but to workspace {name} on {other}; set BL_PLATFORM={other} (--platform {other}), or run `bl login`"
    ))
}

/// The workspaces to which the platform's own file has logins that the store has never met.
fn mirrored(settings: &Settings, store: &Arc<dyn Shelf>, system: &Arc<dyn System>) -> Vec<String> {
    let Some(mirror) = places::mirror(settings, None, system) else { return Vec::new() };
    let Ok(contents) = mirror.look() else { return Vec::new() };
    let is_login = |name: &str| {
        let key = places::key(settings, None, Some(name));
        let ledger = Ledger::new(Arc::clone(store), key, Arc::clone(system));
        let seen = ledger.read().map(|(record, _)| ledger.seen(&mirror, name, &record));
        matches!(seen, Ok(Ok(Seen::Unknown(_))))
    };
    let names = contents.entries.iter().map(|entry| entry.name.clone());
    names.filter(|name| check_workspace(name).is_ok() && is_login(name)).collect()
}

/// The workspace of a login that can be used and is to `base`.
fn login_of(record: &Record, base: &str) -> Option<String> {
    let is_login = record.is_live() && record.base == base && record.kind != CURRENT;
    record.workspace.clone().filter(|_| is_login)
}
