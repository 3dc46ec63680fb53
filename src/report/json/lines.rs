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
    Fields { out, formatter: CompactFormatter, is_first: true }.report(report)
}

/// Writes a report with line breaks: one item (a document, a match, a passage) a line, so that it
/// can be looked at, searched and compared line by line at hardly more than the compact size.
///
/// # Errors
/// Those of the writer.
pub fn write_pretty(report: &Report, out: impl Write) -> io::Result<()> {
    Fields { out, formatter: ItemLines::default(), is_first: true }.report(report)
}

/// Writes an object field by field, laid out by a formatter.
struct Fields<W, F> {
    out: W,
    formatter: F,
    is_first: bool,
}

impl<W: Write, F: Formatter + Clone + Send + Sync> Fields<W, F> {
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
        self.formatter.begin_object(&mut self.out)?;
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
        self.formatter.end_object(&mut self.out)?;
        self.out.write_all(b"\n")
    }

    fn field(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut W, &mut F) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { out, formatter, is_first } = self;
        formatter.begin_object_key(out, std::mem::take(is_first))?;
        write_value(&name, formatter, &mut *out)?;
        formatter.end_object_key(out)?;
        formatter.begin_object_value(out)?;
        value(out, formatter)?;
        formatter.end_object_value(out)
    }

    fn value(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.field(name, |out, formatter| write_value(value, formatter, out))
    }

    /// Writes a list, on all threads.
    fn list<T: Serialize + Sync>(&mut self, name: &str, items: &[T]) -> io::Result<()> {
        self.field(name, |out, formatter| {
            formatter.begin_array(out)?;
            let lot = PORTION * PORTIONS * rayon::current_num_threads();
            for (number, lot) in items.chunks(lot).enumerate() {
                let portion = |(place, items): (usize, &[T])| -> io::Result<(Vec<u8>, F)> {
                    let (mut out, mut formatter) = (Vec::new(), formatter.clone());
                    for (index, item) in items.iter().enumerate() {
                        let is_first = (number, place, index) == (0, 0, 0);
                        formatter.begin_array_value(&mut out, is_first)?;
                        write_value(item, &formatter, &mut out)?;
                        formatter.end_array_value(&mut out)?;
                    }
                    Ok((out, formatter))
                };
                let written: Vec<io::Result<_>> =
                    lot.par_chunks(PORTION).enumerate().map(portion).collect();
                for written in written {
                    let (bytes, after) = written?;
                    out.write_all(&bytes)?;
                    *formatter = after;
                }
            }
            formatter.end_array(out)
        })
    }
}

/// Writes a value as it stands where a formatter is.
fn write_value(
    value: &impl Serialize,
    formatter: &(impl Formatter + Clone),
    out: impl Write,
) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, formatter.clone()))?;
    Ok(())
}

/// Depth down to which values stand on lines of their own: the report and its lists.
const LINE_DEPTH: usize = 2;

/// Breaks lines between items, and not inside them.
#[derive(Clone, Default)]
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
