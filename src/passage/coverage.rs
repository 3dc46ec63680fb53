//! Coverage: how much of everything stands elsewhere.
//!
//! Counted in tokens. A token counts once, however many passages it lies in; reuse counts before
//! boilerplate.
//!
//! Cost: sorting the members by document.

use rayon::prelude::*;

use crate::pairing::Pairing;
use crate::report::model::{Coverage, PassageCluster, PassageKind, Share};
use crate::span::TokenRange;

/// Most groups that a table of group by group is made for; beyond, it would grow with their
/// square and nobody could read it.
pub(crate) const MOST_GROUPS: usize = 1000;

/// What coverage needs of the documents.
pub(crate) struct Extent<'a> {
    /// Tokens of each document.
    pub(crate) tokens: &'a [u32],
    /// Group of each document.
    pub(crate) groups: &'a [u32],
    /// Number of groups.
    pub(crate) group_count: usize,
    /// What was compared with what; a group is on one side.
    pub(crate) pairing: Pairing,
}

/// A covered range of one document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Covered {
    document: u32,
    /// The group where the text stands as well.
    elsewhere: u32,
    tokens: TokenRange,
}

/// Adds up all passages.
pub(crate) fn coverage(extent: &Extent<'_>, passages: &[PassageCluster]) -> Coverage {
    let mut ranges: Vec<(u32, bool, TokenRange)> = passages
        .iter()
        .flat_map(|passage| {
            let boilerplate = passage.kind == PassageKind::Boilerplate;
            passage.members.iter().map(move |m| (m.document.0, boilerplate, m.tokens))
        })
        .collect();
    ranges.par_sort_unstable();
    let mut documents: Vec<Share> = extent
        .tokens
        .iter()
        .map(|&tokens| Share { tokens: u64::from(tokens), ..Share::default() })
        .collect();
    for of_document in ranges.chunk_by(|x, y| x.0 == y.0) {
        let share = &mut documents[of_document[0].0 as usize];
        let reused = of_document.iter().filter(|range| !range.1).map(|range| range.2);
        share.reuse = length_of_union(reused);
        let mut all: Vec<TokenRange> = of_document.iter().map(|range| range.2).collect();
        all.sort_unstable();
        share.boilerplate = length_of_union(all.into_iter()) - share.reuse;
    }
    let mut groups = vec![Share::default(); extent.group_count];
    let mut total = Share::default();
    for (share, &group) in documents.iter().zip(extent.groups) {
        for sum in [&mut groups[group as usize], &mut total] {
            sum.tokens += share.tokens;
            sum.reuse += share.reuse;
            sum.boilerplate += share.boilerplate;
        }
    }
    Coverage { total, groups, documents, between: between(extent, passages) }
}

fn between(extent: &Extent<'_>, passages: &[PassageCluster]) -> Vec<Vec<u64>> {
    if extent.group_count > MOST_GROUPS {
        return Vec::new();
    }
    let mut covered: Vec<Covered> = passages
        .par_iter()
        .filter(|passage| passage.kind == PassageKind::Reuse)
        .flat_map_iter(|passage| {
            let group = |document: u32| extent.groups[document as usize];
            let mut carriers: Vec<(u32, u32)> = passage
                .members
                .iter()
                .map(|member| (group(member.document.0), member.document.0))
                .collect();
            carriers.sort_unstable();
            let once: Vec<(u32, u32, usize)> = carriers
                .chunk_by(|x, y| x.0 == y.0)
                .map(|same| (same[0].0, same[0].1, same.len()))
                .collect();
            passage.members.iter().flat_map(move |member| {
                let document = member.document.0;
                let own = group(document);
                let others = once.clone().into_iter().filter(move |&(g, carrier, n)| {
                    (g != own || n > 1) && extent.pairing.compares(document, carrier)
                });
                others.map(move |(elsewhere, ..)| Covered {
                    document,
                    elsewhere,
                    tokens: member.tokens,
                })
            })
        })
        .collect();
    covered.par_sort_unstable();
    let mut table = vec![vec![0; extent.group_count]; extent.group_count];
    for same in covered.chunk_by(|x, y| (x.document, x.elsewhere) == (y.document, y.elsewhere)) {
        let from = extent.groups[same[0].document as usize] as usize;
        table[from][same[0].elsewhere as usize] += length_of_union(same.iter().map(|c| c.tokens));
    }
    table
}

/// Tokens in the union of ranges that come sorted by start.
fn length_of_union(ranges: impl Iterator<Item = TokenRange>) -> u64 {
    let (mut total, mut end) = (0, 0);
    for range in ranges {
        total += u64::from(range.end.saturating_sub(range.start.max(end)));
        end = end.max(range.end);
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_union_counts_each_token_once(ranges in prop::collection::vec((0u32..60, 0u32..20), 0..12)) {
            let mut ranges: Vec<TokenRange> =
                ranges.into_iter().map(|(start, len)| TokenRange::new(start, start + len)).collect();
            ranges.sort_unstable();
            let naive = (0..80).filter(|&t| ranges.iter().any(|r| r.range().contains(&t))).count();
            prop_assert_eq!(length_of_union(ranges.into_iter()), naive as u64);
        }
    }
}
