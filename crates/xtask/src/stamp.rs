//! Work that need not be repeated: a stamp holds a digest of what went in.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::run::about;
use crate::workspace::Workspace;

/// Runs `work` unless it has succeeded before with the same inputs and `result` is still there.
///
/// The lock keeps two of these programs from installing into the same folder at once.
pub(crate) fn once(
    workspace: &Workspace,
    name: &str,
    inputs: &[&[u8]],
    result: &Path,
    work: impl FnOnce() -> Outcome,
) -> Outcome {
    let stamp =
        Stamp { path: workspace.target.join("xtask").join(format!("{name}.stamp")), digest: digest(inputs) };
    if result.exists() && stamp.is_current() {
        return Ok(());
    }
    let _lock = stamp.lock()?;
    if result.exists() && stamp.is_current() {
        return Ok(());
    }
    work()?;
    fs::write(&stamp.path, &stamp.digest).map_err(|error| about(&stamp.path, &error))
}

struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|digest| digest == self.digest)
    }

    /// Waits for whoever does the same work now. The kernel drops the lock of a program that dies.
    fn lock(&self) -> Outcome<fs::File> {
        let path = self.path.with_extension("lock");
        let folder = path.parent().unwrap_or(Path::new("."));
        let open = fs::create_dir_all(folder).and_then(|()| fs::File::create(&path));
        let file = open.map_err(|error| about(&path, &error))?;
        file.lock().map_err(|error| about(&path, &error))?;
        Ok(file)
    }
}

fn digest(inputs: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn work_is_repeated_when_it_failed_or_its_inputs_or_its_result_changed() {
        let mut workspace = Workspace::find("stamp");
        workspace.target = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let result = workspace.target.join("result");
        let done = Cell::new(0);
        let run = |input: &[u8], outcome: Outcome| {
            let work = || {
                done.set(done.get() + 1);
                fs::write(&result, "").unwrap();
                outcome
            };
            let _ = once(&workspace, "test", &[input], &result, work);
            done.get()
        };
        assert_eq!(run(b"a", Err("failed".to_owned())), 1);
        assert_eq!(run(b"a", Ok(())), 2);
        assert_eq!(run(b"a", Ok(())), 2);
        assert_eq!(run(b"b", Ok(())), 3);
        fs::remove_file(&result).unwrap();
        assert_eq!(run(b"b", Ok(())), 4);
        fs::remove_dir_all(&workspace.target).unwrap();
    }
}
