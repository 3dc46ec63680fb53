//! Pairs and stars in rows: what matches in them is read back by number.
//!
//! Idea: an alignment is a hundred bytes or a thousand, its ends are twenty. So alignments lie in
//! rows, in memory or on disk, and the stages go over records of their ends, sorted.
//!
//! Cost: 12 bytes in memory for a pair, 32 for a star; 13 bytes in rows for each stretch that
//! matches, 5 for each step of a member.

use super::align::{Alignment, Step, Stretch};
use super::cluster::Star;
use super::pairs::{Pair, Place};
use crate::error::Result;
use crate::hash::combine;
use crate::span::TokenRange;
use crate::spill::{Fields, Rows, Sorted, Sorter, Work, record};

/// How a pair was found; of two pairs of the same places the first kind stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Road {
    /// Through links.
    Links,
    /// By aligning a member of a document cluster to its representative.
    Representative,
    /// As an exact copy.
    Copy,
}

record! {
    /// The ends of a pair, and where the rest of it lies.
    Ends {
        a_document: u32,
        a_start: u32,
        a_end: u32,
        b_document: u32,
        b_start: u32,
        b_end: u32,
        road: u8,
        /// Of what matches: parts what nothing else does, whatever the order of rows.
        hash: u64,
        matched: u32,
        row: u64,
        stretches: u32,
        shared: u32,
    }
    key(ends) = u64::from(ends.a_document) << 32 | u64::from(ends.a_start)
}

record! {
    /// One side of a pair, as seen from its document.
    Side {
        document: u32,
        start: u32,
        end: u32,
        pair: u32,
        second: u8,
        /// Matched half words.
        matched: u32,
        /// Matched tokens.
        shared: u32,
    }
    key(side) = u64::from(side.document) << 32 | u64::from(side.start)
}

impl Side {
    pub(super) const fn tokens(self) -> TokenRange {
        TokenRange { start: self.start, end: self.end }
    }
}

/// Takes pairs in any order.
pub(super) struct PairSink {
    work: Work,
    ends: Sorter<Ends>,
    rows: Rows,
    row: Vec<u8>,
}

/// Bytes of a row before its stretches, and of each of these.
const PAIR_HEAD: usize = 8;
const STRETCH: usize = 13;

impl PairSink {
    pub(super) fn new(work: &Work) -> Self {
        let (ends, rows) = (work.sorter("ends", 5), work.rows("pairs", 8));
        Self { work: work.clone(), ends, rows, row: Vec::new() }
    }

    pub(super) fn add(&mut self, pair: &Pair, road: Road) -> Result<()> {
        let Pair { a, b, matches, matched } = pair;
        self.row.clear();
        self.row.extend(a.document.to_le_bytes());
        self.row.extend(b.document.to_le_bytes());
        let (mut hash, mut shared) = (0, 0);
        for stretch in matches {
            shared += stretch.len;
            for number in [stretch.at_a, stretch.at_b, stretch.len] {
                self.row.extend(number.to_le_bytes());
                hash = combine(hash, u64::from(number));
            }
            self.row.push(u8::from(stretch.form));
            hash = combine(hash, u64::from(stretch.form));
        }
        self.ends.push(Ends {
            a_document: a.document,
            a_start: a.tokens.start,
            a_end: a.tokens.end,
            b_document: b.document,
            b_start: b.tokens.start,
            b_end: b.tokens.end,
            road: road as u8,
            hash,
            matched: *matched,
            row: self.rows.append(&self.row)?,
            stretches: matches.len() as u32,
            shared,
        })
    }

    /// All pairs, numbered by their places, each once; and their sides by document.
    pub(super) fn finish(mut self) -> Result<(PairRows, Sorted<Side>)> {
        self.rows.seal(false)?;
        let ends = self.ends.finish(false)?;
        let mut sides = self.work.sorter("sides", 5);
        let mut pairs = PairRows { rows: self.rows, places: Vec::new(), stretches: Vec::new() };
        let mut last = None;
        let mut cursor = ends.all()?;
        while let Some(found) = cursor.next()? {
            let Ends { a_document, a_start, a_end, b_document, b_start, b_end, .. } = found;
            let Ends { matched, shared, row, stretches, .. } = found;
            let places = [(a_document, a_start, a_end), (b_document, b_start, b_end)];
            if last.replace(places) == Some(places) {
                continue;
            }
            let pair = pairs.places.len() as u32;
            pairs.places.push(row);
            pairs.stretches.push(stretches);
            for ((document, start, end), second) in places.into_iter().zip(0..) {
                sides.push(Side { document, start, end, pair, second, matched, shared })?;
            }
        }
        drop(cursor);
        Ok((pairs, sides.finish(false)?))
    }
}

/// All pairs, by number.
pub(crate) struct PairRows {
    rows: Rows,
    places: Vec<u64>,
    stretches: Vec<u32>,
}

/// What matches in one pair, as it lies in its row.
#[derive(Clone, Copy)]
pub(super) struct Matches<'r> {
    row: &'r [u8],
    /// Whether the second side is seen as the first.
    turned: bool,
}

impl PairRows {
    /// Number of pairs.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Shows what matches in a pair, `turned` if the second side is to be the first.
    pub(super) fn with<T>(
        &self,
        pair: u32,
        turned: bool,
        scratch: &mut Vec<u8>,
        show: impl FnOnce(Matches<'_>) -> T,
    ) -> Result<T> {
        let stretches = self.stretches[pair as usize] as usize;
        let len = PAIR_HEAD + STRETCH * stretches;
        self.rows
            .with(self.places[pair as usize], len, scratch, |row| show(Matches { row, turned }))
    }
}

impl Matches<'_> {
    /// The document of the second side.
    pub(super) fn other(self) -> u32 {
        let mut row = &self.row[if self.turned { 0 } else { 4 }..];
        Fields::get(&mut row)
    }

    fn len(self) -> usize {
        (self.row.len() - PAIR_HEAD) / STRETCH
    }

    fn at(self, number: usize) -> Stretch {
        let mut row = &self.row[PAIR_HEAD + STRETCH * number..];
        let (at_a, at_b, len) =
            (Fields::get(&mut row), Fields::get(&mut row), Fields::get(&mut row));
        let stretch = Stretch { at_a, at_b, len, form: row[0] == 1 };
        if self.turned { stretch.turned() } else { stretch }
    }

    /// The stretches that do not end before a token of the first side, in order.
    pub(super) fn from(self, token: u32) -> impl Iterator<Item = Stretch> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let stretch = self.at(middle);
            if stretch.at_a + stretch.len <= token {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..self.len()).map(move |number| self.at(number))
    }
}

/// A star without its alignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StarHead {
    pub(super) canonical: Place,
    pub(super) members: u32,
    len: u32,
    row: u64,
}

/// Stars in rows, by a number that they are given later.
pub(crate) struct StarRows {
    rows: Rows,
    pub(super) heads: Vec<StarHead>,
    row: Vec<u8>,
}

/// Bytes of a step.
const STEP: usize = 5;
const STEPS: [Step; 5] = [Step::Equal, Step::Form, Step::Mismatch, Step::Insert, Step::Delete];

impl StarRows {
    pub(super) fn new(work: &Work, name: &str) -> Self {
        Self { rows: work.rows(name, 8), heads: Vec::new(), row: Vec::new() }
    }

    pub(super) fn add(&mut self, star: &Star) -> Result<()> {
        self.row.clear();
        for (document, alignment) in &star.members {
            let Alignment { a, b, path } = alignment;
            for number in [*document, a.start, a.end, b.start, b.end, path.len() as u32] {
                self.row.extend(number.to_le_bytes());
            }
            for &(step, count) in path {
                self.row.push(step as u8);
                self.row.extend(count.to_le_bytes());
            }
        }
        let row = self.rows.append(&self.row)?;
        let (members, len) = (star.members.len() as u32, self.row.len() as u32);
        self.heads.push(StarHead { canonical: star.canonical, members, len, row });
        Ok(())
    }

    /// Ends the writing.
    pub(super) fn seal(&mut self) -> Result<()> {
        self.row = Vec::new();
        self.rows.seal(false)
    }

    /// Number of stars.
    pub(crate) fn len(&self) -> usize {
        self.heads.len()
    }

    /// Shows the places of a star, the canonical one first.
    pub(super) fn each_place(
        &self,
        number: usize,
        scratch: &mut Vec<u8>,
        mut show: impl FnMut(Place),
    ) -> Result<()> {
        let StarHead { canonical, members, len, row } = self.heads[number];
        show(canonical);
        self.rows.with(row, len as usize, scratch, |mut row| {
            for _ in 0..members {
                let (place, _, steps) = member_head(&mut row);
                row = &row[STEP * steps as usize..];
                show(place);
            }
        })
    }

    /// A star as it was added.
    pub(super) fn read(&self, number: usize, scratch: &mut Vec<u8>) -> Result<Star> {
        let StarHead { canonical, members, len, row } = self.heads[number];
        let members = self.rows.with(row, len as usize, scratch, |mut row| {
            let member = |_| {
                let (place, a, steps) = member_head(&mut row);
                let step = |_| {
                    let (step, rest) = row.split_first().unwrap_or((&0, row));
                    row = rest;
                    (STEPS[usize::from(*step)], Fields::get(&mut row))
                };
                let path = (0..steps).map(step).collect();
                (place.document, Alignment { a, b: place.tokens, path })
            };
            (0..members).map(member).collect()
        })?;
        Ok(Star { canonical, members })
    }
}

/// Takes the start of a member off a row: its place, what it matches of the canonical passage, and
/// how many steps follow.
fn member_head(row: &mut &[u8]) -> (Place, TokenRange, u32) {
    let [document, a_start, a_end, b_start, b_end, steps]: [u32; 6] =
        std::array::from_fn(|_| Fields::get(row));
    let place = Place { document, tokens: TokenRange::new(b_start, b_end) };
    (place, TokenRange::new(a_start, a_end), steps)
}
