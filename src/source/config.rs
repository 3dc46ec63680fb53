//! How sources are read: the options, and their checked form.
//!
//! [`ReadConfig`] is what a caller fills in; [`Resolved`] is the same with its encoding looked up
//! and its globs compiled, so that every mistake in it is reported before anything is read.

use encoding_rs::Encoding;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::{Error, ErrorKind, Result};

/// How sources are read.
///
/// Field names (`text_field`, `id_field`, `group_by`, `date_field`) concern JSON records, and the
/// columns of tables. A name with dots such as `meta.outlet` means a field of a nested object,
/// unless the record has a field of exactly that name. Of web archives the fields are those of a
/// record's head (`WARC-Date`), and `host`.
///
/// ```
/// use doublet::source::ReadConfig;
/// let config = ReadConfig { text_field: "body".into(), strict: true, ..ReadConfig::default() };
/// assert!(!config.skip_hidden);
/// ```
#[allow(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadConfig {
    /// The field that holds the text. Default `text`.
    pub text_field: String,
    /// The field that holds the name of the document, a string or a number. By default `id` where
    /// a record has it, otherwise the name is `path:line`.
    pub id_field: Option<String>,
    /// What groups documents: a field, or `folder` (the parent folder, relative to the source),
    /// `source` or `path`. By default documents have no group of their own.
    pub group_by: Option<String>,
    /// The field that holds the date, a string or a number.
    /// See [`Timestamp::parse`](crate::Timestamp::parse). Records of web archives have a date
    /// without it.
    pub date_field: Option<String>,
    /// Whether it is an error when no document has the field to group by or the date field, as
    /// after a mistake in its name. Default true; what is read beside other documents, as a
    /// reference, may well lack them.
    pub require_fields: bool,
    /// Whether fields other than the text and the id are kept. Default true.
    pub metadata: bool,
    /// Names of the fields that are kept as metadata, whole or by a path with dots; none means
    /// every field. What is not kept is not decoded where the format allows it.
    pub metadata_fields: Option<Vec<String>>,
    /// Label of the encoding of files without a byte-order mark (`latin1`, `shift_jis`,
    /// `utf-16le`, … as on the web). Default UTF-8.
    pub encoding: Option<String>,
    /// Files in folders must match one of these globs; none means every file. A glob without `/`
    /// is matched against the file's name, one with `/` against its path below the source. Files
    /// that are named as sources themselves are always read.
    pub include: Vec<String>,
    /// Files and folders below a source that match one of these globs are left out.
    pub exclude: Vec<String>,
    /// Leave out files and folders whose name begins with a dot. Default false.
    pub skip_hidden: bool,
    /// Leave out what `.gitignore` files name, and `.git` itself. Default false.
    pub respect_gitignore: bool,
    /// Follow symbolic links to files and folders below a source. Default true.
    pub follow_links: bool,
    /// Stop at the first input that cannot be read. By default it is noted and the rest is read.
    pub strict: bool,
    /// What files hold.
    pub format: Format,
    /// Largest document in bytes, after decompression: a text file, or a JSON record with all of
    /// its fields. Default (and at most) 4 GiB − 1.
    pub max_document_bytes: u32,
}

impl Default for ReadConfig {
    fn default() -> Self {
        Self {
            text_field: "text".to_owned(),
            id_field: None,
            group_by: None,
            date_field: None,
            require_fields: true,
            metadata: true,
            metadata_fields: None,
            encoding: None,
            include: Vec::new(),
            exclude: Vec::new(),
            skip_hidden: false,
            respect_gitignore: false,
            follow_links: true,
            strict: false,
            format: Format::Auto,
            max_document_bytes: u32::MAX,
        }
    }
}

impl ReadConfig {
    /// Whether the field at this path, or one within it, is kept as metadata.
    pub(crate) fn keeps(&self, path: &str) -> bool {
        let asked = |field: &String| leads_to(field, path) || leads_to(path, field);
        let fields = self.metadata_fields.as_ref();
        self.metadata && fields.is_none_or(|fields| fields.iter().any(asked))
    }

    /// Whether the field of this name, of the outermost object, makes a difference: what it holds
    /// is the text, an id, a group or a date, or is kept.
    pub(crate) fn reads(&self, name: &str) -> bool {
        let named = [&self.id_field, &self.group_by, &self.date_field].into_iter().flatten();
        let mut named = named.chain([&self.text_field]);
        self.keeps(name) || named.any(|field| leads_to(field, name))
    }
}

/// Whether the field `wanted` is the field `name` or lies within it.
pub(crate) fn leads_to(wanted: &str, name: &str) -> bool {
    let within = wanted.strip_prefix(name);
    within.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What a file holds. Compression is recognised by content whatever the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// By name, `.gz` and `.zst` set aside: `.jsonl`, `.ndjson`, `.jsonlines` and `.json` are JSON
    /// records, `.csv` and `.tsv` tables, `.warc` and `.wet` web archives, `.parquet` is Parquet,
    /// everything else is text. Standard input: JSON records if it begins as an object, a web
    /// archive if it begins as one.
    #[default]
    Auto,
    /// Each file is one document.
    Text,
    /// Each line is one record. (A `.json` file may also be an array of records, or records over
    /// several lines.)
    Jsonl,
    /// Comma-separated values, or with semicolons or tabs, with a header row; one document a
    /// record.
    Csv,
    /// Web archives of plain text, as Common Crawl's WET files; one document a record.
    Warc,
    /// Parquet; one document a row.
    Parquet,
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "jsonl" => Ok(Self::Jsonl),
            "csv" | "tsv" => Ok(Self::Csv),
            "warc" | "wet" => Ok(Self::Warc),
            "parquet" => Ok(Self::Parquet),
            _ => Err(Error::new(ErrorKind::Config, format!("the input format {text:?}"))
                .expected("auto, text, jsonl, csv, warc or parquet")),
        }
    }
}

/// What groups documents when no field of that name is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    Folder,
    Source,
    Path,
}

/// A configuration whose every part has been checked.
pub(crate) struct Resolved<'a> {
    pub(crate) config: &'a ReadConfig,
    pub(crate) encoding: Option<&'static Encoding>,
    pub(crate) builtin_group: Option<Builtin>,
    /// Files to include; `None` includes all.
    pub(crate) include: Option<Globs>,
    pub(crate) exclude: Globs,
}

impl<'a> Resolved<'a> {
    /// Checks the configuration; errors are of kind [`ErrorKind::Config`].
    pub(crate) fn new(config: &'a ReadConfig) -> Result<Self> {
        let encoding = config.encoding.as_deref().map(find_encoding).transpose()?;
        let builtin_group = match config.group_by.as_deref() {
            Some("folder") => Some(Builtin::Folder),
            Some("source") => Some(Builtin::Source),
            Some("path") => Some(Builtin::Path),
            _ => None,
        };
        let include = (!config.include.is_empty()).then(|| Globs::new(&config.include));
        Ok(Self {
            config,
            encoding,
            builtin_group,
            include: include.transpose()?,
            exclude: Globs::new(&config.exclude)?,
        })
    }
}

fn find_encoding(label: &str) -> Result<&'static Encoding> {
    // "replacement" stands for encodings that browsers refuse for safety: it decodes nothing.
    Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        Error::new(ErrorKind::Config, format!("the encoding {label:?}"))
            .expected("a label of the WHATWG encoding standard")
            .remedy("try utf-8, utf-16le, latin1, windows-1251, gb18030, shift_jis or euc-kr")
    })
}

/// Globs against file names, and globs against paths.
#[derive(Clone, Debug)]
pub(crate) struct Globs {
    names: GlobSet,
    paths: GlobSet,
}

impl Globs {
    fn new(patterns: &[String]) -> Result<Self> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            // A closing slash only says "folder"; an opening one only says "from the source".
            let trimmed = pattern.strip_suffix('/').unwrap_or(pattern);
            let (set, trimmed) = match trimmed.strip_prefix('/') {
                Some(rest) => (&mut paths, rest),
                None if trimmed.contains('/') => (&mut paths, trimmed),
                None => (&mut names, trimmed),
            };
            let glob = GlobBuilder::new(trimmed).literal_separator(true).build();
            set.add(glob.map_err(|error| bad_glob(pattern, error))?);
        }
        Ok(Self {
            names: names.build().map_err(|error| bad_glob("(all together)", error))?,
            paths: paths.build().map_err(|error| bad_glob("(all together)", error))?,
        })
    }

    /// Whether one matches a path that is relative to the source.
    pub(crate) fn matches(&self, relative: &std::path::Path) -> bool {
        self.paths.is_match(relative)
            || relative.file_name().is_some_and(|name| self.names.is_match(name))
    }
}

fn bad_glob(pattern: &str, error: globset::Error) -> Error {
    Error::new(ErrorKind::Config, format!("the glob {pattern:?} ({})", error.kind()))
        .expected("a pattern such as *.txt, 2023/** or {a,b}.jsonl")
        .because(error)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn globs_match_names_at_any_depth_and_paths_from_the_source() {
        let globs = |patterns: &[&str]| {
            Globs::new(&patterns.iter().map(ToString::to_string).collect::<Vec<_>>())
                .expect("valid globs")
        };
        for (pattern, path, matches) in [
            ("*.txt", "a.txt", true),
            ("*.txt", "deep/er/a.txt", true),
            ("*.txt", "a.txt.gz", false),
            (".git/", "x/.git", true),
            ("/drafts", "drafts", true),
            ("/drafts", "x/drafts", false),
            ("2023/*", "2023/a.txt", true),
            ("2023/*", "2023/01/a.txt", false),
            ("2023/**", "2023/01/a.txt", true),
            ("{a,b}.jsonl", "b.jsonl", true),
        ] {
            assert_eq!(globs(&[pattern]).matches(Path::new(path)), matches, "{pattern} on {path}");
        }
    }

    #[test]
    fn mistakes_are_found_before_reading() {
        let bad_glob = ReadConfig { exclude: vec!["a[".into()], ..ReadConfig::default() };
        let bad_label = ReadConfig { encoding: Some("utf-12".into()), ..ReadConfig::default() };
        let refused = ReadConfig { encoding: Some("iso-2022-kr".into()), ..ReadConfig::default() };
        for config in [bad_glob, bad_label, refused] {
            let error = Resolved::new(&config).err().expect("an error");
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        }
    }
}
