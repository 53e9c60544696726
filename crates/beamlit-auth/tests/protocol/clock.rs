//! Time passes. Who knows which clock ran first knows in which order these happen.

use super::explore::{Actor, Move};
use super::model::Protocol;
use super::process::Step;
use super::record::{Claim, Own};
use super::rules::Grace;
use super::server::Answers;
use super::token::{LOGINS, Token};
use super::world::World;

impl Protocol {
    pub(crate) fn clock_moves(&self, world: &World, moves: &mut Vec<Move<World>>) {
        let record = &world.record;
        if record.fresh && record.is_live() && world.left.expiries > 0 {
            let mut after = *world;
            after.record.fresh = false;
            after.left.expiries -= 1;
            after.happened.owed += u8::from(self.setup.counts);
            moves.push(Actor::Named("the token").does("expires", after));
        }
        if self.setup.server != Answers::NextWithGrace {
            return;
        }
        if let Some(claim) = record.claim.filter(|claim| !claim.late) {
            let mut after = *world;
            after.record.claim = Some(Claim { late: true, ..claim });
            moves.push(Actor::Named("the time for replays").does("is over", after));
        }
        if let Some((claim, own)) =
            record.claim.and_then(|claim| Some((claim, claim.own.filter(|own| !own.late)?)))
        {
            let mut after = *world;
            after.record.claim = Some(Claim { own: Some(Own { late: true, ..own }), ..claim });
            moves.push(Actor::Named("the time for replays of the claim below").does("is over", after));
        }
        for login in 0..LOGINS {
            if world.server.grace[login] && !self.keeps_grace_open(world, login) {
                let mut after = *world;
                after.server.grace[login] = false;
                moves.push(Actor::Named("the server's time of grace").does("is over", after));
            }
        }
    }

    /// Our time for replays began before the server's, at the claim, and is shorter by one call: while ours runs, and
    /// while a replay is under way that began in it, the server's is not over.
    fn keeps_grace_open(&self, world: &World, login: usize) -> bool {
        let is_its = |token: Token| token.login() == Some(login);
        let (claim, own) = (world.record.claim, world.record.claim_on_own());
        let runs = claim.is_some_and(|claim| !claim.late && is_its(claim.token))
            || own.is_some_and(|own| !own.late && is_its(world.record.token));
        let flies = world.processes.iter().any(|process| {
            let replays = process.former.is_some() && is_its(process.token);
            matches!(process.step, Step::Claim | Step::Send) && replays
        });
        match self.rules.grace {
            Grace::LessOneCall => runs || flies,
            Grace::ToItsEnd => runs,
            Grace::FromEachReplay => false,
        }
    }
}
