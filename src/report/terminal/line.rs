//! Lines of styled text: built, wrapped to a width, elided in the middle, painted.
//!
//! Styles say what a piece *is*; colour is added at the very end and never carries meaning of its
//! own, since everything that differs has marks too.
//!
//! Cost: linear in what is shown; eliding touches what fits, not what is left out.

use std::io::{self, Write};

use unicode_segmentation::UnicodeSegmentation;

use super::measure::{runs_right_to_left, width};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// Running text.
    #[default]
    Plain,
    /// Title of a section.
    Heading,
    /// What the eye should find first.
    Strong,
    /// What can be skipped.
    Dim,
    /// Name of a document or group.
    Name,
    /// Words in place of others.
    Changed,
    /// A change of form only: an inflection, a contraction.
    Form,
    /// Words that only this version has.
    Inserted,
    /// Words that this version lacks.
    Deleted,
    /// What went wrong.
    Warning,
}

impl Style {
    fn ansi(self) -> anstyle::Style {
        use anstyle::AnsiColor::{Blue, Cyan, Green, Red, Yellow};
        let plain = anstyle::Style::new();
        match self {
            Self::Plain => plain,
            Self::Heading => plain.bold().underline(),
            Self::Strong => plain.bold(),
            Self::Dim => plain.dimmed(),
            Self::Name => plain.fg_color(Some(Blue.into())),
            Self::Changed => plain.bold().fg_color(Some(Yellow.into())),
            Self::Form => plain.fg_color(Some(Cyan.into())),
            Self::Inserted => plain.bold().fg_color(Some(Green.into())),
            Self::Deleted => plain.bold().fg_color(Some(Red.into())),
            Self::Warning => plain.fg_color(Some(Red.into())),
        }
    }
}

/// A run of text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// What it is.
    pub(super) style: Style,
    /// Cleaned text.
    pub(super) text: String,
    /// Whether it comes from a document: its direction must not spread to ours.
    pub(super) foreign: bool,
}

/// One line, or a paragraph before it is wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// From left to right.
    pub(super) segments: Vec<Segment>,
}

impl Line {
    /// An empty line.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// `columns` spaces.
    pub(super) fn indent(columns: usize) -> Self {
        Self::new().plain(" ".repeat(columns))
    }

    /// Adds words of ours.
    pub(super) fn with(mut self, style: Style, text: impl AsRef<str>) -> Self {
        self.push(style, text.as_ref(), false);
        self
    }

    /// Adds unstyled words of ours.
    pub(super) fn plain(self, text: impl AsRef<str>) -> Self {
        self.with(Style::Plain, text)
    }

    /// Adds words of a document.
    pub(super) fn foreign(mut self, style: Style, text: impl AsRef<str>) -> Self {
        self.push(style, text.as_ref(), true);
        self
    }

    /// Adds all of another line.
    pub(super) fn join(mut self, other: &Self) -> Self {
        for segment in &other.segments {
            self.push(segment.style, &segment.text, segment.foreign);
        }
        self
    }

    /// Adds spaces up to `column`.
    pub(super) fn pad(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width());
        self.plain(" ".repeat(missing))
    }

    /// Adds text, to the last segment where it is of the same kind.
    pub(super) fn push(&mut self, style: Style, text: &str, foreign: bool) {
        if text.is_empty() {
            return;
        }
        match self.segments.last_mut() {
            Some(last) if last.style == style && last.foreign == foreign => {
                last.text.push_str(text);
            }
            _ => self.segments.push(Segment { style, text: text.to_owned(), foreign }),
        }
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.segments.iter().map(|segment| width(&segment.text)).sum()
    }

    /// Whether there is nothing on it.
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The text alone.
    pub(super) fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }

    /// Drops white space at the end.
    fn trim_end(&mut self) {
        while let Some(last) = self.segments.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
            if !last.text.is_empty() {
                break;
            }
            self.segments.pop();
        }
    }

    /// Writes the line and its end.
    ///
    /// Neighbouring pieces of documents that run from right to left stand between a first-strong
    /// isolate and its end, so that the rest of the line keeps its order.
    pub(super) fn paint(&self, color: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut line = self.clone();
        line.trim_end();
        for group in line.segments.chunk_by(|a, b| a.foreign == b.foreign) {
            let isolate =
                group.iter().any(|piece| piece.foreign && runs_right_to_left(&piece.text));
            if isolate {
                write!(out, "\u{2068}")?;
            }
            for segment in group {
                if color && segment.style != Style::Plain {
                    let style = segment.style.ansi();
                    write!(out, "{style}{}{style:#}", segment.text)?;
                } else {
                    out.write_all(segment.text.as_bytes())?;
                }
            }
            if isolate {
                write!(out, "\u{2069}")?;
            }
        }
        writeln!(out)
    }
}

/// A grapheme with its looks.
#[derive(Clone, Copy)]
struct Atom<'a> {
    style: Style,
    foreign: bool,
    text: &'a str,
    width: usize,
}

/// Punctuation that must not begin a line in scripts without spaces.
const CLOSING: &str = "、。，．！？：；）］｝」』】》〉”’ー々";

/// Breaks a line into lines of at most `limit` columns: at spaces, between wide characters, and
/// inside a word only where it alone is wider.
pub(super) fn wrap(line: &Line, limit: usize) -> Vec<Line> {
    let limit = limit.max(2);
    let mut wrapper =
        Wrapper { limit, lines: vec![Line::new()], used: 0, word: vec![], spaces: vec![] };
    for segment in &line.segments {
        for text in segment.text.graphemes(true) {
            let atom =
                Atom { style: segment.style, foreign: segment.foreign, text, width: width(text) };
            if text == " " {
                wrapper.end_word();
                wrapper.spaces.push(atom);
                continue;
            }
            let wide = atom.width > 1 && !CLOSING.contains(text);
            if wide {
                wrapper.end_word();
            }
            wrapper.word.push(atom);
        }
    }
    wrapper.end_word();
    let mut lines = wrapper.lines;
    lines.iter_mut().for_each(Line::trim_end);
    lines
}

struct Wrapper<'a> {
    limit: usize,
    lines: Vec<Line>,
    used: usize,
    word: Vec<Atom<'a>>,
    spaces: Vec<Atom<'a>>,
}

impl<'a> Wrapper<'a> {
    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let word_width: usize = word.iter().map(|atom| atom.width).sum();
        let spaces = std::mem::take(&mut self.spaces);
        if self.used + spaces.len() + word_width <= self.limit {
            // Spaces at the very start are indentation and stay.
            for space in spaces {
                self.put(space);
            }
        } else if self.used > 0 {
            self.lines.push(Line::new());
            self.used = 0;
        }
        for atom in word {
            if self.used + atom.width > self.limit {
                self.lines.push(Line::new());
                self.used = 0;
            }
            self.put(atom);
        }
    }

    fn put(&mut self, atom: Atom<'a>) {
        if let Some(line) = self.lines.last_mut() {
            line.push(atom.style, atom.text, atom.foreign);
        }
        self.used += atom.width;
    }
}

/// A document's text in at most `rows` lines of `limit` columns; what does not fit is left out of
/// the middle.
pub(super) fn elide(text: &str, limit: usize, rows: usize) -> Vec<Line> {
    let whole = |text: &str| wrap(&Line::new().foreign(Style::Plain, text), limit);
    // Nothing narrower than half a column on average is text; cheap certainty for long ones.
    let may_fit = text.len() <= limit.saturating_mul(rows).saturating_mul(16);
    if may_fit {
        let lines = whole(text);
        if lines.len() <= rows {
            return lines;
        }
    }
    let units: Vec<&str> = text.split_word_bounds().collect();
    let shown = |kept: usize| {
        let tail = kept / 3;
        let head = kept - tail;
        let line = Line::new()
            .foreign(Style::Plain, units[..head].concat().trim_end())
            .foreign(Style::Dim, " […] ")
            .foreign(Style::Plain, units[units.len() - tail..].concat().trim_start());
        wrap(&line, limit)
    };
    // The most units that still fit.
    let (mut fits, mut too_many) = (0, units.len().min(limit.saturating_mul(rows)) + 1);
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        if middle <= units.len() && shown(middle).len() <= rows {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    shown(fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn wraps_at_spaces_and_keeps_styles() {
        let line = Line::new().plain("one two ").with(Style::Strong, "three four");
        let lines = wrap(&line, 9);
        assert_eq!(texts(&lines), ["one two", "three", "four"]);
        assert_eq!(lines[1].segments[0].style, Style::Strong);
    }

    #[test]
    fn wraps_wide_characters_and_long_words() {
        assert_eq!(
            texts(&wrap(&Line::new().plain("日本語、日本語"), 7)),
            ["日本", "語、日", "本語"]
        );
        assert_eq!(
            texts(&wrap(&Line::new().plain("a http://x.example"), 8)),
            ["a", "http://x", ".example"]
        );
    }

    #[test]
    fn elides_the_middle() {
        let text = (0..100).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ");
        let lines = elide(&text, 30, 2);
        assert_eq!(lines.len(), 2);
        let shown = texts(&lines).join(" ");
        assert!(shown.starts_with("w0 w1 ") && shown.contains("[…]") && shown.ends_with(" w99"));
        assert_eq!(texts(&elide("short", 30, 2)), ["short"]);
    }

    #[test]
    fn right_to_left_text_is_isolated_as_a_whole() {
        let line = Line::new()
            .plain("a ")
            .foreign(Style::Plain, "שלום ")
            .foreign(Style::Changed, "עולם")
            .plain(" b");
        let mut out = Vec::new();
        line.paint(false, &mut out).expect("writes to memory");
        assert_eq!(String::from_utf8(out).expect("utf-8"), "a \u{2068}שלום עולם\u{2069} b\n");
    }

    proptest! {
        #[test]
        fn wrapped_lines_fit_and_lose_nothing(text in "[a-z日本é ]{0,80}", limit in 2usize..20) {
            let lines = wrap(&Line::new().plain(&text), limit);
            for line in &lines {
                prop_assert!(line.width() <= limit);
            }
            let squeeze = |s: &str| s.replace(' ', "");
            prop_assert_eq!(squeeze(&texts(&lines).concat()), squeeze(&text));
        }

        #[test]
        fn elided_text_fits(text in "[a-z日本é ]{0,200}", limit in 8usize..30, rows in 1usize..4) {
            let lines = elide(&text, limit, rows);
            prop_assert!(lines.len() <= rows);
        }
    }
}
