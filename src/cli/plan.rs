//! `doublet plan`: what a `dedup` would need, from a sample.
//!
//! Some of the files, those of a reference among them, spread over all, are read up to a few
//! megabytes each and go through the first pass. What that took and left is scaled up by bytes of
//! files.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use doublet::dedup::{Layout, Options, Scan};
use doublet::report::terminal::grouped;
use doublet::source::{self, Input, ReadConfig, StreamOptions, stream};
use doublet::spill::Work;
use doublet::{Config, DocumentConfig, Error, ErrorKind, Result, Scope};
use serde::Serialize;

use super::Exit;
use super::args::PlanArgs;
use super::find::check_inputs;
use super::memory;
use super::output::stdout_error;
use super::reference::Reference;
use super::space::{Needed, free};

/// Files of a sample.
const FILES: usize = 32;

/// Bytes of text of a sample.
const SAMPLE: u64 = 64 << 20;

/// Bytes of a batch of the sample.
const BATCH: usize = 1 << 20;

/// What the second pass and the decision take, by the time of the first.
const PASSES: f64 = 2.2;

/// The same where passages are looked for.
const PASSES_OF_PASSAGES: f64 = 12.0;

/// Bytes of records for each byte of text where passages are looked for.
const PASSAGE_RECORDS: u64 = 4;

/// What a run would need; all but files and their bytes are estimates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Estimate {
    files: u64,
    file_bytes: u64,
    /// Bytes of files that were read for it.
    sampled_bytes: u64,
    documents: u64,
    text_bytes: u64,
    /// Bytes of memory at the given budget, and without one.
    memory: u64,
    memory_unbounded: u64,
    /// Bytes of work files at the given budget, and of the output at most.
    work_files: u64,
    output: u64,
    /// Bytes free where work files and output would lie by default.
    free: Option<u64>,
    seconds: f64,
}

/// Counts what is read.
#[derive(Default)]
struct Count(AtomicU64);

impl source::Progress for Count {
    fn advance(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Runs the command.
pub(super) fn run(args: &PlanArgs) -> Result<Exit> {
    check_inputs(args.paths.iter().chain(&args.against).map(PathBuf::as_path))?;
    if args.paths.iter().chain(&args.against).any(|path| path == Path::new("-")) {
        return Err(Error::new(ErrorKind::Config, "- (standard input) to plan for")
            .expected("files and folders"));
    }
    let reading = ReadConfig { metadata: false, ..ReadConfig::from(&args.input) };
    let reference = Reference::new(&args.against, &reading)?;
    let layout = Layout::without(reference.files(), &args.paths, &reading, None)?;
    let budget = args.memory.unwrap_or_else(memory::default_budget);
    let estimate = estimate(args, &layout, &reference, &reading, budget)?;
    let text = if args.json {
        serde_json::to_string_pretty(&estimate).unwrap_or_default() + "\n"
    } else {
        estimate.table(budget)
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Done),
        Err(error) => stdout_error(error),
    }
}

fn estimate(
    args: &PlanArgs,
    layout: &Layout,
    reference: &Reference,
    reading: &ReadConfig,
    budget: u64,
) -> Result<Estimate> {
    let documents = DocumentConfig::from(&args.matching);
    let config = Config { scope: args.remove.scope(), documents, ..Config::default() };
    let options = Options { rules: args.remove, ..Options::default() };
    let besides = || reference.files().iter().map(PathBuf::as_path);
    let paths: Vec<&Path> = layout.paths().chain(besides()).collect();
    let bytes = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let file_bytes = layout.bytes() + besides().map(bytes).sum::<u64>();
    let step = paths.len().div_ceil(FILES).max(1);
    let sampled: Vec<&Path> = paths.iter().copied().step_by(step).collect();
    let share = SAMPLE / sampled.len().max(1) as u64;
    let mut scan = Scan::new(&config, &options, &Work::in_memory())?;
    let count = Count::default();
    let (mut documents, mut text_bytes) = (0u64, 0u64);
    let begun = Instant::now();
    for path in &sampled {
        let mut here = 0u64;
        let options = StreamOptions { batch_bytes: BATCH, ..StreamOptions::default() };
        let read = stream([Input::path(path)], reading, &options, &count, |batch| {
            let bytes = batch.documents.iter().map(|document| document.text.len() as u64);
            here += bytes.sum::<u64>();
            documents += batch.documents.len() as u64;
            scan.add(&batch, 0)?;
            // An error ends the reading of this file.
            let enough = || Error::new(ErrorKind::Interrupted, "enough of a file");
            if here >= share { Err(enough()) } else { Ok(()) }
        });
        text_bytes += here;
        match read {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => drop(other?),
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let sampled_bytes = count.0.into_inner();
    let scale = if sampled_bytes == 0 { 0.0 } else { file_bytes as f64 / sampled_bytes as f64 };
    let scale = scale.max(f64::from(u8::from(sampled_bytes > 0)));
    let scaled = |amount: u64| (amount as f64 * scale) as u64;
    let aligns = config.scope != Scope::Documents;
    let records = if aligns { PASSAGE_RECORDS * text_bytes } else { 0 };
    let passes = if aligns { PASSES_OF_PASSAGES } else { PASSES };
    let (documents, stored) = (scaled(documents), scaled(scan.stored() + records));
    let fixed = documents * Scan::MEMORY_EACH + (32 << 20);
    let needed = Needed::new(layout.bytes(), scaled(text_bytes), budget, config.scope);
    Ok(Estimate {
        files: paths.len() as u64,
        file_bytes,
        sampled_bytes,
        documents,
        text_bytes: scaled(text_bytes),
        memory: fixed + stored.min(budget),
        memory_unbounded: fixed + stored,
        work_files: if needed.work > 0 || stored > budget / 2 { stored } else { 0 },
        output: needed.output,
        free: free(Path::new(".")),
        seconds: seconds * scale * passes,
    })
}

impl Estimate {
    fn table(&self, budget: u64) -> String {
        let mut table = String::new();
        let mut row = |name: &str, amount: u64, unit: &str| {
            let _ = writeln!(table, "{name:<34}{:>20} {unit}", grouped(amount));
        };
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        row("files", self.files, "");
        row("their bytes", mebibytes(self.file_bytes), "MiB");
        row("read for this estimate", mebibytes(self.sampled_bytes), "MiB");
        row("documents, about", self.documents, "");
        row("bytes of text, about", mebibytes(self.text_bytes), "MiB");
        row(
            &format!("memory at --memory {}MiB, about", budget >> 20),
            mebibytes(self.memory),
            "MiB",
        );
        row("memory without a bound, about", mebibytes(self.memory_unbounded), "MiB");
        row("work files, about", mebibytes(self.work_files), "MiB");
        row("output, at most", mebibytes(self.output), "MiB");
        if let Some(free) = self.free {
            row("free on disk here", mebibytes(free), "MiB");
        }
        row("time on this machine, about", self.seconds.ceil() as u64, "s");
        table
    }
}
