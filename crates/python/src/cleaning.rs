//! What `dedup` takes out: indices of what stays, texts without what was cut, and the evidence.
//!
//! A reference comes first in the run, then protected documents, as in the program; numbers that go
//! back to Python are rows of one of the data sets that came in, and say of which.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{
    Float64Builder, GenericListBuilder, StringBuilder, StructBuilder, UInt32Builder,
};
use arrow_array::{
    ArrayRef, Float64Array, LargeStringArray, RecordBatch, StringArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Fields, Schema};
use doublet::cluster::{keep_ranks, protected_first};
use doublet::dedup::{Cut, Plan, Removal, Rule, cut_out};
use doublet::span::CodePointRange;
use doublet::{DocId, Document, Doublet, Scope, Span, Timestamp};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use crate::arrow::ArrowTable;
use crate::documents::{Documents, reference_of};
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
    sets: Sets,
    removals: Vec<Removal>,
    /// Spans of cuts in code points: what is cut, and what stands for it.
    points: Vec<Vec<(CodePointRange, CodePointRange)>>,
}

/// How many of the documents come from each data set before the one that is cleaned.
#[derive(Clone, Copy)]
struct Sets {
    reference: usize,
    protected: usize,
}

impl Sets {
    /// Number of documents before those that are cleaned.
    const fn ahead(self) -> usize {
        self.reference + self.protected
    }

    /// The row of a document, and the argument that its data set came in by.
    fn row(self, id: DocId) -> Row {
        let id = id.index();
        match (id.checked_sub(self.reference), id.checked_sub(self.ahead())) {
            (_, Some(row)) => (row, "dataset"),
            (Some(row), None) => (row, "protect"),
            (None, None) => (id, "against"),
        }
    }
}

/// A row, and the argument that its data set came in by.
type Row = (usize, &'static str);
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
    against: Option<&Documents>,
    options: FindOptions,
    cleaning: CleanOptions,
    progress: Option<Py<PyAny>>,
) -> PyResult<Cleaning> {
    let mut config = options.config().or_raise(py)?;
    let options = cleaning.options().or_raise(py)?;
    let replace_with = cleaning.replace_with;
    config.scope = match (options.rules.passages, options.rules.documents()) {
        (true, true) => Scope::Both,
        (true, false) => Scope::Passages,
        (false, _) => Scope::Documents,
    };
    let sets = Sets {
        reference: reference_of(against).or_raise(py)?,
        protected: protect.map_or(0, |protect| protect.documents.len()),
    };
    let parts: Vec<&Documents> = against.into_iter().chain(protect).chain([documents]).collect();
    let Documents { documents: all, skipped, .. } = Documents::joined(py, &parts);
    let texts = all.clone();
    let (report, plan, left, points) = run::run(py, progress, move |run| {
        let keep = config.documents.keep.clone();
        let builder = Doublet::builder().config(config).stop(run.stop());
        let doublet = builder.progress(observer(run)).build()?;
        let mut report = match sets.reference {
            0 => doublet.find_protecting(&texts, sets.protected)?,
            reference => doublet.find_against(&texts, reference)?,
        };
        let tokens: Vec<u32> = report.documents.iter().map(|document| document.tokens).collect();
        let ranks = keep_ranks(&keep, &texts, &tokens, Timestamp::parse);
        // What stands for others comes first.
        let preferred = if sets.reference > 0 { sets.reference } else { sets.protected };
        let ranks = protected_first(&ranks, preferred);
        run.begin("cleaning", 0);
        let plan = Plan::new(&texts, &report, &ranks, sets.ahead(), &options);
        let of_cut = |(id, spans): (&DocId, &Vec<Span>)| {
            let text = cut_out(&texts.get(id.index())?.text, spans, &replace_with);
            Some((id.index() - sets.ahead(), text))
        };
        let left = plan.cuts.iter().filter_map(of_cut).collect();
        let points = points(&plan.removals, &texts);
        report.skipped.clone_from(&skipped);
        Ok((report, plan, left, points))
    })?;
    let rows = sets.ahead()..all.len();
    let kept = rows.filter(|&id| !plan.gone.get(id).copied().unwrap_or(false));
    let kept = kept.map(|id| id - sets.ahead()).collect();
    let report = Report::new(report, all.clone());
    let evidence = Evidence { documents: all, sets, removals: plan.removals, points };
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
                self.sets.row(cut.kept),
                (kept.start, kept.end, kept_span.start, kept_span.end),
                score,
            )
        })
    }

    fn batch(&self, schema: &Arc<Schema>) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let all = || self.removals.iter();
        let kept = || all().map(|removal| self.sets.row(removal.kept));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from_iter_values(
                all().map(|removal| self.sets.row(removal.document).0 as u32),
            )),
            Arc::new(StringArray::from_iter_values(
                all().map(|removal| self.name(removal.document)),
            )),
            Arc::new(StringArray::from_iter_values(all().map(|removal| removal.rule.name()))),
            Arc::new(Float64Array::from_iter_values(all().map(|removal| removal.score))),
            Arc::new(UInt32Array::from_iter_values(kept().map(|(row, _)| row as u32))),
            Arc::new(StringArray::from_iter_values(kept().map(|(_, set)| set))),
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
            for (span, (row, set), kept, score) in self.cuts(number, removal) {
                let to = lists.values();
                let numbers =
                    [span.0, span.1, span.2, span.3, row as u32, kept.0, kept.1, kept.2, kept.3];
                // The builders are those of the fields below, in their order.
                for (column, number) in numbers.into_iter().enumerate() {
                    if let Some(column) = to.field_builder::<UInt32Builder>(column) {
                        column.append_value(number);
                    }
                }
                if let Some(column) = to.field_builder::<StringBuilder>(9) {
                    column.append_value(set);
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
    fields.push(Field::new("kept_in", DataType::Utf8, false));
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
            evidence.sets.row(removal.document).0,
            evidence.name(removal.document).to_owned(),
            removal.rule.name(),
            removal.score,
            evidence.sets.row(removal.kept),
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
            Field::new("kept_in", DataType::Utf8, false),
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
