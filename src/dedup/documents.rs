//! Which documents go whole: every one that a better document which stays stands for.
//!
//! Idea: clusters say who belongs together, but a member may match its representative by a rule
//! that nobody asked for and its neighbour by one that was. So the verified pairs decide, and
//! those that the clusters scored besides: in the order of preference, a document goes if it
//! matches a better one that stays. A document that stands in one that is less preferred goes in
//! a second pass, the longest first, unless it stands for others by then. Exact copies are decided
//! together, by the best of them. With a reference all pairs are with one of its documents, which
//! stay, and copies within the corpus are nobody's business.
//!
//! Cost: a sort of the pairs.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::plan::{Removal, Rule, Rules};
use crate::document::DocId;
use crate::pairing::Pairing;
use crate::report::model::{MatchKind, Report};

/// A pair seen from one of its two members.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The member.
    pub(super) from: usize,
    /// The other one.
    pub(super) to: usize,
    pub(super) similarity: f64,
    /// Share of the first's shingles that the other holds.
    pub(super) held: f64,
    /// Whether both have the same words: one of a reference and one of the corpus.
    pub(super) is_copy: bool,
}

/// A group of copies, as a choice among groups sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// The best of the copies.
    pub(super) face: DocId,
    /// Its rank: of two groups the lower is preferred.
    pub(super) rank: u32,
    pub(super) tokens: u32,
    /// Whether its face is protected: then it stays.
    pub(super) is_protected: bool,
}

/// Whether the group that a document is the best of stays. `ahead` documents, the first ones, do
/// not go themselves; with a reference a copy of one that protects may.
pub(super) fn stays_for_good(face: DocId, pairing: Pairing, ahead: usize) -> bool {
    match pairing {
        Pairing::Everything => face.index() < ahead,
        Pairing::Against { .. } => pairing.is_reference(face.0),
    }
}

/// Why a group goes, and for which one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reason {
    pub(super) rule: Rule,
    pub(super) score: f64,
    /// The member that stands for it.
    pub(super) to: usize,
}

/// Lowest scores that count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Least {
    pub(super) threshold: f64,
    pub(super) containment: f64,
}

/// The choice among groups: why each goes, if it does.
pub(super) fn choose(
    members: &[Member],
    mut pairs: Vec<Pair>,
    rules: Rules,
    least: Least,
) -> Vec<Option<Reason>> {
    pairs.sort_unstable_by_key(|pair| (pair.from, pair.to));
    let (reasons, pinned) = (vec![None; members.len()], vec![false; members.len()]);
    let mut choice = Choice { members, pairs, rules, least, reasons, pinned };
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_unstable_by_key(|&member| members[member].rank);
    for &member in &order {
        choice.decide(member, true);
    }
    if rules.contained {
        order.sort_by_key(|&member| Reverse(members[member].tokens));
        for &member in &order {
            choice.decide(member, false);
        }
    }
    choice.reasons
}

struct Choice<'a> {
    members: &'a [Member],
    pairs: Vec<Pair>,
    rules: Rules,
    least: Least,
    reasons: Vec<Option<Reason>>,
    pinned: Vec<bool>,
}

impl Choice<'_> {
    /// Finds what stands for a group, if anything does: a better one only, or any.
    fn decide(&mut self, member: usize, only_better: bool) {
        let own = self.members[member];
        if own.is_protected || self.pinned[member] || self.reasons[member].is_some() {
            return;
        }
        let first = self.pairs.partition_point(|pair| pair.from < member);
        let rank = |other: usize| self.members[other].rank;
        let best = self.pairs[first..]
            .iter()
            .take_while(|pair| pair.from == member)
            .filter(|pair| self.reasons[pair.to].is_none())
            .filter(|pair| !only_better || rank(pair.to) < own.rank)
            .filter_map(|pair| {
                let (rule, score) = self.rule(pair, only_better)?;
                Some(Reason { rule, score, to: pair.to })
            })
            .min_by(|a, b| {
                let by_score = a.rule.cmp(&b.rule).then(b.score.total_cmp(&a.score));
                by_score.then(rank(a.to).cmp(&rank(b.to)))
            });
        if let Some(reason) = best {
            self.pinned[reason.to] = true;
            self.reasons[member] = Some(reason);
        }
    }

    /// The rule by which the first of a pair may go.
    fn rule(&self, pair: &Pair, near: bool) -> Option<(Rule, f64)> {
        if pair.is_copy {
            return self.rules.exact.then_some((Rule::Exact, 1.0));
        }
        if near && self.rules.near && pair.similarity >= self.least.threshold {
            Some((Rule::Near, pair.similarity))
        } else if self.rules.contained && pair.held >= self.least.containment {
            Some((Rule::Contained, pair.held))
        } else {
            None
        }
    }
}

/// What becomes of each document of a report.
pub(super) struct Decisions {
    removals: Vec<Option<Removal>>,
}

impl Decisions {
    /// Decides by the report; the first `ahead` documents stay.
    pub(super) fn new(report: &Report, ranks: &[u32], ahead: usize, rules: Rules) -> Self {
        let count = report.documents.len();
        if !rules.documents() {
            return Self { removals: vec![None; count] };
        }
        let pairing = pairing(report);
        let groups = Groups::new(report, ranks);
        let members: Vec<Member> = groups
            .faces
            .iter()
            .map(|&face| Member {
                face,
                rank: ranks[face.index()],
                tokens: report.documents[face.index()].tokens,
                is_protected: stays_for_good(face, pairing, ahead),
            })
            .collect();
        let parameters = &report.run.parameters;
        let least = Least { threshold: parameters.threshold, containment: parameters.containment };
        let reasons = choose(&members, groups.pairs(report), rules, least);
        let removal = |id: usize| {
            let group = groups.of[id];
            let (rule, score, kept) = match reasons[group] {
                Some(Reason { rule, score, to }) => (rule, score, members[to].face),
                None if rules.exact
                    && pairing == Pairing::Everything
                    && members[group].face.index() != id =>
                {
                    (Rule::Exact, 1.0, members[group].face)
                }
                None => return None,
            };
            let stays = id < ahead;
            let document = DocId(id as u32);
            (!stays).then(|| Removal { document, rule, score, kept, cuts: Vec::new() })
        };
        Self { removals: (0..count).map(removal).collect() }
    }

    /// Whether each document goes.
    pub(super) fn gone(&self) -> Vec<bool> {
        self.removals.iter().map(Option::is_some).collect()
    }

    /// The removals, by document.
    pub(super) fn into_removals(self) -> Vec<Removal> {
        self.removals.into_iter().flatten().collect()
    }
}

/// What the documents of a report were compared with.
pub(super) fn pairing(report: &Report) -> Pairing {
    report
        .reference()
        .map_or(Pairing::Everything, |reference| Pairing::Against { reference: reference as u32 })
}

/// Documents of the same words, on the same side.
struct Groups {
    /// The group of each document, by id.
    of: Vec<usize>,
    /// The best of the copies, by group.
    faces: Vec<DocId>,
}

impl Groups {
    fn new(report: &Report, ranks: &[u32]) -> Self {
        let mut numbers: HashMap<(&str, bool), usize> = HashMap::new();
        let mut groups = Self { of: Vec::with_capacity(report.documents.len()), faces: Vec::new() };
        for (id, document) in (0..).zip(&report.documents) {
            let next = groups.faces.len();
            // What has no words is nobody's copy.
            let group = if document.tokens == 0 {
                next
            } else {
                let content = (&*document.content_hash, document.reference);
                *numbers.entry(content).or_insert(next)
            };
            if group == next {
                groups.faces.push(DocId(id));
            } else if ranks[id as usize] < ranks[groups.faces[group].index()] {
                groups.faces[group] = DocId(id);
            }
            groups.of.push(group);
        }
        groups
    }

    /// Verified pairs of groups, and those that the clusters scored.
    fn pairs(&self, report: &Report) -> Vec<Pair> {
        let group = |id: DocId| self.of[id.index()];
        let of_matches = report.matches.iter().flat_map(|found| {
            let (a, b, similarity) = (group(found.a), group(found.b), found.similarity);
            let is_copy = found.kind == MatchKind::Exact;
            [
                Pair { from: a, to: b, similarity, held: found.a_in_b, is_copy },
                Pair { from: b, to: a, similarity, held: found.b_in_a, is_copy },
            ]
        });
        let of_clusters = report.document_clusters.iter().flat_map(|cluster| {
            let centre = group(cluster.representative);
            cluster.members.iter().flat_map(move |member| {
                let (from, similarity) = (group(member.document), member.similarity);
                let is_copy = member.kind == MatchKind::Exact;
                [
                    Pair { from, to: centre, similarity, held: member.containment, is_copy },
                    Pair { from: centre, to: from, similarity, held: 0.0, is_copy },
                ]
            })
        });
        of_matches.chain(of_clusters).filter(|pair| pair.from != pair.to).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::model::{DocumentEntry, Match};

    /// A report of documents with these contents and matches of (a, b, similarity, a in b, b in a).
    fn report(contents: &[u8], matches: &[(u32, u32, f64, f64, f64)]) -> Report {
        let documents = contents
            .iter()
            .map(|content| DocumentEntry {
                content_hash: content.to_string(),
                tokens: 100,
                ..DocumentEntry::default()
            })
            .collect();
        let matches = matches
            .iter()
            .map(|&(a, b, similarity, a_in_b, b_in_a)| Match {
                a: DocId(a),
                b: DocId(b),
                kind: if similarity >= 0.8 { MatchKind::Near } else { MatchKind::Contained },
                similarity,
                a_in_b,
                b_in_a,
            })
            .collect();
        let mut report =
            crate::Doublet::new().find(&[]).expect("nothing is compared without trouble");
        report.documents = documents;
        report.matches = matches;
        report
    }

    fn told(
        report: &Report,
        ranks: &[u32],
        protected: usize,
        rules: Rules,
    ) -> Vec<(u32, Rule, u32)> {
        let removals = Decisions::new(report, ranks, protected, rules).into_removals();
        removals.iter().map(|removal| (removal.document.0, removal.rule, removal.kept.0)).collect()
    }

    const ALL: Rules = Rules { exact: true, near: true, contained: true, passages: false };

    #[test]
    fn a_chain_keeps_its_ends() {
        let report = report(&[0, 1, 2], &[(0, 1, 0.9, 0.9, 0.9), (1, 2, 0.9, 0.9, 0.9)]);
        assert_eq!(told(&report, &[0, 1, 2], 0, ALL), [(1, Rule::Near, 0)]);
    }

    #[test]
    fn copies_go_with_the_best_of_them() {
        let report = report(&[0, 1, 1], &[(0, 1, 0.9, 0.9, 0.9)]);
        let near = [(1, Rule::Near, 0), (2, Rule::Near, 0)];
        assert_eq!(told(&report, &[0, 1, 2], 0, ALL), near);
        let exact = Rules { near: false, contained: false, ..ALL };
        assert_eq!(told(&report, &[0, 2, 1], 0, exact), [(1, Rule::Exact, 2)]);
    }

    #[test]
    fn a_document_goes_for_the_less_preferred_one_that_holds_it() {
        let report = report(&[0, 1], &[(0, 1, 0.3, 1.0, 0.3)]);
        assert_eq!(told(&report, &[0, 1], 0, ALL), [(0, Rule::Contained, 1)]);
        assert_eq!(told(&report, &[0, 1], 1, ALL), []);
    }

    proptest! {
        #[test]
        fn what_stands_for_others_stays_and_protected_documents_do(
            contents in prop::collection::vec(0_u8..8, 10),
            pairs in prop::collection::vec((0_u32..10, 0_u32..10, 0.5..1.0, 0.5..1.0, 0.5..1.0), 0..20),
            ranks in Just((0_u32..10).collect::<Vec<_>>()).prop_shuffle(),
            protected in 0_usize..4,
            near: bool,
            contained: bool,
        ) {
            let pairs: Vec<_> = pairs.into_iter().filter(|pair| pair.0 < pair.1).collect();
            let report = report(&contents, &pairs);
            let ranks = crate::cluster::protected_first(&ranks, protected);
            let rules = Rules { near, contained, ..ALL };
            let decisions = Decisions::new(&report, &ranks, protected, rules);
            let gone = decisions.gone();
            prop_assert!(gone[..protected].iter().all(|gone| !gone));
            for removal in decisions.into_removals() {
                prop_assert!(!gone[removal.kept.index()]);
            }
            // Of the same words one stays, or as many as are protected.
            for content in 0..8 {
                let stay = (0..10).filter(|&id| contents[id] == content && !gone[id]);
                prop_assert!(stay.filter(|&id| id >= protected).count() <= 1);
            }
        }
    }
}
