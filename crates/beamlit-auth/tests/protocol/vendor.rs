//! The vendor's tool on the platform's YAML, and the user's `rm`.
//!
//! It loads the file, truncates it and writes it anew, without a lock, and a broken file is an empty one to it.

use super::explore::{Actor, Move};
use super::model::Protocol;
use super::seen::Bits;
use super::token::Token;
use super::world::World;
use super::yaml::Yaml;

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theirs {
    /// Writes what it loaded, which may be old by then, and an entry that is none of ours.
    Write,
    Login,
    /// A login to another `env`, in the place of our entry.
    DevLogin,
    Logout,
    /// Takes a broken file for an empty one, and writes it so.
    Wipe,
    /// The user removes the file.
    Remove,
}

impl Theirs {
    const ALL: [Self; 6] = [Self::Write, Self::Login, Self::DevLogin, Self::Logout, Self::Wipe, Self::Remove];

    fn name(self) -> &'static str {
        match self {
            Self::Write => "the vendor's write",
            Self::Login => "the vendor's login",
            Self::DevLogin => "the vendor's login elsewhere",
            Self::Logout => "the vendor's logout",
            Self::Wipe => "the vendor's wipe",
            Self::Remove => "the user's rm",
        }
    }
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum VendorStep {
    Idle,
    Loaded,
    Truncated,
    Half,
}

impl VendorStep {
    const ALL: [Self; 4] = [Self::Idle, Self::Loaded, Self::Truncated, Self::Half];
}

/// Where the inode is that it has open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    /// Our rename has taken its place.
    OldInode,
}

/// The tool at work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vendor {
    pub(crate) step: VendorStep,
    what: Theirs,
    /// What it loaded, as far as it writes that again.
    copy: Yaml,
    pub(crate) place: Place,
}

impl Vendor {
    pub(crate) const IDLE: Self =
        Self { step: VendorStep::Idle, what: Theirs::Write, copy: Yaml::NONE, place: Place::Path };

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        bits.choice(&mut self.step, &VendorStep::ALL);
        bits.choice(&mut self.what, &Theirs::ALL);
        self.copy.pass(bits);
        bits.choice(&mut self.place, &[Place::Path, Place::OldInode]);
    }

    fn does(self, verb: &'static str, after: World) -> Move<World> {
        Actor::Named(self.what.name()).does(verb, after)
    }

    /// The refresh token that it writes.
    fn token(self) -> Token {
        match self.what {
            Theirs::Write => self.copy.token,
            Theirs::Login => Token::THEIRS,
            Theirs::DevLogin => Token::ELSEWHERE,
            Theirs::Logout | Theirs::Wipe | Theirs::Remove => Token::NONE,
        }
    }
}

impl Protocol {
    pub(crate) fn vendor_moves(&self, world: &World, moves: &mut Vec<Move<World>>) {
        let vendor = world.vendor;
        match vendor.step {
            VendorStep::Idle if world.left.theirs > 0 => moves.push(self.vendor_loads(world)),
            VendorStep::Idle => {}
            VendorStep::Loaded if vendor.what == Theirs::Remove => {
                let after = World { yaml: Yaml::NONE, vendor: Vendor::IDLE, ..*world };
                moves.push(vendor.does("removes the file", after));
            }
            VendorStep::Loaded => {
                let after = vendor_writes(world, VendorStep::Truncated, Yaml::EMPTY);
                moves.push(vendor.does("truncates", after));
            }
            VendorStep::Truncated => vendor_writes_half(world, moves),
            VendorStep::Half => moves.push(vendor_writes_the_rest(world)),
        }
        let writes = matches!(vendor.step, VendorStep::Truncated | VendorStep::Half);
        if writes && world.left.vendor_kills > 0 {
            let mut after = World { vendor: Vendor::IDLE, ..*world };
            after.left.vendor_kills -= 1;
            after.happened.vendor_killed = true;
            moves.push(vendor.does("is killed", after));
        }
    }

    fn vendor_loads(&self, world: &World) -> Move<World> {
        let what = self.setup.theirs[self.setup.theirs.len() - usize::from(world.left.theirs)];
        let loaded = if world.yaml.is_full() { world.yaml } else { Yaml::EMPTY };
        let token = if what == Theirs::Write { loaded.token } else { Token::NONE };
        let mut after = *world;
        after.left.theirs -= 1;
        after.vendor = Vendor {
            step: VendorStep::Loaded,
            what,
            copy: Yaml::full(token, loaded.foreign),
            ..Vendor::IDLE
        };
        after.vendor.does("loads", after)
    }
}

/// Its inode has a new content, whether it is still at the path or not.
fn vendor_writes(world: &World, step: VendorStep, content: Yaml) -> World {
    let mut after = *world;
    after.vendor.step = step;
    match world.vendor.place {
        Place::Path => after.yaml = content,
        Place::OldInode => after.old_inode = content,
    }
    after
}

fn vendor_writes_half(world: &World, moves: &mut Vec<Move<World>>) {
    let vendor = world.vendor;
    moves.push(vendor.does("writes up to a line", vendor_writes(world, VendorStep::Half, Yaml::CUT)));
    if !vendor.token().is_none() {
        moves.push(vendor.does("writes half a token", vendor_writes(world, VendorStep::Half, Yaml::TORN)));
    }
}

fn vendor_writes_the_rest(world: &World) -> Move<World> {
    let vendor = world.vendor;
    let foreign = vendor.what == Theirs::Write || vendor.copy.foreign;
    let mut after = vendor_writes(world, VendorStep::Idle, Yaml::full(vendor.token(), foreign));
    after.vendor = Vendor::IDLE;
    after.happened.vendor_login_is_last |= vendor.what == Theirs::Login;
    after.happened.foreign_written |= vendor.what == Theirs::Write;
    after.happened.logged_out |= vendor.what == Theirs::Logout;
    vendor.does("writes the rest", after)
}
