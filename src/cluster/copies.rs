//! Exact copies: documents of the same tokens in the same order.
//!
//! Idea: one of them, the lowest id, stands for all while sketches, candidates and matches are
//! made; ten thousand copies cost one comparison. Afterwards what was found for it holds for
//! each. A reference and the corpus that is compared with it have groups of their own; two of the
//! same content are twins.
//!
//! Cost: one sort of 4 bytes a document; 12 bytes a document afterwards.

use rayon::prelude::*;

use crate::document::DocId;
use crate::documents::DocumentFeatures;
use crate::documents::store::Brief;
use crate::pairing::Pairing;
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
    pairing: Pairing,
    /// Groups of the reference and of the corpus that have the same content.
    twins: Vec<(u32, u32)>,
}

impl Copies {
    const NONE: u32 = u32::MAX;

    /// Groups by content hash. Groups are numbered by their lowest id.
    pub fn new(features: &[DocumentFeatures]) -> Self {
        let brief = |of: &DocumentFeatures| Brief::of(of.content_hash, of.tokens, of.shingles);
        Self::of_briefs(&features.iter().map(brief).collect::<Vec<Brief>>(), Pairing::Everything)
    }

    /// The same from what is kept in memory.
    pub(crate) fn of_briefs(briefs: &[Brief], pairing: Pairing) -> Self {
        let brief = |id: u32| &briefs[id as usize];
        let mut order: Vec<u32> =
            (0..briefs.len() as u32).filter(|&id| brief(id).tokens > 0).collect();
        order.par_sort_unstable_by_key(|&id| (brief(id).content_hash(), id));
        let same = |&a: &u32, &b: &u32| brief(a).content_hash() == brief(b).content_hash();
        let mut groups = vec![Self::NONE; briefs.len()];
        let mut twins = Vec::new();
        // By its leader first: the groups' numbers follow from the leaders' order.
        for copies in order.chunk_by(same) {
            let (reference, corpus) = pairing.parts(copies, |&id| id).unwrap_or((&[], copies));
            for group in [reference, corpus] {
                for &id in group {
                    groups[id as usize] = group[0];
                }
            }
            twins.extend(reference.first().copied().zip(corpus.first().copied()));
        }
        drop(order);
        let mut starts = vec![0u32];
        for id in 0..groups.len() {
            let leader = groups[id];
            if leader == Self::NONE {
                continue;
            }
            // A leader comes before its copies and has its number by then.
            let number = if leader as usize == id {
                starts.push(0);
                starts.len() as u32 - 2
            } else {
                groups[leader as usize]
            };
            groups[id] = number;
            starts[number as usize + 1] += 1;
        }
        for number in 1..starts.len() {
            starts[number] += starts[number - 1];
        }
        let total = starts.last().copied().unwrap_or_default() as usize;
        let mut members = vec![DocId(0); total];
        let mut next = starts.clone();
        for (id, &number) in (0..).zip(&groups).filter(|(_, number)| **number != Self::NONE) {
            let place = &mut next[number as usize];
            members[*place as usize] = DocId(id);
            *place += 1;
        }
        let mut twins: Vec<(u32, u32)> =
            twins.into_iter().map(|(a, b)| (groups[a as usize], groups[b as usize])).collect();
        twins.sort_unstable();
        Self { members, starts, groups, pairing, twins }
    }

    /// What is compared with what.
    pub(crate) const fn pairing(&self) -> Pairing {
        self.pairing
    }

    /// Groups of a reference and of the corpus that have the same content, in order.
    pub(crate) fn twins(&self) -> &[(u32, u32)] {
        &self.twins
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
        if self.pairing == Pairing::Everything {
            for group in 0..self.len() as u32 {
                thinned += u64::from(!self.spell_out_copies(group, &mut all));
            }
        }
        for &(a, b) in &self.twins {
            let is_whole = self.spell_out((a, b), MatchKind::Exact, Scores::EQUAL, &mut all);
            thinned += u64::from(!is_whole);
        }
        for found in matches {
            let (Some(a), Some(b)) = (self.group(found.a), self.group(found.b)) else { continue };
            let scores =
                Scores { similarity: found.similarity, a_in_b: found.a_in_b, b_in_a: found.b_in_a };
            thinned += u64::from(!self.spell_out((a, b), found.kind, scores, &mut all));
        }
        all.par_sort_unstable_by_key(|found| (found.a, found.b));
        (all, thinned)
    }

    /// Adds the matches within a group, all of them or those of its leader; whether all.
    fn spell_out_copies(&self, group: u32, all: &mut Vec<Match>) -> bool {
        let members = self.members(group);
        let whole = members.len() * members.len() <= WHOLE_PRODUCT;
        for (i, &a) in members.iter().enumerate().take(if whole { members.len() } else { 1 }) {
            let others = members[i + 1..].iter();
            all.extend(others.map(|&b| oriented(a, b, MatchKind::Exact, Scores::EQUAL)));
        }
        whole
    }

    /// Adds the matches of two groups, all of them or those of their leaders; whether all.
    fn spell_out(
        &self,
        (a, b): (u32, u32),
        kind: MatchKind,
        scores: Scores,
        all: &mut Vec<Match>,
    ) -> bool {
        let (ours, theirs) = (self.members(a), self.members(b));
        let whole = ours.len() * theirs.len() <= WHOLE_PRODUCT
            || self.pairing != Pairing::Everything && Pairing::is_linear(ours.len(), theirs.len());
        if whole {
            for &x in ours {
                all.extend(theirs.iter().map(|&y| oriented(x, y, kind, scores)));
            }
        } else {
            all.extend(theirs.iter().map(|&y| oriented(ours[0], y, kind, scores)));
            all.extend(ours[1..].iter().map(|&x| oriented(x, theirs[0], kind, scores)));
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::CompactSketch;

    fn features(contents: &[u128]) -> Vec<DocumentFeatures> {
        let document = |&content_hash: &u128| DocumentFeatures {
            content_hash,
            tokens: u32::from(content_hash != 0),
            shingles: 1,
            sketch: CompactSketch::new([]),
            band_keys: [].into(),
            samples: [].into(),
        };
        contents.iter().map(document).collect()
    }

    #[test]
    fn groups_by_content_without_empty_documents() {
        let copies = Copies::new(&features(&[9, 0, 4, 9, 0, 4, 9, 7]));
        assert_eq!(copies.len(), 3);
        assert_eq!(copies.leaders(), [DocId(0), DocId(2), DocId(7)]);
        assert_eq!(copies.members(0), [DocId(0), DocId(3), DocId(6)]);
        assert_eq!(copies.group(DocId(5)), Some(1));
        assert_eq!(copies.group(DocId(1)), None);
        assert_eq!(copies.group(DocId(100)), None);
        assert!(Copies::new(&features(&[0, 0])).is_empty());
        assert!(Copies::default().is_empty());
    }

    #[test]
    fn a_match_of_leaders_holds_for_all_copies() {
        let copies = Copies::new(&features(&[9, 4, 9, 4]));
        let scores = Scores { similarity: 0.5, a_in_b: 0.6, b_in_a: 0.7 };
        let found = oriented(DocId(0), DocId(1), MatchKind::Near, scores);
        let (all, thinned) = copies.expand(&[found]);
        assert_eq!(thinned, 0);
        let brief: Vec<_> = all.iter().map(|m| (m.a.0, m.b.0, m.kind, m.a_in_b)).collect();
        assert_eq!(
            brief,
            [
                (0, 1, MatchKind::Near, 0.6),
                (0, 2, MatchKind::Exact, 1.0),
                (0, 3, MatchKind::Near, 0.6),
                (1, 2, MatchKind::Near, 0.7),
                (1, 3, MatchKind::Exact, 1.0),
                (2, 3, MatchKind::Near, 0.6),
            ]
        );
    }

    #[test]
    fn copies_on_two_sides_match_across_alone() {
        let briefs = [9, 4, 9, 4, 9, 9].map(|content| Brief::of(content, 1, 1));
        let copies = Copies::of_briefs(&briefs, Pairing::Against { reference: 3 });
        assert_eq!(copies.members(0), [DocId(0), DocId(2)]);
        assert_eq!(copies.members(2), [DocId(3)]);
        assert_eq!(copies.twins(), [(0, 3), (1, 2)]);
        let (all, thinned) = copies.expand(&[]);
        assert_eq!(thinned, 0);
        let pairs: Vec<_> = all.iter().map(|m| (m.a.0, m.b.0, m.kind)).collect();
        let exact = |a, b| (a, b, MatchKind::Exact);
        assert_eq!(pairs, [exact(0, 4), exact(0, 5), exact(1, 3), exact(2, 4), exact(2, 5)]);
    }

    #[test]
    fn few_copies_on_one_side_match_all_of_the_other() {
        let briefs: Vec<Brief> = (0..2005).map(|_| Brief::of(1, 1, 1)).collect();
        let matched = |reference| {
            let (all, thinned) =
                Copies::of_briefs(&briefs, Pairing::Against { reference }).expand(&[]);
            (all.len(), thinned)
        };
        assert_eq!(matched(5), (5 * 2000, 0));
        assert_eq!(matched(1000), (2004, 1));
    }

    #[test]
    fn large_groups_become_stars() {
        let contents: Vec<u128> = (0..200).map(|id| if id < 100 { 1 } else { 2 }).collect();
        let copies = Copies::new(&features(&contents));
        let scores = Scores { similarity: 0.9, a_in_b: 0.9, b_in_a: 0.9 };
        let (all, thinned) =
            copies.expand(&[oriented(DocId(0), DocId(100), MatchKind::Near, scores)]);
        assert_eq!(thinned, 3);
        assert_eq!(all.len(), 99 + 99 + 199);
        let ends = |m: &Match| (m.a.0, m.b.0);
        assert!(all.iter().all(|m| m.a.0 == 0 || m.a.0 == 100 || m.b.0 == 100));
        assert!(all.windows(2).all(|pair| ends(&pair[0]) < ends(&pair[1])));
    }
}
