//! The sorter: a buffer, and sorted runs when it is full.
//!
//! Idea: records gather in a buffer. When it is full they are sorted and written as a run; what
//! is left at the end is the last run, or all there is. Sorting throws the records into 2,048
//! buckets by the start of their key, in place (an *American flag* sort), and sorts each in the
//! cache.
//!
//! Layout of a file: [`MAGIC`], version, bytes of a record; then runs, each of blocks of records
//! (little-endian, without padding) followed by their xxh3, seeded with the block's offset.
//!
//! Cost: some 30 ns a record in memory; 8 bytes a block remembered.
//!
//! Source: P. McIlroy, K. Bostic, M. D. McIlroy, *Engineering Radix Sort*, 1993.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::medium::Blob;
use super::merge::{Cursor, KeyRange, Sorted};
use super::{Record, Work};
use crate::error::Result;

/// The first bytes of every work file.
pub(super) const MAGIC: [u8; 8] = *b"doublet\x01";

/// Version of the layout of work files.
pub(super) const VERSION: u32 = 1;

/// Bytes before the first run or row.
pub(super) const HEAD: usize = 16;

/// Bytes of a block's checksum.
pub(super) const SUM: usize = 8;

/// Slices shorter than this are sorted by comparing alone.
const SHORT: usize = 1 << 12;

/// Bits of a key that choose a bucket.
const BUCKET_BITS: u32 = 11;

/// The first bytes of a work file of records of this size (0 for rows).
pub(super) fn head(record: usize) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[12..].copy_from_slice(&(record as u32).to_le_bytes());
    head
}

/// Checks them.
pub(super) fn check_head(blob: &dyn Blob, record: usize) -> Result<()> {
    let mut found = [0; HEAD];
    blob.read_at(0, &mut found)?;
    if found == head(record) {
        Ok(())
    } else {
        Err(blob.damaged("its head is not of this version"))
    }
}

/// A sorted stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Offset of its first block.
    pub(super) start: u64,
    pub(super) records: u64,
    /// Key of each block's first record.
    pub(super) fences: Vec<u64>,
}

/// Where runs are written.
pub(super) struct RunFile {
    pub(super) blob: Box<dyn Blob>,
    pub(super) runs: Vec<Run>,
    end: u64,
    /// Records of a block.
    pub(super) block: usize,
}

impl RunFile {
    fn create<R: Record>(work: &Work, name: &str) -> Result<Self> {
        let blob = work.medium().create(name)?;
        blob.append(&head(R::SIZE))?;
        Ok(Self { blob, runs: Vec::new(), end: HEAD as u64, block: block_records::<R>(work) })
    }

    /// Opens a file whose runs have these starts and lengths, and checks every block.
    pub(super) fn open<R: Record>(work: &Work, name: &str, runs: &[(u64, u64)]) -> Result<Self> {
        let blob = work.medium().open(name)?;
        check_head(&*blob, R::SIZE)?;
        let mut file =
            Self { blob, runs: Vec::new(), end: HEAD as u64, block: block_records::<R>(work) };
        for &(start, records) in runs {
            let mut run = Run { start, records, fences: Vec::new() };
            let (mut bytes, mut block) = (Vec::new(), Vec::new());
            for index in 0..records.div_ceil(file.block as u64) {
                file.read_block::<R>(&run, index as usize, &mut bytes, &mut block)?;
                run.fences.push(block.first().map_or(0, Record::key));
            }
            let blocks = records.div_ceil(file.block as u64);
            file.end = start + records * R::SIZE as u64 + blocks * SUM as u64;
            file.runs.push(run);
        }
        Ok(file)
    }

    /// Reads one block of a run.
    pub(super) fn read_block<R: Record>(
        &self,
        run: &Run,
        index: usize,
        bytes: &mut Vec<u8>,
        records: &mut Vec<R>,
    ) -> Result<()> {
        let before = (index * self.block) as u64;
        let count = (run.records - before).min(self.block as u64) as usize;
        let offset = run.start + before * R::SIZE as u64 + (index * SUM) as u64;
        bytes.resize(count * R::SIZE + SUM, 0);
        self.blob.read_at(offset, bytes)?;
        let (content, sum) = bytes.split_at(count * R::SIZE);
        if sum != xxh3_64_with_seed(content, offset).to_le_bytes() {
            return Err(self.blob.damaged("a checksum is wrong"));
        }
        records.clear();
        records.extend(content.chunks_exact(R::SIZE).map(R::get));
        Ok(())
    }
}

fn block_records<R: Record>(work: &Work) -> usize {
    (work.block / R::SIZE).max(1)
}

/// Writes one run at the end of a file.
struct RunWriter<'a> {
    work: &'a Work,
    blob: &'a dyn Blob,
    /// Bytes of a whole block, without its checksum.
    block: usize,
    end: u64,
    run: Run,
    bytes: Vec<u8>,
}

impl<'a> RunWriter<'a> {
    fn new<R: Record>(work: &'a Work, file: &'a RunFile) -> Self {
        let run = Run { start: file.end, records: 0, fences: Vec::new() };
        let block = file.block * R::SIZE;
        Self { work, blob: &*file.blob, block, end: file.end, run, bytes: Vec::new() }
    }

    #[inline]
    fn push<R: Record>(&mut self, record: &R) -> Result<()> {
        if self.bytes.is_empty() {
            self.run.fences.push(record.key());
        }
        let at = self.bytes.len();
        self.bytes.resize(at + R::SIZE, 0);
        record.put(&mut self.bytes[at..]);
        self.run.records += 1;
        if self.bytes.len() == self.block { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<()> {
        let sum = xxh3_64_with_seed(&self.bytes, self.end);
        self.bytes.extend_from_slice(&sum.to_le_bytes());
        self.blob.append(&self.bytes)?;
        self.work.count(self.bytes.len());
        self.end += self.bytes.len() as u64;
        self.bytes.clear();
        Ok(())
    }

    /// The run, and where the file ends now.
    fn finish(mut self) -> Result<(Run, u64)> {
        if !self.bytes.is_empty() {
            self.end_block()?;
        }
        Ok((self.run, self.end))
    }
}

/// Takes records in any order and gives them back sorted.
pub(crate) struct Sorter<R> {
    work: Work,
    name: String,
    /// Most records of the buffer.
    capacity: usize,
    buffer: Vec<R>,
    unique: bool,
    file: Option<RunFile>,
    added: u64,
}

impl<R: Record> Sorter<R> {
    pub(super) fn new(work: Work, name: &str, share: usize) -> Self {
        let capacity = (share / size_of::<R>()).max(2);
        let name = format!("{name}.runs");
        Self { work, name, capacity, buffer: Vec::new(), unique: false, file: None, added: 0 }
    }

    /// Records that are equal become one.
    pub(crate) fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Bytes of all records that were added, as they would be written.
    pub(crate) fn bytes(&self) -> u64 {
        self.added * R::SIZE as u64
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: R) -> Result<()> {
        self.extend(&[record])
    }

    /// Adds records.
    pub(crate) fn extend(&mut self, records: &[R]) -> Result<()> {
        self.add(records, true)
    }

    fn add(&mut self, mut records: &[R], parallel: bool) -> Result<()> {
        self.added += records.len() as u64;
        while !records.is_empty() {
            if self.buffer.len() >= self.capacity {
                self.make_room(parallel)?;
            }
            let (now, later) =
                records.split_at(records.len().min(self.capacity - self.buffer.len()));
            let wanted = self.buffer.len() + now.len();
            if wanted > self.buffer.capacity() {
                let size = wanted.max(2 * self.buffer.len()).min(self.capacity);
                self.buffer.reserve_exact(size - self.buffer.len());
            }
            self.buffer.extend_from_slice(now);
            records = later;
        }
        Ok(())
    }

    /// Records that differ may be fewer than half of the buffer: then nothing is written yet.
    fn make_room(&mut self, parallel: bool) -> Result<()> {
        self.sort_buffer(parallel);
        if 2 * self.buffer.len() > self.capacity { self.write_run() } else { Ok(()) }
    }

    fn sort_buffer(&mut self, parallel: bool) {
        sort(&mut self.buffer, parallel);
        if self.unique {
            self.buffer.dedup();
        }
    }

    fn write_run(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(RunFile::create::<R>(&self.work, &self.name)?),
        };
        let mut writer = RunWriter::new::<R>(&self.work, file);
        for record in &self.buffer {
            writer.push(record)?;
        }
        let (run, end) = writer.finish()?;
        file.end = end;
        file.runs.push(run);
        self.buffer.clear();
        Ok(())
    }

    /// All records in order. They stay in memory if no run was written, unless they are to be
    /// `durable`: then they are on disk as far as the system tells.
    pub(crate) fn finish(mut self, durable: bool) -> Result<Sorted<R>> {
        self.sort_buffer(true);
        if self.file.is_some() || durable {
            if !self.buffer.is_empty() || self.file.is_none() {
                self.write_run()?;
            }
            self.buffer = Vec::new();
        }
        let Some(mut file) = self.file else { return Ok(Sorted::in_memory(self.buffer)) };
        while file.runs.len() > self.work.fan_in {
            merge_shortest::<R>(&self.work, &mut file, self.unique)?;
        }
        if durable {
            file.blob.sync()?;
        }
        Ok(Sorted::of_runs(self.name, file, self.unique))
    }
}

/// Records that a thread gathers for a sorter it shares with others.
pub(crate) struct Portion<'s, R> {
    sorter: &'s Mutex<Sorter<R>>,
    records: Vec<R>,
}

impl<'s, R: Record> Portion<'s, R> {
    /// Records of a portion.
    const SIZE: usize = 1024;

    pub(crate) fn new(sorter: &'s Mutex<Sorter<R>>) -> Self {
        Self { sorter, records: Vec::new() }
    }

    #[inline]
    pub(crate) fn push(&mut self, record: R) -> Result<()> {
        self.records.push(record);
        if self.records.len() < Self::SIZE { Ok(()) } else { self.flush() }
    }

    pub(crate) fn extend(&mut self, records: &[R]) -> Result<()> {
        self.records.extend_from_slice(records);
        if self.records.len() < Self::SIZE { Ok(()) } else { self.flush() }
    }

    /// Hands over what is left; without it that is lost.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let mut sorter = self.sorter.lock().unwrap_or_else(PoisonError::into_inner);
        // Sorted by this thread alone: one that waits for others with the lock in its hand may
        // take up work that wants the lock.
        sorter.add(&self.records, false)?;
        self.records.clear();
        Ok(())
    }
}

/// What a mutex holds; who panicked while holding it has ended the run.
pub(crate) fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Merges the shortest runs into one, as many as leave a whole merge for later.
fn merge_shortest<R: Record>(work: &Work, file: &mut RunFile, unique: bool) -> Result<()> {
    file.runs.sort_by_key(|run| run.records);
    let surplus = file.runs.len() - work.fan_in;
    let count = (surplus + 1).min(work.fan_in);
    let mut cursor = Cursor::<R>::of_runs(file, &file.runs[..count], KeyRange::ALL, unique)?;
    let mut writer = RunWriter::new::<R>(work, file);
    while let Some(record) = cursor.next()? {
        writer.push(&record)?;
    }
    let (run, end) = writer.finish()?;
    drop(cursor);
    file.end = end;
    file.runs.drain(..count);
    file.runs.push(run);
    Ok(())
}

/// Sorts records by buckets of their keys.
fn sort<R: Record>(records: &mut [R], parallel: bool) {
    if records.len() < SHORT {
        return records.sort_unstable();
    }
    let (low, high) = records
        .iter()
        .fold((u64::MAX, 0), |(low, high), record| (low.min(record.key()), high.max(record.key())));
    let shift = (u64::BITS - (high - low).leading_zeros()).saturating_sub(BUCKET_BITS);
    let bucket = |record: &R| ((record.key() - low) >> shift) as usize;
    let mut ends = vec![0usize; 1 << BUCKET_BITS];
    records.iter().for_each(|record| ends[bucket(record)] += 1);
    let mut next = Vec::with_capacity(ends.len());
    let mut sum = 0;
    for end in &mut ends {
        next.push(sum);
        sum += *end;
        *end = sum;
    }
    for own in 0..ends.len() {
        while next[own] < ends[own] {
            let at = next[own];
            let wanted = bucket(&records[at]);
            if wanted != own {
                records.swap(at, next[wanted]);
            }
            next[wanted] += 1;
        }
    }
    let mut rest = records;
    let mut buckets = Vec::with_capacity(ends.len());
    let mut start = 0;
    for end in ends {
        let (bucket, later) = rest.split_at_mut(end - start);
        buckets.push(bucket);
        (rest, start) = (later, end);
    }
    if parallel {
        buckets.into_par_iter().with_min_len(16).for_each(<[R]>::sort_unstable);
    } else {
        buckets.into_iter().for_each(<[R]>::sort_unstable);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spill::record;

    record! {
        /// Sixteen bytes, of which twelve matter.
        Pair { key: u64, value: u32 }
        key(pair) = pair.key
    }

    fn pairs() -> impl Strategy<Value = Vec<Pair>> {
        // Few different keys and many, so that groups span blocks and runs.
        let key = prop_oneof![0u64..6, any::<u64>(), (0u64..9).prop_map(|key| u64::MAX - key)];
        prop::collection::vec((key, 0u32..5).prop_map(|(key, value)| Pair { key, value }), 0..300)
    }

    fn sorted_by(
        work: &Work,
        share: usize,
        records: &[Pair],
        (unique, durable): (bool, bool),
    ) -> Sorted<Pair> {
        let mut sorter = Sorter::new(work.clone(), "pairs", share);
        sorter.unique = unique;
        for part in records.chunks(7) {
            sorter.extend(part).expect("room");
        }
        sorter.finish(durable).expect("room")
    }

    proptest! {
        #[test]
        fn equals_sort_at_any_budget(
            records in pairs(),
            share in 32usize..3000,
            block in 12usize..200,
            fan_in in 2usize..5,
            unique: bool,
            durable: bool,
            parts in 1usize..6,
        ) {
            let mut expected = records.clone();
            expected.sort_unstable();
            if unique {
                expected.dedup();
            }
            let work = Work::tiny(0, block, fan_in);
            let sorted = sorted_by(&work, share, &records, (unique, durable));
            let mut found = Vec::new();
            let mut cursor = sorted.range(KeyRange::ALL).expect("a cursor");
            while let Some(record) = cursor.next().expect("whole") {
                found.push(record);
            }
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(work.spilled() > 0, sorted.is_on_disk());
            // In parts: the same, and no key in two of them.
            let mut found = Vec::new();
            for range in sorted.split(parts) {
                let (mut cursor, mut group) = (sorted.range(range).expect("a cursor"), Vec::new());
                while cursor.group(&mut group, |pair| pair.key).expect("whole") {
                    prop_assert!(group.iter().all(|pair| pair.key == group[0].key));
                    prop_assert!(found.last().is_none_or(|last: &Pair| last.key < group[0].key));
                    found.append(&mut group);
                }
            }
            prop_assert_eq!(&found, &expected);
        }
    }

    #[test]
    fn long_buffers_are_sorted_by_buckets() {
        for spread in [0, 1, 40, 63] {
            let key = |i: u64| crate::hash::finalise(i) >> spread;
            let mut records: Vec<Pair> =
                (0..50_000).map(|i| Pair { key: key(i), value: i as u32 }).collect();
            let mut expected = records.clone();
            expected.sort_unstable();
            sort(&mut records, spread == 40);
            assert!(records == expected, "keys of {} bits", 64 - spread);
        }
    }

    #[test]
    fn a_changed_byte_is_found_and_saved_runs_are_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let work = Work::within(1 << 20, folder.path());
        let records: Vec<Pair> = (0..9000).map(|i| Pair { key: i * 7 % 1000, value: 1 }).collect();
        let sorted = sorted_by(&work, 16 * 1000, &records, (false, true));
        let saved = sorted.saved().expect("it is on disk");
        drop(sorted);
        let again = Sorted::<Pair>::open(&work, &saved).expect("as it was left");
        let mut cursor = again.range(KeyRange::ALL).expect("a cursor");
        let mut count = 0;
        while cursor.next().expect("whole").is_some() {
            count += 1;
        }
        assert_eq!(count, 9000);
        let path = folder.path().join("pairs.runs");
        let mut bytes = std::fs::read(&path).expect("a file");
        bytes[5000] ^= 1;
        std::fs::write(&path, &bytes).expect("a file");
        let error = Sorted::<Pair>::open(&work, &saved).err().expect("damage");
        assert!(error.to_string().contains("damaged"), "{error}");
        bytes[5000] ^= 1;
        bytes[8] ^= 1;
        std::fs::write(&path, &bytes).expect("a file");
        let error = Sorted::<Pair>::open(&work, &saved).err().expect("another version");
        assert!(error.to_string().contains("version"), "{error}");
    }
}
