//! The machine as one simulated process sees it: every call is a point at which others run, or the process is killed,
//! stopped, or refused what it asks for.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::simulation::invariants;
use crate::simulation::plan::Locks;
use crate::simulation::tasks;
use crate::simulation::world::{self, World};
use crate::sys::{FileLock, Running, System, UnderWay, Work};

/// The machine of one process.
pub(super) struct Machine(pub(super) usize);

impl Machine {
    /// One call on the machine, before it takes effect.
    fn point(&self, what: &str) -> io::Result<()> {
        if world::is_dead(self.0) {
            return Err(io::Error::other("killed"));
        }
        let failure = world::with(|world| world.step(self.0));
        tasks::switch();
        if world::is_dead(self.0) {
            return Err(io::Error::other("killed"));
        }
        world::with(|world| {
            let Some(kind) = failure else {
                world.tell(what);
                return Ok(());
            };
            world.tell(&format!("{what} fails: {kind}"));
            world.processes[self.0].failed = true;
            world.ghost.disk_failed(self.0);
            Err(kind.into())
        })
    }

    /// A change of names. One that fails may have taken effect.
    fn change(&self, what: &str, change: impl FnOnce(&mut World) -> io::Result<()>) -> io::Result<()> {
        let failed = self.point(what);
        if world::is_dead(self.0) {
            return failed;
        }
        world::with(|world| {
            if failed.is_err() && !world.random.coin() {
                return failed;
            }
            change(world).and(failed)
        })
    }
}

/// How the world calls a path.
fn text(path: &Path) -> &str {
    path.to_str().expect("simulated paths are UTF-8")
}

/// The last two parts of a path, of a key no more than its beginning.
fn short(path: &Path) -> String {
    let mut parts = text(path).rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{}/{name}", &folder[..folder.len().min(6)])
}

impl System for Machine {
    fn coarse(&self) -> u64 {
        let millis = u64::try_from(world::now().as_millis()).unwrap();
        millis / 4 * 4_000_000
    }

    fn monotonic(&self) -> Duration {
        world::with(|world| world.monotonic_of(self.0))
    }

    fn boot(&self) -> Duration {
        world::with(|world| world.boot())
    }

    fn wall(&self) -> Duration {
        world::with(|world| world.wall())
    }

    fn sleep(&self, time: Duration) {
        // A busy machine lets nobody wake in time.
        let stretch = world::with(|world| world.plan.stretch);
        tasks::sleep(time * stretch);
    }

    fn boot_id(&self) -> String {
        world::with(|world| format!("boot-{}", world.boots))
    }

    fn process(&self) -> u64 {
        self.0 as u64
    }

    fn running(&self) -> &'static Running {
        tasks::switch();
        world::running(self.0)
    }

    fn random(&self) -> Result<u64> {
        Ok(world::with(|world| world.random.next()))
    }

    fn spawn(&self, name: &'static str, work: Work) -> Result<()> {
        if world::is_dead(self.0) {
            return Err(Error::new(ErrorKind::InternalError, "killed"));
        }
        let under_way = UnderWay::thread(self);
        spawn(self.0, name, move || {
            let _under_way = under_way;
            work();
        });
        Ok(())
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.point(&format!("make folder {}", short(folder)))?;
        let above = folder.parent().expect("nobody makes the root");
        if world::with(|world| world.disk.list(text(above))).is_err() {
            self.make_folder(above)?;
        }
        if world::with(|world| world.disk.make_folder(text(folder)))? {
            self.point(&format!("sync {}", short(above)))?;
            world::with(|world| world.disk.sync_folder(text(above)))?;
        }
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.point(&format!("list {}", short(folder)))?;
        let begun = world::with(|world| world.disk.list(text(folder)))?;
        tasks::switch();
        world::with(|world| {
            let ended = world.disk.list(text(folder))?;
            // What comes or goes while a folder is read may be in the list or not.
            let World { random, .. } = world;
            let mut names = ended.clone();
            names.retain(|name| begun.contains(name) || random.coin());
            names.extend(begun.into_iter().filter(|name| !ended.contains(name) && random.coin()));
            Ok(names)
        })
    }

    fn read(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.point(&format!("read {}", short(file)))?;
        let open = world::with(|world| world.disk.open(text(file)))?;
        tasks::switch();
        let bytes = world::with(|world| world.disk.bytes(open).to_vec());
        if bytes.len() as u64 > limit { Err(io::ErrorKind::InvalidData.into()) } else { Ok(bytes) }
    }

    fn modified(&self, file: &Path) -> io::Result<Duration> {
        self.point(&format!("look at {}", short(file)))?;
        world::with(|world| world.disk.modified(text(file)))
    }

    fn resolve(&self, file: &Path) -> io::Result<PathBuf> {
        Ok(file.to_owned())
    }

    fn create(&self, file: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
        self.point(&format!("create {}", short(file)))?;
        let open = world::with(|world| {
            let now = world.wall();
            world.disk.create(text(file), now)
        })?;
        for part in [bytes.len() / 2, bytes.len()] {
            self.point(&format!("write {}", short(file)))?;
            world::with(|world| {
                let now = world.wall();
                world.disk.write(open, &bytes[..part], now);
            });
        }
        if durable {
            self.point(&format!("sync {}", short(file)))?;
            world::with(|world| world.disk.sync(open));
        }
        Ok(())
    }

    fn link(&self, file: &Path, name: &Path) -> io::Result<()> {
        self.change(&format!("link {}", short(name)), |world| {
            let before = invariants::before_change(world, text(name));
            let linked = world.disk.link(text(file), text(name));
            invariants::after_change(world, text(name), before);
            linked
        })
    }

    fn rename(&self, file: &Path, name: &Path) -> io::Result<()> {
        self.change(&format!("rename to {}", short(name)), |world| {
            // What goes back to its place may be in the making still.
            let is_put_back = text(name) == invariants::YAML && !text(file).contains(".new-");
            let before = invariants::before_change(world, if is_put_back { "" } else { text(name) });
            let renamed = world.disk.rename(text(file), text(name));
            invariants::after_change(world, text(name), before);
            renamed
        })
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        self.change(&format!("remove {}", short(file)), |world| {
            let before = invariants::before_change(world, text(file));
            world.disk.remove(text(file));
            invariants::after_change(world, text(file), before);
            Ok(())
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.change(&format!("sync {}", short(folder)), |world| world.disk.sync_folder(text(folder)))
    }

    fn try_lock(&self, file: &Path) -> io::Result<Option<FileLock>> {
        self.point(&format!("lock {}", short(file)))?;
        world::with(|world| match world.plan.locks {
            Locks::Absent => Err(io::ErrorKind::Unsupported.into()),
            locks => {
                if locks == Locks::Lossy && world.random.one_in(3) {
                    world.disk.lose_locks();
                }
                let lock = world.disk.try_lock(text(file), self.0);
                Ok(lock.map(|id| Box::new(Held(id)) as FileLock))
            }
        })
    }
}

/// A lock that is held.
struct Held(u64);

impl Drop for Held {
    fn drop(&mut self) {
        if tasks::is_running() {
            world::with(|world| world.disk.unlock(self.0));
        }
    }
}

/// Runs `work` as a task of `process`.
pub(super) fn spawn(process: usize, name: &'static str, work: impl FnOnce() + Send + 'static) {
    let by = world::with(|world| world.ghost.doing(tasks::current(), name));
    let handle = shuttle::thread::spawn(move || {
        tasks::belongs_to(process);
        world::with(|world| world.ghost.begins(tasks::current(), by));
        tasks::switch();
        work();
    });
    world::with(|world| world.handles.push(handle));
}
