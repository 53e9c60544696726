//! The record: what all processes share, and the one place where they meet.

use super::rules::Rules;
use super::seen::Bits;
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

    pub(crate) fn generation(&self) -> Generation {
        Generation { login: self.login, number: self.generation }
    }

    /// Makes a token known.
    pub(crate) fn learn(&mut self, rules: &Rules, token: Token) {
        let before = if rules.knows_all || token.is_none() { self.known } else { Tokens::default() };
        self.known = before.with(token);
    }

    pub(crate) fn pack(&self, bits: &mut Bits) {
        bits.put(self.state as u8, 2);
        bits.put(self.login, 3);
        bits.put(self.generation, 4);
        self.token.pack(bits);
        bits.put(self.fresh, 1);
        let claim = self.claim.unwrap_or(Claim { token: Token::NONE, locked: false, late: false });
        claim.token.pack(bits);
        bits.put(claim.locked, 1);
        bits.put(claim.late, 1);
        self.known.pack(bits);
    }
}

impl World {
    /// Writes the record: whoever else had read it has not read this one.
    ///
    /// Compare-and-set is asked for by the writer, who looks at [`holds_record`](super::process::Process::holds_record).
    pub(crate) fn write(&mut self, record: Record, writer: Option<usize>) {
        self.record = record;
        for (place, process) in self.processes.iter_mut().enumerate() {
            process.holds_record &= Some(place) == writer;
        }
    }
}
