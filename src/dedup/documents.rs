//! Which documents go whole: every one that a better document which stays stands for.
//!
//! Idea: clusters say who belongs together, but a member may match its representative by a rule
//! that nobody asked for and its neighbour by one that was. So the verified pairs decide, and
//! those that the clusters scored besides: in the order of preference, a document goes if it
//! matches a better one that stays. A document that stands in one that is less preferred goes in
//! a second pass, the longest first, unless it stands for others by then. Exact copies are decided
//! together, by the best of them.
//!
//! Cost: a sort of the pairs.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::plan::{Removal, Rule, Rules};
use crate::document::DocId;
use crate::report::model::Report;

/// A pair seen from one of its two documents.
#[derive(Clone, Copy)]
struct Pair {
    /// The first copy of the document.
    from: usize,
    /// The first copy of the other one.
    to: usize,
    similarity: f64,
    /// Share of the first's shingles that the other holds.
    held: f64,
}

/// Why a document goes, and for which one.
#[derive(Clone, Copy)]
struct Reason {
    rule: Rule,
    score: f64,
    kept: DocId,
}

/// What becomes of each document.
pub(super) struct Decisions {
    reasons: Vec<Option<Reason>>,
}

impl Decisions {
    /// Decides by the report; the first `protected` documents stay.
    pub(super) fn new(report: &Report, ranks: &[u32], protected: usize, rules: Rules) -> Self {
        let groups = Groups::new(report, ranks);
        let mut reasons = vec![None; report.documents.len()];
        if !rules.documents() {
            return Self { reasons };
        }
        let of_groups = Choice::new(report, &groups, ranks, protected, rules).decide();
        for (id, reason) in reasons.iter_mut().enumerate().skip(protected) {
            let leader = groups.leaders[id];
            let face = groups.faces[leader];
            *reason = of_groups[leader].or_else(|| {
                let is_copy = rules.exact && face.index() != id;
                is_copy.then_some(Reason { rule: Rule::Exact, score: 1.0, kept: face })
            });
        }
        Self { reasons }
    }

    /// Whether each document goes.
    pub(super) fn gone(&self) -> Vec<bool> {
        self.reasons.iter().map(Option::is_some).collect()
    }

    /// The removals, by document.
    pub(super) fn into_removals(self) -> Vec<Removal> {
        let removal = |(id, reason): (u32, Option<Reason>)| {
            let Reason { rule, score, kept } = reason?;
            Some(Removal { document: DocId(id), rule, score, kept, cuts: Vec::new() })
        };
        (0..).zip(self.reasons).filter_map(removal).collect()
    }
}

/// Documents of the same words.
struct Groups {
    /// The first of each document's copies, by id.
    leaders: Vec<usize>,
    /// The best of the copies, by leader (of others, themselves).
    faces: Vec<DocId>,
}

impl Groups {
    fn new(report: &Report, ranks: &[u32]) -> Self {
        let mut first: HashMap<&str, usize> = HashMap::new();
        let mut leaders = Vec::with_capacity(report.documents.len());
        let mut faces: Vec<DocId> = (0..report.documents.len() as u32).map(DocId).collect();
        for (id, document) in report.documents.iter().enumerate() {
            // What has no words is nobody's copy.
            let leader = match document.tokens {
                0 => id,
                _ => *first.entry(&document.content_hash).or_insert(id),
            };
            if ranks[id] < ranks[faces[leader].index()] {
                faces[leader] = DocId(id as u32);
            }
            leaders.push(leader);
        }
        Self { leaders, faces }
    }
}

/// The choice among groups of copies; a group goes by its leader.
struct Choice<'a> {
    report: &'a Report,
    groups: &'a Groups,
    ranks: &'a [u32],
    protected: usize,
    rules: Rules,
    pairs: Vec<Pair>,
    reasons: Vec<Option<Reason>>,
    pinned: Vec<bool>,
}

impl<'a> Choice<'a> {
    fn new(
        report: &'a Report,
        groups: &'a Groups,
        ranks: &'a [u32],
        protected: usize,
        rules: Rules,
    ) -> Self {
        let leader = |id: DocId| groups.leaders[id.index()];
        let of_matches = report.matches.iter().flat_map(|found| {
            let (a, b, similarity) = (leader(found.a), leader(found.b), found.similarity);
            [
                Pair { from: a, to: b, similarity, held: found.a_in_b },
                Pair { from: b, to: a, similarity, held: found.b_in_a },
            ]
        });
        let of_clusters = report.document_clusters.iter().flat_map(|cluster| {
            let centre = leader(cluster.representative);
            cluster.members.iter().flat_map(move |member| {
                let (from, similarity) = (leader(member.document), member.similarity);
                [
                    Pair { from, to: centre, similarity, held: member.containment },
                    Pair { from: centre, to: from, similarity, held: 0.0 },
                ]
            })
        });
        let mut pairs: Vec<Pair> =
            of_matches.chain(of_clusters).filter(|pair| pair.from != pair.to).collect();
        pairs.sort_unstable_by_key(|pair| (pair.from, pair.to));
        let count = report.documents.len();
        let (reasons, pinned) = (vec![None; count], vec![false; count]);
        Self { report, groups, ranks, protected, rules, pairs, reasons, pinned }
    }

    fn decide(mut self) -> Vec<Option<Reason>> {
        let mut order: Vec<usize> =
            (0..self.groups.leaders.len()).filter(|&id| self.groups.leaders[id] == id).collect();
        order.sort_unstable_by_key(|&leader| self.rank(leader));
        for &leader in &order {
            self.decide_one(leader, true);
        }
        if self.rules.contained {
            let tokens = |leader: &usize| Reverse(self.report.documents[*leader].tokens);
            order.sort_by_key(tokens);
            for &leader in &order {
                self.decide_one(leader, false);
            }
        }
        self.reasons
    }

    /// Finds what stands for a group, if anything does: a better one only, or any.
    fn decide_one(&mut self, leader: usize, only_better: bool) {
        let is_protected = self.groups.faces[leader].index() < self.protected;
        if is_protected || self.pinned[leader] || self.reasons[leader].is_some() {
            return;
        }
        let first = self.pairs.partition_point(|pair| pair.from < leader);
        let own = self.pairs[first..].iter().take_while(|pair| pair.from == leader);
        let rank = self.rank(leader);
        let best = own
            .filter(|pair| self.reasons[pair.to].is_none())
            .filter(|pair| !only_better || self.rank(pair.to) < rank)
            .filter_map(|pair| {
                let (rule, score) = self.rule(pair, only_better)?;
                Some((rule, score, pair.to))
            })
            .min_by(|a, b| {
                let by_score = a.0.cmp(&b.0).then(b.1.total_cmp(&a.1));
                by_score.then(self.rank(a.2).cmp(&self.rank(b.2)))
            });
        if let Some((rule, score, to)) = best {
            self.pinned[to] = true;
            self.reasons[leader] = Some(Reason { rule, score, kept: self.groups.faces[to] });
        }
    }

    /// The rule by which the first of a pair may go.
    fn rule(&self, pair: &Pair, near: bool) -> Option<(Rule, f64)> {
        let parameters = &self.report.run.parameters;
        if near && self.rules.near && pair.similarity >= parameters.threshold {
            Some((Rule::Near, pair.similarity))
        } else if self.rules.contained && pair.held >= parameters.containment {
            Some((Rule::Contained, pair.held))
        } else {
            None
        }
    }

    fn rank(&self, leader: usize) -> u32 {
        self.ranks[self.groups.faces[leader].index()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::model::{DocumentEntry, Match, MatchKind};

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
