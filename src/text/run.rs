//! The general way: characters one by one, any script.
//!
//! A small state machine over character classes. A segment is a word or a stretch of dense
//! characters; it grows until a separator, an apostrophe that joins nothing, or the other kind.
//! Marks and ignorable characters never end a segment, and a segment ends with its last
//! character that is not ignorable. While a word's characters are in the quick table its normal
//! form is written along the way; one character that is not sends the whole word through the
//! general normalisation. A stretch of plain ideographs and kana yields a token a character;
//! any other dense stretch is segmented into grapheme clusters.
//!
//! Cost: 5–10 ns a character with quick words, some 100 ns a word without.
//!
//! Source: Unicode Standard Annex 29 (grapheme clusters).

use unicode_segmentation::UnicodeSegmentation;

use super::contraction;
use super::normalize::{Normalizer, QuickTable};
use super::script::{Class, class_of, is_ignorable, is_plain_dense};

/// Takes the tokens in order.
pub(super) trait Sink {
    /// A token: its bytes in the text, its normal form, and whether it is dense.
    fn token(&mut self, start: u32, end: u32, form: &[u8], dense: bool);
}

/// Scratch of the general way.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Normal form of the current word, while it is quick.
    form: Vec<u8>,
    normalizer: Normalizer,
    /// A dense stretch without its ignorable characters, and where each character came from.
    stripped: String,
    origins: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Word,
    Dense,
}

/// The segment that is growing.
struct Segment {
    kind: Kind,
    start: usize,
    /// End of the last character that is not ignorable.
    end: usize,
    /// The segment's tokens follow from its characters one by one.
    quick: bool,
    /// The word holds an apostrophe.
    apostrophe: bool,
    /// The last character that is not ignorable can stand before an apostrophe.
    letter: bool,
}

/// Emits the tokens of `text[from..to]`, whose neighbours on both sides are separators.
pub(super) fn tokenize(
    text: &str,
    from: usize,
    to: usize,
    scratch: &mut Scratch,
    sink: &mut impl Sink,
) {
    let Some(run) = text.get(from..to) else { return };
    let table = QuickTable::get();
    let mut segment = Segment {
        kind: Kind::None,
        start: from,
        end: from,
        quick: true,
        apostrophe: false,
        letter: false,
    };
    for (at, c) in run.char_indices() {
        let start = from + at;
        let end = start + c.len_utf8();
        let mut ascii = [0; 1];
        let (class, form) = if c.is_ascii() {
            ascii[0] = (c as u8).to_ascii_lowercase();
            (class_of(c), Some(&ascii[..]))
        } else if let Some(quick) = table.lookup(c) {
            (quick.class, quick.form())
        } else {
            (class_of(c), None)
        };
        let kind = match class {
            Class::Ignorable => {
                if segment.kind == Kind::Dense {
                    segment.quick = false;
                }
                continue;
            }
            Class::Apostrophe => {
                let joins = segment.kind == Kind::Word
                    && segment.letter
                    && run[end - from..]
                        .chars()
                        .find(|&c| !is_ignorable(c))
                        .is_some_and(|c| class_of(c) == Class::Letter);
                if joins {
                    segment.apostrophe = true;
                    scratch.form.push(b'\'');
                } else {
                    close(text, &mut segment, scratch, sink);
                }
                continue;
            }
            Class::Separator => Kind::None,
            Class::Letter | Class::Digit => Kind::Word,
            Class::Dense => Kind::Dense,
            Class::Mark if segment.kind == Kind::None => Kind::Word,
            Class::DenseMark if segment.kind == Kind::None => Kind::Dense,
            Class::Mark | Class::DenseMark => segment.kind,
        };
        if kind != segment.kind {
            close(text, &mut segment, scratch, sink);
            if kind == Kind::None {
                continue;
            }
            segment.kind = kind;
            segment.start = start;
        } else if kind == Kind::None {
            continue;
        }
        segment.end = end;
        segment.letter = class != Class::Digit;
        if kind == Kind::Dense {
            segment.quick &= is_plain_dense(c);
        } else if let Some(form) = form {
            scratch.form.extend_from_slice(form);
        } else if ('\u{ac00}'..='\u{d7a3}').contains(&c) {
            // A Hangul syllable is its own normal form; the jamo that would join it are not quick.
            scratch.form.extend_from_slice(&text.as_bytes()[start..end]);
        } else {
            segment.quick = false;
        }
    }
    close(text, &mut segment, scratch, sink);
}

/// Emits the segment and makes it empty.
fn close(text: &str, segment: &mut Segment, scratch: &mut Scratch, sink: &mut impl Sink) {
    let (start, end) = (segment.start as u32, segment.end as u32);
    match segment.kind {
        Kind::None => {}
        Kind::Word => {
            let form = if segment.quick {
                scratch.form.as_slice()
            } else {
                scratch.normalizer.normalize(&text[segment.start..segment.end]).as_bytes()
            };
            if segment.apostrophe || form == b"cannot" {
                contraction::expand(form, |form| sink.token(start, end, form, false));
            } else {
                sink.token(start, end, form, false);
            }
        }
        Kind::Dense if segment.quick => {
            let stretch = &text[segment.start..segment.end];
            for (at, c) in stretch.char_indices() {
                let range = at..at + c.len_utf8();
                let form = &stretch.as_bytes()[range.clone()];
                sink.token(start + range.start as u32, start + range.end as u32, form, true);
            }
        }
        Kind::Dense => graphemes(text, segment.start, segment.end, scratch, sink),
    }
    segment.kind = Kind::None;
    segment.quick = true;
    segment.apostrophe = false;
    segment.letter = false;
    scratch.form.clear();
}

/// Emits the grapheme clusters of a dense stretch, found as if its ignorable characters were not
/// there.
fn graphemes(text: &str, from: usize, to: usize, scratch: &mut Scratch, sink: &mut impl Sink) {
    let Scratch { normalizer, stripped, origins, .. } = scratch;
    stripped.clear();
    origins.clear();
    for (at, c) in text[from..to].char_indices().filter(|&(_, c)| !is_ignorable(c)) {
        stripped.push(c);
        origins.push(((from + at) as u32, (from + at + c.len_utf8()) as u32));
    }
    let mut origins = origins.iter();
    for cluster in stripped.graphemes(true) {
        let Some(&(start, mut end)) = origins.next() else { return };
        for _ in 1..cluster.chars().count() {
            if let Some(&(_, last)) = origins.next() {
                end = last;
            }
        }
        sink.token(start, end, normalizer.normalize(cluster).as_bytes(), true);
    }
}
