//! The passages: the text, who has it since when, and what each version changed.

use std::collections::BTreeSet;

use super::diff::{change_count, snippets};
use super::line::{Line, Style, elide, wrap};
use super::measure::{clean, counted, grouped, percent, score, shorten, whole_percent, width};
use super::{View, column, wrap_hanging, wrap_indented};
use crate::report::model::{PassageCluster, PassageKind, PassageMember};

/// Carriers of a passage in a summary.
const CARRIERS: usize = 3;
/// Lines of a passage's text in a summary.
const TEXT_ROWS: usize = 2;
/// Passages that a summary shows even where the budget says fewer.
const LEAST: usize = 2;
/// Columns in which differences still stand beside the name.
const BESIDE: usize = 36;
/// Changes that are looked at in one member; more are counted.
const MOST_CHANGES: usize = 400;
/// Columns that a place should have beside its date; with fewer it gets a line of its own.
const LEAST_PLACE: usize = 24;
/// Columns of a carrier's row besides its place and date: indentation, gaps, "same words".
const MARGIN: usize = 20;

impl View<'_> {
    /// The section in at most `budget` lines, or nothing if passages were not looked for.
    pub(super) fn passages(&self, budget: usize) -> Vec<Line> {
        if self.report.run.parameters.scope == "documents" {
            return Vec::new();
        }
        let reuse = self.count_kind(PassageKind::Reuse);
        let boilerplate = self.count_kind(PassageKind::Boilerplate);
        let total = &self.report.coverage.total;
        let corpus = self.report.reference().map(|_| self.side(false).share);
        let mut summary = if reuse == 0 {
            Line::new().plain(match corpus {
                None => "none stands in two places",
                Some(_) => "none of the reference stands in the corpus",
            })
        } else if let Some(corpus) = corpus {
            let verb = if reuse == 1 { "stands" } else { "stand" };
            let share = percent(corpus.reuse, corpus.tokens);
            Line::new()
                .with(Style::Strong, counted(reuse as u64, "passage"))
                .plain(format!(" of the reference {verb} in the corpus, {share} of its words"))
        } else {
            let verb = if reuse == 1 { " repeats" } else { " repeat" };
            Line::new()
                .with(Style::Strong, counted(reuse as u64, "passage"))
                .plain(format!("{verb}, {} of all words", percent(total.reuse, total.tokens)))
        };
        if boilerplate > 0 {
            let formulaic = counted(boilerplate as u64, "formulaic passage");
            summary = summary.with(
                Style::Dim,
                if self.options.all {
                    format!("; {formulaic} after them")
                } else {
                    format!("; {formulaic} folded away, --all shows them")
                },
            );
        }
        let mut lines = self.section("PASSAGES", &summary);
        if self.options.all {
            for (number, cluster) in (1..).zip(&self.report.passages) {
                lines.push(Line::new());
                lines.extend(self.passage(number, cluster));
            }
            return lines;
        }
        let clusters: Vec<&PassageCluster> =
            self.report.passages.iter().filter(|p| p.kind == PassageKind::Reuse).collect();
        let mut shown = 0;
        for (number, cluster) in (1..).zip(&clusters) {
            let block = self.passage(number, cluster);
            let enough = match self.options.top {
                Some(top) => shown >= top,
                // One line stays for what is left out.
                None => shown >= LEAST && lines.len() + block.len() + 1 > budget,
            };
            if enough {
                break;
            }
            lines.extend(block);
            shown += 1;
        }
        if shown < clusters.len() {
            let more = counted((clusters.len() - shown) as u64, "more passage");
            lines.push(Line::indent(1).with(Style::Dim, format!("… {more} (--all)")));
        }
        lines
    }

    fn passage(&self, number: usize, cluster: &PassageCluster) -> Vec<Line> {
        let boilerplate = cluster.kind == PassageKind::Boilerplate;
        let mut title = Line::new()
            .with(Style::Strong, format!("{number:>2}. "))
            .plain(if boilerplate { "boilerplate, " } else { "" })
            .with(Style::Strong, counted(u64::from(cluster.words), "word"))
            .plain(self.places(cluster))
            .with(Style::Dim, self.period(cluster));
        if self.options.all {
            let distinctiveness = score(cluster.distinctiveness);
            title = title.with(Style::Dim, format!(", distinctiveness {distinctiveness}"));
        }
        let mut lines = wrap_hanging(&title, self.width, 4);
        let rows = if self.options.all { usize::MAX } else { TEXT_ROWS };
        for line in elide(&clean(&cluster.text), self.width - 4, rows) {
            lines.push(Line::indent(4).join(&line));
        }
        lines.extend(self.carriers(cluster));
        lines
    }

    /// Where a passage stands, in a few words.
    fn places(&self, cluster: &PassageCluster) -> String {
        let (documents, members) = (u64::from(cluster.documents), cluster.members.len() as u64);
        if self.report.reference().is_some() {
            let documents = |reference| {
                let own = cluster.members.iter().map(|member| member.document);
                let own = own.filter(|&id| self.report.is_reference(id) == reference);
                own.collect::<BTreeSet<_>>().len() as u64
            };
            let corpus = counted(documents(false), "document");
            return match documents(true) {
                1 => format!(" in {corpus}"),
                more => format!(" in {corpus}, and in {} of the reference", grouped(more)),
            };
        }
        let mut parts = vec![format!(" in {}", counted(documents, "document"))];
        let groups = self.groups(cluster.members.iter());
        if groups > 1 {
            parts.push(format!(" of {}", counted(groups, "group")));
        }
        if members != documents {
            parts.push(format!(", {} times", grouped(members)));
        }
        parts.concat()
    }

    /// Number of groups that the members' documents belong to, but for those of a reference.
    fn groups<'a>(&self, members: impl Iterator<Item = &'a PassageMember>) -> u64 {
        let entries = members.filter_map(|member| self.document(member.document));
        let corpus = entries.filter(|entry| !entry.reference);
        let mut groups: Vec<u32> = corpus.map(|entry| entry.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.len() as u64
    }

    /// From when to when it appeared, as far as that is known.
    fn period(&self, cluster: &PassageCluster) -> String {
        let date = |member: &PassageMember| {
            self.document(member.document).and_then(|entry| entry.date.as_deref()).map(clean)
        };
        let first = cluster.members.first().and_then(date);
        let last = cluster.members.last().and_then(date);
        match (first, last) {
            (Some(first), Some(last)) if first != last => format!(", {first} to {last}"),
            (Some(first), Some(_)) => format!(", {first}"),
            _ => String::new(),
        }
    }

    fn carriers(&self, cluster: &PassageCluster) -> Vec<Line> {
        let chosen = self.choose(cluster);
        let since: Vec<String> = chosen
            .iter()
            .map(|&i| self.provenance(cluster.members[i].document))
            .map(|since| shorten(&since, self.width - 20))
            .collect();
        let since_width = column(since.iter().map(String::as_str), self.width);
        let beside = self.width.saturating_sub(MARGIN + since_width);
        let stacked = since_width > 0 && beside < LEAST_PLACE;
        let limit = match (stacked, self.options.all) {
            (true, _) => self.width - 6,
            (false, true) => beside,
            (false, false) => beside.min(self.width * 9 / 20),
        };
        let places: Vec<String> = chosen
            .iter()
            .map(|&i| {
                let member = &cluster.members[i];
                let line = format!(":{}", member.lines.start_line);
                let room = limit.saturating_sub(line.len());
                format!("{}{line}", shorten(&self.name(member.document), room))
            })
            .collect();
        let place_width = column(places.iter().map(String::as_str), limit);
        let mut lines = Vec::new();
        for ((&i, place), since) in chosen.iter().zip(&places).zip(&since) {
            let mut row = Line::indent(6).foreign(Style::Name, place);
            if stacked {
                lines.push(row);
                row = Line::indent(8).foreign(Style::Plain, since).plain("  ");
            } else {
                row = row.pad(6 + place_width + 2);
                if since_width > 0 {
                    row = row.foreign(Style::Plain, since);
                    row = row.pad(6 + place_width + 2 + since_width + 2);
                }
            }
            lines.extend(self.carrier(row, cluster, i));
        }
        let more = cluster.members.len() - chosen.len();
        if more > 0 {
            let others = Line::new().with(Style::Dim, self.others(cluster, &chosen));
            lines.extend(wrap_indented(&others, self.width, 6));
        }
        lines
    }

    /// The members to show: the first ones, and the canonical among them. With a reference the
    /// canonical one stands first and the others stand in the corpus, as far as they do.
    fn choose(&self, cluster: &PassageCluster) -> Vec<usize> {
        let total = cluster.members.len();
        // A line that says "1 more" is no shorter than the one more.
        let shown = if self.options.all || total <= CARRIERS + 1 { total } else { CARRIERS };
        let canonical = cluster.canonical as usize;
        let mut chosen: Vec<usize> = (0..total).collect();
        if self.report.reference().is_some() {
            chosen.sort_by_key(|&member| {
                let id = cluster.members[member].document;
                (member != canonical, self.report.is_reference(id))
            });
        }
        chosen.truncate(shown);
        if chosen.contains(&canonical) {
            return chosen;
        }
        if (shown..total).contains(&canonical)
            && let Some(last) = chosen.last_mut()
        {
            *last = canonical;
        }
        chosen
    }

    /// One carrier: its row, and below it the differences that do not fit beside.
    fn carrier(&self, row: Line, cluster: &PassageCluster, index: usize) -> Vec<Line> {
        let member = &cluster.members[index];
        let count = change_count(member);
        if index == cluster.canonical as usize {
            return vec![row.with(Style::Dim, "as above")];
        }
        if count == 0 {
            return vec![row.with(Style::Dim, "same words")];
        }
        let row = row.plain(whole_percent(member.identity)).plain("  ");
        let beside = self.width.saturating_sub(row.width());
        let rows = if self.options.all { usize::MAX } else { 2 };
        if beside >= BESIDE {
            let indent = row.width();
            let mut lines = self.differences(cluster, member, beside, rows).into_iter();
            let first = lines.next().unwrap_or_default();
            let mut out = vec![row.join(&first)];
            out.extend(lines.map(|line| Line::indent(indent).join(&line)));
            return out;
        }
        let mut out = vec![row];
        for line in self.differences(cluster, member, self.width - 8, rows) {
            out.push(Line::indent(8).join(&line));
        }
        out
    }

    /// A member's differences in at most `rows` lines; those that do not fit are counted.
    fn differences(
        &self,
        cluster: &PassageCluster,
        member: &PassageMember,
        limit: usize,
        rows: usize,
    ) -> Vec<Line> {
        let longest = if self.options.all { usize::MAX } else { limit / 2 };
        let count = change_count(member);
        let found = snippets(cluster, member, MOST_CHANGES, longest);
        let mut text = Line::new();
        let mut shown = 0;
        let mut lines = Vec::new();
        for (i, snippet) in found.iter().enumerate() {
            let gap = if i > 0 { "  " } else { "" };
            let next = text.clone().plain(gap).join(&snippet.line);
            let left = count - shown - snippet.changes.min(count - shown);
            let closed =
                if left > 0 { next.clone().with(Style::Dim, more(left)) } else { next.clone() };
            let wrapped = wrap(&closed, limit);
            if wrapped.len() > rows && i > 0 {
                break;
            }
            lines = wrapped;
            text = next;
            shown += snippet.changes;
        }
        if lines.len() > rows {
            // A single stretch of changes longer than the room: its beginning.
            lines = wrap(&text, limit);
            lines.truncate(rows);
            if let Some(last) = lines.last_mut() {
                let note = format!("… {}", counted(count as u64, "change"));
                while last.width() + 1 + width(&note) > limit {
                    let cut = last.text();
                    let Some(at) = cut.rfind(' ') else { break };
                    truncate(last, at);
                }
                *last = last.clone().with(Style::Dim, format!(" {note}"));
            }
        }
        lines
    }

    /// Who else has the passage.
    fn others(&self, cluster: &PassageCluster, chosen: &[usize]) -> String {
        let others: Vec<&PassageMember> = cluster
            .members
            .iter()
            .enumerate()
            .filter(|(i, _)| !chosen.contains(i))
            .map(|(_, member)| member)
            .collect();
        let same = others.iter().filter(|member| change_count(member) == 0).count();
        let groups = self.groups(others.iter().copied());
        let mut parts = vec![format!("… {} more", grouped(others.len() as u64))];
        if groups > 1 {
            parts.push(format!(" in {}", counted(groups, "group")));
        }
        if same == others.len() {
            parts.push(", all in the same words".to_owned());
        } else if same > 0 {
            parts.push(format!(", {} in the same words", grouped(same as u64)));
        }
        let reference =
            others.iter().filter(|member| self.report.is_reference(member.document)).count();
        if reference > 0 {
            parts.push(format!(", {} of the reference", grouped(reference as u64)));
        }
        parts.concat()
    }
}

fn more(count: usize) -> String {
    format!(" (+{} more)", grouped(count as u64))
}

/// Cuts a line after `bytes` bytes of its text.
fn truncate(line: &mut Line, bytes: usize) {
    let mut left = bytes;
    line.segments.retain_mut(|segment| {
        let keep = segment.text.len().min(left);
        left -= keep;
        segment.text.truncate(keep);
        keep > 0
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_across_its_segments() {
        let mut line = Line::new().plain("one ").with(Style::Strong, "two three");
        truncate(&mut line, 7);
        assert_eq!(line.text(), "one two");
        truncate(&mut line, 2);
        assert_eq!((line.text().as_str(), line.segments.len()), ("on", 1));
    }
}
