//! One JSON record to one document.
//!
//! The record is parsed in place: the text is borrowed as it is written and copied once, into the
//! document, and fields that nobody asked for are passed over without being built. A field is looked up by its whole name first, then as a path with dots.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::config::{ReadConfig, Resolved};
use super::place::Place;
use super::sink::Part;
use super::unescape::unescape;
use crate::document::{Document, FieldValue, Metadata, Timestamp};
use crate::error::{Error, ErrorKind, Result};

/// Field that names a record when none is stated.
const DEFAULT_ID: &str = "id";

/// How many fields of a record an error names.
const NAMED_FIELDS: usize = 8;

/// Where a record stands, for its name and for errors.
#[derive(Clone, Copy)]
pub(crate) struct Position<'a> {
    pub(crate) place: &'a Place,
    pub(crate) line: u64,
    pub(crate) encoding: Option<&'static str>,
}

impl Position<'_> {
    /// The error at this position.
    pub(crate) fn locate(self, error: Error) -> Error {
        error.at(&self.place.path).line(self.line)
    }
}

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
        .remedy("use --format text if the file is plain text")
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
        let config = resolved.config;
        let text_and_name =
            self.text(json, config).and_then(|text| Ok((text, self.name(json, at, config)?)));
        let (text, name) = match text_and_name {
            Ok(both) => both,
            Err(error) => return part.problem(at.locate(error)),
        };
        let group = config
            .group_by
            .as_deref()
            .and_then(|field| self.group(field, at, part))
            .or_else(|| resolved.builtin_group.map(|builtin| at.place.group(builtin)));
        let date = config.date_field.as_deref().and_then(|field| self.date(field, at, part));
        let metadata = if config.metadata { self.fields } else { Metadata::new() };
        let origin = Some(at.place.origin(Some(at.line), at.encoding));
        part.documents.push(Document { name, text, group, date, metadata, origin });
    }

    fn text(&mut self, json: &str, config: &ReadConfig) -> Result<String> {
        let field = &config.text_field;
        match self.text {
            Some(raw) => text_of(raw.get(), field),
            None => match take(&mut self.fields, field) {
                Some(FieldValue::Text(text)) => Ok(text),
                Some(other) => Err(not_text(kind_of(&other), field)),
                None => Err(missing(json, field, "--text-field")),
            },
        }
    }

    fn name(&mut self, json: &str, at: Position<'_>, config: &ReadConfig) -> Result<String> {
        let by_place = || format!("{}:{}", at.place.path, at.line);
        let id = self.id.take();
        let Some(field) = &config.id_field else {
            return Ok(match id {
                Some(FieldValue::Text(id)) => id,
                Some(id @ (FieldValue::Integer(_) | FieldValue::Float(_))) => plain(&id),
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
            Some(id @ (FieldValue::Integer(_) | FieldValue::Float(_))) => Ok(plain(&id)),
            Some(other) => {
                let found = format!("{} in the field {field:?}", kind_of(&other));
                Err(Error::new(ErrorKind::Field, found)
                    .expected("a string or a number")
                    .remedy("name the field that holds the id with --id-field"))
            }
            None => Err(missing(json, field, "--id-field")),
        }
    }

    fn group(&self, field: &str, at: Position<'_>, part: &mut Part) -> Option<String> {
        let value = look_up(&self.fields, field)?;
        part.seen.group = true;
        match value {
            FieldValue::Null => None,
            FieldValue::List(_) | FieldValue::Map(_) => {
                part.problem(at.locate(left_out("group", kind_of(value), field)));
                None
            }
            value => Some(plain(value)),
        }
    }

    fn date(&self, field: &str, at: Position<'_>, part: &mut Part) -> Option<String> {
        let value = look_up(&self.fields, field)?;
        part.seen.date = true;
        let found = match value {
            FieldValue::Null => return None,
            FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_) => {
                let date = plain(value);
                if Timestamp::parse(&date).is_some() {
                    return Some(date);
                }
                format!("the date {:?}", abridged(&date))
            }
            other => kind_of(other).to_owned(),
        };
        part.problem(at.locate(left_out("date", &found, field)));
        None
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

fn not_text(kind: &str, field: &str) -> Error {
    Error::new(ErrorKind::Field, format!("{kind} in the field {field:?}"))
        .expected("a string")
        .remedy("name the field that holds the text with --text-field")
}

/// A value as it is shown: a string without quotation marks, nothing for what is no scalar.
fn plain(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(value) => value.clone(),
        FieldValue::Integer(value) => value.to_string(),
        FieldValue::Float(value) => value.to_string(),
        FieldValue::Bool(value) => value.to_string(),
        FieldValue::Null | FieldValue::List(_) | FieldValue::Map(_) => String::new(),
    }
}

fn kind_of(value: &FieldValue) -> &'static str {
    match value {
        FieldValue::Null => "null",
        FieldValue::Bool(_) => "true or false",
        FieldValue::Integer(_) | FieldValue::Float(_) => "a number",
        FieldValue::Text(_) => "a string",
        FieldValue::List(_) => "a list",
        FieldValue::Map(_) => "an object",
    }
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

/// The error for a record without a field, with the fields that it does have.
fn missing(json: &str, field: &str, option: &str) -> Error {
    let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).unwrap_or_default();
    let mut names: Vec<&str> = fields.keys().map(AsRef::as_ref).take(NAMED_FIELDS).collect();
    if fields.len() > NAMED_FIELDS {
        names.push("…");
    }
    let has = if names.is_empty() { "no field at all".into() } else { names.join(", ") };
    Error::new(ErrorKind::Field, format!("a record without the field {field:?} (it has {has})"))
        .remedy(format!("name the right field with {option}"))
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
fn take(fields: &mut Metadata, name: &str) -> Option<FieldValue> {
    if let Some(value) = fields.remove(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    match fields.get_mut(first)? {
        FieldValue::Map(inner) => take(inner, rest),
        _ => None,
    }
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
        let leads_to = |wanted: &str| {
            wanted == name || wanted.split_once('.').is_some_and(|(first, _)| first == name)
        };
        let wanted = [&config.id_field, &config.group_by, &config.date_field];
        let keep = config.metadata
            || leads_to(&config.text_field)
            || wanted.into_iter().flatten().any(|wanted| leads_to(wanted));
        Ok(if keep { Key::Keep(name.to_owned()) } else { Key::Ignore })
    }
}
