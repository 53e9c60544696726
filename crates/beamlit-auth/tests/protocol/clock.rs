//! Time passes. Who knows which clock ran first knows in which order these happen.

use super::explore::{Actor, Move};
use super::model::Protocol;
use super::process::Step;
use super::record::Claim;
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
        let runs = world.record.claim.is_some_and(|claim| !claim.late && is_its(claim.token));
        let flies = world.processes.iter().any(|process| {
            matches!(process.step, Step::Claim | Step::Send) && process.replays && is_its(process.token)
        });
        match self.rules.grace {
            Grace::LessOneCall => runs || flies,
            Grace::ToItsEnd => runs,
            Grace::FromEachReplay => false,
        }
    }
}
