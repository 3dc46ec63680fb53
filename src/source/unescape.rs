//! A JSON string to the text that it stands for.
//!
//! Texts are the bulk of a record. `serde_json` gathers a string with escapes in a buffer that
//! grows piece by piece and is then copied; here the string's end is known, so the text is written
//! once into memory of the right size, a stretch between two escapes at a time (RFC 8259 §7).

/// The text of `raw`, a JSON string with its quotation marks whose syntax has been checked.
/// `None` if a `\u` escape is half of a surrogate pair without the other half, which is no text.
pub(crate) fn unescape(raw: &str) -> Option<String> {
    let mut rest = raw.strip_prefix('"')?.strip_suffix('"')?;
    let Some(mut at) = memchr::memchr(b'\\', rest.as_bytes()) else {
        return Some(rest.to_owned());
    };
    // No escape is shorter than what it stands for.
    let mut text = String::with_capacity(rest.len());
    loop {
        text.push_str(&rest[..at]);
        let kind = *rest.as_bytes().get(at + 1)?;
        let mut length = 2;
        text.push(match kind {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let (character, read) = code_point(&rest[at..])?;
                length = read;
                character
            }
            // A quotation mark, a slash or a backslash.
            other => char::from(other),
        });
        rest = rest.get(at + length..)?;
        match memchr::memchr(b'\\', rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    text.push_str(rest);
    // Texts are kept: a quarter of slack, as in `\u4e2d` throughout, is worth a copy.
    if text.len() < text.capacity() / 4 * 3 {
        text.shrink_to_fit();
    }
    Some(text)
}

/// The character of one escape such as `\u4e2d`, or of two that are a surrogate pair, and their length.
fn code_point(escapes: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = escapes.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Some((character, 6));
    }
    char::decode_utf16([first, unit(6)?]).next()?.ok().map(|character| (character, 12))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_are_no_text() {
        for raw in [r#""\ud800""#, r#""\udc00x""#, r#""\ud800\ud800""#, r#""\ud800\n""#] {
            assert_eq!(unescape(raw), None, "{raw}");
        }
        assert_eq!(unescape(r#""\ud83d\ude00\/\"\\""#).as_deref(), Some("😀/\"\\"));
    }

    proptest! {
        #[test]
        fn equals_what_serde_json_reads(
            pieces in prop::collection::vec(
                prop_oneof![
                    any::<String>().prop_map(|text| {
                        let json = serde_json::to_string(&text).expect("serialises");
                        json[1..json.len() - 1].to_owned()
                    }),
                    any::<u16>().prop_map(|unit| format!("\\u{unit:04x}")),
                    (0xD800_u16..0xE000).prop_map(|unit| format!("\\u{unit:04X}")),
                    any::<char>().prop_map(|character| {
                        let mut units = [0; 2];
                        match *character.encode_utf16(&mut units) {
                            [high, low] => format!("\\u{high:04x}\\u{low:04x}"),
                            _ => format!("\\u{:04x}", units[0]),
                        }
                    }),
                    Just("\\/".to_owned()),
                    Just("\\b\\f".to_owned()),
                ],
                0..8,
            )
        ) {
            let raw = format!("\"{}\"", pieces.concat());
            prop_assert_eq!(unescape(&raw), serde_json::from_str::<String>(&raw).ok());
        }
    }
}
