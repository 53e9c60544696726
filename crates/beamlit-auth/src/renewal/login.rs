//! The renewal of a stored login: look at the record, judge it, act, and look again if somebody was faster.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::Snapshot;
use crate::credential::{ApiKey, ClientCredentials, Credential};
use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::record::Record;
use crate::renewal::judge::{Circumstances, Judgement, judge};
use crate::renewal::ledger::Ledger;
use crate::renewal::spend::{Attempt, Candidate, Outcome, Sending, Written};
use crate::renewal::{CALL_LIMIT, Found, Renewal};
use crate::store::Guard;
use crate::store::mirror::{Held, Seen};

/// How often a renewal looks at the record anew before it gives up.
const LOOKS: usize = 2000;
/// How long it sleeps between two looks at somebody's claim.
const NAP: Duration = Duration::from_millis(20);

impl Renewal {
    /// Renews a stored login, or takes what somebody else made of it.
    pub(super) fn renew(&self, ledger: &Ledger, io: &Io, found: &Found) -> Result<Arc<Snapshot>> {
        // What an earlier answer brought is written down before its refresh token is spent.
        self.settle(ledger, io)?;
        let lock = ledger.lock();
        let boot = lock.as_ref().and_then(Guard::lock).map(str::to_owned);
        let attempt = Attempt {
            settings: &self.settings,
            ledger,
            io,
            boot: boot.as_deref(),
            lock: Cell::new(lock),
            begun: Cell::new(io.system.wall()),
        };
        let give_up = io.system.monotonic() + CALL_LIMIT;
        for _ in 0..LOOKS {
            let patient = io.system.monotonic() >= give_up;
            if let Some(snapshot) = self.look(&attempt, found, patient)? {
                return Ok(snapshot);
            }
        }
        let name = ledger.store.name();
        Err(Error::new(
            ErrorKind::StoreBusy,
            format!("{name} changes faster than a login in it can be renewed; try again"),
        ))
    }

    /// One look at the record, and what follows from it; `None`: look again.
    fn look(&self, attempt: &Attempt<'_>, found: &Found, patient: bool) -> Result<Option<Arc<Snapshot>>> {
        let (ledger, io) = (attempt.ledger, attempt.io);
        let (record, version) = ledger.read()?;
        let snapshot = self.recorded(&record, io.now())?;
        let fresh = snapshot.as_ref().is_some_and(|snapshot| found.is_served_by(snapshot, io.now()));
        let candidate = self.candidate(ledger, &record);
        let judgement = judge(
            &record,
            &Circumstances {
                stale: found.generation,
                sought: found.sought,
                arrived: found.arrived,
                now: io.now(),
                boot: attempt.boot,
                patient,
                fresh,
                candidate: candidate.as_ref().map(|candidate| &candidate.refresh_token),
            },
        );
        match judgement {
            Judgement::Adopt => Ok(snapshot),
            Judgement::Obtain => self.obtain(&stored(&record)?, io, found.generation + 1).map(Some),
            Judgement::Fail(error) => Err(error),
            Judgement::Wait { until } => {
                io.system.sleep(NAP.min(until.saturating_sub(io.system.wall())));
                Ok(None)
            }
            Judgement::Forget => attempt.forget(Written { record, version }).map(|()| None),
            Judgement::Send { token, replay } => {
                let candidate =
                    candidate.filter(|candidate| candidate.refresh_token.digest() == token.digest());
                match attempt.send(Written { record, version }, &Sending { token, replay, candidate })? {
                    Outcome::Renewed(record) => self.recorded(&record, io.now()),
                    Outcome::Overtaken => Ok(None),
                }
            }
        }
    }
}

impl Renewal {
    /// A login in the platform's own file that the record has never met.
    fn candidate(&self, ledger: &Ledger, record: &Record) -> Option<Candidate> {
        let (mirror, workspace) = self.mirrored()?;
        match ledger.seen(mirror, workspace, record) {
            Ok(Seen::Unknown(Held::Login { refresh_token, device_code })) => {
                Some(Candidate { refresh_token, device_code })
            }
            _ => None,
        }
    }
}

fn stored(record: &Record) -> Result<Credential> {
    let credential = stored_credential(record)?;
    credential
        .ok_or_else(|| Error::new(ErrorKind::StoreCorrupt, "a stored login has no secret; log in again"))
}

/// The key or the client credentials that a login left in the record.
pub(crate) fn stored_credential(record: &Record) -> Result<Option<Credential>> {
    let Some(secret) = &record.secret else { return Ok(None) };
    let credential: Credential = if record.kind == "api_key" {
        ApiKey::new(secret.reveal()).into()
    } else {
        let client_id = record.client_id.clone().unwrap_or_default();
        let client = ClientCredentials::new(client_id, secret.reveal());
        let asked = Some(&record.asked).filter(|scope| !scope.is_empty());
        asked.into_iter().fold(client, ClientCredentials::scope).into()
    };
    credential.check().map(|()| Some(credential))
}
