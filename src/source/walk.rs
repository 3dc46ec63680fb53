<<<<<<< HEAD
//! From what was named to the files there are: folders, links, globs, and what files hold.
//!
//! Order is by name, byte by byte, folder for folder, so that documents get the same numbers on
//! every machine. Nothing is left out unless it was asked for: hidden files and files that a
//! version control system ignores are read, and links are followed; one that leads into a folder
//! it lies in is named and skipped.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::{Format, ReadConfig};
use crate::error::{Error, ErrorKind, Result};

/// What a file holds, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// One JSON record a line.
    Records,
    /// `.json`: an array of records, records, or a text; its first bytes tell.
    Json,
    /// A pipe: its first byte tells.
    Unknown,
}

impl Form {
    fn of(path: &Path, format: Format) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let stem = [".gz", ".gzip", ".zst", ".zstd"]
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(&name);
        let ending = stem.rsplit_once('.').map_or("", |(_, ending)| ending);
        match (format, ending) {
            (Format::Text, _) => Self::Text,
            (_, "json") => Self::Json,
            (Format::Jsonl, _) | (_, "jsonl" | "ndjson" | "jsonlines") => Self::Records,
            (Format::Auto, _) => Self::Text,
        }
    }
}

/// A file to read.
#[derive(Debug)]
pub(super) struct Entry {
    /// The source as it was named.
    pub(super) source: String,
    pub(super) path: PathBuf,
    /// What its document is called: the path inside a folder, else the path as it was named.
    pub(super) name: String,
    /// Its folder inside the source.
    pub(super) folder: String,
    /// Bytes as stored; 0 for pipes.
    pub(super) bytes: u64,
    pub(super) form: Form,
}

impl Entry {
    /// A stream that has a name instead of a path.
    pub(super) fn stream(name: &str, format: Format) -> Self {
        let form = match format {
            Format::Auto => Form::Unknown,
            Format::Text => Form::Text,
            Format::Jsonl => Form::Records,
        };
        Self {
            source: name.to_owned(),
            path: PathBuf::from(name),
            name: name.to_owned(),
            folder: ".".to_owned(),
            bytes: 0,
            form,
        }
    }

    /// A path that was named itself, and is no folder.
    fn named(path: &Path, metadata: &Metadata, format: Format) -> Self {
        let name = path.to_string_lossy().into_owned();
        if !metadata.is_file() {
            return Self::stream(&name, format);
        }
        Self {
            folder: folder_of(path),
            bytes: metadata.len(),
            form: Form::of(path, format),
            ..Self::stream(&name, format)
        }
    }
}

/// Something to read, or the reason why not.
#[derive(Debug)]
pub(super) enum Found {
    File(Entry),
    StandardInput(Entry),
    Problem(Error),
}

/// Which files of a folder are read.
#[derive(Debug)]
pub(super) struct Selection {
    include: Option<GlobSet>,
    exclude: GlobSet,
    skip_hidden: bool,
    format: Format,
}

impl Selection {
    /// The rules of a configuration; an error for a glob that is none.
    pub(super) fn new(config: &ReadConfig) -> Result<Self> {
        let include = globs(&config.include)?;
        Ok(Self {
            include: (!config.include.is_empty()).then_some(include),
            exclude: globs(&config.exclude)?,
            skip_hidden: config.skip_hidden,
            format: config.format,
        })
    }

    /// Whether a file or folder is left out, with everything in it.
    fn leaves_out(&self, entry: &DirEntry, inside: &Path) -> bool {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        (self.skip_hidden && hidden) || self.exclude.is_match(inside)
    }

    fn takes_file(&self, inside: &Path) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(inside))
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let wrong = |pattern: &str, error: globset::Error| {
        Error::new(ErrorKind::Config, format!("the glob \"{pattern}\" ({})", error.kind()))
            .expected("one such as *.txt or drafts/**")
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let trimmed = pattern.trim_start_matches("./").trim_end_matches('/');
        let anywhere = if trimmed.contains('/') { "" } else { "**/" };
        let whole = format!("{anywhere}{}", trimmed.trim_start_matches('/'));
        let glob = GlobBuilder::new(&whole)
            .literal_separator(true)
            .build()
            .map_err(|error| wrong(pattern, error))?;
        set.add(glob);
    }
    set.build().map_err(|error| wrong(&patterns.join(" "), error))
}

/// Everything there is to read, in order.
///
/// # Errors
/// An input that does not exist, or standard input named twice.
pub(super) fn find(inputs: &[PathBuf], selection: &Selection) -> Result<Vec<Found>> {
    let standard = |input: &&PathBuf| input.as_os_str() == "-";
    if inputs.iter().filter(standard).count() > 1 {
        return Err(Error::new(ErrorKind::Config, "- (standard input) more than once")
            .expected("it at most once"));
    }
    let mut found = Vec::new();
    for input in inputs {
        if standard(&input) {
            found.push(Found::StandardInput(Entry::stream("-", selection.format)));
            continue;
        }
        let metadata = std::fs::metadata(input).map_err(|error| {
            Error::io("open", input, error).remedy("name a file or a folder that exists, or -")
        })?;
        if metadata.is_dir() {
            walk(input, selection, &mut found);
        } else {
            found.push(Found::File(Entry::named(input, &metadata, selection.format)));
        }
    }
    Ok(found)
}

/// Adds the files of a folder.
fn walk(root: &Path, selection: &Selection, found: &mut Vec<Found>) {
    let mut entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                if let Some(problem) = problem(root, error, selection) {
                    found.push(Found::Problem(problem));
                }
                continue;
            }
        };
        if entry.depth() == 0 {
            continue;
        }
        let inside = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let kind = entry.file_type();
        if selection.leaves_out(&entry, inside) {
            if kind.is_dir() {
                entries.skip_current_dir();
            }
        } else if kind.is_dir() || !selection.takes_file(inside) {
            // Folders are entered by themselves; files that were not asked for are none of ours.
        } else if kind.is_file() {
            found.push(Found::File(Entry {
                source: root.to_string_lossy().into_owned(),
                name: inside.to_string_lossy().into_owned(),
                folder: folder_of(inside),
                bytes: entry.metadata().map_or(0, |metadata| metadata.len()),
                form: Form::of(inside, selection.format),
                path: entry.into_path(),
            }));
        } else {
            found.push(Found::Problem(
                Error::new(ErrorKind::Io, "a pipe, socket or device")
                    .expected("a regular file")
                    .remedy("name it itself to read it")
                    .at(entry.path()),
            ));
        }
    }
}

/// What stopped the walk at one place, unless that place was not to be visited.
fn problem(root: &Path, error: walkdir::Error, selection: &Selection) -> Option<Error> {
    let path = error.path().unwrap_or(root).to_path_buf();
    let inside = path.strip_prefix(root).unwrap_or(&path);
    let hidden = inside.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    if selection.exclude.is_match(inside) || (selection.skip_hidden && hidden) {
        return None;
    }
    if let Some(ancestor) = error.loop_ancestor() {
        let found = format!("a symbolic link back to {}, which it lies in", ancestor.display());
        return Some(
            Error::new(ErrorKind::Io, found)
                .expected("folders without loops")
                .remedy("everything there is read once already")
                .at(path),
        );
    }
    let error = error.into_io_error().unwrap_or_else(|| std::io::Error::other("unknown"));
    Some(Error::io("read", path, error))
}

/// The folder part of a path, `.` for none.
fn folder_of(path: &Path) -> String {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_string_lossy().into_owned(),
        _ => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_files_hold() {
        let form = |name| Form::of(Path::new(name), Format::Auto);
        for name in ["a.jsonl", "a.JSONL.gz", "x/a.ndjson.zst", "a.jsonlines"] {
            assert_eq!(form(name), Form::Records, "{name}");
        }
        for name in ["a.txt", "a", "jsonl", "a.jsonl.txt", "a.gz", ".gz", "a.jsonl/b"] {
            assert_eq!(form(name), Form::Text, "{name}");
        }
        assert_eq!(form("a.json.gz"), Form::Json);
        assert_eq!(Form::of(Path::new("a.txt"), Format::Jsonl), Form::Records);
        assert_eq!(Form::of(Path::new("a.jsonl"), Format::Text), Form::Text);
    }

    #[test]
    fn globs_without_a_slash_match_at_any_depth() {
        let matches =
            |glob: &str, path: &str| globs(&[glob.to_owned()]).expect("a glob").is_match(path);
        assert!(matches("*.txt", "a.txt") && matches("*.txt", "x/y/a.txt"));
        assert!(matches("drafts/**", "drafts/x/a.txt") && matches("drafts/", "x/drafts"));
        assert!(!matches("drafts/*.txt", "drafts/x/a.txt") && !matches("x/*.txt", "y/x/a.txt"));
        assert!(matches("./a/*", "a/b") && matches("/a/*", "a/b"));
        assert!(globs(&["[".to_owned()]).is_err());
    }
}
=======
//! From named paths to files, in a fixed order.
//!
//! Folders are walked depth first, entries by the bytes of their names, so documents get the same
//! numbers on every machine. Nothing is left out unless the configuration says so.
//!
//! Symbolic links are followed; a link to a folder that it stands in is reported and passed over.
//! What is reachable by several paths (a file and a link to it) is read once for each path,
//! because each is a place where the text stands; the same path, named twice or both by itself and
//! within a folder, is read once, at its first mention.

use std::collections::HashSet;
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

/// Walks one source after another.
#[derive(Default)]
pub(crate) struct Walker {
    seen: HashSet<PathBuf>,
}

impl Walker {
    /// Adds the files of the source at `path` to `found`. A source that does not exist is an
    /// error.
    pub(crate) fn walk(
        &mut self,
        path: &Path,
        resolved: &Resolved<'_>,
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
            self.walk_folder(path, resolved, found);
        } else if self.is_new(path) {
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

    fn walk_folder(&mut self, source: &Path, resolved: &Resolved<'_>, found: &mut Vec<Found>) {
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
            if is_folder || !wanted || !self.is_new(path) {
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

    fn is_new(&mut self, path: &Path) -> bool {
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
>>>>>>> report
