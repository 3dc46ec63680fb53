//! One error type: what was found, what was expected, where, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option or a combination of options that makes no sense.
    Config,
    /// The system refused to read or write.
    Io,
    /// Bytes that are not text in the stated encoding.
    Encoding,
    /// A record that is not what its format says (no JSON, cut short).
    Format,
    /// A record without a field that was asked for, or with one of the wrong type.
    Field,
    /// Compressed data that is damaged or ends early.
    Compression,
    /// More or larger input than a 32-bit id or offset can name.
    Limit,
    /// Sketches, bands or anchors made under different specifications.
    Spec,
    /// The run was stopped from outside.
    Interrupted,
}

/// An error with its evidence and the remedy.
///
/// Displays as `path:line: found …; expected …; remedy`, leaving out what is not known.
///
/// ```
/// use doublet::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Field, "a record without the field \"text\"")
///     .expected("a string in every record")
///     .remedy("name the field that holds the text with --text-field")
///     .at("news.jsonl").line(17);
/// assert!(error.to_string().starts_with("news.jsonl:17: found a record without"));
/// ```
#[derive(Debug)]
pub struct Error(Box<Evidence>);

/// What an error knows; behind a pointer so that a `Result` stays small.
#[derive(Debug)]
struct Evidence {
    kind: ErrorKind,
    found: String,
    expected: Option<String>,
    remedy: Option<String>,
    path: Option<PathBuf>,
    line: Option<u64>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind, with what was found.
    pub fn new(kind: ErrorKind, found: impl Into<String>) -> Self {
        Self(Box::new(Evidence {
            kind,
            found: found.into(),
            expected: None,
            remedy: None,
            path: None,
            line: None,
            source: None,
        }))
    }

    /// The system's refusal to `action` (as in "open", "read", "write") the file at `path`.
    pub fn io(action: &str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let found = format!("that the system would not {action} it ({source})");
        let mut error = Self::new(ErrorKind::Io, found).at(path);
        error.0.source = Some(Box::new(source));
        error
    }

    /// Adds what should have been there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Adds the file.
    #[must_use]
    pub fn at(mut self, path: impl AsRef<Path>) -> Self {
        self.0.path = Some(path.as_ref().to_path_buf());
        self
    }

    /// Adds the line, from 1.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.0.line = Some(line);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file it happened in, if any.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The line it happened in, from 1, if any.
    pub fn line_number(&self) -> Option<u64> {
        self.0.line
    }

    /// The sentence without path and line.
    pub fn message(&self) -> String {
        let mut message = format!("found {}", self.0.found);
        for (lead, part) in [("; expected ", &self.0.expected), ("; ", &self.0.remedy)] {
            if let Some(part) = part {
                message.push_str(lead);
                message.push_str(part);
            }
        }
        message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}:", path.display())?;
            if let Some(line) = self.0.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
