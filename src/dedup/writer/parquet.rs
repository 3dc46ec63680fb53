//! Parquet: rows that stay keep every column as it is stored.
//!
//! Columns of row groups that nothing is done to are copied as they are encoded and compressed.
//! Where rows go, columns are read and written value by value in their physical type, with the
//! levels that say what is null or repeated, so no type is ever converted; where texts are only
//! cut, that is done to their column alone. Schema, key-value metadata, row groups and the codec
//! of each column stay; the level of a codec is not stored and becomes its default, and bloom
//! filters and page indexes are left out.
//!
//! Cost: that of decoding and encoding the row groups that change. Memory: some pages a file.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType as ArrowType, Field, FieldRef, Schema};
use parquet::arrow::{encode_arrow_schema, parquet_to_arrow_schema};
use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, ColumnWriterImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::super::layout::Content;
use super::columns::{Findings, NAMES};
use super::edits::{Edit, FileEdits};
use super::target::Target;
use super::{Job, Written};
use crate::error::{Error, ErrorKind, Result};
use crate::source::parquet::{damaged, text_path};

type Outcome<T> = Result<T, ParquetError>;

/// Key of what Arrow writers note about their types.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// Rows that are read at a time.
const ROWS: usize = 1024;

/// Writes the rows of a file, of which some go or change.
pub(super) fn write(job: &Job<'_>, edits: &FileEdits) -> Result<Written> {
    // Such files are read from their ends, so what came from standard input is none.
    let Content::File(path, _) = &job.laid.content else { return Ok(Written::default()) };
    let file = File::open(path).map_err(|error| Error::io("open", path, error))?;
    let again = file.try_clone().map_err(|error| job.unread(error))?;
    let reader = SerializedFileReader::new(again).map_err(|error| damaged(error, path))?;
    let out = job.target(None)?;
    let metadata = reader.metadata();
    let text = text_path(metadata.file_metadata().schema_descr(), &job.config.text_field);
    let copy = Copy { job, edits, reader: &reader, file: &file, metadata, text };
    let written = match copy.write(out) {
        Ok(out) => job.finish(out),
        Err(Failure::Row(row)) => Err(job.not_what_was_read(row)),
        Err(Failure::Work(error)) => Err(error),
        Err(Failure::Parquet(error)) => Err(of_parquet(job, error, path)),
    };
    job.progress.advance(file.metadata().map_or(0, |metadata| metadata.len()));
    written
}

/// Whether a file can be read at all.
pub(super) fn is_whole(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| SerializedFileReader::new(file).is_ok())
}

/// Why a file was not written.
enum Failure {
    /// A row is not what was read.
    Row(u64),
    /// A work file cannot be read.
    Work(Error),
    Parquet(ParquetError),
}

impl From<ParquetError> for Failure {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

/// Whether it was reading or writing that failed.
fn of_parquet(job: &Job<'_>, error: ParquetError, path: &Path) -> Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) if cause.raw_os_error().is_some() => job.unwritten(*cause),
            Ok(cause) => damaged(ParquetError::External(cause), path),
            Err(cause) => damaged(ParquetError::External(cause), path),
        },
        ParquetError::NYI(what) => {
            Error::new(ErrorKind::Format, format!("a Parquet file in a form not known ({what})"))
                .expected("no compression, or snappy, gzip, lz4 or zstd")
                .at(path)
        }
        error => damaged(error, path),
    }
}

/// A file on its way from one place to the other.
struct Copy<'a> {
    job: &'a Job<'a>,
    edits: &'a FileEdits,
    reader: &'a SerializedFileReader<File>,
    file: &'a File,
    metadata: &'a ParquetMetaData,
    /// Path of the column of the texts.
    text: Option<Vec<String>>,
}

impl Copy<'_> {
    fn write(&self, out: Target) -> Result<Target, Failure> {
        let properties = Arc::new(self.properties()?);
        let mut writer = SerializedFileWriter::new(out, self.schema()?, properties)?;
        let mut first = 1;
        for (index, group) in self.metadata.row_groups().iter().enumerate() {
            let rows = group.num_rows().max(0) as u64;
            let (gone, cut) = self.edits.within(first..first + rows);
            if gone as u64 == rows && rows > 0 {
                first += rows;
                continue;
            }
            let reader = self.reader.get_row_group(index)?;
            let group = Group { copy: self, reader: &*reader, first, rows, gone: gone > 0 };
            let mut out = writer.next_row_group()?;
            group.columns(&mut out, cut > 0)?;
            if self.job.edits.annotates() {
                group.annotate(&mut out)?;
            }
            out.close()?;
            first += rows;
        }
        // The end of the file is written by this.
        Ok(writer.into_inner()?)
    }

    /// Columns of an earlier run's findings are replaced.
    fn is_replaced(&self, column: &str) -> bool {
        self.job.edits.annotates() && NAMES.contains(&column)
    }

    fn descriptor(&self) -> &SchemaDescriptor {
        self.metadata.file_metadata().schema_descr()
    }

    /// The schema as it is, and columns for findings.
    fn schema(&self) -> Outcome<TypePtr> {
        if !self.job.edits.annotates() {
            return Ok(self.descriptor().root_schema_ptr());
        }
        let root = self.descriptor().root_schema();
        let stays = |field: &&TypePtr| !self.is_replaced(field.name());
        let mut fields: Vec<TypePtr> = root.get_fields().iter().filter(stays).cloned().collect();
        for name in NAMES {
            let (physical, logical) = match name {
                "doublet_cluster" => (Physical::INT64, None),
                "doublet_score" => (Physical::DOUBLE, None),
                _ => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let field = Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical);
            fields.push(Arc::new(field.build()?));
        }
        Ok(Arc::new(Type::group_type_builder(root.name()).with_fields(fields).build()?))
    }

    /// Key-value metadata; the Arrow schema in it gets the columns that are added.
    fn notes(&self) -> Outcome<Option<Vec<KeyValue>>> {
        let file = self.metadata.file_metadata();
        let mut notes = file.key_value_metadata().cloned();
        if !self.job.edits.annotates() {
            return Ok(notes);
        }
        let note = notes.iter_mut().flatten().find(|note| note.key == ARROW_SCHEMA);
        if let Some(note) = note {
            let old = parquet_to_arrow_schema(self.descriptor(), file.key_value_metadata())?;
            let mut fields: Vec<FieldRef> = old.fields().to_vec();
            fields.retain(|field| !self.is_replaced(field.name()));
            for name in NAMES {
                let kind = match name {
                    "doublet_cluster" => ArrowType::Int64,
                    "doublet_score" => ArrowType::Float64,
                    _ => ArrowType::Utf8,
                };
                fields.push(Arc::new(Field::new(name, kind, true)));
            }
            let schema = Schema::new_with_metadata(fields, old.metadata().clone());
            note.value = Some(encode_arrow_schema(&schema));
        }
        Ok(notes)
    }

    /// How columns are written: as they are stored, as far as that is known.
    fn properties(&self) -> Outcome<WriterProperties> {
        let file = self.metadata.file_metadata();
        let version = if file.version() >= 2 {
            WriterVersion::PARQUET_2_0
        } else {
            WriterVersion::PARQUET_1_0
        };
        let mut properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_key_value_metadata(self.notes()?)
            .set_offset_index_disabled(true)
            .set_statistics_enabled(EnabledStatistics::Chunk);
        if let Some(group) = self.metadata.row_groups().first() {
            if let Some(codec) = group.columns().first().map(ColumnChunkMetaData::compression_codec)
            {
                properties = properties.set_compression(codec.into());
            }
            for column in group.columns() {
                let path = column.column_path().clone();
                let has_dictionary = column.dictionary_page_offset().is_some();
                properties = properties
                    .set_column_compression(path.clone(), column.compression_codec().into())
                    .set_column_dictionary_enabled(path.clone(), has_dictionary)
                    .set_column_encoding(path.clone(), encoding_of(column));
                if column.statistics().is_none() {
                    properties =
                        properties.set_column_statistics_enabled(path, EnabledStatistics::None);
                }
            }
            properties = properties.set_sorting_columns(group.sorting_columns().cloned());
        }
        Ok(properties.build())
    }
}

/// How values are stored outside of a dictionary. What is new in the second version of the format is
/// not taken where it was not there before: not every reader knows it for every type.
fn encoding_of(column: &ColumnChunkMetaData) -> Encoding {
    let is_special = |encoding: &Encoding| {
        matches!(
            encoding,
            Encoding::DELTA_BINARY_PACKED
                | Encoding::DELTA_LENGTH_BYTE_ARRAY
                | Encoding::DELTA_BYTE_ARRAY
                | Encoding::BYTE_STREAM_SPLIT
        )
    };
    column.encodings().find(is_special).unwrap_or(Encoding::PLAIN)
}

/// A row group.
struct Group<'a> {
    copy: &'a Copy<'a>,
    reader: &'a dyn RowGroupReader,
    /// Number of its first row in the file, from 1.
    first: u64,
    rows: u64,
    /// Whether rows go.
    gone: bool,
}

impl Group<'_> {
    /// Writes its columns.
    fn columns(
        &self,
        out: &mut SerializedRowGroupWriter<'_, Target>,
        cut: bool,
    ) -> Result<(), Failure> {
        let copy = self.copy;
        for (leaf, column) in self.reader.metadata().columns().iter().enumerate() {
            if copy.is_replaced(column.column_path().parts().first().map_or("", |name| name)) {
                continue;
            }
            let is_text = copy.text.as_deref() == Some(column.column_path().parts());
            if self.gone || (cut && is_text) {
                let reader = self.reader.get_column_reader(leaf)?;
                let Some(mut writer) = out.next_column()? else { break };
                self.rewrite(reader, writer.untyped(), is_text)?;
                writer.close()?;
            } else {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size().max(0) as u64,
                    rows_written: self.rows,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                out.append_column(copy.file, close)?;
            }
        }
        Ok(())
    }

    fn rewrite(
        &self,
        reader: ColumnReader,
        writer: &mut ColumnWriter<'_>,
        is_text: bool,
    ) -> Result<(), Failure> {
        use ColumnReader as R;
        use ColumnWriter as W;
        match (reader, writer) {
            (R::ByteArrayColumnReader(from), W::ByteArrayColumnWriter(to)) => self.rows(
                from,
                to,
                |row, value| if is_text { self.cut(row, value) } else { Ok(()) },
            ),
            (R::BoolColumnReader(from), W::BoolColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            (R::Int32ColumnReader(from), W::Int32ColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            (R::Int64ColumnReader(from), W::Int64ColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            (R::Int96ColumnReader(from), W::Int96ColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            (R::FloatColumnReader(from), W::FloatColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            (R::DoubleColumnReader(from), W::DoubleColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            (R::FixedLenByteArrayColumnReader(from), W::FixedLenByteArrayColumnWriter(to)) => {
                self.rows(from, to, |_, _| Ok(()))
            }
            _ => Err(ParquetError::General("columns of two types".into()).into()),
        }
    }

    /// Copies the values of rows that stay.
    fn rows<T: DataType>(
        &self,
        mut from: ColumnReaderImpl<T>,
        to: &mut ColumnWriterImpl<'_, T>,
        mut change: impl FnMut(u64, &mut T::T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let column = to.get_descriptor().clone();
        let (most, repeats) = (column.max_def_level(), column.max_rep_level() > 0);
        let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
        let mut kept: (Vec<T::T>, Vec<i16>, Vec<i16>) = Default::default();
        let mut row = self.first;
        loop {
            values.clear();
            definitions.clear();
            repetitions.clear();
            let (records, _, levels) = from.read_records(
                ROWS,
                (most > 0).then_some(&mut definitions),
                repeats.then_some(&mut repetitions),
                &mut values,
            )?;
            if records == 0 {
                return Ok(());
            }
            kept.0.clear();
            kept.1.clear();
            kept.2.clear();
            let mut next = values.drain(..);
            let mut begun = 0;
            for level in 0..levels {
                if !repeats || repetitions.get(level) == Some(&0) {
                    begun += 1;
                }
                let number = row + begun - 1;
                let definition = definitions.get(level).copied().unwrap_or(0);
                let value = if definition == most { next.next() } else { None };
                if self.copy.edits.of(number) == Some(Edit::Remove) {
                    continue;
                }
                if most > 0 {
                    kept.1.push(definition);
                }
                if repeats {
                    kept.2.push(repetitions[level]);
                }
                if let Some(mut value) = value {
                    change(number, &mut value)?;
                    kept.0.push(value);
                }
            }
            drop(next);
            row += records as u64;
            to.write_batch(&kept.0, (most > 0).then_some(&*kept.1), repeats.then_some(&*kept.2))?;
        }
    }

    /// Cuts what is to be cut out of the text of a row.
    fn cut(&self, row: u64, value: &mut ByteArray) -> Result<(), Failure> {
        let Some(Edit::Cut(spans)) = self.copy.edits.of(row) else { return Ok(()) };
        let cut = || {
            let text = std::str::from_utf8(value.data()).ok()?;
            self.copy.job.edits.cut_text(text, spans)
        };
        *value = ByteArray::from(cut().ok_or(Failure::Row(row))?.into_bytes());
        Ok(())
    }

    /// Writes the columns of findings.
    fn annotate(&self, out: &mut SerializedRowGroupWriter<'_, Target>) -> Result<(), Failure> {
        let rows = self.first..self.first + self.rows;
        let json = |row| match self.copy.edits.of(row) {
            Some(Edit::Annotate(finding)) => self.copy.job.edits.finding(finding).map(Some),
            _ => Ok(None),
        };
        let json: Vec<Option<String>> =
            rows.clone().map(json).collect::<crate::error::Result<_>>().map_err(Failure::Work)?;
        let mut all: Vec<Findings<'_>> = Vec::with_capacity(json.len());
        for (json, row) in json.iter().zip(rows) {
            let findings = json.as_deref().map_or(Some(Findings::default()), Findings::parse);
            all.push(findings.ok_or(Failure::Row(row))?);
        }
        let bytes = |text: &str| ByteArray::from(text.as_bytes().to_vec());
        column::<Int64Type>(out, &all, |found| found.cluster)?;
        column::<ByteArrayType>(out, &all, |found| found.representative().map(bytes))?;
        column::<ByteArrayType>(out, &all, |found| found.rule.map(bytes))?;
        column::<DoubleType>(out, &all, |found| found.score)?;
        column::<ByteArrayType>(out, &all, |found| found.passages().map(bytes))
    }
}

/// Writes one column of findings.
fn column<T: DataType>(
    out: &mut SerializedRowGroupWriter<'_, Target>,
    all: &[Findings<'_>],
    of: impl Fn(&Findings<'_>) -> Option<T::T>,
) -> Result<(), Failure> {
    let values: Vec<Option<T::T>> = all.iter().map(of).collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    if let Some(mut writer) = out.next_column()? {
        writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
        writer.close()?;
    }
    Ok(())
}
