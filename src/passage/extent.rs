//! Extent: how far a text may go on beyond an anchor, told from a byte of each word.
//!
//! The byte is a hash of a word's first letters, so a word in another form (*pattern*, *patterns*)
//! has the same one, unless it differs at its beginning. Over the few words that are known
//! [around](super::around) two equal anchors, every equal byte taken for an equal word, the best
//! path is found as an alignment finds its own.
//!
//! Cost: a few nanoseconds a word, and two for each pair of matches; nothing is allocated.
//!
//! Source: see the [programme](super::programme), of which this is a small twin.

use super::around::WORDS;
use super::lanes::{each, equal, lanes};
use super::programme::{MATCH, path_cost};

/// Matches that are taken in; only words that repeat have more.
const MOST: usize = 32;

/// A match and the best path to it: its score, then how many words match along it.
#[derive(Clone, Copy, Default)]
struct Cell {
    row: u32,
    column: u32,
    best: (i32, u32),
}

/// How many words match on the best path beyond an end; `None` if it may go on beyond what is
/// known. Of paths that score alike the one with the most.
pub(super) fn extent(rows: [u8; WORDS], columns: [u8; WORDS]) -> Option<u32> {
    best_path(rows, columns).map(|(_, matched)| matched)
}

/// Score and number of matches of the best path.
fn best_path(rows: [u8; WORDS], columns: [u8; WORDS]) -> Option<(i32, u32)> {
    let columns = lanes(columns);
    let mut cells = [Cell::default(); MOST];
    let mut count = 0;
    let mut highest = (0, 0);
    for (row, byte) in (0..).zip(rows).take_while(|&(_, byte)| byte != 0) {
        let mut equal = equal(each(byte), columns);
        while equal != 0 {
            let column = equal.trailing_zeros();
            equal &= equal - 1;
            let mut before = (-path_cost(row, column), 0);
            let mut in_a_row = false;
            for cell in &cells[..count] {
                if cell.row < row && cell.column < column {
                    let (down, aside) = (row - cell.row - 1, column - cell.column - 1);
                    let (score, matched) = cell.best;
                    before = before.max((score - path_cost(down, aside), matched));
                    in_a_row |= down + aside == 0;
                }
            }
            // Two in a row at the edge of what is known are seldom there by chance.
            let at_edge = row.max(column) as usize == WORDS - 1;
            if at_edge && in_a_row || count == MOST {
                return None;
            }
            let best = (before.0 + MATCH, before.1 + 1);
            highest = highest.max(best);
            cells[count] = Cell { row, column, best };
            count += 1;
        }
    }
    Some(highest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::passage::align::{NoForms, Step};
    use crate::passage::programme::Programme;
    use crate::text::TokenHash;

    /// A few words, and then the end of the text.
    fn known(words: &[u8]) -> [u8; WORDS] {
        let mut all = [0; WORDS];
        all[..words.len()].copy_from_slice(words);
        all
    }

    fn words() -> impl Strategy<Value = [u8; WORDS]> {
        let word = prop_oneof![1u8..5, any::<u8>().prop_map(|byte| byte.max(1))];
        prop::collection::vec(word, 0..=WORDS).prop_map(|words| known(&words))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn scores_as_an_alignment(rows in words(), columns in words()) {
            let Some((score, matched)) = best_path(rows, columns) else { return Ok(()) };
            let tokens = |words: [u8; WORDS]| {
                let words = words.into_iter().take_while(|&word| word != 0);
                words.map(|word| TokenHash(2 * u32::from(word)))
            };
            let (mut programme, mut path) = (Programme::default(), Vec::new());
            programme.load(tokens(rows), tokens(columns));
            programme.extend(|_| None, &mut NoForms);
            programme.emit(false, &mut path);
            let highest: i64 = path.iter().map(|&(step, count)| step.score(count)).sum();
            prop_assert_eq!(i64::from(score), highest);
            let equal = path.iter().filter(|(step, _)| *step == Step::Equal);
            prop_assert!(matched >= equal.map(|&(_, count)| count).sum());
        }
    }

    #[test]
    fn a_text_may_go_on_where_what_is_known_ends() {
        let a = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        assert_eq!(extent(a, a), None);
        assert_eq!(extent(a, known(&[1, 2, 3])), Some(3));
        // Two that are equal at the end of one, and one alone.
        assert_eq!(extent(a, known(&[21, 22, 23, 24, 9, 10])), None);
        assert_eq!(extent(a, known(&[21, 22, 23, 24, 25, 10])), Some(0));
        // *b* goes on with a word of its own: a gap of one costs more than one match earns.
        assert_eq!(extent(known(&[1, 2, 3]), known(&[31, 1, 2, 3])), Some(3));
        assert_eq!(extent(known(&[1]), known(&[31, 1])), Some(0));
    }
}
