//! The quick way: words read off bit masks.
//!
//! A chunk of the text is classified block by block ([`simd`](super::simd)). In the mask of word
//! bytes a word starts where a bit follows none and ends where none follows a bit; both positions
//! of all words are written to two columns, several at a time whether there are so many or not,
//! so that the loop does not branch on the text. Then each plain word is hashed from one load of 16
//! bytes, lower-cased by setting bit 5 (it is set in digits already) and cut to length by a mask.
//!
//! Runs that hold an apostrophe or touch a byte beyond ASCII are remembered by their number and
//! done apart: what is between two ASCII separators is all that the general way
//! ([`run`](super::run)) needs to see. Words in curly quotes, the usual such run, only
//! lose their quotes.
//!
//! Cost: about 0.6 ns a byte of English with AVX2; scratch of 17 kB, less for shorter texts.

use super::run;
use super::{TokenBuffer, TokenHash, contraction};
use crate::hash;
use crate::text::simd::Masks;

/// Bytes classified together.
pub(super) const BLOCK: usize = 64;
/// Blocks a chunk: its columns stay in the first-level cache.
const BLOCKS: usize = 64;
/// Positions written at a time.
const BATCH: usize = 8;

/// Scratch of the quick way.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    runs: Runs,
    form: Vec<u8>,
    general: run::Scratch,
}

/// The runs of a chunk: what stands between ASCII separators.
#[derive(Clone, Debug, Default)]
struct Runs {
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// How many of either are filled; one more start than ends while a run is open.
    started: usize,
    ended: usize,
    /// Numbers of the runs that are no plain word, ascending.
    special: Vec<u32>,
}

/// Fills `out` with the tokens of a text of less than 4 GiB.
#[inline(always)]
pub(super) fn tokenize(
    text: &str,
    scratch: &mut Scratch,
    out: &mut TokenBuffer,
    classify: impl Fn(&[u8; BLOCK]) -> Masks,
) {
    out.clear();
    scratch.runs.reset(text.len());
    let bytes = text.as_bytes();
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut base = 0;
    for chunk in blocks.chunks(BLOCKS) {
        for block in chunk {
            scratch.runs.add(bytes, base, classify(block));
            base += BLOCK;
        }
        scratch.emit(text, out);
    }
    // What is left, as if zero bytes followed.
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    scratch.runs.add(bytes, base, classify(&block));
    scratch.emit(text, out);
}

impl Runs {
    fn reset(&mut self, bytes: usize) {
        // Every other byte may start a run; a batch may be written beyond the last; one is open.
        let most = bytes.min(BLOCK * BLOCKS) / 2 + BLOCK + BATCH;
        if self.starts.len() < most {
            self.starts.resize(most, 0);
            self.ends.resize(most, 0);
        }
        self.started = 0;
        self.ended = 0;
        self.special.clear();
    }

    /// Adds the runs that start or end in a block.
    #[inline(always)]
    fn add(&mut self, text: &[u8], base: usize, masks: Masks) {
        let joined = if masks.apostrophe == 0 { 0 } else { joining(text, base, masks.apostrophe) };
        let inside = masks.word | joined;
        let before = inside << 1 | (self.started - self.ended) as u64;
        let starts = inside & !before;
        let ends = before & !inside;
        write_positions(&mut self.starts, self.started, base, starts);
        write_positions(&mut self.ends, self.ended, base, ends);
        let special = joined | masks.wide;
        if special != 0 {
            self.mark(starts, inside, special);
        }
        self.started += starts.count_ones() as usize;
        self.ended += ends.count_ones() as usize;
    }

    /// Remembers the runs in which the bits of `special` lie.
    #[inline(never)]
    fn mark(&mut self, starts: u64, inside: u64, mut special: u64) {
        while special != 0 {
            let bit = special.trailing_zeros();
            let started = (starts & (u64::MAX >> (63 - bit))).count_ones() as usize;
            let run = (self.started + started - 1) as u32;
            if self.special.last() != Some(&run) {
                self.special.push(run);
            }
            // On to the bits after the run: the first zero above `bit`, and all below it, go.
            let end = bit + (!(inside >> bit)).trailing_zeros();
            special &= if end < 64 { u64::MAX << end } else { 0 };
        }
    }

    /// Keeps only the open run, if there is one.
    fn carry(&mut self) {
        let open = self.started - self.ended;
        let special = self.special.last().is_some_and(|&last| last as usize == self.ended);
        self.special.clear();
        if open == 1 {
            self.starts[0] = self.starts[self.ended];
            if special {
                self.special.push(0);
            }
        }
        self.started = open;
        self.ended = 0;
    }
}

/// Writes the position of each set bit to `column[from..]`, and rubbish after the last.
#[inline(always)]
fn write_positions(column: &mut [u32], mut from: usize, base: usize, mut bits: u64) {
    loop {
        for slot in &mut column[from..from + BATCH] {
            *slot = base as u32 + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        if bits == 0 {
            return;
        }
        from += BATCH;
    }
}

/// The apostrophes that stand between letters, or beside what only the general way can judge.
#[inline(never)]
fn joining(text: &[u8], base: usize, mut apostrophes: u64) -> u64 {
    let joins =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    let mut joined = 0;
    while apostrophes != 0 {
        let at = base + apostrophes.trailing_zeros() as usize;
        if at > 0 && joins(text.get(at - 1)) && joins(text.get(at + 1)) {
            joined |= apostrophes & apostrophes.wrapping_neg();
        }
        apostrophes &= apostrophes - 1;
    }
    joined
}

impl Scratch {
    /// Appends the tokens of all runs that have ended.
    #[inline(always)]
    fn emit(&mut self, text: &str, out: &mut TokenBuffer) {
        let Self { runs, form, general } = self;
        let mut done = 0;
        for &special in &runs.special {
            let special = special as usize;
            if special >= runs.ended {
                break;
            }
            plain_words(text, &runs.starts[done..special], &runs.ends[done..special], out);
            special_run(text, runs.starts[special], runs.ends[special], form, general, out);
            done = special + 1;
        }
        let ended = done..runs.ended;
        plain_words(text, &runs.starts[ended.clone()], &runs.ends[ended], out);
        runs.carry();
    }
}

/// Appends words of ASCII letters and digits.
#[inline(always)]
fn plain_words(text: &str, starts: &[u32], ends: &[u32], out: &mut TokenBuffer) {
    let bytes = text.as_bytes();
    let first = out.hashes.len();
    let mut cannot = false;
    out.starts.extend_from_slice(starts);
    out.ends.extend_from_slice(ends);
    out.hashes.extend(starts.iter().zip(ends).map(|(&start, &end)| {
        let hash = TokenHash::from_hash(plain_hash(bytes, start, end), false);
        cannot |= hash == cannot_hash();
        hash
    }));
    if cannot {
        split_cannot(bytes, first, out);
    }
}

/// Hash of the lower-case form of ASCII letters and digits.
#[inline(always)]
fn plain_hash(text: &[u8], start: u32, end: u32) -> u64 {
    let (start, end) = (start as usize, end as usize);
    match text.get(start..start + 16).and_then(|bytes| bytes.first_chunk()) {
        Some(block) if end - start <= 16 => {
            let lower = u128::from_le_bytes(*block) | LOWER_CASE;
            let (low, high) = hash::first_bytes(lower, end - start);
            hash::short_token_hash(low, high)
        }
        _ => plain_hash_slowly(&text[start..end]),
    }
}

/// Bit 5 of every byte: set in small letters and digits, not in capitals.
const LOWER_CASE: u128 = u128::from_le_bytes([0x20; 16]);

/// The same for long words and at the text's end.
#[inline(never)]
fn plain_hash_slowly(word: &[u8]) -> u64 {
    let mut short = [0; 16];
    match short.get_mut(..word.len()) {
        Some(form) => {
            form.copy_from_slice(word);
            form.make_ascii_lowercase();
            hash::token_hash(form)
        }
        None => hash::token_hash(&word.to_ascii_lowercase()),
    }
}

const fn cannot_hash() -> TokenHash {
    const BLOCK: u64 = u64::from_le_bytes(*b"cannot\0\0");
    const HASH: TokenHash = TokenHash::from_hash(hash::short_token_hash(BLOCK, 0), false);
    HASH
}

/// Replaces *cannot* by *can*, *not* among the tokens from `first` on.
#[cold]
fn split_cannot(text: &[u8], first: usize, out: &mut TokenBuffer) {
    let tail = TokenBuffer {
        starts: out.starts.split_off(first),
        ends: out.ends.split_off(first),
        hashes: out.hashes.split_off(first),
    };
    for token in tail.iter() {
        if text[token.span.range()].eq_ignore_ascii_case(b"cannot") {
            out.push(token.span.start, token.span.end, TokenHash::of(b"can", false));
            out.push(token.span.start, token.span.end, TokenHash::of(b"not", false));
        } else {
            out.push(token.span.start, token.span.end, token.hash);
        }
    }
}

/// Appends the tokens of a run that holds an apostrophe or a character beyond ASCII.
#[inline(never)]
fn special_run(
    text: &str,
    start: u32,
    end: u32,
    form: &mut Vec<u8>,
    general: &mut run::Scratch,
    out: &mut TokenBuffer,
) {
    let bytes = text.as_bytes();
    let (mut from, mut to) = (start as usize, end as usize);
    if bytes[from..to].is_ascii() {
        form.clear();
        form.extend(bytes[from..to].iter().map(|byte| match byte {
            b'`' => b'\'',
            byte => byte.to_ascii_lowercase(),
        }));
        contraction::expand(form, |form| out.push(start, end, TokenHash::of(form, false)));
        return;
    }
    while bytes[from..to].first_chunk().is_some_and(is_quote_or_dash) {
        from += 3;
    }
    while bytes[from..to].last_chunk().is_some_and(is_quote_or_dash) {
        to -= 3;
    }
    if bytes[from..to].iter().all(u8::is_ascii_alphanumeric) {
        if from < to {
            plain_words(text, &[from as u32], &[to as u32], out);
        }
    } else {
        run::tokenize(text, from, to, general, out);
    }
}

/// Whether three bytes are one of ‘’‚‛“”„‟, –—― or …: at the end of a run they only separate.
#[inline]
fn is_quote_or_dash(bytes: &[u8; 3]) -> bool {
    matches!(bytes, [0xe2, 0x80, 0x93..=0x95 | 0x98..=0x9f | 0xa6])
}
