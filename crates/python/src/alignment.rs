//! Two texts side by side, or two columns of texts.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{Field, Fields};
use doublet::span::CodePointRange;
use doublet::{AlignedPart, DocId};
use pyo3::prelude::*;

use crate::arrow::ArrowColumn;
use crate::batch::for_each;
use crate::error::raise;
use crate::points::{OperationPoints, Slot, add_operations, fill};
use crate::report::{Ends, OperationParts, operation_parts};
use crate::sketcher::{at, nulls, unmade};
use crate::tables::{PartColumns, operations_column};

/// A part of both texts: ends in each, identity, operations.
type Part = (Ends, Ends, f64, Vec<OperationParts>);

/// A part with its spans in code points.
struct Counted {
    part: AlignedPart,
    a: CodePointRange,
    b: CodePointRange,
    operations: Box<[OperationPoints]>,
}

/// The parts that two texts share, best first.
#[pyfunction]
pub(crate) fn align(py: Python<'_>, a: &str, b: &str) -> Vec<Part> {
    let parts = py.detach(|| aligned(a, b));
    parts
        .iter()
        .map(|counted| {
            let part = &counted.part;
            let operations = part.operations.iter().zip(&counted.operations);
            (
                (counted.a.start, counted.a.end, part.a.start, part.a.end),
                (counted.b.start, counted.b.end, part.b.start, part.b.end),
                part.identity,
                operations.map(|(operation, points)| operation_parts(operation, *points)).collect(),
            )
        })
        .collect()
}

fn aligned(a: &str, b: &str) -> Vec<Counted> {
    let counted = |part: AlignedPart| {
        let operations = vec![OperationPoints::default(); part.operations.len()].into();
        Counted { part, a: CodePointRange::default(), b: CodePointRange::default(), operations }
    };
    let mut parts: Vec<Counted> = doublet::align(a, b).into_iter().map(counted).collect();
    let mut slots: Vec<Slot<'_>> = Vec::new();
    let both = (DocId(0), DocId(1));
    for counted in &mut parts {
        slots.push((both.0, counted.part.a, &mut counted.a));
        slots.push((both.1, counted.part.b, &mut counted.b));
        add_operations(&mut slots, both, &counted.part.operations, &mut counted.operations);
    }
    fill(slots, |id| if id == both.0 { a } else { b });
    parts
}

/// The parts that texts share, row by row, as a column of lists.
pub(crate) fn column(
    py: Python<'_>,
    pool: Option<&rayon::ThreadPool>,
    a: &[Option<&str>],
    b: &[Option<&str>],
    rows: usize,
) -> PyResult<ArrowColumn> {
    let size = |row: usize| at(a, row).map_or(0, str::len) + at(b, row).map_or(0, str::len);
    let sizes: Vec<usize> = (0..rows).map(size).collect();
    let aligned =
        for_each(py, pool, &sizes, || (), |(), row| Some(aligned(at(a, row)?, at(b, row)?)))?;
    let made = py.detach(|| -> Result<ListArray, arrow_schema::ArrowError> {
        let mut columns = PartColumns::new();
        let parts = || aligned.iter().flatten().flatten();
        for Counted { part, a, b, .. } in parts() {
            let (of_a, of_b) = (part.a, part.b);
            columns.push(
                [a.start, a.end, of_a.start, of_a.end, b.start, b.end, of_b.start, of_b.end],
                part.identity,
            );
        }
        let operations = operations_column(parts().map(|c| (&*c.part.operations, &*c.operations)));
        let (fields, columns): (Vec<Field>, Vec<ArrayRef>) =
            columns.finish(operations).into_iter().unzip();
        let structs = StructArray::try_new(Fields::from(fields), columns, None)?;
        let lengths = aligned.iter().map(|parts| parts.as_ref().map_or(0, Vec::len));
        let valid: Vec<bool> = aligned.iter().map(Option::is_some).collect();
        let item = Arc::new(Field::new("item", structs.data_type().clone(), false));
        let offsets = OffsetBuffer::from_lengths(lengths);
        ListArray::try_new(item, offsets, Arc::new(structs), nulls(&valid))
    });
    let array = made.map_err(|error| raise(py, &unmade(&error)))?;
    let field = Field::new("alignment", array.data_type().clone(), true);
    Ok(ArrowColumn::new(Arc::new(array), field))
}
