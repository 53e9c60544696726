//! A world, the rules that hold in it, and what must come out.

use std::fmt::Write as _;

use super::broken::{Broken, Invariant};
use super::explore::{Found, explore, packs_without_loss};
use super::files::Files;
use super::model::Protocol;
use super::rules::Rules;
use super::setup::Setup;

/// What is explored.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Protocol(Setup, Rules),
    Files(Files),
}

/// One exploration. It breaks exactly what it names.
#[derive(Clone, Copy)]
pub(crate) struct Configuration {
    pub(crate) name: &'static str,
    pub(crate) of: Of,
    pub(crate) breaks: &'static [Invariant],
}

impl Configuration {
    /// A world in which the protocol holds.
    pub(crate) const fn holds(name: &'static str, setup: Setup) -> Self {
        Self { name, of: Of::Protocol(setup, Rules::ALL), breaks: &[] }
    }

    pub(crate) const fn breaks(
        name: &'static str,
        setup: Setup,
        rules: Rules,
        breaks: &'static [Invariant],
    ) -> Self {
        Self { name, of: Of::Protocol(setup, rules), breaks }
    }

    pub(crate) const fn files(name: &'static str, files: Files, breaks: &'static [Invariant]) -> Self {
        Self { name, of: Of::Files(files), breaks }
    }

    /// Explores it: a line for the table, or what is not as expected, with the shortest schedules.
    pub(crate) fn run(&self) -> Result<String, String> {
        let found = match self.of {
            Of::Protocol(setup, rules) => explore(&Protocol { setup, rules }),
            Of::Files(files) => explore(&files),
        };
        let expected = Broken::of(self.breaks);
        let missing: Vec<Invariant> = expected.without(found.invariants()).iter().collect();
        let row = format!("{:<58} {:>8} states, breaks {:?}", self.name, found.states, names(&found));
        if found.invariants() == expected {
            return Ok(row);
        }
        let mut text = format!("{row}\n    and should break {:?}; missing: {missing:?}", self.breaks);
        for (invariant, schedule) in &found.broken {
            let _ = write!(text, "\n    {invariant:?}: {schedule}");
        }
        Err(text)
    }

    pub(crate) fn packs_without_loss(&self) -> bool {
        match self.of {
            Of::Protocol(setup, rules) => packs_without_loss(&Protocol { setup, rules }),
            Of::Files(files) => packs_without_loss(&files),
        }
    }
}

fn names(found: &Found) -> Vec<Invariant> {
    found.broken.iter().map(|(invariant, _)| *invariant).collect()
}
