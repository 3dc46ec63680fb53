//! The report as tables, for spreadsheets and data frames.
//!
//! | table | one row a | columns of note |
//! |---|---|---|
//! | `passages` | place where a passage stands | the passage's number, who, where, what changed |
//! | `documents` | document | what it is, its coverage, the cluster it belongs to |
//! | `clusters` | document of a document cluster | its role and its scores |
//! | `matches` | verified pair of documents | exact scores |
//! | `coverage` | collection and group | words, words that stand elsewhere |
//! | `between` | pair of groups that share words | words of the one that stand in the other |
//! | `skipped` | input that could not be read | file, line, why |
//! | `run` | option, count or time of the run | name and value |
//!
//! Quoting follows RFC 4180: fields with commas, quotation marks or line breaks are quoted, lines
//! end in a line feed. Values are written as they are; a spreadsheet that takes a text which
//! begins with `=` for a formula has to be told to import text.
//!
//! Cost: linear in the report, streamed.

use std::io::{self, Write};

use super::model::{Change, DocumentEntry, Operation, OperationKind, PassageMember, Report, Share};
use crate::document::DocId;

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Places where passages stand.
    Passages,
    /// Documents.
    Documents,
    /// Members of document clusters.
    Clusters,
    /// Pairs of documents.
    Matches,
    /// Coverage of the collection and its groups.
    Coverage,
    /// Words that groups share.
    Between,
    /// Inputs that could not be read.
    Skipped,
    /// Options, counts and times.
    Run,
}

impl Table {
    /// All tables, the passages first.
    pub const ALL: [Self; 8] = [
        Self::Passages,
        Self::Documents,
        Self::Clusters,
        Self::Matches,
        Self::Coverage,
        Self::Between,
        Self::Skipped,
        Self::Run,
    ];

    /// Its file's name.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Passages => "passages.csv",
            Self::Documents => "documents.csv",
            Self::Clusters => "clusters.csv",
            Self::Matches => "matches.csv",
            Self::Coverage => "coverage.csv",
            Self::Between => "between.csv",
            Self::Skipped => "skipped.csv",
            Self::Run => "run.csv",
        }
    }
}

/// Writes one table of a report, with a row of headings.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, table: Table, out: impl Write) -> io::Result<()> {
    let mut rows = Rows { csv: ::csv::Writer::from_writer(out), report };
    match table {
        Table::Passages => rows.passages()?,
        Table::Documents => rows.documents()?,
        Table::Clusters => rows.clusters()?,
        Table::Matches => rows.matches()?,
        Table::Coverage => rows.coverage()?,
        Table::Between => rows.between()?,
        Table::Skipped => rows.skipped()?,
        Table::Run => rows.run()?,
    }
    rows.csv.flush()
}

/// A document as rows name it.
#[derive(Default)]
struct Who {
    name: String,
    group: String,
    date: String,
    /// Whether it belongs to the reference.
    reference: &'static str,
}

const fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

struct Rows<'a, W: Write> {
    csv: ::csv::Writer<W>,
    report: &'a Report,
}

impl<W: Write> Rows<'_, W> {
    fn row<const N: usize>(&mut self, cells: [&str; N]) -> io::Result<()> {
        self.csv.write_record(cells).map_err(io_error)
    }

    fn entry(&self, id: DocId) -> Option<&DocumentEntry> {
        self.report.documents.get(id.index())
    }

    /// Name, group, side and date of a document.
    fn who(&self, id: DocId) -> Who {
        let Some(entry) = self.entry(id) else { return Who::default() };
        Who {
            name: entry.name.clone(),
            group: self.group(entry.group),
            date: entry.date.clone().unwrap_or_default(),
            reference: truth(entry.reference),
        }
    }

    fn group(&self, index: u32) -> String {
        self.report.groups.get(index as usize).map(|group| group.name.clone()).unwrap_or_default()
    }

    fn passages(&mut self) -> io::Result<()> {
        self.row([
            "passage",
            "kind",
            "words",
            "documents",
            "distinctiveness",
            "document",
            "name",
            "group",
            "date",
            "reference",
            "start",
            "end",
            "line",
            "column",
            "end_line",
            "end_column",
            "identity",
            "canonical",
            "changes",
            "text",
        ])?;
        let report = self.report;
        for (number, cluster) in report.passages.iter().enumerate() {
            for (i, member) in cluster.members.iter().enumerate() {
                let Who { name, group, date, reference } = self.who(member.document);
                let canonical = i == cluster.canonical as usize;
                self.row([
                    &number.to_string(),
                    cluster.kind.name(),
                    &cluster.words.to_string(),
                    &cluster.documents.to_string(),
                    &cluster.distinctiveness.to_string(),
                    &member.document.to_string(),
                    &name,
                    &group,
                    &date,
                    reference,
                    &member.span.start.to_string(),
                    &member.span.end.to_string(),
                    &member.lines.start_line.to_string(),
                    &member.lines.start_column.to_string(),
                    &member.lines.end_line.to_string(),
                    &member.lines.end_column.to_string(),
                    &member.identity.to_string(),
                    truth(canonical),
                    &changes(member),
                    // Once a passage: a disclaimer in 100,000 documents is not written 100,000
                    // times.
                    if canonical { &cluster.text } else { "" },
                ])?;
            }
        }
        Ok(())
    }

    fn documents(&mut self) -> io::Result<()> {
        self.row([
            "document",
            "name",
            "group",
            "date",
            "reference",
            "source",
            "path",
            "line",
            "encoding",
            "bytes",
            "tokens",
            "content_hash",
            "reuse",
            "boilerplate",
            "cluster",
            "keep",
            "metadata",
        ])?;
        let report = self.report;
        let mut clusters = vec![None; report.documents.len()];
        let mut duplicate = vec![false; report.documents.len()];
        for (number, cluster) in report.document_clusters.iter().enumerate() {
            let members = cluster.members.iter().map(|member| member.document);
            for id in members.clone().chain([cluster.representative]) {
                // With a reference a document may be in several: the first.
                if let Some(slot) = clusters.get_mut(id.index()) {
                    slot.get_or_insert(number);
                }
            }
            for id in members {
                if let Some(slot) = duplicate.get_mut(id.index()) {
                    *slot = true;
                }
            }
        }
        for (index, entry) in report.documents.iter().enumerate() {
            let origin = entry.origin.as_ref();
            let share = report.coverage.documents.get(index).copied().unwrap_or_default();
            let metadata = if entry.metadata.is_empty() {
                String::new()
            } else {
                serde_json::to_string(&entry.metadata)?
            };
            self.row([
                &index.to_string(),
                &entry.name,
                &self.group(entry.group),
                entry.date.as_deref().unwrap_or_default(),
                truth(entry.reference),
                origin.map_or("", |origin| &origin.source),
                origin.map_or("", |origin| &origin.path),
                &optional(origin.and_then(|origin| origin.line)),
                origin.and_then(|origin| origin.encoding.as_deref()).unwrap_or_default(),
                &entry.bytes.to_string(),
                &entry.tokens.to_string(),
                &entry.content_hash,
                &share.reuse.to_string(),
                &share.boilerplate.to_string(),
                &optional(clusters[index]),
                truth(!duplicate[index]),
                &metadata,
            ])?;
        }
        Ok(())
    }

    fn clusters(&mut self) -> io::Result<()> {
        self.row([
            "cluster",
            "role",
            "document",
            "name",
            "group",
            "date",
            "kind",
            "similarity",
            "containment",
            "contains",
        ])?;
        let report = self.report;
        for (number, cluster) in report.document_clusters.iter().enumerate() {
            let number = number.to_string();
            let id = cluster.representative;
            let Who { name, group, date, .. } = self.who(id);
            let id = id.to_string();
            self.row([&number, "representative", &id, &name, &group, &date, "", "", "", ""])?;
            for member in &cluster.members {
                let Who { name, group, date, .. } = self.who(member.document);
                self.row([
                    &number,
                    "member",
                    &member.document.to_string(),
                    &name,
                    &group,
                    &date,
                    member.kind.name(),
                    &member.similarity.to_string(),
                    &member.containment.to_string(),
                    &member.contains.to_string(),
                ])?;
            }
        }
        Ok(())
    }

    fn matches(&mut self) -> io::Result<()> {
        self.row(["a", "b", "a_name", "b_name", "kind", "similarity", "a_in_b", "b_in_a"])?;
        for pair in &self.report.matches {
            let (a_name, b_name) = (self.who(pair.a).name, self.who(pair.b).name);
            self.row([
                &pair.a.to_string(),
                &pair.b.to_string(),
                &a_name,
                &b_name,
                pair.kind.name(),
                &pair.similarity.to_string(),
                &pair.a_in_b.to_string(),
                &pair.b_in_a.to_string(),
            ])?;
        }
        Ok(())
    }

    fn coverage(&mut self) -> io::Result<()> {
        self.row(["of", "name", "reference", "tokens", "reuse", "boilerplate", "reuse_share"])?;
        let report = self.report;
        self.share("collection", "", "", report.coverage.total)?;
        for (group, share) in report.groups.iter().zip(&report.coverage.groups) {
            self.share("group", &group.name, truth(group.reference), *share)?;
        }
        Ok(())
    }

    fn share(&mut self, of: &str, name: &str, reference: &str, share: Share) -> io::Result<()> {
        self.row([
            of,
            name,
            reference,
            &share.tokens.to_string(),
            &share.reuse.to_string(),
            &share.boilerplate.to_string(),
            &share.reuse_share().to_string(),
        ])
    }

    fn between(&mut self) -> io::Result<()> {
        self.row(["group", "reference", "other", "tokens"])?;
        let report = self.report;
        for (group, row) in report.groups.iter().zip(&report.coverage.between) {
            for (other, tokens) in report.groups.iter().zip(row) {
                if *tokens > 0 {
                    let reference = truth(group.reference);
                    self.row([&group.name, reference, &other.name, &tokens.to_string()])?;
                }
            }
        }
        Ok(())
    }

    fn skipped(&mut self) -> io::Result<()> {
        self.row(["path", "line", "message"])?;
        for skipped in &self.report.skipped {
            self.row([&skipped.path, &optional(skipped.line), &skipped.message])?;
        }
        Ok(())
    }

    /// The scalar parts of the report, under the names of the JSON format.
    fn run(&mut self) -> io::Result<()> {
        self.row(["name", "value"])?;
        let report = self.report;
        let run = &report.run;
        self.row(["schema_version", &report.schema_version.to_string()])?;
        self.row(["version", &run.version])?;
        self.row(["documents", &run.documents.to_string()])?;
        self.row(["bytes", &run.bytes.to_string()])?;
        self.row(["tokens", &run.tokens.to_string()])?;
        self.values("", &serde_json::to_value(&run.parameters)?)?;
        self.values("suppressed.", &serde_json::to_value(report.suppressed)?)?;
        for time in &run.times {
            self.row([&format!("seconds.{}", time.stage), &time.seconds.to_string()])?;
        }
        Ok(())
    }

    fn values(&mut self, lead: &str, object: &serde_json::Value) -> io::Result<()> {
        for (name, value) in object.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.row([&format!("{lead}{name}"), &value])?;
        }
        Ok(())
    }
}

/// The writer's own error, so that a closed pipe and a full disk stay what they are.
fn io_error(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn optional(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A member's changes in one cell: `are not → aren’t; +very+; -most-`.
fn changes(member: &PassageMember) -> String {
    let shown = |step: &Operation| {
        let old = one_line(step.canonical_text.as_deref());
        let new = one_line(step.text.as_deref());
        match step.kind {
            OperationKind::Equal => None,
            OperationKind::Insert => Some(format!("+{new}+")),
            OperationKind::Delete => Some(format!("-{old}-")),
            OperationKind::Replace(Change::Contraction | Change::Form | Change::Wording) => {
                Some(format!("{old} → {new}"))
            }
        }
    };
    member.operations.iter().filter_map(shown).collect::<Vec<_>>().join("; ")
}

fn one_line(text: Option<&str>) -> String {
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
