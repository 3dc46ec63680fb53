//! `doublet dedup`: the same files without what repeats.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use doublet::cluster::{keep_ranks, protected_first};
use doublet::dedup::{Bounds, Edits, Layout, Options, Plan, REMOVED, from_start, write_removed};
use doublet::{
    Collection, Config, Document, DocumentConfig, Error, ErrorKind, Input, Keep, PassageConfig,
    ReadConfig, Report, Result, Scope, Timestamp,
};

use super::Exit;
use super::args::{Common, DedupArgs};
use super::engine::{self, Bytes};
use super::find::check_inputs;
use super::folder::Place;
use super::memory;
use super::messages::Messages;
use super::output::{Aside, exists, write_error};
use super::progress::Progress;
use super::tally::Tally;
use super::whole;

/// Standard input, as it is named.
const STDIN: &str = "-";

/// The arguments, resolved and checked.
pub(super) struct Job<'a> {
    pub(super) args: &'a DedupArgs,
    pub(super) reading: ReadConfig,
    pub(super) config: Config,
    pub(super) options: Options,
    /// Nowhere for a dry run.
    pub(super) place: Option<Place>,
}

impl<'a> Job<'a> {
    fn new(args: &'a DedupArgs) -> Result<Self> {
        check_inputs(args.paths.iter().chain(&args.removal.protect).map(PathBuf::as_path))?;
        if args.removal.protect.iter().any(|path| path == Path::new(STDIN)) {
            return Err(Error::new(ErrorKind::Config, "- (standard input) to protect")
                .expected("a file or a folder"));
        }
        let removal = &args.removal;
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
        let scope = match (removal.annotate || rules.passages, rules.documents()) {
            (true, true) => Scope::Both,
            (true, false) => Scope::Passages,
            (false, _) => Scope::Documents,
        };
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
            place.check_apart(named.chain(&removal.protect).map(PathBuf::as_path))?;
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
        Ok(Self { args, reading, config, options, place })
    }

    /// Lists the files of the inputs, and checks that the output can hold them.
    pub(super) fn layout(&self, stdin: Option<&File>) -> Result<Layout> {
        let layout = Layout::new(&self.args.paths, &self.reading, stdin)?;
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
        let named = (args.paths.clone(), args.removal.protect.clone());
        let reading = self.reading.clone();
        (named, reading, self.config.documents.clone(), self.options.clone())
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

    /// What is read, in order: what protects first.
    pub(super) fn inputs(&self, stdin: Option<&File>) -> Result<Vec<Input>> {
        let protect = self.args.removal.protect.iter().map(|path| Ok(Input::path(path)));
        let inputs = self.args.paths.iter().map(|path| match stdin {
            Some(spool) if path == Path::new(STDIN) => {
                let spool = from_start(spool).map_err(|error| Error::io("read", STDIN, error))?;
                Ok(Input::reader(STDIN, spool))
            }
            _ => Ok(Input::path(path)),
        });
        protect.chain(inputs).collect()
    }

    /// Whether a document came from what protects.
    pub(super) fn protects(&self, document: &Document) -> bool {
        let origin = document.origin.as_ref();
        origin.is_some_and(|origin| {
            let mut protect = self.args.removal.protect.iter();
            protect.any(|path| path.to_string_lossy() == origin.source.as_str())
        })
    }

    /// Reads the documents, protected ones first, and says how many those are.
    fn read(&self, stdin: Option<&File>, progress: &Progress) -> Result<(Collection, usize)> {
        let inputs = self.inputs(stdin)?;
        let collection = engine::read_inputs(inputs.into_iter(), &self.reading, progress)?;
        let is_protected = |document: &&Document| self.protects(document);
        let protected = collection.documents.iter().take_while(is_protected).count();
        Ok((collection, protected))
    }

    /// Decides what goes.
    fn plan(&self, documents: &[Document], report: &Report, protected: usize) -> Plan {
        let tokens: Vec<u32> = report.documents.iter().map(|document| document.tokens).collect();
        let keep = &self.config.documents.keep;
        let ranks = keep_ranks(keep, documents, &tokens, Timestamp::parse);
        let ranks = protected_first(&ranks, protected);
        Plan::new(documents, report, &ranks, protected, &self.options)
    }
}

/// Runs the command.
pub(super) fn run(args: &DedupArgs, _: &Common, messages: Messages) -> Result<Exit> {
    let job = Job::new(args)?;
    if job.config.scope == Scope::Documents {
        return whole::run(&job, messages);
    }
    let progress = Progress::new(messages);
    let stage = Stage::begin("reading");
    let spooled = || spool(&args.run.temp_dir.clone().unwrap_or_else(std::env::temp_dir));
    let stdin = job.reads_stdin().then(spooled).transpose()?;
    let layout = job.layout(stdin.as_ref())?;
    let (collection, protected) = job.read(stdin.as_ref(), &progress)?;
    let Collection { documents, skipped } = collection;
    let annotate = args.removal.annotate;
    layout.check(&documents, job.options.rules.passages && !annotate)?;
    messages.skipped(&skipped);
    let mut tally = Tally { dry_run: args.output.dry_run, ..Tally::default() };
    tally.read(&documents, protected);
    tally.skipped = skipped.len() as u64;
    stage.end(&mut tally);

    let report = engine::find_protecting(&documents, protected, &job.config, &progress)?;
    messages.details(&report);
    for time in &report.run.times {
        tally.took(&time.stage, time.seconds, None);
    }

    let stage = Stage::begin("writing");
    let replacement = args.removal.replace_with.as_deref().unwrap_or_default();
    let (plan, edits) = if annotate {
        let edits = Edits::of_findings(&documents, &report);
        tally.annotated = edits.len() as u64;
        (Plan::default(), edits)
    } else {
        let plan = job.plan(&documents, &report, protected);
        tally.remove(&documents, &plan, replacement.len());
        let edits = Edits::of_plan(&documents, &plan, replacement);
        (plan, edits)
    };
    drop(report);
    let mut aside = None;
    if let Some(place) = &job.place {
        // Nothing keeps two such runs apart, nor can one be resumed: each has a name of its own.
        let folder = place.begin(&format!("{}-{}", job.name(), std::process::id()))?;
        let written = layout.write(folder.path(), &edits, &Bytes("writing", &progress));
        progress.finish();
        tally.wrote(written?);
        write_list(&folder.path().join(REMOVED), &documents, &plan)?;
        aside = Some(folder);
    }
    stage.end(&mut tally);

    let mut stats = Aside::default();
    if let Some(path) = &args.output.stats {
        stats.write(path, &mut |out| tally.write_json(out))?;
    }
    if let Some(folder) = aside {
        folder.commit()?;
    }
    stats.commit()?;
    messages.table(&tally.table());
    Ok(if skipped.is_empty() { Exit::Done } else { Exit::Skipped })
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

fn write_list(path: &Path, documents: &[Document], plan: &Plan) -> Result<()> {
    let write = || {
        let file = File::create_new(path)?;
        let mut out = BufWriter::with_capacity(1 << 16, file);
        write_removed(documents, plan, &mut out)?;
        out.flush()
    };
    write().map_err(|error| write_error(path, error))
}
