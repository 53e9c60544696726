//! A process: what it is about to do, why it renews, and what may happen to it.

use super::explore::{Actor, Move};
use super::mirror::{Mirror, MirrorStep, Writer};
use super::model::Protocol;
use super::record::{Generation, Over, Own, Record, State};
use super::renewal::locks;
use super::seen::Bits;
use super::setup::{Rotation, Setup};
use super::token::Token;
use super::world::World;
use super::yaml::{Seen, Yaml};

type Moves = Vec<Move<World>>;

/// What a process is about to do. Between two steps anything else may happen, for any time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Idle,
    Lock,
    Reread,
    Claim,
    Send,
    Commit,
    /// The second half of a commit, where to compare and to write are two steps.
    Overwrite,
    Publish,
    MarkDead,
    ReleaseClaim,
    Mirror,
}

impl Step {
    const ALL: [Self; 11] = [
        Self::Idle,
        Self::Lock,
        Self::Reread,
        Self::Claim,
        Self::Send,
        Self::Commit,
        Self::Overwrite,
        Self::Publish,
        Self::MarkDead,
        Self::ReleaseClaim,
        Self::Mirror,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idle => "rests",
            Self::Lock => "locks",
            Self::Reread => "re-reads",
            Self::Claim => "claims",
            Self::Send => "sends",
            Self::Commit => "commits",
            Self::Overwrite => "overwrites",
            Self::Publish => "publishes",
            Self::MarkDead => "marks it dead",
            Self::ReleaseClaim => "releases its claim",
            Self::Mirror => "mirrors",
        }
    }
}

/// A process that renews, and what it remembers. What its next steps do not look at is forgotten.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    pub(crate) step: Step,
    /// What it found stale, then what it re-read.
    pub(crate) found: Generation,
    /// The refresh token that it sends.
    pub(crate) token: Token,
    /// The refresh token that it got.
    pub(crate) answer: Token,
    pub(crate) has_lock: bool,
    /// How many claims stand over its own; before it has one, zero says that the newest record is the one that it read. A
    /// write of its own is refused unless this is zero.
    pub(crate) above: u8,
    /// The claim that its own stands over, if its send repeats that one, whose outcome is unknown.
    pub(crate) former: Option<Own>,
    /// The YAML as it was at the start, where the mirror does not re-read.
    pub(crate) met: Yaml,
}

impl Process {
    /// What it read or claimed stands nowhere any more.
    pub(crate) const GONE: u8 = 7;
    pub(crate) const IDLE: Self = Self {
        step: Step::Idle,
        found: Generation { login: 0, number: 0 },
        token: Token::NONE,
        answer: Token::NONE,
        has_lock: false,
        above: Self::GONE,
        former: None,
        met: Yaml::NONE,
    };

    /// The newest record is the one that it read, or the newest claim its own.
    pub(crate) fn holds(&self) -> bool {
        self.above == 0
    }

    /// Somebody else writes the record.
    pub(crate) fn is_written_over(&mut self, over: Over) {
        let has_claimed = !matches!(self.step, Step::Idle | Step::Lock | Step::Reread | Step::Claim);
        self.above = match over {
            Over::Claim if has_claimed && self.above != Self::GONE => {
                assert!(self.above + 1 < Self::GONE, "more claims stand over each other: widen `above`");
                self.above + 1
            }
            Over::Below(taken) if has_claimed && self.above != Self::GONE && taken <= self.above => {
                self.above - taken
            }
            _ => Self::GONE,
        };
    }

    pub(crate) fn pass(&mut self, setup: &Setup, bits: &mut Bits) {
        bits.choice(&mut self.step, &Step::ALL);
        bits.number(&mut self.found.login, 3);
        bits.number(&mut self.found.number, 4);
        self.token.pass(bits);
        self.answer.pass(bits);
        bits.flag(&mut self.has_lock);
        bits.number(&mut self.above, 3);
        if setup.rotation != Rotation::Strict {
            Own::pass(&mut self.former, bits);
        }
    }
}

impl Protocol {
    pub(crate) fn process_moves(&self, world: &World, at: usize, moves: &mut Moves) {
        self.accidents(world, at, moves);
        match world.processes[at].step {
            Step::Idle => self.looks(world, at, moves),
            Step::Lock => locks(world, at, moves),
            Step::Reread => moves.push(self.rereads(world, at)),
            Step::Claim => moves.push(self.claims(world, at)),
            Step::Send => self.sends(world, at, moves),
            Step::Commit => self.commits(world, at, moves),
            Step::Overwrite => moves.push(self.overwrites(world, at)),
            Step::Publish => moves.push(self.publishes(world, at)),
            Step::MarkDead => moves.push(self.marks_dead(world, at)),
            Step::ReleaseClaim => moves.push(self.releases_claim(world, at)),
            Step::Mirror => self.mirror_moves(world, Writer::Process(at), moves),
        }
    }

    /// What may happen to it at any step. SIGSTOP is no step: any step may be late for ever.
    fn accidents(&self, world: &World, at: usize, moves: &mut Moves) {
        let process = &world.processes[at];
        let looks_back = process.step == Step::Mirror && world.mirror.step == MirrorStep::LookBack;
        let spared = looks_back && !self.setup.kill_before_look;
        if world.left.kills > 0 && process.step != Step::Idle && !spared {
            let mut after = ended(world, at);
            after.left.kills -= 1;
            moves.push(Actor::Process(at).does_to("is killed before it", process.step.name(), after));
        }
        if world.left.lost_locks > 0 && process.has_lock {
            let mut after = *world;
            after.left.lost_locks -= 1;
            after.processes[at].has_lock = false;
            moves.push(Actor::Process(at).does("loses the lock", after));
        }
    }

    /// A process at rest has a reason to renew, or to write the mirror.
    fn looks(&self, world: &World, at: usize, moves: &mut Moves) {
        let record = &world.record;
        let stale = record.is_live() && !record.fresh;
        if stale || self.candidate(world).is_some() {
            moves.push(Actor::Process(at).does("finds the token stale", self.begun(world, at)));
        } else if self.is_tried_again(record) {
            moves.push(Actor::Process(at).does("tries the dead login again", self.begun(world, at)));
        } else if record.is_live() && world.left.refused_tokens > 0 {
            let mut after = self.begun(world, at);
            after.left.refused_tokens -= 1;
            moves.push(Actor::Process(at).does("gets a 401", after));
        }
        match self.look(world) {
            Seen::Older if world.mirror.is_idle() => {
                let mut after = *world;
                after.processes[at].step = Step::Mirror;
                after.mirror = Mirror::READ;
                moves.push(Actor::Process(at).does("sees an older token in the YAML", after));
            }
            Seen::Unknown if !self.rules.candidates_are_tried => moves.push(self.adopts_untried(world, at)),
            Seen::Absent if !self.rules.absence_means_nothing && record.is_live() => {
                moves.push(self.takes_absence_for_logout(world, at));
            }
            _ => {}
        }
    }

    /// A refresh token that no exchange spends may be tried after a refusal. That is done once in ten minutes at most.
    pub(crate) fn is_tried_again(&self, record: &Record) -> bool {
        self.rules.dead_is_tried_again && record.state == State::Dead && self.setup.rotation == Rotation::None
    }

    fn begun(&self, world: &World, at: usize) -> World {
        let mut after = *world;
        let met = if self.rules.mirror_rereads { Process::IDLE.met } else { world.yaml };
        after.processes[at] =
            Process { step: Step::Lock, found: world.record.generation(), met, ..Process::IDLE };
        after
    }
}

/// The world in which a process is at rest, with all its locks free.
pub(crate) fn ended(world: &World, at: usize) -> World {
    let mut after = *world;
    if after.processes[at].step == Step::Mirror {
        after.mirror = Mirror::IDLE;
    }
    after.processes[at] = Process::IDLE;
    after
}

pub(crate) fn ends(verb: &'static str, world: &World, at: usize) -> Move<World> {
    Actor::Process(at).does(verb, ended(world, at))
}
