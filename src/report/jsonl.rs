//! The report as JSON lines: one object a line, told apart by `type`.
//!
//! For programs that stream: `grep '"type":"passage"'`, `jq`, a data frame. The objects are those
//! of [`super::json`], in this order:
//!
//! | `type` | fields besides those of the format |
//! |---|---|
//! | `run` | `schema_version` |
//! | `group` | `id`: its index |
//! | `document` | `id` |
//! | `match` | |
//! | `document_cluster` | `id`: its index |
//! | `passage` | `id`: its index |
//! | `coverage` | `of`: `total`, `group` or `document`; `id` of the latter two |
//! | `between` | `group`, `other`: indices; `tokens` of `group` that stand in `other`, if any |
//! | `suppressed` | |
//! | `skipped` | |
//!
//! Cost: linear in the report, one line in memory at a time.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::json::{check_references, check_version};
use super::model::{Coverage, Report, Run, SCHEMA_VERSION, Share, Suppressed};
use crate::error::{Error, ErrorKind, Result};

/// A line: its type, its own fields, and an object of the format.
#[derive(Serialize)]
struct Tagged<'a, T> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize, Deserialize)]
struct Between {
    group: usize,
    other: usize,
    tokens: u64,
}

struct Lines<W> {
    out: W,
}

impl<W: Write> Lines<W> {
    fn line<T: Serialize>(&mut self, line: &Tagged<'_, T>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    fn one<T: Serialize>(&mut self, r#type: &str, id: Option<usize>, body: T) -> io::Result<()> {
        self.line(&Tagged { r#type, schema_version: None, of: None, id, body })
    }

    fn coverage(&mut self, of: &str, id: Option<usize>, body: Share) -> io::Result<()> {
        self.line(&Tagged { r#type: "coverage", schema_version: None, of: Some(of), id, body })
    }
}

/// Writes a report as JSON lines.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: impl Write) -> io::Result<()> {
    let mut lines = Lines { out };
    lines.line(&Tagged {
        r#type: "run",
        schema_version: Some(report.schema_version),
        of: None,
        id: None,
        body: &report.run,
    })?;
    for (id, group) in report.groups.iter().enumerate() {
        lines.one("group", Some(id), group)?;
    }
    for (id, document) in report.documents.iter().enumerate() {
        lines.one("document", Some(id), document)?;
    }
    for pair in &report.matches {
        lines.one("match", None, pair)?;
    }
    for (id, cluster) in report.document_clusters.iter().enumerate() {
        lines.one("document_cluster", Some(id), cluster)?;
    }
    for (id, passage) in report.passages.iter().enumerate() {
        lines.one("passage", Some(id), passage)?;
    }
    let coverage = &report.coverage;
    lines.coverage("total", None, coverage.total)?;
    for (id, share) in coverage.groups.iter().enumerate() {
        lines.coverage("group", Some(id), *share)?;
    }
    for (id, share) in coverage.documents.iter().enumerate() {
        lines.coverage("document", Some(id), *share)?;
    }
    for (group, row) in coverage.between.iter().enumerate() {
        for (other, &tokens) in row.iter().enumerate().filter(|(_, tokens)| **tokens > 0) {
            lines.one("between", None, Between { group, other, tokens })?;
        }
    }
    lines.one("suppressed", None, report.suppressed)?;
    for skipped in &report.skipped {
        lines.one("skipped", None, skipped)?;
    }
    Ok(())
}

/// Reads a report back from JSON lines; lines of unknown types are passed over.
///
/// # Errors
/// [`ErrorKind::Io`] of the reader; [`ErrorKind::Format`], with the line, for what is no JSON, a
/// line that breaks the format, another version, or no `run` line at all.
pub fn read(input: impl BufRead) -> Result<Report> {
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        run: Run::default(),
        groups: Vec::new(),
        documents: Vec::new(),
        matches: Vec::new(),
        document_clusters: Vec::new(),
        passages: Vec::new(),
        coverage: Coverage::default(),
        suppressed: Suppressed::default(),
        skipped: Vec::new(),
    };
    let mut ran = false;
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.map_err(|error| {
            Error::new(ErrorKind::Io, format!("that reading failed ({error})"))
                .line(number)
                .because(error)
        })?;
        if line.trim().is_empty() {
            continue;
        }
        let value: Value = parse(&line).map_err(|error| error.line(number))?;
        ran |= value["type"] == "run";
        add(&mut report, value).map_err(|error| error.line(number))?;
    }
    if !ran {
        return Err(Error::new(ErrorKind::Format, "no line of type \"run\"")
            .expected("the JSON lines of a report")
            .remedy("make them with `doublet find PATH --format jsonl`"));
    }
    let groups = report.groups.len();
    report.coverage.between.resize(groups, Vec::new());
    for row in &mut report.coverage.between {
        row.resize(groups, 0);
    }
    check_references(&report)?;
    Ok(report)
}

fn parse(line: &str) -> Result<Value> {
    serde_json::from_str(line).map_err(|error| {
        Error::new(ErrorKind::Format, format!("a line that is no JSON ({error})")).because(error)
    })
}

fn body<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| {
        Error::new(ErrorKind::Format, format!("an object that breaks the format ({error})"))
            .because(error)
    })
}

fn add(report: &mut Report, mut value: Value) -> Result<()> {
    let take = |value: &mut Value, key: &str| {
        value.as_object_mut().and_then(|object| object.remove(key)).unwrap_or_default()
    };
    let r#type = take(&mut value, "type");
    match r#type.as_str().unwrap_or_default() {
        "run" => {
            let version = take(&mut value, "schema_version");
            check_version(version.as_u64().unwrap_or_default())?;
            report.run = body(value)?;
        }
        "group" => report.groups.push(body(value)?),
        "document" => report.documents.push(body(value)?),
        "match" => report.matches.push(body(value)?),
        "document_cluster" => report.document_clusters.push(body(value)?),
        "passage" => report.passages.push(body(value)?),
        "coverage" => {
            let of = take(&mut value, "of");
            let share = body(value)?;
            match of.as_str().unwrap_or_default() {
                "group" => report.coverage.groups.push(share),
                "document" => report.coverage.documents.push(share),
                _ => report.coverage.total = share,
            }
        }
        "between" => {
            let cell: Between = body(value)?;
            let groups = report.groups.len();
            if cell.group >= groups || cell.other >= groups {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("group {}", cell.group.max(cell.other)),
                )
                .expected(format!("one of the {groups} groups of the lines before")));
            }
            let between = &mut report.coverage.between;
            if between.is_empty() {
                *between = vec![vec![0; groups]; groups];
            }
            between[cell.group][cell.other] = cell.tokens;
        }
        "suppressed" => report.suppressed = body(value)?,
        "skipped" => report.skipped.push(body(value)?),
        _ => {}
    }
    Ok(())
}
