//! The general way: characters one by one, any script.
//!
//! A small state machine over character classes. A segment is a word or a stretch of dense
//! characters; it grows until a separator, an apostrophe that joins nothing, or the other kind.
//! Marks and ignorable characters never end a segment, and a segment ends with its last
//! character that is not ignorable.
//!
//! The normal form is written along the way from the quick forms of the [`table`](super::table).
//! Where a character has none, or stands where only normalisation can tell, the whole word goes
//! through the general normalisation, and the rest of a dense stretch through general grapheme
//! segmentation.
//!
//! Cost: 5–10 ns a character with quick forms; words without, some 100 ns a character.
//!
//! Source: Unicode Standard Annex 29 (grapheme clusters).

use unicode_segmentation::UnicodeSegmentation;

use super::contraction;
use super::normalize::Normalizer;
use super::quick_form::{Form, QuickForm};
use super::script::{Class, class_of, is_ignorable};
use super::table;

/// Takes the tokens in order.
pub(super) trait Sink {
    /// A token: its bytes in the text, its normal form, and whether it is dense.
    fn token(&mut self, start: u32, end: u32, form: Form<'_>, dense: bool);
}

/// Scratch of the general way.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Of the current word or grapheme.
    form: QuickForm,
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

/// The segment that is growing; of a dense stretch, only what has not been emitted.
struct Segment {
    kind: Kind,
    start: usize,
    /// End of the last character that is not ignorable.
    end: usize,
    /// The word holds an apostrophe.
    apostrophe: bool,
    /// The last character that is not ignorable can stand before an apostrophe.
    letter: bool,
}

impl Segment {
    const NONE: Self =
        Self { kind: Kind::None, start: 0, end: 0, apostrophe: false, letter: false };
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
    let mut segment = Segment::NONE;
    scratch.form.clear();
    for (at, c) in run.char_indices() {
        let start = from + at;
        let end = start + c.len_utf8();
        if c.is_ascii_alphanumeric() {
            if segment.kind != Kind::Word {
                close(text, &mut segment, scratch, sink);
                segment.kind = Kind::Word;
                segment.start = start;
            }
            segment.end = end;
            segment.letter = c.is_ascii_alphabetic();
            scratch.form.push_ascii(c.to_ascii_lowercase() as u8);
            continue;
        }
        let entry = table::lookup(c);
        let kind = match entry.class {
            Class::Ignorable => continue,
            Class::Apostrophe => {
                let joins = segment.kind == Kind::Word
                    && segment.letter
                    && run[end - from..]
                        .chars()
                        .find(|&c| !is_ignorable(c))
                        .is_some_and(|c| class_of(c) == Class::Letter);
                if joins {
                    segment.apostrophe = true;
                    scratch.form.push_ascii(b'\'');
                } else {
                    close(text, &mut segment, scratch, sink);
                }
                continue;
            }
            Class::Separator => {
                close(text, &mut segment, scratch, sink);
                continue;
            }
            Class::Letter | Class::Digit => Kind::Word,
            Class::Dense => Kind::Dense,
            Class::Mark if segment.kind == Kind::None => Kind::Word,
            Class::DenseMark if segment.kind == Kind::None => Kind::Dense,
            Class::Mark | Class::DenseMark => segment.kind,
        };
        // A grapheme is a segment of its own as long as the quick forms last.
        let next_grapheme =
            kind == Kind::Dense && scratch.form.holds() && entry.has_form() && !entry.joins;
        if kind != segment.kind || next_grapheme {
            close(text, &mut segment, scratch, sink);
            segment.kind = kind;
            segment.start = start;
        }
        segment.end = end;
        segment.letter = entry.class != Class::Digit;
        scratch.form.push(&entry);
    }
    close(text, &mut segment, scratch, sink);
}

/// Emits the segment and makes it empty.
#[inline]
fn close(text: &str, segment: &mut Segment, scratch: &mut Scratch, sink: &mut impl Sink) {
    let (start, end) = (segment.start as u32, segment.end as u32);
    match (segment.kind, scratch.form.form()) {
        (Kind::None, _) => return,
        (Kind::Word, form) => {
            let form = form.unwrap_or_else(|| {
                let token = &text[segment.start..segment.end];
                Form::new(scratch.normalizer.normalize(token).as_bytes())
            });
            if segment.apostrophe || form.bytes == b"cannot" {
                contraction::expand(form.bytes, |form| {
                    sink.token(start, end, Form::new(form), false);
                });
            } else {
                sink.token(start, end, form, false);
            }
        }
        (Kind::Dense, Some(form)) => sink.token(start, end, form, true),
        (Kind::Dense, None) => graphemes(text, segment.start, segment.end, scratch, sink),
    }
    *segment = Segment::NONE;
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
        sink.token(start, end, Form::new(normalizer.normalize(cluster).as_bytes()), true);
    }
}
