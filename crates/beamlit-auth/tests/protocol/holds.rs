//! Worlds in which the protocol must hold, whatever happens and in whatever order.

use super::configuration::Configuration;
use super::files::{Files, Reads, Sweeps};
use super::login::Ours;
use super::server::Answers::{Next, NextAndRevokes, NextWithGrace};
use super::setup::Setup;
use super::vendor::Theirs;

const LOGIN: &[Ours] = &[Ours::Login];
const LOGOUT: &[Ours] = &[Ours::Logout];

/// All faults, and our login amid them.
const FAULTS: Setup = Setup { ours: LOGIN, ..Setup::FAULTS };
/// A lock that is lost, and our logout.
const LOSSY: Setup = Setup { ours: LOGOUT, ..Setup::LOSSY };
const THREE: Setup = Setup { processes: 3, expiries: 2, ..Setup::LOSSY };
/// A lock that is waited for no longer than a call may last.
const IMPATIENT: Setup = Setup { ended_waits: 1, ..Setup::FAULTS };

/// Processes that renew, alone.
pub(crate) const RENEWALS: &[Configuration] = &[
    Configuration::holds("same token: all faults, our login", FAULTS),
    Configuration::holds("strict: all faults, our login", FAULTS.with(Next)),
    Configuration::holds("strict, revokes: all faults, our login", FAULTS.with(NextAndRevokes)),
    Configuration::holds("grace: all faults, our login", FAULTS.with(NextWithGrace)),
    Configuration::holds("same token: lossy lock, our logout", LOSSY),
    Configuration::holds("strict, revokes: lossy lock, our logout", LOSSY.with(NextAndRevokes)),
    Configuration::holds("grace: lossy lock, our logout", LOSSY.with(NextWithGrace)),
    Configuration::holds("same token: lossy lock, three processes", THREE),
    Configuration::holds("strict, revokes: lossy lock, three processes", THREE.with(NextAndRevokes)),
    Configuration::holds("grace: lossy lock, three processes", THREE.with(NextWithGrace)),
    Configuration::holds(
        "same token: our login ends the last one",
        Setup { login_ends_the_last: true, ..FAULTS },
    ),
    Configuration::holds(
        "same token: no fault, one exchange an expiry",
        Setup { processes: 3, expiries: 2, counts: true, ..Setup::RENEWAL },
    ),
    Configuration::holds(
        "same token: the server refuses wrongly once",
        Setup { wrong_refusals: 1, ..FAULTS },
    ),
    Configuration::holds("same token: a wait for the lock ends", IMPATIENT),
    Configuration::holds("strict, revokes: a wait for the lock ends", IMPATIENT.with(NextAndRevokes)),
    Configuration::holds("grace: a wait for the lock ends", IMPATIENT.with(NextWithGrace)),
    Configuration::holds(
        "strict, revokes: our login into an empty store",
        Setup { store_is_empty: true, ..FAULTS.with(NextAndRevokes) },
    ),
];

const MIRROR: Setup = Setup { vendor_kills: 1, ..Setup::MIRROR };
const TWO: Setup = Setup { processes: 2, ..MIRROR };

/// The platform's YAML and the vendor's tool, beside a server that leaves the token as it is.
pub(crate) const MIRRORS: &[Configuration] = &[
    Configuration::holds(
        "mirror: the vendor writes, then logs in, and is killed",
        Setup { theirs: &[Theirs::Write, Theirs::Login], ..TWO },
    ),
    Configuration::holds(
        "mirror: the vendor logs in amid our login",
        Setup { theirs: &[Theirs::Login], ours: LOGIN, ..TWO },
    ),
    Configuration::holds(
        "mirror: a stale write of the vendor over our login",
        Setup { theirs: &[Theirs::Write], ours: LOGIN, ..TWO },
    ),
    Configuration::holds(
        "mirror: a stale write of the vendor over our logout",
        Setup { theirs: &[Theirs::Write], ours: LOGOUT, ..TWO },
    ),
    Configuration::holds(
        "mirror: an empty store takes over the vendor's login",
        Setup { theirs: &[Theirs::Write], store_is_empty: true, ..TWO },
    ),
];

/// The same, with all that the vendor's tool can do to our entry.
pub(crate) const VENDORS: &[Configuration] = &[Configuration::holds(
    "mirror: vendor's logout, wipe, login elsewhere, rm",
    Setup {
        theirs: &[Theirs::Logout, Theirs::Wipe, Theirs::DevLogin, Theirs::Remove],
        ours: LOGIN,
        ..MIRROR
    },
)];

/// The same, beside a server that revokes.
pub(crate) const ROTATING_MIRRORS: &[Configuration] = &[
    Configuration::holds(
        "mirror, revokes: the vendor logs in, and is killed",
        Setup { theirs: &[Theirs::Login], losses: 1, expiries: 2, ..MIRROR }.with(NextAndRevokes),
    ),
    Configuration::holds(
        "mirror, revokes: the vendor logs in amid our login",
        Setup { theirs: &[Theirs::Login], losses: 1, ours: LOGIN, ..MIRROR }.with(NextAndRevokes),
    ),
    Configuration::holds(
        "mirror, revokes: a stale write over our login",
        Setup { theirs: &[Theirs::Write], ours: LOGIN, ..MIRROR }.with(NextAndRevokes),
    ),
    Configuration::holds(
        "mirror, revokes: an empty store takes over the login",
        Setup { theirs: &[Theirs::Write], store_is_empty: true, losses: 1, ..MIRROR }.with(NextAndRevokes),
    ),
];

/// The file store, with reads and sweeps of one step and of several.
pub(crate) const STORES: &[Configuration] = &[
    Configuration::files("files", Files::RULES, &[]),
    Configuration::files("files: sweeps at once", Files { sweeps: Sweeps::AtOnce, ..Files::RULES }, &[]),
    Configuration::files("files: reads at once", Files { reads: Reads::AtOnce, ..Files::RULES }, &[]),
    Configuration::files(
        "files: reads and sweeps at once",
        Files { reads: Reads::AtOnce, sweeps: Sweeps::AtOnce, ..Files::RULES },
        &[],
    ),
];
