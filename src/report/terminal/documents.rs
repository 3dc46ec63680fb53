//! Documents that are versions of one another: one line a cluster, or one a document.

use std::collections::BTreeMap;

use super::line::{Line, Style, wrap};
use super::measure::{counted, grouped, score, shorten};
use super::{View, wrap_indented};
use crate::document::DocId;
use crate::report::model::{DocumentCluster, DocumentMember, MatchKind};

/// Clusters in a summary.
const CLUSTERS: usize = 4;
/// Versions of a cluster in a summary.
const VERSIONS: usize = 8;

impl View<'_> {
    /// The section, or nothing if documents were not compared.
    pub(super) fn documents(&self) -> Vec<Line> {
        if self.report.run.parameters.scope == "passages" {
            return Vec::new();
        }
        let clusters = &self.report.document_clusters;
        // A document counts once, by the first kind of its matches.
        let mut kinds: BTreeMap<DocId, usize> = BTreeMap::new();
        for member in clusters.iter().flat_map(|cluster| &cluster.members) {
            let kind = kinds.entry(member.document).or_insert(usize::MAX);
            *kind = self::kind(member).min(*kind);
        }
        if kinds.is_empty() {
            let none = "no exact copies, near-duplicates or contained documents";
            return self.section("DOCUMENTS", &Line::new().plain(none));
        }
        let total = kinds.len() as u64;
        let told: Vec<String> = KINDS
            .into_iter()
            .enumerate()
            .map(|(kind, nouns)| (nouns, kinds.values().filter(|other| **other == kind).count()))
            .filter(|(_, count)| *count > 0)
            .map(|((one, many), count)| {
                format!("{} {}", grouped(count as u64), if count == 1 { one } else { many })
            })
            .collect();
        let represented = clusters.len() as u64;
        let (of, how) = match self.report.reference() {
            None => {
                let clusters = counted(represented, "cluster");
                (self.report.run.documents, format!(" repeat another, in {clusters}"))
            }
            Some(reference) => {
                let documents =
                    format!("{} of {}", grouped(represented), grouped(reference as u64));
                (self.side(false).documents, format!(" match the reference, {documents} there"))
            }
        };
        let summary = Line::new()
            .with(Style::Strong, format!("{} of {}", grouped(total), grouped(of)))
            .plain(format!("{how}: {}", told.join(", ")));
        let mut lines = self.section("DOCUMENTS", &summary);
        let shown = self.shown(clusters.len(), CLUSTERS);
        let rows = if shown > 2 { 1 } else { 2 };
        for cluster in &clusters[..shown] {
            if self.options.all {
                lines.extend(self.cluster_in_full(cluster));
            } else {
                lines.extend(self.cluster_in_short(cluster, rows));
            }
        }
        if shown < clusters.len() {
            let more = counted((clusters.len() - shown) as u64, "more cluster");
            lines.push(Line::indent(2).with(Style::Dim, format!("… {more} (--all)")));
        }
        lines
    }

    /// A cluster in one line, or two where there is room, with as many versions as they hold.
    fn cluster_in_short(&self, cluster: &DocumentCluster, rows: usize) -> Vec<Line> {
        let limit = (self.width * 2 / 5).max(16);
        let total = cluster.members.len();
        let lowest = score(cluster.lowest_score);
        let mut text = Line::new()
            .foreign(Style::Strong, shorten(&self.name(cluster.representative), limit))
            .plain(" ←");
        let others = format!(" {}, lowest score {lowest}", counted(total as u64, "other"));
        let mut lines = wrap(&text.clone().with(Style::Dim, others), self.width.saturating_sub(4));
        for (i, member) in cluster.members.iter().take(VERSIONS).enumerate() {
            text = text
                .plain(if i > 0 { ", " } else { " " })
                .foreign(Style::Name, shorten(&self.name(member.document), limit))
                .plain(" ")
                .join(&how(member));
            let more = total - i - 1;
            let closed = if more == 0 {
                text.clone()
            } else {
                let note = format!(", … {} more, lowest {lowest}", grouped(more as u64));
                text.clone().with(Style::Dim, note)
            };
            let wrapped = wrap(&closed, self.width.saturating_sub(4));
            if wrapped.len() > rows {
                break;
            }
            lines = wrapped;
        }
        let indented = lines.iter().enumerate();
        indented.map(|(i, line)| Line::indent(if i == 0 { 2 } else { 4 }).join(line)).collect()
    }

    fn cluster_in_full(&self, cluster: &DocumentCluster) -> Vec<Line> {
        let title = Line::new()
            .foreign(Style::Strong, self.name(cluster.representative))
            .with(Style::Dim, with_gap(&self.provenance(cluster.representative)))
            .plain(format!(
                "  represents {}, lowest score {}",
                counted(cluster.members.len() as u64, "other"),
                score(cluster.lowest_score)
            ));
        let mut lines = vec![Line::new()];
        lines.extend(wrap_indented(&title, self.width, 2));
        for member in &cluster.members {
            let line = how(member)
                .pad(16)
                .foreign(Style::Name, self.name(member.document))
                .with(Style::Dim, with_gap(&self.provenance(member.document)));
            // Not wrapped by words: the padding is a column.
            lines.push(Line::indent(4).join(&line));
        }
        lines
    }
}

/// Index of what a member is in [`KINDS`].
fn kind(member: &DocumentMember) -> usize {
    match member.kind {
        MatchKind::Exact => 0,
        MatchKind::Near => 1,
        MatchKind::Contained if member.is_container() => 3,
        MatchKind::Contained => 2,
    }
}

/// How a version relates to its representative.
fn how(member: &DocumentMember) -> Line {
    Line::new().plain(match member.kind {
        MatchKind::Exact => "exact".to_owned(),
        MatchKind::Near => format!("near {}", score(member.similarity)),
        MatchKind::Contained if member.is_container() => {
            format!("contains {}", score(member.contains))
        }
        MatchKind::Contained => format!("contained {}", score(member.containment)),
    })
}

/// What members are, one and several of them.
const KINDS: [(&str, &str); 4] = [
    ("exact copy", "exact copies"),
    ("near-duplicate", "near-duplicates"),
    ("contained document", "contained documents"),
    ("that contains one", "that contain one"),
];

fn with_gap(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("  {text}") }
}
