//! The quick way: words read off bit masks.
//!
//! A chunk of the text is classified block by block ([`simd`](super::simd)). In the mask of word
//! bytes a run starts where a bit follows none and ends where none follows a bit; a table turns
//! each byte of the mask of these edges into eight positions, written whether there are so many or
//! not, so that no branch depends on the text. Then each run is hashed as a plain word: one load of
//! 16 bytes, lower-cased by setting bit 5 (it is set in digits already), cut to length by a mask.
//!
//! Runs that hold an apostrophe or touch a byte beyond ASCII are remembered by their number and
//! mended afterwards: what is between two ASCII separators is all that the general way
//! ([`run`](super::run)) needs to see. Most of them are plain words in curly quotes or
//! possessives and keep their place; only where a run is not one token is the chunk put together
//! anew. Runs that hold a digit are remembered, too, and hashed once more, as words with digits.
//!
//! Cost: linear. Of English, with AVX2 a third of the time of a loop over a table of bytes that knows
//! no apostrophes, with AVX-512 less than a quarter; scratch of 40 kB, less for shorter texts.

#![allow(clippy::inline_always, reason = "must become part of the code for one processor")]

use super::contraction::{self, Glance, word_hash};
use super::run;
use super::simd::Masks;
use super::{Token, TokenBuffer, TokenHash};
use crate::hash;
use crate::span::Span;

/// Bytes classified together.
pub(super) const BLOCK: usize = 64;
/// Blocks a chunk: its columns stay in the first-level cache.
const BLOCKS: usize = 64;
/// Positions that may be written for a block: one a byte, and rubbish after the last.
pub(super) const ROOM: usize = BLOCK + 8;
/// Scratch of the quick way.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    runs: Runs,
    special: Special,
    /// The runs with one place for each token, where they are not the same.
    places: Vec<[u32; 2]>,
}

/// The tokens of runs that are not plain words.
#[derive(Clone, Debug, Default)]
struct Special {
    tokens: Vec<Token>,
    /// Number of a run and the end of its tokens, which start where those of the run before end.
    runs: Vec<(usize, usize)>,
    form: Vec<u8>,
    general: run::Scratch,
}

/// The runs of a chunk: what stands between ASCII separators.
#[derive(Clone, Debug, Default)]
struct Runs {
    /// Where runs start and end, by turns; after `filled`, rubbish.
    edges: Vec<u32>,
    filled: usize,
    /// Those that are no plain word.
    special: Marked,
    /// Those that hold a digit.
    numbered: Marked,
}

/// The runs that hold one of certain bytes.
#[derive(Clone, Debug, Default)]
struct Marked {
    /// Their numbers, ascending; of those that have ended.
    runs: Vec<u32>,
    /// Whether the open run is one of them.
    open: bool,
}

/// Fills `out` with the tokens of a text of less than 4 GiB.
#[inline(always)]
pub(super) fn tokenize(
    text: &str,
    scratch: &mut Scratch,
    out: &mut TokenBuffer,
    classify: impl Fn(&[u8; BLOCK]) -> Masks,
    write_positions: impl Fn(&mut [u32; ROOM], u32, u64),
    hash_words: impl Fn(&[u8], &[[u32; 2]], &mut [TokenHash]),
) {
    out.clear();
    scratch.runs.reset(text.len());
    let bytes = text.as_bytes();
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut done = 0;
    loop {
        let chunk = &blocks[done..blocks.len().min(done + BLOCKS)];
        for block in chunk {
            scratch.runs.add(bytes, done * BLOCK, classify(block), &write_positions);
            done += 1;
        }
        let is_last = chunk.len() < BLOCKS;
        if is_last {
            // What is left, as if zero bytes followed: they end the last run.
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            scratch.runs.add(bytes, done * BLOCK, classify(&block), &write_positions);
        }
        scratch.emit(text, out, &hash_words);
        if is_last {
            return;
        }
    }
}

impl Runs {
    fn reset(&mut self, bytes: usize) {
        // At most every byte is an edge; a block may be written beyond the last.
        let most = bytes.min(BLOCK * BLOCKS) + 2 * BLOCK;
        if self.edges.len() < most {
            self.edges.resize(most, 0);
        }
        self.filled = 0;
        for marked in [&mut self.special, &mut self.numbered] {
            marked.runs.clear();
            marked.open = false;
        }
    }

    /// Adds the edges that lie in a block.
    #[inline(always)]
    fn add(
        &mut self,
        text: &[u8],
        base: usize,
        masks: Masks,
        write_positions: impl Fn(&mut [u32; ROOM], u32, u64),
    ) {
        let joined = if masks.apostrophe == 0 { 0 } else { joining(text, base, masks) };
        let inside = masks.word | joined;
        let open = self.filled as u64 & 1;
        let edges = inside ^ (inside << 1 | open);
        let before = self.filled / 2;
        self.special.add(inside, edges, joined | masks.wide, before);
        self.numbered.add(inside, edges, masks.digit, before);
        if let Some(room) = self.edges[self.filled..].first_chunk_mut() {
            write_positions(room, base as u32, edges);
            self.filled += edges.count_ones() as usize;
        }
    }

    /// Keeps only the open run, if there is one.
    fn carry(&mut self) {
        let open = self.filled % 2;
        if open == 1 {
            self.edges[0] = self.edges[self.filled - 1];
        }
        self.filled = open;
        self.special.runs.clear();
        self.numbered.runs.clear();
    }
}

impl Marked {
    /// Adds the runs that end in a block and hold one of `bits`, each of which is `inside` a run;
    /// `before` runs have ended in earlier blocks.
    #[inline(always)]
    fn add(&mut self, inside: u64, edges: u64, bits: u64, before: usize) {
        if bits != 0 || self.open {
            self.add_some(inside, edges & !inside, bits, before);
        }
    }

    #[inline(never)]
    fn add_some(&mut self, inside: u64, ends: u64, bits: u64, before: usize) {
        // A bit added to a run of ones is carried to the zero behind the run, and no further.
        let (sum, beyond) = inside.overflowing_add(bits);
        let (sum, still_beyond) = sum.overflowing_add(u64::from(self.open));
        self.open = beyond | still_beyond;
        let mut ended = sum & ends;
        while ended != 0 {
            let below = (ended & ended.wrapping_neg()) - 1;
            self.runs.push((before as u32) + (ends & below).count_ones());
            ended &= ended - 1;
        }
    }
}

/// For each byte, the numbers of its set bits, then rubbish. As wide as the positions made of them:
/// to widen them costs more than 8 kB of the first-level cache.
static BITS: [[u32; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut filled = 0;
        let mut bit = 0;
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][filled] = bit;
                filled += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Writes the position of each set bit to `column`, and rubbish after the last.
#[inline(always)]
pub(super) fn write_positions(column: &mut [u32; ROOM], base: u32, bits: u64) {
    let mut filled = 0;
    for (i, byte) in bits.to_le_bytes().into_iter().enumerate() {
        let base = base + 8 * i as u32;
        // All read before any is written, so that the compiler may do it in one go.
        let positions = BITS[byte as usize].map(|bit| base + bit);
        column[filled..filled + 8].copy_from_slice(&positions);
        filled += byte.count_ones() as usize;
    }
}

/// The apostrophes that stand between letters, or beside what only the general way can judge.
#[inline(always)]
fn joining(text: &[u8], base: usize, masks: Masks) -> u64 {
    let letters = masks.word & !masks.digit;
    let (first, last) = (masks.apostrophe & 1, masks.apostrophe & LAST);
    let mut joined = masks.apostrophe & (letters << 1 | first) & (letters >> 1 | last);
    // Their neighbours stand in other blocks.
    if first | last != 0 {
        let joins = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
        };
        if !base.checked_sub(1).is_some_and(|before| joins(text.get(before))) {
            joined &= !1;
        }
        if !joins(text.get(base + BLOCK)) {
            joined &= !LAST;
        }
    }
    joined
}

/// The last byte of a block.
const LAST: u64 = 1 << (BLOCK - 1);

impl Scratch {
    /// Appends the tokens of all runs that have ended.
    #[inline(always)]
    fn emit(
        &mut self,
        text: &str,
        out: &mut TokenBuffer,
        hash_words: impl Fn(&[u8], &[[u32; 2]], &mut [TokenHash]),
    ) {
        let runs = self.runs.edges[..self.runs.filled].as_chunks().0;
        let special = &mut self.special;
        special.tokens.clear();
        special.runs.clear();
        let mut one_each = true;
        for &run in &self.runs.special.runs {
            let [start, end] = runs[run as usize];
            one_each &= special.add(text, run as usize, start, end);
        }
        let first = out.len();
        let places = if one_each {
            runs
        } else {
            special.make_places(runs, &mut self.places);
            &self.places
        };
        out.push_places(places);
        hash_words(text.as_bytes(), places, &mut out.hashes[first..]);
        special.rehash(text.as_bytes(), runs, &self.runs.numbered.runs, &mut out.hashes[first..]);
        special.overwrite(first, out);
        // Counting all is quicker than stopping at the first.
        if out.hashes[first..].iter().filter(|&&hash| hash == CANNOT).count() > 0 {
            split_cannot(text.as_bytes(), first, out);
        }
        self.runs.carry();
    }
}

impl Special {
    /// Adds a run, unless it is a word that is hashed as it stands. Whether it is one token.
    #[inline(never)]
    fn add(&mut self, text: &str, run: usize, start: u32, end: u32) -> bool {
        let bytes = text.as_bytes();
        let (mut from, mut to) = (start as usize, end as usize);
        let word = &bytes[from..to];
        let tokens = &mut self.tokens;
        let before = tokens.len();
        let span = Span { start, end };
        if word.is_ascii() {
            let glance = match bytes.get(from..from + 16).and_then(|bytes| bytes.first_chunk()) {
                Some(block) if word.len() <= 16 => {
                    let (low, high) = lower_case(block, word.len());
                    contraction::glance(low, high, word.len())
                }
                _ => Glance::Unclear,
            };
            match glance {
                Glance::Whole => return true,
                Glance::Two(words) => tokens.extend(words.map(|hash| Token { span, hash })),
                Glance::Unclear => {
                    self.form.clear();
                    self.form.extend(word.iter().map(|byte| match byte {
                        b'`' => b'\'',
                        byte => byte.to_ascii_lowercase(),
                    }));
                    contraction::expand(&self.form, |form| {
                        tokens.push(Token { span, hash: TokenHash::of(form, false) });
                    });
                }
            }
        } else {
            while bytes[from..to].first_chunk().copied().is_some_and(is_quote_or_dash) {
                from += 3;
            }
            while bytes[from..to].last_chunk().copied().is_some_and(is_quote_or_dash) {
                to -= 3;
            }
            run::tokenize(text, from, to, &mut self.general, tokens);
        }
        self.runs.push((run, tokens.len()));
        tokens.len() == before + 1
    }

    /// Makes as many places of a run as it has tokens.
    #[inline(never)]
    fn make_places(&self, runs: &[[u32; 2]], places: &mut Vec<[u32; 2]>) {
        places.clear();
        let (mut next, mut first) = (0, 0);
        for &(run, end) in &self.runs {
            places.extend_from_slice(&runs[next..run]);
            // Empty places: a run of a million ideographs is not to be hashed a million times.
            places.resize(places.len() + (end - first), [runs[run][0]; 2]);
            (next, first) = (run + 1, end);
        }
        places.extend_from_slice(&runs[next..]);
    }

    /// Hashes the runs with digits anew, unless they are special, too. The places of `hashes` are
    /// those of [`Self::make_places`].
    #[inline(always)]
    fn rehash(&self, text: &[u8], runs: &[[u32; 2]], numbered: &[u32], hashes: &mut [TokenHash]) {
        let (mut before, mut tokens) = (0, 0);
        for &run in numbered {
            let run = run as usize;
            while let Some(&(special, end)) = self.runs.get(before)
                && special < run
            {
                (before, tokens) = (before + 1, end);
            }
            if self.runs.get(before).is_none_or(|&(special, _)| special > run) {
                let hash = ascii_hash(text, runs[run], hash::numbered_block_hash);
                hashes[run - before + tokens] = TokenHash::from_hash(hash, false);
            }
        }
    }

    /// Writes the tokens over the places that were made for them, in `out` from `place` on.
    fn overwrite(&self, mut place: usize, out: &mut TokenBuffer) {
        let (mut next, mut first) = (0, 0);
        for &(run, end) in &self.runs {
            place += run - next;
            // Mostly one or two: no call of memcpy for them.
            for token in &self.tokens[first..end] {
                out.starts[place] = token.span.start;
                out.ends[place] = token.span.end;
                out.hashes[place] = token.hash;
                place += 1;
            }
            (next, first) = (run + 1, end);
        }
    }
}

impl TokenBuffer {
    /// Appends a token for each run, without its hash.
    #[inline(always)]
    fn push_places(&mut self, runs: &[[u32; 2]]) {
        // Loops of their own, so that hashing keeps its keys in registers.
        self.starts.extend(runs.iter().map(|run| run[0]));
        self.ends.extend(runs.iter().map(|run| run[1]));
        self.hashes.resize(self.hashes.len() + runs.len(), TokenHash(0));
    }
}

/// Hashes each run as a word of letters.
#[inline(always)]
pub(super) fn hash_words(text: &[u8], runs: &[[u32; 2]], hashes: &mut [TokenHash]) {
    for (&run, hash) in runs.iter().zip(hashes) {
        let plain = ascii_hash(text, run, hash::letters_block_hash);
        *hash = TokenHash::from_hash(plain, false);
    }
}

/// Hash of the lower-case form of ASCII letters and digits; `of_block` is for those of at most 16.
#[inline(always)]
fn ascii_hash(text: &[u8], run: [u32; 2], of_block: impl Fn(u64, u64) -> u64) -> u64 {
    let [start, end] = run.map(|edge| edge as usize);
    match text.get(start..start + 16).and_then(|bytes| bytes.first_chunk()) {
        Some(block) if end - start <= 16 => {
            let (low, high) = lower_case(block, end - start);
            of_block(low, high)
        }
        _ => ascii_hash_slowly(&text[start..end]),
    }
}

/// The lower-case form of an ASCII word of at most 16 bytes, which stand first in a block.
#[inline(always)]
fn lower_case(block: &[u8; 16], len: usize) -> (u64, u64) {
    hash::first_bytes(u128::from_le_bytes(*block) | LOWER_CASE, len)
}

/// Bit 5 of every byte: set in small letters, digits and apostrophes, not in capitals.
pub(super) const LOWER_CASE: u128 = u128::from_le_bytes([0x20; 16]);

/// The same for long words and at the text's end. What is not ASCII is special, so any hash will do.
#[cold]
#[inline(never)]
fn ascii_hash_slowly(word: &[u8]) -> u64 {
    let mut short = [0; 16];
    match short.get_mut(..word.len()) {
        _ if !word.is_ascii() => 0,
        Some(form) => {
            form.copy_from_slice(word);
            form.make_ascii_lowercase();
            hash::token_hash(form)
        }
        None => hash::token_hash(&word.to_ascii_lowercase()),
    }
}

const CANNOT: TokenHash = word_hash(b"cannot");

/// Replaces *cannot* by *can*, *not* among the tokens from `first` on.
#[cold]
fn split_cannot(text: &[u8], first: usize, out: &mut TokenBuffer) {
    for at in (first..out.len()).rev() {
        let (start, end) = (out.starts[at], out.ends[at]);
        // Another word may have this hash by accident, and another token this span.
        if out.hashes[at] == CANNOT
            && text[start as usize..end as usize].eq_ignore_ascii_case(b"cannot")
        {
            out.starts.insert(at, start);
            out.ends.insert(at, end);
            out.hashes[at] = word_hash(b"not");
            out.hashes.insert(at, word_hash(b"can"));
        }
    }
}

/// Whether three bytes are one of ‘’‚‛“”„‟, –—― or …: at the end of a run they only separate.
#[inline]
fn is_quote_or_dash(bytes: [u8; 3]) -> bool {
    matches!(bytes, [0xe2, 0x80, 0x93..=0x95 | 0x98..=0x9f | 0xa6])
}
