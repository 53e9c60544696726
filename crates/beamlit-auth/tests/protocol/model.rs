//! The protocol as a model: a world, the rules that hold in it, and what must hold in every state.

use super::broken::{Broken, Invariant};
use super::explore::{Model, Move, Order};
use super::login::LoginStep;
use super::record::State;
use super::rules::Rules;
use super::seen::Bits;
use super::server::{Answers, Ended};
use super::setup::{Rotation, Setup};
use super::vendor::VendorStep;
use super::world::World;
use super::yaml::Shape;

pub(crate) struct Protocol {
    pub(crate) setup: Setup,
    pub(crate) rules: Rules,
}

impl Model for Protocol {
    type State = World;

    fn start(&self) -> World {
        World::start(&self.setup)
    }

    fn moves(&self, world: &World, moves: &mut Vec<Move<World>>) {
        for at in 0..self.setup.processes {
            // What one of two equal processes can do, the other can do as well.
            if !world.processes[..at].contains(&world.processes[at]) {
                self.process_moves(world, at, moves);
            }
        }
        self.login_moves(world, moves);
        self.vendor_moves(world, moves);
        self.clock_moves(world, moves);
    }

    fn broken(&self, world: &World) -> Broken {
        let (record, happened) = (&world.record, &world.happened);
        let live = record.is_live();
        let by_user = world.server.ended(record.token) == Ended::ByUser;
        let lost = live && !by_user && !self.is_unsure(world) && !self.accepts(&world.server, record.token);
        let is_older = record.token.is_first() || (record.token.is_theirs() && happened.theirs_is_older);
        [
            (world.server.reuse_detected, Invariant::ReuseDetected),
            (lost, Invariant::DeadTokenKept),
            (record.state == State::Dead && !by_user && !self.will_mend(world), Invariant::DeadUnasked),
            (live && record.login > 1 && is_older, Invariant::OlderLoginBack),
            (record.state == State::LoggedOut && !happened.logged_out, Invariant::LoggedOutUnasked),
            (self.is_calm(world) && vendor_login_is_lost(world), Invariant::VendorLoginLost),
            (
                self.is_calm(world) && happened.foreign_written && !world.yaml.foreign,
                Invariant::ForeignEntryLost,
            ),
        ]
        .into_iter()
        .fold(Broken::default(), |all, (wrong, invariant)| all.and(Broken::when(wrong, invariant)))
    }

    fn sort(&self, world: &mut World) -> Order {
        world.sort(&self.setup)
    }

    fn pass(&self, world: &mut World, bits: &mut Bits) {
        world.pass(&self.setup, &self.rules, bits);
    }
}

impl Protocol {
    /// The record says of its own refresh token that it may be spent, and nobody may replay it.
    fn is_unsure(&self, world: &World) -> bool {
        let claim = world.record.claim_on_own();
        claim.is_some_and(|claim| claim.late || self.setup.rotation != Rotation::Grace)
            && self.setup.server != Answers::Same
    }

    /// The login is dead because the server was broken, and will be tried again.
    fn will_mend(&self, world: &World) -> bool {
        let good = self.accepts(&world.server, world.record.token);
        self.setup.wrong_refusals > 0 && good && self.is_tried_again(&world.record)
    }

    /// Nobody is at work on the YAML, and nobody was killed amid a write.
    fn is_calm(&self, world: &World) -> bool {
        let vendor = world.vendor.step == VendorStep::Idle && !world.happened.vendor_killed;
        let ours = world.login.step == LoginStep::Idle && world.mirror.is_idle();
        self.setup.mirror && vendor && ours && world.yaml.shape != Shape::None
    }
}

fn vendor_login_is_lost(world: &World) -> bool {
    let somewhere = world.record.known.with(world.record.token).with(world.yaml.token);
    world.happened.vendor_login_is_last && !somewhere.have_theirs()
}
