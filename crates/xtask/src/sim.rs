//! `cargo xtask sim`: schedules of the whole engine in a simulated world, and the rules without which they fail.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::run::{Run, about};
use crate::workspace::Workspace;

/// How many schedules a test runs.
const SCHEDULES: u64 = 100_000;
/// How many slices of so many the long one adds to those of the runs before.
const MORE: u64 = 10;
/// Within how many schedules a rule that was taken away must be missed.
const MISSED: u64 = 100_000;
/// How long any of these may take.
const LIMIT: Duration = Duration::from_secs(3 * 60 * 60);
const MUTATIONS: &str = "crates/beamlit-auth/tests/simulation/mutations.txt";
/// What each mutation asks whether it is meant.
const MUTATED: &str = "
/// Whether this run is without the rule of that name.
#[expect(clippy::disallowed_methods, reason = \"a mutation is no part of the engine\")]
pub(crate) fn mutated(name: &str) -> bool {
    std::env::var(\"SIM_MUTATION\").is_ok_and(|mutation| mutation == name)
}
";

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let mutations = arguments.take_flag("--mutations");
    let seed = number(&mut arguments, "--seed")?;
    let schedules = number(&mut arguments, "--schedules")?;
    arguments.end()?;
    if mutations {
        return self::mutations(workspace);
    }
    let count = schedules.unwrap_or(if seed.is_some() { 1 } else { SCHEDULES });
    let run = simulation(workspace, &workspace.root, "simulation::schedules")
        .env("SIM_FIRST", seed.unwrap_or(0).to_string())
        .env("SIM_SCHEDULES", count.to_string());
    // One schedule tells what happens in it.
    if count == 1 { run.env("SIM_TRACE", "1").shown() } else { run.shown() }
}

fn number(arguments: &mut Arguments, flag: &str) -> Outcome<Option<u64>> {
    let value = arguments.take_value(flag);
    value.map(|text| text.parse().map_err(|_| format!("{flag} wants a number"))).transpose()
}

/// The step: the same schedules every time.
pub(crate) fn schedules(workspace: &Workspace) -> Outcome {
    range(workspace, 0, SCHEDULES)
}

/// The long step: goes on where the last one ended, or was cut off.
pub(crate) fn more(workspace: &Workspace) -> Outcome {
    let place = workspace.target.join("xtask/sim.next");
    for _ in 0..MORE {
        let first = fs::read_to_string(&place).ok().and_then(|text| text.trim().parse().ok());
        let first = first.unwrap_or(SCHEDULES);
        let next = first + SCHEDULES;
        println!("    seeds {first} to {}", next - 1);
        range(workspace, first, SCHEDULES)?;
        fs::write(&place, next.to_string()).map_err(|error| about(&place, &error))?;
    }
    Ok(())
}

fn range(workspace: &Workspace, first: u64, count: u64) -> Outcome {
    simulation(workspace, &workspace.root, "simulation::schedules")
        .env("SIM_FIRST", first.to_string())
        .env("SIM_SCHEDULES", count.to_string())
        .limit(LIMIT)
        .finish()
}

/// The model of the protocol, widened in every way at once, as far as memory reaches.
pub(crate) fn protocol(workspace: &Workspace) -> Outcome {
    let test = ["test", "--quiet", "--profile", "sim", "-p", "beamlit-auth", "--test", "protocol", "--"];
    workspace.cargo().args(test).args(["--ignored", "--nocapture"]).shown()
}

/// The engine's unit tests of that name, built for the simulation. Locks of its own are no option of a feature, because
/// features of one build add up and nobody else's build may ever have them.
fn simulation(workspace: &Workspace, folder: &Path, tests: &str) -> Run {
    let target = workspace.target.join("simulation");
    let build = ["test", "--quiet", "--profile", "sim", "-p", "beamlit-auth", "--lib", "--target-dir"];
    let run = workspace.cargo().folder(folder).args(build).arg(target).args(["--", tests, "--nocapture"]);
    run.env("RUSTFLAGS", "--cfg simulation")
}

/// The lints of what only the simulation is built with.
pub(crate) fn clippy(workspace: &Workspace) -> Outcome {
    let target = workspace.target.join("simulation");
    let lint = ["clippy", "--profile", "sim", "-p", "beamlit-auth", "--lib", "--tests", "--target-dir"];
    let run = workspace.cargo().args(lint).arg(target).args(["--", "-D", "warnings"]);
    run.env("RUSTFLAGS", "--cfg simulation").finish()
}

/// A rule that is taken away in a copy of the source.
struct Mutation {
    name: String,
    invariants: String,
    tests: String,
    file: String,
    find: String,
    put: String,
}

/// Every rule is missed when it is gone.
pub(crate) fn mutations(workspace: &Workspace) -> Outcome {
    let text = fs::read_to_string(workspace.root.join(MUTATIONS));
    let text = text.map_err(|error| about(Path::new(MUTATIONS), &error))?;
    let mutations = text.split("\n=== ").skip(1).map(mutation).collect::<Outcome<Vec<_>>>()?;
    let copy = workspace.target.join("simulation/mutated");
    write_copy(workspace, &copy, &mutations)?;
    let mut survivors = Vec::new();
    for mutation in &mutations {
        let run = simulation(workspace, &copy, &mutation.tests);
        let run = run.env("SIM_MUTATION", &mutation.name).env("SIM_SCHEDULES", MISSED.to_string());
        let told = run.limit(LIMIT).told()?;
        let found = mutation.invariants.split(' ').find(|it| told.contains(&format!("{it} ")));
        let found = found.or_else(|| told.contains("test result: FAILED").then_some("a test"));
        println!("    {}: {}", mutation.name, found.unwrap_or("not missed"));
        if found.is_none() {
            survivors.push(mutation.name.as_str());
        }
    }
    if survivors.is_empty() {
        return Ok(());
    }
    Err(format!("no schedule misses {}; the log tells what they found instead", survivors.join(", ")))
}

fn mutation(part: &str) -> Outcome<Mutation> {
    let wrong = || format!("{MUTATIONS}: this part is not written as it should be: {part}");
    let (head, rest) = part.split_once("\n--- find\n").ok_or_else(wrong)?;
    let (find, put) = rest.split_once("\n--- put\n").ok_or_else(wrong)?;
    let words: Vec<&str> = head.split('|').map(str::trim).collect();
    let [name, invariants, tests, file] = words[..] else { return Err(wrong()) };
    let [name, invariants, tests, file] = [name, invariants, tests, file].map(str::to_owned);
    Ok(Mutation { name, invariants, tests, file, find: find.to_owned(), put: put.trim_end().to_owned() })
}

/// Copies the workspace with all mutations in it: each is in force only if a run asks for it.
fn write_copy(workspace: &Workspace, copy: &Path, mutations: &[Mutation]) -> Outcome {
    let listed = workspace.run("git").args(["ls-files", "-co", "--exclude-standard"]).output()?;
    for name in listed.lines() {
        let from = workspace.root.join(name);
        // What somebody has removed is listed until that is committed.
        let Ok(mut bytes) = fs::read(&from) else { continue };
        if name == "Cargo.toml" {
            // Of the same version cargo would take the copy for the original.
            bytes =
                String::from_utf8_lossy(&bytes).replacen("\nversion = \"", "\nversion = \"9", 1).into_bytes();
        }
        if let Some(name) = name.strip_prefix("crates/beamlit-auth/") {
            bytes = mutated(name, bytes, mutations)?;
        }
        write_if_new(&copy.join(name), &bytes)?;
    }
    Ok(())
}

fn mutated(name: &str, bytes: Vec<u8>, mutations: &[Mutation]) -> Outcome<Vec<u8>> {
    let mut of_file = mutations.iter().filter(|mutation| mutation.file == name).peekable();
    if of_file.peek().is_none() && name != "src/sys/mod.rs" {
        return Ok(bytes);
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    for mutation in of_file {
        if text.matches(&mutation.find).count() != 1 {
            return Err(format!(
                "the mutation {} does not fit {name} any more; mend it in {MUTATIONS}",
                mutation.name
            ));
        }
        text = text.replace(&mutation.find, &mutation.put);
    }
    if name == "src/sys/mod.rs" {
        text += MUTATED;
    }
    Ok(text.into_bytes())
}

/// An unchanged file keeps its time, so that nothing is built twice.
fn write_if_new(path: &Path, bytes: &[u8]) -> Outcome {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes)).map_err(|error| about(path, &error))
}
