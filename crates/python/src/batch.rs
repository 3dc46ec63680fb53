//! Batches of texts, of sketches, and how work goes over them.
//!
//! Texts come as Arrow columns, read in place, or as Python lists of strings; `None` and null go
//! through as null. Work goes in pieces of some megabytes without the interpreter's lock, and
//! between two of them Python handles its signals.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::DataType;
use doublet::{Error, ErrorKind, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use rayon::prelude::*;

use crate::arrow::Imported;
use crate::error::{OrRaise, raise};
use crate::texts::Texts;

/// Bytes of text between two looks for a signal: some 30 ms of work.
const PIECE: usize = 16 << 20;
/// Rows that a thread takes at a time.
const PORTION: usize = 32;

/// A batch of texts, kept alive.
pub(crate) enum Batch<'py> {
    Arrow(Vec<Texts>),
    Python(Vec<Option<Bound<'py, PyString>>>),
}

impl<'py> Batch<'py> {
    /// Takes a batch in.
    pub(crate) fn new(texts: &Bound<'py, PyAny>) -> PyResult<Self> {
        if texts.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("expected a batch of texts: write [text] for one"));
        }
        if let Some(imported) = Imported::from_python(texts)? {
            let column = |chunk: &ArrayRef| {
                Texts::new(chunk).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Field,
                        format!("a column of the type {}", chunk.data_type()),
                    )
                    .expected("strings")
                    .remedy("hand over the column of texts alone")
                })
            };
            let columns: Result<Vec<Texts>> = imported.chunks.iter().map(column).collect();
            return columns.or_raise(texts.py()).map(Self::Arrow);
        }
        let mut strings = Vec::with_capacity(texts.len().unwrap_or(0));
        for (row, text) in texts.try_iter()?.enumerate() {
            let text = text?;
            strings.push(if text.is_none() {
                None
            } else if let Ok(text) = text.cast::<PyString>() {
                Some(text.clone())
            } else {
                let kind = text.get_type().qualname()?;
                return Err(PyTypeError::new_err(format!(
                    "expected strings or None, found {kind} in row {row}"
                )));
            });
        }
        Ok(Self::Python(strings))
    }

    /// The texts, in order.
    pub(crate) fn texts(&self, py: Python<'py>) -> PyResult<Vec<Option<&str>>> {
        let not_utf8 = |row: usize| {
            let found = format!("a text in row {row} that UTF-8 cannot hold");
            let error = Error::new(ErrorKind::Encoding, found)
                .expected("text")
                .remedy("replace lone surrogates: text.encode(\"utf-8\", \"replace\").decode()");
            raise(py, &error)
        };
        match self {
            Self::Arrow(columns) => {
                let cells =
                    columns.iter().flat_map(|texts| (0..texts.len()).map(|row| texts.bytes(row)));
                let text = |(row, bytes): (usize, Option<_>)| {
                    bytes.map(std::str::from_utf8).transpose().map_err(|_| not_utf8(row))
                };
                cells.enumerate().map(text).collect()
            }
            Self::Python(strings) => {
                let mut texts = Vec::with_capacity(strings.len());
                for (row, string) in strings.iter().enumerate() {
                    texts.push(match string {
                        None => None,
                        Some(string) => Some(string.to_str().map_err(|_| not_utf8(row))?),
                    });
                }
                Ok(texts)
            }
        }
    }
}

/// Calls `work` for every row with the values of one thread, which `init` makes, in parallel on
/// `pool` if there is one. The results are in order.
pub(crate) fn for_each<S, T: Send>(
    py: Python<'_>,
    pool: Option<&rayon::ThreadPool>,
    sizes: &[usize],
    init: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
) -> PyResult<Vec<T>> {
    let mut results = Vec::with_capacity(sizes.len());
    for piece in pieces(sizes) {
        py.check_signals()?;
        py.detach(|| match pool {
            None => {
                let mut state = init();
                results.extend(piece.map(|row| work(&mut state, row)));
            }
            Some(pool) => pool.install(|| {
                let rows = piece.into_par_iter().with_min_len(PORTION);
                results.par_extend(rows.map_init(&init, |state, row| work(state, row)));
            }),
        });
    }
    Ok(results)
}

/// Ranges of rows of some megabytes together.
fn pieces(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (row, size) in sizes.iter().enumerate() {
        bytes += size;
        if bytes >= PIECE {
            pieces.push(start..row + 1);
            (start, bytes) = (row + 1, 0);
        }
    }
    if start < sizes.len() {
        pieces.push(start..sizes.len());
    }
    pieces
}

/// Where the values of a row of lists stand.
type RangeOf<'a> = Box<dyn Fn(usize) -> Range<usize> + 'a>;

/// The rows of a column of lists of numbers, nothing for null.
pub(crate) fn lists<T: ArrowPrimitiveType>(chunk: &ArrayRef) -> Option<Vec<Option<&[T::Native]>>> {
    let (values, range): (&ArrayRef, RangeOf<'_>) = match chunk.data_type() {
        DataType::FixedSizeList(_, _) => {
            let list = chunk.as_fixed_size_list();
            let length = list.value_length() as usize;
            let range = move |row| {
                let start = list.value_offset_at(row);
                start..start + length
            };
            (list.values(), Box::new(range))
        }
        DataType::List(_) => {
            let list = chunk.as_list::<i32>();
            let offsets = list.value_offsets();
            (list.values(), Box::new(|row| offsets[row] as usize..offsets[row + 1] as usize))
        }
        DataType::LargeList(_) => {
            let list = chunk.as_list::<i64>();
            let offsets = list.value_offsets();
            (list.values(), Box::new(|row| offsets[row] as usize..offsets[row + 1] as usize))
        }
        _ => return None,
    };
    let values = values.as_primitive_opt::<T>()?.values();
    (0..chunk.len())
        .map(|row| if chunk.is_null(row) { Some(None) } else { values.get(range(row)).map(Some) })
        .collect()
}
