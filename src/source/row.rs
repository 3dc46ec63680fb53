//! One record, of whatever format, to one document: its name, group, date and further fields.
//!
//! A field is looked up by its whole name first, then as a path with dots.

use std::borrow::Cow;

use super::config::{ReadConfig, Resolved};
use super::place::Place;
use super::sink::Part;
use crate::document::{Document, FieldValue, Metadata, Timestamp};
use crate::error::{Error, ErrorKind, Result};

/// Field that names a record when none is stated.
pub(crate) const DEFAULT_ID: &str = "id";

/// How many fields of a record an error names.
const NAMED_FIELDS: usize = 8;

/// Where a record stands, for its name and for errors.
#[derive(Clone, Copy)]
pub(crate) struct Position<'a> {
    pub(crate) place: &'a Place,
    pub(crate) line: u64,
    /// Its number among the records of the file; mostly the line.
    pub(crate) record: u64,
    pub(crate) encoding: Option<&'static str>,
}

impl Position<'_> {
    /// The error at this position.
    pub(crate) fn locate(self, error: Error) -> Error {
        error.at(&self.place.path).line(self.line)
    }
}

/// The fields of a record that matter.
pub(crate) struct Row {
    pub(crate) text: String,
    /// The field that names it, by what was asked for or by default.
    pub(crate) id: Option<FieldValue>,
    /// The date where no field for it was asked for.
    pub(crate) date: Option<String>,
    pub(crate) fields: Metadata,
}

impl Row {
    /// Makes a document of it. `missing` makes the error for a field that is not there, from the
    /// field and the option that names it.
    pub(crate) fn add_to(
        mut self,
        at: Position<'_>,
        resolved: &Resolved<'_>,
        part: &mut Part,
        missing: impl FnOnce(&str, &str) -> Error,
    ) {
        let config = resolved.config;
        let name = match self.name(at, config, missing) {
            Ok(name) => name,
            Err(error) => return part.problem(at.locate(error)),
        };
        let group = config
            .group_by
            .as_deref()
            .and_then(|field| self.group(field, at, part))
            .or_else(|| resolved.builtin_group.map(|builtin| at.place.group(builtin)));
        let date = match config.date_field.as_deref() {
            Some(field) => self.date(field, at, part),
            None => self.date,
        };
        let mut metadata = self.fields;
        metadata.retain(|name, _| config.keeps(name));
        let origin = Some(at.place.origin(Some(at.line), at.encoding));
        part.push(Document { name, text: self.text, group, date, metadata, origin }, at.record);
    }

    fn name(
        &mut self,
        at: Position<'_>,
        config: &ReadConfig,
        missing: impl FnOnce(&str, &str) -> Error,
    ) -> Result<String> {
        let by_place = || format!("{}:{}", at.place.path, at.line);
        let id = self.id.take();
        let Some(field) = &config.id_field else {
            return Ok(match id {
                Some(FieldValue::Text(id)) => id,
                Some(id @ (FieldValue::Integer(_) | FieldValue::Float(_))) => id.plain(),
                Some(other) => {
                    // Not a name, so a field like any other.
                    self.fields.insert(DEFAULT_ID.to_owned(), other);
                    by_place()
                }
                None => by_place(),
            });
        };
        match id.or_else(|| take(&mut self.fields, field)) {
            Some(FieldValue::Text(id)) => Ok(id),
            Some(id @ (FieldValue::Integer(_) | FieldValue::Float(_))) => Ok(id.plain()),
            Some(other) => {
                let found = format!("{} in the field {field:?}", other.kind());
                Err(Error::new(ErrorKind::Field, found)
                    .expected("a string or a number")
                    .remedy("name the field that holds the id with --id-field"))
            }
            None => Err(missing(field, "--id-field")),
        }
    }

    fn group(&self, field: &str, at: Position<'_>, part: &mut Part) -> Option<String> {
        let value = look_up(&self.fields, field)?;
        part.seen.group = true;
        match value {
            FieldValue::Null => None,
            FieldValue::List(_) | FieldValue::Map(_) => {
                part.problem(at.locate(left_out("group", value.kind(), field)));
                None
            }
            value => Some(value.plain()),
        }
    }

    fn date(&self, field: &str, at: Position<'_>, part: &mut Part) -> Option<String> {
        let value = look_up(&self.fields, field)?;
        part.seen.date = true;
        let found = match value {
            FieldValue::Null => return None,
            FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_) => {
                let date = value.plain();
                if Timestamp::parse(&date).is_some() {
                    return Some(date);
                }
                format!("the date {:?}", abridged(&date))
            }
            other => other.kind().to_owned(),
        };
        part.problem(at.locate(left_out("date", &found, field)));
        None
    }
}

/// The error for what is no text.
pub(crate) fn not_text(kind: &str, field: &str) -> Error {
    Error::new(ErrorKind::Field, format!("{kind} in the field {field:?}"))
        .expected("a string")
        .remedy("name the field that holds the text with --text-field")
}

fn left_out(what: &str, found: &str, field: &str) -> Error {
    let expected = if what == "date" {
        "a date such as 2023-11-15, 2023-11-15T08:00:00Z or 15 November 2023, or Unix seconds"
    } else {
        "a string or a number"
    };
    Error::new(ErrorKind::Field, format!("{found} in the field {field:?}"))
        .expected(expected)
        .remedy(format!("the document was read, its {what} left out"))
}

/// The start of a string that may be long.
fn abridged(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The names of fields, for an error.
pub(crate) fn fields_of<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len() > NAMED_FIELDS;
    let mut names: Vec<&str> = names.take(NAMED_FIELDS).collect();
    if more {
        names.push("…");
    }
    if names.is_empty() { "no field at all".into() } else { names.join(", ") }
}

/// The value of a field by its name, or by its path.
fn look_up<'m>(fields: &'m Metadata, name: &str) -> Option<&'m FieldValue> {
    if let Some(value) = fields.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    match fields.get(first)? {
        FieldValue::Map(inner) => look_up(inner, rest),
        _ => None,
    }
}

/// As [`look_up`], but removes the value.
pub(crate) fn take(fields: &mut Metadata, name: &str) -> Option<FieldValue> {
    if let Some(value) = fields.remove(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    match fields.get_mut(first)? {
        FieldValue::Map(inner) => take(inner, rest),
        _ => None,
    }
}
