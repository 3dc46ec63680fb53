//! Which whole documents go, component by component of those that match.
//!
//! Cost: linear in the matches, besides their sorts.

use super::documents::{Least, Member, Pair, choose, stays_for_good};
use super::plan::{Rule, Rules};
use super::verdicts::Removed;
use crate::cluster::{Component, Copies, Faces};
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::store::Store;
use crate::pairing::Pairing;

/// Collects what goes.
pub(super) struct Judge<'a> {
    rules: Rules,
    least: Least,
    ahead: usize,
    store: &'a Store,
    copies: &'a Copies,
    faces: &'a Faces<'a>,
    /// Groups of copies that are settled.
    decided: Vec<bool>,
    removed: Vec<Removed>,
}

impl<'a> Judge<'a> {
    /// The first `ahead` documents stay. What stands in a reference word for word is settled here.
    pub(super) fn new(
        rules: Rules,
        config: &DocumentConfig,
        ahead: usize,
        store: &'a Store,
        copies: &'a Copies,
        faces: &'a Faces<'a>,
    ) -> Self {
        let least = Least { threshold: config.threshold, containment: config.containment };
        let decided = vec![false; copies.len()];
        let removed = Vec::new();
        let mut judge = Self { rules, least, ahead, store, copies, faces, decided, removed };
        judge.twins();
        judge
    }

    /// Settles the groups of the corpus that have twins in the reference.
    fn twins(&mut self) {
        let copies = self.copies;
        let twins = if self.rules.exact { copies.twins() } else { &[] };
        for &(reference, corpus) in twins {
            self.decided[corpus as usize] = true;
            let kept = self.faces.document(reference);
            for &document in copies.members(corpus) {
                self.remove(document, Rule::Exact, 1.0, kept);
            }
        }
    }

    /// Settles the groups that matches connect.
    pub(super) fn component(&mut self, component: &Component) {
        let pairing = self.copies.pairing();
        let groups: Vec<u32> = component.groups().collect();
        let local = |group: u32| groups.binary_search(&group).unwrap_or_default();
        let member = |&group: &u32| {
            let face = self.faces.document(group);
            Member {
                face,
                rank: self.faces.rank(group).0,
                tokens: self.store.briefs[face.index()].tokens,
                is_protected: stays_for_good(face, pairing, self.ahead),
            }
        };
        let members: Vec<Member> = groups.iter().map(member).collect();
        let of_edges = component.edges.iter().map(|edge| {
            let scores = edge.scores();
            let (from, to) = (local(edge.from), local(edge.to));
            let (similarity, held) = (scores.similarity, scores.a_in_b);
            Pair { from, to, similarity, held, is_copy: false }
        });
        let of_stars = component.stars.stars.iter().flat_map(|star| {
            let centre = local(star.centre);
            star.members.iter().flat_map(move |(group, scores)| {
                let (from, similarity) = (local(*group), scores.similarity);
                [
                    Pair { from, to: centre, similarity, held: scores.b_in_a, is_copy: false },
                    Pair { from: centre, to: from, similarity, held: 0.0, is_copy: false },
                ]
            })
        });
        let pairs = of_edges.chain(of_stars).collect();
        let reasons = choose(&members, pairs, self.rules, self.least);
        for (group, reason) in groups.into_iter().zip(reasons) {
            let Some(reason) = reason.filter(|_| !self.decided[group as usize]) else { continue };
            self.decided[group as usize] = true;
            let kept = members[reason.to].face;
            for &document in self.copies.members(group) {
                self.remove(document, reason.rule, reason.score, kept);
            }
        }
    }

    /// Settles the copies of all groups that stay: everything that goes, by document.
    pub(super) fn finish(mut self) -> Vec<Removed> {
        self.copies();
        self.removed.sort_unstable_by_key(|removed| removed.document);
        self.removed
    }

    fn copies(&mut self) {
        let within = self.rules.exact && self.copies.pairing() == Pairing::Everything;
        let groups = if within { self.copies.len() as u32 } else { 0 };
        for group in (0..groups).filter(|&group| !self.decided[group as usize]).collect::<Vec<_>>()
        {
            let face = self.faces.document(group);
            for &document in self.copies.members(group) {
                if document != face {
                    self.remove(document, Rule::Exact, 1.0, face);
                }
            }
        }
    }

    fn remove(&mut self, document: DocId, rule: Rule, score: f64, kept: DocId) {
        if document.index() >= self.ahead {
            self.removed.push(Removed { document, rule, score, kept });
        }
    }
}
