//! Exact copies: documents of the same tokens in the same order.
//!
//! Idea: one of them, the lowest id, stands for all while sketches, candidates and matches are
//! made; ten thousand copies cost one comparison. Afterwards what was found for it holds for
//! each.
//!
//! Cost: one sort of 20 bytes a document.

use rayon::prelude::*;

use crate::document::DocId;
use crate::documents::DocumentFeatures;
use crate::report::model::{Match, MatchKind};
use crate::verify::{Scores, oriented};

/// Most pairs of copies that one match is spelled out into.
pub const WHOLE_PRODUCT: usize = 4096;

/// Documents grouped by content. A document without tokens is in no group: it has nothing that
/// could match.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    /// All members, group by group, each group in order of id.
    members: Vec<DocId>,
    /// Where the groups start, by group; one more for the end.
    starts: Vec<u32>,
    /// Group of a document, by id; [`Copies::NONE`] without tokens.
    groups: Vec<u32>,
}

impl Copies {
    const NONE: u32 = u32::MAX;

    /// Groups by content hash. Groups are numbered by their lowest id.
    pub fn new(features: &[DocumentFeatures]) -> Self {
        let mut order: Vec<(u128, u32)> = (0..)
            .zip(features)
            .filter(|(_, document)| document.tokens > 0)
            .map(|(id, document)| (document.content_hash, id))
            .collect();
        order.par_sort_unstable();
        let mut by_leader: Vec<&[(u128, u32)]> = order.chunk_by(|a, b| a.0 == b.0).collect();
        by_leader.par_sort_unstable_by_key(|group| group[0].1);
        let mut copies =
            Self { groups: vec![Self::NONE; features.len()], starts: vec![0], ..Self::default() };
        for (number, group) in (0..).zip(by_leader) {
            for &(_, id) in group {
                copies.groups[id as usize] = number;
                copies.members.push(DocId(id));
            }
            copies.starts.push(copies.members.len() as u32);
        }
        copies
    }

    /// Number of groups, those of a single document included.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether no document has a token.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Documents of a group, in order of id.
    ///
    /// # Panics
    /// If `group` is not below the number of groups.
    pub fn members(&self, group: u32) -> &[DocId] {
        let group = group as usize;
        &self.members[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// The lowest id of a group: it takes part in all comparisons.
    ///
    /// # Panics
    /// If `group` is not below the number of groups.
    pub fn leader(&self, group: u32) -> DocId {
        self.members(group)[0]
    }

    /// The leaders of all groups, in order of id.
    pub fn leaders(&self) -> Vec<DocId> {
        (0..self.len() as u32).map(|group| self.leader(group)).collect()
    }

    /// The group of a document; `None` for one without tokens.
    pub fn group(&self, document: DocId) -> Option<u32> {
        self.groups.get(document.index()).copied().filter(|&group| group != Self::NONE)
    }

    /// Matches of all documents from those of the leaders, in order, and how many pairs of
    /// groups were too large to be spelled out: beyond [`WHOLE_PRODUCT`] pairs each document is
    /// matched with the other group's leader (within a group: with its own) alone.
    pub fn expand(&self, matches: &[Match]) -> (Vec<Match>, u64) {
        let (mut all, mut thinned) = (Vec::with_capacity(matches.len()), 0);
        for group in 0..self.len() as u32 {
            let members = self.members(group);
            let whole = members.len() * members.len() <= WHOLE_PRODUCT;
            thinned += u64::from(!whole);
            for (i, &a) in members.iter().enumerate().take(if whole { members.len() } else { 1 }) {
                all.extend(
                    members[i + 1..]
                        .iter()
                        .map(|&b| oriented(a, b, MatchKind::Exact, Scores::EQUAL)),
                );
            }
        }
        for found in matches {
            let (Some(a), Some(b)) = (self.group(found.a), self.group(found.b)) else { continue };
            let (ours, theirs) = (self.members(a), self.members(b));
            let scores =
                Scores { similarity: found.similarity, a_in_b: found.a_in_b, b_in_a: found.b_in_a };
            if ours.len() * theirs.len() <= WHOLE_PRODUCT {
                for &x in ours {
                    all.extend(theirs.iter().map(|&y| oriented(x, y, found.kind, scores)));
                }
            } else {
                thinned += 1;
                all.extend(theirs.iter().map(|&y| oriented(ours[0], y, found.kind, scores)));
                all.extend(ours[1..].iter().map(|&x| oriented(x, theirs[0], found.kind, scores)));
            }
        }
        all.par_sort_unstable_by_key(|found| (found.a, found.b));
        (all, thinned)
    }
}
