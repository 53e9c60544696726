//! The protocol that keeps a login alive, as a model that is explored to its end.
//!
//! Several programs share one login, and a refresh token may be good for one exchange only. Any of them may be killed,
//! stopped or cut off from the server between any two steps, and the vendor's tool writes its file amid all that. Here
//! that world is small enough to visit every state of it, and each schedule that is printed is one of the shortest.
//!
//! Read it in this order:
//!
//! 1. `rules.rs`: each rule in one sentence, and what goes wrong without it.
//! 2. `record.rs`, `renewal.rs`, `refusal.rs`: what is shared, and the steps of one renewal, which have the names of the
//!    engine's: *finds the token stale → locks → re-reads → claims → sends → commits → publishes, unlocks → mirrors*, or
//!    *marks dead*, or *releases its claim*. `process.rs` has the reasons to renew, and the accidents.
//! 3. `server.rs`, `clock.rs`: the authorization server, and the time of grace in which it forgives a replay.
//! 4. `login.rs`: our login and logout. `yaml.rs`, `mirror.rs`, `vendor.rs`: the platform's file, and who writes it.
//! 5. `folder.rs`, `files.rs`: below all that, how a record is written without a lock.
//! 6. `broken.rs`, `model.rs`: what must never happen, and how a state is asked.
//! 7. `holds.rs`, `wide.rs`, `without.rs`, `residues.rs`: the worlds that are explored, and what must come out. A rule that is taken
//!    away breaks exactly the invariants that are named there: a rule that nothing needs would be found as well.
//!
//! `setup.rs` and `world.rs` are the parts of a world, `token.rs` its refresh tokens, `explore.rs` and `seen.rs` visit it.
//!
//! A step is whatever nobody else can see half of; what a process does between two steps is its own. "May" is a step that
//! is there beside others. There is no step for a process that is stopped: it takes none. So a wait that has a limit may
//! end at any time, and no limit needs a clock. Processes are alike and therefore sorted; a schedule calls them A, B and
//! C. Nonces, file identities and inode numbers serve one question, "is it still mine?", and that is what is kept.
//!
//! Not here: bytes and power cuts, clocks but for the order of the time of grace and ours, forks, the flight within a
//! process (each has one renewal at a time), failures that are shared and back-off, stores other than files, a vendor's tool
//! that spends our refresh token or runs twice at once, a request that the network delivers after its sender gave up, and
//! the change of the rotation to strict after a refused replay.
//!
//! `cargo test -p beamlit-auth --test protocol -- --show-output` prints the table of worlds with their numbers of states.
//! To widen one, raise what its [`Setup`](protocol::setup::Setup) counts: a field that gets too narrow says so.
#![expect(clippy::expect_used, reason = "a model that is too small for its world ends the test")]

mod protocol {
    pub(crate) mod broken;
    mod clock;
    pub(crate) mod configuration;
    mod explore;
    mod files;
    mod folder;
    pub(crate) mod holds;
    mod login;
    mod mirror;
    mod model;
    mod process;
    mod record;
    mod refusal;
    mod renewal;
    pub(crate) mod residues;
    mod rules;
    mod seen;
    pub(crate) mod server;
    pub(crate) mod setup;
    mod token;
    mod vendor;
    pub(crate) mod wide;
    pub(crate) mod without;
    mod world;
    mod yaml;
}

use protocol::configuration::Configuration;
use protocol::server::Answers;
use protocol::{holds, residues, wide, without};

/// Runs all of them, so that one failure does not hide the next, and gives the table of what was found.
fn table(configurations: &[Configuration]) -> String {
    let (rows, failures): (Vec<_>, Vec<_>) =
        configurations.iter().map(Configuration::run).partition(Result::is_ok);
    let failures: Vec<String> = failures.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "not as expected:\n{}", failures.join("\n"));
    rows.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

#[test]
fn renewals_hold() {
    println!("{}", table(holds::RENEWALS));
}

#[test]
fn mirrors_hold() {
    println!("{}", table(holds::MIRRORS));
}

#[test]
fn mirrors_hold_whatever_the_vendor_does() {
    println!("{}", table(holds::VENDORS));
}

#[test]
fn mirrors_hold_beside_a_server_that_revokes() {
    println!("{}", table(holds::ROTATING_MIRRORS));
}

#[test]
fn the_file_store_holds() {
    println!("{}", table(holds::STORES));
}

#[test]
fn each_rule_of_writing_is_needed() {
    println!("{}", table(without::COMPARING));
}

#[test]
fn each_rule_of_replays_is_needed() {
    println!("{}", table(without::REPLAYING));
}

#[test]
fn each_rule_of_the_mirror_is_needed() {
    println!("{}", table(without::MIRRORING));
}

#[test]
fn each_rule_of_the_file_store_is_needed() {
    println!("{}", table(without::STORING));
}

#[test]
fn what_cannot_be_mended_has_a_name() {
    println!("{}", table(residues::RESIDUES));
}

#[test]
fn each_pair_of_widenings_holds_where_the_token_stays_good() {
    println!("{}", table(&wide::pairs(Answers::Same)));
}

#[test]
fn each_pair_of_widenings_holds_with_a_time_of_grace() {
    println!("{}", table(&wide::pairs(Answers::NextWithGrace)));
}

#[test]
fn each_pair_of_widenings_holds_where_tokens_are_spent() {
    println!("{}", table(&wide::pairs(Answers::Next)));
}

#[test]
fn each_pair_of_widenings_holds_where_reuse_is_theft() {
    println!("{}", table(&wide::pairs(Answers::NextAndRevokes)));
}

#[test]
#[ignore = "takes long, and eight gigabytes"]
fn all_widenings_at_once_hold() {
    for server in [Answers::Same, Answers::NextWithGrace, Answers::Next, Answers::NextAndRevokes] {
        println!("{}", table(&[wide::together(server)]));
    }
}
