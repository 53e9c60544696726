//! Steps: what they are, in which order they run, and the table at the end.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::artifacts;
use crate::lanes;
use crate::run::Run;
use crate::workspace::Workspace;

/// One thing to do, known by its name; one line in a table.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    action: Action,
    needs: &'static [&'static str],
    cost: Cost,
}

/// What a step does.
pub(crate) enum Action {
    /// `cargo WORDS`.
    Cargo(&'static [&'static str]),
    /// `cargo test --profile ci WORDS`.
    Test(&'static [&'static str]),
    /// `python -m WORDS`, in the virtual environment.
    Python(&'static [&'static str]),
    /// `pytest FOLDER`, in the virtual environment.
    Pytest(&'static str),
    /// `sh FILE`.
    Script(&'static str),
    /// A function of this program.
    Own(fn(&Workspace) -> Outcome),
}

/// When a step is left out.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Cost {
    /// Never.
    Quick,
    /// With `--quick`.
    Slow,
    /// Without `--full`.
    Full,
}

impl Step {
    pub(crate) const fn new(name: &'static str, action: Action) -> Self {
        Self { name, action, needs: &[], cost: Cost::Quick }
    }

    /// The steps that have to succeed before this one.
    pub(crate) const fn needs(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }

    pub(crate) const fn cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// Whether all that it needs has been run or has failed.
    pub(crate) fn is_ready(&self, rows: &[Row]) -> bool {
        self.needs.iter().all(|need| rows.iter().any(|row| row.is_of(need)))
    }

    /// Runs it with a fresh log of its own, unless something that it needs has failed.
    pub(crate) fn row(&'static self, workspace: &Workspace, failed: Option<&str>) -> Row {
        println!("{}", self.name);
        let started = Instant::now();
        let outcome = match failed {
            Some(need) => Err(format!("not run, because {need} failed")),
            None => self.logged(workspace),
        };
        if let Err(message) = &outcome {
            println!("{}: {message}", self.name);
        }
        Row { step: self, took: started.elapsed(), outcome }
    }

    /// What it needs and does not have.
    pub(crate) fn lacks(&self, rows: &[Row]) -> Option<&'static str> {
        let mut failed = rows.iter().filter(|row| row.failed()).map(|row| row.step.name);
        failed.find(|name| self.needs.contains(name))
    }

    fn logged(&self, workspace: &Workspace) -> Outcome {
        let workspace = workspace.with_log(self.name);
        // The log may not exist yet, and a log that cannot be removed only grows.
        let _ = fs::remove_file(workspace.log());
        self.run(&workspace)
    }

    fn run(&self, workspace: &Workspace) -> Outcome {
        let run = match self.action {
            Action::Own(function) => return function(workspace),
            Action::Cargo(words) => workspace.cargo().args(words),
            Action::Test(words) => workspace.cargo().args(["test", "--profile", "ci"]).args(words),
            Action::Python(words) => workspace.run(workspace.python()).arg("-m").args(words),
            Action::Script(file) => workspace.run("sh").arg(file),
            Action::Pytest(folder) => workspace.run(workspace.python()).args(["-m", "pytest", folder]),
        };
        in_test_environment(run, workspace).finish()
    }
}

/// Nothing of the person's own login reaches a test, and the artefacts are found by name.
fn in_test_environment(run: Run, workspace: &Workspace) -> Run {
    let own =
        std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("BL_"));
    let run = own.fold(run, Run::without_env);
    artifacts::environment(workspace).into_iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// Runs the steps of the tables up to that cost, each after what it needs, and prints how they went.
///
/// A table is not begun when a step of the one before has failed.
pub(crate) fn run(workspace: &Workspace, tables: &[&'static [Step]], cost: Cost) -> Outcome {
    let (started, mut rows) = (Instant::now(), Vec::new());
    for table in tables {
        let mut queue = Vec::new();
        for step in table.iter().filter(|step| step.cost <= cost) {
            enqueue(step, &mut queue)?;
        }
        rows = lanes::run(workspace, queue, rows);
        if rows.iter().any(Row::failed) {
            break;
        }
    }
    summary(&rows, started)
}

/// Runs the one step, after what it needs.
pub(crate) fn run_one(workspace: &Workspace, step: &'static Step) -> Outcome {
    let (started, mut queue) = (Instant::now(), Vec::new());
    enqueue(step, &mut queue)?;
    summary(&lanes::run(workspace, queue, Vec::new()), started)
}

/// Appends what the step needs and then the step, unless they are there already.
fn enqueue(step: &'static Step, queue: &mut Vec<&'static Step>) -> Outcome {
    if queue.iter().any(|queued| queued.name == step.name) {
        return Ok(());
    }
    for need in step.needs {
        let found = artifacts::STEPS.iter().find(|step| step.name == *need);
        enqueue(found.ok_or(format!("step {:?} needs {need:?}, which is no artefact", step.name))?, queue)?;
    }
    queue.push(step);
    Ok(())
}

/// What became of a step.
pub(crate) struct Row {
    step: &'static Step,
    took: Duration,
    outcome: Outcome,
}

impl Row {
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.step.name == name
    }

    pub(crate) fn failed(&self) -> bool {
        self.outcome.is_err()
    }
}

fn summary(rows: &[Row], started: Instant) -> Outcome {
    println!();
    for row in rows {
        let result = if row.failed() { "FAILED" } else { "ok" };
        println!("{:<16} {:>7.1} s  {result}", row.step.name, row.took.as_secs_f64());
    }
    let total = started.elapsed().as_secs_f64();
    let failed: Vec<_> = rows.iter().filter(|row| row.failed()).map(|row| row.step.name).collect();
    if failed.is_empty() {
        println!("ok: {} steps in {total:.0} s", rows.len());
        return Ok(());
    }
    Err(format!("{} of {} steps failed: {}", failed.len(), rows.len(), failed.join(", ")))
}
