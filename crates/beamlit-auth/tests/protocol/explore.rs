//! Every state that a model can come into, each once, and the shortest way into the first bad one.

use super::broken::{Broken, Invariant};
use super::seen::{Bits, Packed, Seen};

/// How many processes a model has at most.
pub(crate) const PROCESSES: usize = 3;

/// Where each of the sorted processes stood before.
pub(crate) type Order = [usize; PROCESSES];

/// What takes a step: one of the processes, or something else by its name.
#[derive(Clone, Copy)]
pub(crate) enum Actor {
    /// By its place among the sorted processes.
    Process(usize),
    Named(&'static str),
}

impl Actor {
    pub(crate) fn does<S>(self, verb: &'static str, after: S) -> Move<S> {
        self.does_to(verb, "", after)
    }

    pub(crate) fn does_to<S>(self, verb: &'static str, object: &'static str, after: S) -> Move<S> {
        Move { actor: self, step: (verb, object), after, broken: Broken::default() }
    }
}

/// One step that can happen next.
pub(crate) struct Move<S> {
    pub(crate) actor: Actor,
    /// What is done, and to what: `is killed before it` `commits`.
    pub(crate) step: (&'static str, &'static str),
    pub(crate) after: S,
    /// What the step itself breaks; what the state after it breaks is asked of [`Model::broken`].
    pub(crate) broken: Broken,
}

impl<S> Move<S> {
    /// The same step, which breaks something.
    pub(crate) fn breaking(mut self, broken: Broken) -> Self {
        self.broken = self.broken.and(broken);
        self
    }
}

/// A world and its rules.
pub(crate) trait Model {
    type State: Copy + PartialEq;

    fn start(&self) -> Self::State;
    /// Adds every step that can happen next. The explorer tries each of them, so "may" and "may not yet" are the same.
    fn moves(&self, state: &Self::State, moves: &mut Vec<Move<Self::State>>);
    /// What is broken in a state, however it came about.
    fn broken(&self, state: &Self::State) -> Broken;
    /// Sorts what is interchangeable, so that two states which differ by names alone are one; says who stands where.
    fn sort(&self, state: &mut Self::State) -> Order;
    /// Every field in which two states can differ: shows them to `bits`, or takes them from there.
    fn pass(&self, state: &mut Self::State, bits: &mut Bits);
}

/// What an exploration found.
pub(crate) struct Found {
    pub(crate) states: usize,
    /// How many steps lie between the start and the states that are farthest from it.
    pub(crate) depth: usize,
    /// Whether every state was visited.
    pub(crate) complete: bool,
    /// Each broken invariant with the shortest schedule that breaks it.
    pub(crate) broken: Vec<(Invariant, String)>,
}

impl Found {
    pub(crate) fn invariants(&self) -> Broken {
        self.broken.iter().fold(Broken::default(), |all, (invariant, _)| all.with(*invariant))
    }
}

/// Visits every state, as far as they fit into so many bytes, breadth first: the first schedule that breaks an invariant
/// is one of the shortest.
pub(crate) fn explore<M: Model>(model: &M, bytes: usize) -> Found {
    let mut search = Search::of(model);
    let most = Seen::fit(search.lanes, bytes);
    let (mut moves, mut broken, mut known) = (Vec::new(), Vec::new(), Broken::default());
    // States are numbered in the order in which they are met, which is the order of their distances from the start.
    let (mut depth, mut nearer, mut here) = (0, 1, 0);
    while (here as usize) < search.seen.len() && search.seen.len() < most {
        if here as usize == nearer {
            (depth, nearer) = (depth + 1, search.seen.len());
        }
        moves.clear();
        model.moves(&search.state(here), &mut moves);
        for step in &mut moves {
            model.sort(&mut step.after);
            let mut wrong = step.broken;
            if search.visit(&step.after, here) {
                wrong = wrong.and(model.broken(&step.after));
            }
            for invariant in wrong.without(known).iter() {
                known = known.with(invariant);
                broken.push((invariant, search.schedule(here, step)));
            }
        }
        here += 1;
    }
    let states = search.seen.len();
    Found { states, depth, complete: here as usize == states, broken }
}

struct Search<'a, M: Model> {
    model: &'a M,
    /// What a state is that was not told otherwise.
    start: M::State,
    /// How many words a state takes.
    lanes: usize,
    seen: Seen,
    /// For each state, the number of the one that it was first reached from.
    parents: Vec<u32>,
}

impl<'a, M: Model> Search<'a, M> {
    /// One that has met the start.
    fn of(model: &'a M) -> Self {
        let mut start = model.start();
        model.sort(&mut start);
        let mut bits = Bits::writing();
        model.pass(&mut start, &mut bits);
        let (_, lanes) = bits.packed();
        let mut search = Self { model, start, lanes, seen: Seen::new(lanes), parents: Vec::new() };
        search.visit(&start, 0);
        search
    }

    /// Keeps a state for later, unless it was met before.
    fn visit(&mut self, state: &M::State, parent: u32) -> bool {
        let packed = self.packed(state);
        let new = self.seen.insert(&packed);
        if new {
            assert!(
                self.unpacked(packed) == *state,
                "a field is not passed: states would be taken for another"
            );
            self.parents.push(parent);
        }
        new
    }

    fn packed(&self, state: &M::State) -> Packed {
        let mut bits = Bits::writing();
        self.model.pass(&mut { *state }, &mut bits);
        bits.packed().0
    }

    fn unpacked(&self, packed: Packed) -> M::State {
        let mut state = self.start;
        self.model.pass(&mut state, &mut Bits::reading(packed));
        state
    }

    fn state(&self, number: u32) -> M::State {
        self.unpacked(self.seen.state(number as usize))
    }

    /// Tells the way to a state, and one step more.
    ///
    /// The states on the way are not kept: the way is walked again from the start, by the numbers of its states.
    fn schedule(&self, to: u32, last: &Move<M::State>) -> String {
        let mut way = vec![to];
        while way[way.len() - 1] != 0 {
            way.push(self.parents[way[way.len() - 1] as usize]);
        }
        let mut state = self.model.start();
        self.model.sort(&mut state);
        let mut names = ['A', 'B', 'C'];
        let mut told = Vec::new();
        for next in way.iter().rev().skip(1) {
            let (step, order) = self.step_to(&state, *next);
            told.push(tell(&step, &names));
            names = order.map(|old| names[old]);
            state = step.after;
        }
        told.push(tell(last, &names));
        told.join("; ")
    }

    fn step_to(&self, from: &M::State, to: u32) -> (Move<M::State>, Order) {
        let mut moves = Vec::new();
        self.model.moves(from, &mut moves);
        let sorted = moves.into_iter().map(|mut step| {
            let order = self.model.sort(&mut step.after);
            (step, order)
        });
        let mut arriving = sorted.filter(|(step, _)| self.seen.number(&self.packed(&step.after)) == Some(to));
        arriving.next().expect("a state's first way is made of steps")
    }
}

fn tell<S>(step: &Move<S>, names: &[char; PROCESSES]) -> String {
    let (verb, object) = step.step;
    let space = if object.is_empty() { "" } else { " " };
    match step.actor {
        Actor::Process(place) => format!("{} {verb}{space}{object}", names[place]),
        Actor::Named(name) => format!("{name} {verb}{space}{object}"),
    }
}
