//! Worlds that are widened in several ways at once: each pair of these, and all of them together.

use std::borrow::Cow;

use super::configuration::{Configuration, Of};
use super::login::Ours;
use super::rules::Rules;
use super::server::Answers;
use super::setup::Setup;
use super::vendor::Theirs;

/// One way to widen a world.
type Widening = (&'static str, fn(Setup) -> Setup);

const WIDENINGS: [Widening; 6] = [
    ("three processes", |setup| Setup { processes: 3, ..setup }),
    ("two kills", |setup| Setup { kills: 2, ..setup }),
    ("a lost answer", |setup| Setup { losses: 1, ..setup }),
    ("our login", |setup| Setup { ours: &[Ours::Login], ..setup }),
    ("the vendor's login", |setup| Setup {
        mirror: true,
        theirs: &[Theirs::Login],
        vendor_kills: 1,
        ..setup
    }),
    ("a lossy lock", |setup| Setup { lost_locks: 1, ..setup }),
];

/// What the server answers, by the name that its worlds bear.
const SERVERS: [(&str, Answers); 4] = [
    ("same token", Answers::Same),
    ("grace", Answers::NextWithGrace),
    ("strict", Answers::Next),
    ("strict, revokes", Answers::NextAndRevokes),
];

/// Each pair of widenings, beside a server.
pub(crate) fn pairs(server: Answers) -> Vec<Configuration> {
    let firsts = WIDENINGS.iter().enumerate();
    let pairs =
        firsts.flat_map(|(at, first)| WIDENINGS[at + 1..].iter().map(move |second| [*first, *second]));
    pairs.map(|pair| widened(server, &pair, false)).collect()
}

/// All of them together, as far as they fit into memory.
pub(crate) fn together(server: Answers) -> Configuration {
    widened(server, &WIDENINGS, true)
}

fn widened(server: Answers, by: &[Widening], is_as_far_as_it_fits: bool) -> Configuration {
    let narrow = Setup { expiries: 2, ..Setup::RENEWAL }.with(server);
    let setup = by.iter().fold(narrow, |setup, (_, widen)| widen(setup));
    let names: Vec<&str> = by.iter().map(|(name, _)| *name).collect();
    let its_name = SERVERS.iter().find(|(_, answers)| *answers == server);
    let name = format!("{}: {}", its_name.map_or("", |(name, _)| *name), names.join(", "));
    let of = Of::Protocol(setup, Rules::ALL);
    Configuration { name: Cow::Owned(name), of, breaks: &[], is_as_far_as_it_fits }
}
