//! Streams of records whose ends are found faster than the records are parsed.
//!
//! A reader cuts the stream into blocks of a megabyte that end where a record ends and hands them
//! to the thread pool; each block is parsed by itself and the results are put in order at the end.
//! The reader never waits: when enough blocks are under way it parses the next one itself, so few
//! blocks are in memory, one thread needs no second one, and no lock is held while parsing. A
//! record longer than a block makes that one block grow.
//!
//! Cost: one pass to find ends, one to parse. Memory: the documents and at most
//! `BLOCKS_AHEAD` + 1 blocks a file.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::decode::{Stream, UTF8_BOM, stream_error};
use super::pieces::Pieces;
use super::sink::Part;
use crate::error::Error;

/// Bytes of a block.
const BLOCK: usize = 1 << 20;

/// Bytes of the first block; the next ones double. Many files are small.
const FIRST_BLOCK: usize = 64 << 10;

/// Most blocks that wait or are parsed while the reader goes on.
const BLOCKS_AHEAD: usize = 16;

/// Where the last whole record of some bytes ends, which begin with a record; up to the second
/// argument there is no end.
pub(crate) type LastEnd<'a> = &'a dyn Fn(&[u8], usize) -> Option<usize>;

/// Where a record ends whose bytes come piece by piece, from its start.
pub(crate) type FindEnd<'a> = Box<dyn FnMut(&[u8]) -> Option<usize> + 'a>;

/// A format whose records can be told apart before they are parsed.
pub(crate) trait Job: Send + Sync {
    /// Where the last whole record ends; see [`LastEnd`].
    fn last_end(&self, bytes: &[u8], searched: usize) -> Option<usize>;

    /// Finds the end of one record.
    fn end(&self) -> FindEnd<'_>;

    /// Parses the records of a block.
    fn parse(&self, block: &Block) -> Part;

    /// The error for a record that is too long.
    fn too_long(&self, line: u64) -> Error;

    /// Name of the file.
    fn path(&self) -> &str;

    /// Whether reading stops at the first problem.
    fn is_strict(&self) -> bool;
}

/// The records of a stream, read in blocks.
pub(crate) struct InBlocks<'a, J> {
    blocks: Blocks<'a>,
    job: J,
    compressed: bool,
    /// Blocks to use again.
    free: Vec<Buffer>,
    /// Whether reading is over.
    over: bool,
}

impl<'a, J: Job> InBlocks<'a, J> {
    /// Reads records of at most `longest` bytes.
    pub(crate) fn new(reader: Stream<'a>, compressed: bool, longest: usize, job: J) -> Self {
        let blocks = Blocks::new(reader, longest);
        Self { blocks, job, compressed, free: Vec::new(), over: false }
    }
}

impl<J: Job> Pieces for InBlocks<'_, J> {
    fn next(&mut self, want: usize) -> Option<Part> {
        let Self { blocks, job, compressed, free, over } = self;
        let (job, strict) = (&*job, job.is_strict());
        let ahead = (2 * (rayon::current_num_threads() - 1)).min(BLOCKS_AHEAD);
        let parts = Mutex::new(Vec::new());
        let free = Mutex::new(free);
        let under_way = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let finish = |number: usize, part: Part| {
            if strict && !part.problems.is_empty() {
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
            let (mut number, mut bytes) = (0, 0);
            while !*over && bytes < want {
                if failed.load(Ordering::Relaxed) {
                    *over = true;
                    break;
                }
                let buffer = lock(&free).pop().unwrap_or_default();
                let Some(next) = blocks.next(buffer, &|bytes, from| job.last_end(bytes, from))
                else {
                    *over = true;
                    break;
                };
                match next {
                    Next::TooLong(buffer) => {
                        let line = blocks.pass_over(buffer, job.end());
                        finish(number, Part::failure(job.too_long(line)));
                    }
                    Next::Failure { error, line } => {
                        let error = stream_error(error, *compressed, job.path()).line(line);
                        finish(number, Part::failure(error));
                    }
                    Next::Block(block) => {
                        bytes += block.buffer.length;
                        if under_way.load(Ordering::Relaxed) < ahead {
                            under_way.fetch_add(1, Ordering::Relaxed);
                            let (run, under_way) = (&run, &under_way);
                            scope.spawn(move |_| {
                                run(number, block);
                                under_way.fetch_sub(1, Ordering::Relaxed);
                            });
                        } else {
                            run(number, block);
                        }
                    }
                }
                number += 1;
            }
        });
        let parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        Part::of_numbered(parts)
    }
}

/// A panic while a lock is held ends the whole run; until then its data is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Memory that is used for one block after another, so that it is cleared only once.
#[derive(Default)]
pub(crate) struct Buffer {
    space: Vec<u8>,
    /// How much of it holds bytes of the stream.
    length: usize,
}

impl Buffer {
    pub(crate) fn bytes(&self) -> &[u8] {
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

/// Whole records of a stream.
pub(crate) struct Block {
    pub(crate) buffer: Buffer,
    /// Number of its first line, from 1.
    pub(crate) first_line: u64,
    /// Whether the stream failed within its last record.
    pub(crate) cut_off: bool,
}

/// What comes next in a stream.
enum Next {
    Block(Block),
    /// The start of a record that is longer than allowed, to be passed over.
    TooLong(Buffer),
    /// The stream cannot be read on.
    Failure {
        error: io::Error,
        line: u64,
    },
}

/// Cuts a stream into blocks.
struct Blocks<'a> {
    reader: Stream<'a>,
    /// The start of a record whose end has not been read.
    carry: Vec<u8>,
    /// Number of the next line, from 1.
    line: u64,
    longest: usize,
    block_size: usize,
    at_start: bool,
    at_end: bool,
    failure: Option<io::Error>,
}

impl<'a> Blocks<'a> {
    fn new(reader: Stream<'a>, longest: usize) -> Self {
        Self {
            reader,
            carry: Vec::new(),
            line: 1,
            longest,
            block_size: FIRST_BLOCK,
            at_start: true,
            at_end: false,
            failure: None,
        }
    }

    /// The next block, in `buffer`.
    fn next(&mut self, mut buffer: Buffer, last_end: LastEnd<'_>) -> Option<Next> {
        buffer.set(&self.carry);
        self.carry.clear();
        // The first search takes in what was carried over: it may hold whole records.
        let mut searched = 0;
        while !self.at_end {
            self.fill(&mut buffer);
            if let Some(end) = last_end(buffer.bytes(), searched) {
                self.carry.extend_from_slice(&buffer.bytes()[end..]);
                buffer.length = end;
                return Some(self.block(buffer, false));
            }
            if buffer.length > self.longest {
                return Some(Next::TooLong(buffer));
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

    /// Adds a block's worth of bytes, or as much again as there is when a record is long.
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

    /// Reads to the end of a record that begins with `buffer`, keeping what follows it; its line.
    fn pass_over(&mut self, mut buffer: Buffer, mut find: FindEnd<'_>) -> u64 {
        let line = self.line;
        loop {
            let bytes = buffer.bytes();
            let end = find(bytes);
            let (passed, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
            self.carry.extend_from_slice(rest);
            if end.is_some() || self.at_end {
                return line;
            }
            buffer.length = 0;
            self.fill(&mut buffer);
        }
    }
}
