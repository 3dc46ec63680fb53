//! Text for a terminal: made harmless, measured in columns, shortened.
//!
//! Document text and names are not ours. A control character in them would move the cursor or
//! change colours, a bidirectional override would reorder what follows; [`clean`] shows the ones
//! as Unicode's control pictures and the others by number. Widths are those of Unicode Standard
//! Annex 11 (East Asian wide characters take two columns, combining marks none).
//!
//! Cost: linear in the text.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands where text was left out.
pub(super) const ELLIPSIS: &str = "…";

/// The text on one line without anything that a terminal would obey: runs of white space become
/// one space, control characters visible, invisible ones vanish.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        // Soft hyphen, zero-width space, byte-order mark: nothing to see.
        if matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}') {
            continue;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        push_visible(&mut out, c);
    }
    out
}

/// As [`clean`], but keeps whether the text began and ended with white space, as one space.
pub(super) fn clean_inner(text: &str) -> String {
    let mut out = clean(text);
    if text.starts_with(char::is_whitespace) {
        out.insert(0, ' ');
    }
    if !out.ends_with(' ') && text.ends_with(char::is_whitespace) {
        out.push(' ');
    }
    out
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + c as u32)),
        '\u{7f}' => out.push('\u{2421}'),
        // C1 controls (among them the one-byte escape sequence introducer) and what reorders
        // text beyond the piece it stands in.
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            // Writing to a string cannot fail.
            let _ = write!(out, "<U+{:04X}>", c as u32);
        }
        _ => out.push(c),
    }
}

/// Columns that a cleaned text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Whether the text holds a letter of a script that runs from right to left.
pub(super) fn runs_right_to_left(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c as u32,
            0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff | 0x1e800..=0x1efff)
    })
}

/// At most `limit` columns of a cleaned text, with the middle left out: two thirds of what stays
/// come from the end, which tells paths and ids apart.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    if limit == 0 {
        return String::new();
    }
    let kept = limit - 1;
    let tail_limit = kept - kept / 3;
    let head = take(text.graphemes(true), kept / 3);
    let tail = take(text.graphemes(true).rev(), tail_limit);
    let mut out: String = head.concat();
    out.push_str(ELLIPSIS);
    out.extend(tail.into_iter().rev());
    out
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += width(grapheme);
            used <= limit
        })
        .collect()
}

/// A number with its thousands apart: `12345` as `12,345`.
///
/// ```
/// assert_eq!(doublet::report::terminal::grouped(12_345), "12,345");
/// ```
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 word`, `12 words`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = match noun {
        "copy" => "copies",
        _ => "",
    };
    let number_text = grouped(number);
    match (number, plural) {
        (1, _) => format!("{number_text} {noun}"),
        (_, "") => format!("{number_text} {noun}s"),
        (_, plural) => format!("{number_text} {plural}"),
    }
}

/// A share as a percentage; what is not nothing is never shown as 0.0%.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let value = part as f64 * 100.0 / whole as f64;
    if part == 0 {
        "0%".to_owned()
    } else if value < 0.05 {
        "<0.1%".to_owned()
    } else if part >= whole {
        "100%".to_owned()
    } else {
        format!("{:.1}%", value.min(99.9))
    }
}

/// A score of 0 to 1 in two digits, rounded down: 1.00 means equal.
pub(super) fn score(value: f64) -> String {
    // The small addition keeps 0.57 from becoming 0.56 through binary fractions.
    format!("{:.2}", ((value * 100.0 + 1e-9).floor() / 100.0).clamp(0.0, 1.0))
}

/// A score of 0 to 1 as a whole percentage, rounded down.
pub(super) fn whole_percent(value: f64) -> String {
    format!("{:.0}%", (value * 100.0 + 1e-9).floor().clamp(0.0, 100.0))
}

/// Bytes in decimal units.
pub(super) fn bytes(count: u64) -> String {
    let value = count as f64;
    match count {
        0..=999 => counted(count, "byte"),
        1_000..=999_949 => format!("{:.1} kB", value / 1e3),
        999_950..=999_949_999 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.1} GB", value / 1e9),
    }
}

/// Seconds in the unit that suits them.
pub(super) fn seconds(value: f64) -> String {
    if value < 0.0005 {
        "<1 ms".to_owned()
    } else if value < 0.9995 {
        format!("{:.0} ms", value * 1e3)
    } else if value < 99.95 {
        format!("{value:.1} s")
    } else {
        let whole = value.round() as u64;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_become_pictures() {
        assert_eq!(clean("a\x1b[31mred\x07\x7f\u{9b}2J"), "a␛[31mred␇␡<U+009B>2J");
        assert_eq!(clean("x\u{202e}y\u{2066}z"), "x<U+202E>y<U+2066>z");
        assert_eq!(clean("\r\n a\t\u{200b}b\u{ad}c \u{2028}d\u{feff}"), "a bc d");
        assert_eq!(clean_inner(" a "), " a ");
        assert_eq!(clean_inner(" "), " ");
    }

    #[test]
    fn shortened_text_keeps_both_ends() {
        assert_eq!(shorten("news/2023/herald.txt", 12), "new…rald.txt");
        assert_eq!(shorten("short", 5), "short");
        assert_eq!(shorten("short", 1), "…");
        assert_eq!(shorten("short", 0), "");
        assert_eq!(shorten("日本語日本語", 7), "日…本語");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "copy"), "1 copy");
        assert_eq!(counted(2, "copy"), "2 copies");
        assert_eq!(percent(1, 100_000), "<0.1%");
        assert_eq!(percent(0, 5), "0%");
        assert_eq!(percent(99_999, 100_000), "99.9%");
        assert_eq!(score(0.999), "0.99");
        assert_eq!(score(0.57), "0.57");
        assert_eq!(whole_percent(0.999), "99%");
        assert_eq!(whole_percent(1.0), "100%");
        assert_eq!(bytes(999_949), "999.9 kB");
        assert_eq!(bytes(999_950), "1.0 MB");
        assert_eq!(seconds(0.25), "250 ms");
        assert_eq!(seconds(125.0), "2 min 05 s");
    }

    proptest! {
        #[test]
        fn cleaned_text_is_harmless(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(char::is_control));
            prop_assert!(!cleaned.contains("  "));
            let obeyed = ['\u{202e}', '\u{2066}', '\n'];
            prop_assert!(!cleaned.contains(obeyed));
        }

        #[test]
        fn shortened_text_fits(text in "[a-z日本é\u{301} ]{0,40}", limit in 0usize..30) {
            prop_assert!(width(&shorten(&clean(&text), limit)) <= limit);
        }
    }
}
