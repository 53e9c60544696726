//! The record: what all processes share, and the one place where they meet.

use super::rules::Rules;
use super::seen::Bits;
use super::setup::Setup;
use super::token::{Token, Tokens};
use super::world::World;

/// How it stands with the login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// There is no record.
    Empty,
    Live,
    /// The server refused it.
    Dead,
    LoggedOut,
}

/// "I am about to send this token": written before the send, overwritten by the commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) token: Token,
    /// It was written under a lock that ends with its owner: whoever has that lock now knows that the owner is gone.
    pub(crate) locked: bool,
    /// The time in which it may be replayed is over.
    pub(crate) late: bool,
    /// What is claimed of the record's own token, while this is a claim on a candidate.
    pub(crate) own: Option<Own>,
    /// How many claims on a candidate stand over that one: a replay of one stands over it.
    pub(crate) height: u8,
}

/// A claim on the record's own token, whose outcome is unknown, below one on a candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Own {
    pub(crate) locked: bool,
    pub(crate) late: bool,
}

/// What a write stands over. A claim that is taken back, and a candidate's that is forgotten, let the one below it stand
/// again, and its writer knows it: so a commit compares the claim, not the whole record.
#[derive(Clone, Copy)]
pub(crate) enum Over {
    /// No claim stands after it but its own.
    Nothing,
    /// The claim that stands.
    Claim,
    /// So many claims are taken away, and the one below them stands again.
    Below(u8),
}

/// The newest file of the login's folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) state: State,
    /// How many logins there were. The file has no such number: only equality is asked for, and the tokens say that.
    pub(crate) login: u8,
    pub(crate) generation: u8,
    pub(crate) token: Token,
    /// The access token is not at its end.
    pub(crate) fresh: bool,
    pub(crate) claim: Option<Claim>,
    /// Refresh tokens that were here, or were met in the YAML.
    pub(crate) known: Tokens,
}

/// Which token somebody found stale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation {
    pub(crate) login: u8,
    pub(crate) number: u8,
}

impl Record {
    pub(crate) fn start(store_is_empty: bool) -> Self {
        let empty = Self {
            state: State::Empty,
            login: 0,
            generation: 0,
            token: Token::NONE,
            fresh: false,
            claim: None,
            known: Tokens::default(),
        };
        let live =
            Self { state: State::Live, login: 1, generation: 1, token: Token::FIRST, fresh: true, ..empty };
        if store_is_empty { empty } else { live }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// What is claimed of its own token.
    pub(crate) fn claim_on_own(&self) -> Option<Own> {
        let claim = self.claim?;
        let itself = Own { locked: claim.locked, late: claim.late };
        if claim.token == self.token { Some(itself) } else { claim.own }
    }

    /// The same without the claim on a candidate, and what that is written over.
    pub(crate) fn without_candidate(self) -> (Self, Over) {
        let below = self.claim.and_then(|claim| Some((claim.own?, claim.height)));
        let Some((Own { locked, late }, height)) = below else {
            return (Self { claim: None, ..self }, Over::Nothing);
        };
        let own = Claim { token: self.token, locked, late, own: None, height: 0 };
        (Self { claim: Some(own), ..self }, Over::Below(height))
    }

    pub(crate) fn generation(&self) -> Generation {
        Generation { login: self.login, number: self.generation }
    }

    /// Makes a token known.
    pub(crate) fn learn(&mut self, rules: &Rules, token: Token) {
        let before = if rules.knows_all || token.is_none() { self.known } else { Tokens::default() };
        self.known = before.with(token);
    }

    pub(crate) fn pass(&mut self, setup: &Setup, bits: &mut Bits) {
        bits.choice(&mut self.state, &State::ALL);
        bits.number(&mut self.login, 3);
        bits.number(&mut self.generation, 4);
        self.token.pass(bits);
        bits.flag(&mut self.fresh);
        let mut claim = self.claim.unwrap_or(Claim::NONE);
        claim.pass(setup, bits);
        self.claim = Some(claim).filter(|claim| !claim.token.is_none());
        self.known.pass(bits);
    }
}

impl State {
    const ALL: [Self; 4] = [Self::Empty, Self::Live, Self::Dead, Self::LoggedOut];
}

impl Claim {
    const NONE: Self = Self { token: Token::NONE, locked: false, late: false, own: None, height: 0 };

    fn pass(&mut self, setup: &Setup, bits: &mut Bits) {
        self.token.pass(bits);
        bits.flag(&mut self.locked);
        bits.flag(&mut self.late);
        if setup.mirror {
            Own::pass(&mut self.own, bits);
            bits.number(&mut self.height, 2);
        }
    }
}

impl Own {
    pub(crate) fn pass(own: &mut Option<Self>, bits: &mut Bits) {
        let mut there = own.is_some();
        let Self { mut locked, mut late } = own.unwrap_or(Self { locked: false, late: false });
        bits.flag(&mut there);
        bits.flag(&mut locked);
        bits.flag(&mut late);
        *own = there.then_some(Self { locked, late });
    }
}

impl World {
    /// Writes the record: whoever else had read it has not read this one.
    ///
    /// Compare-and-set is asked for by the writer, who looks at [`holds`](super::process::Process::holds).
    pub(crate) fn write(&mut self, record: Record, writer: Option<usize>, over: Over) {
        self.record = record;
        for (place, process) in self.processes.iter_mut().enumerate() {
            if Some(place) == writer {
                process.above = 0;
            } else {
                process.is_written_over(over);
            }
        }
    }
}
