//! Coverage: how much of each group stands elsewhere, and where.
//!
//! With several groups one table holds both: a row a group, and as many columns as the width
//! allows for the share of the row's words that stand in each other group. With a single group
//! the rows are its documents. With a reference there are two tables, of the corpus by group and of
//! the reference by document: which of it is where the other tables say.

use super::line::{Line, Style};
use super::measure::{clean, counted, grouped, percent, shorten, width};
use super::{View, column};
use crate::report::model::Share;

/// Rows in a summary.
const ROWS: usize = 5;
/// Columns of a cell of the table between groups.
const CELL: usize = 7;
/// Columns before the table between groups.
const GAP: usize = 4;

/// A row before it is laid out.
struct Row {
    /// Index of the group or document.
    index: usize,
    name: String,
    share: Share,
}

impl View<'_> {
    /// The section, or nothing if passages were not looked for.
    pub(super) fn coverage(&self) -> Vec<Line> {
        if self.report.run.parameters.scope == "documents" {
            return Vec::new();
        }
        let coverage = &self.report.coverage;
        let total = coverage.total;
        if total.reuse == 0 && total.boilerplate == 0 {
            return Vec::new();
        }
        if self.report.reference().is_some() {
            return self.coverage_across();
        }
        let mut summary =
            Line::new().with(Style::Strong, percent(total.reuse, total.tokens)).plain(format!(
                " of the words ({} of {}) stand in passages that repeat",
                grouped(total.reuse),
                grouped(total.tokens)
            ));
        if total.boilerplate > 0 {
            let share = percent(total.boilerplate, total.tokens);
            summary = summary.with(Style::Dim, format!(", {share} in formulaic ones"));
        }
        let mut lines = self.section("COVERAGE", &summary);
        if self.report.groups.len() > 1 {
            lines.extend(self.group_table());
        } else {
            lines.extend(self.document_table(false));
        }
        lines
    }

    /// The section of a corpus and a reference: how much of each stands in the other.
    fn coverage_across(&self) -> Vec<Line> {
        let [corpus, reference] = [false, true].map(|reference| self.side(reference).share);
        let of = |share: Share| format!("({} of {})", grouped(share.reuse), grouped(share.tokens));
        let summary = Line::new()
            .with(Style::Strong, percent(reference.reuse, reference.tokens))
            .plain(format!(" of the reference {} stands in the corpus, ", of(reference)))
            .with(Style::Strong, percent(corpus.reuse, corpus.tokens))
            .plain(format!(" of the corpus {} in the reference", of(corpus)));
        let mut lines = self.section("COVERAGE", &summary);
        lines.extend(self.document_table(true));
        if self.report.groups.iter().filter(|group| !group.reference).count() > 1 {
            lines.extend(self.group_table());
        }
        lines
    }

    fn group_table(&self) -> Vec<Line> {
        let coverage = &self.report.coverage;
        let across = self.report.reference().is_some();
        let rows = self.report.groups.iter().zip(&coverage.groups).enumerate();
        let rows = rows.filter(|(_, (group, _))| !group.reference);
        let rows = sorted(rows.map(|(index, (group, share))| Row {
            index,
            name: clean(&group.name),
            share: *share,
        }));
        let shown = self.shown(rows.len(), ROWS);
        let left_out = rows.len() - shown;
        let rows = &rows[..shown];
        let limit = (self.width / 3).min(self.width.saturating_sub(6 + TABLE));
        let name_width = column(rows.iter().map(|row| row.name.as_str()), limit).max(5);
        let fixed = 6 + name_width + TABLE;
        let between = (self.width.saturating_sub(fixed + GAP) / CELL).min(rows.len());
        // A single column beside the row's own group compares nothing.
        let between = if between < 2 || across { 0 } else { between };

        let mut head = Line::indent(6).plain("group").pad(6 + name_width).plain(HEAD);
        if between > 0 {
            head = head.plain(format!("{:>1$}", "also in 1", GAP + CELL));
            for number in 2..=between {
                head = head.plain(format!("{number:>CELL$}"));
            }
        }
        let mut lines = vec![Line::new().with(Style::Dim, head.text())];
        for (number, row) in (1..).zip(rows) {
            let mut line = Line::indent(1)
                .plain(format!("{number:>3}  "))
                .foreign(Style::Name, shorten(&row.name, name_width))
                .pad(6 + name_width)
                .plain(cells(row.share));
            if between > 0 {
                line = line.plain(" ".repeat(GAP));
                for other in &rows[..between] {
                    let tokens = coverage
                        .between
                        .get(row.index)
                        .and_then(|cells| cells.get(other.index))
                        .copied()
                        .unwrap_or(0);
                    let cell = match tokens {
                        0 => "·".to_owned(),
                        tokens => percent(tokens, row.share.tokens),
                    };
                    let pad = " ".repeat(CELL.saturating_sub(width(&cell)));
                    line = line.plain(pad).plain(cell);
                }
            }
            lines.push(line);
        }
        if left_out > 0 {
            let more = counted(left_out as u64, "more group");
            lines.push(Line::indent(4).with(Style::Dim, format!("… {more} (--all)")));
        } else if between > 0 && between < rows.len() {
            let note = "… more columns in a wider window or with --format csv";
            lines.push(Line::indent(4).with(Style::Dim, shorten(note, self.width - 4)));
        }
        lines
    }

    /// The documents of the reference, or of what is no reference.
    fn document_table(&self, reference: bool) -> Vec<Line> {
        let rows = self.report.documents.iter().zip(&self.report.coverage.documents).enumerate();
        let rows = rows.filter(|(_, (document, _))| document.reference == reference);
        let rows = sorted(rows.map(|(index, (document, share))| Row {
            index,
            name: clean(&document.name),
            share: *share,
        }));
        let with_reuse = rows.iter().filter(|row| row.share.reuse > 0).count();
        let none = rows.len() - with_reuse;
        let shown = self.shown(with_reuse, ROWS);
        let left_out = with_reuse - shown;
        let rows = &rows[..shown];
        let limit = self.width.saturating_sub(4 + TABLE).max(8);
        let name_width = column(rows.iter().map(|row| row.name.as_str()), limit).max(8);
        let head = if reference { "of the reference" } else { "document" };
        let name_width = name_width.max(width(head));
        let head = Line::indent(4).plain(head).pad(4 + name_width).plain(HEAD);
        let mut lines = vec![Line::new().with(Style::Dim, head.text())];
        for row in rows {
            lines.push(
                Line::indent(4)
                    .foreign(Style::Name, shorten(&row.name, name_width))
                    .pad(4 + name_width)
                    .plain(cells(row.share)),
            );
        }
        let mut rest = Vec::new();
        if left_out > 0 {
            rest.push(format!("{} (--all)", counted(left_out as u64, "more document")));
        }
        if none > 0 {
            rest.push(format!("{} without any", counted(none as u64, "document")));
        }
        if !rest.is_empty() {
            let text = format!("… {}", rest.join(", "));
            lines.push(Line::indent(4).with(Style::Dim, text));
        }
        lines
    }
}

/// Headings of [`cells`].
const HEAD: &str = "      words   reused   share";
/// Columns of [`HEAD`].
const TABLE: usize = 28;

fn cells(share: Share) -> String {
    format!(
        "{:>11}{:>9}{:>8}",
        grouped(share.tokens),
        grouped(share.reuse),
        percent(share.reuse, share.tokens)
    )
}

/// Most reused words first; ties in input order.
fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.share.reuse), row.index));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heads_stand_over_their_columns() {
        assert_eq!(width(HEAD), TABLE);
        assert_eq!(cells(Share { tokens: 1_234_567, reuse: 7, boilerplate: 0 }).len(), TABLE);
    }
}
