//! In which order entries are sent: what is urgent first, what is new before what is late, and otherwise as they were
//! accepted. Pure: it knows entries by their numbers, and asks which of them may go.

use std::collections::VecDeque;

use super::memory::give_back;
use crate::link::Token;

/// What the platform takes for an asset's newest state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// That with the greatest number: what is new may go first.
    #[default]
    Numbers,
    /// That which comes last: what is older goes first.
    Arrival,
}

/// How urgent an entry is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Somebody should know at once.
    Alert,
    /// Somebody waits for the answer.
    Outcome,
    /// How things are and were; and last words, which come behind all that was said before them.
    State,
}

/// Since when an entry waits, what goes first first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    New,
    /// It was accepted before there was a connection.
    Backlog,
    /// It was accepted in an earlier life of its device.
    EarlierLife,
}

const PRIORITIES: usize = 3;
const AGES: usize = 3;

/// Entries of one priority and age, that were not sent. Both in the order of their numbers.
#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Token>,
    /// Looked at, and left because they may not go yet.
    held: VecDeque<Token>,
}

/// The entries that were not sent on this session.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    order: Order,
    /// In the order in which they are sent.
    lines: [[Line; AGES]; PRIORITIES],
}

impl Schedule {
    pub(super) fn new(order: Order) -> Self {
        Self { order, ..Self::default() }
    }

    /// Takes an entry in, the newest so far. `is_recovered`: it was accepted in an earlier life.
    #[inline]
    pub(super) fn add(&mut self, number: Token, priority: Priority, is_recovered: bool) {
        let is_early = is_recovered && self.order == Order::Numbers;
        let age = if is_early { Age::EarlierLife } else { Age::New };
        self.lines[priority as usize][age as usize].waiting.push_back(number);
    }

    /// An entry is gone before it was sent.
    pub(super) fn remove(&mut self, number: Token, priority: Priority) {
        let lines = &mut self.lines[priority as usize];
        let mut numbers = lines.iter_mut().flat_map(|line| [&mut line.waiting, &mut line.held]);
        let _ = numbers.any(|numbers| match numbers.binary_search(&number) {
            Ok(index) => numbers.remove(index).is_some(),
            Err(_) => false,
        });
    }

    /// Takes the next entry that may go, and whether it comes late: accepted before there was a connection, or held too long. Those before
    /// it that may not are held until they are [released](Self::release_from).
    pub(super) fn next(&mut self, may_go: impl Fn(Token) -> bool) -> Option<(Token, bool)> {
        for lines in &mut self.lines {
            for (age, Line { waiting, held }) in lines.iter_mut().enumerate() {
                while let Some(number) = waiting.pop_front() {
                    give_back(waiting);
                    if may_go(number) {
                        return Some((number, age == Age::Backlog as usize));
                    }
                    insert(held, number);
                }
            }
        }
        None
    }

    /// An entry that was taken may not go after all: it is held at its place. `is_late`, as it was said.
    pub(super) fn hold(&mut self, number: Token, priority: Priority, is_recovered: bool, is_late: bool) {
        let age = match is_late {
            true => Age::Backlog,
            false if is_recovered && self.order == Order::Numbers => Age::EarlierLife,
            false => Age::New,
        };
        insert(&mut self.lines[priority as usize][age as usize].held, number);
    }

    /// What was held goes back to its place as far as it may go now. Nothing has changed for what has lower numbers than this.
    pub(super) fn release_from(&mut self, first: Token, may_go: impl Fn(Token) -> bool) {
        for Line { waiting, held } in self.lines.iter_mut().flatten() {
            let start = held.partition_point(|number| *number < first);
            // From behind: most of them belong to the front.
            for index in (start..held.len()).rev() {
                if may_go(held[index])
                    && let Some(number) = held.remove(index)
                {
                    insert(waiting, number);
                }
            }
            give_back(held);
        }
    }

    /// Whether there is a word for what is late.
    pub(super) fn knows_late(&self) -> bool {
        self.order == Order::Numbers
    }

    /// What was held of these joins the backlog, where there can be one.
    pub(super) fn make_late(&mut self, is_late: impl Fn(Token) -> bool) {
        if !self.knows_late() {
            return;
        }
        for [new, backlog, _] in &mut self.lines {
            // From behind: most of them are of these, and belong to the front.
            for index in (0..new.held.len()).rev() {
                if is_late(new.held[index])
                    && let Some(number) = new.held.remove(index)
                {
                    insert(&mut backlog.held, number);
                }
            }
            give_back(&mut new.held);
        }
    }

    /// Nothing is sent any more: these are the entries that there are, by number, priority, and whether they were
    /// recovered.
    pub(super) fn rewind(&mut self, entries: impl Iterator<Item = (Token, Priority, bool)>) {
        *self = Self::new(self.order);
        entries.for_each(|(number, priority, is_recovered)| self.add(number, priority, is_recovered));
    }

    /// Makes what was not sent the backlog, with what is left of an earlier one. Returns whether there can be one.
    pub(super) fn begin_backlog(&mut self) -> bool {
        if !self.knows_late() {
            return false;
        }
        for [new, backlog, earlier] in &mut self.lines {
            for late in [new, earlier] {
                merge(&mut backlog.waiting, &mut late.waiting);
                merge(&mut backlog.held, &mut late.held);
            }
        }
        true
    }
}

/// Puts a number where it belongs.
fn insert(numbers: &mut VecDeque<Token>, number: Token) {
    if numbers.back().is_none_or(|last| *last < number) {
        numbers.push_back(number);
    } else {
        numbers.insert(numbers.partition_point(|it| *it < number), number);
    }
}

fn merge(into: &mut VecDeque<Token>, from: &mut VecDeque<Token>) {
    if into.is_empty() {
        std::mem::swap(into, from);
    } else if !from.is_empty() {
        into.append(from);
        // Two runs, so it is one walk over both.
        into.make_contiguous().sort();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn all(schedule: &mut Schedule) -> Vec<Token> {
        std::iter::from_fn(|| schedule.next(|_| true)).map(|(number, _)| number).collect()
    }

    #[test]
    fn alerts_go_before_outcomes_and_those_before_states_and_otherwise_as_they_came() {
        let mut schedule = Schedule::default();
        let priorities = [Priority::State, Priority::Alert, Priority::Outcome];
        for (number, priority) in (0..9).zip(priorities.into_iter().cycle()) {
            schedule.add(number, priority, false);
        }
        assert_eq!(all(&mut schedule), [1, 4, 7, 2, 5, 8, 0, 3, 6]);
    }

    #[test]
    fn an_alert_of_the_backlog_goes_before_new_states_and_behind_new_alerts() {
        let mut schedule = Schedule::default();
        schedule.add(0, Priority::State, false);
        schedule.add(1, Priority::Alert, false);
        assert!(schedule.begin_backlog());
        schedule.add(2, Priority::State, false);
        schedule.add(3, Priority::Alert, false);
        let next = std::iter::from_fn(|| schedule.next(|_| true));
        assert_eq!(next.collect::<Vec<_>>(), [(3, false), (1, true), (2, false), (0, true)]);
    }

    #[test]
    fn what_was_held_is_at_its_place_again_when_it_may_go() {
        let mut schedule = Schedule::default();
        (0..6).for_each(|number| schedule.add(number, Priority::State, false));
        assert_eq!(schedule.next(|number| number == 3), Some((3, false)));
        schedule.release_from(0, |number| number == 1);
        assert_eq!(all(&mut schedule), [1, 4, 5]);
        schedule.release_from(0, |number| number != 0);
        schedule.remove(0, Priority::State);
        schedule.release_from(0, |_| true);
        assert_eq!(all(&mut schedule), [2]);
    }

    #[test]
    fn what_was_held_too_long_goes_behind_what_is_new_unless_what_comes_last_is_the_newest() {
        for (order, expected) in [
            (Order::Numbers, [(1, false), (4, false), (0, true), (2, true)]),
            (Order::Arrival, [(0, false), (1, false), (2, false), (4, false)]),
        ] {
            let mut schedule = Schedule::new(order);
            (0..5).for_each(|number| schedule.add(number, Priority::State, false));
            assert_eq!(schedule.next(|number| number == 3), Some((3, false)));
            schedule.make_late(|number| number != 1);
            schedule.release_from(0, |_| true);
            let next: Vec<_> = std::iter::from_fn(|| schedule.next(|_| true)).collect();
            assert_eq!(next, expected, "{order:?}");
        }
    }

    /// As simple as can be: what is next is looked for among all.
    #[derive(Default)]
    struct Plain {
        unsent: BTreeMap<Token, (Priority, Age, bool)>,
    }

    impl Plain {
        fn next(&mut self, may_go: impl Fn(Token) -> bool) -> Option<(Token, bool)> {
            let waiting = self.unsent.iter().filter(|(_, (.., held))| !held);
            let mut waiting: Vec<_> =
                waiting.map(|(number, (priority, age, _))| (*priority, *age as usize, *number)).collect();
            waiting.sort_unstable();
            for (_, age, number) in waiting {
                if may_go(number) {
                    self.unsent.remove(&number);
                    return Some((number, age == Age::Backlog as usize));
                }
                self.unsent.get_mut(&number)?.2 = true;
            }
            None
        }

        fn begin_backlog(&mut self) {
            self.unsent.values_mut().for_each(|(_, age, _)| *age = Age::Backlog);
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(Priority, bool),
        Next,
        Remove(usize),
        /// What is of this device may go from now on, or not.
        Open(Token, bool),
        Rewind,
        Backlog,
    }

    fn step() -> impl Strategy<Value = Step> {
        let priority = prop_oneof![Just(Priority::Alert), Just(Priority::Outcome), Just(Priority::State)];
        prop_oneof![
            6 => (priority, any::<bool>()).prop_map(|(priority, is_recovered)| Step::Add(priority, is_recovered)),
            6 => Just(Step::Next),
            1 => any::<usize>().prop_map(Step::Remove),
            2 => (0..DEVICES, any::<bool>()).prop_map(|(device, is_open)| Step::Open(device, is_open)),
            1 => Just(Step::Rewind),
            1 => Just(Step::Backlog),
        ]
    }

    const DEVICES: Token = 3;

    proptest! {
        /// Whatever happens: the next entry is the first by priority, age and number of those that may go, none is
        /// given twice on one session, and none is forgotten.
        #[test]
        fn any_steps_lead_to_the_plain_order(steps in proptest::collection::vec(step(), 1..200)) {
            let (mut schedule, mut plain) = (Schedule::default(), Plain::default());
            let mut there = BTreeMap::new();
            let mut open = [true; DEVICES as usize];
            let mut end = 0;
            for step in steps {
                let may_go = |number: Token| open[(number % DEVICES) as usize];
                match step {
                    Step::Add(priority, is_recovered) => {
                        let age = if is_recovered { Age::EarlierLife } else { Age::New };
                        schedule.add(end, priority, is_recovered);
                        plain.unsent.insert(end, (priority, age, false));
                        there.insert(end, (priority, is_recovered));
                        end += 1;
                    }
                    Step::Next => prop_assert_eq!(schedule.next(may_go), plain.next(may_go)),
                    Step::Remove(index) if !there.is_empty() => {
                        let number = *there.keys().nth(index % there.len()).unwrap();
                        let (priority, _) = there.remove(&number).unwrap();
                        schedule.remove(number, priority);
                        plain.unsent.remove(&number);
                    }
                    Step::Remove(_) => {}
                    Step::Open(device, is_open) => {
                        open[device as usize] = is_open;
                        let may_go = |number: Token| open[(number % DEVICES) as usize];
                        schedule.release_from(0, may_go);
                        let held = plain.unsent.iter_mut().filter(|(number, _)| may_go(**number));
                        held.for_each(|(_, (.., held))| *held = false);
                    }
                    Step::Rewind => {
                        schedule.rewind(there.iter().map(|(number, (priority, early))| (*number, *priority, *early)));
                        let age = |early| if early { Age::EarlierLife } else { Age::New };
                        plain.unsent =
                            there.iter().map(|(number, (priority, early))| (*number, (*priority, age(*early), false))).collect();
                    }
                    Step::Backlog => {
                        schedule.begin_backlog();
                        plain.begin_backlog();
                    }
                }
            }
            schedule.release_from(0, |_| true);
            plain.unsent.values_mut().for_each(|(.., held)| *held = false);
            let rest: Vec<Token> = std::iter::from_fn(|| plain.next(|_| true)).map(|(number, _)| number).collect();
            prop_assert_eq!(all(&mut schedule), rest);
        }
    }
}
