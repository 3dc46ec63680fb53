//! Documents from Python objects: strings, `(id, text)` pairs, records.

use doublet::{Document, Error, ErrorKind, FieldValue, Metadata};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::documents::{DEFAULT_ID, Documents, Maker};
use crate::error::{OrRaise, raise};
use crate::options::Fields;
use crate::values::{self, is_name};

/// How many items go by between two looks for an interrupt.
const LOOK: usize = 1024;

/// Documents from strings, `(id, text)` pairs and records, in any mixture.
#[pyfunction]
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
            if !is_name(Some(&id)) {
                return Err(raise(py, &no_document(id.kind(), number)));
            }
            let name = id.plain();
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
    let is_name = is_name(id.as_ref());
    let name = maker.name(id).or_raise(py)?;
    let Some(text) = look_up(record, &fields.text_field)? else {
        let names: Vec<String> = record.keys().iter().map(|key| key.to_string()).collect();
        return Err(raise(py, &no_text(&name, &fields.text_field, &names)));
    };
    let text = text_of(&text, &fields.text_field, &name)?;
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
