//! Files of sorted runs.
//!
//! Layout: [`MAGIC`], version, bytes of a record; then runs, each of blocks of records
//! (little-endian, without padding) followed by their xxh3, seeded with the block's offset.
//!
//! Cost: 8 bytes a block remembered.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::medium::Blob;
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

/// Blocks that a thread writes one after another.
const TOGETHER: usize = 8;

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
    pub(super) end: u64,
    /// Records of a block.
    pub(super) block: usize,
}

impl RunFile {
    pub(super) fn create<R: Record>(work: &Work, name: &str) -> Result<Self> {
        let blob = work.medium().create(name)?;
        blob.write_at(0, &head(R::SIZE))?;
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
            file.add::<R>(run);
        }
        Ok(file)
    }

    /// Takes in a run that was written at the end.
    pub(super) fn add<R: Record>(&mut self, run: Run) {
        let blocks = run.records.div_ceil(self.block as u64);
        self.end = run.start + run.records * R::SIZE as u64 + blocks * SUM as u64;
        self.runs.push(run);
    }

    /// Writes sorted records as one run at the end, on all threads if it may be `parallel`.
    pub(super) fn write<R: Record>(
        &self,
        work: &Work,
        records: &[R],
        parallel: bool,
    ) -> Result<Run> {
        let write = |bytes: &mut Vec<u8>, (index, block): (usize, &[R])| {
            bytes.resize(block.len() * R::SIZE, 0);
            for (record, bytes) in block.iter().zip(bytes.chunks_exact_mut(R::SIZE)) {
                record.put(bytes);
            }
            let offset = self.end + (index * (self.block * R::SIZE + SUM)) as u64;
            self.write_block(work, offset, bytes)
        };
        if parallel {
            let blocks = records.par_chunks(self.block).enumerate();
            blocks.with_min_len(TOGETHER).try_for_each_init(Vec::new, write)?;
        } else {
            let mut bytes = Vec::new();
            let mut blocks = records.chunks(self.block).enumerate();
            blocks.try_for_each(|block| write(&mut bytes, block))?;
        }
        let fences = records.iter().step_by(self.block).map(Record::key).collect();
        Ok(Run { start: self.end, records: records.len() as u64, fences })
    }

    /// Writes the records of a block, and adds their checksum.
    fn write_block(&self, work: &Work, offset: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let sum = xxh3_64_with_seed(bytes, offset);
        bytes.extend_from_slice(&sum.to_le_bytes());
        self.blob.write_at(offset, bytes)?;
        work.count(bytes.len());
        Ok(())
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

/// Writes one run at the end of a file, record by record.
pub(super) struct RunWriter<'a> {
    work: &'a Work,
    file: &'a RunFile,
    end: u64,
    run: Run,
    bytes: Vec<u8>,
}

impl<'a> RunWriter<'a> {
    pub(super) fn new(work: &'a Work, file: &'a RunFile) -> Self {
        let run = Run { start: file.end, records: 0, fences: Vec::new() };
        Self { work, file, end: file.end, run, bytes: Vec::new() }
    }

    #[inline]
    pub(super) fn push<R: Record>(&mut self, record: &R) -> Result<()> {
        if self.bytes.is_empty() {
            self.run.fences.push(record.key());
        }
        let at = self.bytes.len();
        self.bytes.resize(at + R::SIZE, 0);
        record.put(&mut self.bytes[at..]);
        self.run.records += 1;
        if self.bytes.len() == self.file.block * R::SIZE { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<()> {
        self.file.write_block(self.work, self.end, &mut self.bytes)?;
        self.end += self.bytes.len() as u64;
        self.bytes.clear();
        Ok(())
    }

    /// The run.
    pub(super) fn finish(mut self) -> Result<Run> {
        if !self.bytes.is_empty() {
            self.end_block()?;
        }
        Ok(self.run)
    }
}
