//! Chains: collinear runs of one pair of places that belong to one alignment.
//!
//! Each run is worth 2 a token; passing from one run to the next costs what an alignment of the
//! gap would at best: 1 for each pair of unequal tokens (a word in between may match in part) and
//! the affine cost of the difference in length. The best chain that ends at each run comes from
//! the best of the preceding ones within reach, as in dynamic programming for local alignment, so
//! a bridge is built only where both sides earn more than it costs.
//!
//! Cost: at most [`LOOK_BACK`] predecessors a run.
//!
//! Source: Li, *Minimap2: pairwise alignment for nucleotide sequences*, Bioinformatics 2018
//! (chaining with a bounded look-back); the costs are those of [`super::align`].

use super::grow::Run;
use super::programme::{GAP_EXTEND, GAP_OPEN, MATCH};

/// Tokens a chain may leap over in either text.
pub(crate) const MAX_GAP: u32 = 25;
/// Predecessors looked at.
const LOOK_BACK: usize = 64;

/// Splits the runs of one pair, sorted by `at_a` then `at_b`, into chains, best first. Each chain
/// is sorted, its runs do not overlap in either text, and each run is in at most one chain.
pub(crate) fn chains(runs: &[Run]) -> Vec<Vec<Run>> {
    if let [run] = runs {
        return vec![vec![*run]];
    }
    let mut best: Vec<(i64, Option<usize>)> = Vec::with_capacity(runs.len());
    for (i, run) in runs.iter().enumerate() {
        let own = i64::from(MATCH) * i64::from(run.len);
        let mut score = own;
        let mut previous = None;
        for j in (i.saturating_sub(LOOK_BACK)..i).rev() {
            if let Some(gain) = joined_gain(&runs[j], run) {
                let joined = best[j].0 + gain;
                if joined > score {
                    (score, previous) = (joined, Some(j));
                }
            }
        }
        best.push((score, previous));
    }
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_unstable_by_key(|&i| (std::cmp::Reverse(best[i].0), i));
    let mut used = vec![false; runs.len()];
    let mut chains = Vec::new();
    for last in order {
        if used[last] {
            continue;
        }
        let mut chain = Vec::new();
        let mut next = Some(last);
        while let Some(i) = next.filter(|&i| !used[i]) {
            used[i] = true;
            chain.push(runs[i]);
            next = best[i].1;
        }
        chain.reverse();
        trim_overlaps(&mut chain);
        chains.push(chain);
    }
    chains
}

/// What `next` adds to a chain that ends with `previous`, if it can follow it.
fn joined_gain(previous: &Run, next: &Run) -> Option<i64> {
    let gap = |from: u32, len: u32, to: u32| i64::from(to) - i64::from(from) - i64::from(len);
    let gap_a = gap(previous.at_a, previous.len, next.at_a);
    let gap_b = gap(previous.at_b, previous.len, next.at_b);
    if gap_a.max(gap_b) > i64::from(MAX_GAP) {
        return None;
    }
    // Runs on different diagonals may overlap by a few equal tokens: the later one gives way.
    let overlap = (-gap_a.min(gap_b)).max(0);
    let len = i64::from(next.len) - overlap;
    if len <= 0 || overlap >= i64::from(previous.len) {
        return None;
    }
    let (gap_a, gap_b) = (gap_a + overlap, gap_b + overlap);
    let (unequal, shift) = (gap_a.min(gap_b), (gap_a - gap_b).abs());
    let shift_cost =
        if shift == 0 { 0 } else { i64::from(GAP_OPEN) + i64::from(GAP_EXTEND) * shift };
    Some(i64::from(MATCH) * len - unequal - shift_cost)
}

fn trim_overlaps(chain: &mut [Run]) {
    for i in 1..chain.len() {
        let previous = chain[i - 1];
        let run = &mut chain[i];
        let overlap = (previous.at_a + previous.len)
            .saturating_sub(run.at_a)
            .max((previous.at_b + previous.len).saturating_sub(run.at_b));
        debug_assert!(overlap < run.len);
        run.at_a += overlap;
        run.at_b += overlap;
        run.len -= overlap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(at_a: u32, at_b: u32, len: u32) -> Run {
        Run { a: 0, b: 1, at_a, at_b, len }
    }

    #[test]
    fn a_bridge_must_pay_on_both_sides() {
        // Seven words, then 13 inserted ones, then a long run: the bridge costs more than seven
        // words earn.
        let apart = [run(0, 0, 7), run(8, 20, 27)];
        assert_eq!(chains(&apart).len(), 2);
        // One replaced word costs little.
        let close = [run(0, 0, 7), run(8, 8, 27)];
        assert_eq!(chains(&close), vec![close.to_vec()]);
    }

    #[test]
    fn overlapping_runs_are_trimmed() {
        let chains = chains(&[run(0, 0, 10), run(8, 9, 10)]);
        assert_eq!(chains, vec![vec![run(0, 0, 10), run(10, 11, 8)]]);
    }

    #[test]
    fn crossing_runs_do_not_chain() {
        assert_eq!(chains(&[run(0, 50, 10), run(20, 0, 10)]).len(), 2);
    }
}
