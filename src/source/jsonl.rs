//! JSON lines: one record a line, at the speed of the parser.
//!
//! One reader cuts the stream into blocks of whole lines; the pool parses a batch of blocks while
//! the next batch is being read. Blocks keep their order, so records do. A line longer than a
//! block grows that block. O(bytes); memory two batches of one block a thread, besides the texts.

use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};
use rayon::prelude::*;

use super::compression::Stream;
use super::record::{self, Place, too_large};
use super::{Emit, Item, decode};
use crate::error::{Error, Result};

/// Bytes of a block: large enough that handing it to a thread costs nothing.
const BLOCK: usize = 4 << 20;

/// Most bytes of a line.
const MOST: usize = u32::MAX as usize;

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
        return read_blocks(Blocks::new(Stream::of_bytes(text.into_bytes()), &place), emit);
    }
    read_blocks(Blocks::new(stream, place), emit)
}

fn read_blocks(mut blocks: Blocks<'_, '_>, emit: Emit<'_>) -> Result<()> {
    let place = blocks.place;
    let mut batch = blocks.batch();
    while !batch.is_empty() {
        let parse = || -> Vec<Vec<Item>> {
            batch.into_par_iter().map(|piece| piece.parse(place)).collect()
        };
        let (items, next) = rayon::join(parse, || blocks.batch());
        items.into_iter().try_for_each(&mut *emit)?;
        batch = next;
    }
    Ok(())
}

/// A part of a stream.
enum Piece {
    /// Whole lines, and the number of the first.
    Lines(Vec<u8>, u64),
    Problem(Error),
}

impl Piece {
    fn parse(self, place: &Place<'_>) -> Vec<Item> {
        let mut items = Vec::new();
        match self {
            Self::Problem(error) => items.push(Err(error)),
            Self::Lines(bytes, first) => {
                // One check for the whole block is much faster than one a line.
                let valid = std::str::from_utf8(&bytes).ok();
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
            }
        }
        items
    }
}

/// Cuts a stream into blocks.
struct Blocks<'a, 'p> {
    stream: Stream<'a>,
    place: &'p Place<'p>,
    /// The line begun by the last block: no newline in it.
    begun: Vec<u8>,
    /// Number of the line that begins next.
    line: u64,
    block: usize,
    most: usize,
    ended: bool,
}

impl<'a, 'p> Blocks<'a, 'p> {
    fn new(mut stream: Stream<'a>, place: &'p Place<'p>) -> Self {
        if stream.peek(MARK.len()) == MARK {
            stream.skip_peeked(MARK.len());
        }
        let (block, most) = (BLOCK, MOST);
        Self { stream, place, begun: Vec::new(), line: 1, block, most, ended: false }
    }

    /// A block for every thread; empty at the end.
    fn batch(&mut self) -> Vec<Piece> {
        let mut batch = Vec::new();
        while !self.ended && batch.len() < rayon::current_num_threads() {
            self.next(&mut batch);
        }
        batch
    }

    fn next(&mut self, batch: &mut Vec<Piece>) {
        let mut bytes = std::mem::take(&mut self.begun);
        loop {
            let searched = bytes.len();
            let wanted = self.block.max(2 * searched) - searched;
            bytes.reserve(wanted);
            let result = self.stream.by_ref().take(wanted as u64).read_to_end(&mut bytes);
            let cut = memrchr(b'\n', &bytes[searched..]).map(|at| searched + at + 1);
            match result {
                Err(error) => {
                    // The line that the damage is in is not whole: the ones before it are.
                    bytes.truncate(cut.unwrap_or(0));
                    self.push(bytes, batch);
                    let error = self.stream.explain(&self.place.entry.path, error);
                    batch.push(Piece::Problem(error.line(self.line)));
                    self.ended = true;
                    return;
                }
                Ok(count) if count < wanted => {
                    self.ended = true;
                    if cut.is_none() && bytes.len() > self.most {
                        self.refuse(batch);
                    } else {
                        self.push(bytes, batch);
                    }
                    return;
                }
                Ok(_) => {}
            }
            if let Some(cut) = cut {
                self.begun.reserve(self.block);
                self.begun.extend_from_slice(&bytes[cut..]);
                bytes.truncate(cut);
                self.push(bytes, batch);
                return;
            }
            if bytes.len() > self.most {
                self.refuse(batch);
                self.begun = self.after_newline(batch);
                return;
            }
        }
    }

    fn push(&mut self, bytes: Vec<u8>, batch: &mut Vec<Piece>) {
        if !bytes.is_empty() {
            let first = self.line;
            self.line += memchr_iter(b'\n', &bytes).count() as u64;
            batch.push(Piece::Lines(bytes, first));
        }
    }

    /// Names a line that is too long.
    fn refuse(&mut self, batch: &mut Vec<Piece>) {
        let error = too_large("a line").at(&self.place.entry.path).line(self.line);
        batch.push(Piece::Problem(error));
        self.line += 1;
    }

    /// Passes over the rest of a line and returns what was read beyond it, which has no newline
    /// or is parsed as lines of its own.
    fn after_newline(&mut self, batch: &mut Vec<Piece>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.block);
        loop {
            bytes.clear();
            let limit = self.block as u64;
            let result = self.stream.by_ref().take(limit).read_to_end(&mut bytes);
            if let Err(error) = result {
                let error = self.stream.explain(&self.place.entry.path, error);
                batch.push(Piece::Problem(error.line(self.line)));
                self.ended = true;
                return Vec::new();
            }
            if let Some(at) = memchr(b'\n', &bytes) {
                let rest = bytes.split_off(at + 1);
                let Some(last) = memrchr(b'\n', &rest) else { return rest };
                let begun = rest[last + 1..].to_vec();
                self.push(rest[..=last].to_vec(), batch);
                return begun;
            }
            if bytes.len() < self.block {
                self.ended = true;
                return Vec::new();
            }
        }
    }
}
