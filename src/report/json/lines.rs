//! Writing a report as JSON, on one line or one item a line.
//!
//! Idea: the lists of a report are nearly all of it. Threads write portions of a list side by side,
//! each into a buffer of its own, and the buffers go out in order; what comes out is what one
//! serializer would write.
//!
//! Cost: some 2 ns a byte, divided by the threads; a few megabytes of buffers.

use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::report::model::Report;

/// Items that a thread writes one after the other.
const PORTION: usize = 64;
/// Portions for each thread before what they wrote goes out.
const PORTIONS: usize = 16;

/// Writes a report as one line and a line feed.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: impl Write) -> io::Result<()> {
    Fields { out, is_first: true, style: Style::Compact }.report(report)
}

/// Writes a report with line breaks: one item (a document, a match, a passage) a line, so that it
/// can be looked at, searched and compared line by line at hardly more than the compact size.
///
/// # Errors
/// Those of the writer.
pub fn write_pretty(report: &Report, out: impl Write) -> io::Result<()> {
    Fields { out, is_first: true, style: Style::ItemLines }.report(report)
}

/// Where lines break.
#[derive(Clone, Copy)]
enum Style {
    /// Nowhere.
    Compact,
    /// Between items.
    ItemLines,
}

impl Style {
    /// What stands before a value at this depth.
    const fn indent(self, depth: usize) -> &'static str {
        match (self, depth) {
            (Self::Compact, _) => "",
            (_, 0) => "\n",
            (_, 1) => "\n  ",
            (_, _) => "\n    ",
        }
    }

    /// Writes a value that stands at this depth.
    fn write(self, value: &impl Serialize, depth: usize, out: impl Write) -> io::Result<()> {
        match self {
            Self::Compact => {
                value.serialize(&mut Serializer::with_formatter(out, CompactFormatter))?;
            }
            Self::ItemLines => {
                let lines = ItemLines { depth, filled: false };
                value.serialize(&mut Serializer::with_formatter(out, lines))?;
            }
        }
        Ok(())
    }
}

/// Writes an object field by field.
struct Fields<W> {
    out: W,
    is_first: bool,
    style: Style,
}

impl<W: Write> Fields<W> {
    fn report(mut self, report: &Report) -> io::Result<()> {
        let Report {
            schema_version,
            run,
            groups,
            documents,
            matches,
            document_clusters,
            passages,
            coverage,
            suppressed,
            skipped,
        } = report;
        self.out.write_all(b"{")?;
        self.value("schema_version", schema_version)?;
        self.value("run", run)?;
        self.list("groups", groups)?;
        self.list("documents", documents)?;
        self.list("matches", matches)?;
        self.list("document_clusters", document_clusters)?;
        self.list("passages", passages)?;
        self.value("coverage", coverage)?;
        self.value("suppressed", suppressed)?;
        self.list("skipped", skipped)?;
        self.out.write_all(self.style.indent(0).as_bytes())?;
        self.out.write_all(b"}\n")
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let comma = if self.is_first { "" } else { "," };
        let space = if matches!(self.style, Style::Compact) { "" } else { " " };
        self.is_first = false;
        write!(self.out, "{comma}{}\"{name}\":{space}", self.style.indent(1))
    }

    fn value(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        self.style.write(value, 1, &mut self.out)
    }

    /// Writes a list, on all threads.
    fn list<T: Serialize + Sync>(&mut self, name: &str, items: &[T]) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        let (style, indent) = (self.style, self.style.indent(2));
        let portion = |items: &[T]| -> io::Result<Vec<u8>> {
            let mut written = Vec::new();
            for item in items {
                written.extend_from_slice(b",");
                written.extend_from_slice(indent.as_bytes());
                style.write(item, 2, &mut written)?;
            }
            Ok(written)
        };
        let mut comma = 1;
        for lot in items.chunks(PORTION * PORTIONS * rayon::current_num_threads()) {
            let written: Vec<io::Result<Vec<u8>>> = lot.par_chunks(PORTION).map(portion).collect();
            for written in written {
                // No comma before the first item of all.
                self.out.write_all(&written?[comma..])?;
                comma = 0;
            }
        }
        if !items.is_empty() {
            self.out.write_all(self.style.indent(1).as_bytes())?;
        }
        self.out.write_all(b"]")
    }
}

/// Depth down to which values stand on lines of their own: the report and its lists.
const LINE_DEPTH: usize = 2;

/// Breaks lines between items, and not inside them.
#[derive(Default)]
struct ItemLines {
    depth: usize,
    filled: bool,
}

impl ItemLines {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth <= LINE_DEPTH { self.line(out) } else { Ok(()) }
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let own_line = self.filled && self.depth <= LINE_DEPTH;
        self.depth -= 1;
        if own_line {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        out.write_all(&b"    "[..2 * self.depth.min(LINE_DEPTH)])
    }
}

impl Formatter for ItemLines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.depth <= LINE_DEPTH { b": " } else { b":" })
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, Doublet};

    #[test]
    fn portions_are_written_as_one_serializer_writes_all() {
        // More documents than go into a lot.
        let text =
            |i: u32| format!("the {}th of a few words that stand in every one of them", i % 7);
        let documents: Vec<Document> =
            (0..5_000).map(|i| Document::new(format!("{i}"), text(i))).collect();
        for documents in [&documents[..], &documents[..70], &documents[..1], &[]] {
            let report = Doublet::new().find(documents).expect("small");
            let mut expected = serde_json::to_vec(&report).expect("serializes");
            expected.push(b'\n');
            let mut compact = Vec::new();
            write(&report, &mut compact).expect("memory");
            assert_eq!(String::from_utf8(compact), String::from_utf8(expected));

            let mut expected = Vec::new();
            let lines = ItemLines::default();
            report
                .serialize(&mut Serializer::with_formatter(&mut expected, lines))
                .expect("serializes");
            expected.push(b'\n');
            let mut pretty = Vec::new();
            write_pretty(&report, &mut pretty).expect("memory");
            assert_eq!(String::from_utf8(pretty), String::from_utf8(expected));
        }
    }
}
