//! The states that were met, as few bytes each as they need.

/// How many machine words hold a state.
const LANES: usize = 4;

/// A state as bits. A wider world needs more [`LANES`]; [`Bits::put`] says so.
pub(crate) type Packed = [u64; LANES];

/// Writes the fields of a state one behind the other.
#[derive(Default)]
pub(crate) struct Bits {
    lanes: Packed,
    used: usize,
}

impl Bits {
    /// Appends the lowest `width` bits of a value, which must have no others.
    pub(crate) fn put(&mut self, value: impl Into<u64>, width: usize) {
        let value = value.into();
        assert!(value >> width == 0, "{value} needs more than {width} bits: widen its field");
        assert!(self.used + width <= 64 * LANES, "the state needs more than {LANES} words: raise LANES");
        let (lane, shift) = (self.used / 64, self.used % 64);
        self.lanes[lane] |= value << shift;
        if shift + width > 64 {
            self.lanes[lane + 1] |= value >> (64 - shift);
        }
        self.used += width;
    }

    pub(crate) fn packed(self) -> Packed {
        self.lanes
    }
}

/// A set that numbers its states in the order in which they came.
///
/// The states stand in one row; the table holds their numbers alone, so a state costs its own size and some eight bytes.
pub(crate) struct Seen {
    states: Vec<Packed>,
    /// Numbers of states, each plus one, found by open addressing; zero is a free place.
    table: Vec<u32>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { states: Vec::new(), table: vec![0; 1 << 10] }
    }

    /// Whether the state is new; then it has the next number.
    pub(crate) fn insert(&mut self, state: Packed) -> bool {
        let place = self.place(state);
        if self.table[place] != 0 {
            return false;
        }
        self.states.push(state);
        self.table[place] =
            u32::try_from(self.states.len()).expect("four thousand million states are more than fit");
        if self.states.len() * 4 > self.table.len() * 3 {
            self.grow();
        }
        true
    }

    /// The state's number, if it was met.
    pub(crate) fn number(&self, state: Packed) -> Option<u32> {
        self.table[self.place(state)].checked_sub(1)
    }

    /// Where the state is, or where it would be put.
    fn place(&self, state: Packed) -> usize {
        let mask = self.table.len() - 1;
        let mut place = mix(state) & mask;
        while self.table[place] != 0 && self.states[self.table[place] as usize - 1] != state {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        self.table = vec![0; self.table.len() * 2];
        for (number, state) in (1..).zip(0..self.states.len()) {
            let place = self.place(self.states[state]);
            self.table[place] = number;
        }
    }
}

/// Spreads a state over the table. The order of a state's bits is no secret, so any good mixing will do.
fn mix(state: Packed) -> usize {
    let mixed = state.iter().fold(0_u64, |sum, lane| {
        let turned = (sum.rotate_left(29) ^ lane).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        turned ^ (turned >> 32)
    });
    usize::try_from(mixed >> 3 & u64::from(u32::MAX)).expect("32 bits fit")
}
