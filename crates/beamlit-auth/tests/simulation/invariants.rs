//! What holds in every schedule, and where that is looked at.
//!
//! - I1: per refresh token at most one send, unless the rotation permits a replay; and none without a durable claim.
//! - I2: no spent refresh token is presented again (the server looks at that itself).
//! - I3: whatever is cut off, the record parses, and it is one that was written.
//! - I4: no access token reaches a caller before its record is written, unless the disk refused that.
//! - I5: a commit, a claim or a mark of death never changes what a login or a logout wrote.
//! - I6: where refresh tokens stay good, some later call succeeds whatever went wrong.
//! - I7: elsewhere a login is asked for only if a claim was written and no commit was, the server refused, the store is
//!   read-only, or somebody logged out.
//! - I8: generations never decrease.
//! - I9: every wait ends by its time limit; a login and a logout succeed whoever is stopped.
//! - I10: a valid access token is served whatever fails.
//! - I11: without faults there is one exchange at an expiry; a server that fails is asked once in five seconds at most.
//! - I12: a grant that spends nothing never fails because of a lock or a store.
//! - I13: nothing that the platform's tool does ends our login or brings an older one back; what is foreign in its file
//!   stays.
//! - I14: a clock that jumps costs one renewal more at most.
//!
//! I15 is about forked children, which tests of real processes make.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Reason};
use crate::record::{Record, State};
use crate::secret::digest;
use crate::simulation::disk::Disk;
use crate::simulation::plan::{Fault, Rotation, Weather};
use crate::simulation::scenario::EXIT;
use crate::simulation::tasks;
use crate::simulation::vendor;
use crate::simulation::world::World;
use crate::token::Token;

/// The platform's own file.
pub(super) const YAML: &str = "/home/.beamlit/config.yaml";
/// When a token is renewed in advance.
const ADVISORY: Duration = Duration::from_secs(600);
/// What a wait may take longer than its limit, because others were at work.
const SLACK: Duration = Duration::from_secs(5);

/// How long a session goes by what it saw of a login that is of no use.
const RESTS: Duration = Duration::from_secs(2);

/// What a task does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    Nothing,
    Login,
    Logout,
}

/// What nobody in a schedule knows, kept to judge it.
pub(super) struct Ghost {
    /// The folder of the login's record.
    pub(super) folder: String,
    doing: HashMap<usize, Doing>,
    last: Option<Record>,
    claimed_by: usize,
    /// How often a claim was written, and when one last stood.
    claims: usize,
    unclaimed_at: Duration,
    access_tokens: HashSet<String>,
    /// When each was asked for, on the clock of the boot.
    issued: HashMap<String, Duration>,
    /// When each process last sent a refresh token.
    sent: HashMap<usize, Duration>,
    pub(super) refused: HashSet<String>,
    sends: HashMap<String, usize>,
    order: usize,
    logout: usize,
    logout_begun: usize,
    pub(super) is_logged_out: bool,
    /// Processes whose session has forgotten a token, by a logout or because of a 401.
    pub(super) forgot: HashSet<usize>,
    /// Why the login may be lost.
    pub(super) excused: Option<&'static str>,
    pub(super) jumps: usize,
    /// Sends of a token that was good still.
    early: usize,
    first: String,
}

impl Ghost {
    pub(super) fn new() -> Self {
        Self {
            folder: String::new(),
            doing: HashMap::new(),
            last: None,
            claimed_by: 0,
            claims: 0,
            unclaimed_at: Duration::ZERO,
            access_tokens: HashSet::new(),
            issued: HashMap::new(),
            sent: HashMap::new(),
            refused: HashSet::new(),
            sends: HashMap::new(),
            order: 0,
            logout: 0,
            logout_begun: 0,
            is_logged_out: false,
            forgot: HashSet::new(),
            excused: None,
            jumps: 0,
            early: 0,
            first: String::new(),
        }
    }

    /// What a task that `task` starts does.
    pub(super) fn doing(&self, task: usize, name: &str) -> Doing {
        match name {
            "beamlit-login" => Doing::Login,
            "beamlit-logout" => Doing::Logout,
            "beamlit-renewal" => Doing::Nothing,
            _ => self.doing.get(&task).copied().unwrap_or(Doing::Nothing),
        }
    }

    pub(super) fn begins(&mut self, task: usize, doing: Doing) {
        self.doing.insert(task, doing);
    }

    /// The next thing that somebody does to be logged in or out.
    pub(super) fn next_order(&mut self) -> usize {
        self.order += 1;
        self.order
    }

    /// What was written before a logout that begins now is over with it.
    pub(super) fn logout_begins(&mut self) {
        self.logout_begun = self.next_order();
    }

    /// Whether it is the access token of the login that a schedule begins with.
    pub(super) fn is_first(&self, token: &str) -> bool {
        self.first == token
    }

    pub(super) fn is_claimed(&self) -> bool {
        self.last.as_ref().is_some_and(|record| record.claim.is_some())
    }

    pub(super) fn is_claimed_by(&self, process: usize) -> bool {
        self.is_claimed() && self.claimed_by == process
    }

    pub(super) fn was_claimed_durably(&self, disk: &Disk) -> bool {
        durable(disk, &self.folder).is_some_and(|record| record.claim.is_some())
    }

    pub(super) fn disk_failed(&mut self, process: usize) {
        if self.is_claimed_by(process) {
            self.excused = Some("the disk failed");
        }
    }
}

fn durable(disk: &Disk, folder: &str) -> Option<Record> {
    Record::read(disk.durable_highest(folder)?.1).ok()
}

/// What a change of names may change.
pub(super) enum Before {
    Other,
    Record(Option<(u64, Vec<u8>)>),
    Yaml(String),
}

fn highest(world: &World) -> Option<(u64, Vec<u8>)> {
    world.disk.highest(&world.ghost.folder).map(|(number, bytes)| (number, bytes.to_vec()))
}

pub(super) fn before_change(world: &World, path: &str) -> Before {
    if path == YAML {
        return Before::Yaml(vendor::text(world));
    }
    match path.rsplit_once('/') {
        Some((folder, _)) if folder == world.ghost.folder => Before::Record(highest(world)),
        _ => Before::Other,
    }
}

pub(super) fn after_change(world: &mut World, path: &str, before: Before) {
    match before {
        Before::Other => {}
        Before::Yaml(before) => {
            let after = vendor::text(world);
            if vendor::foreign(&before).is_some() && vendor::foreign(&after) != vendor::foreign(&before) {
                world.violate("I13 what is foreign in the platform's file was lost");
            }
        }
        Before::Record(before) => match (before, highest(world)) {
            (before, after) if before == after => {}
            (Some((before, _)), Some((after, _))) if after < before && !path.contains("corrupt") => {
                world.violate("I8 a record made way for an older one");
            }
            (Some(_), None) if !path.contains("corrupt") => world.violate("I3 the record is gone"),
            (_, None) => {}
            (_, Some((_, bytes))) => written(world, &bytes),
        },
    }
}

/// A new record stands.
fn written(world: &mut World, bytes: &[u8]) {
    let Ok(new) = Record::read(bytes) else {
        world.violate("I3 the record does not parse");
        return;
    };
    let claim = new.claim.is_some();
    world.tell(&format!("record: generation {}, {:?}, claim {claim}", new.generation, new.state));
    let doing = world.ghost.doing.get(&tasks::current()).copied().unwrap_or(Doing::Nothing);
    if let Some(old) = world.ghost.last.take() {
        if new.generation < old.generation {
            world.violate("I8 a generation decreased");
        }
        match doing {
            Doing::Login if new.state == State::Live => {}
            Doing::Logout if new.state == State::LoggedOut => {
                // What came while it was at it may be newer.
                world.ghost.logout = world.ghost.logout_begun;
            }
            _ => renewed(world, &old, &new),
        }
        // With a lock that others got too, a replay takes the claim from its owner, whose answer comes too late then.
        let owner = world.ghost.claimed_by;
        let is_new = new.claim.is_some() && new.claim != old.claim;
        let is_taken = old.claim.is_some() && is_new && owner != tasks::process();
        if is_taken && !world.is_dead(owner) {
            world.ghost.excused = world.ghost.excused.or(Some("the claim was taken over"));
        }
        if is_new {
            world.ghost.claimed_by = tasks::process();
            world.ghost.claims += 1;
        }
        if old.claim.is_some() {
            world.ghost.unclaimed_at = world.monotonic();
        }
        if new.generation > old.generation {
            world.ghost.excused = None;
        }
    }
    world.ghost.is_logged_out = new.state == State::LoggedOut;
    if let Some(token) = &new.access_token {
        let asked = world.ghost.sent.get(&tasks::process()).copied().unwrap_or_else(|| world.boot());
        if world.ghost.first.is_empty() {
            token.reveal().clone_into(&mut world.ghost.first);
        }
        world.ghost.access_tokens.insert(token.reveal().to_owned());
        world.ghost.issued.entry(token.reveal().to_owned()).or_insert(asked);
    }
    world.ghost.last = Some(new);
}

/// What a renewal may make of a record.
fn renewed(world: &mut World, old: &Record, new: &Record) {
    if old.state != State::LoggedOut && new.state == State::LoggedOut {
        world.violate("I13 logged out, and nobody did that");
    }
    let token = |record: &Record| record.refresh_token.as_ref().map(|token| token.reveal().to_owned());
    let (before, after) = (token(old), token(new));
    let family = |token: &Option<String>| token.as_ref().and_then(|token| world.server.family_of(token));
    let (from, to) = (family(&before), family(&after));
    let order = |family: Option<usize>| family.map_or(0, |family| world.server.families[family].order);
    if from != to && new.state != State::LoggedOut {
        let newer = order(to) > order(from).max(world.ghost.logout);
        if !newer {
            world.violate("I5 another login took the place of a newer one, or of a logout");
        }
    } else if before != after && new.generation == old.generation {
        world.violate("I5 a refresh token changed without a renewal");
    }
    let refused = to.is_some_and(|family| world.server.families[family].was_refused);
    if old.state != State::Dead && new.state == State::Dead && !refused {
        world.violate("I7 a login is dead that the server did not refuse");
    }
}

/// A refresh token leaves a process.
pub(super) fn before_send(world: &mut World, process: usize, token: &str) {
    let name = digest(token.as_bytes());
    let now = world.boot();
    world.ghost.sent.insert(process, now);
    let sends = world.ghost.sends.entry(name.clone()).or_default();
    *sends += 1;
    if *sends > 1 && matches!(world.plan.rotation, Rotation::Strict | Rotation::Revoking) {
        world.violate("I1 a refresh token was sent twice");
    }
    let durable = durable(&world.disk, &world.ghost.folder);
    let claimed = durable.as_ref().is_some_and(|record| {
        record.claim.as_ref().is_some_and(|claim| claim.token == name) || record.known.contains(&name)
    });
    if !claimed {
        let what =
            if durable.is_some() { "its claim is not on the disk" } else { "its record is not on the disk" };
        world.violate(&format!("I1 a refresh token was sent and {what}"));
    }
    // An answer that could not be written down has the number that a login in between gives once more.
    if !world.processes[process].failed {
        send_is_due(world, &name);
    }
    if let Some(failed) = world.server.failed_at
        && world.monotonic() < failed + Duration::from_millis(4900)
        && !world.processes[process].failed
    {
        world.violate("I11 a server that failed was asked again within five seconds");
    }
}

/// Whether a renewal was due, by the clocks that do not jump. A login that came between the claim and the request says
/// nothing of the token that it replaced.
fn send_is_due(world: &mut World, name: &str) {
    let is_its = |record: &&Record| record.refresh_token.as_ref().is_some_and(|token| token.digest() == name);
    let last = world.ghost.last.as_ref().filter(is_its);
    let Some(token) = last.and_then(|record| record.access_token.clone()) else { return };
    let Some(issued) = world.ghost.issued.get(token.reveal()).copied() else { return };
    let left = (issued + world.ghost_life(token.reveal())).saturating_sub(world.boot());
    if world.plan.mirror || world.ghost.refused.contains(token.reveal()) || left < ADVISORY + SLACK {
        return;
    }
    world.ghost.early += 1;
    if world.ghost.early > world.ghost.jumps {
        let what = if world.ghost.jumps == 0 {
            "I11 a fresh token was renewed"
        } else {
            "I14 a jump of the clock cost two renewals"
        };
        world.violate(what);
    }
}

/// What the answer to a request that is sent now can cost.
pub(super) fn fault_in_flight(world: &mut World, fault: Fault) {
    let costs = match fault {
        Fault::None | Fault::NotConnected | Fault::NotSent | Fault::Busy | Fault::Late => None,
        Fault::Refused => Some("refused"),
        _ => Some("the answer is lost"),
    };
    world.ghost.excused = world.ghost.excused.or(costs);
}

/// The server says that it did not act, and the process hears it.
pub(super) fn not_issued(world: &mut World, token: &str) {
    if let Some(sends) = world.ghost.sends.get_mut(&digest(token.as_bytes())) {
        *sends = sends.saturating_sub(1);
    }
}

/// What is left after a power cut.
pub(super) fn after_power_cut(world: &mut World) {
    let found = highest(world).map(|(_, bytes)| Record::read(&bytes));
    match found {
        None => world.violate("I3 a power cut took the record away"),
        Some(Err(_)) => world.violate("I3 a power cut tore the record"),
        Some(Ok(record)) => {
            let token = record.refresh_token.as_ref().filter(|_| record.claim.is_none() && record.is_live());
            let sent =
                token.is_some_and(|token| world.ghost.sends.get(&token.digest()).is_some_and(|it| *it > 0));
            if sent && matches!(world.plan.rotation, Rotation::Strict | Rotation::Revoking) {
                world.violate("I1 a power cut took a claim away");
            }
            world.ghost.is_logged_out = record.state == State::LoggedOut;
            world.ghost.last = Some(record);
        }
    }
}

/// A token that a caller holds.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) text: String,
    pub(super) generation: u64,
    /// When it ends on the wall clock.
    until: Duration,
}

/// One call, when it begins.
pub(super) struct Begun {
    at: Duration,
    limit: Duration,
    stops: usize,
    claims: usize,
    claimed: bool,
}

pub(super) fn before_call(world: &World, process: usize, limit: Duration) -> Begun {
    Begun {
        at: world.monotonic(),
        limit,
        stops: world.processes[process].stops,
        claims: world.ghost.claims,
        claimed: world.ghost.is_claimed() || world.monotonic() < world.ghost.unclaimed_at + RESTS,
    }
}

/// A call has ended.
pub(super) fn after_call(
    world: &mut World,
    process: usize,
    begun: &Begun,
    result: Result<&Token, &Error>,
    held: &mut Option<Held>,
) {
    if world.is_dead(process) {
        return;
    }
    let took = world.monotonic().saturating_sub(begun.at);
    let was_stopped = world.processes[process].stops > begun.stops;
    if took > begun.limit + SLACK && !was_stopped {
        world.violate(&format!("I9 a call took {took:?} instead of {:?}", begun.limit));
    }
    match result {
        Ok(token) => {
            world.tell(&format!("served {}", token.reveal()));
            let recorded = world.plan.client || world.ghost.access_tokens.contains(token.reveal());
            if !recorded && !world.processes[process].failed {
                world.violate("I4 a caller has a token that no record holds");
            }
            let until =
                token.expires_at().and_then(|at| at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok());
            *held = until.map(|until| Held {
                text: token.reveal().to_owned(),
                generation: token.generation(),
                until,
            });
        }
        Err(error) => {
            world.tell(&format!("call fails: {error}"));
            failed(world, process, begun, error, held.as_ref(), was_stopped);
        }
    }
}

fn failed(
    world: &mut World,
    process: usize,
    begun: &Begun,
    error: &Error,
    held: Option<&Held>,
    was_stopped: bool,
) {
    let is_refused = |held: &Held| world.ghost.refused.contains(&held.text);
    let valid = held.is_some_and(|held| held.until > world.wall() + SLACK && !is_refused(held));
    if valid && world.ghost.jumps == 0 && !world.ghost.forgot.contains(&process) {
        world.violate(&format!("I10 a valid token was not served: {error}"));
    }
    let has_time = begun.limit >= Duration::from_secs(30) && !was_stopped;
    if world.plan.is_calm() && has_time {
        world.violate(&format!("I11 a call failed and nothing was wrong: {error}"));
    }
    if world.plan.client && world.plan.weather != Weather::Down && has_time {
        world.violate(&format!("I12 client credentials failed: {error}"));
    }
    if error.kind() == ErrorKind::LoginRequired {
        let claimed = begun.claimed || world.ghost.claims > begun.claims;
        let refused = world.server.families.iter().any(|family| family.was_refused);
        let just = match error.reason() {
            Some(Reason::RefreshOutcomeUnknown) => claimed && world.plan.rotation != Rotation::None,
            Some(Reason::Revoked) => refused,
            Some(Reason::LoggedOut) => world.ghost.logout > 0,
            Some(Reason::StoreReadOnly) => world.processes[process].failed,
            _ => false,
        };
        if !just {
            world.violate(&format!("I7 a login is asked for in vain: {error}"));
        }
    }
    if error.kind() == ErrorKind::InternalError || error.kind() == ErrorKind::StoreCorrupt {
        world.violate(&format!("I3 {error}"));
    }
}

/// Whether the login must be good when everything works again.
pub(super) fn must_be_good(world: &World) -> bool {
    let Some(record) = &world.ghost.last else { return false };
    if world.plan.client {
        return true;
    }
    if !is_of_use(world) {
        return false;
    }
    let owner = &world.processes[world.ghost.claimed_by];
    let unwritten = record.claim.is_some() && owner.failed;
    // A refused replay says that the token does not stay good after all: that is two faults, a lost answer and a refusal.
    let stays_good = record.rotation == crate::platform::Rotation::None;
    stays_good || (world.ghost.excused.is_none() && !unwritten && record.state != State::Dead)
}

/// Whether nobody has ended the login that the record holds.
pub(super) fn is_of_use(world: &World) -> bool {
    let Some(record) = &world.ghost.last else { return false };
    let family = record.refresh_token.as_ref().and_then(|token| world.server.family_of(token.reveal()));
    record.state != State::LoggedOut && family.is_some_and(|family| !world.server.families[family].is_ended)
}

/// The record that stands.
pub(super) fn last(world: &World) -> Option<&Record> {
    world.ghost.last.as_ref()
}

/// What is left when all have ended.
pub(super) fn at_end(world: &mut World, undisturbed: bool) {
    let numbers = world.disk.numbers(&world.ghost.folder);
    if undisturbed && numbers.len() > 1 {
        world.violate(&format!("I3 a stale number was left behind: {numbers:?}"));
    }
}

/// A process ends that has waited for what it had under way since `begun`, and had been stopped so often then.
pub(super) fn exits(world: &mut World, process: usize, (begun, stops): (Duration, usize)) {
    if world.is_dead(process) {
        return;
    }
    world.tell(&format!("process {process} exits"));
    world.end(process);
    let gave_up = world.monotonic() >= begun + EXIT || world.processes[process].stops > stops;
    let spends = world.plan.rotation != Rotation::None;
    if !world.ghost.is_claimed_by(process) || !spends || world.processes[process].failed {
        return;
    }
    if gave_up {
        world.ghost.excused = world.ghost.excused.or(Some("an exit waited no longer"));
    } else if world.ghost.excused.is_none() {
        world.violate("I7 an exit cut off an exchange");
    }
}

/// A login has succeeded: it is on the disk for good.
pub(super) fn logged_in(world: &mut World) {
    let durable = durable(&world.disk, &world.ghost.folder);
    let generation = world.ghost.last.as_ref().map(|record| record.generation);
    if durable.is_none() {
        world.violate(&format!("I3 a login succeeded and its record is not on the disk ({generation:?})"));
    }
}

/// A session could not be opened.
pub(super) fn not_opened(world: &mut World, process: usize, error: &Error) {
    if world.is_dead(process) {
        return;
    }
    world.tell(&format!("not opened: {error}"));
    let just = match error.reason() {
        Some(Reason::LoggedOut) => world.ghost.logout > 0,
        _ => world.processes[process].failed,
    };
    if !just {
        world.violate(&format!("I7 a session cannot be opened: {error}"));
    }
}
