//! The file store's compare-and-set, which needs no lock: how a record is read and written.
//!
//! A login is a folder of numbered files, of which the highest is the record. To write is to link a file to the number
//! after the one that was read; whoever comes second finds that number taken. Then all lower files are swept. The trap is
//! a writer who is stopped in between: the numbers may have gone on and been swept, so that its link succeeds on a number
//! that is long past. It must find out before it believes its write, and nobody may read such a file as the record.

use super::broken::{Broken, Invariant};
use super::explore::{Actor, Model, Move, Order};
use super::folder::{Folder, Step, Writer};
use super::seen::Bits;

/// Whether a writer, after its link to n + 1, looks at the n that it read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compares {
    /// The rule: n is there and is the very file that was read, kept open for that.
    Identity,
    /// That some n is there: it may be one that another late writer made again.
    Presence,
    /// Not at all: the number may be long past.
    Nothing,
}

/// In which order the lower files go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweeps {
    /// The rule, one step each.
    LowestFirst,
    /// A killed sweep leaves files between which a number is free.
    HighestFirst,
    /// Files from a killed sweep before stay.
    OnlyTheLast,
    /// The same as the rule, where a sweep is taken for one step.
    AtOnce,
}

/// How the record is found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// The rule: list, open the highest, list again: it must still be the highest.
    ListingAgain,
    /// List, open the highest, see that the next number is free: it may have been swept.
    TryingTheNext,
    /// The same as the rule, where a read is taken for one step.
    AtOnce,
}

/// The rules of the file store. [`Files::RULES`] is the store.
#[derive(Clone, Copy)]
pub(crate) struct Files {
    pub(crate) compares: Compares,
    pub(crate) sweeps: Sweeps,
    pub(crate) reads: Reads,
    /// An empty folder is begun with an empty record, which is nobody's claim or commit. Else the first write has no file
    /// to compare with.
    pub(crate) begins_empty: bool,
}

impl Files {
    pub(crate) const RULES: Self = Self {
        compares: Compares::Identity,
        sweeps: Sweeps::LowestFirst,
        reads: Reads::ListingAgain,
        begins_empty: true,
    };
    /// How many writes each of the three processes tries.
    const WRITES: [u8; 3] = [1, 2, 4];
}

impl Model for Files {
    type State = Folder;

    fn start(&self) -> Folder {
        let writers = Self::WRITES.map(|left| Writer { step: Step::List, read: 0, genuine: true, left });
        Folder { genuine: 0, late: 0, newest: 0, writers }
    }

    fn moves(&self, folder: &Folder, moves: &mut Vec<Move<Folder>>) {
        for at in 0..folder.writers.len() {
            if folder.writers[at].left > 0 {
                moves.push(self.step(folder, at));
            }
        }
    }

    fn broken(&self, _: &Folder) -> Broken {
        Broken::default()
    }

    fn sort(&self, folder: &mut Folder) -> Order {
        let mut order = [0, 1, 2];
        order.sort_by_key(|place| folder.writers[*place]);
        folder.writers = order.map(|place| folder.writers[place]);
        order
    }

    fn pass(&self, folder: &mut Folder, bits: &mut Bits) {
        folder.pass(bits);
    }
}

impl Files {
    fn step(self, folder: &Folder, at: usize) -> Move<Folder> {
        match folder.writers[at].step {
            Step::List => self.lists(folder, at),
            Step::Open => opens(folder, at),
            Step::ListAgain => self.lists_again(folder, at),
            Step::Begin => begins(folder, at),
            Step::Link => links(folder, at),
            Step::Compare => self.compares(folder, at),
            Step::Sweep => self.sweeps(folder, at),
        }
    }

    fn lists(self, folder: &Folder, at: usize) -> Move<Folder> {
        let highest = folder.highest();
        if highest == 0 {
            let step = if self.begins_empty { Step::Begin } else { Step::Link };
            return does(at, "finds nothing", 0, folder.next(at, |writer| writer.step = step));
        }
        let at_once = self.reads == Reads::AtOnce;
        let after = folder.next(at, |writer| {
            writer.step = if at_once { Step::Link } else { Step::Open };
            writer.read = highest;
            writer.genuine = !at_once || folder.has_genuine(highest);
        });
        does(at, if at_once { "reads" } else { "lists, the highest is" }, highest, after)
    }

    fn lists_again(self, folder: &Folder, at: usize) -> Move<Folder> {
        let read = folder.writers[at].read;
        let is_record = match self.reads {
            Reads::TryingTheNext => !folder.has(read + 1),
            Reads::ListingAgain | Reads::AtOnce => folder.highest() == read,
        };
        if !is_record {
            return does(at, "sees that there is a higher one than", read, folder.anew(at, 0));
        }
        does(at, "takes for the record", read, folder.next(at, |writer| writer.step = Step::Link))
    }

    fn compares(self, folder: &Folder, at: usize) -> Move<Folder> {
        let read = folder.writers[at].read;
        let good = match self.compares {
            Compares::Identity => folder.has_genuine(read),
            Compares::Presence => folder.has(read),
            Compares::Nothing => true,
        };
        // Who read nothing has nothing to compare with.
        if good || read == 0 {
            let stale = folder.has(read + 1) && !folder.has_genuine(read + 1);
            let after = folder.next(at, |writer| writer.step = Step::Sweep);
            let broken = Broken::when(stale, Invariant::StaleWriteBelieved);
            return does(at, "believes its", read + 1, after).breaking(broken);
        }
        let mut after = folder.anew(at, 1);
        after.remove(read + 1);
        does(at, "withdraws its", read + 1, after)
    }

    fn sweeps(self, folder: &Folder, at: usize) -> Move<Folder> {
        let own = folder.writers[at].read + 1;
        let next = match self.sweeps {
            Sweeps::LowestFirst => folder.lowest_below(own),
            Sweeps::HighestFirst => folder.highest_below(own),
            Sweeps::OnlyTheLast | Sweeps::AtOnce => own - 1,
        };
        let mut after = *folder;
        after.remove(next);
        if self.sweeps == Sweeps::AtOnce {
            (1..own).for_each(|lower| after.remove(lower));
        }
        if next == 0 || matches!(self.sweeps, Sweeps::OnlyTheLast | Sweeps::AtOnce) {
            return does(at, "has swept below", own, after.anew(at, 1));
        }
        does(at, "removes", next, after)
    }
}

fn opens(folder: &Folder, at: usize) -> Move<Folder> {
    let read = folder.writers[at].read;
    if !folder.has(read) {
        return does(at, "finds no more", read, folder.anew(at, 0));
    }
    let after = folder.next(at, |writer| {
        writer.step = Step::ListAgain;
        writer.genuine = folder.has_genuine(read);
    });
    does(at, "opens", read, after)
}

/// Links an empty record as 1, unless somebody did, and reads again.
fn begins(folder: &Folder, at: usize) -> Move<Folder> {
    let mut after = folder.anew(at, 0);
    if !folder.has(1) {
        after.link(1);
    }
    does(at, "begins", 1, after)
}

fn links(folder: &Folder, at: usize) -> Move<Folder> {
    let Writer { read, genuine, .. } = folder.writers[at];
    let broken = Broken::when(!genuine, Invariant::StaleFileRead);
    if folder.has(read + 1) {
        return does(at, "finds taken the number", read + 1, folder.anew(at, 1)).breaking(broken);
    }
    let mut after = folder.next(at, |writer| writer.step = Step::Compare);
    after.link(read + 1);
    does(at, "links", read + 1, after).breaking(broken)
}

fn does(at: usize, verb: &'static str, number: u8, after: Folder) -> Move<Folder> {
    const NUMBERS: [&str; 11] = ["", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    Actor::Process(at).does_to(verb, NUMBERS[usize::from(number)], after)
}
