//! Findings as a field of each record, for those who decide later what goes.
//!
//! The field [`FIELD`] is an object: `cluster` (its number), `representative` (`id` and `name`),
//! `rule` and `score` (of a member to its representative; the representative has neither), and
//! `passages`, each with the `cluster` it belongs to, its `kind`, `span` in bytes of the text,
//! `identity` with the canonical wording, and whether it is the `canonical` one. What a record
//! has nothing of is left out, and a record without findings has no such field. With a reference
//! the representative is the document there that the record matches best; the rule `contains` says
//! that the record contains it.
//!
//! Cost: linear in the members of clusters.

use serde::Serialize;

use super::plan::Rule;
use crate::document::{DocId, Document};
use crate::report::model::{MatchKind, PassageKind, Report};

/// The rule of a record that contains its representative.
const CONTAINS: &str = "contains";

/// Name of the field.
pub(super) const FIELD: &str = "doublet";

#[derive(Default, Serialize)]
struct Findings<'a> {
    #[serde(flatten)]
    cluster: Option<Cluster<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passages: Vec<Passage>,
}

#[derive(Serialize)]
struct Cluster<'a> {
    cluster: usize,
    representative: Representative<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

#[derive(Clone, Copy, Serialize)]
struct Representative<'a> {
    id: u32,
    name: &'a str,
}

#[derive(Serialize)]
struct Passage {
    cluster: usize,
    kind: PassageKind,
    span: [u32; 2],
    identity: f64,
    canonical: bool,
}

/// What was found in each document, as JSON; nothing where nothing was, nor for a reference.
pub(super) fn findings(documents: &[Document], report: &Report) -> Vec<Option<String>> {
    let mut all: Vec<Findings<'_>> = documents.iter().map(|_| Findings::default()).collect();
    // A document of a corpus may be in clusters of several documents of a reference.
    let mut strongest: Vec<Option<(MatchKind, f64)>> = vec![None; documents.len()];
    let name = |id: DocId| documents.get(id.index()).map_or("", |document| &document.name);
    for (number, cluster) in report.document_clusters.iter().enumerate() {
        let id = cluster.representative;
        let representative = Representative { id: id.0, name: name(id) };
        let told = |rule, score| Cluster { cluster: number, representative, rule, score };
        all[id.index()].cluster = Some(told(None, None));
        for member in &cluster.members {
            let (rule, score) = match member.kind {
                MatchKind::Exact => (Rule::Exact.name(), 1.0),
                MatchKind::Near => (Rule::Near.name(), member.similarity),
                MatchKind::Contained if member.is_container() => (CONTAINS, member.contains),
                MatchKind::Contained => (Rule::Contained.name(), member.containment),
            };
            let best = &mut strongest[member.document.index()];
            if best.is_none_or(|(kind, least)| (member.kind, -score) < (kind, -least)) {
                *best = Some((member.kind, score));
                all[member.document.index()].cluster = Some(told(Some(rule), Some(score)));
            }
        }
    }
    for (number, cluster) in report.passages.iter().enumerate() {
        for (index, member) in cluster.members.iter().enumerate() {
            all[member.document.index()].passages.push(Passage {
                cluster: number,
                kind: cluster.kind,
                span: [member.span.start, member.span.end],
                identity: member.identity,
                canonical: index == cluster.canonical as usize,
            });
        }
    }
    let as_json = |mut findings: Findings<'_>| {
        findings.passages.sort_by_key(|passage| (passage.span, passage.cluster));
        let has_any = findings.cluster.is_some() || !findings.passages.is_empty();
        has_any.then(|| serde_json::to_string(&findings).ok()).flatten()
    };
    let reference = report.reference().unwrap_or(0);
    let mut all: Vec<Option<String>> = all.into_iter().map(as_json).collect();
    all.iter_mut().take(reference).for_each(|findings| *findings = None);
    all
}
