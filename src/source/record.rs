//! One JSON object, one document: text, id, group, date; everything else is metadata.
//!
//! The text goes from the parser into its final string, of exactly its size, in one step.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::value::{self, TextValue, Value, ValueSeed};
use super::walk::Entry;
use super::{Item, ReadConfig};
use crate::document::{Document, FieldValue, Metadata, Origin, Timestamp};
use crate::error::{Error, ErrorKind, Result};

/// The field that names a record when nothing else was asked for.
const DEFAULT_ID: &str = "id";

/// Where records and texts are being read from.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) entry: &'a Entry,
    pub(super) config: &'a ReadConfig,
    /// What the bytes were decoded from, when it was not UTF-8.
    pub(super) encoding: Option<String>,
}

impl Place<'_> {
    /// The origin of a document here.
    pub(super) fn origin(&self, line: Option<u64>, encoding: Option<String>) -> Origin {
        Origin {
            source: self.entry.source.clone(),
            path: self.entry.path.to_string_lossy().into_owned(),
            line,
            encoding,
        }
    }

    /// The group that the place itself gives, if one of the built-in names was asked for.
    pub(super) fn builtin_group(&self) -> Option<String> {
        match self.config.group_by.as_deref()? {
            "folder" => Some(self.entry.folder.clone()),
            "source" => Some(self.entry.source.clone()),
            "path" => Some(self.entry.path.to_string_lossy().into_owned()),
            _ => None,
        }
    }

    fn wrong(&self, line: u64, kind: ErrorKind, found: String) -> Error {
        Error::new(kind, found).at(&self.entry.path).line(line)
    }

    fn no_record(&self, line: u64, why: &str) -> Error {
        self.wrong(line, ErrorKind::Format, format!("no JSON object ({why})"))
            .expected("one record a line")
            .remedy("correct or remove the line")
    }

    fn text_problem(&self, line: u64, what: Option<&FieldValue>) -> Error {
        let field = &self.config.text_field;
        let found = match what {
            None => format!("a record without the field \"{field}\""),
            Some(value) => format!("{} in the field \"{field}\"", value::kind(value)),
        };
        self.wrong(line, ErrorKind::Field, found)
            .expected("a string with the text")
            .remedy("name the field that holds the text with --text-field")
    }
}

/// More than the offsets of spans can name.
pub(super) fn too_large(what: &str) -> Error {
    Error::new(ErrorKind::Limit, format!("{what} of more than 4,294,967,295 bytes"))
        .expected("less")
        .remedy("split it")
}

/// Reads the record in `json`, which begins at a line of the file, and adds what comes of it.
pub(super) fn read(json: &str, line: u64, place: &Place<'_>, items: &mut Vec<Item>) {
    let mut problems = Vec::new();
    items.push(document(json, line, place, &mut problems));
    items.extend(problems.into_iter().map(Err));
}

fn document(
    json: &str,
    line: u64,
    place: &Place<'_>,
    problems: &mut Vec<Error>,
) -> Result<Document> {
    let config = place.config;
    let Fields { text, id, mut metadata } =
        parse(json, config).map_err(|why| place.no_record(line, &why))?;
    let text = match text {
        Some(TextValue::Text(text)) => text.into_owned(),
        Some(TextValue::Other(value)) => return Err(place.text_problem(line, Some(&value))),
        None => match take(&mut metadata, &config.text_field) {
            Some(FieldValue::Text(text)) => text,
            value => return Err(place.text_problem(line, value.as_ref())),
        },
    };
    if u32::try_from(text.len()).is_err() {
        return Err(too_large("a text").at(&place.entry.path).line(line));
    }
    let name = name(id, line, place, &mut metadata)?;
    let mut field = |field: &Option<String>, use_: &str| {
        let field = field.as_deref()?;
        let value = lookup(&metadata, field)?;
        let scalar = value::scalar(value);
        if scalar.is_none() && *value != FieldValue::Null {
            let found = format!("{} in the field \"{field}\"", value::kind(value));
            problems.push(
                place
                    .wrong(line, ErrorKind::Field, found)
                    .expected("a string or a number")
                    .remedy(format!("the document is kept without a {use_}")),
            );
        }
        scalar
    };
    let group = field(&config.group_by, "group").or_else(|| place.builtin_group());
    let mut date = field(&config.date_field, "date");
    if let Some(written) = date.take_if(|date| Timestamp::parse(date).is_none()) {
        let shown: String = written.chars().take(40).collect();
        problems.push(
            place
                .wrong(line, ErrorKind::Field, format!("the date \"{shown}\""))
                .expected("one such as 2023-11-15, 2023-11-15T08:30:00Z or Unix seconds")
                .remedy("the date was left out and the document kept"),
        );
    }
    let origin = Some(place.origin(Some(line), place.encoding.clone()));
    Ok(Document { name, text, group, date, metadata, origin })
}

/// The name of a record: its id, else file and line.
fn name(
    id: Option<FieldValue>,
    line: u64,
    place: &Place<'_>,
    metadata: &mut Metadata,
) -> Result<String> {
    let file_and_line = || format!("{}:{line}", place.entry.name);
    let Some(field) = place.config.id_field.as_deref() else {
        // Nobody asked for this field: whatever is no id stays metadata.
        return Ok(match id {
            None => file_and_line(),
            Some(value) => value::scalar(&value).unwrap_or_else(|| {
                metadata.insert(DEFAULT_ID.to_owned(), value);
                file_and_line()
            }),
        });
    };
    let id = id.or_else(|| take(metadata, field));
    id.as_ref().and_then(value::scalar).ok_or_else(|| {
        let found = match &id {
            None => format!("a record without the field \"{field}\""),
            Some(value) => format!("{} in the field \"{field}\"", value::kind(value)),
        };
        place
            .wrong(line, ErrorKind::Field, found)
            .expected("a string or a number that names the record")
            .remedy("name the field that holds the id with --id-field")
    })
}

/// The value at a dotted path; a field of exactly that name goes first.
pub(super) fn lookup<'a>(metadata: &'a Metadata, path: &str) -> Option<&'a FieldValue> {
    if let Some(value) = metadata.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| match metadata.get(&path[..dot]) {
        Some(FieldValue::Map(inner)) => lookup(inner, &path[dot + 1..]),
        _ => None,
    })
}

/// Takes the value at a dotted path out of the metadata.
fn take(metadata: &mut Metadata, path: &str) -> Option<FieldValue> {
    if let Some(value) = metadata.remove(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| match metadata.get_mut(&path[..dot]) {
        Some(FieldValue::Map(inner)) => take(inner, &path[dot + 1..]),
        _ => None,
    })
}

/// The fields of a record, before anything is required of them.
struct Fields<'de> {
    text: Option<TextValue<'de>>,
    id: Option<FieldValue>,
    metadata: Metadata,
}

/// Parses one object; says why it is none.
fn parse<'de>(json: &'de str, config: &ReadConfig) -> std::result::Result<Fields<'de>, String> {
    if !json.trim_start().starts_with('{') {
        let shown: String = json.trim().chars().take(24).collect();
        return Err(format!("it begins with {shown:?}"));
    }
    let seed = FieldsSeed {
        text: &config.text_field,
        id: config.id_field.as_deref().unwrap_or(DEFAULT_ID),
    };
    let mut parser = serde_json::Deserializer::from_str(json);
    seed.deserialize(&mut parser)
        .and_then(|fields| parser.end().map(|()| fields))
        .map_err(|error| reason(&error))
}

/// A parser's complaint, without the line (it saw only one).
pub(super) fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    format!("{what}, column {}", error.column())
}

struct FieldsSeed<'a> {
    text: &'a str,
    id: &'a str,
}

/// Which field a name means.
enum Slot {
    Text,
    Id,
    Other(String),
}

impl<'de> DeserializeSeed<'de> for FieldsSeed<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldsSeed<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Fields<'de>, A::Error> {
        let mut record = Fields { text: None, id: None, metadata: Metadata::new() };
        while let Some(slot) = fields.next_key_seed(SlotSeed { text: self.text, id: self.id })? {
            match slot {
                Slot::Text => record.text = Some(fields.next_value()?),
                Slot::Id => record.id = Some(fields.next_value_seed(ValueSeed { exact: true })?),
                Slot::Other(name) => {
                    let Value(value) = fields.next_value()?;
                    record.metadata.insert(name, value);
                }
            }
        }
        Ok(record)
    }
}

/// Compares a name where it lies; only names that are kept are copied.
struct SlotSeed<'a> {
    text: &'a str,
    id: &'a str,
}

impl<'de> DeserializeSeed<'de> for SlotSeed<'_> {
    type Value = Slot;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Slot, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for SlotSeed<'_> {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Slot, E> {
        Ok(if name == self.text {
            Slot::Text
        } else if name == self.id {
            Slot::Id
        } else {
            Slot::Other(name.to_owned())
        })
    }
}

/// The text of bytes that should be UTF-8, or the problem, for a line of a file.
pub(super) fn utf8<'a>(bytes: &'a [u8], line: u64, place: &Place<'_>) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let found = format!("0x{:02X} at byte {at} of the line, which is not UTF-8", bytes[at]);
        place
            .wrong(line, ErrorKind::Encoding, found)
            .expected("JSON in UTF-8")
            .remedy("convert the file, as with iconv")
    })
}
