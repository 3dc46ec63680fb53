//! `.json` files that hold an array of records.
//!
//! The array is cut into its elements first, which gives every record its line and lets one bad
//! element be skipped; then the elements are parsed side by side. The file is held in memory.

use std::io::Read;

use memchr::{memchr, memchr_iter};
use rayon::prelude::*;
use serde::de::IgnoredAny;

use super::compression::Stream;
use super::jsonl::MARK;
use super::record::{self, Place};
use super::{Emit, Item, decode};
use crate::error::{Error, ErrorKind, Result};

/// How far to look for the end of a first line.
const FIRST_LINE: usize = 1 << 20;

/// What a `.json` file seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// An array of objects.
    Array,
    /// A record a line.
    Lines,
    /// Anything else: text.
    Other,
}

/// Looks at the beginning of a stream. Large corpora often call their JSON lines `.json`.
pub(super) fn sniff(stream: &mut Stream<'_>) -> Sniffed {
    let start = |head: &[u8]| -> Vec<u8> {
        let head = head.strip_prefix(&MARK).unwrap_or(head);
        head.trim_ascii_start().to_vec()
    };
    let head = start(stream.peek(4096));
    match head.first() {
        Some(b'[') if head[1..].trim_ascii_start().starts_with(b"{") => Sniffed::Array,
        Some(b'{') => {
            let head = start(stream.peek(FIRST_LINE));
            let end = memchr(b'\n', &head).unwrap_or(head.len());
            let object = serde_json::from_slice::<IgnoredAny>(&head[..end]).is_ok();
            // A first line without an end in sight is a record rather than a written-out object.
            if object || (end == head.len() && end + 64 >= FIRST_LINE) {
                Sniffed::Lines
            } else {
                Sniffed::Other
            }
        }
        _ => Sniffed::Other,
    }
}

/// Reads the records of an array.
pub(super) fn read(mut stream: Stream<'_>, place: &Place<'_>, emit: Emit<'_>) -> Result<()> {
    let mut bytes = Vec::new();
    let result = stream.read_to_end(&mut bytes);
    let valid = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    let broken = valid.len() < bytes.len();
    let (elements, mut end) = split(valid);
    let items: Vec<Vec<Item>> = elements
        .into_par_iter()
        .map(|(line, json)| {
            let mut items = Vec::new();
            record::read(json, line, place, &mut items);
            items
        })
        .collect();
    items.into_iter().try_for_each(&mut *emit)?;
    if let Err(error) = result {
        let line = memchr_iter(b'\n', &bytes).count() as u64 + 1;
        end = Some(stream.explain(&place.entry.path, error).line(line));
    } else if broken {
        end = Some(decode::malformed(&bytes, valid.len(), encoding_rs::UTF_8));
    }
    end.map_or(Ok(()), |error| emit(vec![Err(error.at(&place.entry.path))]))
}

/// The elements of an array with the lines they begin in, and what ended it too early.
fn split(text: &str) -> (Vec<(u64, &str)>, Option<Error>) {
    let mut elements = Vec::new();
    let mut cursor = Cursor { text, at: 0, line: 1 };
    cursor.skip("\u{feff}");
    cursor.space();
    cursor.skip("[");
    loop {
        cursor.space();
        if cursor.skip("]") {
            cursor.space();
            let rest = cursor.rest();
            let why = (!rest.is_empty()).then(|| "something after its end".to_owned());
            return (elements, why.map(|why| cursor.damage(&why)));
        }
        let line = cursor.line;
        match cursor.element() {
            Ok(json) => elements.push((line, json)),
            Err(why) => return (elements, Some(cursor.damage(&why))),
        }
        cursor.space();
        if !cursor.skip(",") && !cursor.rest().starts_with(']') {
            let why = if cursor.rest().is_empty() { "it ends too early" } else { "no comma" };
            return (elements, Some(cursor.damage(why)));
        }
    }
}

/// A place in a text, and its line.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let passed = &self.rest()[..bytes];
        self.line += memchr_iter(b'\n', passed.as_bytes()).count() as u64;
        self.at += bytes;
        passed
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_ascii_start().len());
    }

    fn skip(&mut self, token: &str) -> bool {
        let there = self.rest().starts_with(token);
        if there {
            self.advance(token.len());
        }
        there
    }

    /// Passes one value.
    fn element(&mut self) -> std::result::Result<&'a str, String> {
        let rest = self.rest();
        if !rest.starts_with(['{', '[', '"']) {
            // A number, a truth value or null, which only what follows can end.
            return match rest.find([',', ']']) {
                Some(end) if end > 0 => Ok(self.advance(end)),
                Some(_) => Err("no value".to_owned()),
                None => Err("it ends too early".to_owned()),
            };
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => Ok(self.advance(values.byte_offset())),
            Some(Err(error)) if error.is_eof() => Err("it ends too early".to_owned()),
            Some(Err(error)) => {
                self.line += error.line() as u64 - 1;
                Err(record::reason(&error))
            }
            None => Err("it ends too early".to_owned()),
        }
    }

    fn damage(&self, why: &str) -> Error {
        Error::new(ErrorKind::Format, format!("a damaged JSON array ({why})"))
            .expected("an array of records")
            .remedy("the records before the damage are kept")
            .line(self.line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn damage_keeps_what_was_before() {
        for (text, elements, line) in [
            ("[{\"a\":1},\n {\"a\":", 1, 2),
            ("[{\"a\":1}", 1, 1),
            ("[{} {}]", 1, 1),
            ("[{},\n\n{\"a\" 1}]", 1, 3),
            ("[{},{}] x", 2, 1),
            ("[{},,]", 1, 1),
            ("[", 0, 1),
        ] {
            let (found, error) = split(text);
            assert_eq!(found.len(), elements, "{text}");
            assert_eq!(error.and_then(|error| error.line_number()), Some(line), "{text}");
        }
        assert!(split("[]").1.is_none() && split(" [ {} , 12 , null ] ").1.is_none());
    }

    proptest! {
        #[test]
        fn elements_are_what_the_parser_finds(
            texts in prop::collection::vec(any::<String>(), 0..8),
            pretty in any::<bool>(),
        ) {
            let values: Vec<_> = texts.iter().map(|text| serde_json::json!({ "text": text })).collect();
            let json = if pretty {
                serde_json::to_string_pretty(&values)
            } else {
                serde_json::to_string(&values)
            }.expect("JSON");
            let (elements, error) = split(&json);
            prop_assert!(error.is_none());
            prop_assert_eq!(elements.len(), values.len());
            for ((line, element), value) in elements.into_iter().zip(&values) {
                let parsed: serde_json::Value = serde_json::from_str(element).expect("JSON");
                prop_assert_eq!(&parsed, value);
                let start = element.as_ptr() as usize - json.as_ptr() as usize;
                prop_assert_eq!(line as usize, json[..start].matches('\n').count() + 1);
            }
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{},:\"0-9a-z \n]{0,40}") {
            let _ = split(&text);
        }
    }
}
