//! A folder as the result: written aside, then put in its place as a whole.
//!
//! It is made beside its place, on the same file system, so that one rename puts it there. What
//! stands there already is replaced only with `--force`, and only if it is an earlier result: a
//! folder of anything else is never removed. All of this is checked before the run begins.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use doublet::dedup::REMOVED;
use doublet::{Error, ErrorKind, Result};
use tempfile::TempDir;

use super::interrupt;
use super::output::{exists, write_error};

/// The place of a folder that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Without links and dots, so that it can be compared.
    path: PathBuf,
}

impl Place {
    /// Resolves the path, and refuses what may not be replaced.
    pub(super) fn resolve(path: &Path, force: bool) -> Result<Self> {
        let refuse = |found: &str| Error::new(ErrorKind::Config, found).at(path);
        if path.symlink_metadata().is_err() {
            let parent = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            let (Ok(parent), Some(name)) = (fs::canonicalize(parent), path.file_name()) else {
                return Err(refuse("an --output in a folder that does not exist")
                    .expected("an existing folder")
                    .remedy(format!("make {} first", parent.display())));
            };
            return Ok(Self { path: parent.join(name) });
        }
        let resolved = fs::canonicalize(path).map_err(|error| write_error(path, error))?;
        if !resolved.is_dir() {
            return Err(refuse("a file as --output").expected("a folder to make"));
        }
        let mut entries = fs::read_dir(&resolved).map_err(|error| write_error(path, error))?;
        if entries.next().is_some() {
            if !force {
                return Err(exists(path));
            }
            if !resolved.join(REMOVED).is_file() {
                return Err(refuse("an --output that is no earlier result")
                    .expected(format!("a folder with {REMOVED}, or an empty one"))
                    .remedy("choose another name; --force removes nothing else"));
            }
        }
        Ok(Self { path: resolved })
    }

    /// The folder that it lies in.
    pub(super) fn parent(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// Refuses an input that the output would lie in or that it would replace.
    pub(super) fn check_apart<'a>(&self, inputs: impl Iterator<Item = &'a Path>) -> Result<()> {
        for input in inputs {
            let Ok(resolved) = fs::canonicalize(input) else { continue };
            if self.path.starts_with(&resolved) || resolved.starts_with(&self.path) {
                return Err(Error::new(
                    ErrorKind::Config,
                    "an input and an --output in each other",
                )
                .expected("an output apart from what is read")
                .at(input));
            }
        }
        Ok(())
    }

    /// The place itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder aside. What a killed run left under the same name goes.
    pub(super) fn begin(&self, name: &str) -> Result<AsideFolder> {
        let refused = |error| write_error(&self.path, error);
        let mut pending = interrupt::hold();
        let left = self.parent().join(format!(".doublet-{name}.partial"));
        if left.is_dir() {
            fs::remove_dir_all(&left).map_err(refused)?;
        }
        let folder = make_aside(self.parent(), name).map_err(refused)?;
        pending.add_whole(folder.path());
        Ok(AsideFolder { folder: Some(folder), path: self.path.clone() })
    }
}

/// Makes `.doublet-NAME.partial`.
fn make_aside(parent: &Path, name: &str) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".doublet-{name}");
    builder.prefix(&prefix).rand_bytes(0).suffix(".partial");
    #[cfg(unix)]
    {
        // What the user's mask leaves of it, as for any new folder.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent)
}

/// A folder that is written aside; unless it is committed it goes.
pub(super) struct AsideFolder {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl AsideFolder {
    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        self.folder.as_ref().map_or(&self.path, TempDir::path)
    }

    /// Puts the folder in its place, with nothing or all of what stood there before.
    pub(super) fn commit(mut self) -> Result<()> {
        let Some(folder) = self.folder.take() else { return Ok(()) };
        let refused = |error| write_error(&self.path, error);
        sync(folder.path()).map_err(refused)?;
        let mut pending = interrupt::hold();
        let aside = folder.path().to_path_buf();
        let earlier = if self.path.exists() {
            let parent = self.path.parent().unwrap_or(Path::new("/"));
            let earlier =
                make_aside(parent, &format!("{}-earlier", std::process::id())).map_err(refused)?;
            fs::rename(&self.path, earlier.path().join("earlier")).map_err(refused)?;
            Some(earlier)
        } else {
            None
        };
        if let Err(error) = fs::rename(&aside, &self.path) {
            if let Some(earlier) = earlier {
                let moved = earlier.path().join("earlier");
                if fs::rename(&moved, &self.path).is_err() {
                    // What stood there must not go with the folder that it is in now.
                    let _ = earlier.keep();
                    pending.remove(&aside);
                    return Err(refused(error)
                        .remedy(format!("what stood there is in {}", moved.display())));
                }
            }
            pending.remove(&aside);
            return Err(refused(error));
        }
        pending.remove(&aside);
        // It stands under another name now: nothing is left to remove.
        let _ = folder.keep();
        drop(earlier);
        // The name itself; what it leads to is on disk already.
        self.path.parent().map_or(Ok(()), sync_folder).map_err(refused)
    }
}

/// Brings all files and folders below a folder to the disk.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(folder)
}

/// Brings the names in a folder to the disk, where the system has such a thing.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

impl Drop for AsideFolder {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take() {
            let mut pending = interrupt::hold();
            pending.remove(folder.path());
            drop(folder);
        }
    }
}
