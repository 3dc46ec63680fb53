//! Alignment of two token sequences: the steps that turn one into the other.
//!
//! Between the runs of a chain the gaps are small, and each is aligned whole; beyond its ends the
//! alignment grows until its score has dropped by 20 (X-drop) and is cut back to where the score
//! was highest. Both are the same affine dynamic programme: a match earns 2, a word in another
//! form (*pattern*, *patterns*) 1, another word costs 2, a gap 3 for its first token and 1 for each
//! more. Of ends that score alike the further one is taken: a word that matches beyond a changed
//! one belongs to the passage. At last the
//! path is cut into its best-scoring parts, so no bridge stays that costs more than either side
//! earns.
//!
//! Cost: linear in the runs, quadratic in the gaps (at most some 25 tokens each).
//!
//! Source: Gotoh, *An improved algorithm for matching biological sequences*, J. Mol. Biol. 1982;
//! X-drop: Zhang, Schwartz, Wagner and Miller, *A greedy algorithm for aligning DNA sequences*,
//! J. Comput. Biol. 2000; the best-scoring part: Bentley, *Programming Pearls* (Kadane).

use super::link::{Run, common_prefix};
use crate::span::TokenRange;
use crate::text::TokenHash;

/// What an equal token earns.
pub(crate) const MATCH: i32 = 2;
/// What a word in another form earns.
const FORM: i32 = 1;
/// What two unequal tokens cost.
const MISMATCH: i32 = 2;
/// What a gap costs besides its tokens: 3 for the first token in all.
pub(crate) const GAP_OPEN: i32 = 2;
/// What a gap costs for each token.
pub(crate) const GAP_EXTEND: i32 = 1;
/// How far the score may drop beyond an end before the search for more is given up.
const X_DROP: i32 = 20;
/// Tokens looked at beyond an end at once; a successful look is followed by another.
const REACH: usize = 48;
/// Diagonals to either side that the search beyond an end may stray; runs further aside are
/// joined by their chain.
const BAND: usize = 10;
/// Tokens from an end within which forms of words are looked for.
const FORM_REACH: u32 = 24;
/// Diagonals to either side within which they are; further off a similar word says nothing.
pub(crate) const FORM_ASIDE: usize = 4;

/// One kind of step; `a` is the first sequence, `b` the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The same token.
    Equal,
    /// The same word in another form.
    Form,
    /// One token in the place of another.
    Mismatch,
    /// A token that only `b` has.
    Insert,
    /// A token that only `a` has.
    Delete,
}

impl Step {
    /// Tokens of `a` and of `b` that one step takes.
    pub(crate) const fn takes(self) -> (u32, u32) {
        match self {
            Self::Insert => (0, 1),
            Self::Delete => (1, 0),
            Self::Equal | Self::Form | Self::Mismatch => (1, 1),
        }
    }

    fn score(self, count: u32) -> i64 {
        let count = i64::from(count);
        match self {
            Self::Equal => i64::from(MATCH) * count,
            Self::Form => i64::from(FORM) * count,
            Self::Mismatch => -i64::from(MISMATCH) * count,
            Self::Insert | Self::Delete => -i64::from(GAP_OPEN) - i64::from(GAP_EXTEND) * count,
        }
    }
}

/// Two ranges and the steps between them; the first and the last step match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alignment {
    pub(crate) a: TokenRange,
    pub(crate) b: TokenRange,
    pub(crate) path: Vec<(Step, u32)>,
}

impl Alignment {
    /// Tokens that match in whole or in part, in half words.
    pub(crate) fn matched_half_words(&self, a: &[TokenHash]) -> u32 {
        let mut at = self.a.start as usize;
        let mut weight = 0;
        for &(step, count) in &self.path {
            let taken = (step.takes().0 * count) as usize;
            if matches!(step, Step::Equal | Step::Form) {
                weight += a[at..at + taken].iter().map(|token| token.half_words()).sum::<u32>();
            }
            at += taken;
        }
        weight
    }

    /// Matches (a form counts a half) by aligned columns, 0 to 1.
    pub(crate) fn identity(&self) -> f64 {
        let (mut matched, mut columns) = (0.0, 0.0);
        for &(step, count) in &self.path {
            columns += f64::from(count);
            matched += match step {
                Step::Equal => f64::from(count),
                Step::Form => f64::from(count) / 2.0,
                _ => 0.0,
            };
        }
        if columns == 0.0 { 0.0 } else { matched / columns }
    }

    /// The runs of equal tokens, as `(at_a, at_b, len)`.
    pub(crate) fn equal_runs(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let (mut at_a, mut at_b) = (self.a.start, self.b.start);
        self.path.iter().filter_map(move |&(step, count)| {
            let (takes_a, takes_b) = step.takes();
            let here = (at_a, at_b, count);
            at_a += takes_a * count;
            at_b += takes_b * count;
            (step == Step::Equal).then_some(here)
        })
    }
}

/// Whether the tokens at two positions (of the first and of the second text) are one word in two
/// forms.
pub(crate) trait Forms {
    /// Makes the words of two stretches known; called before [`Forms::is_form`] is asked there.
    fn prepare(&mut self, a: TokenRange, b: TokenRange);
    /// Whether the unequal tokens at these positions are forms of one word.
    fn is_form(&self, a: u32, b: u32) -> bool;
}

/// Compares by hash alone.
pub(crate) struct NoForms;

impl Forms for NoForms {
    fn prepare(&mut self, _: TokenRange, _: TokenRange) {}
    fn is_form(&self, _: u32, _: u32) -> bool {
        false
    }
}

/// Two texts with the ranges that an alignment may use.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
    pub(crate) a: &'a [TokenHash],
    pub(crate) b: &'a [TokenHash],
    pub(crate) within_a: TokenRange,
    pub(crate) within_b: TokenRange,
}

impl<'a> Sides<'a> {
    /// All of both texts.
    pub(crate) fn whole(a: &'a [TokenHash], b: &'a [TokenHash]) -> Self {
        Self {
            a,
            b,
            within_a: TokenRange::new(0, a.len() as u32),
            within_b: TokenRange::new(0, b.len() as u32),
        }
    }
}

/// Aligns chains; holds the tables of the dynamic programme from call to call.
#[derive(Debug, Default)]
pub(crate) struct Aligner {
    best: [Vec<i32>; 2],
    insert: [Vec<i32>; 2],
    delete: [Vec<i32>; 2],
    trace: Vec<u8>,
    steps: Vec<Step>,
    window_a: Vec<TokenHash>,
    window_b: Vec<TokenHash>,
}

/// Where a programme ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// In the last cell.
    Corner,
    /// In the cell with the highest score, within X-drop of it all along.
    Highest,
}

const LOW: i32 = i32::MIN / 4;
const FROM_DIAGONAL: u8 = 0;
const FROM_INSERT: u8 = 1;
const FROM_DELETE: u8 = 2;
const INSERT_EXTENDS: u8 = 4;
const DELETE_EXTENDS: u8 = 8;
const IS_FORM: u8 = 16;
const IS_MISMATCH: u8 = 32;

impl Aligner {
    /// Aligns along a chain and beyond its ends. Several alignments come back where a part in
    /// the middle costs more than what lies beside it earns; best first.
    pub(crate) fn align_chain(
        &mut self,
        sides: Sides<'_>,
        chain: &[Run],
        forms: &mut impl Forms,
    ) -> Vec<Alignment> {
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else { return Vec::new() };
        let mut path = Vec::new();
        let (before_a, before_b) =
            self.extend_backward(sides, first.at_a, first.at_b, forms, &mut path);
        let mut at = (first.at_a, first.at_b);
        for run in chain {
            self.fill_gap(sides, at, (run.at_a, run.at_b), forms, &mut path);
            push(&mut path, Step::Equal, run.len);
            at = (run.at_a + run.len, run.at_b + run.len);
        }
        let (after_a, after_b) = self.extend_forward(
            sides,
            last.at_a + last.len,
            last.at_b + last.len,
            forms,
            &mut path,
        );
        let whole = Alignment {
            a: TokenRange::new(before_a, after_a),
            b: TokenRange::new(before_b, after_b),
            path,
        };
        let mut parts = Vec::new();
        best_parts(whole, &mut parts);
        parts
    }

    fn fill_gap(
        &mut self,
        sides: Sides<'_>,
        from: (u32, u32),
        to: (u32, u32),
        forms: &mut impl Forms,
        path: &mut Vec<(Step, u32)>,
    ) {
        let (n, m) = (to.0 - from.0, to.1 - from.1);
        if n == 0 || m == 0 {
            push(path, Step::Delete, n);
            push(path, Step::Insert, m);
            return;
        }
        let (a, b) = (TokenRange::new(from.0, to.0), TokenRange::new(from.1, to.1));
        forms.prepare(a, b);
        self.load(sides.a[a.range()].iter(), sides.b[b.range()].iter());
        self.solve(Goal::Corner, off_diagonal(sides, from.0, from.1, 1), |i, j| {
            forms.is_form(from.0 + i as u32, from.1 + j as u32)
        });
        self.steps.iter().rev().for_each(|&step| push(path, step, 1));
    }

    fn load<'t>(
        &mut self,
        a: impl Iterator<Item = &'t TokenHash>,
        b: impl Iterator<Item = &'t TokenHash>,
    ) {
        self.window_a.clear();
        self.window_a.extend(a);
        self.window_b.clear();
        self.window_b.extend(b);
    }

    /// Extends to the right; returns the new ends.
    fn extend_forward(
        &mut self,
        sides: Sides<'_>,
        mut at_a: u32,
        mut at_b: u32,
        forms: &mut impl Forms,
        path: &mut Vec<(Step, u32)>,
    ) -> (u32, u32) {
        loop {
            let n = ((sides.within_a.end - at_a) as usize).min(REACH);
            let m = ((sides.within_b.end - at_b) as usize).min(REACH + BAND);
            if n == 0 || m == 0 {
                return (at_a, at_b);
            }
            let (a, b) = (at_a as usize..at_a as usize + n, at_b as usize..at_b as usize + m);
            self.load(sides.a[a].iter(), sides.b[b].iter());
            forms.prepare(
                TokenRange::new(at_a, at_a + FORM_REACH.min(n as u32)),
                TokenRange::new(at_b, at_b + FORM_REACH.min(m as u32)),
            );
            self.solve(Goal::Highest, off_diagonal(sides, at_a, at_b, 1), |i, j| {
                forms.is_form(at_a + i as u32, at_b + j as u32)
            });
            if self.steps.is_empty() {
                return (at_a, at_b);
            }
            for &step in self.steps.iter().rev() {
                push(path, step, 1);
                at_a += step.takes().0;
                at_b += step.takes().1;
            }
        }
    }

    /// Extends to the left onto an empty path; returns the new starts.
    fn extend_backward(
        &mut self,
        sides: Sides<'_>,
        mut at_a: u32,
        mut at_b: u32,
        forms: &mut impl Forms,
        path: &mut Vec<(Step, u32)>,
    ) -> (u32, u32) {
        loop {
            let n = ((at_a - sides.within_a.start) as usize).min(REACH);
            let m = ((at_b - sides.within_b.start) as usize).min(REACH + BAND);
            if n == 0 || m == 0 {
                break;
            }
            let (a, b) = (at_a as usize - n..at_a as usize, at_b as usize - m..at_b as usize);
            self.load(sides.a[a].iter().rev(), sides.b[b].iter().rev());
            forms.prepare(
                TokenRange::new(at_a - FORM_REACH.min(n as u32), at_a),
                TokenRange::new(at_b - FORM_REACH.min(m as u32), at_b),
            );
            self.solve(Goal::Highest, off_diagonal(sides, at_a, at_b, -1), |i, j| {
                forms.is_form(at_a - 1 - i as u32, at_b - 1 - j as u32)
            });
            if self.steps.is_empty() {
                break;
            }
            for &step in self.steps.iter().rev() {
                push(path, step, 1);
                at_a -= step.takes().0;
                at_b -= step.takes().1;
            }
        }
        path.reverse();
        (at_a, at_b)
    }

    /// Aligns the loaded windows and leaves the steps in `self.steps`, last first.
    ///
    /// `same_place(i)` is the column that is row `i`'s own place in a text aligned to itself.
    #[expect(clippy::too_many_lines, reason = "one recurrence; its parts share every table")]
    fn solve(
        &mut self,
        goal: Goal,
        same_place: impl Fn(usize) -> Option<usize>,
        is_form: impl Fn(usize, usize) -> bool,
    ) {
        let (n, m) = (self.window_a.len(), self.window_b.len());
        let width = m + 1;
        // The way back visits only cells that were filled: what is left of earlier calls is not
        // read.
        if self.trace.len() < (n + 1) * width {
            self.trace.resize((n + 1) * width, FROM_DIAGONAL);
        }
        for rows in [&mut self.best, &mut self.insert, &mut self.delete] {
            for row in rows {
                row.clear();
                row.resize(width + 1, LOW);
            }
        }
        self.best[0][0] = 0;
        self.trace[0] = FROM_DIAGONAL;
        let mut highest = (0, 0, 0);
        let near = |i: usize, j: usize| goal == Goal::Corner || i.abs_diff(j) <= FORM_ASIDE;
        let limit = |high: i32| if goal == Goal::Highest { high - X_DROP } else { LOW };
        // Columns of the last row that hold a live cell.
        let (mut live_from, mut live_to) = (0, 0);
        for j in 1..=m {
            let cost = -GAP_OPEN - GAP_EXTEND * j as i32;
            if cost < limit(0) || goal == Goal::Highest && j > BAND {
                break;
            }
            self.best[0][j] = cost;
            self.insert[0][j] = cost;
            self.trace[j] = FROM_INSERT | if j > 1 { INSERT_EXTENDS } else { 0 };
            live_to = j;
        }
        for i in 1..=n {
            let floor = limit(highest.0);
            let band = if goal == Goal::Highest { BAND } else { n.max(m) };
            let from = i.saturating_sub(band).max(live_from);
            let to = (i + band).min(m).min(live_to + if goal == Goal::Highest { 1 } else { m });
            if from > to {
                break;
            }
            let token = self.window_a[i - 1];
            let own = same_place(i - 1);
            let trace = &mut self.trace[i * width..(i + 1) * width];
            let [best, best_before] = rows(&mut self.best, i);
            let [insert_row, _] = rows(&mut self.insert, i);
            let [delete_row, delete_before] = rows(&mut self.delete, i);
            // The cell before the first is read as the left neighbour, the one after the last by
            // the next row.
            for at in [from.saturating_sub(1), (to + 1).min(width)] {
                (best[at], insert_row[at], delete_row[at]) = (LOW, LOW, LOW);
            }
            let (mut left_best, mut left_insert) = (LOW, LOW);
            let (mut first, mut last) = (usize::MAX, 0);
            for j in from..=to {
                let mut mark = 0;
                let open = best_before[j] - GAP_OPEN - GAP_EXTEND;
                let extend = delete_before[j] - GAP_EXTEND;
                let delete = open.max(extend);
                if extend > open {
                    mark |= DELETE_EXTENDS;
                }
                let open = left_best - GAP_OPEN - GAP_EXTEND;
                let extend = left_insert - GAP_EXTEND;
                let insert = open.max(extend);
                if extend > open {
                    mark |= INSERT_EXTENDS;
                }
                let mut score = LOW;
                if j > 0 && best_before[j - 1] > LOW / 2 {
                    let equal = token == self.window_b[j - 1] && own.is_none_or(|own| j - 1 != own);
                    let gain = if equal {
                        MATCH
                    } else if near(i, j) && is_form(i - 1, j - 1) {
                        mark |= IS_FORM;
                        FORM
                    } else {
                        mark |= IS_MISMATCH;
                        -MISMATCH
                    };
                    score = best_before[j - 1] + gain;
                }
                if insert > score {
                    score = insert;
                    mark |= FROM_INSERT;
                }
                if delete > score {
                    score = delete;
                    mark = (mark & !FROM_INSERT) | FROM_DELETE;
                }
                trace[j] = mark;
                if score < floor {
                    (best[j], insert_row[j], delete_row[j]) = (LOW, LOW, LOW);
                    (left_best, left_insert) = (LOW, LOW);
                    continue;
                }
                (best[j], insert_row[j], delete_row[j]) = (score, insert, delete);
                (left_best, left_insert) = (score, insert);
                first = first.min(j);
                last = j;
                // A gap never ends an extension: it would score lower than where it began.
                if score >= highest.0 {
                    highest = (score, i, j);
                }
            }
            if first == usize::MAX {
                break;
            }
            (live_from, live_to) = (first, last);
        }
        let (i, j) = if goal == Goal::Corner { (n, m) } else { (highest.1, highest.2) };
        self.walk_back(i, j, width);
    }

    fn walk_back(&mut self, mut i: usize, mut j: usize, width: usize) {
        self.steps.clear();
        let mut within_gap = FROM_DIAGONAL;
        while i > 0 || j > 0 {
            let mark = self.trace[i * width + j];
            let from = if within_gap == FROM_DIAGONAL { mark & 3 } else { within_gap };
            if from == FROM_INSERT && j > 0 {
                self.steps.push(Step::Insert);
                within_gap = if mark & INSERT_EXTENDS == 0 { FROM_DIAGONAL } else { FROM_INSERT };
                j -= 1;
            } else if i > 0 && (from == FROM_DELETE || j == 0) {
                self.steps.push(Step::Delete);
                within_gap = if mark & DELETE_EXTENDS == 0 { FROM_DIAGONAL } else { FROM_DELETE };
                i -= 1;
            } else {
                self.steps.push(match mark & (IS_FORM | IS_MISMATCH) {
                    0 => Step::Equal,
                    IS_FORM => Step::Form,
                    _ => Step::Mismatch,
                });
                (i, j) = (i - 1, j - 1);
            }
        }
    }
}

/// This row and the one before it.
fn rows(rows: &mut [Vec<i32>; 2], i: usize) -> [&mut [i32]; 2] {
    let [even, odd] = rows;
    if i & 1 == 0 { [even, odd] } else { [odd, even] }
}

/// Where a token's own place lies when a text is aligned to itself: in row `i` of windows that
/// start at `at_a` and `at_b` and run forward (`step` 1) or backward (−1). A text repeats itself
/// further on, never in place.
fn off_diagonal(
    sides: Sides<'_>,
    at_a: u32,
    at_b: u32,
    step: i64,
) -> impl Fn(usize) -> Option<usize> {
    let same = std::ptr::eq(sides.a, sides.b);
    let shift = step * (i64::from(at_a) - i64::from(at_b));
    move |i| if same { usize::try_from(i as i64 + shift).ok() } else { None }
}

fn push(path: &mut Vec<(Step, u32)>, step: Step, count: u32) {
    match path.last_mut() {
        _ if count == 0 => {}
        Some((last, total)) if *last == step => *total += count,
        _ => path.push((step, count)),
    }
}

/// Cuts an alignment into its best-scoring part and those of what remains on either side.
fn best_parts(whole: Alignment, parts: &mut Vec<Alignment>) {
    let (mut best, mut sum, mut start) = ((0, 0, 0), 0, 0);
    for (i, &(step, count)) in whole.path.iter().enumerate() {
        if sum < 0 || i == 0 {
            (sum, start) = (0, i);
        }
        sum += step.score(count);
        if sum > 0 && sum >= best.0 {
            best = (sum, start, i + 1);
        }
    }
    let (_, from, to) = best;
    if from == to {
        return;
    }
    if (from, to) == (0, whole.path.len()) {
        parts.push(whole);
        return;
    }
    let (left, middle, right) = (&whole.path[..from], &whole.path[from..to], &whole.path[to..]);
    let (a, b) = (whole.a.start, whole.b.start);
    let (left_a, left_b) = lengths(left);
    let (middle_a, middle_b) = lengths(middle);
    let part = |a, b, path: &[(Step, u32)]| {
        let (len_a, len_b) = lengths(path);
        Alignment {
            a: TokenRange::new(a, a + len_a),
            b: TokenRange::new(b, b + len_b),
            path: path.to_vec(),
        }
    };
    parts.push(part(a + left_a, b + left_b, middle));
    best_parts(part(a, b, left), parts);
    best_parts(part(a + left_a + middle_a, b + left_b + middle_b, right), parts);
}

fn lengths(path: &[(Step, u32)]) -> (u32, u32) {
    path.iter().fold((0, 0), |(a, b), &(step, count)| {
        let (takes_a, takes_b) = step.takes();
        (a + takes_a * count, b + takes_b * count)
    })
}

/// The runs of equal tokens in two whole ranges when there is nothing but such a run: a quick way
/// round the search for copies that are equal to the letter.
pub(crate) fn equal_ranges(sides: Sides<'_>) -> Option<Alignment> {
    let (a, b) = (sides.within_a, sides.within_b);
    let equal = !a.is_empty()
        && a.len() == b.len()
        && common_prefix(&sides.a[a.range()], &sides.b[b.range()]) == a.len() as usize;
    equal.then(|| Alignment { a, b, path: vec![(Step::Equal, a.len())] })
}
