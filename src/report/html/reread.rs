//! Texts of a saved report, from the files that it names.
//!
//! Idea: a report keeps where each document was read from (file, line, encoding) and a hash of its
//! words. The files are read again with the readers of [`crate::source`], and a text is taken only
//! if its words and every place that the report gives in it are the same as they were; otherwise
//! the page says what became of the document. Nothing but regular files is opened.
//!
//! Cost: reads each file once that holds a wanted document, one file at a time, and tokenises the
//! wanted texts. Memory: those texts, and a few megabytes of a file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::HtmlOptions;
use super::texts::{referred, wanted};
use crate::document::{DocId, Document, Origin};
use crate::hash::content_hash;
use crate::report::model::{PassageMember, Report};
use crate::source::{Input, ReadConfig, StreamOptions, stream};
use crate::text::{TokenBuffer, Tokenizer};

/// Name of standard input in origins.
const STDIN: &str = "-";
/// Bytes of documents that are read at a time.
const BATCH: usize = 8 << 20;
/// Field of records that is read when nothing says which.
const TEXT_FIELD: &str = "text";

/// A document whose text is wanted, and where it was read from.
type Wanted<'a> = (DocId, &'a Origin);

/// Texts that were found again, and what became of the others.
#[derive(Clone, Debug, Default)]
pub struct Reread {
    /// By document: its text, or why it is not there; `None` where the page's limits left it out.
    states: Vec<Option<Result<String, Absence>>>,
}

/// Why a document's text is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It came from standard input or from memory.
    NoFile,
    /// Its file cannot be read: which, and why.
    Unreadable(String, String),
    /// Its file or record holds other words now, or the same at other places.
    Changed(String),
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile => f.write_str("The document did not come from a file."),
            Self::Unreadable(place, why) => write!(f, "{place} could not be read: {why}."),
            Self::Changed(place) => write!(f, "{place} has changed since the report was made."),
        }
    }
}

impl Reread {
    /// The text of a document, if it was found unchanged.
    #[must_use]
    pub fn text(&self, id: DocId) -> Option<&str> {
        Some(self.states.get(id.index())?.as_ref()?.as_ref().ok()?.as_str())
    }

    /// Why a document's text is not there; `None` if it is, or if nobody looked for it.
    #[must_use]
    pub fn absence(&self, id: DocId) -> Option<&Absence> {
        self.states.get(id.index())?.as_ref()?.as_ref().err()
    }

    /// Number of texts that were found.
    #[must_use]
    pub fn found(&self) -> usize {
        self.states.iter().flatten().filter(|state| state.is_ok()).count()
    }

    /// Number of texts that were looked for and not found.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.states.iter().flatten().filter(|state| state.is_err()).count()
    }
}

/// Reads again the texts that a page of this report would hold.
///
/// Paths are those of the report, taken from the working folder as they were then, and where
/// there is no such file, from `beside`: the folder that the report stands in. Records are read
/// from `text_field`, or else from the field that the report names.
///
/// Never fails: what cannot be read is an [`Absence`].
///
/// ```
/// use doublet::report::html::{self, HtmlOptions};
/// let documents = doublet::read(&["seeds/001_b34b2286f5eb3993.txt", "seeds/003_f933656477f39c45.txt"])?;
/// let report = doublet::Doublet::new().find(&documents)?;
/// let texts = html::reread(&report, &HtmlOptions::default(), None, None);
/// assert_eq!(texts.found(), 2);
/// # Ok::<(), doublet::Error>(())
/// ```
#[must_use]
pub fn reread(
    report: &Report,
    options: &HtmlOptions,
    text_field: Option<&str>,
    beside: Option<&Path>,
) -> Reread {
    let wanted = wanted(&referred(report, options), report, options);
    let mut states = vec![None; report.documents.len()];
    // Of one file all documents at once; encodings are told by document.
    let mut files: BTreeMap<(&str, Option<&str>), Vec<Wanted<'_>>> = BTreeMap::new();
    for id in wanted {
        match report.documents.get(id.index()).and_then(|entry| entry.origin.as_ref()) {
            Some(origin) if origin.path != STDIN => {
                let key = (origin.path.as_str(), origin.encoding.as_deref());
                files.entry(key).or_default().push((id, origin));
            }
            _ => states[id.index()] = Some(Err(Absence::NoFile)),
        }
    }
    let field = text_field.or(report.run.text_field.as_deref()).unwrap_or(TEXT_FIELD);
    let mut checker = Checker::new(report);
    for ((path, encoding), documents) in files {
        let config = ReadConfig {
            text_field: field.to_owned(),
            encoding: encoding.map(str::to_owned),
            metadata: false,
            ..ReadConfig::default()
        };
        let read = locate(path, beside).and_then(|file| checker.take(file, &config, &documents));
        match read {
            Ok(mut taken) => {
                for (id, origin) in documents {
                    let text = taken.remove(&id);
                    let state = text.ok_or_else(|| Absence::Changed(place(origin)));
                    states[id.index()] = Some(state);
                }
            }
            Err(why) => {
                for (id, origin) in documents {
                    states[id.index()] = Some(Err(Absence::Unreadable(place(origin), why.clone())));
                }
            }
        }
    }
    Reread { states }
}

fn place(origin: &Origin) -> String {
    match origin.line {
        Some(line) => format!("{}:{line}", origin.path),
        None => origin.path.clone(),
    }
}

/// The regular file that a report's path means now.
fn locate(path: &str, beside: Option<&Path>) -> Result<PathBuf, String> {
    let named = PathBuf::from(path);
    let other = beside.map(|folder| folder.join(path)).filter(|other| *other != named);
    match [Some(&named), other.as_ref()].into_iter().flatten().find(|path| path.exists()) {
        None => Err("there is no such file".to_owned()),
        // A pipe would wait, a device may never end.
        Some(path) if !path.is_file() => Err("it is no regular file".to_owned()),
        Some(path) => Ok(path.clone()),
    }
}

/// Tells whether a text is the one that a report was made of.
struct Checker<'a> {
    report: &'a Report,
    /// The report's places in each document.
    members: Vec<Vec<&'a PassageMember>>,
    tokenizer: Tokenizer,
    tokens: TokenBuffer,
}

impl<'a> Checker<'a> {
    fn new(report: &'a Report) -> Self {
        let mut members = vec![Vec::new(); report.documents.len()];
        for member in report.passages.iter().flat_map(|passage| &passage.members) {
            if let Some(members) = members.get_mut(member.document.index()) {
                members.push(member);
            }
        }
        Self { report, members, tokenizer: Tokenizer::new(), tokens: TokenBuffer::default() }
    }

    /// The texts of these documents among all that a file holds; why there are none if it cannot
    /// be read at all.
    fn take(
        &mut self,
        file: PathBuf,
        config: &ReadConfig,
        documents: &[Wanted<'_>],
    ) -> Result<BTreeMap<DocId, String>, String> {
        // Several records may stand on one line of a file of JSON values, so a place says less.
        let mut by_line: BTreeMap<Option<u64>, Vec<DocId>> = BTreeMap::new();
        for (id, origin) in documents {
            by_line.entry(origin.line).or_default().push(*id);
        }
        let mut taken = BTreeMap::new();
        let options = StreamOptions { batch_bytes: BATCH, ..StreamOptions::default() };
        let streamed = stream([Input::path(file)], config, &options, &(), |batch| {
            for Document { text, origin, .. } in batch.documents {
                let line = origin.and_then(|origin| origin.line);
                for &id in by_line.get(&line).into_iter().flatten() {
                    if !taken.contains_key(&id) && self.is_same(id, &text) {
                        taken.insert(id, text.clone());
                    }
                }
            }
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        match streamed.skipped.into_iter().next() {
            Some(skipped) if streamed.documents == 0 => Err(skipped.message),
            _ => Ok(taken),
        }
    }

    fn is_same(&mut self, id: DocId, text: &str) -> bool {
        let Some(entry) = self.report.documents.get(id.index()) else { return false };
        if text.len() != entry.bytes as usize {
            return false;
        }
        self.tokenizer.tokenize(text, &mut self.tokens);
        let tokens = &self.tokens;
        let hash = content_hash(&tokens.hashes);
        let in_place = |member: &&PassageMember| tokens.hull(member.tokens) == Some(member.span);
        format!("{hash:032x}") == entry.content_hash
            && self.members[id.index()].iter().all(in_place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Doublet;
    use crate::source::read_all;

    const QUOTE: &str = "we are not building any new bridges in this decade, said the old mayor";

    fn records(folder: &Path, second: &str, end: &str) -> PathBuf {
        let path = folder.join("news.jsonl");
        let first = format!("{{\"body\": \"One: {QUOTE}.\"}}");
        let second = format!("{{\"body\": \"{second}{QUOTE}{end}\"}}");
        std::fs::write(&path, format!("{first}\n\n{second}\n")).expect("a file");
        path
    }

    fn report(paths: &[PathBuf]) -> Report {
        let config = ReadConfig { text_field: "body".to_owned(), ..ReadConfig::default() };
        let collection = read_all(paths.iter().map(Input::from), &config, &()).expect("it reads");
        let mut report = Doublet::new().find(&collection.documents).expect("it runs");
        report.run.text_field = Some("body".to_owned());
        report
    }

    #[test]
    fn unchanged_changed_and_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = [records(folder.path(), "Two: ", "!"), folder.path().join("a.txt")];
        std::fs::write(&paths[1], format!("Three: {QUOTE}?")).expect("a file");
        let report = report(&paths);
        let again = || reread(&report, &HtmlOptions::default(), None, None);
        let [one, two, three] = [DocId(0), DocId(1), DocId(2)];
        assert_eq!((again().found(), again().lost()), (3, 0));
        assert_eq!(again().text(two), Some(format!("Two: {QUOTE}!").as_str()));

        // Another word; then the same words at other places.
        for (changed, end) in [("Too: ", "!"), ("Two:  ", "")] {
            records(folder.path(), changed, end);
            assert_eq!((again().found(), again().lost()), (2, 1), "{changed:?}");
            assert!(again().text(one).is_some());
            let absence = again().absence(two).map(ToString::to_string).unwrap_or_default();
            assert!(absence.contains("news.jsonl:3 has changed"), "{absence}");
        }
        std::fs::remove_file(&paths[1]).expect("removed");
        assert!(matches!(again().absence(three), Some(Absence::Unreadable(..))));
        // The wrong field holds no text at all.
        let wrong = reread(&report, &HtmlOptions::default(), Some("text"), None);
        assert_eq!((wrong.found(), wrong.lost()), (0, 3));
    }

    #[test]
    fn paths_are_looked_up_beside_the_report_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut report = report(&[records(folder.path(), "Two: ", "!")]);
        for entry in &mut report.documents {
            entry.origin.as_mut().expect("an origin").path = "news.jsonl".to_owned();
        }
        let found = |beside| reread(&report, &HtmlOptions::default(), None, beside).found();
        assert_eq!((found(None), found(Some(folder.path()))), (0, 2));
    }

    #[test]
    fn what_came_from_no_file_is_not_looked_for() {
        let documents = [Document::new("a", QUOTE), Document::new("b", QUOTE)];
        let mut report = Doublet::new().find(&documents).expect("it runs");
        let origin = |path: &str| Origin {
            source: path.to_owned(),
            path: path.to_owned(),
            line: None,
            encoding: None,
        };
        report.documents[1].origin = Some(origin(STDIN));
        let again = reread(&report, &HtmlOptions::default(), None, None);
        assert_eq!(again.absence(DocId(0)), Some(&Absence::NoFile));
        assert_eq!(again.absence(DocId(1)), Some(&Absence::NoFile));
        report.documents[1].origin = Some(origin("/dev/zero"));
        let again = reread(&report, &HtmlOptions::default(), None, None);
        assert!(matches!(again.absence(DocId(1)), Some(Absence::Unreadable(..))));
        let none = HtmlOptions { texts: 0, ..HtmlOptions::default() };
        assert_eq!(reread(&report, &none, None, None).lost(), 0);
    }
}
