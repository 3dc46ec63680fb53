//! Timing: ratios in one run, median of five.
//!
//! A machine that others use too is faster in one minute than in the next. Two times that are to
//! be compared are therefore taken one right after the other, five times over; each pair gives a
//! ratio, and the middle one counts.

use std::time::Instant;

/// Pairs that are measured.
pub const ROUNDS: usize = 5;

/// Seconds of one run.
pub fn seconds<T>(run: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(run());
    start.elapsed().as_secs_f64()
}

/// The middle of some values (the upper of the two middle ones); 0 of none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Times of two things measured in pairs.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Median seconds of the first.
    pub first: f64,
    /// Median seconds of the second.
    pub second: f64,
    /// Median of second over first.
    pub ratio: f64,
}

/// Measures two things in turn.
pub fn pair<A, B>(mut first: impl FnMut() -> A, mut second: impl FnMut() -> B) -> Pair {
    pair_of(|| seconds(&mut first), || seconds(&mut second))
}

/// Measures two runs in turn that say themselves how many seconds they took.
pub fn pair_of(mut first: impl FnMut() -> f64, mut second: impl FnMut() -> f64) -> Pair {
    let (mut firsts, mut seconds, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (a, b) = (first(), second());
        firsts.push(a);
        seconds.push(b);
        ratios.push(b / a);
    }
    Pair { first: median(firsts), second: median(seconds), ratio: median(ratios) }
}

/// One line of the table of ratios.
#[derive(Debug)]
pub struct Row {
    /// What is compared.
    pub what: String,
    /// The ratio.
    pub measured: f64,
    /// What it should be.
    pub wanted: Wanted,
    /// Times or rates behind it.
    pub details: String,
}

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// Prints the heading of the table.
pub fn print_heading() {
    println!("| what | measured | wanted | verdict | details |\n|---|---|---|---|---|");
}

impl Row {
    /// Prints the line.
    pub fn print(&self) {
        let (sign, bound, holds) = match self.wanted {
            Wanted::AtLeast(bound) => ('≥', bound, self.measured >= bound),
            Wanted::AtMost(bound) => ('≤', bound, self.measured <= bound),
        };
        println!(
            "| {} | {:.2} | {sign} {bound} | {} | {} |",
            self.what,
            self.measured,
            if holds { "holds" } else { "**missed**" },
            self.details,
        );
    }
}
