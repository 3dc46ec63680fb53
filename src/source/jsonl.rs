<<<<<<< HEAD
//! JSON lines: one record a line, at the speed of the parser.
//!
//! One reader cuts the stream into blocks of whole lines; the pool parses a batch of blocks while
//! the next batch is being read. Blocks keep their order, so records do. A line longer than a
//! block grows that block. O(bytes); memory two batches of one block a thread, besides the texts.

use std::io::{self, Read};
use std::sync::Mutex;

use memchr::{memchr, memchr_iter, memrchr};
use rayon::prelude::*;

use super::compression::Stream;
use super::record::{self, Place, too_large};
use super::{Emit, Item, decode};
use crate::error::{Error, Result};

/// Bytes of a block: large enough that handing it to a thread costs nothing.
const BLOCK: usize = 4 << 20;

/// A line may have as many bytes as a text.
const SIZES: Sizes = Sizes { block: BLOCK, line: u32::MAX as usize };

/// Whether a stream begins with an object, white space and a byte order mark aside.
pub(super) fn begins_with_object(stream: &mut Stream<'_>) -> bool {
    let head = stream.peek(4096);
    let head = head.strip_prefix(&MARK).unwrap_or(head);
    head.trim_ascii_start().starts_with(b"{")
}

/// The byte order mark in UTF-8.
pub(super) const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Reads a stream of records, handing on what comes of each batch in order.
pub(super) fn read(mut stream: Stream<'_>, place: &Place<'_>, emit: Emit<'_>) -> Result<()> {
    if decode::utf16_mark(stream.peek(2)).is_some() {
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes) {
            return emit(vec![Err(stream.explain(&place.entry.path, error))]);
        }
        let (text, encoding) = match decode::text(bytes, None) {
            Ok(decoded) => decoded,
            Err(error) => return emit(vec![Err(error.at(&place.entry.path))]),
        };
        let place = Place { encoding, ..place.clone() };
        return read_blocks(Stream::of_bytes(text.into_bytes()), &place, SIZES, emit);
    }
    read_blocks(stream, place, SIZES, emit)
}

fn read_blocks(stream: Stream<'_>, place: &Place<'_>, sizes: Sizes, emit: Emit<'_>) -> Result<()> {
    let spare = Spare::default();
    let mut blocks = Blocks::new(stream, place, sizes, &spare);
    let mut batch = blocks.batch();
    while !batch.is_empty() {
        let parse = || -> Vec<Vec<Item>> {
            batch.into_par_iter().map(|piece| piece.parse(place, &spare)).collect()
        };
        let (items, next) = rayon::join(parse, || blocks.batch());
        items.into_iter().try_for_each(&mut *emit)?;
        batch = next;
=======
//! JSON records, one a line.
//!
//! A reader cuts the stream into blocks of a few megabytes that end at a line end and hands them
//! to the thread pool; each block is parsed by itself and the results are put in order at the end.
//! The reader never waits: when enough blocks are under way it parses the next one itself, so few
//! blocks are in memory, one thread needs no second one, and no lock is held while parsing. A line
//! longer than a block makes that one block grow.
//!
//! Cost: one pass to find line ends, one to parse. Memory: the documents and at most
//! [`BLOCKS_AHEAD`] + 1 blocks a file.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::config::Resolved;
use super::decode::{Opened, Stream, UTF8_BOM, stream_error};
use super::place::Place;
use super::record::{self, Position};
use super::sink::{Part, Sink};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a block.
const BLOCK: usize = 4 << 20;

/// Most blocks that wait or are parsed while the reader goes on.
const BLOCKS_AHEAD: usize = 16;

/// Reads all records of a stream.
pub(crate) fn read(
    opened: Opened<'_>,
    place: &Place,
    resolved: &Resolved<'_>,
    sink: &mut Sink<'_>,
) -> Result<()> {
    let Opened { reader, compressed, encoding } = opened;
    let mut blocks = Blocks::new(reader, resolved.config.max_document_bytes as usize);
    let job = Job { place, resolved, encoding, strict: sink.is_strict() };
    let ahead = (2 * (rayon::current_num_threads() - 1)).min(BLOCKS_AHEAD);
    let parts = Mutex::new(Vec::new());
    let free = Mutex::new(Vec::new());
    let under_way = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let finish = |number: usize, part: Part| {
        if job.strict && !part.problems.is_empty() {
            failed.store(true, Ordering::Relaxed);
        }
        lock(&parts).push((number, part));
    };
    let run = |number: usize, block: Block| {
        finish(number, job.parse(&block));
        if block.bytes.capacity() <= 2 * BLOCK {
            lock(&free).push(block.bytes);
        }
    };
    rayon::scope(|scope| {
        let mut number = 0;
        while !failed.load(Ordering::Relaxed) {
            let buffer = lock(&free).pop().unwrap_or_default();
            let Some(next) = blocks.next(buffer) else { break };
            match next {
                Next::TooLong { line } => finish(number, job.failure(job.too_long(line))),
                Next::Failure { error, line } => {
                    let error = stream_error(error, compressed, &place.path).line(line);
                    finish(number, job.failure(error));
                }
                Next::Block(block) if under_way.load(Ordering::Relaxed) < ahead => {
                    under_way.fetch_add(1, Ordering::Relaxed);
                    let (run, under_way) = (&run, &under_way);
                    scope.spawn(move |_| {
                        run(number, block);
                        under_way.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                Next::Block(block) => run(number, block),
            }
            number += 1;
        }
    });
    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    parts.sort_unstable_by_key(|&(number, _)| number);
    for (_, part) in parts {
        sink.absorb(part)?;
>>>>>>> report
    }
    Ok(())
}

<<<<<<< HEAD
/// Bytes of a block and of the longest line.
#[derive(Clone, Copy)]
struct Sizes {
    block: usize,
    line: usize,
}

/// Memory that goes round: clearing fresh memory for every block costs as much as reading it.
#[derive(Default)]
struct Buffer {
    /// Initialised bytes, of which the first `filled` mean something.
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Reads `wanted` bytes more, fewer at the end; those before an error stay.
    fn fill(&mut self, stream: &mut Stream<'_>, wanted: usize) -> io::Result<usize> {
        let start = self.filled;
        let end = start + wanted;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        while self.filled < end {
            match stream.read(&mut self.bytes[self.filled..end]) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled - start)
    }
}

/// Buffers that nobody uses just now.
#[derive(Default)]
struct Spare(Mutex<Vec<Buffer>>);

impl Spare {
    fn take(&self) -> Buffer {
        let mut buffer = self.0.lock().ok().and_then(|mut all| all.pop()).unwrap_or_default();
        buffer.filled = 0;
        buffer
    }

    /// Keeps a buffer, unless a long line has made it large.
    fn give(&self, buffer: Buffer) {
        if buffer.bytes.len() <= 2 * BLOCK
            && let Ok(mut all) = self.0.lock()
        {
            all.push(buffer);
        }
    }
}

/// A part of a stream.
enum Piece {
    /// Whole lines, and the number of the first.
    Lines(Buffer, u64),
    Problem(Error),
}

impl Piece {
    fn parse(self, place: &Place<'_>, spare: &Spare) -> Vec<Item> {
        match self {
            Self::Problem(error) => vec![Err(error)],
            Self::Lines(buffer, first) => {
                let items = records(buffer.filled(), first, place);
                spare.give(buffer);
                items
            }
        }
    }
}

/// What comes of whole lines.
fn records(bytes: &[u8], first: u64, place: &Place<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    // One check for the whole block is much faster than one a line.
    let valid = std::str::from_utf8(bytes).ok();
    let mut start = 0;
    for line in first.. {
        if start >= bytes.len() {
            break;
        }
        let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let text = match valid {
            Some(text) => Ok(&text[start..end]),
            None => record::utf8(&bytes[start..end], line, place),
        };
        match text {
            Ok(text) if text.trim_ascii().is_empty() => {}
            Ok(text) => record::read(text, line, place, &mut items),
            Err(error) => items.push(Err(error)),
        }
        start = end + 1;
    }
    items
}

/// Cuts a stream into blocks.
struct Blocks<'a, 'p> {
    stream: Stream<'a>,
    place: &'p Place<'p>,
    sizes: Sizes,
    spare: &'p Spare,
    /// The line begun by the last block: no newline in it.
    begun: Buffer,
    /// Number of the line that begins next.
    line: u64,
    ended: bool,
}

impl<'a, 'p> Blocks<'a, 'p> {
    fn new(mut stream: Stream<'a>, place: &'p Place<'p>, sizes: Sizes, spare: &'p Spare) -> Self {
        if stream.peek(MARK.len()) == MARK {
            stream.skip_peeked(MARK.len());
        }
        Self { stream, place, sizes, spare, begun: Buffer::default(), line: 1, ended: false }
    }

    /// A block for every thread; empty at the end.
    fn batch(&mut self) -> Vec<Piece> {
        let mut batch = Vec::new();
        while !self.ended && batch.len() < rayon::current_num_threads() {
            self.next(&mut batch);
        }
        batch
    }

    /// Adds the next block: as much as a block holds, or one long line.
    fn next(&mut self, batch: &mut Vec<Piece>) {
        let mut buffer = std::mem::take(&mut self.begun);
        loop {
            // A line without an end in sight doubles the buffer, up to the longest line there may be.
            let searched = buffer.filled;
            let wanted =
                searched.min(self.sizes.line.saturating_sub(searched)).max(self.sizes.block);
            let result = buffer.fill(&mut self.stream, wanted);
            let cut = memrchr(b'\n', &buffer.filled()[searched..]).map(|at| searched + at + 1);
            let end = !matches!(result, Ok(count) if count == wanted);
            if let Err(error) = result {
                // The line that the damage is in is not whole: the ones before it are.
                buffer.filled = cut.unwrap_or(0);
                self.push(buffer, batch);
                self.fail(error, batch);
            } else if let Some(cut) = cut.filter(|_| !end) {
                self.begin(&buffer.filled()[cut..]);
                buffer.filled = cut;
                self.push(buffer, batch);
            } else if cut.is_none() && buffer.filled > self.sizes.line {
                let error = too_large("a line").at(&self.place.entry.path).line(self.line);
                batch.push(Piece::Problem(error));
                self.line += 1;
                self.pass_line(buffer, end, batch);
            } else if end {
                self.ended = true;
                self.push(buffer, batch);
            } else {
                continue;
            }
            return;
        }
    }

    /// Keeps the beginning of a line for the next block.
    fn begin(&mut self, bytes: &[u8]) {
        let mut buffer = self.spare.take();
        let size = self.sizes.block + bytes.len();
        if buffer.bytes.len() < size {
            buffer.bytes.resize(size, 0);
        }
        buffer.bytes[..bytes.len()].copy_from_slice(bytes);
        buffer.filled = bytes.len();
        self.begun = buffer;
    }

    fn push(&mut self, buffer: Buffer, batch: &mut Vec<Piece>) {
        if buffer.filled > 0 {
            let first = self.line;
            self.line += memchr_iter(b'\n', buffer.filled()).count() as u64;
            batch.push(Piece::Lines(buffer, first));
        }
    }

    fn fail(&mut self, error: io::Error, batch: &mut Vec<Piece>) {
        let error = self.stream.explain(&self.place.entry.path, error);
        batch.push(Piece::Problem(error.line(self.line)));
        self.ended = true;
    }

    /// Passes over the rest of a line that is too long, in the memory of its beginning.
    fn pass_line(&mut self, mut buffer: Buffer, mut end: bool, batch: &mut Vec<Piece>) {
        while !end {
            buffer.filled = 0;
            match buffer.fill(&mut self.stream, self.sizes.block) {
                Err(error) => return self.fail(error, batch),
                Ok(count) => end = count < self.sizes.block,
            }
            if let Some(at) = memchr(b'\n', buffer.filled()) {
                let rest = &buffer.filled()[at + 1..];
                let cut = memrchr(b'\n', rest).map_or(0, |at| at + 1);
                let (lines, begun) = rest.split_at(if end { rest.len() } else { cut });
                self.begin(lines);
                let lines = std::mem::take(&mut self.begun);
                self.push(lines, batch);
                self.begin(begun);
                break;
            }
        }
        self.ended = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::walk::Entry;
    use crate::source::{Format, ReadConfig};

    fn read_with(input: &str, sizes: Sizes) -> Vec<std::result::Result<(String, String), u64>> {
        let entry = Entry::stream("-", Format::Jsonl);
        let config = ReadConfig::default();
        let place = Place { entry: &entry, config: &config, encoding: None };
        let mut all = Vec::new();
        let stream = Stream::of_bytes(input.as_bytes().to_vec());
        read_blocks(stream, &place, sizes, &mut |items| {
            all.extend(items);
            Ok(())
        })
        .expect("problems are items");
        all.into_iter()
            .map(|item| match item {
                Ok(document) => Ok((document.name, document.text)),
                Err(error) => Err(error.line_number().expect("a line")),
            })
            .collect()
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let long = "x".repeat(100);
        for end in ["", "\n"] {
            for block in 1..200 {
                let sizes = Sizes { block, line: 40 };
                let line = |text: &str| format!("{{\"text\":\"{text}\"}}");
                let input = [line("a"), line(&long), line("b"), line("c"), line(&long)].join("\n");
                let found = read_with(&(input + end), sizes);
                let document = |line: u64, text: &str| Ok((format!("-:{line}"), text.to_owned()));
                assert_eq!(found[0], document(1, "a"), "block {block}");
                assert_eq!(found[2..4], [document(3, "b"), document(4, "c")], "block {block}");
                assert_eq!(found.len(), 5);
                // A block that holds the whole line lets it through: nothing was lost by it.
                assert!(found[1] == Err(2) || found[1] == document(2, &long), "block {block}");
                assert!(block > 40 || found[1] == Err(2), "block {block}");
            }
        }
    }

    proptest! {
        #[test]
        fn blocks_of_any_size_cut_nothing(
            lines in prop::collection::vec("[a-zé]{0,20}|\\PC{0,9}", 0..12),
            block in 1..80_usize,
            threads in 1..4_usize,
        ) {
            let lines: Vec<String> = lines
                .iter()
                .map(|text| if text.starts_with('a') { text.clone() } else {
                    serde_json::json!({ "text": text }).to_string()
                })
                .collect();
            let naive: Vec<_> = lines
                .iter()
                .enumerate()
                .map(|(index, line)| match serde_json::from_str::<serde_json::Value>(line) {
                    Ok(value) => {
                        let text = value["text"].as_str().unwrap_or_default().to_owned();
                        Ok((format!("-:{}", index + 1), text))
                    }
                    Err(_) => Err(index as u64 + 1),
                })
                .collect();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let sizes = Sizes { block, line: 1 << 20 };
            let found = pool.install(|| read_with(&lines.join("\n"), sizes));
            prop_assert_eq!(found, naive);
        }
=======
/// A panic while a lock is held ends the whole run; until then its data is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What parsing a block needs to know.
struct Job<'a> {
    place: &'a Place,
    resolved: &'a Resolved<'a>,
    encoding: Option<&'static str>,
    strict: bool,
}

impl Job<'_> {
    fn failure(&self, error: Error) -> Part {
        Part { problems: vec![error], ..Part::default() }
    }

    fn at(&self, line: u64) -> Position<'_> {
        Position { place: self.place, line, encoding: self.encoding }
    }

    fn too_long(&self, line: u64) -> Error {
        self.at(line).locate(super::too_large("record", self.resolved.config.max_document_bytes))
    }

    /// Parses the lines of a block.
    fn parse(&self, block: &Block) -> Part {
        let mut part = Part::default();
        let mut rest = &block.bytes[..];
        let mut number = block.first_line;
        while !rest.is_empty() && !(self.strict && !part.problems.is_empty()) {
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or(&[], |end| &rest[end + 1..]);
            let line = line.trim_ascii();
            if !line.is_empty() {
                let cut_off = block.cut_off && rest.is_empty();
                self.parse_line(line, number, cut_off, &mut part);
            }
            number += 1;
        }
        part
    }

    /// Parses one line. Of a line that damage may have cut off only what is whole counts.
    fn parse_line(&self, line: &[u8], number: u64, cut_off: bool, part: &mut Part) {
        let at = self.at(number);
        if line.len() > self.resolved.config.max_document_bytes as usize {
            return part.problem(self.too_long(number));
        }
        match std::str::from_utf8(line) {
            Ok(_) | Err(_) if cut_off && !is_json(line) => {}
            Ok(json) => record::add(json, at, self.resolved, part),
            Err(error) => {
                let byte = error.valid_up_to();
                let found = format!("bytes that are not UTF-8 at byte {byte} of the line");
                part.problem(
                    at.locate(
                        Error::new(ErrorKind::Encoding, found)
                            .remedy("state the encoding of the file with --encoding"),
                    ),
                );
            }
        }
    }
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Whole lines of a stream.
struct Block {
    bytes: Vec<u8>,
    /// Number of its first line, from 1.
    first_line: u64,
    /// Whether the stream failed within its last line.
    cut_off: bool,
}

/// What comes next in a stream.
enum Next {
    Block(Block),
    /// A line that is longer than allowed; it has been passed over.
    TooLong {
        line: u64,
    },
    /// The stream cannot be read on.
    Failure {
        error: io::Error,
        line: u64,
    },
}

/// Cuts a stream into blocks.
struct Blocks<'a> {
    reader: Stream<'a>,
    /// The start of a line whose end has not been read.
    carry: Vec<u8>,
    /// Number of the next line, from 1.
    line: u64,
    longest_line: usize,
    at_start: bool,
    at_end: bool,
    failure: Option<io::Error>,
}

impl<'a> Blocks<'a> {
    fn new(reader: Stream<'a>, longest_line: usize) -> Self {
        Self {
            reader,
            carry: Vec::new(),
            line: 1,
            longest_line,
            at_start: true,
            at_end: false,
            failure: None,
        }
    }

    /// The next block, in `buffer`.
    fn next(&mut self, mut buffer: Vec<u8>) -> Option<Next> {
        buffer.clear();
        buffer.extend_from_slice(&self.carry);
        self.carry.clear();
        // The first search takes in what was carried over: it may hold whole lines.
        let mut searched = 0;
        while !self.at_end {
            self.fill(&mut buffer);
            if let Some(end) = memchr::memrchr(b'\n', &buffer[searched..]) {
                let end = searched + end + 1;
                self.carry.extend_from_slice(&buffer[end..]);
                buffer.truncate(end);
                return Some(self.block(buffer, false));
            }
            if buffer.len() > self.longest_line {
                return Some(self.pass_over(buffer));
            }
            searched = buffer.len();
        }
        if !buffer.is_empty() {
            let cut_off = self.failure.is_some();
            return Some(self.block(buffer, cut_off));
        }
        self.failure.take().map(|error| Next::Failure { error, line: self.line })
    }

    fn block(&mut self, bytes: Vec<u8>, cut_off: bool) -> Next {
        let first_line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Next::Block(Block { bytes, first_line, cut_off })
    }

    /// Adds a block's worth of bytes, or as much again as there is when a line is long.
    fn fill(&mut self, buffer: &mut Vec<u8>) {
        let wanted = BLOCK.max(buffer.len());
        buffer.reserve(wanted);
        match self.reader.by_ref().take(wanted as u64).read_to_end(buffer) {
            Ok(0) => self.at_end = true,
            Ok(_) => {}
            Err(error) => {
                self.at_end = true;
                self.failure = Some(error);
            }
        }
        if self.at_start && buffer.starts_with(UTF8_BOM) {
            buffer.drain(..UTF8_BOM.len());
        }
        self.at_start = false;
    }

    /// Reads to the end of a line that is too long, keeping what follows it.
    fn pass_over(&mut self, mut buffer: Vec<u8>) -> Next {
        let line = self.line;
        while !self.at_end {
            buffer.clear();
            self.fill(&mut buffer);
            if let Some(end) = memchr::memchr(b'\n', &buffer) {
                self.carry.extend_from_slice(&buffer[end + 1..]);
                break;
            }
        }
        self.line += 1;
        Next::TooLong { line }
>>>>>>> report
    }
}
