//! One state of the world: the record, the server, the YAML, and how far everybody has come.

use super::explore::{Order, PROCESSES};
use super::login::Login;
use super::mirror::{Mirror, MirrorStep};
use super::process::Process;
use super::record::Record;
use super::seen::{Bits, Packed};
use super::server::Server;
use super::setup::Setup;
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
    pub(crate) ours: usize,
    pub(crate) theirs: usize,
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
            ours: setup.ours.len(),
            theirs: setup.theirs.len(),
            vendor_kills: setup.vendor_kills,
        }
    }

    fn pack(&self, bits: &mut Bits) {
        bits.put(self.expiries, 3);
        for count in [self.kills, self.losses] {
            bits.put(count, 2);
        }
        for count in [self.full_disks, self.refused_tokens, self.put_offs, self.wrong_refusals] {
            bits.put(count, 1);
        }
        for count in [self.lost_locks, self.ended_waits, self.vendor_kills] {
            bits.put(count, 1);
        }
        bits.put(self.ours as u64, 2);
        bits.put(self.theirs as u64, 3);
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
    fn pack(&self, bits: &mut Bits) {
        self.sent.pack(bits);
        bits.put(self.owed, 2);
        bits.put(self.vendor_login_is_last, 1);
        bits.put(self.theirs_is_older, 1);
        bits.put(self.foreign_written, 1);
        bits.put(self.vendor_killed, 1);
        bits.put(self.logged_out, 1);
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
    pub(crate) fn sort(&mut self, processes: usize) -> Order {
        let mut order = [0, 1, 2];
        order[..processes].sort_by_key(|place| self.processes[*place]);
        self.processes = order.map(|place| self.processes[place]);
        if self.mirror.step != MirrorStep::LookBack && self.vendor.place == Place::Path {
            self.old_inode = Yaml::NONE;
        }
        order
    }

    /// The state, without what stays as it is in these worlds.
    pub(crate) fn pack(&self, processes: usize, mirror_rereads: bool) -> Packed {
        let mut bits = Bits::default();
        self.record.pack(&mut bits);
        self.server.pack(&mut bits);
        for process in &self.processes[..processes] {
            process.pack(&mut bits);
            if !mirror_rereads {
                process.met.pack(&mut bits);
            }
        }
        self.login.pack(&mut bits);
        self.mirror.pack(&mut bits);
        self.vendor.pack(&mut bits);
        self.yaml.pack(&mut bits);
        self.old_inode.pack(&mut bits);
        self.left.pack(&mut bits);
        self.happened.pack(&mut bits);
        bits.packed()
    }
}
