//! The states that were met, as few bytes each as they need.

/// How many machine words hold a state at most.
const LANES: usize = 5;
/// How many states stand in one piece: their number is a place in memory, and nothing is moved when there are more.
const PIECE: usize = 1 << 16;

/// A state as bits. A wider world needs more [`LANES`]; [`Bits`] says so.
pub(crate) type Packed = [u64; LANES];

/// The fields of a state one behind the other. The same words write them and read them again.
pub(crate) struct Bits {
    lanes: Packed,
    used: usize,
    reads: bool,
}

impl Bits {
    /// Takes the fields that it is shown.
    pub(crate) fn writing() -> Self {
        Self { lanes: Packed::default(), used: 0, reads: false }
    }

    /// Gives the fields that another one took.
    pub(crate) fn reading(lanes: Packed) -> Self {
        Self { lanes, used: 0, reads: true }
    }

    /// The lowest `width` bits of a number, which must have no others.
    pub(crate) fn number<T: Copy + Into<u64> + TryFrom<u64>>(&mut self, value: &mut T, width: usize) {
        assert!(self.used + width <= 64 * LANES, "the state needs more than {LANES} words: raise LANES");
        let (lane, shift) = (self.used / 64, self.used % 64);
        self.used += width;
        let parted = shift + width > 64;
        if self.reads {
            let high = if parted { self.lanes[lane + 1] << (64 - shift) } else { 0 };
            let read = (self.lanes[lane] >> shift | high) & ((1 << width) - 1);
            *value = T::try_from(read).ok().expect("it was written as one");
            return;
        }
        let value = (*value).into();
        assert!(value >> width == 0, "{value} needs more than {width} bits: widen its field");
        self.lanes[lane] |= value << shift;
        if parted {
            self.lanes[lane + 1] |= value >> (64 - shift);
        }
    }

    /// Whether something is so.
    pub(crate) fn flag(&mut self, value: &mut bool) {
        let mut number = u8::from(*value);
        self.number(&mut number, 1);
        *value = number != 0;
    }

    /// One of several.
    pub(crate) fn choice<T: Copy + PartialEq>(&mut self, value: &mut T, of: &[T]) {
        let place = of.iter().position(|one| one == value).expect("one of them");
        let mut place = u64::try_from(place).expect("few are more than fit");
        self.number(&mut place, (usize::BITS - (of.len() - 1).leading_zeros()) as usize);
        *value = of[usize::try_from(place).expect("it was written as one")];
    }

    /// The bits, and how many words they take.
    pub(crate) fn packed(self) -> (Packed, usize) {
        (self.lanes, self.used.div_ceil(64))
    }
}

/// A set that numbers its states in the order in which they came.
///
/// The states stand in rows, as many words each as they take; the table holds their numbers alone, so a state costs its
/// own size and some eight bytes.
pub(crate) struct Seen {
    lanes: usize,
    pieces: Vec<Vec<u64>>,
    len: usize,
    /// Numbers of states, each plus one, found by open addressing; zero is a free place.
    table: Vec<u32>,
}

impl Seen {
    /// Of states that take so many words.
    pub(crate) fn new(lanes: usize) -> Self {
        Self { lanes, pieces: Vec::new(), len: 0, table: vec![0; 1 << 10] }
    }

    /// How many states were met.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many states of so many words fit into so many bytes, with the numbers of those that they came from.
    pub(crate) fn fit(lanes: usize, bytes: usize) -> usize {
        let table = (bytes / (8 * lanes + 8)).next_power_of_two() * size_of::<u32>();
        bytes.saturating_sub(table) / (8 * lanes + size_of::<u32>())
    }

    /// Whether the state is new; then it has the next number.
    pub(crate) fn insert(&mut self, state: &Packed) -> bool {
        let place = self.place(state);
        if self.table[place] != 0 {
            return false;
        }
        if self.len.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE * self.lanes));
        }
        self.pieces[self.len / PIECE].extend_from_slice(&state[..self.lanes]);
        self.len += 1;
        self.table[place] = u32::try_from(self.len).expect("four thousand million states are more than fit");
        if self.len * 4 > self.table.len() * 3 {
            self.grow();
        }
        true
    }

    /// The state of that number.
    pub(crate) fn state(&self, number: usize) -> Packed {
        let mut state = Packed::default();
        state[..self.lanes].copy_from_slice(self.row(number));
        state
    }

    /// The state's number, if it was met.
    pub(crate) fn number(&self, state: &Packed) -> Option<u32> {
        self.table[self.place(state)].checked_sub(1)
    }

    fn row(&self, number: usize) -> &[u64] {
        let from = number % PIECE * self.lanes;
        &self.pieces[number / PIECE][from..from + self.lanes]
    }

    /// Where the state is, or where it would be put.
    fn place(&self, state: &Packed) -> usize {
        let mask = self.table.len() - 1;
        let mut place = mix(&state[..self.lanes]) & mask;
        while self.table[place] != 0 && self.row(self.table[place] as usize - 1) != &state[..self.lanes] {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        self.table = vec![0; mask + 1];
        for number in 0..self.len {
            let mut place = mix(self.row(number)) & mask;
            while self.table[place] != 0 {
                place = (place + 1) & mask;
            }
            self.table[place] = u32::try_from(number + 1).expect("it had a number before");
        }
    }
}

/// Spreads a state over the table. The order of a state's bits is no secret, so any good mixing will do.
fn mix(state: &[u64]) -> usize {
    let mixed = state.iter().fold(0_u64, |sum, lane| {
        let turned = (sum.rotate_left(29) ^ lane).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        turned ^ (turned >> 32)
    });
    usize::try_from(mixed >> 3 & u64::from(u32::MAX)).expect("32 bits fit")
}
