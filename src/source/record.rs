//! One JSON record to one document.
//!
//! The record is parsed in place: the text is borrowed as it is written and copied once, into the
//! document, and fields that nobody asked for are passed over without being built.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::config::{ReadConfig, Resolved};
use super::row::{DEFAULT_ID, Position, Row, fields_of, not_text, take};
use super::sink::Part;
use super::unescape::unescape;
use crate::document::{FieldValue, Metadata};
use crate::error::{Error, ErrorKind, Result};

/// Adds the record `json` to `part`, or what is wrong with it.
pub(crate) fn add(json: &str, at: Position<'_>, resolved: &Resolved<'_>, part: &mut Part) {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let record = RecordSeed(resolved)
        .deserialize(&mut deserializer)
        .and_then(|record| deserializer.end().map(|()| record));
    match record {
        Ok(record) => record.add_to(json, at, resolved, part),
        Err(error) => part.problem(at.locate(syntax(&error))),
    }
}

/// The error for JSON that is no record.
pub(crate) fn syntax(error: &serde_json::Error) -> Error {
    let described = error.to_string();
    let cause = described.rsplit_once(" at line ").map_or(&*described, |(cause, _)| cause);
    if error.is_data() {
        return Error::new(ErrorKind::Format, format!("JSON that is no record ({cause})"))
            .expected("one object a line");
    }
    let column = error.column();
    Error::new(ErrorKind::Format, format!("a line that is no JSON ({cause} at column {column})"))
        .expected("one object a line")
        .remedy("use --format-in text if the file is plain text")
}

/// The fields of a record that matter.
pub(crate) struct Record<'a> {
    /// What stands in the text field, as it is written.
    text: Option<&'a RawValue>,
    id: Option<FieldValue>,
    fields: Metadata,
}

impl Record<'_> {
    /// Makes a document of it. `json` is only looked at again to describe what is missing.
    pub(crate) fn add_to(
        mut self,
        json: &str,
        at: Position<'_>,
        resolved: &Resolved<'_>,
        part: &mut Part,
    ) {
        match self.text(json, resolved.config) {
            Ok(text) => {
                let row = Row { text, id: self.id, date: None, fields: self.fields };
                row.add_to(at, resolved, part, |field, option| missing(json, field, option));
            }
            Err(error) => part.problem(at.locate(error)),
        }
    }

    fn text(&mut self, json: &str, config: &ReadConfig) -> Result<String> {
        let field = &config.text_field;
        match self.text {
            Some(raw) => text_of(raw.get(), field),
            None => match take(&mut self.fields, field) {
                Some(FieldValue::Text(text)) => Ok(text),
                Some(other) => Err(not_text(other.kind(), field)),
                None => Err(missing(json, field, "--text-field")),
            },
        }
    }
}

/// The text of a JSON value that should be a string.
fn text_of(raw: &str, field: &str) -> Result<String> {
    let kind = match raw.as_bytes().first() {
        Some(b'"') => {
            return unescape(raw).ok_or_else(|| {
                let found = format!("half of a surrogate pair in the field {field:?}");
                Error::new(ErrorKind::Encoding, found)
                    .expected("text")
                    .remedy("write the file with valid Unicode")
            });
        }
        Some(b'n') => "null",
        Some(b't' | b'f') => "true or false",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        _ => "a number",
    };
    Err(not_text(kind, field))
}

/// The error for a record without a field, with the fields that it does have.
fn missing(json: &str, field: &str, option: &str) -> Error {
    let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).unwrap_or_default();
    let has = fields_of(fields.keys().map(AsRef::as_ref));
    Error::new(ErrorKind::Field, format!("a record without the field {field:?} (it has {has})"))
        .remedy(format!("name the right field with {option}"))
}

/// Parses one object as a record.
#[derive(Clone, Copy)]
pub(crate) struct RecordSeed<'a>(pub(crate) &'a Resolved<'a>);

impl<'de> DeserializeSeed<'de> for RecordSeed<'_> {
    type Value = Record<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Asking for whatever comes lets a wrong type be named.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_> {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = Record { text: None, id: None, fields: Metadata::new() };
        while let Some(key) = map.next_key_seed(KeySeed(self.0))? {
            match key {
                Key::Text => record.text = Some(map.next_value()?),
                Key::Id => record.id = Some(map.next_value()?),
                Key::Keep(name) => {
                    record.fields.insert(name, map.next_value()?);
                }
                Key::Ignore => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(record)
    }
}

/// What to do with a field.
enum Key {
    Text,
    Id,
    Keep(String),
    Ignore,
}

struct KeySeed<'a>(&'a Resolved<'a>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let config = self.0.config;
        if name == config.text_field {
            return Ok(Key::Text);
        }
        if name == config.id_field.as_deref().unwrap_or(DEFAULT_ID) {
            return Ok(Key::Id);
        }
        // A field that a path leads through is built whole and looked into afterwards.
        Ok(if config.reads(name) { Key::Keep(name.to_owned()) } else { Key::Ignore })
    }
}
