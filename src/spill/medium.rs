//! The port to files: written and read at a place.
//!
//! Two implementations: a folder on disk, and memory. Tests of everything above run on memory,
//! with blocks as small as they like.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};

/// Makes files.
pub(super) trait Medium: Send + Sync {
    /// A new file of this name; an earlier one goes.
    fn create(&self, name: &str) -> Result<Box<dyn Blob>>;

    /// The file of this name as it was left.
    fn open(&self, name: &str) -> Result<Box<dyn Blob>>;
}

/// A file that is written and read anywhere.
pub(super) trait Blob: Send + Sync {
    /// Puts bytes at an offset; the file grows as far as needed.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Fills `bytes` from `offset` on.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()>;

    /// Brings everything to the disk.
    fn sync(&self) -> Result<()>;

    /// The error of a file that does not hold what was written.
    fn damaged(&self, what: &str) -> Error;
}

/// Files of a folder.
pub(super) struct Folder(pub(super) PathBuf);

impl Medium for Folder {
    fn create(&self, name: &str) -> Result<Box<dyn Blob>> {
        let path = self.0.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(&path).map_err(|error| unwritten(&path, error))?;
        Ok(Box::new(OnDisk { file, path }))
    }

    fn open(&self, name: &str) -> Result<Box<dyn Blob>> {
        let path = self.0.join(name);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|error| Error::io("open", &path, error))?;
        Ok(Box::new(OnDisk { file, path }))
    }
}

struct OnDisk {
    file: File,
    path: PathBuf,
}

impl Blob for OnDisk {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        write_all_at(&self.file, bytes, offset).map_err(|error| unwritten(&self.path, error))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        read_exact_at(&self.file, bytes, offset)
            .map_err(|error| Error::io("read", &self.path, error))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|error| unwritten(&self.path, error))
    }

    fn damaged(&self, what: &str) -> Error {
        damaged(what).at(&self.path)
    }
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Io, format!("a work file that is damaged ({what})"))
        .expected("what this run wrote there")
        .remedy("run again, with another --temp-dir if it happens again")
}

/// The error of a work file that cannot be written: mostly a full disk.
fn unwritten(path: &Path, error: io::Error) -> Error {
    use io::ErrorKind as Io;
    if matches!(error.kind(), Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge) {
        return Error::new(ErrorKind::Io, format!("no room for work files ({error})"))
            .remedy("make room there, name another folder with --temp-dir, or raise --memory")
            .because(error)
            .at(path);
    }
    Error::io("write", path, error)
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                offset += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        bytes = &bytes[count..];
        offset += count as u64;
    }
    Ok(())
}

/// Files that are memory; they do not outlive their blobs.
#[derive(Default)]
pub(super) struct Memory;

impl Medium for Memory {
    fn create(&self, _: &str) -> Result<Box<dyn Blob>> {
        Ok(Box::new(InMemory::default()))
    }

    fn open(&self, name: &str) -> Result<Box<dyn Blob>> {
        Err(Error::new(ErrorKind::Io, format!("no work file {name} in memory")))
    }
}

/// A file in memory.
#[derive(Default)]
struct InMemory(Mutex<Vec<u8>>);

impl Blob for InMemory {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = offset as usize;
        let end = all.len().max(from + bytes.len());
        all.resize(end, 0);
        all[from..from + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let stored = from.checked_add(bytes.len()).and_then(|end| all.get(from..end));
        bytes.copy_from_slice(stored.ok_or_else(|| damaged("it ends early"))?);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn damaged(&self, what: &str) -> Error {
        damaged(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hold_what_was_written_in_any_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let media: [Box<dyn Medium>; 2] =
            [Box::new(Memory), Box::new(Folder(folder.path().to_path_buf()))];
        for medium in media {
            let blob = medium.create("a").expect("a file");
            blob.write_at(3, b"two").expect("room");
            blob.write_at(0, b"one").expect("room");
            let mut bytes = [0; 4];
            blob.read_at(2, &mut bytes).expect("four bytes");
            assert_eq!(&bytes, b"etwo");
            assert_eq!(blob.read_at(3, &mut bytes).expect_err("the end").kind(), ErrorKind::Io);
        }
        let again = Folder(folder.path().to_path_buf()).open("a").expect("the file");
        again.write_at(6, b"!").expect("room");
        let mut bytes = [0; 7];
        again.read_at(0, &mut bytes).expect("seven bytes");
        assert_eq!(&bytes, b"onetwo!");
    }
}
