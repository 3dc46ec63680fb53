//! The affine dynamic programme of a small window, over its matches alone.
//!
//! Between two matches with nothing equal in between, the cheapest path is known beforehand: as
//! many unequal words as the shorter side has, and one gap for the rest. So of the table of an
//! affine alignment only the cells that match need be visited, each with the matches before it;
//! in prose a row of 21 cells holds one or two. The score is that of the full table.
//!
//! A match earns 2, a word in another form (*pattern*, *patterns*) 1, an unequal word costs 2, a
//! gap 3 for its first token and 1 for each more. An extension ends where nothing can be reached
//! any more whose score lies within 20 of the highest (X-drop). Of ends that score alike the
//! further one is taken: a word that matches beyond a changed one belongs to the passage.
//!
//! Cost: one comparison of 21 tokens a row, a few of them at once, and the square of the matches
//! within reach of one another; 0.2 µs for a window where nothing goes on.
//!
//! Source: Gotoh, *An improved algorithm for matching biological sequences*, J. Mol. Biol. 1982;
//! over matches alone: Eppstein, Galil, Giancarlo and Italiano, *Sparse dynamic programming*,
//! J. ACM 1992; X-drop: Zhang, Schwartz, Wagner and Miller, *A greedy algorithm for aligning DNA
//! sequences*, J. Comput. Biol. 2000.

use super::align::{Forms, Step};
use crate::text::TokenHash;

/// What an equal token earns.
pub(crate) const MATCH: i32 = 2;
/// What a word in another form earns.
pub(crate) const FORM: i32 = 1;
/// What two unequal tokens cost.
pub(crate) const MISMATCH: i32 = 2;
/// What a gap costs besides its tokens: 3 for the first token in all.
pub(crate) const GAP_OPEN: i32 = 2;
/// What a gap costs for each token.
pub(crate) const GAP_EXTEND: i32 = 1;
/// Diagonals to either side (from either end of a bridge) within which forms are looked for;
/// further off a similar word says nothing.
pub(crate) const FORM_ASIDE: usize = 4;
/// Rows beyond the last match in which an extension looks for forms: behind more unequal words
/// one form is not worth its way.
const FORM_ROWS: usize = 6;
/// Diagonals to either side that an extension may stray; runs further aside are joined by their
/// chain.
pub(crate) const BAND: usize = 10;
/// Rows of an extension's window. No score can come back from a drop of 20 later than 14 rows
/// after its highest, so the window loses nothing: the next begins where this one was highest.
pub(crate) const ROWS: usize = 24;

/// How far the score may drop beyond an end before the search for more is given up.
const X_DROP: i32 = 20;
/// Matches before a match that are tried as its predecessor. Text that repeats one word over and
/// over has more, all alike.
const PREDECESSORS: usize = 64;
/// Cells of one row that are compared at once.
const LANES: usize = 24;
const ORIGIN: u32 = u32::MAX;

/// A match of a window: row (of the first text), column (of the second), and the best path to it.
#[derive(Clone, Copy, Debug)]
struct Cell {
    row: u32,
    column: u32,
    score: i32,
    from: u32,
    form: bool,
}

/// Tables of the programme, kept from call to call.
#[derive(Debug)]
pub(crate) struct Programme {
    rows: Vec<TokenHash>,
    /// The columns, with room for the band before and a whole comparison behind.
    columns: Vec<TokenHash>,
    width: usize,
    cells: Vec<Cell>,
    order: Vec<u32>,
    high: i32,
    /// The match where the path ends.
    end: u32,
    /// Last row that a path within the drop can reach.
    reach: usize,
}

impl Default for Programme {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            columns: vec![TokenHash(0); BAND],
            width: 0,
            cells: Vec::new(),
            order: Vec::new(),
            high: 0,
            end: ORIGIN,
            reach: 0,
        }
    }
}

impl Programme {
    /// Takes in the window to work on.
    pub(crate) fn load(
        &mut self,
        rows: impl Iterator<Item = TokenHash>,
        columns: impl Iterator<Item = TokenHash>,
    ) {
        self.rows.clear();
        self.rows.extend(rows);
        self.columns.truncate(BAND);
        self.columns.extend(columns);
        self.width = self.columns.len() - BAND;
        let room = BAND + self.width.max(self.rows.len()) + LANES;
        self.columns.resize(room, TokenHash(0));
        self.cells.clear();
        self.high = 0;
        self.end = ORIGIN;
        self.reach = rows_within(X_DROP);
    }

    /// Finds the best path from the window's corner to any match within X-drop; tells whether the
    /// search came to its end within the window.
    ///
    /// `own(row)` is the column that is the row's own place in a text aligned to itself: a text
    /// repeats itself further on, never in place.
    pub(crate) fn extend(
        &mut self,
        own: impl Fn(usize) -> Option<usize>,
        forms: &mut impl Forms,
    ) -> bool {
        for row in 0..self.rows.len() {
            if row > self.reach {
                return true;
            }
            let mut equal = self.equal_in_band(row);
            if let Some(own) = own(row)
                && let Some(lane) = (own + BAND).checked_sub(row).filter(|&lane| lane < LANES)
            {
                equal &= !(1 << lane);
            }
            let last = self.cells.last().map_or(0, |cell| cell.row as usize + 1);
            let mut changed = 0;
            if row < last + FORM_ROWS {
                let asked =
                    self.columns_around(row.cast_signed()) & !(equal >> (BAND - FORM_ASIDE));
                changed = forms.around(row, row.cast_signed(), asked) << (BAND - FORM_ASIDE);
            }
            let mut marks = equal | changed;
            while marks != 0 {
                let lane = marks.trailing_zeros() as usize;
                marks &= marks - 1;
                self.place(row, row + lane - BAND, changed >> lane & 1 == 1, X_DROP);
            }
        }
        false
    }

    /// Finds the best path from corner to corner.
    pub(crate) fn bridge(&mut self, own: impl Fn(usize) -> Option<usize>, forms: &mut impl Forms) {
        for row in 0..self.rows.len() {
            let own = own(row);
            // The diagonals from the first corner and from the last; both may be one.
            let shift = self.width.cast_signed() - self.rows.len().cast_signed();
            let centres = [row.cast_signed(), row.cast_signed() + shift];
            let changed =
                centres.map(|centre| forms.around(row, centre, self.columns_around(centre)));
            for column in 0..self.width {
                let equal = self.columns[BAND + column] == self.rows[row] && own != Some(column);
                let is_form = centres.iter().zip(changed).any(|(centre, changed)| {
                    let lane = column.cast_signed() - centre + FORM_ASIDE.cast_signed();
                    (0..2 * FORM_ASIDE.cast_signed() + 1).contains(&lane)
                        && changed >> lane & 1 == 1
                });
                if equal || is_form {
                    self.place(row, column, !equal, i32::MAX / 4);
                }
            }
        }
        let (_, from) = self.best_before(self.rows.len(), self.width);
        self.end = from;
    }

    /// A bit for each column of the window that lies within [`FORM_ASIDE`] of one; the lowest is the
    /// furthest to the left.
    #[inline]
    fn columns_around(&self, centre: isize) -> u32 {
        let aside = FORM_ASIDE.cast_signed();
        let lanes = 2 * aside + 1;
        let from = (aside - centre).clamp(0, lanes);
        let to = (self.width.cast_signed() + aside - centre).clamp(from, lanes);
        ((1 << to) - 1) & !((1 << from) - 1)
    }

    /// A bit for each column of the band that equals the row's token; bit `BAND` is the diagonal.
    #[inline]
    fn equal_in_band(&self, row: usize) -> u32 {
        let token = self.rows[row];
        let mut equal = 0;
        if let Some(near) = self.columns[row..].first_chunk::<LANES>() {
            for (lane, column) in near.iter().enumerate() {
                equal |= u32::from(*column == token) << lane;
            }
        }
        let from = BAND.saturating_sub(row);
        let to = (self.width + BAND).saturating_sub(row).min(2 * BAND + 1);
        equal & ((1 << to) - 1) & !((1 << from) - 1)
    }

    /// Adds a match if a path within `drop` of the highest score leads to it.
    fn place(&mut self, row: usize, column: usize, form: bool, drop: i32) {
        let (before, from) = self.best_before(row, column);
        if before < self.high - drop {
            return;
        }
        let score = before + if form { FORM } else { MATCH };
        if score >= self.high {
            self.high = score;
            self.end = self.cells.len() as u32;
        }
        self.reach = self.reach.max(row + 1 + rows_within((score + X_DROP - self.high).max(0)));
        self.cells.push(Cell { row: row as u32, column: column as u32, score, from, form });
    }

    /// The best score of a path that goes on with this cell, and the match it comes from.
    fn best_before(&self, row: usize, column: usize) -> (i32, u32) {
        let (row, column) = (row as u32, column as u32);
        let mut best = (i32::MIN, ORIGIN);
        let first = self.cells.len().saturating_sub(PREDECESSORS);
        for (cell, index) in
            self.cells[first..].iter().zip(first as u32..self.cells.len() as u32).rev()
        {
            if cell.row < row && cell.column < column {
                let score = cell.score - path_cost(row - cell.row - 1, column - cell.column - 1);
                if score > best.0 {
                    best = (score, index);
                }
            }
        }
        let alone = -path_cost(row, column);
        if alone > best.0 { (alone, ORIGIN) } else { best }
    }

    /// Adds the steps of the path to `path`, from the corner where it begins; tells how many
    /// rows and columns it takes. An extension ends with its last match, a bridge in the corner.
    pub(crate) fn emit(&mut self, whole: bool, path: &mut Vec<(Step, u32)>) -> (u32, u32) {
        self.order.clear();
        let mut index = self.end;
        while index != ORIGIN {
            self.order.push(index);
            index = self.cells[index as usize].from;
        }
        let mut at = (0, 0);
        for &index in self.order.iter().rev() {
            let cell = self.cells[index as usize];
            push_unequal(path, cell.row - at.0, cell.column - at.1);
            push(path, if cell.form { Step::Form } else { Step::Equal }, 1);
            at = (cell.row + 1, cell.column + 1);
        }
        if whole {
            let (rows, columns) = (self.rows.len() as u32, self.width as u32);
            push_unequal(path, rows - at.0, columns - at.1);
            at = (rows, columns);
        }
        at
    }
}

/// What a path costs over so many rows and columns without a match.
#[inline]
pub(super) fn path_cost(rows: u32, columns: u32) -> i32 {
    let (shared, shift) = (rows.min(columns) as i32, rows.abs_diff(columns) as i32);
    MISMATCH * shared + if shift == 0 { 0 } else { GAP_OPEN + GAP_EXTEND * shift }
}

/// Rows without a match that a path can cross for `cost`: unequal words, or a gap as wide as the
/// band and unequal words.
const fn rows_within(cost: i32) -> usize {
    let straight = cost / MISMATCH;
    let gap = cost - GAP_OPEN;
    let band = BAND as i32;
    let aside = if gap <= band { gap } else { band + (gap - band) / MISMATCH };
    if straight > aside { straight as usize } else { aside as usize }
}

/// Adds what stands between two matches: unequal words, and a gap for the rest.
pub(crate) fn push_unequal(path: &mut Vec<(Step, u32)>, rows: u32, columns: u32) {
    let shared = rows.min(columns);
    push(path, Step::Mismatch, shared);
    push(path, Step::Delete, rows - shared);
    push(path, Step::Insert, columns - shared);
}

/// Adds steps to a path, to the last ones if they are of the same kind.
pub(crate) fn push(path: &mut Vec<(Step, u32)>, step: Step, count: u32) {
    match path.last_mut() {
        _ if count == 0 => {}
        Some((last, total)) if *last == step => *total += count,
        _ => path.push((step, count)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::align::{NoForms, Window};
    use super::*;

    /// Forms by [`form`], of the whole texts.
    struct OfTokens<'a>(&'a [TokenHash], &'a [TokenHash]);

    impl Forms for OfTokens<'_> {
        fn begin(&mut self, _: Window) {}
        fn around(&mut self, row: usize, centre: isize, asked: u32) -> u32 {
            let column = |lane: usize| centre + lane.cast_signed() - FORM_ASIDE.cast_signed();
            let is_form =
                |&lane: &usize| form(self.0[row].0, self.1[column(lane).cast_unsigned()].0);
            let lanes = (0..=2 * FORM_ASIDE).filter(|lane| asked >> lane & 1 == 1);
            lanes.filter(is_form).map(|lane| 1 << lane).sum()
        }
    }

    /// The full table, cell by cell: the score in the corner and the highest of all.
    fn full_table(a: &[TokenHash], b: &[TokenHash], form: impl Fn(u32, u32) -> bool) -> (i32, i32) {
        let low = i32::MIN / 4;
        let mut best = vec![vec![low; b.len() + 1]; a.len() + 1];
        let (mut insert, mut delete) = (best.clone(), best.clone());
        best[0][0] = 0;
        let mut high = 0;
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                if i > 0 {
                    delete[i][j] = (best[i - 1][j] - GAP_OPEN).max(delete[i - 1][j]) - GAP_EXTEND;
                }
                if j > 0 {
                    insert[i][j] = (best[i][j - 1] - GAP_OPEN).max(insert[i][j - 1]) - GAP_EXTEND;
                }
                if i > 0 && j > 0 {
                    let gain = match (a[i - 1], b[j - 1]) {
                        (x, y) if x == y => MATCH,
                        (x, y) if form(x.0, y.0) => FORM,
                        _ => -MISMATCH,
                    };
                    best[i][j] = best[i - 1][j - 1] + gain;
                }
                best[i][j] = best[i][j].max(insert[i][j]).max(delete[i][j]);
                high = high.max(best[i][j]);
            }
        }
        (best[a.len()][b.len()], high)
    }

    fn score(path: &[(Step, u32)]) -> i32 {
        path.iter().map(|&(step, count)| step.score(count) as i32).sum()
    }

    /// Tokens 2x and 2x + 200 are forms of one another.
    fn form(a: u32, b: u32) -> bool {
        a.abs_diff(b) == 200
    }

    fn tokens(most: usize) -> impl Strategy<Value = Vec<TokenHash>> {
        let token = (1u32..9, any::<bool>()).prop_map(|(x, other)| 2 * x + 200 * u32::from(other));
        prop::collection::vec(token.prop_map(TokenHash), 0..most)
    }

    proptest! {
        #[test]
        fn scores_as_the_full_table(a in tokens(6), b in tokens(6)) {
            let (corner, _) = full_table(&a, &b, form);
            let (mut programme, mut path) = (Programme::default(), Vec::new());
            programme.load(a.iter().copied(), b.iter().copied());
            programme.bridge(|_| None, &mut OfTokens(&a, &b));
            let ends = programme.emit(true, &mut path);
            prop_assert_eq!(ends, (a.len() as u32, b.len() as u32));
            prop_assert_eq!(score(&path), corner);
            // Forms far from the diagonal count in a bridge alone.
            let (_, high) = full_table(&a, &b, |_, _| false);
            path.clear();
            programme.load(a.iter().copied(), b.iter().copied());
            programme.extend(|_| None, &mut NoForms);
            programme.emit(false, &mut path);
            prop_assert_eq!(score(&path), high);
            prop_assert!(path.last().is_none_or(|last| last.0 == Step::Equal));
        }
    }

    #[test]
    fn a_text_is_not_aligned_to_itself_in_place() {
        let tokens: Vec<TokenHash> = (1..9).map(|x| TokenHash(2 * x)).collect();
        let (mut programme, mut path) = (Programme::default(), Vec::new());
        programme.load(tokens.iter().copied(), tokens.iter().copied());
        programme.extend(Some, &mut NoForms);
        assert_eq!(programme.emit(false, &mut path), (0, 0));
    }

    #[test]
    fn of_ends_that_score_alike_the_further_one() {
        let words = |words: &[u32]| words.iter().map(|x| TokenHash(2 * x)).collect::<Vec<_>>();
        let (a, b) = (words(&[1, 2, 3, 4]), words(&[1, 2, 9, 4]));
        let (mut programme, mut path) = (Programme::default(), Vec::new());
        programme.load(a.into_iter(), b.into_iter());
        programme.extend(|_| None, &mut NoForms);
        assert_eq!(programme.emit(false, &mut path), (4, 4));
    }
}
