//! The end of a renewal that got no token: the process marks the login dead, or releases its claim.

use super::broken::{Broken, Invariant};
use super::explore::{Actor, Move};
use super::model::Protocol;
use super::process::{Step, ended, ends};
use super::record::{Claim, Generation, Over, Record, State};
use super::world::World;

/// The token endpoint answers without a look at the token.
pub(crate) fn is_turned_away(world: &World, at: usize, moves: &mut Vec<Move<World>>) {
    if world.left.wrong_refusals > 0 {
        let mut after = *world;
        after.left.wrong_refusals -= 1;
        after.processes[at].step = Step::MarkDead;
        moves.push(Actor::Process(at).does("gets invalid_grant for a good token", after));
    }
    if world.left.put_offs > 0 {
        let mut after = *world;
        after.left.put_offs -= 1;
        after.processes[at].step = Step::ReleaseClaim;
        moves.push(Actor::Process(at).does("gets a 429", after));
    }
}

impl Protocol {
    /// `invalid_grant`: the login is dead, or it was a candidate that is none.
    pub(crate) fn marks_dead(&self, world: &World, at: usize) -> Move<World> {
        let process = world.processes[at];
        if self.rules.death_compares && !process.holds() {
            return ends("is refused its mark of death: adopts what is there", world, at);
        }
        let mut after = ended(world, at);
        if self.rules.death_compares && process.token != world.record.token {
            let (mut record, over) = world.record.without_candidate();
            record.learn(&self.rules, process.token);
            after.write(record, None, over);
            return Actor::Process(at).does("makes the refused candidate known", after);
        }
        let record = Record { claim: None, state: State::Dead, ..world.record };
        after.write(record, None, Over::Nothing);
        let other = world.record.login != process.found.login || world.record.state == State::LoggedOut;
        Actor::Process(at)
            .does("marks it dead", after)
            .breaking(Broken::when(other, Invariant::AnotherMarkedDead))
    }

    /// The token is known to be unspent. A replay knows that of its own send, not of the one before.
    pub(crate) fn releases_claim(&self, world: &World, at: usize) -> Move<World> {
        let (process, old) = (world.processes[at], &world.record);
        let mut after = ended(world, at);
        if self.rules.release_compares && !process.holds() {
            return Actor::Process(at).does("is refused its release: leaves the claim", after);
        }
        if let (Some(former), Some(claim), true) = (process.former, old.claim, self.rules.replay_keeps_claim)
        {
            let height = claim.height.saturating_sub(1);
            let below = Claim { locked: former.locked, height, ..claim };
            after.write(Record { claim: Some(below), ..*old }, None, Over::Below(1));
            return Actor::Process(at).does("puts back the claim that it repeated", after);
        }
        let (mut new, over) = old.without_candidate();
        if !process.holds() {
            let Generation { login, number } = process.found;
            new = Record { state: State::Live, login, generation: number, token: process.token, ..new };
        }
        after.write(new, None, over);
        let other = new.login != old.login || new.state != old.state;
        let broken = Broken::when(other, Invariant::CommittedOverAnother)
            .and(Broken::when(new.generation < old.generation, Invariant::GenerationFell));
        Actor::Process(at).does("releases its claim", after).breaking(broken)
    }
}
