//! The renewal of a stored login: look at the record, judge it, act, and look again if somebody was faster.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::Snapshot;
use crate::credential::{ApiKey, ClientCredentials, Credential};
use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::record::{Record, State};
use crate::renewal::judge::{Circumstances, Judgement, judge};
use crate::renewal::ledger::Ledger;
use crate::renewal::spend::{Attempt, Candidate, Outcome, Sending, Written};
use crate::renewal::{CALL_LIMIT, Found, Renewal, Stored};
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
        let (mut record, version) = ledger.read()?;
        let held = self.held(ledger, &mut record);
        if let Some(credential) = held.as_ref().and_then(winning) {
            return self.obtain_unlocked(&credential, attempt, found);
        }
        let snapshot = self.recorded(&record, io.now())?;
        let fresh = snapshot.as_ref().is_some_and(|snapshot| found.is_served_by(snapshot, io.now()));
        let candidate = held.and_then(candidate);
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
            Judgement::Obtain => self.obtain_unlocked(&stored(&record)?, attempt, found),
            // Whoever was stopped since it read goes by what it saw before. Nobody logs in anew because of that.
            Judgement::Fail(error)
                if error.kind() == ErrorKind::LoginRequired && ledger.read()?.1 != version =>
            {
                Ok(None)
            }
            Judgement::Fail(error) => Err(error),
            Judgement::Wait { until } => {
                io.system.sleep(NAP.min(until.saturating_sub(io.system.wall())));
                Ok(None)
            }
            Judgement::Forget => attempt.forget(Written { record, version }).map(|()| None),
            Judgement::Send { token, former } => {
                let candidate =
                    candidate.filter(|candidate| candidate.refresh_token.digest() == token.digest());
                match attempt.send(Written { record, version }, &Sending { token, former, candidate })? {
                    Outcome::Renewed(record) => self.recorded(&record, io.now()),
                    Outcome::Overtaken => Ok(None),
                }
            }
        }
    }
}

impl Renewal {
    /// What the platform's own file holds and the record has never met. What lies there and is known is the last that
    /// `record` forgets, however often it is renewed before somebody writes to the file.
    fn held(&self, ledger: &Ledger, record: &mut Record) -> Option<Held> {
        let (mirror, workspace) = self.mirrored()?;
        match ledger.seen(mirror, workspace, record) {
            Ok(Seen::Unknown(held)) => Some(held),
            Ok(Seen::Older(digest)) => {
                record.remember([digest]);
                None
            }
            _ => None,
        }
    }

    /// Asks with what spends nothing, so that nobody has to queue for it.
    fn obtain_unlocked(
        &self,
        credential: &Credential,
        attempt: &Attempt<'_>,
        found: &Found,
    ) -> Result<Option<Arc<Snapshot>>> {
        drop(attempt.lock.take());
        self.obtain(credential, attempt.io, found.generation + 1, CALL_LIMIT).map(Some)
    }

    /// Where to look instead of going on with `credential`: somebody has logged in or out since it was found there, or the
    /// platform's own file holds another one by now. A store that fails, and what is missing, say nothing.
    pub(super) fn replaced(&self, credential: &Credential) -> Option<&Ledger> {
        let Stored { ledger, id } = self.stored.as_deref()?;
        let Credential::ClientCredentials(client) = credential else { return None };
        let own = client.client_secret.digest();
        let (record, _) = ledger.read().ok()?;
        let seen = self.mirrored().and_then(|(mirror, name)| ledger.seen(mirror, name, &record).ok());
        let is_same = match seen {
            Some(Seen::Unknown(held)) => held.digest() == own,
            Some(Seen::Current | Seen::Older(_)) => {
                record.secret.is_some_and(|secret| secret.digest() == own)
            }
            Some(Seen::Nothing | Seen::Elsewhere) | None => record.id == *id || record.state == State::Empty,
        };
        (!is_same).then_some(ledger)
    }
}

/// A login in the platform's own file, which a renewal tries.
fn candidate(held: Held) -> Option<Candidate> {
    match held {
        Held::Login { refresh_token, device_code } => Some(Candidate { refresh_token, device_code }),
        Held::ApiKey(_) | Held::Client { .. } => None,
    }
}

/// A key or client credentials in the platform's own file, which win as they stand.
fn winning(held: &Held) -> Option<Credential> {
    let credential: Credential = match held {
        Held::ApiKey(key) => ApiKey::new(key.reveal()).into(),
        Held::Client { client_id, client_secret } => {
            ClientCredentials::new(client_id, client_secret.reveal()).into()
        }
        Held::Login { .. } => return None,
    };
    credential.check().is_ok().then_some(credential)
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
