//! Documents that are versions of one another: one line a cluster, or one a document.

use super::line::{Line, Style, wrap};
use super::measure::{counted, grouped, score, shorten};
use super::{View, wrap_indented};
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
        let members = || clusters.iter().flat_map(|cluster| &cluster.members);
        let count = |kind| members().filter(|member| member.kind == kind).count() as u64;
        let total = members().count() as u64;
        if total == 0 {
            let none = "no exact copies, near-duplicates or contained documents";
            return self.section("DOCUMENTS", &Line::new().plain(none));
        }
        let kinds: Vec<String> = [
            (count(MatchKind::Exact), "exact copy"),
            (count(MatchKind::Near), "near-duplicate"),
            (count(MatchKind::Contained), "contained document"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| match noun {
            "exact copy" if count > 1 => format!("{} exact copies", grouped(count)),
            noun => counted(count, noun),
        })
        .collect();
        let summary = Line::new()
            .with(
                Style::Strong,
                format!("{} of {}", grouped(total), grouped(self.report.run.documents)),
            )
            .plain(" repeat another, in ")
            .plain(counted(clusters.len() as u64, "cluster"))
            .plain(format!(": {}", kinds.join(", ")));
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

/// How a version relates to its representative.
fn how(member: &DocumentMember) -> Line {
    match member.kind {
        MatchKind::Exact => Line::new().plain("exact"),
        MatchKind::Near => Line::new().plain(format!("near {}", score(member.similarity))),
        MatchKind::Contained => {
            Line::new().plain(format!("contained {}", score(member.containment)))
        }
    }
}

fn with_gap(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("  {text}") }
}
