//! `doublet compare`: two texts side by side.

use std::path::Path;

use doublet::report::terminal::{ComparedTexts, write_comparison};
use doublet::source::ReadConfig;
use doublet::{Config, Document, Error, ErrorKind, Input, PassageConfig, Result};

use super::Exit;
use super::args::{Common, CompareArgs};
use super::engine;
use super::find::check_inputs;
use super::messages::Messages;
use super::output::{Findings, Output};
use super::progress::Progress;
use super::reference::Reference;

/// Runs the command.
pub(super) fn run(args: &CompareArgs, common: &Common, messages: Messages) -> Result<Exit> {
    check_inputs([args.a.as_path(), args.b.as_path()].into_iter())?;
    let output = Output::resolve(&args.output, common)?;
    let config = Config {
        passages: PassageConfig {
            min_words: args.passages.min_words,
            sensitivity: args.passages.sensitivity.into(),
            min_identity: args.passages.min_identity,
            // Two documents cannot tell what is formulaic.
            min_distinctiveness: 0.0,
        },
        ..Config::default()
    };
    let progress = Progress::new(messages);
    let documents = [read_one(&args.a, args, &progress)?, read_one(&args.b, args, &progress)?];
    let report = engine::find(&documents, &Reference::default(), 0, &config, &progress)?;
    messages.details(&report);
    let texts = ComparedTexts { a: &documents[0].text, b: &documents[1].text };
    let text =
        |options: &_, out: &mut dyn std::io::Write| write_comparison(&report, texts, options, out);
    let found =
        Findings { report: &report, documents: &documents, text: &text, saved: None, reread: None };
    Ok(output.deliver(&found)?.unwrap_or(Exit::Done))
}

/// The one document of a path.
fn read_one(path: &Path, args: &CompareArgs, progress: &Progress) -> Result<Document> {
    let reading =
        ReadConfig { encoding: args.encoding.clone(), strict: true, ..ReadConfig::default() };
    let mut documents =
        engine::read([Input::path(path)].into_iter(), &reading, progress)?.documents.into_iter();
    match (documents.next(), documents.len()) {
        (Some(document), 0) => Ok(document),
        (None, _) => Err(Error::new(ErrorKind::Config, "no document").at(path).expected("one")),
        (Some(_), more) => Err(Error::new(ErrorKind::Config, format!("{} documents", more + 1))
            .at(path)
            .expected("one")
            .remedy("use `doublet find` for collections")),
    }
}
