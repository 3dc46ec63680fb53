//! Bytes into text: byte order marks, encodings, and what is no text at all.
//!
//! UTF-8 is taken as it stands, a mark at its start included, so that offsets are those of the
//! file. Everything else is decoded, and offsets are those of the decoded text. Nothing is
//! replaced in silence: bytes that mean nothing are an error that says where they are.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr_iter};

use crate::error::{Error, ErrorKind, Result};

/// How much of a file is searched for NUL bytes.
const BINARY_WINDOW: usize = 8 << 10;

/// A text and the encoding it was decoded from, `None` for UTF-8.
pub(super) type Decoded = (String, Option<String>);

/// The encoding that a label of the WHATWG standard names.
pub(super) fn by_label(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        Error::new(ErrorKind::Config, format!("the encoding \"{label}\"")).expected(
            "a name such as utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis or big5",
        )
    })
}

/// The encoding that a UTF-16 mark at the start announces.
pub(super) fn utf16_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The text of a file: by its mark, else in the encoding that was named, else UTF-8.
pub(super) fn text(bytes: Vec<u8>, named: Option<&'static Encoding>) -> Result<Decoded> {
    if let Some(encoding) = utf16_mark(&bytes) {
        return decode(&bytes, 2, encoding);
    }
    let marked = bytes.starts_with(&[0xef, 0xbb, 0xbf]);
    let encoding = if marked { UTF_8 } else { named.unwrap_or(UTF_8) };
    if encoding != UTF_16LE && encoding != UTF_16BE {
        refuse_binary(&bytes)?;
    }
    if encoding == UTF_8 {
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            malformed(error.as_bytes(), at, UTF_8)
        })?;
        text.shrink_to_fit();
        return Ok((text, None));
    }
    decode(&bytes, 0, encoding)
}

fn refuse_binary(bytes: &[u8]) -> Result<()> {
    let Some(at) = memchr(0, &bytes[..bytes.len().min(BINARY_WINDOW)]) else { return Ok(()) };
    Err(Error::new(ErrorKind::Encoding, format!("binary data (a NUL at byte {at})"))
        .expected("text")
        .remedy("leave such files out with --exclude, or name their encoding with --encoding"))
}

/// Decodes everything from byte `start`, or says where it cannot.
fn decode(bytes: &[u8], start: usize, encoding: &'static Encoding) -> Result<Decoded> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    let mut position = start;
    loop {
        let rest = &bytes[position..];
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        text.reserve(room.unwrap_or(rest.len()).clamp(16, 1 << 20));
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        position += read;
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let at = position.saturating_sub(usize::from(length) + usize::from(after));
                return Err(malformed(bytes, at, encoding));
            }
        }
    }
    text.shrink_to_fit();
    Ok((text, Some(encoding.name().to_owned())))
}

/// The error for bytes from `at` on that mean nothing in an encoding.
pub(super) fn malformed(bytes: &[u8], at: usize, encoding: &'static Encoding) -> Error {
    let line = memchr_iter(b'\n', &bytes[..at]).count() as u64 + 1;
    let byte = bytes.get(at).map_or_else(|| "an end".to_owned(), |byte| format!("0x{byte:02X}"));
    let name = encoding.name();
    let remedy = if encoding == UTF_8 {
        "if it is in another encoding, name it, as in --encoding windows-1252"
    } else {
        "name the encoding it is really in with --encoding"
    };
    Error::new(ErrorKind::Encoding, format!("{byte} at byte {at}, which is not {name}"))
        .expected(name)
        .remedy(remedy)
        .line(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn where_bytes_mean_nothing() {
        let error = text(b"one\ntwo \xe9t\xe9".to_vec(), None).expect_err("latin-1");
        assert_eq!(error.line_number(), Some(2));
        assert!(error.message().contains("0xE9 at byte 8"), "{error}");
        let error = text(b"one \x81\xff".to_vec(), Some(encoding_rs::SHIFT_JIS)).expect_err("bad");
        assert!(error.message().contains("at byte 4"), "{error}");
        let odd = text(vec![0xff, 0xfe, b'a', 0, b'b'], None).expect_err("half a unit");
        assert!(odd.message().contains("at byte 4"), "{odd}");
    }

    #[test]
    fn marks_go_before_names() {
        let marked = "\u{feff}caf\u{e9}";
        let latin = Some(encoding_rs::WINDOWS_1252);
        assert_eq!(text(marked.into(), latin).expect("UTF-8"), (marked.to_owned(), None));
        let (decoded, name) = text(b"caf\xe9".to_vec(), latin).expect("windows-1252");
        assert_eq!((decoded.as_str(), name.as_deref()), ("caf\u{e9}", Some("windows-1252")));
    }

    proptest! {
        #[test]
        fn utf16_round_trip(original in any::<String>(), big in any::<bool>()) {
            let units = std::iter::once(0xfeff).chain(original.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
            let (decoded, name) = text(bytes, None).expect("valid");
            prop_assert_eq!(decoded, original);
            let expected = if big { "UTF-16BE" } else { "UTF-16LE" };
            prop_assert_eq!(name.as_deref(), Some(expected));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            for named in [None, Some(UTF_16LE), Some(encoding_rs::SHIFT_JIS), Some(encoding_rs::GB18030)] {
                let _ = text(bytes.clone(), named);
            }
        }
    }
}
