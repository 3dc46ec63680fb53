//! Clusters of documents from verified matches.
//!
//! Idea: union-find over the groups of exact copies, then star refinement of each component (or
//! the whole component under single linkage), then every group is spelled out into its
//! documents. The representative is the best of all documents of its group.
//!
//! Cost: linear in documents and matches, besides the scores on demand of [`super::star`].

use std::cmp::Reverse;

use rayon::prelude::*;

use crate::cluster::star::{Star, Stars, refine};
use crate::cluster::{Copies, UnionFind};
use crate::config::{DocumentConfig, Linkage};
use crate::document::DocId;
use crate::documents::{DocumentFeatures, TokenLookup};
use crate::report::model::{DocumentCluster, DocumentMember, Match, MatchKind};
use crate::verify::{Comparison, MatchRule, Scores};

/// Clusters of all documents, largest first, then by representative, and the number of
/// components whose scores on demand were used up.
///
/// `matches` are those of the groups' leaders, by first id, then second; `ranks` the documents'
/// under the keep policy ([`super::keep_ranks`]), by id.
pub fn cluster_documents(
    features: &[DocumentFeatures],
    tokens: TokenLookup<'_>,
    matches: &[Match],
    copies: &Copies,
    ranks: &[u32],
    config: &DocumentConfig,
) -> (Vec<DocumentCluster>, u64) {
    let partners = Partners::new(matches, copies);
    let faces = Faces::new(copies, ranks);
    let mut sets = UnionFind::new(copies.len() as u32);
    for (group, list) in (0..).zip(partners.all()) {
        for &(other, _) in list {
            sets.union(group, other);
        }
    }
    let mut components = sets.components();
    let mut connected = vec![false; copies.len()];
    for &group in components.iter().flatten() {
        connected[group as usize] = true;
    }
    let rule = MatchRule::from_config(config);
    let results: Vec<Stars> = components
        .par_iter_mut()
        .map_init(
            || Comparison::new(features, tokens, config),
            |comparison, component| {
                component.sort_unstable_by_key(|&group| faces.rank(group));
                match config.linkage {
                    Linkage::Star => refine(
                        component,
                        |group| partners.of(group),
                        |scores| rule.takes(scores),
                        |a, b| comparison.member_scores(copies.leader(a), copies.leader(b)),
                    ),
                    Linkage::Single => whole(component, &partners, |a, b| {
                        comparison.scores(copies.leader(a), copies.leader(b))
                    }),
                }
            },
        )
        .collect();
    let exhausted = results.iter().filter(|stars| stars.exhausted).count() as u64;
    let unconnected = (0..copies.len() as u32).filter(|&group| !connected[group as usize]);
    let alone = results.iter().flat_map(|stars| stars.alone.iter().copied()).chain(unconnected);
    let mut clusters: Vec<DocumentCluster> = alone
        .filter(|&group| copies.members(group).len() > 1)
        .map(|centre| Star { centre, members: Vec::new() })
        .chain(results.iter().flat_map(|stars| stars.stars.iter().cloned()))
        .map(|star| spell_out(&star, copies, &faces, &rule))
        .collect();
    clusters.par_sort_unstable_by_key(|cluster| {
        (Reverse(cluster.members.len()), cluster.representative)
    });
    (clusters, exhausted)
}

/// A component as one star, whatever the scores.
fn whole(
    component: &[u32],
    partners: &Partners,
    mut score: impl FnMut(u32, u32) -> Scores,
) -> Stars {
    let centre = component[0];
    let verified = partners.of(centre);
    let mut members: Vec<(u32, Scores)> = component[1..]
        .iter()
        .map(|&group| {
            let scores = match verified.binary_search_by_key(&group, |partner| partner.0) {
                Ok(at) => verified[at].1,
                Err(_) => score(centre, group),
            };
            (group, scores)
        })
        .collect();
    members.sort_unstable_by_key(|member| member.0);
    Stars { stars: vec![Star { centre, members }], ..Stars::default() }
}

/// A star of groups as a cluster of documents.
fn spell_out(star: &Star, copies: &Copies, faces: &Faces, rule: &MatchRule) -> DocumentCluster {
    let representative = faces.document(star.centre);
    let mut members: Vec<DocumentMember> = copies
        .members(star.centre)
        .iter()
        .filter(|&&document| document != representative)
        .map(|&document| DocumentMember {
            document,
            kind: MatchKind::Exact,
            similarity: 1.0,
            containment: 1.0,
        })
        .collect();
    let mut lowest_score = 1.0f64;
    for (group, scores) in &star.members {
        // Single linkage brings members that match others only: similar, by a chain.
        let contained = scores.similarity < rule.threshold && scores.b_in_a >= rule.containment;
        let (kind, score) = if contained {
            (MatchKind::Contained, scores.b_in_a)
        } else {
            (MatchKind::Near, scores.similarity)
        };
        lowest_score = lowest_score.min(score);
        members.extend(copies.members(*group).iter().map(|&document| DocumentMember {
            document,
            kind,
            similarity: scores.similarity,
            containment: scores.b_in_a,
        }));
    }
    members.sort_unstable_by_key(|member| member.document);
    DocumentCluster { representative, members, lowest_score }
}

/// Verified partners of each group, in order, with the scores of (group, partner).
struct Partners {
    starts: Vec<usize>,
    partners: Vec<(u32, Scores)>,
}

impl Partners {
    fn new(matches: &[Match], copies: &Copies) -> Self {
        let mut edges: Vec<(u32, u32, Scores)> = Vec::with_capacity(2 * matches.len());
        for found in matches {
            let (Some(a), Some(b)) = (copies.group(found.a), copies.group(found.b)) else {
                continue;
            };
            let scores =
                Scores { similarity: found.similarity, a_in_b: found.a_in_b, b_in_a: found.b_in_a };
            edges.extend([(a, b, scores), (b, a, scores.swapped())]);
        }
        edges.par_sort_unstable_by_key(|&(a, b, _)| (a, b));
        let starts = (0..=copies.len() as u32)
            .scan(0, |at, group| {
                *at += edges[*at..].iter().take_while(|edge| edge.0 < group).count();
                Some(*at)
            })
            .collect();
        Self { starts, partners: edges.into_iter().map(|(_, b, scores)| (b, scores)).collect() }
    }

    fn of(&self, group: u32) -> &[(u32, Scores)] {
        &self.partners[self.starts[group as usize]..self.starts[group as usize + 1]]
    }

    fn all(&self) -> impl Iterator<Item = &[(u32, Scores)]> {
        self.starts.windows(2).map(|ends| &self.partners[ends[0]..ends[1]])
    }
}

/// The best document of each group with its rank.
struct Faces(Vec<(u32, DocId)>);

impl Faces {
    fn new(copies: &Copies, ranks: &[u32]) -> Self {
        let rank = |document: DocId| ranks.get(document.index()).copied().unwrap_or(u32::MAX);
        let best = |group| {
            let members = copies.members(group).iter();
            members.map(|&document| (rank(document), document)).min()
        };
        Self(
            (0..copies.len() as u32)
                .map(|group| best(group).unwrap_or((u32::MAX, copies.leader(group))))
                .collect(),
        )
    }

    fn rank(&self, group: u32) -> (u32, DocId) {
        self.0[group as usize]
    }

    fn document(&self, group: u32) -> DocId {
        self.0[group as usize].1
    }
}
