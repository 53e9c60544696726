//! How our mirror of the record is written into the platform's YAML.
//!
//! YAML lock → read → temporary file, rename → look at the old inode. The vendor's tool takes no lock: it truncates the
//! file and writes into it, so it may have the old inode open when the rename replaces it, and what it writes there is
//! put back.

use super::explore::{Actor, Move};
use super::login::{Login, Ours};
use super::model::Protocol;
use super::process::Process;
use super::record::State;
use super::seen::Bits;
use super::vendor::{Place, VendorStep};
use super::world::World;
use super::yaml::{Seen, Shape, Yaml};

/// What the holder of the YAML lock is about to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MirrorStep {
    /// Nobody has the lock.
    Idle,
    Read,
    Rename,
    LookBack,
}

impl MirrorStep {
    const ALL: [Self; 4] = [Self::Idle, Self::Read, Self::Rename, Self::LookBack];
}

/// One write of the mirror under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mirror {
    pub(crate) step: MirrorStep,
    /// The YAML that was read, then the one that the rename should have replaced.
    pub(crate) read: Yaml,
    /// What was put in its place.
    pub(crate) written: Yaml,
}

impl Mirror {
    pub(crate) const IDLE: Self = Self { step: MirrorStep::Idle, read: Yaml::NONE, written: Yaml::NONE };
    pub(crate) const READ: Self = Self { step: MirrorStep::Read, ..Self::IDLE };

    pub(crate) fn is_idle(self) -> bool {
        self.step == MirrorStep::Idle
    }

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        bits.choice(&mut self.step, &MirrorStep::ALL);
        self.read.pass(bits);
        self.written.pass(bits);
    }
}

/// Who writes the mirror.
#[derive(Clone, Copy)]
pub(crate) enum Writer {
    Process(usize),
    Login(Ours),
}

impl Writer {
    fn says(self, verb: &'static str, after: World) -> Move<World> {
        match self {
            Self::Process(place) => Actor::Process(place).does(verb, after),
            Self::Login(ours) => Actor::Named(ours.name()).does(verb, after),
        }
    }

    fn logs_in(self) -> bool {
        matches!(self, Self::Login(Ours::Login))
    }

    /// The same, unlocked and done.
    fn ends(self, verb: &'static str, mut after: World) -> Move<World> {
        after.mirror = Mirror::IDLE;
        match self {
            Self::Process(place) => after.processes[place] = Process::IDLE,
            Self::Login(_) => after.login = Login::IDLE,
        }
        self.says(verb, after)
    }
}

impl Protocol {
    pub(crate) fn mirror_moves(&self, world: &World, writer: Writer, moves: &mut Vec<Move<World>>) {
        match world.mirror.step {
            MirrorStep::Idle => {}
            MirrorStep::Read => moves.push(self.mirror_reads(world, writer)),
            MirrorStep::Rename => moves.push(self.mirror_renames(world, writer)),
            MirrorStep::LookBack => moves.extend(self.mirror_looks_back(world, writer)),
        }
    }

    /// Whether the YAML is one to write over. A file that is not whole is somebody's write under way, or the remains of
    /// one: it is left alone.
    fn is_to_be_written(&self, world: &World, writer: Writer) -> bool {
        let missing = world.yaml.shape == Shape::None && writer.logs_in();
        let logged_out = world.record.state == State::LoggedOut;
        let seen = self.look(world);
        let outdated = seen == Seen::Older || (seen == Seen::Absent && writer.logs_in() && !logged_out);
        missing || (world.yaml.is_full() && outdated)
    }

    fn mirror_reads(&self, world: &World, writer: Writer) -> Move<World> {
        let seen = if world.yaml.is_full() { self.look(world) } else { Seen::Nothing };
        let elsewhere = seen == Seen::Elsewhere && writer.logs_in();
        let needless = seen == Seen::Current && !self.rules.mirror_over_older_only;
        if !(self.is_to_be_written(world, writer) || elsewhere || needless) {
            return writer.ends("leaves the YAML as it is", *world);
        }
        let mut after = *world;
        after.mirror = Mirror { step: MirrorStep::Rename, read: world.yaml, ..Mirror::IDLE };
        writer.says("reads the YAML, to write it", after)
    }

    fn mirror_renames(&self, world: &World, writer: Writer) -> Move<World> {
        let mut after = *world;
        let out = world.record.state == State::LoggedOut;
        let token = if out { Yaml::EMPTY.token } else { world.record.token };
        let written = Yaml::full(token, world.mirror.read.foreign);
        after.rename(written);
        if !self.rules.mirror_looks_back {
            return writer.ends("renames its YAML over it", after);
        }
        after.mirror = Mirror { step: MirrorStep::LookBack, written, ..world.mirror };
        writer.says("renames its YAML over it", after)
    }

    fn mirror_looks_back(&self, world: &World, writer: Writer) -> Option<Move<World>> {
        let Mirror { read, written, .. } = world.mirror;
        let mut after = *world;
        if world.vendor.place == Place::OldInode {
            // It is in the making: look again later. To give up is a residue that has a name.
            return self.setup.vendor_stalls.then(|| writer.ends("gives up on the old inode", after));
        }
        let changed = world.old_inode.is_full() && world.old_inode != read;
        if changed && world.yaml == written {
            after.rename(world.old_inode);
            after.mirror = Mirror { read: written, written: world.old_inode, ..world.mirror };
            return Some(writer.says("puts back what was written into the old inode", after));
        }
        after.old_inode = Yaml::NONE;
        if !self.is_to_be_written(world, writer) {
            return Some(writer.ends("sees the old inode unchanged", after));
        }
        after.mirror = Mirror::READ;
        Some(writer.says("sees the old inode unchanged", after))
    }
}

impl World {
    /// Puts a new inode at the path. Who has the one before open goes on writing into that.
    pub(crate) fn rename(&mut self, yaml: Yaml) {
        if self.vendor.place == Place::Path {
            self.old_inode = self.yaml;
            if matches!(self.vendor.step, VendorStep::Truncated | VendorStep::Half) {
                self.vendor.place = Place::OldInode;
            }
        }
        self.yaml = yaml;
    }
}
