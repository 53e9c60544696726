//! Where a store in files promises less, because of what it lies on.

use std::path::Path;

use crate::sys::System;

/// A promise that a store cannot keep in full.
pub(crate) struct Weaker {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// One line for people: what is missing, and what follows from that.
    pub(crate) why: String,
}

impl Weaker {
    fn new(name: &'static str, why: impl Into<String>) -> Self {
        Self { name, why: why.into() }
    }

    /// Redis answers before a copy of it has what was written.
    #[cfg(feature = "redis")]
    pub(crate) fn fail_over() -> Self {
        let why = "a login in Redis may be lost, or its refresh token be spent twice, after a fail-over or a crash that loses writes; run one primary with appendfsync always";
        Self::new("fail_over", why)
    }

    /// What a newer version wrote is left to it.
    pub(crate) fn newer_format() -> Self {
        let why = "a newer version wrote the stored login, which this one neither reads nor changes";
        Self::new("newer_format", why)
    }
}

/// What logins below `folder`, which need not be there yet, cannot be promised. Looks, and writes nothing.
pub(crate) fn weaker(folder: &Path, system: &dyn System) -> Vec<Weaker> {
    let disk = system.disk(folder);
    let mut found = Vec::new();
    if let Some(kind) = disk.network {
        let why = format!(
            "the store lies on a network file system ({kind}), so another host may renew a login at the same time and spend its refresh token twice"
        );
        found.push(Weaker::new("network_file_system", why));
    }
    if disk.has_no_locks {
        let why = "the store's file system has no locks (flock), so renewals do not queue: each waits for what another wrote";
        found.push(Weaker::new("no_locks", why));
    }
    if disk.has_no_links {
        let why = "the store's file system has no hard links, so records are renamed into place, which a power cut may undo";
        found.push(Weaker::new("no_hard_links", why));
    }
    if disk.is_read_only {
        let why = "the store cannot be written, so a login in it is served until its access token ends and then asked for anew";
        found.push(Weaker::new("read_only", why));
    }
    found
}
