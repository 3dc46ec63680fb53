//! `doublet find`: what repeats, and where.

use std::path::{Path, PathBuf};

use doublet::report::terminal;
use doublet::source::ReadConfig;
use doublet::{
    Config, Document, DocumentConfig, Error, ErrorKind, PassageConfig, Report, Result, Scope,
    on_threads,
};

use super::Exit;
use super::args::{Choice, Common, FindArgs};
use super::engine;
use super::messages::Messages;
use super::output::{Findings, Output};
use super::progress::Progress;
use super::reference::Reference;

/// The arguments, resolved and checked.
struct Plan {
    paths: Vec<PathBuf>,
    reference: Reference,
    reading: ReadConfig,
    config: Config,
    output: Output,
}

impl Plan {
    fn new(args: &FindArgs, common: &Common) -> Result<Self> {
        check_inputs(args.paths.iter().chain(&args.against).map(PathBuf::as_path))?;
        let reading = ReadConfig::from(&args.input);
        let config = Config {
            scope: Choice::from(args.only).0,
            documents: DocumentConfig {
                linkage: args.documents.linkage.into(),
                ..DocumentConfig::from(&args.documents.matching)
            },
            passages: PassageConfig::from(&args.passages),
            threads: args.threads,
        };
        let output = Output::resolve(&args.output, common)?;
        let reference = Reference::new(&args.against, &reading)?;
        Ok(Self { paths: args.paths.clone(), reference, reading, config, output })
    }
}

/// Runs the command.
pub(super) fn run(args: &FindArgs, common: &Common, messages: Messages) -> Result<Exit> {
    let plan = Plan::new(args, common)?;
    let (report, documents) = run_engine(&plan, messages)?;
    messages.skipped(&report.skipped);
    messages.details(&report);
    let exit = if report.skipped.is_empty() { Exit::Done } else { Exit::Skipped };
    let text = |options: &_, out: &mut dyn std::io::Write| terminal::write(&report, options, out);
    let found =
        Findings { report: &report, documents: &documents, text: &text, saved: None, reread: None };
    let delivered = on_threads(args.threads, || plan.output.deliver(&found));
    // The program ends here, and with it all memory: much faster than piece by piece.
    std::mem::forget((report, documents));
    Ok(delivered??.unwrap_or(exit))
}

fn run_engine(plan: &Plan, messages: Messages) -> Result<(Report, Vec<Document>)> {
    let progress = Progress::new(messages);
    let Plan { paths, reference, reading, config, output } = plan;
    reference.note_shared(paths, reading, messages)?;
    let (mut report, documents) = if config.scope == Scope::Documents && output.texts().is_none() {
        (engine::find_streaming(paths, reference, reading, config, &progress)?, Vec::new())
    } else {
        let inputs = reference.inputs().chain(paths.iter().map(|path| reference.apart(path)));
        let collection = engine::read(inputs, reading, &progress)?;
        let mut report = engine::find(&collection.documents, reference, 0, config, &progress)?;
        report.skipped = collection.skipped;
        (report, collection.documents)
    };
    report.run.text_field = Some(reading.text_field.clone());
    Ok((report, documents))
}

/// Checks that what was named exists, before anything long begins, and that standard input is
/// read once.
pub(super) fn check_inputs<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<()> {
    let mut standard_input = false;
    for path in paths {
        if path == Path::new("-") {
            if standard_input {
                return Err(Error::new(ErrorKind::Config, "- (standard input) more than once")
                    .expected("it at most once"));
            }
            standard_input = true;
        } else if let Err(error) = path.metadata() {
            return Err(Error::io("open", path, error));
        }
    }
    Ok(())
}
