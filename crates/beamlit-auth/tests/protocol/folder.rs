//! A login's folder of numbered files, and the processes that read and write it.

use super::seen::Bits;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    List,
    Open,
    ListAgain,
    Begin,
    Link,
    Compare,
    Sweep,
}

impl Step {
    const ALL: [Self; 7] =
        [Self::List, Self::Open, Self::ListAgain, Self::Begin, Self::Link, Self::Compare, Self::Sweep];
}

/// A process that reads and writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Writer {
    pub(crate) step: Step,
    /// The number that it read.
    pub(crate) read: u8,
    /// What it read was not made again after it had been swept.
    pub(crate) genuine: bool,
    pub(crate) left: u8,
}

/// The folder, and how far everybody has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folder {
    /// Bit n: there is a file n, the first of its number.
    pub(crate) genuine: u16,
    /// Bit n: there is a file n, which somebody linked who came too late: the number had been swept.
    pub(crate) late: u16,
    /// The highest number that there ever was.
    pub(crate) newest: u8,
    pub(crate) writers: [Writer; 3],
}

impl Folder {
    /// All numbers are below: as many writes as there are, the first after an empty record.
    const NUMBERS: u8 = 10;

    fn files(&self) -> u16 {
        self.genuine | self.late
    }

    pub(crate) fn has(&self, number: u8) -> bool {
        self.files() & 1 << number != 0
    }

    pub(crate) fn has_genuine(&self, number: u8) -> bool {
        self.genuine & 1 << number != 0
    }

    /// Zero if there is none.
    pub(crate) fn highest_below(&self, number: u8) -> u8 {
        (1..number).rev().find(|lower| self.has(*lower)).unwrap_or(0)
    }

    /// Zero if there is none.
    pub(crate) fn lowest_below(&self, number: u8) -> u8 {
        (1..number).find(|lower| self.has(*lower)).unwrap_or(0)
    }

    /// The number of the record, as one listing shows it. Zero if there is none.
    pub(crate) fn highest(&self) -> u8 {
        self.highest_below(Self::NUMBERS)
    }

    pub(crate) fn link(&mut self, number: u8) {
        if number > self.newest {
            self.genuine |= 1 << number;
            self.newest = number;
        } else {
            self.late |= 1 << number;
        }
    }

    pub(crate) fn remove(&mut self, number: u8) {
        self.genuine &= !(1 << number);
        self.late &= !(1 << number);
    }

    pub(crate) fn next(&self, at: usize, change: impl FnOnce(&mut Writer)) -> Self {
        let mut after = *self;
        change(&mut after.writers[at]);
        after
    }

    /// The same, where a process begins anew, with or without having tried a write.
    pub(crate) fn anew(&self, at: usize, tried: u8) -> Self {
        self.next(at, |writer| {
            let left = writer.left - tried;
            *writer = Writer { step: Step::List, read: 0, genuine: true, left };
        })
    }

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        bits.number(&mut self.genuine, Self::NUMBERS.into());
        bits.number(&mut self.late, Self::NUMBERS.into());
        bits.number(&mut self.newest, 4);
        for writer in &mut self.writers {
            bits.choice(&mut writer.step, &Step::ALL);
            bits.number(&mut writer.read, 4);
            bits.flag(&mut writer.genuine);
            bits.number(&mut writer.left, 3);
        }
    }
}
