//! Steps: what they are, in which order they run, and the table at the end.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::artifacts;
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
    let mut rows = Vec::new();
    for table in tables {
        let mut queue = Vec::new();
        for step in table.iter().filter(|step| step.cost <= cost) {
            enqueue(step, &mut queue)?;
        }
        run_queue(workspace, &queue, &mut rows);
        if rows.iter().any(Row::failed) {
            break;
        }
    }
    summary(&rows)
}

/// Runs the one step, after what it needs.
pub(crate) fn run_one(workspace: &Workspace, step: &'static Step) -> Outcome {
    let (mut queue, mut rows) = (Vec::new(), Vec::new());
    enqueue(step, &mut queue)?;
    run_queue(workspace, &queue, &mut rows);
    summary(&rows)
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
struct Row {
    step: &'static Step,
    took: Duration,
    outcome: Outcome,
}

impl Row {
    fn failed(&self) -> bool {
        self.outcome.is_err()
    }
}

/// Runs the steps that have no row yet.
fn run_queue(workspace: &Workspace, queue: &[&'static Step], rows: &mut Vec<Row>) {
    for step in queue {
        if rows.iter().any(|row| row.step.name == step.name) {
            continue;
        }
        println!("{}", step.name);
        let started = Instant::now();
        let cause = rows.iter().find(|row| row.failed() && step.needs.contains(&row.step.name));
        let outcome = match cause {
            Some(row) => Err(format!("not run, because {} failed", row.step.name)),
            None => logged(workspace, step),
        };
        if let Err(message) = &outcome {
            println!("{message}");
        }
        rows.push(Row { step, took: started.elapsed(), outcome });
    }
}

/// Runs the step with a fresh log of its own.
fn logged(workspace: &Workspace, step: &Step) -> Outcome {
    let workspace = workspace.with_log(step.name);
    // The log may not exist yet, and a log that cannot be removed only grows.
    let _ = fs::remove_file(workspace.log());
    step.run(&workspace)
}

fn summary(rows: &[Row]) -> Outcome {
    println!();
    for row in rows {
        let result = if row.failed() { "FAILED" } else { "ok" };
        println!("{:<16} {:>7.1} s  {result}", row.step.name, row.took.as_secs_f64());
    }
    let total: f64 = rows.iter().map(|row| row.took.as_secs_f64()).sum();
    let failed: Vec<_> = rows.iter().filter(|row| row.failed()).map(|row| row.step.name).collect();
    if failed.is_empty() {
        println!("ok: {} steps in {total:.0} s", rows.len());
        return Ok(());
    }
    Err(format!("{} of {} steps failed: {}", failed.len(), rows.len(), failed.join(", ")))
}
