//! The Arrow C interface through capsules, in and out: the only module with `unsafe`.
//!
//! Idea: whatever has `__arrow_c_stream__` (tables, readers, data frames, chunked columns) or
//! `__arrow_c_array__` (record batches, arrays) hands over pointers to its buffers; nothing is
//! copied and no Arrow package is needed on either side. The stream is asked for first, since
//! Polars, pandas and `DuckDB` have nothing else. The way out is the same.
//!
//! Cost: constant a batch. Source: the Arrow C data and stream interfaces, and their `PyCapsule`
//! interface for Python.
#![allow(
    unsafe_code,
    reason = "the C interface is made of pointers; each use names the promise it relies on"
)]

use std::ffi::{CStr, c_char};
use std::sync::Arc;

use arrow_array::ffi::from_ffi_and_data_type;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader, make_array};
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use doublet::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::raise;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// What came in: the batches of a table (of a struct type) or the chunks of a column.
pub(crate) struct Imported {
    /// Name and type.
    pub(crate) field: Field,
    /// The chunks, each of that type.
    pub(crate) chunks: Vec<ArrayRef>,
}

impl Imported {
    /// Takes in whatever speaks the interface; nothing for anything else.
    pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        if object.hasattr("__arrow_c_stream__")? {
            return import_stream(object).map(Some);
        }
        if object.hasattr("__arrow_c_array__")? {
            return import_array(object).map(Some);
        }
        Ok(None)
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }
}

fn import_stream(object: &Bound<'_, PyAny>) -> PyResult<Imported> {
    let py = object.py();
    let capsule = object.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name points to a stream; it is moved out, and what is left behind
    // is marked as released, as the interface asks.
    let mut stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) };
    let (Some(get_schema), Some(get_next)) = (stream.get_schema(), stream.get_next()) else {
        return Err(raise(py, &broken("a stream that was read before")));
    };
    let mut schema = FFI_ArrowSchema::empty();
    // SAFETY: the callback of a stream that is not released, called with it and a place to write.
    if unsafe { get_schema(&raw mut stream, &raw mut schema) } != 0 {
        return Err(raise(py, &broken(&last_error(&mut stream))));
    }
    let field = Field::try_from(&schema).map_err(|error| malformed(py, &error))?;
    let mut chunks = Vec::new();
    loop {
        py.check_signals()?;
        let mut array = FFI_ArrowArray::empty();
        // Producers take the lock themselves where they need it.
        let code = py.detach(|| {
            // SAFETY: as above; the stream is used by this thread alone.
            unsafe { get_next(&raw mut stream, &raw mut array) }
        });
        if code != 0 {
            return Err(raise(py, &broken(&last_error(&mut stream))));
        }
        if array.is_released() {
            break;
        }
        chunks.push(import_chunk(py, array, field.data_type())?);
    }
    Ok(Imported { field, chunks })
}

fn import_array(object: &Bound<'_, PyAny>) -> PyResult<Imported> {
    let py = object.py();
    let both = object.call_method0("__arrow_c_array__")?;
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = both.extract()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    // SAFETY: a capsule of this name points to a schema, which it keeps alive.
    let field = Field::try_from(unsafe { schema.as_ref() }).map_err(|e| malformed(py, &e))?;
    let array = array.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
    // SAFETY: a capsule of this name points to an array; it is moved out as above.
    let array = unsafe { FFI_ArrowArray::from_raw(array.as_ptr()) };
    if array.is_released() {
        return Err(raise(py, &broken("an array that was taken before")));
    }
    let chunks = vec![import_chunk(py, array, field.data_type())?];
    Ok(Imported { field, chunks })
}

fn import_chunk(py: Python<'_>, array: FFI_ArrowArray, of: &DataType) -> PyResult<ArrayRef> {
    // SAFETY: the producer promises an array of the type of its schema.
    let data = unsafe { from_ffi_and_data_type(array, of.clone()) };
    let mut data = data.map_err(|error| malformed(py, &error))?;
    data.align_buffers();
    Ok(make_array(data))
}

/// What a stream says about its last failure.
fn last_error(stream: &mut FFI_ArrowArrayStream) -> String {
    let told: Option<*const c_char> = stream.get_last_error().map(|last| {
        // SAFETY: the callback of a stream that is not released.
        unsafe { last(&raw mut *stream) }
    });
    match told {
        Some(text) if !text.is_null() => {
            // SAFETY: a string that ends in a zero and lives until the stream's next call.
            let text = unsafe { CStr::from_ptr(text) };
            format!("a stream that failed ({})", text.to_string_lossy())
        }
        _ => "a stream that failed".to_owned(),
    }
}

fn broken(found: &str) -> Error {
    Error::new(ErrorKind::Format, found).expected("Arrow data that can be read")
}

fn malformed(py: Python<'_>, error: &ArrowError) -> PyErr {
    raise(py, &broken(&format!("Arrow data of an unknown form ({error})")))
}

/// A column on its way out.
///
/// Anything that takes the Arrow `PyCapsule` interface takes it: `pyarrow.array(column)`,
/// `polars.Series(column)`.
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct ArrowColumn {
    array: ArrayRef,
    field: Field,
}

impl ArrowColumn {
    pub(crate) fn new(array: ArrayRef, field: Field) -> Self {
        Self { array, field }
    }
}

#[pymethods]
impl ArrowColumn {
    fn __len__(&self) -> usize {
        self.array.len()
    }

    /// Its type, as Arrow writes it.
    fn type_name(&self) -> String {
        self.field.data_type().to_string()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A request may be left unanswered.
        drop(requested_schema);
        let array = FFI_ArrowArray::new(&self.array.to_data());
        let array = PyCapsule::new_with_value(py, array, ARRAY)?;
        Ok((self.__arrow_c_schema__(py)?, array))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&self.field).map_err(|e| malformed(py, &e))?;
        PyCapsule::new_with_value(py, schema, SCHEMA)
    }
}

/// Makes the batches of a table, one for each number from 0, until there is none.
pub(crate) type MakeBatch = dyn Fn(usize) -> Option<Result<RecordBatch, ArrowError>> + Send + Sync;

/// A table on its way out; its batches are made as they are asked for, each time anew.
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct ArrowTable {
    schema: SchemaRef,
    rows: usize,
    batches: Arc<MakeBatch>,
}

impl ArrowTable {
    pub(crate) fn new(schema: Schema, rows: usize, batches: Arc<MakeBatch>) -> Self {
        Self { schema: Arc::new(schema), rows, batches }
    }
}

#[pymethods]
impl ArrowTable {
    fn __len__(&self) -> usize {
        self.rows
    }

    /// Names of the columns.
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let reader =
            Batches { schema: self.schema.clone(), batches: self.batches.clone(), next: 0 };
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, STREAM)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&*self.schema).map_err(|e| malformed(py, &e))?;
        PyCapsule::new_with_value(py, schema, SCHEMA)
    }
}

struct Batches {
    schema: SchemaRef,
    batches: Arc<MakeBatch>,
    next: usize,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next += 1;
        (self.batches)(self.next - 1)
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
