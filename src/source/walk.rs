//! From named paths to files, in a fixed order.
//!
//! Folders are walked depth first, entries by the bytes of their names, so documents get the same
//! numbers on every machine. Nothing is left out unless the configuration says so.
//!
//! Symbolic links are followed; a link to a folder that it stands in is reported and passed over.
//! What is reachable by several paths (a file and a link to it) is read once for each path,
//! because each is a place where the text stands; the same path, named twice or both by itself and
//! within a folder, is read once, at its first mention.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;

use super::config::{Globs, Resolved};
use super::place::Place;
use crate::error::{Error, ErrorKind, Result};

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file of a size in bytes.
    File { place: Place, path: PathBuf, size: u64 },
    /// A pipe or device that was named itself.
    Stream { place: Place, path: PathBuf },
    /// Something that cannot be read.
    Refused(Error),
}

/// Files that are left out wherever they are met, by their canonical paths.
pub(crate) type Except = Arc<BTreeSet<PathBuf>>;

/// Walks one source after another.
#[derive(Default)]
pub(crate) struct Walker {
    seen: HashSet<PathBuf>,
}

impl Walker {
    /// Adds the files of the source at `path` to `found`, but for those of `except`. A source that
    /// does not exist is an error.
    pub(crate) fn walk(
        &mut self,
        path: &Path,
        resolved: &Resolved<'_>,
        except: &Except,
        found: &mut Vec<Found>,
    ) -> Result<()> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::Io, "no file or folder of this name")
                    .remedy("check the path (a link may point to nothing)")
                    .because(error)
                    .at(path));
            }
            Err(error) => {
                found.push(Found::Refused(Error::io("read", path, error)));
                return Ok(());
            }
        };
        if metadata.is_dir() {
            self.walk_folder(path, resolved, except, found);
        } else if self.is_wanted(path, except) {
            let place = Place::new(path, path, None);
            let path = path.to_path_buf();
            found.push(if metadata.is_file() {
                Found::File { place, path, size: metadata.len() }
            } else {
                Found::Stream { place, path }
            });
        }
        Ok(())
    }

    fn walk_folder(
        &mut self,
        source: &Path,
        resolved: &Resolved<'_>,
        except: &Except,
        found: &mut Vec<Found>,
    ) {
        for entry in walker(source, resolved) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    found.push(Found::Refused(walk_error(&error, source)));
                    continue;
                }
            };
            let path = entry.path();
            let relative = path.strip_prefix(source).unwrap_or(path);
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let wanted = resolved.include.as_ref().is_none_or(|globs| globs.matches(relative));
            if is_folder || !wanted || !self.is_wanted(path, except) {
                continue;
            }
            found.push(match entry.metadata() {
                Ok(metadata) if metadata.is_file() => Found::File {
                    place: Place::new(source, path, Some(relative)),
                    path: path.to_path_buf(),
                    size: metadata.len(),
                },
                // A link that is not to be followed is left out as it was asked.
                Ok(metadata) if metadata.is_symlink() => continue,
                Ok(metadata) => Found::Refused(
                    Error::new(ErrorKind::Io, kind_of(metadata.file_type()))
                        .expected("a regular file")
                        .remedy("leave it out with --exclude, or name it as a source itself")
                        .at(path),
                ),
                Err(error) => Found::Refused(walk_error(&error, path)),
            });
        }
    }

    /// Whether a path is met for the first time, and leads to no file that is left out.
    fn is_wanted(&mut self, path: &Path, except: &Except) -> bool {
        let is_left_out = || path.canonicalize().is_ok_and(|path| except.contains(&path));
        if !except.is_empty() && is_left_out() {
            return false;
        }
        // Rebuilding a path from its components drops what does not matter: `./` and `//`.
        self.seen.insert(path.components().collect())
    }
}

fn walker(source: &Path, resolved: &Resolved<'_>) -> ignore::Walk {
    let config = resolved.config;
    let mut builder = WalkBuilder::new(source);
    builder
        .standard_filters(false)
        .hidden(config.skip_hidden)
        .git_ignore(config.respect_gitignore)
        .parents(config.respect_gitignore)
        .require_git(false)
        .follow_links(config.follow_links)
        .sort_by_file_name(Ord::cmp);
    let exclude: Arc<Globs> = Arc::new(resolved.exclude.clone());
    let (root, skip_git) = (source.to_path_buf(), config.respect_gitignore);
    builder.filter_entry(move |entry| {
        let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
        entry.depth() == 0
            || !(exclude.matches(relative) || (skip_git && entry.file_name() == ".git"))
    });
    builder.build()
}

/// The error for something that the walk met.
fn walk_error(error: &ignore::Error, within: &Path) -> Error {
    match error {
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            walk_error(err, within)
        }
        ignore::Error::WithPath { path, err } => walk_error(err, path),
        ignore::Error::Loop { ancestor, child } => {
            let found = format!("a link back to the folder {} that it is in", ancestor.display());
            Error::new(ErrorKind::Io, found)
                .remedy("what it leads to has been read already")
                .at(child)
        }
        ignore::Error::Io(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::Io, "a link that points to nothing, or a file just removed")
                .at(within)
        }
        ignore::Error::Io(cause) => {
            // The cause cannot be moved out; its number says the same.
            let again = cause.raw_os_error().map_or_else(
                || std::io::Error::from(cause.kind()),
                std::io::Error::from_raw_os_error,
            );
            Error::io("read", within, again)
        }
        other => Error::new(ErrorKind::Io, other.to_string()).at(within),
    }
}

#[cfg(unix)]
fn kind_of(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind_of(_: fs::FileType) -> &'static str {
    "something that is neither a file nor a folder"
}
