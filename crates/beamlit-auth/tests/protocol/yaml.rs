//! The platform's YAML, and what it says to somebody who holds the record against it.

use super::explore::{Actor, Move};
use super::model::Protocol;
use super::record::{Over, Record, State};
use super::seen::Bits;
use super::token::Token;
use super::vendor::VendorStep;
use super::world::World;

/// How much of the file is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// There is no file.
    None,
    Full,
    /// Truncated.
    Empty,
    /// It ends at the end of a line: a good file with fewer logins.
    Cut,
    /// It ends amid a token.
    Torn,
}

impl Shape {
    const ALL: [Self; 5] = [Self::None, Self::Full, Self::Empty, Self::Cut, Self::Torn];
}

/// The content of one inode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Yaml {
    pub(crate) shape: Shape,
    /// The refresh token of our entry.
    pub(crate) token: Token,
    /// Somebody's entry that is none of ours.
    pub(crate) foreign: bool,
}

impl Yaml {
    pub(crate) const NONE: Self = Self { shape: Shape::None, token: Token::NONE, foreign: false };
    pub(crate) const EMPTY: Self = Self { shape: Shape::Empty, ..Self::NONE };
    pub(crate) const CUT: Self = Self { shape: Shape::Cut, ..Self::NONE };
    pub(crate) const TORN: Self = Self { shape: Shape::Torn, token: Token::TORN, foreign: false };

    pub(crate) const fn full(token: Token, foreign: bool) -> Self {
        Self { shape: Shape::Full, token, foreign }
    }

    pub(crate) fn is_full(self) -> bool {
        self.shape == Shape::Full
    }

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        bits.choice(&mut self.shape, &Shape::ALL);
        self.token.pass(bits);
        bits.flag(&mut self.foreign);
    }
}

/// What the YAML says to us.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It cannot be told: no file, an empty one, one that changes while it is looked at.
    Nothing,
    /// No entry of ours.
    Absent,
    /// Our entry belongs to another `env`.
    Elsewhere,
    /// The record's refresh token.
    Current,
    /// One that was the record's, or was tried.
    Older,
    /// A candidate.
    Unknown,
}

impl Protocol {
    /// One look at the YAML.
    pub(crate) fn look(&self, world: &World) -> Seen {
        let (yaml, record) = (world.yaml, &world.record);
        let changes = !yaml.is_full() && world.vendor.step != VendorStep::Idle;
        if matches!(yaml.shape, Shape::None | Shape::Empty) || (changes && !self.rules.one_look) {
            Seen::Nothing
        } else if yaml.token.is_none()
            || (yaml.token == Token::ELSEWHERE && !self.rules.absence_means_nothing)
        {
            Seen::Absent
        } else if yaml.token == Token::ELSEWHERE {
            Seen::Elsewhere
        } else if yaml.token == record.token && record.state != State::LoggedOut {
            Seen::Current
        } else if record.known.has(yaml.token) {
            Seen::Older
        } else {
            Seen::Unknown
        }
    }

    /// The refresh token that one renewal should try: it is in the YAML, and we never met it.
    pub(crate) fn candidate(&self, world: &World) -> Option<Token> {
        let unknown = self.rules.candidates_are_tried && self.look(world) == Seen::Unknown;
        unknown.then_some(world.yaml.token)
    }

    /// What a process does that believes the YAML at first sight.
    pub(crate) fn adopts_untried(&self, world: &World, at: usize) -> Move<World> {
        let old = &world.record;
        let mut record = Record {
            state: State::Live,
            login: old.login + 1,
            generation: old.generation + 1,
            token: world.yaml.token,
            fresh: false,
            claim: None,
            known: old.known,
        };
        record.learn(&self.rules, old.token);
        let mut after = *world;
        after.write(record, None, Over::Nothing);
        Actor::Process(at).does("adopts the YAML's token", after)
    }

    /// What a process does that takes a missing entry for an answer.
    pub(crate) fn takes_absence_for_logout(&self, world: &World, at: usize) -> Move<World> {
        let mut record = Record { state: State::LoggedOut, claim: None, ..world.record };
        record.learn(&self.rules, record.token);
        let mut after = *world;
        after.write(record, None, Over::Nothing);
        Actor::Process(at).does("takes it for a logout", after)
    }
}
