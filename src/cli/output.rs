//! Where results go: standard output, a file, a folder of tables.
//!
//! Files are written aside in the same folder and renamed when they are whole and on disk, so
//! that a full disk, an error or a signal leaves what was there before. What stands already is
//! replaced only with `--force`. All of this is decided and checked before the run begins.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use doublet::report::csv::{self, Table};
use doublet::report::html::{self, HtmlOptions, Reread};
use doublet::report::terminal::TextOptions;
use doublet::report::{json, jsonl};
use doublet::{Document, Error, ErrorKind, Report, Result};
use tempfile::NamedTempFile;

use super::Exit;
use super::args::{Color, Common, Format, OutputArgs};
use super::interrupt;

/// Columns where nothing says how many there are.
const WIDTH: usize = 100;

/// Where the result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// Standard output.
    Stdout,
    /// A file of its own: written aside, then renamed.
    File(PathBuf),
    /// A device or pipe: written straight.
    Device(PathBuf),
    /// A folder of tables.
    Folder(PathBuf),
}

/// Form and place of the result.
#[derive(Clone, Debug)]
pub(super) struct Output {
    format: Format,
    target: Target,
    compact: bool,
    text: TextOptions,
    html: HtmlOptions,
}

/// Renders the text form.
type Text<'a> = dyn Fn(&TextOptions, &mut dyn Write) -> io::Result<()> + Sync + 'a;

/// What is delivered.
pub(super) struct Findings<'a> {
    /// The result.
    pub(super) report: &'a Report,
    /// The documents it is about, where their texts are at hand; else none.
    pub(super) documents: &'a [Document],
    /// The text form.
    pub(super) text: &'a Text<'a>,
    /// Texts of a saved result that were found again, for the page.
    pub(super) reread: Option<&'a Reread>,
    /// Where the result itself is kept, if it was read from there.
    pub(super) saved: Option<&'a Path>,
}

impl Output {
    /// Resolves the options, and refuses what could not be delivered at the end.
    pub(super) fn resolve(args: &OutputArgs, common: &Common) -> Result<Self> {
        let path = args.output.as_deref().filter(|path| *path != Path::new("-"));
        let (format, target) = match path {
            None => (args.format.unwrap_or(Format::Text), Target::Stdout),
            Some(path) => resolve_path(path, args.format, args.force)?,
        };
        let text = TextOptions { all: args.all, top: args.top, ..layout(&target, common.color) };
        let (passages, texts) = args.html_limit;
        let html = HtmlOptions { passages, texts, ..HtmlOptions::default() };
        Ok(Self { format, target, compact: args.compact, text, html })
    }

    /// How much of the texts the result shows; `None` if its form shows none.
    pub(super) fn texts(&self) -> Option<&HtmlOptions> {
        (self.format == Format::Html).then_some(&self.html)
    }

    /// Writes the result. `Some(exit)` overrides the exit code: the reader had enough.
    pub(super) fn deliver(&self, found: &Findings<'_>) -> Result<Option<Exit>> {
        match &self.target {
            Target::Stdout => {
                let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                match self.write(found, &mut out).and_then(|()| out.flush()) {
                    Ok(()) => Ok(None),
                    Err(error) => {
                        // Dropped unflushed: what is buffered cannot be written either.
                        let _ = out.into_parts();
                        stdout_error(error).map(Some)
                    }
                }
            }
            Target::Device(path) => {
                let refused = |error| write_error(path, error);
                let file = fs::OpenOptions::new().write(true).open(path).map_err(refused)?;
                let mut out = BufWriter::new(file);
                let written = self.write(found, &mut out).and_then(|()| out.flush());
                let _ = out.into_parts();
                written.map_err(refused)?;
                Ok(None)
            }
            Target::File(path) => {
                let mut aside = Aside::default();
                aside.write(path, &mut |out| self.write(found, out))?;
                aside.commit()?;
                Ok(None)
            }
            Target::Folder(path) => {
                let mut aside = Aside::default();
                aside.folder(path)?;
                for table in Table::ALL {
                    let file = path.join(table.file_name());
                    aside.write(&file, &mut |out| csv::write(found.report, table, out))?;
                }
                aside.commit()?;
                Ok(None)
            }
        }
    }

    fn write(&self, found: &Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
        let report = found.report;
        match self.format {
            Format::Text => (found.text)(&self.text, out),
            Format::Json if self.compact => json::write(report, out),
            Format::Json => json::write_pretty(report, out),
            Format::Jsonl => jsonl::write(report, out),
            Format::Csv => csv::write(report, Table::Passages, out),
            Format::Html => {
                let whole = found.saved.map(|path| path.display().to_string());
                let options = HtmlOptions { whole, ..self.html.clone() };
                match found.reread {
                    Some(texts) => html::write_reread(report, texts, &options, out),
                    None => html::write(report, found.documents, &options, out),
                }
            }
        }
    }
}

/// Form and place that a path and a form ask for.
fn resolve_path(path: &Path, format: Option<Format>, force: bool) -> Result<(Format, Target)> {
    let found = path.metadata().ok();
    let is_folder = found.as_ref().is_some_and(fs::Metadata::is_dir);
    let refuse = |found: &str| Error::new(ErrorKind::Config, found).at(path);
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let by_ending = match ending.as_deref() {
        Some("json") => Some(Format::Json),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("csv") => Some(Format::Csv),
        Some("html" | "htm") => Some(Format::Html),
        Some("txt") => Some(Format::Text),
        _ => None,
    };
    let named_folder = is_folder || path.as_os_str().to_string_lossy().ends_with('/');
    let format = match (format, by_ending) {
        _ if named_folder => match format {
            Some(Format::Csv) => Format::Csv,
            _ => {
                return Err(refuse("a folder as --output")
                    .expected("a file, or --format csv for a folder of tables"));
            }
        },
        (Some(format), Some(other)) if format != other => {
            return Err(refuse("an --output whose ending contradicts --format")
                .expected("one of them, or both alike"));
        }
        (Some(format), _) | (None, Some(format)) => format,
        (None, None) => {
            return Err(refuse("an --output that does not say its form")
                .expected("--format, or an ending of .txt, .json, .jsonl, .csv or .html"));
        }
    };
    let missing = |parent: &&Path| !parent.as_os_str().is_empty() && !parent.is_dir();
    if let Some(parent) = path.parent().filter(missing) {
        return Err(refuse("an --output in a folder that does not exist")
            .expected("an existing folder")
            .remedy(format!("make {} first", parent.display())));
    }
    if found.as_ref().is_some_and(|found| !found.is_file() && !found.is_dir()) {
        return Ok((format, Target::Device(path.to_path_buf())));
    }
    if format == Format::Csv && by_ending != Some(Format::Csv) || named_folder {
        if found.is_some() && !is_folder {
            return Err(refuse("a file where --format csv needs a folder")
                .expected("a folder of tables, or a name that ends in .csv for one table"));
        }
        let taken = Table::ALL.iter().find(|table| path.join(table.file_name()).exists());
        if let Some(table) = taken.filter(|_| !force) {
            return Err(exists(&path.join(table.file_name())));
        }
        return Ok((format, Target::Folder(path.to_path_buf())));
    }
    if found.is_some() && !force {
        return Err(exists(path));
    }
    // Renaming onto a symbolic link would replace the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    Ok((format, Target::File(path)))
}

pub(super) fn exists(path: &Path) -> Error {
    Error::new(ErrorKind::Config, "an --output that exists already")
        .at(path)
        .remedy("choose another name, or replace it with --force")
}

/// Files written aside, and a folder made for them; whatever is not committed goes.
#[derive(Default)]
pub(super) struct Aside {
    files: Vec<(NamedTempFile, PathBuf)>,
    folder: Option<PathBuf>,
}

impl Aside {
    /// Makes the folder unless it is there.
    fn folder(&mut self, path: &Path) -> Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let mut pending = interrupt::hold();
        fs::create_dir(path).map_err(|error| write_error(path, error))?;
        pending.add(path);
        self.folder = Some(path.to_path_buf());
        Ok(())
    }

    /// Writes what is to stand at `path` into a file beside it, down to the disk.
    pub(super) fn write(
        &mut self,
        path: &Path,
        content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let refused = |error| write_error(path, error);
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let file = {
            let mut pending = interrupt::hold();
            let mut builder = tempfile::Builder::new();
            builder.prefix(".doublet-").suffix(".partial");
            #[cfg(unix)]
            {
                // What the user's mask leaves of it, as for any new file.
                use std::os::unix::fs::PermissionsExt;
                builder.permissions(fs::Permissions::from_mode(0o666));
            }
            let file = builder.tempfile_in(parent.unwrap_or(Path::new("."))).map_err(refused)?;
            pending.add(file.path());
            file
        };
        self.files.push((file, path.to_path_buf()));
        let Some((file, _)) = self.files.last() else { return Ok(()) };
        let mut out = BufWriter::with_capacity(1 << 16, file.as_file());
        let written = content(&mut out).and_then(|()| out.flush());
        // Dropped unflushed: what is buffered cannot be written either.
        let _ = out.into_parts();
        written.and_then(|()| sync(file.as_file())).map_err(refused)
    }

    /// Puts every file in its place; no signal comes between them.
    pub(super) fn commit(mut self) -> Result<()> {
        let mut pending = interrupt::hold();
        for (file, path) in std::mem::take(&mut self.files) {
            let aside = file.path().to_path_buf();
            file.persist(&path).map_err(|error| write_error(&path, error.error))?;
            pending.remove(&aside);
        }
        if let Some(folder) = self.folder.take() {
            pending.remove(&folder);
        }
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let files = std::mem::take(&mut self.files);
        if files.is_empty() && self.folder.is_none() {
            return;
        }
        let mut pending = interrupt::hold();
        for (file, _) in files {
            pending.remove(file.path());
            // Closing removes it.
            drop(file);
        }
        if let Some(folder) = self.folder.take() {
            pending.remove(&folder);
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Waits until a file is on the disk: a full one may say so only then.
fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        // Some file systems cannot; the data is as safe as it gets there.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        result => result,
    }
}

pub(super) fn write_error(path: &Path, error: io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "nothing was left there; make room, or name another place with --output"
        }
        _ => "name another place with --output",
    };
    Error::io("write", path, error).remedy(remedy)
}

/// A closed pipe is a reader that had enough: no error. Anything else is.
pub(super) fn stdout_error(error: io::Error) -> Result<Exit> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(Exit::Done);
    }
    Err(Error::io("write", "standard output", error))
}

/// Width, height and colour of the place where text goes.
fn layout(target: &Target, color: Color) -> TextOptions {
    let to_terminal = *target == Target::Stdout && io::stdout().is_terminal();
    let size = to_terminal.then(terminal_size::terminal_size).flatten();
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = size.map(|(width, _)| usize::from(width.0));
    let defaults = TextOptions::default();
    TextOptions {
        width: asked.or(seen).filter(|width| *width > 0).unwrap_or(WIDTH),
        color: match color {
            Color::Always => true,
            Color::Never => false,
            // Knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
            Color::Auto => {
                *target == Target::Stdout
                    && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
        },
        // The prompt takes two lines of the screen.
        lines: size.map_or(defaults.lines, |(_, height)| {
            usize::from(height.0).saturating_sub(2).clamp(24, 60)
        }),
        ..defaults
    }
}
