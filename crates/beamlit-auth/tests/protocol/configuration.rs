//! A world, the rules that hold in it, and what must come out.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::broken::{Broken, Invariant};
use super::explore::{Found, explore};
use super::files::Files;
use super::model::Protocol;
use super::rules::Rules;
use super::setup::Setup;

/// What an exploration may take, in bytes.
const MEMORY: usize = 8_000_000_000;

/// What is explored.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Protocol(Setup, Rules),
    Files(Files),
}

/// One exploration. It breaks exactly what it names.
pub(crate) struct Configuration {
    pub(crate) name: Cow<'static, str>,
    pub(crate) of: Of,
    pub(crate) breaks: &'static [Invariant],
    /// It is too large to be visited to its end.
    pub(crate) is_as_far_as_it_fits: bool,
}

impl Configuration {
    /// A world in which the protocol holds.
    pub(crate) const fn holds(name: &'static str, setup: Setup) -> Self {
        Self {
            name: Cow::Borrowed(name),
            of: Of::Protocol(setup, Rules::ALL),
            breaks: &[],
            is_as_far_as_it_fits: false,
        }
    }

    pub(crate) const fn breaks(
        name: &'static str,
        setup: Setup,
        rules: Rules,
        breaks: &'static [Invariant],
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            of: Of::Protocol(setup, rules),
            breaks,
            is_as_far_as_it_fits: false,
        }
    }

    pub(crate) const fn files(name: &'static str, files: Files, breaks: &'static [Invariant]) -> Self {
        Self { name: Cow::Borrowed(name), of: Of::Files(files), breaks, is_as_far_as_it_fits: false }
    }

    /// Explores it: a line for the table, or what is not as expected, with the shortest schedules.
    pub(crate) fn run(&self) -> Result<String, String> {
        let found = match self.of {
            Of::Protocol(setup, rules) => explore(&Protocol { setup, rules }, MEMORY),
            Of::Files(files) => explore(&files, MEMORY),
        };
        let expected = Broken::of(self.breaks);
        let missing: Vec<Invariant> = expected.without(found.invariants()).iter().collect();
        let row = format!("{:<58} {found}, breaks {:?}", self.name, names(&found));
        if found.invariants() == expected && (found.complete || self.is_as_far_as_it_fits) {
            return Ok(row);
        }
        let mut text = format!("{row}\n    and should break {:?}; missing: {missing:?}", self.breaks);
        for (invariant, schedule) in &found.broken {
            let _ = write!(text, "\n    {invariant:?}: {schedule}");
        }
        Err(text)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, depth, complete, .. } = self;
        let end = if *complete { "" } else { ", and not to the end" };
        write!(f, "{states:>9} states, {depth:>3} steps deep{end}")
    }
}

fn names(found: &Found) -> Vec<Invariant> {
    found.broken.iter().map(|(invariant, _)| *invariant).collect()
}
