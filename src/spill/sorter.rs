//! The sorter: a buffer, and sorted runs when it is full.
//!
//! Idea: records gather in a buffer. When it is full they are sorted and written as a run; what
//! is left at the end is the last run, or all there is.
//!
//! Cost: some 30 ns a record in memory, and 8 bytes for each block of a run.

use std::sync::{Mutex, PoisonError};

use super::lone::leave_out_lone;
use super::merge::{Cursor, KeyRange, Sorted};
use super::runs::{RunFile, RunWriter};
use super::sort::sort;
use super::{Record, Work};
use crate::error::Result;

/// Takes records in any order and gives them back sorted.
pub(crate) struct Sorter<R> {
    work: Work,
    name: String,
    /// Most records of the buffer.
    capacity: usize,
    buffer: Vec<R>,
    unique: bool,
    recurring: bool,
    file: Option<RunFile>,
    added: u64,
}

impl<R: Record> Sorter<R> {
    pub(super) fn new(work: Work, name: &str, share: usize) -> Self {
        let capacity = (share / size_of::<R>()).max(2);
        let name = format!("{name}.runs");
        Self {
            work,
            name,
            capacity,
            buffer: Vec::new(),
            unique: false,
            recurring: false,
            file: None,
            added: 0,
        }
    }

    /// Records that are equal become one.
    pub(crate) fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Only records whose key others have, too, matter: of the rest as many are left out as can
    /// be told without sorting, which is most of them where nothing was written.
    pub(crate) fn recurring(mut self) -> Self {
        self.recurring = true;
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
                // Room that is not used costs nothing, a copy costs the pages of both.
                let size = wanted.max(4 * self.buffer.len()).min(self.capacity);
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
        if 2 * self.buffer.len() > self.capacity { self.write_run(parallel) } else { Ok(()) }
    }

    fn sort_buffer(&mut self, parallel: bool) {
        sort(&mut self.buffer, parallel);
        if self.unique {
            self.buffer.dedup();
        }
    }

    fn write_run(&mut self, parallel: bool) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(RunFile::create::<R>(&self.work, &self.name)?),
        };
        let run = file.write(&self.work, &self.buffer, parallel)?;
        file.add::<R>(run);
        self.buffer.clear();
        Ok(())
    }

    /// All records in order. They stay in memory if no run was written, unless they are to be
    /// `durable`: then they are on disk as far as the system tells.
    pub(crate) fn finish(mut self, durable: bool) -> Result<Sorted<R>> {
        if self.recurring && self.file.is_none() {
            leave_out_lone(&mut self.buffer);
        }
        self.sort_buffer(true);
        if self.file.is_some() || durable {
            if !self.buffer.is_empty() || self.file.is_none() {
                self.write_run(true)?;
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
        hand_over(&mut self.records, self.sorter)
    }
}

/// Hands all records over to a sorter that threads share.
pub(crate) fn hand_over<R: Record>(records: &mut Vec<R>, sorter: &Mutex<Sorter<R>>) -> Result<()> {
    let mut sorter = sorter.lock().unwrap_or_else(PoisonError::into_inner);
    // Sorted by this thread alone: one that waits for others with the lock in its hand may take up
    // work that wants the lock.
    sorter.add(records, false)?;
    records.clear();
    Ok(())
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
    let mut writer = RunWriter::new(work, file);
    while let Some(record) = cursor.next()? {
        writer.push(&record)?;
    }
    let run = writer.finish()?;
    drop(cursor);
    file.runs.drain(..count);
    file.add::<R>(run);
    Ok(())
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
            // An empty file has a head, and no run of any length.
            let on_disk = sorted.is_on_disk() && !expected.is_empty();
            prop_assert_eq!(work.spilled() > 0, on_disk);
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
            let records: Vec<Pair> =
                (0..50_000).map(|i| Pair { key: key(i), value: i as u32 }).collect();
            let mut expected = records.clone();
            expected.sort_unstable();
            for threads in [1, 2, 3, 7] {
                let mut sorted = records.clone();
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                pool.expect("threads").install(|| sort(&mut sorted, threads > 1));
                assert!(sorted == expected, "keys of {} bits, {threads} threads", 64 - spread);
            }
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
