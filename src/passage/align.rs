//! Alignment of two token sequences: the steps that turn one into the other.
//!
//! Between the runs of a chain the gaps are small, and each is aligned whole; beyond its ends the
//! alignment grows until its score has dropped by 20 (X-drop) and is cut back to where the score
//! was highest. Both are windows of the same [programme](super::programme). At last the path is
//! cut into its best-scoring parts, so no bridge stays that costs more than either side earns.
//!
//! Cost: linear in the runs, under a microsecond for each end and gap.
//!
//! Source: the best-scoring part: Bentley, *Programming Pearls* (Kadane).

use super::grow::{Run, common_prefix};
use super::programme::{
    BAND, FORM, GAP_EXTEND, GAP_OPEN, MATCH, MISMATCH, Programme, ROWS, push, push_unequal,
};
use crate::span::TokenRange;
use crate::text::TokenHash;

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

    /// What so many of them in a row earn.
    pub(crate) fn score(self, count: u32) -> i64 {
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
        matched_half_words(a, self.a.start, &self.path)
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

    /// What matches, in order.
    pub(crate) fn matches(&self) -> impl Iterator<Item = Stretch> + '_ {
        let (mut at_a, mut at_b) = (self.a.start, self.b.start);
        self.path.iter().filter_map(move |&(step, count)| {
            let (takes_a, takes_b) = step.takes();
            let here = Stretch { at_a, at_b, len: count, form: step == Step::Form };
            at_a += takes_a * count;
            at_b += takes_b * count;
            matches!(step, Step::Equal | Step::Form).then_some(here)
        })
    }

    /// The best part of an alignment through these stretches, with what does not match between
    /// them; nothing if there are none.
    pub(crate) fn through(stretches: impl Iterator<Item = Stretch>) -> Option<Self> {
        let mut stretches = stretches.peekable();
        let &Stretch { at_a: a, at_b: b, .. } = stretches.peek()?;
        let mut path = Vec::new();
        let mut at = (a, b);
        for stretch in stretches {
            push_unequal(&mut path, stretch.at_a - at.0, stretch.at_b - at.1);
            push(&mut path, if stretch.form { Step::Form } else { Step::Equal }, stretch.len);
            at = (stretch.at_a + stretch.len, stretch.at_b + stretch.len);
        }
        let mut parts = Vec::new();
        best_parts(a, b, &path, &mut parts);
        parts.into_iter().next()
    }
}

/// Tokens in a row that match: the same, or words in other forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) at_a: u32,
    pub(crate) at_b: u32,
    pub(crate) len: u32,
    pub(crate) form: bool,
}

impl Stretch {
    /// The same with the sides exchanged.
    pub(crate) fn turned(self) -> Self {
        Self { at_a: self.at_b, at_b: self.at_a, ..self }
    }

    /// The part of it within a range of the first side.
    pub(crate) fn clipped(self, within: TokenRange) -> Option<Self> {
        let start = self.at_a.max(within.start);
        let end = (self.at_a + self.len).min(within.end);
        (start < end).then(|| Self {
            at_a: start,
            at_b: self.at_b + (start - self.at_a),
            len: end - start,
            form: self.form,
        })
    }
}

/// A window under alignment: its corner, the way it goes from there, and how many columns it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    at: (u32, u32),
    way: Way,
    pub(crate) columns: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { at: (0, 0), way: Way::Right, columns: 0 }
    }
}

impl Window {
    /// The positions of a row and a column in the first and in the second text.
    #[inline]
    pub(crate) const fn positions(self, row: usize, column: usize) -> (u32, u32) {
        let (row, column) = (row as u32, column as u32);
        match self.way {
            Way::Left => (self.at.0 - 1 - row, self.at.1 - 1 - column),
            Way::Right => (self.at.0 + row, self.at.1 + column),
        }
    }
}

/// Tells which tokens of a window are one word in two forms.
pub(crate) trait Forms {
    /// Turns to another window.
    fn begin(&mut self, window: Window);
    /// Of the columns around `centre`, a bit for each that holds a form of the row's word: bit
    /// [`FORM_ASIDE`](super::programme::FORM_ASIDE) is the centre itself, which may lie outside the
    /// window, that far before its first column at most. Bits that are not in `asked` are 0, and
    /// none is asked for that lies outside.
    fn around(&mut self, row: usize, centre: isize, asked: u32) -> u32;
}

/// Compares by hash alone.
pub(crate) struct NoForms;

impl Forms for NoForms {
    fn begin(&mut self, _: Window) {}
    fn around(&mut self, _: usize, _: isize, _: u32) -> u32 {
        0
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

/// Aligns chains; holds what it works with from call to call.
#[derive(Debug, Default)]
pub(crate) struct Aligner {
    programme: Programme,
    path: Vec<(Step, u32)>,
}

/// Which way an extension goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Left,
    Right,
}

impl Aligner {
    /// Aligns along a chain and beyond its ends. Several alignments come back where a part in
    /// the middle costs more than what lies beside it earns; best first.
    pub(crate) fn align_chain(
        &mut self,
        sides: Sides<'_>,
        chain: &[Run],
        forms: &mut impl Forms,
    ) -> Vec<Alignment> {
        let Some((a, b)) = self.trace(sides, chain, forms) else { return Vec::new() };
        let mut parts = Vec::new();
        best_parts(a.start, b.start, &self.path, &mut parts);
        parts
    }

    /// The half words that match along a chain and beyond its ends, by hash alone: what an
    /// alignment could have at most without forms.
    pub(crate) fn matched_by_hash(&mut self, sides: Sides<'_>, chain: &[Run]) -> u32 {
        self.trace(sides, chain, &mut NoForms)
            .map_or(0, |(a, _)| matched_half_words(sides.a, a.start, &self.path))
    }

    /// Makes the path along a chain and beyond its ends: the ranges it takes.
    fn trace(
        &mut self,
        sides: Sides<'_>,
        chain: &[Run],
        forms: &mut impl Forms,
    ) -> Option<(TokenRange, TokenRange)> {
        let (first, last) = (chain.first()?, chain.last()?);
        self.path.clear();
        let before = self.extend(sides, Way::Left, (first.at_a, first.at_b), forms);
        self.path.reverse();
        let mut at = (first.at_a, first.at_b);
        for run in chain {
            self.fill_gap(sides, at, (run.at_a, run.at_b), forms);
            push(&mut self.path, Step::Equal, run.len);
            at = (run.at_a + run.len, run.at_b + run.len);
        }
        let end = (last.at_a + last.len, last.at_b + last.len);
        let after = self.extend(sides, Way::Right, end, forms);
        Some((TokenRange::new(before.0, after.0), TokenRange::new(before.1, after.1)))
    }

    fn fill_gap(
        &mut self,
        sides: Sides<'_>,
        from: (u32, u32),
        to: (u32, u32),
        forms: &mut impl Forms,
    ) {
        let (n, m) = (to.0 - from.0, to.1 - from.1);
        if n == 0 || m == 0 {
            push(&mut self.path, Step::Delete, n);
            push(&mut self.path, Step::Insert, m);
            return;
        }
        let (a, b) = (TokenRange::new(from.0, to.0), TokenRange::new(from.1, to.1));
        forms.begin(Window { at: from, way: Way::Right, columns: m });
        self.programme.load(sides.a[a.range()].iter().copied(), sides.b[b.range()].iter().copied());
        self.programme.bridge(own_place(sides, from, Way::Right), forms);
        self.programme.emit(true, &mut self.path);
    }

    /// Extends the path from a place outwards; returns where it ends.
    fn extend(
        &mut self,
        sides: Sides<'_>,
        way: Way,
        mut at: (u32, u32),
        forms: &mut impl Forms,
    ) -> (u32, u32) {
        loop {
            let left = |at: u32, within: TokenRange| match way {
                Way::Left => at - within.start,
                Way::Right => within.end - at,
            };
            let n = left(at.0, sides.within_a).min(ROWS as u32);
            let m = left(at.1, sides.within_b).min((ROWS + BAND) as u32);
            if n == 0 || m == 0 {
                return at;
            }
            let reach = |at: u32, len: u32| match way {
                Way::Left => TokenRange::new(at - len, at),
                Way::Right => TokenRange::new(at, at + len),
            };
            let (a, b) = (reach(at.0, n), reach(at.1, m));
            forms.begin(Window { at, way, columns: m });
            let (rows, columns) = (&sides.a[a.range()], &sides.b[b.range()]);
            match way {
                Way::Left => {
                    self.programme.load(rows.iter().rev().copied(), columns.iter().rev().copied());
                }
                Way::Right => self.programme.load(rows.iter().copied(), columns.iter().copied()),
            }
            let ended = self.programme.extend(own_place(sides, at, way), forms);
            let (rows, columns) = self.programme.emit(false, &mut self.path);
            if rows == 0 {
                return at;
            }
            at = match way {
                Way::Left => (at.0 - rows, at.1 - columns),
                Way::Right => (at.0 + rows, at.1 + columns),
            };
            // On another diagonal the band reaches further to one side.
            if ended && rows == columns {
                return at;
            }
        }
    }
}

/// Where a token's own place lies when a text is aligned to itself, in the window that starts at
/// `at` and goes `way`.
fn own_place(sides: Sides<'_>, at: (u32, u32), way: Way) -> impl Fn(usize) -> Option<usize> {
    let same = std::ptr::eq(sides.a, sides.b);
    let shift = match way {
        Way::Left => i64::from(at.1) - i64::from(at.0),
        Way::Right => i64::from(at.0) - i64::from(at.1),
    };
    move |i| if same { usize::try_from(i as i64 + shift).ok() } else { None }
}

/// Half words of `a` that match in whole or in part along a path that starts at `at`.
fn matched_half_words(a: &[TokenHash], at: u32, path: &[(Step, u32)]) -> u32 {
    let mut at = at as usize;
    let mut weight = 0;
    for &(step, count) in path {
        let taken = (step.takes().0 * count) as usize;
        if matches!(step, Step::Equal | Step::Form) {
            weight += a[at..at + taken].iter().map(|token| token.half_words()).sum::<u32>();
        }
        at += taken;
    }
    weight
}

/// Cuts a path that starts at `a` and `b` into its best-scoring part and those of what remains
/// on either side.
fn best_parts(a: u32, b: u32, path: &[(Step, u32)], parts: &mut Vec<Alignment>) {
    let (mut best, mut sum, mut start) = ((0, 0, 0), 0, 0);
    for (i, &(step, count)) in path.iter().enumerate() {
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
    let (left, middle, right) = (&path[..from], &path[from..to], &path[to..]);
    let (left_a, left_b) = lengths(left);
    let (middle_a, middle_b) = lengths(middle);
    let (start_a, start_b) = (a + left_a, b + left_b);
    let (end_a, end_b) = (start_a + middle_a, start_b + middle_b);
    parts.push(Alignment {
        a: TokenRange::new(start_a, end_a),
        b: TokenRange::new(start_b, end_b),
        path: middle.to_vec(),
    });
    best_parts(a, b, left, parts);
    best_parts(end_a, end_b, right, parts);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(shortest: usize) -> impl Strategy<Value = Vec<TokenHash>> {
        prop::collection::vec((1u32..7).prop_map(|x| TokenHash(2 * x)), shortest..120)
    }

    proptest! {
        /// Where an extension gives up there is nothing more to be had, whether or not it looked
        /// a second time.
        #[test]
        fn an_extension_ends_where_another_finds_nothing(
            shared in tokens(20), changes in prop::collection::vec((0usize..120, 0u32..9), 0..12),
            tail in tokens(0), to_the_left: bool,
        ) {
            let mut other = shared.clone();
            for (at, token) in changes {
                let at = at % other.len();
                match token {
                    0 => drop(other.remove(at)),
                    1 => other.insert(at, TokenHash(40)),
                    token => other[at] = TokenHash(2 * token),
                }
            }
            other.extend(tail);
            let (mut a, mut b) = (shared, other);
            let (way, start) = if to_the_left {
                a.reverse();
                b.reverse();
                (Way::Left, (a.len() as u32, b.len() as u32))
            } else {
                (Way::Right, (0, 0))
            };
            let sides = Sides::whole(&a, &b);
            let mut aligner = Aligner::default();
            let end = aligner.extend(sides, way, start, &mut NoForms);
            prop_assert_eq!(aligner.extend(sides, way, end, &mut NoForms), end);
        }
    }
}
