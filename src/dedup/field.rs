//! Where a field's value stands in a line of JSON.
//!
//! A record whose text is cut keeps the rest of its line byte for byte, so the value is found in
//! the line and replaced there. A name is looked up whole first, then as a path with dots, and of
//! a name that stands twice the last one counts, as when records are read.
//!
//! Cost: one parse of the line; nothing is built but the names of its fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::value::RawValue;

/// The bytes of `line` that are the value of `field`.
pub(super) fn locate(line: &str, field: &str) -> Option<Range<usize>> {
    let value = look_up(line, field)?;
    // The value is borrowed from the line.
    let start = (value.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    line.get(start..start + value.len()).is_some().then(|| start..start + value.len())
}

fn look_up<'j>(json: &'j str, field: &str) -> Option<&'j str> {
    let fields: BTreeMap<Cow<'_, str>, &'j RawValue> = serde_json::from_str(json).ok()?;
    if let Some(value) = fields.get(field) {
        return Some(value.get());
    }
    let (first, rest) = field.split_once('.')?;
    look_up(fields.get(first)?.get(), rest)
}

/// `line` with `value` in the place of `range`.
pub(super) fn replace(line: &str, range: Range<usize>, value: &str) -> String {
    [&line[..range.start], value, &line[range.end..]].concat()
}

/// `line` with `value` in the field `field` of its object, which is replaced or comes last.
pub(super) fn set(line: &str, field: &str, value: &str) -> Option<String> {
    if let Some(range) = locate(line, field) {
        return Some(replace(line, range, value));
    }
    let end = line.rfind('}')?;
    let is_empty = line[..end].trim_end().ends_with('{');
    let comma = if is_empty { "" } else { "," };
    let name = serde_json::to_string(field).ok()?;
    Some(replace(line, end..end, &format!("{comma}{name}:{value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name_and_by_path() {
        for (line, field, value) in [
            (r#"{"text": "a", "n": 1}"#, "text", Some("\"a\"")),
            (r#"{"n":{"text":1},"text":"b"}"#, "text", Some("\"b\"")),
            (r#"{"text":"a","text":"b"}"#, "text", Some("\"b\"")),
            (r#" {"m": {"t": "c"}} "#, "m.t", Some("\"c\"")),
            (r#"{"m.t": "whole", "m": {"t": "path"}}"#, "m.t", Some("\"whole\"")),
            (r#"{"t\u0065xt": "é\n"}"#, "text", Some("\"é\\n\"")),
            (r#"{"m": 1}"#, "m.t", None),
            ("[1]", "text", None),
        ] {
            let found = locate(line, field).map(|range| &line[range]);
            assert_eq!(found, value, "{line}");
        }
    }

    #[test]
    fn a_field_is_added_last_or_replaced() {
        for (line, expected) in [
            ("{\"a\": 1}\r\n", "{\"a\": 1,\"new\":true}\r\n"),
            ("{ }", "{ \"new\":true}"),
            (r#"{"new": {"x": 1}, "b": 2}"#, r#"{"new": true, "b": 2}"#),
        ] {
            assert_eq!(set(line, "new", "true").as_deref(), Some(expected));
        }
    }
}
