//! Device logins under way: from the request of a device to the token, or to its end (RFC 8628).

use std::collections::VecDeque;

use crate::family::FamilyId;
use crate::mint::{Digest, digest_of};
use crate::settings::Settings;

/// What became of a device login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nobody has decided.
    Pending,
    Approved,
    Denied,
    /// Approved, and its device code exchanged for tokens.
    Used,
}

/// A device that asks for a login.
#[derive(Clone)]
pub(crate) struct DeviceRequest {
    /// Of its device code.
    pub(crate) digest: Digest,
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) workspace: Option<String>,
    pub(crate) scope: Option<String>,
    /// Of the tokens that it will be given.
    pub(crate) family: FamilyId,
    pub(crate) requested_at_ms: i64,
    pub(crate) expires_at_ms: i64,
    pub(crate) status: Status,
    pub(crate) polls: Polls,
}

impl DeviceRequest {
    pub(crate) fn is_over(&self, now_ms: i64) -> bool {
        self.expires_at_ms <= now_ms
    }

    fn is_open(&self, now_ms: i64) -> bool {
        self.status == Status::Pending && !self.is_over(now_ms)
    }
}

/// How a device has polled, and how it should.
#[derive(Clone)]
pub(crate) struct Polls {
    interval_ms: i64,
    count: u32,
    latest_at_ms: Option<i64>,
}

impl Polls {
    pub(crate) fn every(interval_s: u32) -> Self {
        Self { interval_ms: i64::from(interval_s) * 1000, count: 0, latest_at_ms: None }
    }

    /// Notes a poll; false if it came too early, and then the interval is 5 s longer from now on (RFC 8628 §3.5).
    fn arrived(&mut self, settings: &Settings, now_ms: i64) -> bool {
        let waited_ms = self.latest_at_ms.map(|latest_at_ms| now_ms.saturating_sub(latest_at_ms));
        let is_early = waited_ms.is_some_and(|waited_ms| waited_ms < self.interval_ms);
        self.count = self.count.saturating_add(1);
        self.latest_at_ms = Some(now_ms);
        let in_time = self.count > settings.slow_downs && !(is_early && settings.enforces_interval());
        if !in_time {
            self.interval_ms += 5000;
        }
        in_time
    }
}

/// What a poll learns.
pub(crate) enum Poll {
    /// There is no such device code, or it is another client's.
    Unknown,
    /// The device code was exchanged before; the tokens it gave are of this family.
    Replayed(FamilyId),
    Expired,
    /// It came too early.
    TooFast,
    Pending,
    Denied,
    /// The device code is exchanged by this poll.
    Granted(DeviceRequest),
}

/// The device logins of late, finished ones too.
#[derive(Default)]
pub(crate) struct Devices(VecDeque<DeviceRequest>);

impl Devices {
    const MOST: usize = 10_000;

    /// Takes the request in, unless its user code is one of another.
    pub(crate) fn add(&mut self, request: DeviceRequest) -> bool {
        if self.get(&request.user_code).is_some() {
            return false;
        }
        self.0.push_back(request);
        if self.0.len() > Self::MOST {
            self.0.pop_front();
        }
        true
    }

    /// The request with this user code, however it is written (RFC 8628 §6.1).
    pub(crate) fn get(&self, user_code: &str) -> Option<&DeviceRequest> {
        let letters = letters(user_code);
        self.0.iter().find(|request| self::letters(&request.user_code) == letters)
    }

    /// The requests on which nobody has decided, oldest first.
    pub(crate) fn open(&self, now_ms: i64) -> Vec<DeviceRequest> {
        self.0.iter().filter(|request| request.is_open(now_ms)).cloned().collect()
    }

    /// Decides a request that is open; `workspace` counts where the request names none. False if none is open.
    pub(crate) fn decide(
        &mut self,
        user_code: &str,
        status: Status,
        workspace: Option<String>,
        now_ms: i64,
    ) -> bool {
        let letters = letters(user_code);
        let mut open = self.0.iter_mut().filter(|request| request.is_open(now_ms));
        let Some(request) = open.find(|request| self::letters(&request.user_code) == letters) else {
            return false;
        };
        request.status = status;
        request.workspace = request.workspace.take().or(workspace);
        true
    }

    /// A poll with this device code, by this client where codes are bound to theirs.
    pub(crate) fn poll(
        &mut self,
        device_code: &str,
        client_id: Option<&str>,
        settings: &Settings,
        now_ms: i64,
    ) -> Poll {
        let digest = digest_of(device_code);
        let known = self.0.iter_mut().find(|request| request.digest == digest);
        let Some(request) = known.filter(|request| client_id.is_none_or(|id| id == request.client_id)) else {
            return Poll::Unknown;
        };
        if request.status == Status::Used {
            return Poll::Replayed(request.family);
        }
        if request.is_over(now_ms) {
            return Poll::Expired;
        }
        if !request.polls.arrived(settings, now_ms) {
            return Poll::TooFast;
        }
        match request.status {
            Status::Approved => {
                request.status = Status::Used;
                Poll::Granted(request.clone())
            }
            Status::Denied => Poll::Denied,
            Status::Pending | Status::Used => Poll::Pending,
        }
    }
}

/// What counts of a user code.
fn letters(user_code: &str) -> String {
    user_code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}
