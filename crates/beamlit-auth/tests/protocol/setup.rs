//! What a world is made of, and what may happen in it: everything that is counted here may happen at any moment.

use super::login::Ours;
use super::server::Answers;
use super::vendor::Theirs;

/// What a renewal does to the refresh token, as the login's setting says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// It stays good.
    None,
    /// It is replaced, and for a time it gets the same answer again.
    Grace,
    /// It is replaced, and must never be sent again.
    Strict,
}

/// One world. [`Setup::RENEWAL`] and [`Setup::MIRROR`] are what the configurations begin with.
#[expect(clippy::struct_excessive_bools, reason = "each may be so or not, whatever the others are")]
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    /// Processes that renew the login, each with one flight: two at once in a process are the flight's own business.
    pub(crate) processes: usize,
    pub(crate) server: Answers,
    /// The setting; it says the same as the server, but for the worlds that are about this very mistake.
    pub(crate) rotation: Rotation,
    /// There is no record yet.
    pub(crate) store_is_empty: bool,
    /// How often a token comes to its end.
    pub(crate) expiries: u8,
    /// SIGKILL, before any step.
    pub(crate) kills: u8,
    /// The answer of the token endpoint is lost, or the request; a 504 after the server's own commit is the former.
    pub(crate) losses: u8,
    /// No space when the commit is written.
    pub(crate) full_disks: u8,
    /// An API refuses a token that is not at its end: 401.
    pub(crate) refused_tokens: u8,
    /// The token endpoint puts a request off: 429.
    pub(crate) put_offs: u8,
    /// The token endpoint says `invalid_grant` of a token that is good.
    pub(crate) wrong_refusals: u8,
    /// The credential lock is lost while it is held. Who is on such a file system never has proof of who is gone.
    pub(crate) lost_locks: u8,
    /// The wait for the credential lock ends before its holder does, who may be stopped.
    pub(crate) ended_waits: u8,
    /// Our logins and logouts, in this order.
    pub(crate) ours: &'static [Ours],
    /// The server ends the login that was there when ours begins.
    pub(crate) login_ends_the_last: bool,
    /// The platform's YAML is there.
    pub(crate) mirror: bool,
    /// What the vendor's tool does, in this order.
    pub(crate) theirs: &'static [Theirs],
    /// The vendor's tool is killed amid a write.
    pub(crate) vendor_kills: u8,
    /// The vendor's tool may stall amid a write for longer than our mirror looks on.
    pub(crate) vendor_stalls: bool,
    /// A process may be killed between the mirror's rename and its look back as well.
    pub(crate) kill_before_look: bool,
    /// Exchanges are counted against expiries.
    pub(crate) counts: bool,
}

impl Setup {
    /// Two processes, one expiry, no fault.
    pub(crate) const RENEWAL: Self = Self {
        processes: 2,
        server: Answers::Same,
        rotation: Rotation::None,
        store_is_empty: false,
        expiries: 1,
        kills: 0,
        losses: 0,
        full_disks: 0,
        refused_tokens: 0,
        put_offs: 0,
        wrong_refusals: 0,
        lost_locks: 0,
        ended_waits: 0,
        ours: &[],
        login_ends_the_last: false,
        mirror: false,
        theirs: &[],
        vendor_kills: 0,
        vendor_stalls: false,
        kill_before_look: false,
        counts: false,
    };

    /// One process beside the vendor's tool, one expiry, one kill.
    pub(crate) const MIRROR: Self = Self { processes: 1, kills: 1, mirror: true, ..Self::RENEWAL };

    /// Every fault that a renewal can meet.
    pub(crate) const FAULTS: Self =
        Self { kills: 2, losses: 1, full_disks: 1, put_offs: 1, refused_tokens: 1, ..Self::RENEWAL };

    /// A lock that cannot be relied on.
    pub(crate) const LOSSY: Self =
        Self { kills: 2, losses: 1, lost_locks: 1, refused_tokens: 1, ..Self::RENEWAL };

    /// The same world with another server, and the setting that fits it.
    pub(crate) const fn with(self, server: Answers) -> Self {
        let rotation = match server {
            Answers::Same => Rotation::None,
            Answers::NextWithGrace => Rotation::Grace,
            Answers::Next | Answers::NextAndRevokes => Rotation::Strict,
        };
        Self { server, rotation, ..self }
    }
}
