//! Rows of any size, read back by place.
//!
//! Idea: rows are appended and their places remembered by whoever writes them. They stay in
//! memory in pieces of a megabyte until their share of the budget is full; then all of them go to
//! a file, with the same places. Each row is followed by four bytes of its xxh3, which is checked
//! when it comes from a file.
//!
//! Cost: a copy; from a file one read of the system a row. Four bytes a row.

use xxhash_rust::xxh3::xxh3_64;

use super::Work;
use super::medium::Blob;
use super::runs::{HEAD, check_head, head};
use crate::error::Result;

/// Bytes of a piece in memory, as a power of two.
const PIECE_BITS: u32 = 20;

/// Bytes that gather before a file is written to.
const PENDING: usize = 256 << 10;

/// Bytes of a row's checksum.
const SUM: usize = 4;

/// A store of rows.
pub(crate) struct Rows {
    work: Work,
    name: String,
    share: usize,
    /// While everything is in memory: pieces, all full but the last.
    pieces: Vec<Vec<u8>>,
    file: Option<Box<dyn Blob>>,
    /// What is not in the file yet.
    pending: Vec<u8>,
    end: u64,
}

impl Rows {
    pub(super) fn new(work: Work, name: &str, share: usize) -> Self {
        let name = format!("{name}.rows");
        let (pieces, pending) = (Vec::new(), Vec::new());
        Self { work, name, share, pieces, file: None, pending, end: HEAD as u64 }
    }

    /// Opens what was left in a file, up to `end`.
    pub(crate) fn open(work: &Work, name: &str, end: u64) -> Result<Self> {
        let mut rows = Self::new(work.clone(), name, 0);
        let file = work.medium().open(&rows.name)?;
        check_head(&*file, 0)?;
        rows.file = Some(file);
        rows.end = end;
        Ok(rows)
    }

    /// Adds a row; its place.
    pub(crate) fn append(&mut self, row: &[u8]) -> Result<u64> {
        let place = self.end;
        let sum = (xxh3_64(row) as u32).to_le_bytes();
        if self.file.is_none() && place as usize + row.len() + SUM > self.share {
            self.move_to_file()?;
        }
        if self.file.is_some() {
            self.pending.extend_from_slice(row);
            self.pending.extend_from_slice(&sum);
        } else {
            self.keep(row);
            self.keep(&sum);
        }
        self.end += (row.len() + SUM) as u64;
        if self.pending.len() >= PENDING {
            self.write_pending()?;
        }
        Ok(place)
    }

    fn keep(&mut self, mut bytes: &[u8]) {
        const PIECE: usize = 1 << PIECE_BITS;
        while !bytes.is_empty() {
            if self.pieces.last().is_none_or(|last| last.len() == PIECE) {
                self.pieces.push(Vec::with_capacity(if self.pieces.is_empty() {
                    0
                } else {
                    PIECE
                }));
            }
            let Some(last) = self.pieces.last_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - last.len()));
            last.extend_from_slice(now);
            bytes = later;
        }
    }

    fn move_to_file(&mut self) -> Result<()> {
        let file = self.work.medium().create(&self.name)?;
        file.write_at(0, &head(0))?;
        let mut end = HEAD as u64;
        for piece in std::mem::take(&mut self.pieces) {
            file.write_at(end, &piece)?;
            self.work.count(piece.len());
            end += piece.len() as u64;
        }
        self.file = Some(file);
        Ok(())
    }

    fn write_pending(&mut self) -> Result<()> {
        if let Some(file) = &self.file {
            file.write_at(self.end - self.pending.len() as u64, &self.pending)?;
            self.work.count(self.pending.len());
            self.pending.clear();
        }
        Ok(())
    }

    /// Ends the writing; before it nothing can be read. What is to be `durable` is on disk then,
    /// as far as the system tells.
    pub(crate) fn seal(&mut self, durable: bool) -> Result<()> {
        if durable && self.file.is_none() {
            self.move_to_file()?;
        }
        self.write_pending()?;
        self.pending = Vec::new();
        match &self.file {
            Some(file) if durable => file.sync(),
            _ => Ok(()),
        }
    }

    /// Where the next row would go; what [`Rows::open`] wants.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Place of the first row.
    pub(crate) const fn start() -> u64 {
        HEAD as u64
    }

    /// Place of the row after one of `len` bytes.
    pub(crate) const fn after(place: u64, len: usize) -> u64 {
        place + (len + SUM) as u64
    }

    /// Shows the `len` bytes of the row at a place.
    pub(crate) fn with<T>(
        &self,
        place: u64,
        len: usize,
        scratch: &mut Vec<u8>,
        show: impl FnOnce(&[u8]) -> T,
    ) -> Result<T> {
        if let Some(file) = &self.file {
            scratch.resize(len + SUM, 0);
            file.read_at(place, scratch)?;
            let (row, sum) = scratch.split_at(len);
            if sum != (xxh3_64(row) as u32).to_le_bytes() {
                return Err(file.damaged("a checksum is wrong"));
            }
            return Ok(show(row));
        }
        let at = place as usize - HEAD;
        let (piece, within) = (at >> PIECE_BITS, at & ((1 << PIECE_BITS) - 1));
        if let Some(row) = self.pieces.get(piece).and_then(|piece| piece.get(within..within + len))
        {
            return Ok(show(row));
        }
        scratch.clear();
        let mut from = within;
        for piece in self.pieces.iter().skip(piece) {
            let wanted = len - scratch.len();
            scratch.extend(piece.iter().skip(from).take(wanted));
            from = 0;
            if scratch.len() == len {
                break;
            }
        }
        Ok(show(scratch))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_back_from_memory_and_from_files(
            lens in prop::collection::vec(prop_oneof![4 => 0usize..50, 1 => 0usize..700_000], 0..12),
            share in prop_oneof![0usize..100, Just(1 << 20), Just(usize::MAX)],
            durable: bool,
        ) {
            let work = Work::tiny(0, 100, 2);
            let mut rows = Rows::new(work, "rows", share);
            let row = |i: usize, len: usize| (0..len).map(|j| (i * 31 + j) as u8).collect::<Vec<_>>();
            let mut places = Vec::new();
            for (i, &len) in lens.iter().enumerate() {
                places.push(rows.append(&row(i, len)).expect("room"));
            }
            rows.seal(durable).expect("room");
            let mut expected = Rows::start();
            for (i, (&place, &len)) in places.iter().zip(&lens).enumerate() {
                prop_assert_eq!(place, expected);
                expected = Rows::after(place, len);
                let same = rows.with(place, len, &mut Vec::new(), |found| found == row(i, len));
                prop_assert!(same.expect("whole"));
            }
            prop_assert_eq!(rows.end(), expected);
        }
    }

    #[test]
    fn a_changed_byte_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let work = Work::within(0, folder.path());
        let mut rows = work.rows("names", 1);
        let place = rows.append(b"a name").expect("room");
        rows.seal(true).expect("room");
        let end = rows.end();
        drop(rows);
        let again = Rows::open(&work, "names", end).expect("as it was left");
        let read = |rows: &Rows| rows.with(place, 6, &mut Vec::new(), <[u8]>::to_vec);
        assert_eq!(read(&again).expect("whole"), b"a name");
        let path = folder.path().join("names.rows");
        let mut bytes = std::fs::read(&path).expect("a file");
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).expect("a file");
        assert!(read(&again).expect_err("damage").to_string().contains("damaged"));
    }
}
