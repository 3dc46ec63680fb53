//! Where a document stands: its source, its file, and the groups these imply.

use std::path::Path;

use super::config::Builtin;
use crate::document::Origin;

/// Name of standard input.
pub(crate) const STDIN: &str = "-";

/// A file of a source, by the names that are shown.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The source as it was named.
    pub(crate) source: String,
    /// The file.
    pub(crate) path: String,
    /// Its folder below the source.
    pub(crate) folder: String,
}

impl Place {
    /// A file at `path`, `relative` to the source when that is a folder.
    pub(crate) fn new(source: &Path, path: &Path, relative: Option<&Path>) -> Self {
        let folder = relative.unwrap_or(path).parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Self {
            source: source.to_string_lossy().into_owned(),
            path: path.to_string_lossy().into_owned(),
            folder: folder.to_string_lossy().into_owned(),
        }
    }

    /// A stream that is no file.
    pub(crate) fn stream(name: &str) -> Self {
        Self { source: name.to_owned(), path: name.to_owned(), folder: ".".to_owned() }
    }

    /// The group of its documents.
    pub(crate) fn group(&self, builtin: Builtin) -> String {
        match builtin {
            Builtin::Folder => self.folder.clone(),
            Builtin::Source => self.source.clone(),
            Builtin::Path => self.path.clone(),
        }
    }

    /// The origin of a document of it.
    pub(crate) fn origin(&self, line: Option<u64>, encoding: Option<&'static str>) -> Origin {
        Origin {
            source: self.source.clone(),
            path: self.path.clone(),
            line,
            encoding: encoding.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_relative_to_a_folder_and_as_written_for_a_file() {
        let folder = |source: &str, path: &str, relative: Option<&str>| {
            Place::new(Path::new(source), Path::new(path), relative.map(Path::new)).folder
        };
        assert_eq!(folder("a", "a/b/c.txt", Some("b/c.txt")), "b");
        assert_eq!(folder("a", "a/c.txt", Some("c.txt")), ".");
        assert_eq!(folder("a/b/c.txt", "a/b/c.txt", None), "a/b");
        assert_eq!(folder("c.txt", "c.txt", None), ".");
    }
}
