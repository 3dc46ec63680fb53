//! Sorted records: read in order, as a whole or by ranges of keys.
//!
//! Idea: each run hands over its next record, and the lowest of them is the next of all. A range
//! of keys starts in each run at the block that its fences name, so ranges are read in parallel,
//! each by a merge of its own.
//!
//! Cost: some 5 ns a record from memory, 30 to 60 from runs; a block a run and reader.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use serde::{Deserialize, Serialize};

use super::runs::{Run, RunFile};
use super::{Record, Work};
use crate::error::Result;

/// Keys from `low` on, below `high` if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRange {
    low: u64,
    high: Option<u64>,
}

impl KeyRange {
    pub(crate) const ALL: Self = Self { low: 0, high: None };

    pub(crate) const fn new(low: u64, high: Option<u64>) -> Self {
        Self { low, high }
    }

    fn is_above(self, key: u64) -> bool {
        self.high.is_some_and(|high| key >= high)
    }
}

/// What a sorter gives back.
pub(crate) struct Sorted<R>(Place<R>);

enum Place<R> {
    Memory(Vec<R>),
    Runs { name: String, file: RunFile, unique: bool },
}

/// Where sorted records lie on disk, to be found again by a later run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedRuns {
    name: String,
    runs: Vec<(u64, u64)>,
    unique: bool,
}

impl<R: Record> Sorted<R> {
    pub(super) fn in_memory(records: Vec<R>) -> Self {
        Self(Place::Memory(records))
    }

    pub(super) fn of_runs(name: String, file: RunFile, unique: bool) -> Self {
        Self(Place::Runs { name, file, unique })
    }

    /// Whether the records lie in a file.
    #[cfg(test)]
    pub(crate) fn is_on_disk(&self) -> bool {
        matches!(self.0, Place::Runs { .. })
    }

    /// How to find the records again, if they are on disk.
    pub(crate) fn saved(&self) -> Option<SavedRuns> {
        match &self.0 {
            Place::Memory(_) => None,
            Place::Runs { name, file, unique } => Some(SavedRuns {
                name: name.clone(),
                runs: file.runs.iter().map(|run| (run.start, run.records)).collect(),
                unique: *unique,
            }),
        }
    }

    /// Finds them, and checks every block.
    pub(crate) fn open(work: &Work, saved: &SavedRuns) -> Result<Self> {
        let file = RunFile::open::<R>(work, &saved.name, &saved.runs)?;
        Ok(Self::of_runs(saved.name.clone(), file, saved.unique))
    }

    /// All records, in order.
    pub(crate) fn all(&self) -> Result<Cursor<'_, R>> {
        self.range(KeyRange::ALL)
    }

    /// The records whose keys are in a range, in order.
    pub(crate) fn range(&self, range: KeyRange) -> Result<Cursor<'_, R>> {
        match &self.0 {
            Place::Memory(all) => {
                let source = Source::Memory(&all[slots(all, range)]);
                Ok(Cursor { source, unique: false, last: None, ahead: None })
            }
            Place::Runs { file, unique, .. } => Cursor::of_runs(file, &file.runs, range, *unique),
        }
    }

    /// At most `parts` ranges of about the same number of records, in order, which together are
    /// all.
    pub(crate) fn split(&self, parts: usize) -> Vec<KeyRange> {
        self.split_within(KeyRange::ALL, parts)
    }

    /// The same for the records of a range.
    pub(crate) fn split_within(&self, within: KeyRange, parts: usize) -> Vec<KeyRange> {
        let fences: Vec<u64> = match &self.0 {
            Place::Memory(all) => {
                let all = &all[slots(all, within)];
                let step = (all.len() / (16 * parts.max(1))).max(1);
                all.iter().step_by(step).map(Record::key).collect()
            }
            Place::Runs { file, .. } => {
                let fences = file.runs.iter().flat_map(|run| run.fences.iter().copied());
                let mut fences: Vec<u64> = fences
                    .filter(|&fence| fence >= within.low && !within.is_above(fence))
                    .collect();
                fences.sort_unstable();
                fences
            }
        };
        let mut lows: Vec<u64> = (1..parts)
            .filter_map(|part| fences.get(part * fences.len() / parts).copied())
            .collect();
        lows.retain(|&low| low > within.low);
        lows.dedup();
        let highs = lows.iter().copied().map(Some).chain([within.high]);
        [within.low]
            .iter()
            .chain(&lows)
            .zip(highs)
            .map(|(&low, high)| KeyRange { low, high })
            .collect()
    }
}

/// Where the records of a range lie among all.
fn slots<R: Record>(all: &[R], range: KeyRange) -> std::ops::Range<usize> {
    let first = all.partition_point(|record| record.key() < range.low);
    let below = |high| all.partition_point(|record| record.key() < high);
    let end = range.high.map_or(all.len(), below);
    first..end.max(first)
}

/// Reads sorted records one after another.
pub(crate) struct Cursor<'s, R> {
    source: Source<'s, R>,
    /// Whether equal records of different runs are one.
    unique: bool,
    last: Option<R>,
    /// The first record of the next group.
    ahead: Option<R>,
}

enum Source<'s, R> {
    Memory(&'s [R]),
    Runs(Merge<'s, R>),
}

impl<'s, R: Record> Cursor<'s, R> {
    pub(super) fn of_runs(
        file: &'s RunFile,
        runs: &'s [Run],
        range: KeyRange,
        unique: bool,
    ) -> Result<Self> {
        let source = Source::Runs(Merge::new(file, runs, range)?);
        Ok(Self { source, unique, last: None, ahead: None })
    }

    /// The next record.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<R>> {
        if let Some(record) = self.ahead.take() {
            return Ok(Some(record));
        }
        match &mut self.source {
            Source::Memory(rest) => {
                let Some((&first, later)) = rest.split_first() else { return Ok(None) };
                *rest = later;
                Ok(Some(first))
            }
            Source::Runs(merge) => loop {
                let Some(record) = merge.next()? else { return Ok(None) };
                if !self.unique || self.last != Some(record) {
                    self.last = Some(record);
                    return Ok(Some(record));
                }
            },
        }
    }

    /// Puts the next records that agree in `of` into `group`, in place of what is there. Whether
    /// there are any.
    #[inline]
    pub(crate) fn group<K: PartialEq>(
        &mut self,
        group: &mut Vec<R>,
        of: impl Fn(&R) -> K,
    ) -> Result<bool> {
        group.clear();
        let Some(first) = self.next()? else { return Ok(false) };
        let key = of(&first);
        group.push(first);
        while let Some(record) = self.next()? {
            if of(&record) != key {
                self.ahead = Some(record);
                break;
            }
            group.push(record);
        }
        Ok(true)
    }
}

/// The merge of some runs, within a range.
struct Merge<'s, R> {
    readers: Vec<Reader<'s, R>>,
    heads: BinaryHeap<Reverse<(R, usize)>>,
}

impl<'s, R: Record> Merge<'s, R> {
    fn new(file: &'s RunFile, runs: &'s [Run], range: KeyRange) -> Result<Self> {
        let mut merge = Self { readers: Vec::new(), heads: BinaryHeap::new() };
        for run in runs {
            let mut reader = Reader::new(file, run, range)?;
            if let Some(record) = reader.next()? {
                merge.heads.push(Reverse((record, merge.readers.len())));
                merge.readers.push(reader);
            }
        }
        Ok(merge)
    }

    fn next(&mut self) -> Result<Option<R>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((record, number)) = *head;
        match self.readers[number].next()? {
            Some(next) => head.0.0 = next,
            None => {
                PeekMut::pop(head);
            }
        }
        Ok(Some(record))
    }
}

/// Reads one run, within a range.
struct Reader<'s, R> {
    file: &'s RunFile,
    run: &'s Run,
    range: KeyRange,
    /// Number of the next block.
    block: usize,
    bytes: Vec<u8>,
    records: Vec<R>,
    at: usize,
}

impl<'s, R: Record> Reader<'s, R> {
    fn new(file: &'s RunFile, run: &'s Run, range: KeyRange) -> Result<Self> {
        // A block whose first key is the lowest wanted may follow one that ends with it.
        let block = run.fences.partition_point(|&fence| fence < range.low).saturating_sub(1);
        let (bytes, records) = (Vec::new(), Vec::new());
        let mut reader = Self { file, run, range, block, bytes, records, at: 0 };
        reader.fill()?;
        reader.at = reader.records.partition_point(|record| record.key() < range.low);
        Ok(reader)
    }

    fn fill(&mut self) -> Result<()> {
        self.records.clear();
        self.at = 0;
        if self.block < self.run.fences.len() {
            self.file.read_block(self.run, self.block, &mut self.bytes, &mut self.records)?;
            self.block += 1;
        }
        Ok(())
    }

    #[inline]
    fn next(&mut self) -> Result<Option<R>> {
        if self.at == self.records.len() {
            self.fill()?;
        }
        let record = self.records.get(self.at).copied();
        self.at += 1;
        Ok(record.filter(|record| !self.range.is_above(record.key())))
    }
}
