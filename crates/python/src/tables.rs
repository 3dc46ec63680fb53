//! Results as Arrow tables, the columns of the program's CSV tables and spans in code points
//! besides.
//!
//! A table is made batch by batch while it is read, so one of a hundred million rows needs no more
//! memory than one of a thousand.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    Float64Builder, GenericListBuilder, LargeStringBuilder, StringBuilder, StructBuilder,
    UInt32Builder,
};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, LargeStringArray, RecordBatch, StringArray, UInt32Array,
    UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use doublet::report::model::{Group, Operation, PassageMember, Share};

use crate::arrow::ArrowTable;
use crate::points::{MemberPoints, OperationPoints};
use crate::report::{Inner, operation_kind};

/// Rows a batch.
const ROWS: usize = 16_384;

/// A table by its name.
pub(crate) fn table(inner: &Arc<Inner>, name: &str) -> Option<ArrowTable> {
    let report = &inner.report;
    match name {
        "passages" => {
            let rows = firsts(report.passages.iter().map(|passage| passage.members.len()));
            Some(make(inner, rows, passages))
        }
        "clusters" => {
            let sizes = report.document_clusters.iter().map(|cluster| 1 + cluster.members.len());
            Some(make(inner, firsts(sizes), clusters))
        }
        "matches" => Some(make(inner, vec![0, report.matches.len()], matches)),
        "documents" => Some(make(inner, vec![0, report.documents.len()], documents)),
        "coverage" => Some(make(inner, vec![0, 1 + report.groups.len()], coverage)),
        "between" => {
            let groups = report.coverage.between.len();
            Some(make(inner, vec![0, groups * groups], between))
        }
        _ => None,
    }
}

/// The first row of each item, and the number of all rows.
fn firsts(sizes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut firsts = vec![0];
    let mut rows = 0;
    firsts.extend(sizes.map(|size| {
        rows += size;
        rows
    }));
    firsts
}

type Columns = Vec<(&'static str, bool, ArrayRef)>;
/// Makes some rows, given as item and place within it.
type MakeRows = fn(&Inner, &[(usize, usize)]) -> Columns;

fn make(inner: &Arc<Inner>, firsts: Vec<usize>, rows: MakeRows) -> ArrowTable {
    let count = firsts.last().copied().unwrap_or(0);
    let fields: Vec<Field> = rows(inner, &[])
        .into_iter()
        .map(|(name, nullable, column)| Field::new(name, column.data_type().clone(), nullable))
        .collect();
    let schema = Schema::new(fields);
    let (inner, of_batches) = (inner.clone(), Arc::new(schema.clone()));
    let batch = move |number: usize| -> Option<Result<RecordBatch, ArrowError>> {
        let range = number * ROWS..count.min((number + 1) * ROWS);
        if range.is_empty() {
            return None;
        }
        let columns = rows(&inner, &places(&firsts, range));
        let columns = columns.into_iter().map(|(_, _, column)| column).collect();
        Some(RecordBatch::try_new(of_batches.clone(), columns))
    };
    ArrowTable::new(schema, count, Arc::new(batch))
}

/// Item and place within it of each of these rows.
fn places(firsts: &[usize], rows: Range<usize>) -> Vec<(usize, usize)> {
    let mut item = firsts.partition_point(|&first| first <= rows.start).saturating_sub(1);
    rows.map(|row| {
        while firsts.get(item + 1).is_some_and(|&next| next <= row) {
            item += 1;
        }
        (item, row - firsts[item])
    })
    .collect()
}

/// Columns from rows.
struct Of<'a, T>(&'a [T]);

impl<T> Of<'_, T> {
    fn u32(&self, value: impl Fn(&T) -> u32) -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(self.0.iter().map(value)))
    }

    fn u64(&self, value: impl Fn(&T) -> u64) -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(self.0.iter().map(value)))
    }

    fn f64(&self, value: impl Fn(&T) -> Option<f64>) -> ArrayRef {
        Arc::new(self.0.iter().map(value).collect::<Float64Array>())
    }

    fn bool(&self, value: impl Fn(&T) -> bool) -> ArrayRef {
        self.optional(|row| Some(value(row)))
    }

    fn optional(&self, value: impl Fn(&T) -> Option<bool>) -> ArrayRef {
        Arc::new(self.0.iter().map(value).collect::<BooleanArray>())
    }

    fn str<'s>(&self, value: impl Fn(&T) -> Option<&'s str>) -> ArrayRef {
        Arc::new(self.0.iter().map(value).collect::<StringArray>())
    }

    fn long<'s>(&self, value: impl Fn(&T) -> Option<&'s str>) -> ArrayRef {
        Arc::new(self.0.iter().map(value).collect::<LargeStringArray>())
    }
}

fn passages(inner: &Inner, rows: &[(usize, usize)]) -> Columns {
    struct Row<'a> {
        number: usize,
        canonical: bool,
        passage: &'a doublet::report::model::PassageCluster,
        member: &'a PassageMember,
        points: &'a MemberPoints,
    }
    let rows: Vec<Row<'_>> = rows
        .iter()
        .filter_map(|&(number, place)| {
            let passage = inner.report.passages.get(number)?;
            let (member, points) =
                (passage.members.get(place)?, inner.points().of(number).get(place)?);
            let canonical = place == passage.canonical as usize;
            Some(Row { number, canonical, passage, member, points })
        })
        .collect();
    let operations = operations_column(
        rows.iter().map(|row| (&*row.member.operations, &*row.points.operations)),
    );
    let of = Of(&rows);
    vec![
        ("passage", false, of.u32(|row| row.number as u32)),
        ("kind", false, of.str(|row| Some(row.passage.kind.name()))),
        ("words", false, of.u32(|row| row.passage.words)),
        ("documents", false, of.u32(|row| row.passage.documents)),
        ("distinctiveness", false, of.f64(|row| Some(row.passage.distinctiveness))),
        ("document", false, of.u32(|row| row.member.document.0)),
        ("name", false, of.str(|row| Some(inner.who(row.member.document).0))),
        ("group", false, of.str(|row| Some(inner.who(row.member.document).1))),
        ("date", true, of.str(|row| inner.who(row.member.document).2)),
        ("start", false, of.u32(|row| row.points.span.start)),
        ("end", false, of.u32(|row| row.points.span.end)),
        ("start_byte", false, of.u32(|row| row.member.span.start)),
        ("end_byte", false, of.u32(|row| row.member.span.end)),
        ("line", false, of.u32(|row| row.member.lines.start_line)),
        ("column", false, of.u32(|row| row.member.lines.start_column)),
        ("end_line", false, of.u32(|row| row.member.lines.end_line)),
        ("end_column", false, of.u32(|row| row.member.lines.end_column)),
        ("identity", false, of.f64(|row| Some(row.member.identity))),
        ("canonical", false, of.bool(|row| row.canonical)),
        ("text", true, of.long(|row| text_at(inner, row.member))),
        ("operations", false, operations),
    ]
}

fn text_at<'a>(inner: &'a Inner, member: &PassageMember) -> Option<&'a str> {
    inner.documents.get(member.document.index())?.text.get(member.span.range())
}

fn clusters(inner: &Inner, rows: &[(usize, usize)]) -> Columns {
    let rows: Vec<_> = rows
        .iter()
        .filter_map(|&(number, place)| {
            let cluster = inner.report.document_clusters.get(number)?;
            let member = place.checked_sub(1).and_then(|place| cluster.members.get(place));
            let id = member.map_or(cluster.representative, |member| member.document);
            Some((number, id, member))
        })
        .collect();
    let of = Of(&rows);
    vec![
        ("cluster", false, of.u32(|row| row.0 as u32)),
        (
            "role",
            false,
            of.str(|row| Some(if row.2.is_some() { "member" } else { "representative" })),
        ),
        ("document", false, of.u32(|row| row.1.0)),
        ("name", false, of.str(|row| Some(inner.who(row.1).0))),
        ("group", false, of.str(|row| Some(inner.who(row.1).1))),
        ("date", true, of.str(|row| inner.who(row.1).2)),
        ("kind", true, of.str(|row| row.2.map(|member| member.kind.name()))),
        ("similarity", true, of.f64(|row| row.2.map(|member| member.similarity))),
        ("containment", true, of.f64(|row| row.2.map(|member| member.containment))),
        ("contains", true, of.f64(|row| row.2.map(|member| member.contains))),
    ]
}

fn matches(inner: &Inner, rows: &[(usize, usize)]) -> Columns {
    let rows: Vec<_> = rows.iter().filter_map(|&(_, row)| inner.report.matches.get(row)).collect();
    let of = Of(&rows);
    vec![
        ("a", false, of.u32(|row| row.a.0)),
        ("b", false, of.u32(|row| row.b.0)),
        ("a_name", false, of.str(|row| Some(inner.who(row.a).0))),
        ("b_name", false, of.str(|row| Some(inner.who(row.b).0))),
        ("kind", false, of.str(|row| Some(row.kind.name()))),
        ("similarity", false, of.f64(|row| Some(row.similarity))),
        ("a_in_b", false, of.f64(|row| Some(row.a_in_b))),
        ("b_in_a", false, of.f64(|row| Some(row.b_in_a))),
    ]
}

fn documents(inner: &Inner, rows: &[(usize, usize)]) -> Columns {
    let report = &inner.report;
    let rows: Vec<_> = rows
        .iter()
        .filter_map(|&(_, row)| {
            let share = report.coverage.documents.get(row).copied().unwrap_or_default();
            let entry = report.documents.get(row)?;
            let group = report.groups.get(entry.group as usize);
            Some((row, entry, group.map_or("", |group| &group.name), share))
        })
        .collect();
    let of = Of(&rows);
    let origin = |row: &(_, &'_ doublet::report::model::DocumentEntry, _, _)| row.1.origin.clone();
    let paths: Vec<_> = rows.iter().map(origin).collect();
    let of_paths = Of(&paths);
    let lines: UInt64Array =
        paths.iter().map(|origin| origin.as_ref().and_then(|origin| origin.line)).collect();
    let path = |origin: &Option<doublet::Origin>| origin.as_ref().map(|o| o.path.clone());
    let path_names: Vec<Option<String>> = of_paths.0.iter().map(path).collect();
    vec![
        ("document", false, of.u32(|row| row.0 as u32)),
        ("name", false, of.str(|row| Some(&row.1.name))),
        ("group", false, of.str(|row| Some(row.2))),
        ("date", true, of.str(|row| row.1.date.as_deref())),
        ("reference", false, of.bool(|row| row.1.reference)),
        ("path", true, Arc::new(path_names.into_iter().collect::<StringArray>())),
        ("line", true, Arc::new(lines)),
        ("bytes", false, of.u32(|row| row.1.bytes)),
        ("tokens", false, of.u32(|row| row.1.tokens)),
        ("content_hash", false, of.str(|row| Some(&row.1.content_hash))),
        ("reuse", false, of.u64(|row| row.3.reuse)),
        ("boilerplate", false, of.u64(|row| row.3.boilerplate)),
    ]
}

fn coverage(inner: &Inner, rows: &[(usize, usize)]) -> Columns {
    let coverage = &inner.report.coverage;
    let rows: Vec<(Option<&Group>, Share)> = rows
        .iter()
        .filter_map(|&(_, row)| match row.checked_sub(1) {
            None => Some((None, coverage.total)),
            Some(group) => {
                Some((Some(inner.report.groups.get(group)?), *coverage.groups.get(group)?))
            }
        })
        .collect();
    let of = Of(&rows);
    let kind = |is_group: bool| if is_group { "group" } else { "collection" };
    vec![
        ("of", false, of.str(|row| Some(kind(row.0.is_some())))),
        ("name", true, of.str(|row| row.0.map(|group| &*group.name))),
        ("reference", true, of.optional(|row| row.0.map(|group| group.reference))),
        ("tokens", false, of.u64(|row| row.1.tokens)),
        ("reuse", false, of.u64(|row| row.1.reuse)),
        ("boilerplate", false, of.u64(|row| row.1.boilerplate)),
        ("reuse_share", false, of.f64(|row| Some(row.1.reuse_share()))),
    ]
}

fn between(inner: &Inner, rows: &[(usize, usize)]) -> Columns {
    let between = &inner.report.coverage.between;
    let groups = between.len().max(1);
    let rows: Vec<(usize, usize)> =
        rows.iter().map(|&(_, row)| (row / groups, row % groups)).collect();
    let group = |group: usize| inner.report.groups.get(group);
    let name = |number: usize| group(number).map(|group| &*group.name);
    let of = Of(&rows);
    vec![
        ("group", false, of.str(|row| name(row.0))),
        ("reference", false, of.bool(|row| group(row.0).is_some_and(|group| group.reference))),
        ("other", false, of.str(|row| name(row.1))),
        (
            "tokens",
            false,
            of.u64(|row| between.get(row.0).and_then(|of| of.get(row.1)).copied().unwrap_or(0)),
        ),
    ]
}

/// Fields of an operation.
fn operation_fields() -> Fields {
    let number = |name: &str| Field::new(name, DataType::UInt32, false);
    Fields::from(vec![
        Field::new("operation", DataType::Utf8, false),
        Field::new("change", DataType::Utf8, true),
        number("canonical_start"),
        number("canonical_end"),
        number("canonical_start_byte"),
        number("canonical_end_byte"),
        number("start"),
        number("end"),
        number("start_byte"),
        number("end_byte"),
        Field::new("canonical_text", DataType::LargeUtf8, true),
        Field::new("text", DataType::LargeUtf8, true),
    ])
}

/// Lists of operations.
pub(crate) fn operations_column<'a>(
    rows: impl Iterator<Item = (&'a [Operation], &'a [OperationPoints])>,
) -> ArrayRef {
    let item = Field::new("item", DataType::Struct(operation_fields()), false);
    let mut lists =
        GenericListBuilder::<i32, _>::new(StructBuilder::from_fields(operation_fields(), 0))
            .with_field(item);
    for (operations, points) in rows {
        for (operation, points) in operations.iter().zip(points) {
            add_operation(lists.values(), operation, points);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

fn add_operation(to: &mut StructBuilder, operation: &Operation, points: &OperationPoints) {
    let (kind, change) = operation_kind(operation.kind);
    let numbers = [
        points.canonical.start,
        points.canonical.end,
        operation.canonical_span.start,
        operation.canonical_span.end,
        points.member.start,
        points.member.end,
        operation.span.start,
        operation.span.end,
    ];
    // The builders are those of the fields above, in their order.
    if let Some(column) = to.field_builder::<StringBuilder>(0) {
        column.append_value(kind);
    }
    if let Some(column) = to.field_builder::<StringBuilder>(1) {
        column.append_option(change);
    }
    for (column, number) in (2..).zip(numbers) {
        if let Some(column) = to.field_builder::<UInt32Builder>(column) {
            column.append_value(number);
        }
    }
    let texts = [operation.canonical_text.as_deref(), operation.text.as_deref()];
    for (column, text) in (10..).zip(texts) {
        if let Some(column) = to.field_builder::<LargeStringBuilder>(column) {
            column.append_option(text);
        }
    }
    to.append(true);
}

/// A builder for lists of aligned parts, used by alignments of batches.
pub(crate) struct PartColumns {
    numbers: [UInt32Builder; 8],
    identity: Float64Builder,
}

impl PartColumns {
    /// Names of the numbers, in order.
    pub(crate) const NAMES: [&'static str; 8] = [
        "a_start",
        "a_end",
        "a_start_byte",
        "a_end_byte",
        "b_start",
        "b_end",
        "b_start_byte",
        "b_end_byte",
    ];

    pub(crate) fn new() -> Self {
        Self {
            numbers: std::array::from_fn(|_| UInt32Builder::new()),
            identity: Float64Builder::new(),
        }
    }

    pub(crate) fn push(&mut self, numbers: [u32; 8], identity: f64) {
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.append_value(number);
        }
        self.identity.append_value(identity);
    }

    /// The columns, with the operations last.
    pub(crate) fn finish(mut self, operations: ArrayRef) -> Vec<(Field, ArrayRef)> {
        let mut columns: Vec<(Field, ArrayRef)> = Self::NAMES
            .iter()
            .zip(&mut self.numbers)
            .map(|(name, column)| {
                let column: ArrayRef = Arc::new(column.finish());
                (Field::new(*name, DataType::UInt32, false), column)
            })
            .collect();
        let identity = Arc::new(self.identity.finish());
        columns.push((Field::new("identity", DataType::Float64, false), identity));
        let kind = operations.data_type().clone();
        columns.push((Field::new("operations", kind, false), operations));
        columns
    }
}
