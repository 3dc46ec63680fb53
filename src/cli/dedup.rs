//! `doublet dedup`: the same files without what repeats.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use doublet::dedup::{Bounds, Layout, Options, from_start};
use doublet::{
    Config, Document, DocumentConfig, Error, ErrorKind, Input, Keep, PassageConfig, ReadConfig,
    Result, Scope,
};

use super::Exit;
use super::args::{Common, DedupArgs};
use super::find::check_inputs;
use super::flow;
use super::folder::Place;
use super::memory;
use super::messages::Messages;
use super::output::exists;
use super::reference::Reference;
use super::tally::Tally;

/// Standard input, as it is named.
const STDIN: &str = "-";

/// The arguments, resolved and checked.
pub(super) struct Job<'a> {
    pub(super) args: &'a DedupArgs,
    pub(super) reading: ReadConfig,
    pub(super) config: Config,
    pub(super) options: Options,
    pub(super) reference: Reference,
    /// Nowhere for a dry run.
    pub(super) place: Option<Place>,
}

impl<'a> Job<'a> {
    fn new(args: &'a DedupArgs) -> Result<Self> {
        let removal = &args.removal;
        let besides = || removal.against.iter().chain(&removal.protect);
        check_inputs(args.paths.iter().chain(besides()).map(PathBuf::as_path))?;
        for (paths, what) in [(&removal.protect, "protect"), (&removal.against, "compare with")] {
            if paths.iter().any(|path| path == Path::new(STDIN)) {
                let found = format!("- (standard input) to {what}");
                return Err(Error::new(ErrorKind::Config, found).expected("a file or a folder"));
            }
        }
        let rules = removal.remove;
        let cuts = removal.cut.is_some()
            || removal.replace_with.is_some()
            || removal.cut_boilerplate
            || removal.min_words_left.is_some();
        if cuts && !rules.passages {
            return Err(Error::new(ErrorKind::Config, "options for passages that are not cut")
                .expected("passages among the rules of --remove"));
        }
        let defaults = Options::default();
        let options = Options {
            rules,
            bounds: removal.cut.map_or(defaults.bounds, Bounds::from),
            boilerplate: removal.cut_boilerplate,
            min_words_left: removal.min_words_left.unwrap_or(defaults.min_words_left),
        };
        let scope = if removal.annotate { Scope::Both } else { rules.scope() };
        let config = Config {
            scope,
            documents: DocumentConfig::from(&args.matching),
            passages: PassageConfig::from(&args.passages),
            threads: args.run.threads,
        };
        if args.run.resume && args.paths.iter().any(|path| path == Path::new(STDIN)) {
            return Err(Error::new(ErrorKind::Config, "--resume with standard input")
                .expected("inputs that can be read again")
                .remedy("run without --resume"));
        }
        let output = args.output.output.as_deref().filter(|_| !args.output.dry_run);
        let place = output.map(|path| Place::resolve(path, args.output.force)).transpose()?;
        if let Some(place) = &place {
            let named = args.paths.iter().filter(|path| *path != Path::new(STDIN));
            place.check_apart(named.chain(besides()).map(PathBuf::as_path))?;
        }
        if let Some(stats) = args.output.stats.as_deref().filter(|stats| stats.exists())
            && !args.output.force
        {
            return Err(exists(stats));
        }
        // Of the other fields of a record only what the policy asks for is looked at.
        let asked = match &config.documents.keep {
            Keep::Newest(Some(field)) | Keep::Oldest(Some(field)) | Keep::Max(field) => {
                vec![field.clone()]
            }
            Keep::Newest(None)
            | Keep::Oldest(None)
            | Keep::Longest
            | Keep::First
            | Keep::SourceOrder => Vec::new(),
        };
        let reading = ReadConfig { metadata_fields: Some(asked), ..ReadConfig::from(&args.input) };
        let reference = Reference::new(&removal.against, &reading)?;
        Ok(Self { args, reading, config, options, reference, place })
    }

    /// Lists the files of the inputs, and checks that the output can hold them.
    pub(super) fn layout(&self, stdin: Option<&File>) -> Result<Layout> {
        let except = self.reference.files();
        let layout = Layout::without(except, &self.args.paths, &self.reading, stdin)?;
        if self.args.removal.annotate && layout.has_texts() {
            return Err(Error::new(ErrorKind::Config, "text files to annotate")
                .expected("JSON lines, whose records have fields")
                .remedy("leave other files out with --exclude"));
        }
        if let Some(place) = &self.place {
            place.check_apart(layout.paths())?;
        }
        Ok(layout)
    }

    /// Everything that decides the result but the content of the inputs.
    pub(super) fn key(&self) -> impl std::fmt::Debug {
        let args = self.args;
        let removal = &args.removal;
        let named = (args.paths.clone(), removal.against.clone(), removal.protect.clone());
        // The number of threads decides nothing.
        let config = Config { threads: 0, ..self.config.clone() };
        let cuts = (self.options.clone(), self.replacement().to_owned(), args.removal.annotate);
        (named, self.reading.clone(), config, cuts)
    }

    /// A name for what this run keeps aside. The same command has the same name again; a dry run,
    /// which leaves nothing, has one of its own.
    pub(super) fn name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        let place = self.place.as_ref().map(Place::path);
        let work = &self.args.run.temp_dir;
        format!("{:?} {place:?} {work:?}", self.key()).hash(&mut hasher);
        let own = if place.is_none() { std::process::id().to_string() } else { String::new() };
        format!("{:016x}{own}", hasher.finish())
    }

    /// Whether standard input is among the inputs.
    pub(super) fn reads_stdin(&self) -> bool {
        self.args.paths.iter().any(|path| path == Path::new(STDIN))
    }

    /// What is read, in order: the reference first, then what protects.
    pub(super) fn inputs(&self, stdin: Option<&File>) -> Result<Vec<Input>> {
        let reference = self.reference.inputs().map(Ok);
        let protect = self.args.removal.protect.iter().map(|path| Ok(self.reference.apart(path)));
        let inputs = self.args.paths.iter().map(|path| match stdin {
            Some(spool) if path == Path::new(STDIN) => {
                let spool = from_start(spool).map_err(|error| Error::io("read", STDIN, error))?;
                Ok(Input::reader(STDIN, spool))
            }
            _ => Ok(self.reference.apart(path)),
        });
        reference.chain(protect).chain(inputs).collect()
    }

    /// Whether a document came from what protects.
    pub(super) fn protects(&self, document: &Document) -> bool {
        let origin = document.origin.as_ref();
        origin.is_some_and(|origin| {
            let mut protect = self.args.removal.protect.iter();
            protect.any(|path| path.to_string_lossy() == origin.source.as_str())
        })
    }

    /// What stands for a passage that is cut.
    pub(super) fn replacement(&self) -> &str {
        self.args.removal.replace_with.as_deref().unwrap_or_default()
    }
}

/// Runs the command.
pub(super) fn run(args: &DedupArgs, _: &Common, messages: Messages) -> Result<Exit> {
    let job = Job::new(args)?;
    job.reference.note_shared(&args.paths, &job.reading, messages)?;
    flow::run(&job, messages)
}

/// How many documents, the first ones, are no inputs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    /// Those that the others are compared with.
    pub(super) reference: usize,
    /// Behind them those that protect.
    pub(super) protected: usize,
}

impl Ahead {
    /// Of some documents, as long as all before them were ahead too.
    pub(super) fn of(job: &Job<'_>, documents: &[Document]) -> Self {
        let reference = job.reference.count(documents);
        let rest = &documents[reference..];
        let protected = rest.iter().take_while(|document| job.protects(document)).count();
        Self { reference, protected }
    }

    pub(super) const fn count(self) -> usize {
        self.reference + self.protected
    }
}

/// Keeps what comes from standard input in a file without a name, since it is read twice.
pub(super) fn spool(folder: &Path) -> Result<File> {
    let spool = || {
        let mut file = tempfile::tempfile_in(folder)?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        Ok(file)
    };
    spool().map_err(|error| Error::io("keep", STDIN, error))
}

/// A stage of the command, for its time and its peak of memory.
pub(super) struct Stage {
    name: &'static str,
    begun: Instant,
}

impl Stage {
    pub(super) fn begin(name: &'static str) -> Self {
        memory::forget_peak();
        Self { name, begun: Instant::now() }
    }

    pub(super) fn end(self, tally: &mut Tally) {
        tally.took(self.name, self.begun.elapsed().as_secs_f64(), memory::peak());
    }
}
