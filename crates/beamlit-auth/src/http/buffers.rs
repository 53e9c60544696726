//! The bytes of one connection on their way out and in.

use ureq::unversioned::transport;
use zeroize::{Zeroize, Zeroizing};

/// First size of the input: most answers fit, head and body.
const INPUT: usize = 16 * 1024;
/// The input grows up to here while a head is incomplete; ureq gives up at [`crate::http::door::HEAD_LIMIT`] before.
const INPUT_LIMIT: usize = 128 * 1024;

/// What ureq writes is gathered here until the answer is asked for, so that head and body leave in one piece.
///
/// Both sides mostly hold secrets, so what is done with is wiped at once.
pub(super) struct Buffers {
    input: Zeroizing<Vec<u8>>,
    filled: usize,
    consumed: usize,
    progress: bool,
    output: Zeroizing<Vec<u8>>,
    pending: usize,
    line: usize,
}

impl Buffers {
    /// Buffers that take lines of at most `line` bytes.
    pub(super) fn new(line: usize) -> Self {
        let [input, output] = [Vec::new(), Vec::new()].map(Zeroizing::new);
        Self { input, filled: 0, consumed: 0, progress: false, output, pending: 0, line }
    }

    /// Keeps the first `amount` bytes of what [`transport::Buffers::output`] gave.
    pub(super) fn keep(&mut self, amount: usize) {
        self.pending += amount;
    }

    /// What is to be sent.
    pub(super) fn pending(&self) -> &[u8] {
        &self.output[..self.pending]
    }

    /// Forgets what was sent.
    pub(super) fn sent(&mut self) {
        self.output[..self.pending].zeroize();
        self.pending = 0;
    }
}

impl transport::Buffers for Buffers {
    /// Room for one more line behind what is pending; at first for two, so that most bodies need no second allocation.
    fn output(&mut self) -> &mut [u8] {
        let needed = self.pending + self.line;
        if self.output.len() < needed {
            let size = (2 * self.output.len()).max(needed + self.line);
            resize(&mut self.output, size);
        }
        &mut self.output[self.pending..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.consumed..self.filled]
    }

    /// Empty when nothing was consumed for too long.
    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.filled == self.input.len() && self.consumed > 0 {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            self.consumed = 0;
        }
        if self.filled == self.input.len() {
            let size = (self.input.len() * 2).clamp(INPUT, INPUT_LIMIT);
            resize(&mut self.input, size);
        }
        &mut self.input[self.filled..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled = self.input.len().min(self.filled + amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.consumed = self.filled.min(self.consumed + amount);
        if self.consumed == self.filled {
            self.input[..self.filled].zeroize();
            self.filled = 0;
            self.consumed = 0;
        }
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.output();
        self.input_append_buf();
        (&mut self.input[self.filled..], &mut self.output[self.pending..])
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.filled > self.consumed
    }
}

/// Moves by hand: `Vec::resize` would leave a copy behind that nobody wipes.
fn resize(buffer: &mut Zeroizing<Vec<u8>>, size: usize) {
    let mut larger = Zeroizing::new(vec![0; size]);
    larger[..buffer.len()].copy_from_slice(buffer);
    *buffer = larger;
}
