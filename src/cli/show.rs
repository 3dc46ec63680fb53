//! `doublet show` (also `doublet report`): a saved report in another form.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use doublet::report::{html, json, jsonl, terminal};
use doublet::{Error, Report, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Exit;
use super::args::{Common, ShowArgs};
use super::messages::Messages;
use super::output::{Findings, Output};

/// Runs the command.
pub(super) fn run(args: &ShowArgs, common: &Common, messages: Messages) -> Result<Exit> {
    let output = Output::resolve(&args.output, common)?;
    let report = if args.report == Path::new("-") {
        read(&mut io::stdin().lock())
    } else {
        let file =
            File::open(&args.report).map_err(|error| Error::io("open", &args.report, error))?;
        read(&mut BufReader::new(file))
    };
    let report = report.map_err(|error| match error.path() {
        None => error.at(&args.report),
        Some(_) => error,
    })?;
    let text = |options: &_, out: &mut dyn io::Write| terminal::write(&report, options, out);
    let saved = Some(args.report.as_path()).filter(|path| *path != Path::new("-"));
    let beside = saved.and_then(Path::parent);
    let reread = output
        .texts()
        .map(|options| html::reread(&report, options, args.text_field.as_deref(), beside));
    if let Some(lost) = reread.as_ref().map(html::Reread::lost).filter(|lost| *lost > 0) {
        messages.note(&format!(
            "{lost} texts are not where the report has them, or have changed; the page says which"
        ));
    }
    let found =
        Findings { report: &report, documents: &[], text: &text, reread: reread.as_ref(), saved };
    Ok(output.deliver(&found)?.unwrap_or(Exit::Done))
}

/// What tells a line of JSON lines from a report.
#[derive(Deserialize)]
struct Tagged {
    r#type: Option<IgnoredAny>,
}

/// Reads either form: JSON lines begin with an object that has a `type`.
fn read(input: &mut dyn BufRead) -> Result<Report> {
    let mut first = Vec::new();
    input.read_until(b'\n', &mut first).map_err(|error| Error::io("read", "-", error))?;
    // A report on one line may be large: nothing is kept of it but whether it has a type.
    let lines = serde_json::from_slice::<Tagged>(&first).is_ok_and(|line| line.r#type.is_some());
    let whole = BufReader::new(io::Cursor::new(first).chain(input));
    if lines { jsonl::read(whole) } else { json::read(whole) }
}
