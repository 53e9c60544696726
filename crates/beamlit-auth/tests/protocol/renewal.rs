//! One renewal, step by step, as a process makes it. Each function is one step of the engine.
//!
//! finds the token stale → locks → re-reads → claims → sends → commits → publishes, unlocks → mirrors; or, where the
//! server refused: marks dead; or, where it put the request off: releases its claim (`refusal.rs`).

use super::broken::{Broken, Invariant};
use super::explore::{Actor, Move};
use super::mirror::{Mirror, MirrorStep};
use super::model::Protocol;
use super::process::{Process, Step, ended, ends};
use super::record::{Claim, Over, Own, Record, State};
use super::refusal::is_turned_away;
use super::rules::{Grace, Publishes};
use super::server::Ended;
use super::setup::Rotation;
use super::token::Token;
use super::world::World;

type Moves = Vec<Move<World>>;

impl Protocol {
    /// The newest record and the YAML decide what is to be done, if anything is.
    pub(crate) fn rereads(&self, world: &World, at: usize) -> Move<World> {
        let record = &world.record;
        let here = record.generation();
        let candidate = self.candidate(world);
        if !self.rules.record_is_truth && !world.yaml.token.is_none() && world.yaml.token != record.token {
            return is_to_claim("reads the YAML as the truth", world, at, world.yaml.token);
        }
        if !record.is_live() && candidate.is_none() && !self.is_tried_again(record) {
            return ends("says that a login is required", world, at);
        }
        if here != world.processes[at].found && self.rules.newer_is_adopted {
            return ends("adopts a newer generation", world, at);
        }
        match record.claim {
            None => is_to_claim("re-reads", world, at, candidate.unwrap_or(record.token)),
            Some(claim) if self.may_be_replayed(world, at, claim) => {
                is_to_claim("re-reads, and may replay a claim", world, at, claim.token)
            }
            Some(claim) if claim.token != record.token => self.forgets_candidate(world, at, claim.token),
            Some(_) => match candidate {
                Some(candidate) => is_to_claim("re-reads, and may try a candidate", world, at, candidate),
                None => ends("says that the outcome of a renewal is unknown", world, at),
            },
        }
    }

    /// Whether a claim whose outcome is unknown may be sent again.
    ///
    /// The engine first waits until the claim is as old as a call may last. Its owner may be stopped for longer, so the
    /// wait proves nothing, and is no step here.
    fn may_be_replayed(&self, world: &World, at: usize, claim: Claim) -> bool {
        let owner_is_gone = claim.locked && world.processes[at].has_lock;
        let is_at_hand = claim.token == world.record.token || self.candidate(world) == Some(claim.token);
        match self.setup.rotation {
            _ if !is_at_hand => false,
            Rotation::None => true,
            Rotation::Grace => !claim.late && (owner_is_gone || !self.rules.grace_replays_orphans_only),
            Rotation::Strict => false,
        }
    }

    /// The outcome that is unknown is that of a candidate: the record's own refresh token is what it was before.
    fn forgets_candidate(&self, world: &World, at: usize, candidate: Token) -> Move<World> {
        let mut after = *world;
        let (mut record, over) = world.record.without_candidate();
        record.learn(&self.rules, candidate);
        after.write(record, None, over);
        Actor::Process(at).does("makes a candidate known whose outcome is not", after)
    }

    /// No durable claim, no send.
    pub(crate) fn claims(&self, world: &World, at: usize) -> Move<World> {
        let process = world.processes[at];
        let mut after = *world;
        if self.rules.claim_compares && !process.holds() {
            after.processes[at] =
                Process { step: Step::Lock, found: process.found, met: process.met, ..Process::IDLE };
            return Actor::Process(at).does("is refused its claim", after);
        }
        let mut record = Record { claim: Some(self.new_claim(world, at)), ..world.record };
        if !self.rules.claim_compares {
            record.token = process.token;
        }
        let over = if world.record.claim.is_some() { Over::Claim } else { Over::Nothing };
        after.write(record, Some(at), over);
        after.processes[at].step = Step::Send;
        let other = world.record.generation() != process.found;
        Actor::Process(at).does("claims", after).breaking(Broken::when(other, Invariant::ClaimedOverAnother))
    }

    /// A replay keeps when its token was first sent, and a candidate's claim what is claimed of the record's own token.
    fn new_claim(&self, world: &World, at: usize) -> Claim {
        let process = world.processes[at];
        let (repeated, below) = (process.former.and(world.record.claim), world.record.claim_on_own());
        let own = below.filter(|_| process.token != world.record.token && self.rules.own_claim_is_kept);
        let first = repeated.filter(|_| self.rules.grace != Grace::FromEachReplay);
        Claim {
            token: process.token,
            locked: self.setup.rotation == Rotation::Grace && process.has_lock && self.setup.lost_locks == 0,
            late: first.is_some_and(|claim| claim.late),
            own,
            height: own.map_or(0, |_| 1 + repeated.map_or(0, |claim| claim.height)),
        }
    }

    pub(crate) fn sends(&self, world: &World, at: usize, moves: &mut Moves) {
        let token = world.processes[at].token;
        let mut sent = *world;
        let mut broken = Broken::default();
        if self.setup.rotation == Rotation::Strict {
            broken = broken.and(Broken::when(world.happened.sent.has(token), Invariant::SentTwice));
            sent.happened.sent = world.happened.sent.with(token);
        }
        if self.setup.counts {
            broken = broken.and(Broken::when(world.happened.owed == 0, Invariant::ExchangedTooOften));
            sent.happened.owed = world.happened.owed.saturating_sub(1);
        }
        let mut arrived = sent;
        let answer = self.exchange(&mut arrived.server, token);
        moves.push(self.is_answered(&arrived, at, answer).breaking(broken));
        for (verb, outcome) in [("loses the answer", arrived), ("loses the request", sent)] {
            if world.left.losses > 0 {
                let mut after = ended(&outcome, at);
                after.left.losses -= 1;
                moves.push(Actor::Process(at).does(verb, after).breaking(broken));
            }
        }
        is_turned_away(world, at, moves);
    }

    fn is_answered(&self, arrived: &World, at: usize, answer: Option<Token>) -> Move<World> {
        let mut after = *arrived;
        let process = &mut after.processes[at];
        let Some(answer) = answer else {
            process.step = Step::MarkDead;
            return Actor::Process(at).does("gets invalid_grant", after);
        };
        process.answer = answer;
        let early = self.rules.publishes == Publishes::BeforeCommit;
        process.step = if early { Step::Publish } else { Step::Commit };
        Actor::Process(at).does("is answered", after)
    }

    /// Writes the new token over its own claim.
    pub(crate) fn commits(&self, world: &World, at: usize, moves: &mut Moves) {
        let holds = world.processes[at].holds();
        if self.rules.commit_compares && !holds {
            moves.push(self.drops_its_answer(world, at));
        } else if self.rules.writes_are_one_step {
            moves.push(self.overwrites(world, at));
        } else {
            let mut after = *world;
            after.processes[at].step = Step::Overwrite;
            moves.push(Actor::Process(at).does("compares", after));
        }
        if world.left.full_disks > 0 && holds {
            let mut after = *world;
            after.left.full_disks -= 1;
            moves.push(
                Actor::Process(at).does("finds the disk full: serves the token, keeps the answer", after),
            );
        }
    }

    fn drops_its_answer(&self, world: &World, at: usize) -> Move<World> {
        let logged_out = world.record.state == State::LoggedOut;
        if !logged_out && self.rules.revokes_after_logout_only {
            return ends("is refused its commit: drops the answer", world, at);
        }
        let mut after = ended(world, at);
        let by = if world.record.is_live() { Ended::ByUs } else { Ended::ByUser };
        after.server.end(world.processes[at].answer, by);
        Actor::Process(at).does("is refused its commit: drops the answer, revokes it", after)
    }

    pub(crate) fn overwrites(&self, world: &World, at: usize) -> Move<World> {
        let (process, old) = (world.processes[at], &world.record);
        let new = self.renewed(world, at);
        let other = !process.holds() && (old.login != new.login || old.state == State::LoggedOut);
        let late = self.rules.publishes == Publishes::AfterMirror && !world.mirror.is_idle();
        let broken = Broken::when(other, Invariant::CommittedOverAnother)
            .and(Broken::when(new.generation < old.generation, Invariant::GenerationFell))
            .and(Broken::when(late, Invariant::TokenWaitsForMirror));
        let mut after = *world;
        after.write(new, Some(at), Over::Nothing);
        if self.rules.publishes == Publishes::AfterCommit {
            let Process { found, has_lock, met, .. } = process;
            after.processes[at] = Process { step: Step::Publish, found, has_lock, met, ..Process::IDLE };
        } else {
            after = self.unlocked(&after, at);
        }
        Actor::Process(at).does("commits", after).breaking(broken)
    }

    /// The record with the new token, one generation further than the one that was read.
    fn renewed(&self, world: &World, at: usize) -> Record {
        let (process, old) = (world.processes[at], &world.record);
        let read = if process.holds() { old.generation() } else { process.found };
        let candidate_won = process.holds() && process.token != old.token;
        let mut new = Record {
            state: State::Live,
            login: read.login + u8::from(candidate_won),
            generation: read.number + 1,
            token: process.answer,
            fresh: true,
            claim: None,
            known: old.known,
        };
        for token in [process.token, old.token] {
            if token != process.answer {
                new.learn(&self.rules, token);
            }
        }
        new
    }

    /// Hands the token to its callers, and unlocks.
    pub(crate) fn publishes(&self, world: &World, at: usize) -> Move<World> {
        let committed = world.record.generation > world.processes[at].found.number;
        let mut after = *world;
        if self.rules.publishes == Publishes::BeforeCommit {
            after.processes[at].step = Step::Commit;
        } else {
            after = self.unlocked(world, at);
        }
        let broken = Broken::when(!committed, Invariant::ServedUncommitted);
        Actor::Process(at).does("publishes", after).breaking(broken)
    }

    /// The renewal is over. The mirror is next, unless somebody writes it: then it is left to the next look.
    fn unlocked(&self, world: &World, at: usize) -> World {
        let mut after = *world;
        let met = after.processes[at].met;
        after.processes[at] = Process::IDLE;
        if self.setup.mirror && world.mirror.is_idle() {
            after.processes[at].step = Step::Mirror;
            let unread = Mirror { step: MirrorStep::Rename, read: met, ..Mirror::IDLE };
            after.mirror = if self.rules.mirror_rereads { Mirror::READ } else { unread };
        }
        after
    }
}

/// Waits for the credential lock, whose end comes with its holder's, or goes on without: the lock saves work, no login.
pub(crate) fn locks(world: &World, at: usize, moves: &mut Moves) {
    let mut after = *world;
    after.processes[at].step = Step::Reread;
    let held = world.processes.iter().any(|process| process.has_lock);
    if !held {
        after.processes[at].has_lock = true;
        moves.push(Actor::Process(at).does("locks", after));
    } else if world.left.ended_waits > 0 {
        after.left.ended_waits -= 1;
        moves.push(Actor::Process(at).does("waits for the lock to the limit, goes on without", after));
    }
}

fn is_to_claim(verb: &'static str, world: &World, at: usize, token: Token) -> Move<World> {
    let mut after = *world;
    let process = &mut after.processes[at];
    process.step = Step::Claim;
    process.token = token;
    let repeated = world.record.claim.filter(|claim| claim.token == token);
    process.former = repeated.map(|claim| Own { locked: claim.locked, late: false });
    process.above = 0;
    process.found = world.record.generation();
    Actor::Process(at).does(verb, after)
}
