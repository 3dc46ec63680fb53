//! The flow of `doublet dedup`: scan, decide, write, within a budget of memory.
//!
//! Inputs are read twice: to find what goes, and to write the files again without it, while what
//! goes is read once more for the list of removals. Between the passes no text is held; where
//! passages are looked for, work files have the texts. After each stage its results are written
//! down if they are large, so that `--resume` can go on from there when the run was killed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use doublet::dedup::{Edits, Layout, REMOVED, Scan, Scanned, Verdicts, Written, files_of, stamp};
use doublet::report::model::Skipped;
use doublet::source::{StreamOptions, stream};
use doublet::spill::Work;
use doublet::{Error, ErrorKind, Result, on_threads};

use super::Exit;
use super::dedup::{Ahead, Job, Stage, spool};
use super::engine::Bytes;
use super::folder::AsideFolder;
use super::memory;
use super::messages::Messages;
use super::output::{Aside, write_error};
use super::progress::Progress;
use super::reference::Sides;
use super::space;
use super::tally::Tally;
use super::work::{Done, WorkFolder};

/// Bytes of documents in a batch, for each thread.
const BATCH: u64 = 8 << 20;

/// Most threads that a batch is made for.
const BATCH_THREADS: usize = 4;

/// Bytes of text from which on a killed run can be resumed even if all of it fits into memory.
const DURABLE: u64 = 1 << 29;

/// Runs the command.
pub(super) fn run(job: &Job<'_>, messages: Messages) -> Result<Exit> {
    on_threads(job.args.run.threads, || run_in_pool(job, messages))?
}

fn run_in_pool(job: &Job<'_>, messages: Messages) -> Result<Exit> {
    let run = &job.args.run;
    let progress = Progress::new(messages);
    let mut tally = Tally { dry_run: job.args.output.dry_run, ..Tally::default() };
    let parent = work_parent(job);
    check_apart(job, &parent)?;
    let folder = WorkFolder::open(&parent, &format!(".doublet-{}.work", job.name()))?;
    let stdin = job.reads_stdin().then(|| spool(folder.path())).transpose()?;
    let layout = job.layout(stdin.as_ref())?;
    let budget = run.memory.unwrap_or_else(memory::default_budget);
    let stamps = Stamps::new(job, &layout)?;
    let key = format!("{:?} {:?}", job.key(), stamps);
    let work = Work::within(budget, folder.path());
    let most = BATCH * rayon::current_num_threads().min(BATCH_THREADS) as u64;
    let batch_bytes = (budget / 16).clamp(1 << 20, most) as usize;
    let pass = Pass { job, stdin: stdin.as_ref(), batch_bytes, progress: &progress };
    let (config, options) = (&job.config, &job.options);

    let earlier = if run.resume { folder.record(&key) } else { None };
    // What cannot be read any more is as good as nothing.
    let earlier = earlier.and_then(|record| {
        let reached = match &record.done {
            Done::Scanned(saved) => {
                Reached::Scanned(Box::new(Scanned::open(config, options, &work, saved).ok()?))
            }
            Done::Decided(saved) => {
                let verdicts = Verdicts::open(&work, saved).ok()?;
                Reached::Decided(Outcome::Verdicts(Box::new(verdicts)))
            }
        };
        Some((record, reached))
    });
    let (reached, skipped) = if let Some((record, reached)) = earlier {
        tally = Tally { dry_run: tally.dry_run, ..record.tally };
        (reached, record.skipped)
    } else {
        folder.clear()?;
        // Not before: what an earlier run left is room that is free again, or that need not be.
        space::check(job, &layout, budget, folder.path())?;
        if run.resume {
            messages.note("nothing to go on from: starting anew");
        }
        let stage = Stage::begin("scan");
        let (scan, skipped) = pass.scan(&layout, &work, &mut tally)?;
        tally.skipped = skipped.len() as u64;
        let durable = work.spilled() > 0 || tally.read.bytes >= DURABLE;
        let mut all = scan.finish(durable)?;
        if durable && let Some(saved) = all.save()? {
            folder.write(&key, &tally, &skipped, Done::Scanned(saved))?;
        }
        stage.end(&mut tally);
        (Reached::Scanned(Box::new(all)), skipped)
    };
    messages.skipped(&skipped);

    let outcome = match reached {
        Reached::Decided(outcome) => outcome,
        Reached::Scanned(scanned) if job.args.removal.annotate => {
            let stages = Stages::new(&progress, &mut tally);
            let edits = stages.run(|begin| scanned.annotate(begin))?;
            tally.annotated = edits.len() as u64;
            Outcome::Findings(edits)
        }
        Reached::Scanned(scanned) => {
            let stages = Stages::new(&progress, &mut tally);
            let verdicts = stages.run(|begin| scanned.decide(begin))?;
            tally.goes(&verdicts, job.replacement().len())?;
            if let Some(saved) = verdicts.save() {
                folder.write(&key, &tally, &skipped, Done::Decided(saved))?;
            }
            Outcome::Verdicts(Box::new(verdicts))
        }
    };

    let stage = Stage::begin("writing");
    let mut aside = None;
    if let Some(place) = &job.place {
        let target = place.begin(&job.name())?;
        tally.wrote(pass.write(&layout, &outcome, &target)?);
        stamps.check()?;
        aside = Some(target);
    }
    stage.end(&mut tally);
    tally.spilled += work.spilled();
    drop(outcome);

    let mut stats = Aside::default();
    if let Some(path) = &job.args.output.stats {
        stats.write(path, &mut |out| tally.write_json(out))?;
    }
    // Work files go first: what is killed from here on leaves no output, or all of it.
    drop(folder);
    if let Some(folder) = aside {
        folder.commit()?;
    }
    stats.commit()?;
    messages.table(&tally.table());
    Ok(if skipped.is_empty() { Exit::Done } else { Exit::Skipped })
}

/// How far a run has come.
enum Reached {
    Scanned(Box<Scanned>),
    Decided(Outcome),
}

/// What becomes of the records.
enum Outcome {
    /// Some go or are cut.
    Verdicts(Box<Verdicts>),
    /// What was found is added to them.
    Findings(Edits),
}

/// The stages of a decision, as they go by: shown, timed, and with their peaks of memory.
struct Stages<'a> {
    progress: &'a Progress,
    tally: &'a mut Tally,
}

impl<'a> Stages<'a> {
    const fn new(progress: &'a Progress, tally: &'a mut Tally) -> Self {
        Self { progress, tally }
    }

    fn run<T>(
        self,
        decide: impl FnOnce(&mut (dyn FnMut(doublet::Stage) + Send)) -> Result<T>,
    ) -> Result<T> {
        let Self { progress, tally } = self;
        let mut running: Option<Stage> = None;
        let decided = decide(&mut |stage| {
            if let Some(earlier) = running.replace(Stage::begin(stage.name())) {
                earlier.end(tally);
            }
            progress.begin(stage.name(), None);
        });
        progress.finish();
        if let Some(last) = running {
            last.end(tally);
        }
        decided
    }
}

/// Where work files lie: where it was asked for, beside the output, or where the system has them.
fn work_parent(job: &Job<'_>) -> PathBuf {
    match (&job.args.run.temp_dir, &job.place) {
        (Some(named), _) => named.clone(),
        (None, Some(place)) => place.parent().to_path_buf(),
        (None, None) => std::env::temp_dir(),
    }
}

/// Refuses work files among the inputs, which would be read.
fn check_apart(job: &Job<'_>, parent: &Path) -> Result<()> {
    let Ok(parent) = parent.canonicalize() else { return Ok(()) };
    let removal = &job.args.removal;
    let inputs = job.args.paths.iter().chain(&removal.against).chain(&removal.protect);
    let mut within = inputs.filter(|input| {
        input.canonicalize().is_ok_and(|input| input.is_dir() && parent.starts_with(&input))
    });
    match within.next() {
        None => Ok(()),
        Some(input) => Err(Error::new(ErrorKind::Config, "work files inside of an input")
            .expected("a folder apart from what is read")
            .remedy("name another one with --temp-dir")
            .at(input)),
    }
}

/// What both passes over the inputs share.
struct Pass<'a> {
    job: &'a Job<'a>,
    stdin: Option<&'a File>,
    batch_bytes: usize,
    progress: &'a Progress,
}

impl Pass<'_> {
    /// The first pass: takes in all documents, the reference first, then those that only protect.
    fn scan(
        &self,
        layout: &Layout,
        work: &Work,
        tally: &mut Tally,
    ) -> Result<(Scan, Vec<Skipped>)> {
        let job = self.job;
        let mut scan = Scan::new(&job.config, &job.options, work)?;
        let options = StreamOptions { batch_bytes: self.batch_bytes, ..StreamOptions::default() };
        let (mut is_ahead, mut sides) = (true, Sides::default());
        let cuts = job.options.rules.passages && !job.args.removal.annotate;
        let progress = Bytes("scan", self.progress);
        let streamed =
            stream(job.inputs(self.stdin)?, &job.reading, &options, &progress, |mut batch| {
                let found = Ahead::of(job, &batch.documents);
                let ahead = if is_ahead { found } else { Ahead::default() };
                is_ahead &= ahead.count() == batch.documents.len();
                tally.read(&batch.documents, ahead);
                self.progress.documents(batch.documents.len() as u64);
                sides.add(&batch.documents, ahead.reference);
                if ahead.reference > 0 {
                    let rest = batch.split_off(ahead.reference);
                    scan.add_reference(&batch)?;
                    batch = rest;
                }
                layout.check(&batch.documents, cuts)?;
                scan.add(&batch, ahead.protected)
            });
        self.progress.finish();
        let skipped = streamed?.skipped;
        job.reference.check(sides)?;
        Ok((scan, skipped))
    }

    /// The second pass: writes the files, and beside them the list of removals.
    fn write(&self, layout: &Layout, outcome: &Outcome, folder: &AsideFolder) -> Result<Written> {
        let decided;
        let edits = match outcome {
            Outcome::Findings(edits) => edits,
            Outcome::Verdicts(verdicts) => {
                decided = verdicts.edits(self.job.replacement())?;
                &decided
            }
        };
        let path = folder.path().join(REMOVED);
        let list = || {
            let fail = |error| write_error(&path, error);
            let file = File::create_new(&path).map_err(fail)?;
            let mut out = BufWriter::with_capacity(1 << 16, file);
            if let Outcome::Verdicts(verdicts) = outcome {
                let inputs = self.job.inputs(self.stdin)?;
                let reading = &self.job.reading;
                verdicts.write_removed(inputs, reading, self.batch_bytes, &(), &mut out)?;
            }
            out.flush().map_err(fail)
        };
        let progress = Bytes("writing", self.progress);
        let write = || layout.write(folder.path(), edits, &progress);
        // What came from standard input has one reader at a time.
        let (written, listed) = match self.stdin {
            None => rayon::join(write, list),
            Some(_) => (write(), list()),
        };
        self.progress.finish();
        let written = written?;
        listed?;
        Ok(written)
    }
}

/// Sizes and times of change of all inputs, to see that nobody writes them during the run.
#[derive(Debug)]
struct Stamps(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamps {
    fn new(job: &Job<'_>, layout: &Layout) -> Result<Self> {
        let protecting = files_of(&job.args.removal.protect, &job.reading)?;
        let besides = job.reference.files().iter().chain(&protecting).map(PathBuf::as_path);
        let files = layout.paths().chain(besides);
        Ok(Self(files.map(|path| (path.to_path_buf(), stamp(path))).collect()))
    }

    /// Names the first that changed.
    fn check(&self) -> Result<()> {
        match self.0.iter().find(|(path, earlier)| stamp(path) != *earlier) {
            None => Ok(()),
            Some((path, _)) => {
                Err(Error::new(ErrorKind::Io, "an input that changed during the run")
                    .remedy("run again when nothing writes it")
                    .at(path))
            }
        }
    }
}
