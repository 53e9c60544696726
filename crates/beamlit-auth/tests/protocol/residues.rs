//! What the protocol cannot mend, and says so: each needs a vendor's tool that does something rare at a bad moment.

use super::broken::Invariant::{DeadTokenKept, DeadUnasked, ForeignEntryLost, ReuseDetected, SentTwice};
use super::configuration::Configuration;
use super::login::Ours;
use super::rules::Rules;
use super::server::Answers::{Next, NextAndRevokes};
use super::setup::Setup;
use super::vendor::Theirs;

const WRITE: Setup = Setup { theirs: &[Theirs::Write], ..Setup::MIRROR };

pub(crate) const RESIDUES: &[Configuration] = &[
    Configuration::breaks(
        "the vendor writes a token older than all that are known",
        Setup { expiries: 3, ..WRITE }.with(NextAndRevokes),
        Rules { knows_all: false, ..Rules::ALL },
        &[SentTwice, ReuseDetected, DeadTokenKept, DeadUnasked],
    ),
    Configuration::breaks(
        "the vendor stalls amid a write for longer than we look",
        Setup { vendor_stalls: true, ours: &[Ours::Login], ..WRITE },
        Rules::ALL,
        &[ForeignEntryLost],
    ),
    Configuration::breaks(
        "we are killed between rename and look",
        Setup { kill_before_look: true, ..WRITE }.with(Next),
        Rules::ALL,
        &[ForeignEntryLost],
    ),
    Configuration::breaks(
        "the vendor writes twice within one write of ours",
        Setup { theirs: &[Theirs::Write, Theirs::Login], ..Setup::MIRROR }.with(Next),
        Rules::ALL,
        &[ForeignEntryLost],
    ),
];
