//! JSON records, one a line.
//!
//! A reader cuts the stream into blocks of a megabyte that end at a line end and hands them
//! to the thread pool; each block is parsed by itself and the results are put in order at the end.
//! The reader never waits: when enough blocks are under way it parses the next one itself, so few
//! blocks are in memory, one thread needs no second one, and no lock is held while parsing. A line
//! longer than a block makes that one block grow.
//!
//! Cost: one pass to find line ends, one to parse. Memory: the documents and at most
//! `BLOCKS_AHEAD` + 1 blocks a file.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::config::Resolved;
use super::decode::{Opened, Stream, UTF8_BOM, stream_error};
use super::place::Place;
use super::record::{self, Position};
use super::sink::{Part, Sink};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a block.
const BLOCK: usize = 1 << 20;

/// Bytes of the first block; the next ones double. Many files are small.
const FIRST_BLOCK: usize = 64 << 10;

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
        // One long line must not hold its memory to the end.
        if block.buffer.space.len() <= 3 * BLOCK {
            lock(&free).push(block.buffer);
        }
    };
    rayon::scope(|scope| {
        let mut number = 0;
        while !failed.load(Ordering::Relaxed) {
            let buffer = lock(&free).pop().unwrap_or_default();
            let Some(next) = blocks.next(buffer) else { break };
            match next {
                Next::TooLong { line } => finish(number, Part::failure(job.too_long(line))),
                Next::Failure { error, line } => {
                    let error = stream_error(error, compressed, &place.path).line(line);
                    finish(number, Part::failure(error));
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
    }
    Ok(())
}

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
    fn at(&self, line: u64) -> Position<'_> {
        Position { place: self.place, line, encoding: self.encoding }
    }

    fn too_long(&self, line: u64) -> Error {
        self.at(line).locate(super::too_large("record", self.resolved.config.max_document_bytes))
    }

    /// Parses the lines of a block.
    fn parse(&self, block: &Block) -> Part {
        let mut part = Part::default();
        let mut rest = block.buffer.bytes();
        let mut number = block.first_line;
        while !rest.is_empty() && (part.problems.is_empty() || !self.strict) {
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

/// Memory that is used for one block after another, so that it is cleared only once.
#[derive(Default)]
struct Buffer {
    space: Vec<u8>,
    /// How much of it holds bytes of the stream.
    length: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        &self.space[..self.length]
    }

    /// Holds `bytes` and nothing else.
    fn set(&mut self, bytes: &[u8]) {
        if self.space.len() < bytes.len() {
            self.space.resize(bytes.len(), 0);
        }
        self.space[..bytes.len()].copy_from_slice(bytes);
        self.length = bytes.len();
    }
}

/// Whole lines of a stream.
struct Block {
    buffer: Buffer,
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
    block_size: usize,
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
            block_size: FIRST_BLOCK,
            at_start: true,
            at_end: false,
            failure: None,
        }
    }

    /// The next block, in `buffer`.
    fn next(&mut self, mut buffer: Buffer) -> Option<Next> {
        buffer.set(&self.carry);
        self.carry.clear();
        // The first search takes in what was carried over: it may hold whole lines.
        let mut searched = 0;
        while !self.at_end {
            self.fill(&mut buffer);
            if let Some(end) = memchr::memrchr(b'\n', &buffer.bytes()[searched..]) {
                let end = searched + end + 1;
                self.carry.extend_from_slice(&buffer.bytes()[end..]);
                buffer.length = end;
                return Some(self.block(buffer, false));
            }
            if buffer.length > self.longest_line {
                return Some(self.pass_over(buffer));
            }
            searched = buffer.length;
        }
        if buffer.length > 0 {
            let cut_off = self.failure.is_some();
            return Some(self.block(buffer, cut_off));
        }
        self.failure.take().map(|error| Next::Failure { error, line: self.line })
    }

    fn block(&mut self, buffer: Buffer, cut_off: bool) -> Next {
        let first_line = self.line;
        self.line += memchr::memchr_iter(b'\n', buffer.bytes()).count() as u64;
        Next::Block(Block { buffer, first_line, cut_off })
    }

    /// Adds a block's worth of bytes, or as much again as there is when a line is long.
    fn fill(&mut self, buffer: &mut Buffer) {
        let end = buffer.length + self.block_size.max(buffer.length);
        self.block_size = BLOCK.min(2 * self.block_size);
        if buffer.space.len() < end {
            buffer.space.resize(end, 0);
        }
        while buffer.length < end {
            match self.reader.read(&mut buffer.space[buffer.length..end]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => buffer.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.at_end = true;
                    self.failure = Some(error);
                    break;
                }
            }
        }
        if self.at_start && buffer.bytes().starts_with(UTF8_BOM) {
            // A blank before the first record is nothing.
            buffer.space[..UTF8_BOM.len()].fill(b' ');
        }
        self.at_start = false;
    }

    /// Reads to the end of a line that is too long, keeping what follows it.
    fn pass_over(&mut self, mut buffer: Buffer) -> Next {
        let line = self.line;
        while !self.at_end {
            buffer.length = 0;
            self.fill(&mut buffer);
            if let Some(end) = memchr::memchr(b'\n', buffer.bytes()) {
                self.carry.extend_from_slice(&buffer.bytes()[end + 1..]);
                break;
            }
        }
        self.line += 1;
        Next::TooLong { line }
    }
}
