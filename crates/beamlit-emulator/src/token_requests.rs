//! How many requests reached the token endpoint, by grant.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;

use crate::grants;
use crate::params::Params;
use crate::settings::Dialect;

/// One counter for each grant, and one for whatever else was sent.
#[derive(Default)]
pub(crate) struct TokenRequests {
    of_grants: [AtomicU64; grants::ALL.len()],
    others: AtomicU64,
}

impl TokenRequests {
    /// Counts a request as it arrives, whatever becomes of it.
    pub(crate) fn arrived(&self, headers: &HeaderMap, body: &[u8]) {
        let params = Params::read(headers, body, Dialect::Platform).ok();
        let grant_type = params.as_ref().and_then(|params| params.get("grant_type"));
        let known = grants::ALL.iter().position(|grant| grant_type == Some(grant));
        let counter = known.map_or(&self.others, |index| &self.of_grants[index]);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of requests of a grant, by its `grant_type` or the last part of it: `device_code`.
    pub(crate) fn of(&self, grant: &str) -> u64 {
        let named = self.each().find(|(name, _)| *name == short(grant));
        named.map_or(0, |(_, count)| count)
    }

    pub(crate) fn all(&self) -> u64 {
        self.each().map(|(_, count)| count).sum::<u64>() + self.others.load(Ordering::Relaxed)
    }

    /// Each grant's short name and its number of requests.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counters = grants::ALL.iter().zip(&self.of_grants);
        counters.map(|(grant, counter)| (short(grant), counter.load(Ordering::Relaxed)))
    }
}

/// The last part of a `grant_type` that is a URN.
fn short(grant: &str) -> &str {
    grant.rsplit(':').next().unwrap_or(grant)
}
