//! One state of the world: the record, the server, the YAML, and how far everybody has come.

use super::explore::{Order, PROCESSES};
use super::login::Login;
use super::mirror::{Mirror, MirrorStep};
use super::process::{Process, Step};
use super::record::Record;
use super::rules::Rules;
use super::seen::Bits;
use super::server::Server;
use super::setup::{Rotation, Setup};
use super::token::{Token, Tokens};
use super::vendor::{Place, Vendor};
use super::yaml::Yaml;

/// How often each thing may still happen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) expiries: u8,
    pub(crate) kills: u8,
    pub(crate) losses: u8,
    pub(crate) full_disks: u8,
    pub(crate) refused_tokens: u8,
    pub(crate) put_offs: u8,
    pub(crate) wrong_refusals: u8,
    pub(crate) lost_locks: u8,
    pub(crate) ended_waits: u8,
    pub(crate) ours: u8,
    pub(crate) theirs: u8,
    pub(crate) vendor_kills: u8,
}

impl Left {
    fn start(setup: &Setup) -> Self {
        Self {
            expiries: setup.expiries,
            kills: setup.kills,
            losses: setup.losses,
            full_disks: setup.full_disks,
            refused_tokens: setup.refused_tokens,
            put_offs: setup.put_offs,
            wrong_refusals: setup.wrong_refusals,
            lost_locks: setup.lost_locks,
            ended_waits: setup.ended_waits,
            ours: u8::try_from(setup.ours.len()).expect("few logins"),
            theirs: u8::try_from(setup.theirs.len()).expect("few acts of the vendor's tool"),
            vendor_kills: setup.vendor_kills,
        }
    }

    fn pass(&mut self, bits: &mut Bits) {
        bits.number(&mut self.expiries, 2);
        for count in [&mut self.kills, &mut self.losses] {
            bits.number(count, 2);
        }
        for count in [&mut self.full_disks, &mut self.refused_tokens, &mut self.put_offs] {
            bits.number(count, 1);
        }
        for count in [&mut self.wrong_refusals, &mut self.lost_locks, &mut self.ended_waits] {
            bits.number(count, 1);
        }
        bits.number(&mut self.vendor_kills, 1);
        bits.number(&mut self.ours, 2);
        bits.number(&mut self.theirs, 3);
    }
}

/// What really happened. The invariants look at it; no step does.
#[expect(clippy::struct_excessive_bools, reason = "each happened or not, whatever else did")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Happened {
    /// The tokens that went out, where none may go out twice.
    pub(crate) sent: Tokens,
    /// Expiries that no exchange has answered yet, where they are counted.
    pub(crate) owed: u8,
    /// The last login or logout that was finished was one by the vendor's tool.
    pub(crate) vendor_login_is_last: bool,
    /// That login was there, in our YAML or in the record, when ours came over it.
    pub(crate) theirs_is_older: bool,
    /// The vendor's tool wrote an entry that is none of ours.
    pub(crate) foreign_written: bool,
    pub(crate) vendor_killed: bool,
    /// Somebody logged out.
    pub(crate) logged_out: bool,
}

impl Happened {
    fn pass(&mut self, bits: &mut Bits) {
        bits.number(&mut self.owed, 2);
        for happened in [&mut self.vendor_login_is_last, &mut self.theirs_is_older] {
            bits.flag(happened);
        }
        for happened in [&mut self.foreign_written, &mut self.vendor_killed, &mut self.logged_out] {
            bits.flag(happened);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) record: Record,
    pub(crate) server: Server,
    /// The file at the path.
    pub(crate) yaml: Yaml,
    /// The inode that the last rename took the place of; somebody may have it open.
    pub(crate) old_inode: Yaml,
    pub(crate) processes: [Process; PROCESSES],
    pub(crate) login: Login,
    /// The write of our mirror: the YAML lock allows one at a time.
    pub(crate) mirror: Mirror,
    pub(crate) vendor: Vendor,
    pub(crate) left: Left,
    pub(crate) happened: Happened,
}

impl World {
    pub(crate) fn start(setup: &Setup) -> Self {
        assert!(setup.processes <= PROCESSES, "widen PROCESSES");
        Self {
            record: Record::start(setup.store_is_empty),
            server: Server::start(),
            yaml: if setup.mirror { Yaml::full(Token::FIRST, false) } else { Yaml::NONE },
            old_inode: Yaml::NONE,
            processes: [Process::IDLE; PROCESSES],
            login: Login::IDLE,
            mirror: Mirror::IDLE,
            vendor: Vendor::IDLE,
            left: Left::start(setup),
            happened: Happened {
                sent: Tokens::default(),
                owed: 0,
                vendor_login_is_last: false,
                theirs_is_older: false,
                foreign_written: false,
                vendor_killed: false,
                logged_out: false,
            },
        }
    }

    /// Sorts the processes, which are interchangeable, and forgets what nobody can look at any more.
    pub(crate) fn sort(&mut self, setup: &Setup) -> Order {
        self.forget_what_never_stands_again();
        let mut order = [0, 1, 2];
        order[..setup.processes].sort_by_key(|place| self.processes[*place]);
        self.processes = order.map(|place| self.processes[place]);
        if self.mirror.step != MirrorStep::LookBack && self.vendor.place == Place::Path {
            self.old_inode = Yaml::NONE;
        }
        order
    }

    /// A claim below another one stands again if that is taken back, or if its candidate is forgotten; else it is gone.
    fn forget_what_never_stands_again(&mut self) {
        let releases = |process: &Process| process.step == Step::ReleaseClaim && process.former.is_some();
        let may_be_released = self.left.put_offs > 0 || self.processes.iter().any(releases);
        let own = self.record.claim.and_then(|claim| claim.own.and(Some(claim.height)));
        let is_gone = |process: &&mut Process| !process.holds() && Some(process.above) != own;
        if !may_be_released {
            self.processes.iter_mut().filter(is_gone).for_each(|process| process.above = Process::GONE);
        }
    }

    /// The state, without what stays as it is in these worlds.
    pub(crate) fn pass(&mut self, setup: &Setup, rules: &Rules, bits: &mut Bits) {
        self.record.pass(setup, bits);
        self.server.pass(bits);
        for process in &mut self.processes[..setup.processes] {
            process.pass(setup, bits);
            if !rules.mirror_rereads {
                process.met.pass(bits);
            }
        }
        if !setup.ours.is_empty() {
            self.login.pass(bits);
        }
        if setup.mirror {
            self.mirror.pass(bits);
            self.vendor.pass(bits);
            self.yaml.pass(bits);
            self.old_inode.pass(bits);
        }
        self.left.pass(bits);
        if setup.rotation == Rotation::Strict {
            self.happened.sent.pass(bits);
        }
        self.happened.pass(bits);
    }
}
