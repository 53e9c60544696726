//! Our login and our logout. They write over whatever is there, and alone end a login.

use super::broken::{Broken, Invariant};
use super::explore::{Actor, Move};
use super::mirror::{Mirror, Writer};
use super::model::Protocol;
use super::record::{Over, Record, State};
use super::seen::Bits;
use super::server::Ended;
use super::token::{Token, Tokens};
use super::world::World;

/// What the user does with our tools.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ours {
    Login,
    Logout,
}

impl Ours {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "our login",
            Self::Logout => "our logout",
        }
    }
}

/// What it is about to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginStep {
    Idle,
    WriteRecord,
    LockYaml,
    Mirror,
}

impl LoginStep {
    const ALL: [Self; 4] = [Self::Idle, Self::WriteRecord, Self::LockYaml, Self::Mirror];
}

/// A login or a logout under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) step: LoginStep,
    what: Ours,
    /// The refresh token that it met in the YAML.
    met: Token,
}

impl Login {
    pub(crate) const IDLE: Self = Self { step: LoginStep::Idle, what: Ours::Login, met: Token::NONE };

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        bits.choice(&mut self.step, &LoginStep::ALL);
        bits.choice(&mut self.what, &[Ours::Login, Ours::Logout]);
        self.met.pass(bits);
    }
}

impl Protocol {
    pub(crate) fn login_moves(&self, world: &World, moves: &mut Vec<Move<World>>) {
        match world.login.step {
            LoginStep::Idle if world.left.ours > 0 => moves.push(self.login_begins(world)),
            LoginStep::Idle => {}
            LoginStep::WriteRecord => moves.push(self.login_writes_record(world)),
            LoginStep::LockYaml => moves.extend(login_locks_yaml(world)),
            LoginStep::Mirror => self.mirror_moves(world, Writer::Login(world.login.what), moves),
        }
    }

    fn login_begins(&self, world: &World) -> Move<World> {
        let what = self.setup.ours[self.setup.ours.len() - usize::from(world.left.ours)];
        let mut after = *world;
        after.left.ours -= 1;
        let met = if world.yaml.is_full() { world.yaml.token } else { Token::NONE };
        after.login = Login { step: LoginStep::WriteRecord, what, met };
        if self.setup.login_ends_the_last {
            after.server.end(world.record.token, Ended::ByUser);
        }
        let waits =
            !self.rules.login_waits_for_nobody && world.processes.iter().any(|process| process.has_lock);
        Actor::Named(what.name()).does("begins", after).breaking(Broken::when(waits, Invariant::LoginWaits))
    }

    /// Writes over whatever is there; there is nobody who could be in its way.
    fn login_writes_record(&self, world: &World) -> Move<World> {
        let Login { what, met, .. } = world.login;
        let old = &world.record;
        let claimed = old.claim.map_or(Token::NONE, |claim| claim.token);
        let mut new =
            Record { login: old.login + 1, claim: None, known: self.known_from_then_on(world), ..*old };
        match what {
            Ours::Logout => new.state = State::LoggedOut,
            Ours::Login => {
                let generation = old.generation + 1;
                new = Record { state: State::Live, generation, token: Token::OURS, fresh: true, ..new };
            }
        }
        let mut after = *world;
        after.write(new, None, Over::Nothing);
        after.happened.vendor_login_is_last = false;
        after.happened.theirs_is_older |= [claimed, met, old.token].iter().any(|token| token.is_theirs());
        after.happened.logged_out |= what == Ours::Logout;
        let next = Login { step: LoginStep::LockYaml, met: Token::NONE, ..world.login };
        after.login = if self.setup.mirror { next } else { Login::IDLE };
        Actor::Named(what.name()).does("writes the record", after)
    }

    /// What was known, what the YAML held, what is claimed, and the refresh token that is replaced.
    fn known_from_then_on(&self, world: &World) -> Tokens {
        let mut record = world.record;
        if !self.rules.login_keeps_known {
            return Tokens::default();
        }
        if let Some(claim) = record.claim.filter(|_| self.rules.login_learns_claim) {
            record.learn(&self.rules, claim.token);
        }
        if self.rules.login_learns_yaml {
            record.learn(&self.rules, world.login.met);
        }
        record.learn(&self.rules, record.token);
        record.known
    }
}

fn login_locks_yaml(world: &World) -> Option<Move<World>> {
    let mut after = *world;
    after.login.step = LoginStep::Mirror;
    after.mirror = Mirror::READ;
    world.mirror.is_idle().then(|| Actor::Named(world.login.what.name()).does("locks the YAML", after))
}
