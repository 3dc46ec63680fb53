//! Which columns of a Parquet file matter, and as what they are read.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::super::config::ReadConfig;
use super::super::csv::without_column;
use super::super::row::DEFAULT_ID;
use crate::error::{Error, ErrorKind, Result};

/// The options for the first look at a file.
pub(super) fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

/// The same file with its strings as views.
pub(super) fn with_views(inferred: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let schema = inferred.schema();
    let fields: Fields = schema.fields().iter().map(viewed).collect();
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    let options = options().with_schema(Arc::new(schema));
    // Where that is no choice, as it came.
    let views = ArrowReaderMetadata::try_new(inferred.metadata().clone(), options);
    views.unwrap_or(inferred)
}

fn viewed(field: &FieldRef) -> FieldRef {
    let kind = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(viewed).collect()),
        _ => return field.clone(),
    };
    Arc::new(Field::clone(field).with_data_type(kind))
}

/// The columns that matter.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) mask: ProjectionMask,
    /// The leaves of the mask.
    pub(super) leaves: Vec<usize>,
    /// Paths of names.
    pub(super) text: Vec<String>,
    pub(super) id: Option<Vec<String>>,
    /// Outermost columns that are metadata, or hold what groups or dates.
    pub(super) kept: Vec<String>,
}

impl Columns {
    /// Finds them by the names that the configuration has.
    pub(super) fn find(file: &ArrowReaderMetadata, config: &ReadConfig) -> Result<Self> {
        let schema = file.schema();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let Some((text, kind)) = find(schema.fields(), &config.text_field) else {
            return Err(without_column(&config.text_field, "--text-field", &names));
        };
        if !is_text(kind) {
            let found = format!("a column {:?} of type {kind}", config.text_field);
            return Err(Error::new(ErrorKind::Field, found)
                .expected("strings")
                .remedy("name the column that holds the text with --text-field"));
        }
        let id = match &config.id_field {
            None => find(schema.fields(), DEFAULT_ID).filter(|(_, kind)| !kind.is_nested()),
            Some(field) => match find(schema.fields(), field) {
                None => return Err(without_column(field, "--id-field", &names)),
                Some((_, kind)) if kind.is_nested() => {
                    let found = format!("a column {field:?} of type {kind}");
                    return Err(Error::new(ErrorKind::Field, found)
                        .expected("strings or numbers")
                        .remedy("name the column that holds the id with --id-field"));
                }
                found => found,
            },
        };
        let id = id.map(|(path, _)| path);
        let wanted: Vec<Vec<String>> = [&config.group_by, &config.date_field]
            .into_iter()
            .flatten()
            .filter_map(|field| find(schema.fields(), field).map(|(path, _)| path))
            .collect();
        let descriptor = file.parquet_schema();
        let (mut leaves, mut kept) = (Vec::new(), Vec::new());
        for (leaf, column) in descriptor.columns().iter().enumerate() {
            let path = column.path().parts();
            let is_named =
                path.starts_with(&text) || id.as_ref().is_some_and(|id| path.starts_with(id));
            let is_metadata = !is_named && config.keeps(&path.join(".")) && is_metadata(column);
            let is_kept = is_metadata || wanted.iter().any(|wanted| path.starts_with(wanted));
            if is_kept && kept.last() != Some(&path[0]) {
                kept.push(path[0].clone());
            }
            if is_kept || is_named {
                leaves.push(leaf);
            }
        }
        let mask = ProjectionMask::leaves(descriptor, leaves.iter().copied());
        Ok(Self { mask, leaves, text, id, kept })
    }
}

/// The column of a name, or at a path with dots: its path, and its type.
fn find<'s>(fields: &'s Fields, name: &str) -> Option<(Vec<String>, &'s DataType)> {
    if let Some((_, field)) = fields.find(name) {
        return Some((vec![name.to_owned()], field.data_type()));
    }
    let (first, rest) = name.split_once('.')?;
    let DataType::Struct(inner) = fields.find(first)?.1.data_type() else { return None };
    let (mut path, kind) = find(inner, rest)?;
    path.insert(0, first.to_owned());
    Some((path, kind))
}

/// Whether a column can hold text. Bytes that nothing is said about may be text.
fn is_text(kind: &DataType) -> bool {
    use DataType::{Binary, BinaryView, Utf8, Utf8View};
    matches!(kind, Utf8 | Utf8View | Binary | BinaryView)
}

/// The path of the column that reading takes for the field of this name.
pub(crate) fn text_path(schema: &SchemaDescriptor, field: &str) -> Option<Vec<String>> {
    let schema = parquet_to_arrow_schema(schema, None).ok()?;
    find(schema.fields(), field).map(|(path, _)| path)
}

/// Whether a column is of use as metadata: no raw bytes, and no vectors of numbers.
fn is_metadata(column: &ColumnDescriptor) -> bool {
    let raw = matches!(column.physical_type(), Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY)
        && column.converted_type() == ConvertedType::NONE
        && !matches!(column.logical_type_ref(), Some(LogicalType::Uuid | LogicalType::Float16));
    let vector =
        column.max_rep_level() > 0 && matches!(column.physical_type(), Type::FLOAT | Type::DOUBLE);
    !raw && !vector
}
