//! The rules taken away, one at a time, each in the smallest world that shows what it is for.

use super::broken::Invariant::{
    AnotherMarkedDead, ClaimedOverAnother, CommittedOverAnother, DeadTokenKept, DeadUnasked,
    ExchangedTooOften, ForeignEntryLost, GenerationFell, LoggedOutUnasked, LoginWaits, OlderLoginBack,
    ReuseDetected, SentTwice, ServedUncommitted, StaleFileRead, StaleWriteBelieved, TokenWaitsForMirror,
    VendorLoginLost,
};
use super::configuration::Configuration;
use super::files::{Compares, Files, Reads, Sweeps};
use super::login::Ours;
use super::rules::{Grace, Publishes, Rules};
use super::server::Answers::{Next, NextAndRevokes, NextWithGrace};
use super::setup::{Rotation, Setup};
use super::vendor::Theirs;

const LOGIN: &[Ours] = &[Ours::Login];
const RENEWAL: Setup = Setup::RENEWAL;
const WITH_LOGIN: Setup = Setup { ours: LOGIN, ..RENEWAL };
const MIRROR: Setup = Setup::MIRROR;
const VENDOR_LOGIN: Setup = Setup { theirs: &[Theirs::Login], ..MIRROR };
const VENDOR_WRITE: Setup = Setup { theirs: &[Theirs::Write], ..MIRROR };
const ALL: Rules = Rules::ALL;

/// Writes are compare-and-set.
pub(crate) const COMPARING: &[Configuration] = &[
    Configuration::breaks(
        "the claim does not compare",
        Setup { lost_locks: 1, ..WITH_LOGIN }.with(NextAndRevokes),
        Rules { claim_compares: false, ..ALL },
        &[
            SentTwice,
            ReuseDetected,
            ClaimedOverAnother,
            AnotherMarkedDead,
            DeadTokenKept,
            DeadUnasked,
            OlderLoginBack,
        ],
    ),
    Configuration::breaks(
        "the commit does not compare",
        WITH_LOGIN.with(Next),
        Rules { commit_compares: false, ..ALL },
        &[CommittedOverAnother],
    ),
    Configuration::breaks(
        "the mark of death does not compare",
        Setup { login_ends_the_last: true, ..WITH_LOGIN },
        Rules { death_compares: false, ..ALL },
        &[AnotherMarkedDead, DeadUnasked],
    ),
    Configuration::breaks(
        "a claim is taken back without comparing",
        Setup { put_offs: 1, ..WITH_LOGIN },
        Rules { release_compares: false, ..ALL },
        &[CommittedOverAnother, GenerationFell],
    ),
    Configuration::breaks(
        "to compare and to write are two steps",
        WITH_LOGIN.with(Next),
        Rules { writes_are_one_step: false, ..ALL },
        &[CommittedOverAnother],
    ),
    Configuration::breaks(
        "a newer generation is not adopted",
        Setup { counts: true, ..RENEWAL },
        Rules { newer_is_adopted: false, ..ALL },
        &[ExchangedTooOften],
    ),
    Configuration::breaks(
        "a refused commit revokes its answer, whoever refused it",
        Setup { lost_locks: 1, ..RENEWAL },
        Rules { revokes_after_logout_only: false, ..ALL },
        &[DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "our login waits for the credential lock",
        WITH_LOGIN,
        Rules { login_waits_for_nobody: false, ..ALL },
        &[LoginWaits],
    ),
    Configuration::breaks(
        "the token is published before the commit",
        RENEWAL,
        Rules { publishes: Publishes::BeforeCommit, ..ALL },
        &[ServedUncommitted],
    ),
    Configuration::breaks(
        "the token is published after the mirror is written",
        Setup { processes: 2, expiries: 2, ..MIRROR }.with(Next),
        Rules { publishes: Publishes::AfterMirror, ..ALL },
        &[TokenWaitsForMirror],
    ),
];

/// What may be sent again, and when.
pub(crate) const REPLAYING: &[Configuration] = &[
    Configuration::breaks(
        "a replay may begin until the very end of the grace",
        Setup { kills: 1, ..RENEWAL }.with(NextWithGrace),
        Rules { grace: Grace::ToItsEnd, ..ALL },
        &[ReuseDetected, DeadUnasked],
    ),
    Configuration::breaks(
        "a replay begins the grace anew",
        Setup { kills: 2, losses: 1, ..RENEWAL }.with(NextWithGrace),
        Rules { grace: Grace::FromEachReplay, ..ALL },
        &[ReuseDetected, DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "a replay that is put off takes the claim back",
        Setup { losses: 1, put_offs: 1, ..RENEWAL }.with(NextWithGrace),
        Rules { replay_keeps_claim: false, ..ALL },
        &[ReuseDetected, DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "a candidate makes the claim below it forgotten",
        Setup { losses: 1, theirs: &[Theirs::Login], vendor_kills: 1, ..MIRROR }.with(NextAndRevokes),
        Rules { own_claim_is_kept: false, ..ALL },
        &[SentTwice, ReuseDetected, DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "grace: replays while the owner may be stopped",
        Setup { lost_locks: 1, ..RENEWAL }.with(NextWithGrace),
        Rules { grace_replays_orphans_only: false, ..ALL },
        &[ReuseDetected, DeadTokenKept],
    ),
    Configuration::breaks(
        "grace: replays after a wait for the lock that ended",
        Setup { ended_waits: 1, ..RENEWAL }.with(NextWithGrace),
        Rules { grace_replays_orphans_only: false, ..ALL },
        &[ReuseDetected, DeadTokenKept],
    ),
    Configuration::breaks(
        "a dead login is never tried again",
        Setup { wrong_refusals: 1, ..RENEWAL },
        Rules { dead_is_tried_again: false, ..ALL },
        &[DeadUnasked],
    ),
    Configuration::breaks(
        "the setting says that the token stays good, and it does not",
        Setup { losses: 1, rotation: Rotation::None, ..RENEWAL.with(NextAndRevokes) },
        ALL,
        &[ReuseDetected, DeadUnasked],
    ),
];

const TWO_LOOKS: Rules = Rules { one_look: false, ..ALL };
const ABSENCE: Rules = Rules { absence_means_nothing: false, ..TWO_LOOKS };
const EACH_COMMIT: Rules = Rules { mirror_over_older_only: false, ..ALL };

/// The YAML beside the record.
pub(crate) const MIRRORING: &[Configuration] = &[
    Configuration::breaks(
        "an unknown token is adopted untried",
        VENDOR_WRITE,
        Rules { candidates_are_tried: false, ..ALL },
        &[DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "an unknown token is adopted untried, after two looks",
        Setup { vendor_kills: 1, ..VENDOR_WRITE },
        Rules { candidates_are_tried: false, ..TWO_LOOKS },
        &[DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "absence is a logout after two looks: vendor's wipe",
        Setup { theirs: &[Theirs::Wipe], ..MIRROR },
        ABSENCE,
        &[LoggedOutUnasked],
    ),
    Configuration::breaks(
        "absence is a logout after two looks: vendor killed",
        Setup { vendor_kills: 1, ..VENDOR_WRITE },
        ABSENCE,
        &[LoggedOutUnasked],
    ),
    Configuration::breaks(
        "absence is a logout after two looks: login elsewhere",
        Setup { theirs: &[Theirs::DevLogin], ..MIRROR },
        ABSENCE,
        &[LoggedOutUnasked],
    ),
    Configuration::breaks(
        "the mirror is written at each commit, with no look back",
        VENDOR_LOGIN,
        Rules { mirror_looks_back: false, ..EACH_COMMIT },
        &[VendorLoginLost],
    ),
    Configuration::breaks(
        "the mirror is written at each commit, and looks back",
        VENDOR_LOGIN,
        EACH_COMMIT,
        &[],
    ),
    Configuration::breaks(
        "the mirror never looks back, and we never log in",
        Setup { theirs: &[Theirs::Write, Theirs::Login], vendor_kills: 1, processes: 2, ..MIRROR },
        Rules { mirror_looks_back: false, ..ALL },
        &[],
    ),
    Configuration::breaks(
        "the mirror never looks back, and we log in",
        Setup { ours: LOGIN, ..VENDOR_WRITE },
        Rules { mirror_looks_back: false, ..ALL },
        &[ForeignEntryLost],
    ),
    Configuration::breaks(
        "the mirror is written without reading it again",
        VENDOR_LOGIN,
        Rules { mirror_rereads: false, mirror_looks_back: false, ..EACH_COMMIT },
        &[VendorLoginLost],
    ),
    Configuration::breaks(
        "the known tokens are forgotten at login",
        Setup { ours: LOGIN, ..VENDOR_WRITE },
        Rules { login_keeps_known: false, ..ALL },
        &[OlderLoginBack],
    ),
    Configuration::breaks(
        "our login does not make known what the YAML holds",
        Setup { ours: LOGIN, ..VENDOR_LOGIN },
        Rules { login_learns_yaml: false, ..ALL },
        &[OlderLoginBack],
    ),
    Configuration::breaks(
        "our login does not make known what is claimed",
        Setup { ours: LOGIN, ..VENDOR_LOGIN },
        Rules { login_learns_claim: false, ..ALL },
        &[OlderLoginBack],
    ),
    Configuration::breaks(
        "the YAML is the truth",
        Setup { expiries: 2, ..MIRROR }.with(NextAndRevokes),
        Rules { record_is_truth: false, ..ALL },
        &[SentTwice, ReuseDetected, DeadTokenKept, DeadUnasked],
    ),
];

/// The steps of the file store.
pub(crate) const STORING: &[Configuration] = &[
    Configuration::files(
        "files: a link to n + 1 is believed",
        Files { compares: Compares::Nothing, ..AT_ONCE },
        &[StaleWriteBelieved],
    ),
    Configuration::files(
        "files: a link is believed if there is some n",
        Files { compares: Compares::Presence, ..AT_ONCE },
        &[StaleWriteBelieved],
    ),
    Configuration::files(
        "files: an empty folder is begun with a write",
        Files { begins_empty: false, ..AT_ONCE },
        &[StaleWriteBelieved],
    ),
    Configuration::files(
        "files: only the last file is swept",
        Files { sweeps: Sweeps::OnlyTheLast, ..READS_AT_ONCE },
        &[StaleWriteBelieved],
    ),
    Configuration::files(
        "files: the highest is swept first",
        Files { sweeps: Sweeps::HighestFirst, ..READS_AT_ONCE },
        &[StaleWriteBelieved],
    ),
    Configuration::files(
        "files: a read tries the next number",
        Files { reads: Reads::TryingTheNext, ..Files::RULES },
        &[StaleFileRead],
    ),
];

const READS_AT_ONCE: Files = Files { reads: Reads::AtOnce, ..Files::RULES };
const AT_ONCE: Files = Files { sweeps: Sweeps::AtOnce, ..READS_AT_ONCE };
