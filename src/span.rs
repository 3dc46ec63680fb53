//! Spans: half-open ranges that know their coordinates.
//!
//! A [`Span`] counts bytes of a document's text, a [`TokenRange`] counts tokens; the types keep
//! the two apart. [`LineIndex`] turns byte offsets into line and column, [`code_points`] into
//! positions of code points (the indices of a Python string).
//!
//! Cost: a span is 8 bytes; a `LineIndex` is one pass over the text, 4 bytes a line and 2 a kB,
//! and a position costs a search among the lines and a count over at most 2 kB, however long the
//! line.

use std::ops::Range;

use serde::{Deserialize, Serialize};

macro_rules! range_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        pub struct $name {
            /// First position inside.
            pub start: u32,
            /// First position after; never below `start`.
            pub end: u32,
        }

        impl $name {
            /// The range `start..end`.
            ///
            /// # Panics
            /// In debug builds, if `end < start`.
            #[must_use]
            pub const fn new(start: u32, end: u32) -> Self {
                debug_assert!(start <= end);
                Self { start, end }
            }

            /// Number of positions inside.
            #[must_use]
            pub const fn len(self) -> u32 {
                self.end - self.start
            }

            /// Whether nothing lies inside.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.end == self.start
            }

            /// The same range with the index type of slices.
            #[must_use]
            pub const fn range(self) -> Range<usize> {
                self.start as usize..self.end as usize
            }

            /// Number of positions that lie in both ranges.
            #[must_use]
            pub fn overlap(self, other: Self) -> u32 {
                self.end.min(other.end).saturating_sub(self.start.max(other.start))
            }

            /// Whether all of `other` lies inside.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.start <= other.start && other.end <= self.end
            }

            /// The smallest range that holds both.
            #[must_use]
            pub fn hull(self, other: Self) -> Self {
                Self::new(self.start.min(other.start), self.end.max(other.end))
            }
        }
    };
}

range_type! {
    /// Half-open range of **bytes** in a document's text; both ends lie on character boundaries.
    ///
    /// ```
    /// use doublet::Span;
    /// let span = Span::new(6, 10);
    /// assert_eq!(&"naïve café"[span.range()], " caf");
    /// assert_eq!(span.len(), 4);
    /// ```
    Span
}

range_type! {
    /// Half-open range of **token positions** in a document.
    TokenRange
}

range_type! {
    /// Half-open range of **code points** of a text: the indices of a Python string.
    CodePointRange
}

/// Place in a text as editors count: line from 1, column in code points from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column, in code points from 1.
    pub column: u32,
}

/// Bytes between two counted places.
const STRIDE: usize = 2048;

/// Number of code points that start in a piece of UTF-8.
fn count_starts(bytes: &[u8]) -> u32 {
    // All bytes but continuation bytes; the compiler makes vector code of it.
    bytes.iter().filter(|&&byte| byte.cast_signed() >= -0x40).count() as u32
}

/// Lines and code points of one text.
///
/// Lines end at `\n`, `\r\n` or a lone `\r`; the line break belongs to the line that it ends.
///
/// ```
/// use doublet::Span;
/// use doublet::span::LineIndex;
/// let text = "Grüße,\r\nkäse\n";
/// let index = LineIndex::new(text);
/// let span = Span::new(10, 15); // "käse"
/// let (start, end) = index.line_span(span);
/// assert_eq!((start.line, start.column), (2, 1));
/// assert_eq!((end.line, end.column), (2, 5));
/// assert_eq!(index.code_points(span).range(), 8..12);
/// assert_eq!(index.lines(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct LineIndex<'t> {
    text: &'t [u8],
    /// Byte at which each line starts.
    line_starts: Vec<u32>,
    /// Code points that start before each multiple of [`STRIDE`] bytes.
    counted: Vec<u32>,
}

impl<'t> LineIndex<'t> {
    /// Finds the lines of a text. Positions are 32-bit: of a longer text only the first
    /// 2³² − 1 bytes are looked at.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let bytes = bytes.get(..u32::MAX as usize).unwrap_or(bytes);
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr2_iter(b'\n', b'\r', bytes).filter_map(|at| {
            // The \r of \r\n does not end the line yet.
            let ends = bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
            ends.then_some(at as u32 + 1)
        }));
        let mut counted = vec![0];
        let mut total = 0;
        counted.extend(bytes.chunks(STRIDE).map(|chunk| {
            total += count_starts(chunk);
            total
        }));
        Self { text: bytes, line_starts, counted }
    }

    /// Number of lines: one more than there are line breaks.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.line_starts.len()
    }

    /// Number of code points that start before a byte; beyond the text, of the whole text.
    #[must_use]
    pub fn code_point(&self, byte: u32) -> u32 {
        let byte = (byte as usize).min(self.text.len());
        let stride = byte / STRIDE;
        self.counted[stride] + count_starts(&self.text[stride * STRIDE..byte])
    }

    /// Line and column of a byte; beyond the text, of its end.
    #[must_use]
    pub fn position(&self, byte: u32) -> LineColumn {
        let byte = byte.min(self.text.len() as u32);
        let line = self.line_starts.partition_point(|&start| start <= byte);
        let column = self.code_point(byte) - self.code_point(self.line_starts[line - 1]);
        LineColumn { line: line as u32, column: column + 1 }
    }

    /// Where a span starts, and the place right after it.
    #[must_use]
    pub fn line_span(&self, span: Span) -> (LineColumn, LineColumn) {
        (self.position(span.start), self.position(span.end))
    }

    /// A span in code points.
    #[must_use]
    pub fn code_points(&self, span: Span) -> CodePointRange {
        CodePointRange { start: self.code_point(span.start), end: self.code_point(span.end) }
    }
}

/// Spans of a text in code points, in the order given.
///
/// One pass over the text for all of them, and a sort of their ends: quickest when the spans
/// come in order. For spans that come one at a time, see [`LineIndex::code_points`]. Positions
/// beyond the text become its end.
///
/// ```
/// use doublet::Span;
/// use doublet::span::code_points;
/// let ranges = code_points("naïve café", &[Span::new(0, 6), Span::new(7, 12)]);
/// assert_eq!((ranges[0].range(), ranges[1].range()), (0..5, 6..10));
/// ```
#[must_use]
pub fn code_points(text: &str, spans: &[Span]) -> Vec<CodePointRange> {
    let bytes = text.as_bytes();
    let mut ranges = vec![CodePointRange::default(); spans.len()];
    let mut ends: Vec<(u32, usize, bool)> = spans
        .iter()
        .enumerate()
        .flat_map(|(i, span)| [(span.start, i, false), (span.end, i, true)])
        .collect();
    ends.sort_unstable();
    let (mut at, mut count) = (0, 0);
    for (byte, i, is_end) in ends {
        let byte = (byte as usize).min(bytes.len());
        count += count_starts(&bytes[at..byte]);
        at = byte;
        if is_end {
            ranges[i].end = count;
        } else {
            ranges[i].start = count;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_end_at_every_kind_of_break() {
        let text = "a\nb\r\nc\rd\r\r\n\ne";
        let index = LineIndex::new(text);
        let lines: Vec<u32> = (0..=text.len() as u32).map(|at| index.position(at).line).collect();
        //                a  \n b  \r \n c  \r d  \r \r \n \n e  end
        assert_eq!(lines, [1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 7]);
        assert_eq!(index.lines(), 7);
        assert_eq!(LineIndex::new("").position(5), LineColumn { line: 1, column: 1 });
        assert_eq!(LineIndex::new("\n").position(1), LineColumn { line: 2, column: 1 });
    }

    #[test]
    fn ranges() {
        let (a, b) = (Span::new(2, 6), Span::new(4, 9));
        assert_eq!((a.overlap(b), a.hull(b), a.len()), (2, Span::new(2, 9), 4));
        assert_eq!(a.overlap(Span::new(7, 8)), 0);
        assert!(a.contains(Span::new(3, 6)) && !a.contains(b) && Span::new(3, 3).is_empty());
    }

    proptest! {
        #[test]
        fn positions_are_those_of_a_walk(
            text in "([a-zäß漢😀]{0,9}(\n|\r|\r\n|)){0,30}",
            repeat in prop::sample::select(vec![1, 60]),
        ) {
            let text = text.repeat(repeat);
            let index = LineIndex::new(&text);
            let (mut line, mut column, mut count) = (1, 1, 0);
            let mut chars = text.char_indices().peekable();
            let mut spans = Vec::new();
            let mut expected = Vec::new();
            while let Some((at, c)) = chars.next() {
                prop_assert_eq!(index.position(at as u32), LineColumn { line, column });
                prop_assert_eq!(index.code_point(at as u32), count);
                if repeat == 1 {
                    // Spans that start anywhere and nest.
                    let start = count / 2;
                    let start_byte = text.char_indices().nth(start as usize).map_or(0, |at| at.0);
                    spans.push(Span::new(start_byte as u32, at as u32));
                    expected.push(CodePointRange::new(start, count));
                }
                count += 1;
                column += 1;
                let crlf = c == '\r' && chars.peek().is_some_and(|&(_, next)| next == '\n');
                if c == '\n' || (c == '\r' && !crlf) {
                    (line, column) = (line + 1, 1);
                }
            }
            prop_assert_eq!(index.position(text.len() as u32), LineColumn { line, column });
            prop_assert_eq!(index.position(u32::MAX), LineColumn { line, column });
            prop_assert_eq!(index.lines(), line as usize);
            spans.reverse();
            expected.reverse();
            prop_assert_eq!(code_points(&text, &spans), expected);
        }
    }
}
