//! Clusters of documents from verified matches.
//!
//! Idea: union-find over the groups of exact copies, then star refinement of each component (or
//! the whole component under single linkage). The pairs of a component are brought together by
//! the sorter, so one component after another is in memory, with as many others as threads can
//! work on. For a report every group is spelled out into its documents; its representative is
//! the best of all of them.
//!
//! Between a reference and a corpus a component is what hangs on one document of the corpus: that
//! document and those of the reference that it matches, and there is nothing to refine.
//!
//! Cost: linear in documents and matches, besides the scores on demand of [`super::star`]; 12
//! bytes a document in memory, 48 bytes a match in the sorter.

use std::cmp::Reverse;

use rayon::prelude::*;

use crate::cluster::star::{Star, Stars, Verdict, refine};
use crate::cluster::{Copies, UnionFind};
use crate::config::{DocumentConfig, Linkage};
use crate::document::DocId;
use crate::documents::store::{Store, Tokens};
use crate::error::Result;
use crate::pairing::Pairing;
use crate::report::model::{DocumentCluster, DocumentMember, MatchKind};
use crate::spill::{Sorted, record};
use crate::verify::{Comparison, Counted, MatchRule, Matches, Scores};

/// Edges that are in memory while threads work on their components.
const AHEAD: usize = 1 << 17;

/// Clusters of all documents, largest first, then by representative, and the number of
/// components whose effort for scores on demand was spent.
///
/// `matches` are those of the groups' leaders; `ranks` the documents' under the keep policy
/// ([`super::keep_ranks`]), by id.
pub(crate) fn cluster_documents(
    store: &Store,
    tokens: &dyn Tokens,
    matches: &Matches,
    copies: &Copies,
    ranks: &[u32],
    config: &DocumentConfig,
) -> Result<(Vec<DocumentCluster>, u64)> {
    let rule = MatchRule::from_config(config);
    let faces = Faces::new(copies, ranks);
    let mut connected = vec![false; copies.len()];
    let (mut clusters, mut exhausted) = (Vec::new(), 0);
    let mut alone = Vec::new();
    each_component(store, tokens, matches, copies, &faces, config, &mut |component| {
        exhausted += u64::from(component.stars.exhausted);
        component.groups().for_each(|group| connected[group as usize] = true);
        alone.extend_from_slice(&component.stars.alone);
        let stars = component.stars.stars.iter();
        clusters.extend(stars.map(|star| spell_out(star, copies, &faces, &rule)));
        Ok(())
    })?;
    alone.extend((0..copies.len() as u32).filter(|&group| !connected[group as usize]));
    alone.retain(|&group| copies.members(group).len() > 1);
    clusters.extend(
        alone
            .into_iter()
            .map(|centre| spell_out(&Star { centre, members: Vec::new() }, copies, &faces, &rule)),
    );
    clusters.par_sort_unstable_by_key(|cluster| {
        (Reverse(cluster.members.len()), cluster.representative)
    });
    Ok((clusters, exhausted))
}

record! {
    /// A match seen from one of its groups, in a component named by its lowest group.
    Edge { root: u32, from: u32, to: u32, ours: u32, theirs: u32, common: u32 }
    key(edge) = u64::from(edge.root)
}

impl Edge {
    /// The scores of (from, to).
    pub(crate) fn scores(&self) -> Scores {
        Scores::from_counts(self.ours, self.theirs, self.common)
    }
}

/// Groups that matches connect.
pub(crate) struct Component {
    /// Every match from both sides, by group, then partner.
    pub(crate) edges: Vec<Edge>,
    /// What star refinement made of it; nothing where there is none.
    pub(crate) stars: Stars,
}

impl Component {
    /// Its groups, in order.
    pub(crate) fn groups(&self) -> impl Iterator<Item = u32> {
        self.edges.chunk_by(|a, b| a.from == b.from).map(|own| own[0].from)
    }
}

/// Calls `visit` with each component, in order of their lowest groups.
pub(crate) fn each_component(
    store: &Store,
    tokens: &dyn Tokens,
    matches: &Matches,
    copies: &Copies,
    faces: &Faces<'_>,
    config: &DocumentConfig,
    visit: &mut dyn FnMut(&Component) -> Result<()>,
) -> Result<()> {
    let edges = edges(store, matches, copies)?;
    let (mut cursor, mut next) = (edges.all()?, Vec::new());
    let (mut pending, mut count) = (Vec::new(), 0);
    loop {
        let more = cursor.group(&mut next, |edge| edge.root)?;
        if !more || count + next.len() > AHEAD {
            let components: Vec<Component> = std::mem::take(&mut pending)
                .into_par_iter()
                .map_init(
                    || Comparison::new(store, tokens, config),
                    |comparison, edges| refined(edges, comparison, copies, faces, config),
                )
                .collect::<Result<_>>()?;
            components.iter().try_for_each(&mut *visit)?;
            count = 0;
        }
        if !more {
            return Ok(());
        }
        count += next.len();
        pending.push(std::mem::take(&mut next));
    }
}

/// All matches from both sides, by component.
fn edges(store: &Store, matches: &Matches, copies: &Copies) -> Result<Sorted<Edge>> {
    let groups =
        |found: &Counted| Some((copies.group(DocId(found.a))?, copies.group(DocId(found.b))?));
    let everything = copies.pairing() == Pairing::Everything;
    let mut sets = UnionFind::new(if everything { copies.len() as u32 } else { 0 });
    if everything {
        let mut cursor = matches.counted.all()?;
        while let Some(found) = cursor.next()? {
            if let Some((a, b)) = groups(&found) {
                sets.union(a, b);
            }
        }
    }
    let mut edges = store.work().sorter("edges", 20);
    let mut cursor = matches.counted.all()?;
    while let Some(found) = cursor.next()? {
        let Some((a, b)) = groups(&found) else { continue };
        let Counted { a_shingles, b_shingles, common, .. } = found;
        // Of two sides the lower group is one of the reference.
        let root = if everything { sets.find(a) } else { b };
        edges.extend(&[
            Edge { root, from: a, to: b, ours: a_shingles, theirs: b_shingles, common },
            Edge { root, from: b, to: a, ours: b_shingles, theirs: a_shingles, common },
        ])?;
    }
    edges.finish(false)
}

/// Cuts a component into stars.
fn refined(
    edges: Vec<Edge>,
    comparison: &mut Comparison<'_>,
    copies: &Copies,
    faces: &Faces<'_>,
    config: &DocumentConfig,
) -> Result<Component> {
    let rule = MatchRule::from_config(config);
    let mut component = Component { edges, stars: Stars::default() };
    if copies.pairing() != Pairing::Everything {
        return Ok(component);
    }
    let mut preference: Vec<u32> = component.groups().collect();
    let partners = Partners::new(&component.edges);
    preference.sort_unstable_by_key(|&group| faces.rank(group));
    let mut failed = None;
    let stars = match config.linkage {
        Linkage::Star => refine(
            &preference,
            |group| partners.of(group),
            |scores| rule.takes(scores),
            |a, b| {
                let verdict = comparison.judge(copies.leader(a), copies.leader(b));
                verdict.unwrap_or_else(|error| {
                    failed.get_or_insert(error);
                    Verdict::Unlike
                })
            },
        ),
        Linkage::Single => whole(&preference, &partners, |a, b| {
            comparison.scores(copies.leader(a), copies.leader(b))
        })?,
    };
    component.stars = stars;
    failed.map_or(Ok(component), Err)
}

/// A component as one star, whatever the scores.
fn whole(
    component: &[u32],
    partners: &Partners,
    mut score: impl FnMut(u32, u32) -> Result<Scores>,
) -> Result<Stars> {
    let centre = component[0];
    let verified = partners.of(centre);
    let mut members: Vec<(u32, Scores)> = component[1..]
        .iter()
        .map(|&group| {
            let scores = match verified.binary_search_by_key(&group, |partner| partner.0) {
                Ok(at) => verified[at].1,
                Err(_) => score(centre, group)?,
            };
            Ok((group, scores))
        })
        .collect::<Result<_>>()?;
    members.sort_unstable_by_key(|member| member.0);
    Ok(Stars { stars: vec![Star { centre, members }], ..Stars::default() })
}

/// A star of groups as a cluster of documents.
fn spell_out(star: &Star, copies: &Copies, faces: &Faces<'_>, rule: &MatchRule) -> DocumentCluster {
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
            contains: 1.0,
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
            contains: scores.a_in_b,
        }));
    }
    members.sort_unstable_by_key(|member| member.document);
    DocumentCluster { representative, members, lowest_score }
}

/// Verified partners of each group of a component, in order, with the scores of (group, partner).
struct Partners {
    /// Groups, in order, and where their partners start.
    starts: Vec<(u32, usize)>,
    partners: Vec<(u32, Scores)>,
}

impl Partners {
    fn new(edges: &[Edge]) -> Self {
        let mut starts = Vec::new();
        let mut partners = Vec::with_capacity(edges.len());
        for own in edges.chunk_by(|a, b| a.from == b.from) {
            starts.push((own[0].from, partners.len()));
            partners.extend(own.iter().map(|edge| (edge.to, edge.scores())));
        }
        Self { starts, partners }
    }

    fn of(&self, group: u32) -> &[(u32, Scores)] {
        let Ok(at) = self.starts.binary_search_by_key(&group, |start| start.0) else { return &[] };
        let end = self.starts.get(at + 1).map_or(self.partners.len(), |next| next.1);
        &self.partners[self.starts[at].1..end]
    }
}

/// The best document of each group.
pub(crate) struct Faces<'a> {
    documents: Vec<DocId>,
    ranks: &'a [u32],
}

impl<'a> Faces<'a> {
    pub(crate) fn new(copies: &Copies, ranks: &'a [u32]) -> Self {
        let mut faces = Self { documents: Vec::with_capacity(copies.len()), ranks };
        for group in 0..copies.len() as u32 {
            let members = copies.members(group).iter().copied();
            let best = members.min_by_key(|&document| faces.rank_of(document));
            faces.documents.push(best.unwrap_or_else(|| copies.leader(group)));
        }
        faces
    }

    fn rank_of(&self, document: DocId) -> (u32, DocId) {
        (self.ranks.get(document.index()).copied().unwrap_or(u32::MAX), document)
    }

    /// Rank of a group by its best document.
    pub(crate) fn rank(&self, group: u32) -> (u32, DocId) {
        self.rank_of(self.document(group))
    }

    /// The best document.
    pub(crate) fn document(&self, group: u32) -> DocId {
        self.documents[group as usize]
    }
}
