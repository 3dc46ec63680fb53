//! What `dedup` takes out: indices of what stays, texts without what was cut, and the evidence.
//!
//! Protected documents come first in the run, as in the program; numbers that go back to Python
//! are rows of the data set that came in, or of the protected one, and say which.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::BooleanBuilder;
use arrow_array::builder::{Float64Builder, GenericListBuilder, StructBuilder, UInt32Builder};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, LargeStringArray, RecordBatch, StringArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Fields, Schema};
use doublet::cluster::{keep_ranks, protected_first};
use doublet::dedup::{Cut, Plan, Removal, Rule, cut_out};
use doublet::span::CodePointRange;
use doublet::{DocId, Document, Doublet, Scope, Span, Timestamp};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use crate::arrow::ArrowTable;
use crate::documents::Documents;
use crate::error::OrRaise;
use crate::options::{CleanOptions, FindOptions};
use crate::points::{Slot, fill};
use crate::report::{Ends, Report};
use crate::run::{self, observer};

/// What goes, and what is left.
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct Cleaning {
    evidence: Arc<Evidence>,
    kept: Vec<usize>,
    texts: BTreeMap<usize, String>,
    report: Report,
}

/// The removals and the documents that they are about.
struct Evidence {
    documents: Arc<Vec<Document>>,
    /// How many of the documents come from the protected data set.
    protected: usize,
    removals: Vec<Removal>,
    /// Spans of cuts in code points: what is cut, and what stands for it.
    points: Vec<Vec<(CodePointRange, CodePointRange)>>,
}

/// A row, and whether it is one of the protected data set.
type Row = (usize, bool);
/// What was cut, what stands for it, and how alike they are.
type CutParts = (Ends, Row, Ends, f64);
/// Row, name, rule, score, the row that stands for it, its name, cuts.
type RemovalParts = (usize, String, &'static str, f64, Row, String, Vec<CutParts>);

/// Decides what goes of `documents`.
#[pyfunction]
pub(crate) fn clean(
    py: Python<'_>,
    documents: &Documents,
    protect: Option<&Documents>,
    options: FindOptions,
    cleaning: CleanOptions,
    replace_with: String,
    progress: Option<Py<PyAny>>,
) -> PyResult<Cleaning> {
    let mut config = options.config().or_raise(py)?;
    let options = cleaning.options().or_raise(py)?;
    config.scope = match (options.rules.passages, options.rules.documents()) {
        (true, true) => Scope::Both,
        (true, false) => Scope::Passages,
        (false, _) => Scope::Documents,
    };
    let protected = protect.map_or(0, |protect| protect.documents.len());
    let all = match protect {
        None => documents.documents.clone(),
        Some(protect) => py.detach(|| {
            Arc::new(protect.documents.iter().chain(&*documents.documents).cloned().collect())
        }),
    };
    let (texts, skipped) = (all.clone(), documents.skipped.clone());
    let (report, plan, left, points) = run::run(py, progress, move |run| {
        let keep = config.documents.keep.clone();
        let builder = Doublet::builder().config(config).stop(run.stop());
        let doublet = builder.progress(observer(run)).build()?;
        let mut report = doublet.find_protecting(&texts, protected)?;
        let tokens: Vec<u32> = report.documents.iter().map(|document| document.tokens).collect();
        let ranks = keep_ranks(&keep, &texts, &tokens, Timestamp::parse);
        let ranks = protected_first(&ranks, protected);
        run.begin("cleaning", 0);
        let plan = Plan::new(&texts, &report, &ranks, protected, &options);
        let of_cut = |(id, spans): (&DocId, &Vec<Span>)| {
            let text = cut_out(&texts.get(id.index())?.text, spans, &replace_with);
            Some((id.index() - protected, text))
        };
        let left = plan.cuts.iter().filter_map(of_cut).collect();
        let points = points(&plan.removals, &texts);
        report.skipped.clone_from(&skipped);
        Ok((report, plan, left, points))
    })?;
    let rows = protected..all.len();
    let kept = rows.filter(|&id| !plan.gone.get(id).copied().unwrap_or(false));
    let kept = kept.map(|id| id - protected).collect();
    let report = Report::new(report, all.clone());
    let evidence = Evidence { documents: all, protected, removals: plan.removals, points };
    Ok(Cleaning { evidence: Arc::new(evidence), kept, texts: left, report })
}

fn points(
    removals: &[Removal],
    documents: &[Document],
) -> Vec<Vec<(CodePointRange, CodePointRange)>> {
    let mut points: Vec<Vec<_>> =
        removals.iter().map(|removal| vec![Default::default(); removal.cuts.len()]).collect();
    let mut slots: Vec<Slot<'_>> = Vec::new();
    for (removal, points) in removals.iter().zip(&mut points) {
        for (cut, (span, kept)) in removal.cuts.iter().zip(points) {
            slots.push((removal.document, cut.span, span));
            slots.push((cut.kept, cut.kept_span, kept));
        }
    }
    fill(slots, |id| documents.get(id.index()).map_or("", |document| &document.text));
    points
}

impl Evidence {
    fn row(&self, id: DocId) -> Row {
        match id.index().checked_sub(self.protected) {
            Some(row) => (row, false),
            None => (id.index(), true),
        }
    }

    fn name(&self, id: DocId) -> &str {
        self.documents.get(id.index()).map_or("", |document| &document.name)
    }

    /// What went: the words that were cut, or the whole text.
    fn text(&self, removal: &Removal) -> &str {
        let text = self.documents.get(removal.document.index()).map_or("", |d| &*d.text);
        match (removal.rule, removal.cuts.first()) {
            (Rule::Passage, Some(cut)) => text.get(cut.span.range()).unwrap_or_default(),
            _ => text,
        }
    }

    fn cuts<'a>(
        &'a self,
        number: usize,
        removal: &'a Removal,
    ) -> impl Iterator<Item = CutParts> + 'a {
        let points = self.points.get(number).map_or(&[][..], |points| points);
        removal.cuts.iter().zip(points).map(|(cut, (span, kept))| {
            let Cut { span: bytes, kept_span, score, .. } = *cut;
            (
                (span.start, span.end, bytes.start, bytes.end),
                self.row(cut.kept),
                (kept.start, kept.end, kept_span.start, kept_span.end),
                score,
            )
        })
    }

    fn batch(&self, schema: &Arc<Schema>) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let all = || self.removals.iter();
        let kept = || all().map(|removal| self.row(removal.kept));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from_iter_values(
                all().map(|removal| self.row(removal.document).0 as u32),
            )),
            Arc::new(StringArray::from_iter_values(
                all().map(|removal| self.name(removal.document)),
            )),
            Arc::new(StringArray::from_iter_values(all().map(|removal| removal.rule.name()))),
            Arc::new(Float64Array::from_iter_values(all().map(|removal| removal.score))),
            Arc::new(UInt32Array::from_iter_values(kept().map(|(row, _)| row as u32))),
            Arc::new(BooleanArray::from(
                kept().map(|(_, protected)| protected).collect::<Vec<_>>(),
            )),
            Arc::new(StringArray::from_iter_values(all().map(|removal| self.name(removal.kept)))),
            self.cut_lists(),
            Arc::new(LargeStringArray::from_iter_values(all().map(|removal| self.text(removal)))),
        ];
        RecordBatch::try_new(schema.clone(), columns)
    }

    fn cut_lists(&self) -> ArrayRef {
        let item = Field::new("item", DataType::Struct(cut_fields()), false);
        let structs = StructBuilder::from_fields(cut_fields(), 0);
        let mut lists = GenericListBuilder::<i32, _>::new(structs).with_field(item);
        for (number, removal) in self.removals.iter().enumerate() {
            for (span, (row, protected), kept, score) in self.cuts(number, removal) {
                let to = lists.values();
                let numbers =
                    [span.0, span.1, span.2, span.3, row as u32, kept.0, kept.1, kept.2, kept.3];
                // The builders are those of the fields below, in their order.
                for (column, number) in numbers.into_iter().enumerate() {
                    if let Some(column) = to.field_builder::<UInt32Builder>(column) {
                        column.append_value(number);
                    }
                }
                if let Some(column) = to.field_builder::<BooleanBuilder>(9) {
                    column.append_value(protected);
                }
                if let Some(column) = to.field_builder::<Float64Builder>(10) {
                    column.append_value(score);
                }
                to.append(true);
            }
            lists.append(true);
        }
        Arc::new(lists.finish())
    }
}

fn cut_fields() -> Fields {
    let numbers = [
        "start",
        "end",
        "start_byte",
        "end_byte",
        "kept",
        "kept_start",
        "kept_end",
        "kept_start_byte",
        "kept_end_byte",
    ];
    let mut fields: Vec<Field> =
        numbers.iter().map(|name| Field::new(*name, DataType::UInt32, false)).collect();
    fields.push(Field::new("kept_protected", DataType::Boolean, false));
    fields.push(Field::new("score", DataType::Float64, false));
    Fields::from(fields)
}

#[pymethods]
impl Cleaning {
    /// Rows of what stays, in order.
    fn kept(&self) -> Vec<usize> {
        self.kept.clone()
    }

    /// Texts of rows that something was cut from.
    fn texts(&self) -> BTreeMap<usize, String> {
        self.texts.clone()
    }

    /// Number of removals.
    fn __len__(&self) -> usize {
        self.evidence.removals.len()
    }

    /// One removal.
    fn removal_at(&self, index: usize) -> PyResult<RemovalParts> {
        let evidence = &*self.evidence;
        let removal = evidence.removals.get(index).ok_or_else(|| {
            PyIndexError::new_err(format!("{index} of {}", evidence.removals.len()))
        })?;
        Ok((
            evidence.row(removal.document).0,
            evidence.name(removal.document).to_owned(),
            removal.rule.name(),
            removal.score,
            evidence.row(removal.kept),
            evidence.name(removal.kept).to_owned(),
            evidence.cuts(index, removal).collect(),
        ))
    }

    /// What one removal took.
    fn removed_text(&self, index: usize) -> &str {
        let evidence = &*self.evidence;
        evidence.removals.get(index).map_or("", |removal| evidence.text(removal))
    }

    /// All removals.
    fn table(&self) -> ArrowTable {
        let list = Field::new("item", DataType::Struct(cut_fields()), false);
        let schema = Schema::new(vec![
            Field::new("document", DataType::UInt32, false),
            Field::new("name", DataType::Utf8, false),
            Field::new("rule", DataType::Utf8, false),
            Field::new("score", DataType::Float64, false),
            Field::new("kept", DataType::UInt32, false),
            Field::new("kept_protected", DataType::Boolean, false),
            Field::new("kept_name", DataType::Utf8, false),
            Field::new("cuts", DataType::List(Arc::new(list)), false),
            Field::new("text", DataType::LargeUtf8, false),
        ]);
        let (evidence, of_batch) = (self.evidence.clone(), Arc::new(schema.clone()));
        let batch = move |number: usize| (number == 0).then(|| evidence.batch(&of_batch));
        ArrowTable::new(schema, self.evidence.removals.len(), Arc::new(batch))
    }

    /// What the decisions rest on.
    fn report(&self) -> Report {
        self.report.clone()
    }
}
