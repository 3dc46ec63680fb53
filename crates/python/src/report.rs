//! A search, and its report: results one by one as tuples, or whole as tables.
//!
//! The Python half makes typed objects of the tuples; the order of their parts is that of the
//! fields there.

use std::sync::{Arc, OnceLock};

use doublet::report::html::{self, HtmlOptions};
use doublet::report::json;
use doublet::report::model::{self, Change, Operation, OperationKind, Share};
use doublet::{DocId, Document, Doublet};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::sync::OnceLockExt;

use crate::arrow::ArrowTable;
use crate::documents::{Documents, reference_of};
use crate::error::OrRaise;
use crate::options::FindOptions;
use crate::points::{OperationPoints, Points};
use crate::run::{self, observer};
use crate::tables;

/// Everything that a run found, and the documents it is about.
#[derive(Clone)]
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct Report {
    inner: Arc<Inner>,
}

/// What tables share with the report.
pub(crate) struct Inner {
    pub(crate) report: model::Report,
    pub(crate) documents: Arc<Vec<Document>>,
    points: OnceLock<Points>,
}

impl Inner {
    /// The spans in code points; counted at the first call.
    pub(crate) fn points(&self) -> &Points {
        self.points.get_or_init(|| Points::new(&self.report, &self.documents))
    }
}

impl Report {
    pub(crate) fn new(report: model::Report, documents: Arc<Vec<Document>>) -> Self {
        Self { inner: Arc::new(Inner { report, documents, points: OnceLock::new() }) }
    }

    /// The spans in code points, counted without the interpreter's lock.
    fn points(&self, py: Python<'_>) -> &Points {
        let inner = &self.inner;
        inner.points.get_or_init_py_attached(py, || {
            py.detach(|| Points::new(&inner.report, &inner.documents))
        })
    }
}

/// Finds what repeats, or what of a reference stands in the documents.
#[pyfunction]
pub(crate) fn find(
    py: Python<'_>,
    documents: &Documents,
    against: Option<&Documents>,
    options: FindOptions,
    progress: Option<Py<PyAny>>,
) -> PyResult<Report> {
    let config = options.config().or_raise(py)?;
    let reference = reference_of(against).or_raise(py)?;
    if reference > 0 {
        documents.check_corpus().or_raise(py)?;
    }
    let all: Vec<&Documents> = against.into_iter().chain([documents]).collect();
    let Documents { documents, skipped, text_field } = Documents::joined(py, &all);
    let texts = documents.clone();
    let report = run::run(py, progress, move |run| {
        let builder = Doublet::builder().config(config).stop(run.stop());
        let doublet = builder.progress(observer(run)).build()?;
        let mut report = match reference {
            0 => doublet.find(&texts)?,
            reference => doublet.find_against(&texts, reference)?,
        };
        report.skipped.clone_from(&skipped);
        report.run.text_field = text_field;
        Ok(report)
    })?;
    Ok(Report::new(report, documents))
}

/// `start, end` in code points, then in bytes.
pub(crate) type Ends = (u32, u32, u32, u32);

/// Kind of step and of change, ends in the canonical text and in the member's, their words.
pub(crate) type OperationParts =
    (&'static str, Option<&'static str>, Ends, Ends, Option<String>, Option<String>);

type MatchParts = (u32, u32, &'static str, f64, f64, f64);
type ClusterParts = (u32, f64, Vec<(u32, &'static str, f64, f64, f64)>);
type PassageParts = (&'static str, String, u32, u32, f64, u32, usize);
type MemberParts =
    (u32, String, Ends, (u32, u32, u32, u32), (u32, u32), f64, String, Vec<OperationParts>);
type OriginParts = (String, String, Option<u64>, Option<String>);
type DocumentParts =
    (String, bool, u32, Option<String>, Option<OriginParts>, u32, u32, String, String, ShareParts);
type ShareParts = (u64, u64, u64);

#[pymethods]
impl Report {
    /// Numbers of documents, matches, clusters and passages.
    fn counts(&self) -> (usize, usize, usize, usize) {
        let report = &self.inner.report;
        (
            report.documents.len(),
            report.matches.len(),
            report.document_clusters.len(),
            report.passages.len(),
        )
    }

    fn match_at(&self, index: usize) -> PyResult<MatchParts> {
        let found = at(&self.inner.report.matches, index)?;
        let (a, b) = (found.a.0, found.b.0);
        Ok((a, b, found.kind.name(), found.similarity, found.a_in_b, found.b_in_a))
    }

    fn cluster_at(&self, index: usize) -> PyResult<ClusterParts> {
        let cluster = at(&self.inner.report.document_clusters, index)?;
        let members = cluster.members.iter().map(|member| {
            let kind = member.kind.name();
            (member.document.0, kind, member.similarity, member.containment, member.contains)
        });
        Ok((cluster.representative.0, cluster.lowest_score, members.collect()))
    }

    fn passage_at(&self, index: usize) -> PyResult<PassageParts> {
        let passage = at(&self.inner.report.passages, index)?;
        Ok((
            passage.kind.name(),
            passage.text.clone(),
            passage.words,
            passage.documents,
            passage.distinctiveness,
            passage.canonical,
            passage.members.len(),
        ))
    }

    fn member_at(&self, py: Python<'_>, passage: usize, member: usize) -> PyResult<MemberParts> {
        let points = at(self.points(py).of(passage), member)?;
        let member = at(&at(&self.inner.report.passages, passage)?.members, member)?;
        let lines = member.lines;
        let operations = member.operations.iter().zip(&points.operations);
        let document = self.inner.documents.get(member.document.index());
        let words = document.and_then(|document| document.text.get(member.span.range()));
        Ok((
            member.document.0,
            document.map_or_else(String::new, |document| document.name.clone()),
            (points.span.start, points.span.end, member.span.start, member.span.end),
            (lines.start_line, lines.start_column, lines.end_line, lines.end_column),
            (member.tokens.start, member.tokens.end),
            member.identity,
            words.unwrap_or_default().to_owned(),
            operations.map(|(operation, points)| operation_parts(operation, *points)).collect(),
        ))
    }

    fn document_at(&self, index: usize) -> PyResult<DocumentParts> {
        let report = &self.inner.report;
        let entry = at(&report.documents, index)?;
        let origin = entry.origin.as_ref().map(|origin| {
            (origin.source.clone(), origin.path.clone(), origin.line, origin.encoding.clone())
        });
        let share = report.coverage.documents.get(index).copied().unwrap_or_default();
        Ok((
            entry.name.clone(),
            entry.reference,
            entry.group,
            entry.date.clone(),
            origin,
            entry.bytes,
            entry.tokens,
            entry.content_hash.clone(),
            // A map of field values always has a form in JSON.
            serde_json::to_string(&entry.metadata).unwrap_or_default(),
            share_parts(share),
        ))
    }

    /// The text of a document.
    fn text_of(&self, index: usize) -> PyResult<&str> {
        at(&self.inner.documents, index).map(|document| &*document.text)
    }

    /// What ran, the groups, what each rule left out, and what could not be read, as JSON.
    fn frame(&self) -> PyResult<(String, String, String, String)> {
        let report = &self.inner.report;
        let json = |value: serde_json::Result<String>| {
            value.map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
        };
        Ok((
            json(serde_json::to_string(&report.run))?,
            json(serde_json::to_string(&report.groups))?,
            json(serde_json::to_string(&report.suppressed))?,
            json(serde_json::to_string(&report.skipped))?,
        ))
    }

    /// Coverage of the collection, of groups, and of groups by groups.
    fn coverage(&self) -> (ShareParts, Vec<ShareParts>, Vec<Vec<u64>>) {
        let coverage = &self.inner.report.coverage;
        let groups = coverage.groups.iter().map(|share| share_parts(*share)).collect();
        (share_parts(coverage.total), groups, coverage.between.clone())
    }

    /// The report as JSON, the format of the program.
    fn json(&self, py: Python<'_>, pretty: bool) -> PyResult<String> {
        let report = &self.inner.report;
        text(
            py,
            |out| if pretty { json::write_pretty(report, out) } else { json::write(report, out) },
        )
    }

    /// The report as a page.
    fn html(&self, py: Python<'_>, passages: usize, texts: usize) -> PyResult<String> {
        let inner = &self.inner;
        let options = HtmlOptions { passages, texts, ..HtmlOptions::default() };
        text(py, |mut out| html::write(&inner.report, &inner.documents, &options, &mut out))
    }

    /// One of the tables: passages, documents, clusters, matches, coverage, between.
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<ArrowTable> {
        if name == "passages" {
            self.points(py);
        }
        tables::table(&self.inner, name)
            .ok_or_else(|| PyIndexError::new_err(format!("no table {name:?}")))
    }
}

/// What a writer writes, written without the interpreter's lock.
fn text(
    py: Python<'_>,
    write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()> + Send,
) -> PyResult<String> {
    let written = py.detach(|| {
        let mut out = Vec::new();
        write(&mut out).map(|()| out)
    })?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}

fn at<T>(items: &[T], index: usize) -> PyResult<&T> {
    items.get(index).ok_or_else(|| PyIndexError::new_err(format!("{index} of {}", items.len())))
}

fn share_parts(share: Share) -> ShareParts {
    (share.tokens, share.reuse, share.boilerplate)
}

/// An operation as the Python half takes it.
pub(crate) fn operation_parts(operation: &Operation, points: OperationPoints) -> OperationParts {
    let (kind, change) = operation_kind(operation.kind);
    let (canonical, member) = (operation.canonical_span, operation.span);
    (
        kind,
        change,
        (points.canonical.start, points.canonical.end, canonical.start, canonical.end),
        (points.member.start, points.member.end, member.start, member.end),
        operation.canonical_text.clone(),
        operation.text.clone(),
    )
}

/// The names of a kind of step, and of its change.
pub(crate) const fn operation_kind(kind: OperationKind) -> (&'static str, Option<&'static str>) {
    match kind {
        OperationKind::Equal => ("equal", None),
        OperationKind::Insert => ("insert", None),
        OperationKind::Delete => ("delete", None),
        OperationKind::Replace(Change::Contraction) => ("replace", Some("contraction")),
        OperationKind::Replace(Change::Form) => ("replace", Some("form")),
        OperationKind::Replace(Change::Wording) => ("replace", Some("wording")),
    }
}

impl Inner {
    /// Name, group and date of a document.
    pub(crate) fn who(&self, id: DocId) -> (&str, &str, Option<&str>) {
        let Some(entry) = self.report.documents.get(id.index()) else { return ("", "", None) };
        let group = self.report.groups.get(entry.group as usize);
        (&entry.name, group.map_or("", |group| &group.name), entry.date.as_deref())
    }
}
