//! Every state that a model can come into, each once, and the shortest way into the first bad one.

use std::collections::{HashMap, VecDeque};

use super::broken::{Broken, Invariant};
use super::seen::{Packed, Seen};

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
    /// The sorted state, in a form in which equal states are equal and different ones differ.
    fn pack(&self, state: &Self::State) -> Packed;
}

/// What an exploration found.
pub(crate) struct Found {
    pub(crate) states: usize,
    /// Each broken invariant with the shortest schedule that breaks it.
    pub(crate) broken: Vec<(Invariant, String)>,
}

impl Found {
    pub(crate) fn invariants(&self) -> Broken {
        self.broken.iter().fold(Broken::default(), |all, (invariant, _)| all.with(*invariant))
    }
}

/// Visits every state, breadth first: the first schedule that breaks an invariant is one of the shortest.
pub(crate) fn explore<M: Model>(model: &M) -> Found {
    let mut search = Search { model, seen: Seen::new(), parents: Vec::new(), queue: VecDeque::new() };
    let mut start = model.start();
    model.sort(&mut start);
    search.visit(start, 0);
    let (mut moves, mut broken, mut known) = (Vec::new(), Vec::new(), Broken::default());
    // States are numbered in the order in which they are met, which is the order in which they leave the queue.
    for here in 0_u32.. {
        let Some(state) = search.queue.pop_front() else { break };
        moves.clear();
        model.moves(&state, &mut moves);
        for step in &mut moves {
            model.sort(&mut step.after);
            let mut wrong = step.broken;
            if search.visit(step.after, here) {
                wrong = wrong.and(model.broken(&step.after));
            }
            for invariant in wrong.without(known).iter() {
                known = known.with(invariant);
                broken.push((invariant, search.schedule(here, step)));
            }
        }
    }
    Found { states: search.parents.len(), broken }
}

/// Whether states that are packed alike are alike: an exploration would pass over a state whose difference is lost.
pub(crate) fn packs_without_loss<M: Model>(model: &M) -> bool {
    let mut start = model.start();
    model.sort(&mut start);
    let mut met = HashMap::from([(model.pack(&start), start)]);
    let (mut queue, mut moves) = (vec![start], Vec::new());
    while let Some(state) = queue.pop() {
        model.moves(&state, &mut moves);
        for mut step in moves.drain(..) {
            model.sort(&mut step.after);
            match met.insert(model.pack(&step.after), step.after) {
                Some(before) if before != step.after => return false,
                Some(_) => {}
                None => queue.push(step.after),
            }
        }
    }
    true
}

struct Search<'a, M: Model> {
    model: &'a M,
    seen: Seen,
    /// For each state, the number of the one that it was first reached from.
    parents: Vec<u32>,
    queue: VecDeque<M::State>,
}

impl<M: Model> Search<'_, M> {
    /// Keeps a state for later, unless it was met before.
    fn visit(&mut self, state: M::State, parent: u32) -> bool {
        let new = self.seen.insert(self.model.pack(&state));
        if new {
            self.parents.push(parent);
            self.queue.push_back(state);
        }
        new
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
        let mut arriving =
            sorted.filter(|(step, _)| self.seen.number(self.model.pack(&step.after)) == Some(to));
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
