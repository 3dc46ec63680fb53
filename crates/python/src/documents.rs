//! What Python has, as documents: items one by one, Arrow tables and columns, files.
//!
//! A document keeps a copy of its text, since a report outlives what it was made from; Arrow
//! columns are read in place up to that copy. A field is looked up by its whole name first, then
//! as a path with dots, as in records of files.
//!
//! What makes a document useless (no text, no string) is an error that names it. A date or a
//! group that cannot be used is left out and noted, or an error where reading is strict.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::DataType;
use doublet::report::model::Skipped;
use doublet::source::{Input, read_all};
use doublet::{
    DocId, Document, Error, ErrorKind, FieldValue, Metadata, ReadConfig, Result, Timestamp,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::arrow::Imported;
use crate::error::{OrRaise, raise};
use crate::options::{Fields, ReadOptions};
use crate::run;
use crate::texts::Texts;
use crate::values::{self, kind_of, plain};

/// Field that names a record when none is stated.
const DEFAULT_ID: &str = "id";
/// Columns that pandas adds for its own use.
const PANDAS_INDEX: &str = "__index_level_";
/// How many items go by between two looks for an interrupt.
const LOOK: usize = 1024;

/// Documents in memory.
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct Documents {
    /// The documents.
    pub(crate) documents: Arc<Vec<Document>>,
    /// What could not be read or used.
    pub(crate) skipped: Arc<Vec<Skipped>>,
}

#[pymethods]
impl Documents {
    fn __len__(&self) -> usize {
        self.documents.len()
    }

    /// Name and text of the document at an index.
    fn at(&self, index: usize) -> Option<(&str, &str)> {
        self.documents.get(index).map(|document| (&*document.name, &*document.text))
    }

    /// Those at these indices.
    #[allow(clippy::needless_pass_by_value, reason = "what Python hands over is owned")]
    fn select(&self, indices: Vec<usize>, texts: BTreeMap<usize, String>) -> Self {
        let selected = indices.iter().filter_map(|&index| {
            let mut document = self.documents.get(index)?.clone();
            if let Some(text) = texts.get(&index) {
                document.text.clone_from(text);
            }
            Some(document)
        });
        Self { documents: Arc::new(selected.collect()), skipped: self.skipped.clone() }
    }

    /// What could not be read: file, line, message.
    fn skipped(&self) -> Vec<(String, Option<u64>, String)> {
        let told =
            |skipped: &Skipped| (skipped.path.clone(), skipped.line, skipped.message.clone());
        self.skipped.iter().map(told).collect()
    }
}

/// Puts documents together and checks what they have in common.
struct Maker<'a> {
    fields: &'a Fields,
    documents: Vec<Document>,
    skipped: Vec<Skipped>,
    seen_group: bool,
    seen_date: bool,
}

impl<'a> Maker<'a> {
    fn new(fields: &'a Fields) -> Self {
        let (documents, skipped) = (Vec::new(), Vec::new());
        Self { fields, documents, skipped, seen_group: false, seen_date: false }
    }

    fn number(&self) -> usize {
        self.documents.len()
    }

    fn push(&mut self, document: Document) {
        self.documents.push(document);
    }

    /// The name that a field's value gives, if it can be one.
    fn name(&self, value: Option<FieldValue>) -> Result<String> {
        match (value, &self.fields.id_field) {
            (Some(FieldValue::Text(id)), _) => Ok(id),
            (Some(id @ (FieldValue::Integer(_) | FieldValue::Float(_))), _) => Ok(plain(&id)),
            (Some(other), Some(field)) => {
                let found = format!(
                    "{} in the field {field:?} of document {}",
                    kind_of(&other),
                    self.number()
                );
                Err(Error::new(ErrorKind::Field, found).expected("a string or a number"))
            }
            (None, Some(field)) => {
                let found = format!("document {} without the field {field:?}", self.number());
                Err(Error::new(ErrorKind::Field, found)
                    .expected("a string or a number in every document")
                    .remedy("name the field that holds the id with id_field="))
            }
            (_, None) => Ok(self.number().to_string()),
        }
    }

    fn group(&mut self, value: Option<&FieldValue>, name: &str) -> Result<Option<String>> {
        let (Some(value), Some(field)) = (value, self.fields.group_by.as_deref()) else {
            return Ok(None);
        };
        self.seen_group = true;
        match value {
            FieldValue::Null => Ok(None),
            FieldValue::List(_) | FieldValue::Map(_) => {
                let found = format!("{} in the field {field:?}", kind_of(value));
                self.leave_out("group", found, "a string or a number", name).map(|()| None)
            }
            value => Ok(Some(plain(value))),
        }
    }

    fn date(&mut self, value: Option<&FieldValue>, name: &str) -> Result<Option<String>> {
        let (Some(value), Some(field)) = (value, self.fields.date_field.as_deref()) else {
            return Ok(None);
        };
        self.seen_date = true;
        let found = match value {
            FieldValue::Null => return Ok(None),
            FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_) => {
                let date = plain(value);
                if Timestamp::parse(&date).is_some() {
                    return Ok(Some(date));
                }
                format!("the date {:?} in the field {field:?}", shortened(&date))
            }
            other => format!("{} in the field {field:?}", kind_of(other)),
        };
        let expected = "a date such as 2023-11-15, 2023-11-15T08:00:00Z or 15 November 2023, or \
                        Unix seconds";
        self.leave_out("date", found, expected, name).map(|()| None)
    }

    fn leave_out(&mut self, what: &str, found: String, expected: &str, name: &str) -> Result<()> {
        let remedy = format!("the document was read, its {what} left out");
        let error = Error::new(ErrorKind::Field, found).expected(expected).at(name);
        if self.fields.strict {
            return Err(error);
        }
        let message = error.remedy(remedy).message();
        self.skipped.push(Skipped { path: name.to_owned(), line: None, message });
        Ok(())
    }

    /// A field that no document has is a mistake in its name.
    fn finish(self) -> Result<Documents> {
        let missing = |field: &str| {
            Error::new(ErrorKind::Config, format!("no document with the field {field:?}"))
        };
        if let Some(last) = self.documents.len().checked_sub(1) {
            DocId::from_index(last)?;
            match (&self.fields.group_by, &self.fields.date_field) {
                (Some(field), _) if !self.seen_group => {
                    return Err(missing(field)
                        .expected("a field to group by")
                        .remedy("name it with group_by="));
                }
                (_, Some(field)) if !self.seen_date => {
                    return Err(missing(field)
                        .expected("a field that holds the date")
                        .remedy("name it with date_field="));
                }
                _ => {}
            }
        }
        Ok(Documents { documents: Arc::new(self.documents), skipped: Arc::new(self.skipped) })
    }
}

/// Documents from strings, `(id, text)` pairs and records, in any mixture.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "what Python hands over is owned")]
pub(crate) fn from_items(items: &Bound<'_, PyAny>, fields: Fields) -> PyResult<Documents> {
    let py = items.py();
    let mut maker = Maker::new(&fields);
    for (number, item) in items.try_iter()?.enumerate() {
        if number % LOOK == 0 {
            py.check_signals()?;
        }
        let item = item?;
        let document = if let Ok(text) = item.cast::<PyString>() {
            let name = number.to_string();
            Document::new(name.clone(), string(text, &name)?)
        } else if let Some((id, text)) = pair(&item) {
            let id = values::object(&id)?;
            let name = match id {
                FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_) => plain(&id),
                other => return Err(raise(py, &no_document(kind_of(&other), number))),
            };
            let text = text_of(&text, "text", &name)?;
            Document::new(name, text)
        } else if let Some(record) = as_record(&item)? {
            from_record(&record, &mut maker)?
        } else {
            let kind = item.get_type().qualname()?.to_string();
            return Err(raise(py, &no_document(&kind, number)));
        };
        maker.push(document);
    }
    maker.finish().or_raise(py)
}

fn no_document(found: &str, number: usize) -> Error {
    Error::new(ErrorKind::Field, format!("{found} as document {number}"))
        .expected("a string, a pair (id, text), or a mapping with a text")
}

fn pair<'py>(item: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let pair = item.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2)?;
    Some((pair.get_item(0).ok()?, pair.get_item(1).ok()?))
}

/// A mapping as a dictionary.
fn as_record<'py>(item: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    if let Ok(record) = item.cast::<PyDict>() {
        return Ok(Some(record.clone()));
    }
    if item.hasattr("keys")? && item.hasattr("__getitem__")? {
        let record = item.py().get_type::<PyDict>().call1((item,))?;
        return Ok(record.cast_into::<PyDict>().ok());
    }
    Ok(None)
}

/// The value of a field, by its whole name first, then as a path.
fn look_up<'py>(record: &Bound<'py, PyDict>, field: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(value) = record.get_item(field)? {
        return Ok(Some(value));
    }
    let Some((first, rest)) = field.split_once('.') else { return Ok(None) };
    match record.get_item(first)? {
        Some(inner) => match as_record(&inner)? {
            Some(inner) => look_up(&inner, rest),
            None => Ok(None),
        },
        None => Ok(None),
    }
}

fn from_record(record: &Bound<'_, PyDict>, maker: &mut Maker<'_>) -> PyResult<Document> {
    let py = record.py();
    let fields = maker.fields;
    let value_of = |field: &str| -> PyResult<Option<FieldValue>> {
        look_up(record, field)?.map(|value| values::object(&value)).transpose()
    };
    let id_field = fields.id_field.as_deref().unwrap_or(DEFAULT_ID);
    let id = value_of(id_field)?;
    let is_name =
        matches!(id, Some(FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_)));
    let name = maker.name(id).or_raise(py)?;
    let text = match look_up(record, &fields.text_field)? {
        Some(text) => text_of(&text, &fields.text_field, &name)?,
        None => {
            let names: Vec<String> = record.keys().iter().map(|key| key.to_string()).collect();
            return Err(raise(py, &no_text(&name, &fields.text_field, &names)));
        }
    };
    let group = fields.group_by.as_deref().map(&value_of).transpose()?.flatten();
    let group = maker.group(group.as_ref(), &name).or_raise(py)?;
    let date = fields.date_field.as_deref().map(&value_of).transpose()?.flatten();
    let date = maker.date(date.as_ref(), &name).or_raise(py)?;
    let mut metadata = Metadata::new();
    for (field, value) in record {
        let field = field.str()?.to_string_lossy().into_owned();
        let taken = field == fields.text_field || is_name && field == id_field;
        if !taken && fields.metadata.keeps(&field) {
            metadata.insert(field, values::object(&value)?);
        }
    }
    Ok(Document { name, text, group, date, metadata, origin: None })
}

fn no_text(name: &str, field: &str, names: &[String]) -> Error {
    Error::new(
        ErrorKind::Field,
        format!("the document {name:?} without the field {field:?} (it has {})", names.join(", ")),
    )
    .expected("a string in every document")
    .remedy("name the field that holds the text with text_field=")
}

fn text_of(value: &Bound<'_, PyAny>, field: &str, name: &str) -> PyResult<String> {
    let Ok(text) = value.cast::<PyString>() else {
        let kind = value.get_type().qualname()?;
        let found = format!("{kind} in the field {field:?} of the document {name:?}");
        let error = Error::new(ErrorKind::Field, found).expected("a string");
        return Err(raise(value.py(), &error));
    };
    string(text, name)
}

/// A copy of a string; the bytes are not kept with the Python string, as its own would be.
fn string(text: &Bound<'_, PyString>, name: &str) -> PyResult<String> {
    let encoded = text.encode_utf8().map_err(|error| {
        let at = error.value(text.py()).getattr("start").map(|start| start.to_string());
        let at = at.unwrap_or_else(|_| "?".to_owned());
        let found = format!(
            "a lone surrogate at index {at} of the text of the document {name:?}, which UTF-8 \
             cannot hold"
        );
        let error = Error::new(ErrorKind::Encoding, found).expected("text").remedy(
            "decode the bytes it came from with the right encoding, or replace what cannot be \
             written: text.encode(\"utf-8\", \"replace\").decode()",
        );
        raise(text.py(), &error)
    })?;
    // Python's encoder writes nothing else.
    Ok(String::from_utf8_lossy(encoded.as_bytes()).into_owned())
}

/// Documents from whatever speaks the Arrow C interface: a table, or a column of text. Nothing
/// for anything else.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "what Python hands over is owned")]
pub(crate) fn from_arrow(data: &Bound<'_, PyAny>, fields: Fields) -> PyResult<Option<Documents>> {
    let Some(imported) = Imported::from_python(data)? else { return Ok(None) };
    let py = data.py();
    let documents = py.detach(|| {
        let mut maker = Maker::new(&fields);
        maker.documents.reserve(imported.len());
        for chunk in &imported.chunks {
            match chunk.as_struct_opt() {
                Some(table) => add_table(table, &mut maker)?,
                None => add_column(chunk, &mut maker)?,
            }
        }
        if imported.chunks.is_empty() {
            check_type(imported.field.data_type(), &fields)?;
            // Nothing in it could have a group or a date.
            return Ok(Documents { documents: Arc::default(), skipped: Arc::default() });
        }
        maker.finish()
    });
    documents.or_raise(py).map(Some)
}

fn check_type(kind: &DataType, fields: &Fields) -> Result<()> {
    match kind {
        DataType::Struct(columns) if columns.find(&fields.text_field).is_none() => {
            let names: Vec<String> = columns.iter().map(|column| column.name().clone()).collect();
            Err(no_column(&fields.text_field, &names))
        }
        _ => Ok(()),
    }
}

fn no_column(field: &str, names: &[String]) -> Error {
    Error::new(
        ErrorKind::Field,
        format!("a table without the column {field:?} (it has {})", names.join(", ")),
    )
    .expected("a column of strings")
    .remedy("name the column that holds the text with text_field=")
}

fn texts(column: &ArrayRef, field: &str) -> Result<Texts> {
    Texts::new(column).ok_or_else(|| {
        Error::new(
            ErrorKind::Field,
            format!("a column {field:?} of the type {}", column.data_type()),
        )
        .expected("strings")
        .remedy("name the column that holds the text with text_field=")
    })
}

fn add_column(column: &ArrayRef, maker: &mut Maker<'_>) -> Result<()> {
    let texts = texts(column, "")?;
    for row in 0..texts.len() {
        let name = maker.number().to_string();
        let text = text(&texts, row, &maker.fields.text_field, &name)?;
        maker.push(Document::new(name, text));
    }
    Ok(())
}

fn add_table(table: &StructArray, maker: &mut Maker<'_>) -> Result<()> {
    let fields = maker.fields;
    let column = |name: &str| values::column(table, name);
    let text_column = column(&fields.text_field).ok_or_else(|| {
        let names: Vec<String> = table.column_names().into_iter().map(str::to_owned).collect();
        no_column(&fields.text_field, &names)
    })?;
    let texts = texts(text_column, &fields.text_field)?;
    let id_field = fields.id_field.as_deref().unwrap_or(DEFAULT_ID);
    let ids = column(id_field);
    let groups = fields.group_by.as_deref().and_then(column);
    let dates = fields.date_field.as_deref().and_then(column);
    let others: Vec<(&str, &ArrayRef)> = table
        .column_names()
        .into_iter()
        .zip(table.columns())
        .filter(|(name, _)| {
            *name != fields.text_field
                && !name.starts_with(PANDAS_INDEX)
                && fields.metadata.keeps(name)
        })
        .collect();
    for row in 0..table.len() {
        let id = ids.map(|ids| values::cell(ids, row));
        let is_name =
            matches!(id, Some(FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_)));
        let name = maker.name(id)?;
        let text = text(&texts, row, &fields.text_field, &name)?;
        let group = groups.map(|groups| values::cell(groups, row));
        let group = maker.group(group.as_ref(), &name)?;
        let date = dates.map(|dates| values::cell(dates, row));
        let date = maker.date(date.as_ref(), &name)?;
        let metadata: Metadata = others
            .iter()
            .filter(|(field, _)| !(is_name && *field == id_field))
            .map(|(field, column)| ((*field).to_owned(), values::cell(column, row)))
            .collect();
        maker.push(Document { name, text, group, date, metadata, origin: None });
    }
    Ok(())
}

fn text(texts: &Texts, row: usize, field: &str, name: &str) -> Result<String> {
    let Some(bytes) = texts.bytes(row) else {
        return Err(Error::new(
            ErrorKind::Field,
            format!("null in the field {field:?} of the document {name:?}"),
        )
        .expected("a string")
        .remedy("leave such rows out, or fill them with an empty string"));
    };
    // A promise of whoever made the column, which some break.
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let found = format!(
            "bytes that are not UTF-8 at byte {} of the text of the document {name:?}",
            error.valid_up_to()
        );
        Error::new(ErrorKind::Encoding, found).expected("text")
    })
}

/// Documents from files and folders.
#[pyfunction]
pub(crate) fn read(
    py: Python<'_>,
    paths: Vec<String>,
    options: ReadOptions,
    progress: Option<Py<PyAny>>,
) -> PyResult<Documents> {
    let config = ReadConfig::from(options);
    let collection = run::run(py, progress, move |run| {
        for path in paths.iter().filter(|path| *path != "-") {
            std::fs::metadata(path).map_err(|error| Error::io("open", path, error))?;
        }
        run.pool(0)?.install(|| read_all(paths.iter().map(Input::path), &config, &**run))
    })?;
    Ok(Documents {
        documents: Arc::new(collection.documents),
        skipped: Arc::new(collection.skipped),
    })
}

/// The beginning of a value that may be long.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
