//! Parquet files: one document a row.
//!
//! Only the columns that matter are decoded: text, id, group, date and what is kept as metadata.
//! Row groups are cut into slices of some megabytes, which are decoded in parallel; a slice skips
//! the pages before it without decompressing them. What an Arrow writer noted about its own types
//! (dictionaries, large strings, views) is left aside: strings are read as views into the pages,
//! and copied once, into the documents.
//!
//! Rows are numbered from 1 through the whole file.
//!
//! Cost: the decoding of the columns. Memory: a slice a thread, and the pages it needs.

mod schema;
mod value;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StructArray};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::errors::ParquetError;
use rayon::prelude::*;

use super::pieces::{Pieces, Reading};
use super::place::Place;
use super::row::{Position, Row, not_text};
use super::sink::{Part, interrupted};
use crate::document::{FieldValue, Metadata};
use crate::error::{Error, ErrorKind, Result};

use self::schema::Columns;
pub(crate) use self::schema::text_path;

/// Bytes, as decoded, of a slice.
const SLICE: u64 = 8 << 20;

/// Rows that are decoded at a time.
const ROWS: usize = 1024;

/// What a row takes up besides its columns.
const ROW_OVERHEAD: u64 = 256;

/// What is wrong with a file.
pub(crate) fn damaged(error: ParquetError, path: &Path) -> Error {
    Error::new(ErrorKind::Format, format!("a Parquet file that is damaged or cut short ({error})"))
        .expected("PAR1 at both ends of the file, and pages that can be decoded")
        .remedy("fetch or write the file again")
        .because(error)
        .at(path)
}

/// Opens a file and reads what stands at its end.
fn load(path: &Path) -> Result<ArrowReaderMetadata> {
    let file = File::open(path).map_err(|error| Error::io("open", path, error))?;
    let options = schema::options();
    let inferred =
        ArrowReaderMetadata::load(&file, options).map_err(|error| damaged(error, path))?;
    Ok(schema::with_views(inferred))
}

/// A run of rows within a row group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    row_group: usize,
    /// Rows of the group before it.
    skip: usize,
    rows: usize,
    /// Number of its first row in the file, from 1.
    first: u64,
    /// About how many bytes it has when decoded.
    bytes: u64,
    /// Its share of the file.
    compressed: u64,
}

/// The rows of a file.
pub(crate) struct Rows<'a> {
    file: Source<'a>,
    slices: std::vec::IntoIter<Slice>,
    /// Bytes of the file that no slice counts.
    rest: u64,
    over: bool,
}

/// What decoding a slice needs to know.
struct Source<'a> {
    path: PathBuf,
    place: Place,
    reading: Reading<'a>,
    metadata: ArrowReaderMetadata,
    columns: Columns,
}

impl<'a> Rows<'a> {
    /// Opens a file and finds the columns.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for what is no whole Parquet file, [`ErrorKind::Field`] for a column
    /// that is missing or of the wrong type.
    pub(crate) fn open(
        path: PathBuf,
        size: u64,
        place: Place,
        reading: Reading<'a>,
    ) -> Result<Self> {
        let metadata = load(&path)?;
        let columns = Columns::find(&metadata, reading.resolved.config)
            .map_err(|error| error.at(&place.path))?;
        let slices = slices(&metadata, &columns);
        let counted: u64 = slices.iter().map(|slice| slice.compressed).sum();
        let (slices, rest) = (slices.into_iter(), size.saturating_sub(counted));
        let file = Source { path, place, reading, metadata, columns };
        Ok(Self { file, slices, rest, over: false })
    }
}

/// Cuts the row groups into slices.
fn slices(metadata: &ArrowReaderMetadata, columns: &Columns) -> Vec<Slice> {
    let mut slices = Vec::new();
    let mut first = 1;
    for (row_group, group) in metadata.metadata().row_groups().iter().enumerate() {
        let rows = group.num_rows().max(0) as u64;
        let (mut bytes, mut compressed) = (rows * ROW_OVERHEAD, 0);
        for &leaf in &columns.leaves {
            let column = group.column(leaf);
            let decoded = column.unencoded_byte_array_data_bytes().unwrap_or(0);
            bytes += decoded.max(column.uncompressed_size()).max(0) as u64;
            compressed += column.compressed_size().max(0) as u64;
        }
        let count = bytes.div_ceil(SLICE).clamp(1, rows.max(1));
        let start = |slice: u64| rows * slice / count;
        for slice in 0..count {
            let (skip, end) = (start(slice), start(slice + 1));
            if end > skip {
                slices.push(Slice {
                    row_group,
                    skip: skip as usize,
                    rows: (end - skip) as usize,
                    first: first + skip,
                    bytes: bytes / count,
                    compressed: compressed / count,
                });
            }
        }
        first += rows;
    }
    slices
}

impl Pieces for Rows<'_> {
    fn next(&mut self, want: usize) -> Option<Part> {
        if self.over {
            return None;
        }
        let (mut now, mut bytes) = (Vec::new(), 0);
        while bytes < want as u64 {
            let Some(slice) = self.slices.next() else { break };
            bytes += slice.bytes;
            now.push(slice);
        }
        if now.is_empty() {
            self.file.reading.progress.advance(self.rest);
            self.over = true;
            return None;
        }
        let file = &self.file;
        let parts: Vec<(usize, Part)> =
            now.par_iter().with_max_len(1).map(|slice| file.read(slice)).enumerate().collect();
        let part = Part::of_numbered(parts);
        let is_strict = self.file.reading.is_strict();
        self.over = is_strict && part.as_ref().is_some_and(|part| !part.problems.is_empty());
        part
    }
}

impl Source<'_> {
    /// Decodes a slice.
    fn read(&self, slice: &Slice) -> Part {
        if self.reading.progress.stopped() {
            return Part::failure(interrupted());
        }
        let mut part = Part::default();
        // Decoders of damaged bytes may fail an assertion; that is damage like any other.
        let result = catch_unwind(AssertUnwindSafe(|| self.decode(slice, &mut part)));
        self.reading.progress.advance(slice.compressed);
        let panicked = || Err(ParquetError::General("pages that contradict themselves".into()));
        if let Err(error) = result.unwrap_or_else(|_| panicked()) {
            part.problem(damaged(error, Path::new(&self.place.path)).line(slice.first));
        }
        part
    }

    fn decode(&self, slice: &Slice, part: &mut Part) -> Result<(), ParquetError> {
        let (selection, rows) = self.selection(slice);
        let Some(selection) = selection else { return Ok(()) };
        // A file of its own: clones share one place in the file.
        let file = File::open(&self.path).map_err(|error| ParquetError::External(error.into()))?;
        let reader: ParquetRecordBatchReader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![slice.row_group])
                .with_projection(self.columns.mask.clone())
                .with_row_selection(selection)
                .with_batch_size(ROWS)
                .build()?;
        let mut rows = rows.into_iter();
        for batch in reader {
            let batch = batch.map_err(|error| ParquetError::ArrowError(error.to_string()))?;
            self.add(&batch, &mut rows, part);
            if self.reading.is_strict() && !part.problems.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Which rows are to be decoded, and their numbers.
    fn selection(&self, slice: &Slice) -> (Option<RowSelection>, Vec<u64>) {
        let all = slice.first..slice.first + slice.rows as u64;
        let rows: Vec<u64> = all.filter(|&row| self.reading.wants(row)).collect();
        let group = slice.first - slice.skip as u64;
        let mut selectors = Vec::new();
        let mut next = group;
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            selectors.push(RowSelector::skip((run[0] - next) as usize));
            selectors.push(RowSelector::select(run.len()));
            next = run[0] + run.len() as u64;
        }
        ((!rows.is_empty()).then(|| selectors.into()), rows)
    }

    /// Makes documents of rows.
    fn add(&self, batch: &RecordBatch, rows: &mut impl Iterator<Item = u64>, part: &mut Part) {
        let config = self.reading.resolved.config;
        let columns = &self.columns;
        let text = column(batch, &columns.text);
        let id = columns.id.as_ref().and_then(|path| column(batch, path));
        let mut kept: Vec<(&str, &ArrayRef)> = Vec::new();
        for name in &columns.kept {
            kept.extend(batch.column_by_name(name).map(|array| (name.as_str(), array)));
        }
        for index in 0..batch.num_rows() {
            let Some(row) = rows.next() else { return };
            let at = Position { place: &self.place, line: row, record: row, encoding: None };
            let text = match text.as_ref().and_then(|text| value::string(text, index)) {
                Some(Ok(text)) => text.to_owned(),
                Some(Err(error)) => {
                    part.problem(at.locate(error));
                    continue;
                }
                None => {
                    part.problem(at.locate(not_text("null", &config.text_field)));
                    continue;
                }
            };
            let id = id.as_ref().map(|id| value::of(id, index));
            let mut fields = Metadata::new();
            for (name, array) in &kept {
                fields.insert((*name).to_owned(), value::of(array, index));
            }
            let id = id.filter(|id| *id != FieldValue::Null);
            let row = Row { text, id, date: None, fields };
            row.add_to(at, self.reading.resolved, part, |field, _| {
                Error::new(ErrorKind::Field, format!("null in the column {field:?}"))
                    .expected("a name in every row")
            });
        }
    }
}

/// The column at a path of names.
fn column(batch: &RecordBatch, path: &[String]) -> Option<ArrayRef> {
    let (first, rest) = path.split_first()?;
    let mut array = batch.column_by_name(first)?.clone();
    for name in rest {
        let outer: &StructArray = array.as_struct_opt()?;
        array = outer.column_by_name(name)?.clone();
    }
    Some(array)
}
