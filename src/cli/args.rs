//! What can be typed: commands, options, help.

mod dedup;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use doublet::source;
use doublet::{DocumentConfig, Keep, Linkage, PassageConfig, ReadConfig, Scope, Sensitivity};

pub(super) use self::dedup::{DedupArgs, PlanArgs};

const EXAMPLES: &str = "\
Examples:
  doublet find articles/                      what repeats in a folder, and where
  doublet find news.jsonl.gz --group-by outlet --date-field published
                                              who printed it, and who had it first
  doublet find crawl/ -f json -o report.json  everything, for a program
  doublet show report.json --all              read it again, in full
  doublet compare draft.txt print.txt         two texts side by side
  doublet find crawl/ --against eval.jsonl    what of a reference stands in it
  doublet dedup crawl/ --output clean/        the same files without what repeats
  doublet plan crawl/                         what that would need

Exit codes: 0 done; 1 done, but some inputs were skipped (each is named on standard error);
2 wrong usage or an error that stopped the run; 130 stopped by a signal.";

const FIND_EXAMPLES: &str = "\
Examples:
  doublet find articles/
  doublet find articles/ --include '*.txt' --exclude 'drafts/**'
  doublet find news.jsonl.gz --text-field body --group-by outlet --date-field published
  doublet find a.jsonl.zst b.jsonl.zst --only documents --threshold 0.7 --keep newest
  doublet find crawl/ --against eval.jsonl        what of an evaluation set stands in it
  zcat dump.gz | doublet find - --min-words 12 --top 50
  doublet find crawl/ --format csv --output tables/
  doublet find crawl/ --output report.json --quiet
  doublet find articles/ --output report.html   a page to look at, offline";

const COMPARE_EXAMPLES: &str = "\
Examples:
  doublet compare draft.txt print.txt
  doublet compare draft.txt print.txt --all | less
  pdftotext report.pdf - | doublet compare - release.txt
  doublet compare a.txt b.txt --format json";

const SHOW_EXAMPLES: &str = "\
Examples:
  doublet show report.json --top 50
  doublet show report.json --format csv --output tables/
  doublet report report.json --format html --output report.html
  doublet find crawl/ -f jsonl | tee report.jsonl | doublet show -";

/// Finds the passages that documents share, and the documents that are copies, and says where.
#[derive(Debug, Parser)]
#[command(name = "doublet", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub(super) struct Common {
    /// Say nothing but errors: no progress, no notes.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say what runs, how long each stage took and what each rule left out.
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to add colour; marks always say the same.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find what repeats in documents, and where.
    ///
    /// Reads text, JSON lines, CSV, Parquet and web archives, files and folders of them (plain, gzip
    /// or zstd), and standard input, and reports the documents that are versions of one another, the passages that stand in more than one place
    /// with the words that differ, and how much of everything stands elsewhere.
    #[command(after_help = FIND_EXAMPLES)]
    Find(Box<FindArgs>),
    /// Show two texts side by side, aligned, with the words that differ.
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// Write the files again without the documents and passages that repeat.
    ///
    /// Reads what find reads. The output holds the same files in the same format, compression and
    /// order; records that stay are the same bytes. What went, why, and what stands for it is in
    /// removed.jsonl there. Inputs are never changed. Lines and files that cannot be read are
    /// named and copied as they are.
    #[command(after_help = dedup::EXAMPLES)]
    Dedup(Box<DedupArgs>),
    /// Say what a dedup of whole documents would need: documents, memory, disk, time.
    ///
    /// Reads a sample of the files. The estimate is of this machine as it is loaded now.
    #[command(after_help = dedup::PLAN_EXAMPLES)]
    Plan(Box<PlanArgs>),
    /// Show a saved report (JSON or JSON lines) in another form.
    ///
    /// A page (html) shows full texts too: they are read again from the files that the report
    /// names, and shown where they have not changed since. --html-limit N,0 leaves them out.
    #[command(visible_alias = "report", after_help = SHOW_EXAMPLES)]
    Show(ShowArgs),
    /// Write shell completions to standard output.
    Completions(CompletionsArgs),
    /// Write the manual page to standard output.
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(super) struct FindArgs {
    /// Files and folders; - is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Compare with this file or folder only (an evaluation set, an earlier crawl), and nothing
    /// within either; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub(super) against: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) documents: DocumentArgs,
    #[command(flatten)]
    pub(super) passages: PassageArgs,
    /// Do one half only.
    #[arg(long, value_name = "HALF", help_heading = "Run")]
    pub(super) only: Option<Only>,
    /// Threads; 0 takes one a core. The result does not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub(super) threads: usize,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Field or column that holds the text of a record.
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub(super) text_field: String,
    /// Field that names a record [default: id, where there is one; else file and line].
    #[arg(long, value_name = "FIELD")]
    pub(super) id_field: Option<String>,
    /// Field whose values group documents (the outlet, the crawl), or folder, source or path
    /// [default: source].
    #[arg(long, value_name = "FIELD")]
    pub(super) group_by: Option<String>,
    /// Field that holds a record's date.
    #[arg(long, value_name = "FIELD")]
    pub(super) date_field: Option<String>,
    /// What files hold: auto (by name), text, jsonl, csv (tsv), warc (wet) or parquet.
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) format_in: source::Format,
    /// Encoding of texts that are not UTF-8, as windows-1252 or big5.
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,
    /// Read only files of a folder that match; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Leave out files of a folder that match; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Leave out hidden files and folders.
    #[arg(long)]
    pub(super) skip_hidden: bool,
    /// Stop at the first bad input instead of naming and skipping it.
    #[arg(long)]
    pub(super) strict: bool,
}

impl From<&InputArgs> for ReadConfig {
    fn from(args: &InputArgs) -> Self {
        Self {
            text_field: args.text_field.clone(),
            id_field: args.id_field.clone(),
            group_by: args.group_by.clone(),
            date_field: args.date_field.clone(),
            encoding: args.encoding.clone(),
            include: args.include.clone(),
            exclude: args.exclude.clone(),
            skip_hidden: args.skip_hidden,
            strict: args.strict,
            format: args.format_in,
            ..Self::default()
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Documents")]
pub(super) struct DocumentArgs {
    #[command(flatten)]
    pub(super) matching: MatchArgs,
    /// How matches become clusters.
    #[arg(long, value_name = "HOW", default_value = "star")]
    pub(super) linkage: LinkageArg,
}

/// When documents match, and which of them is preferred.
#[derive(Debug, Args)]
#[command(next_help_heading = "Documents")]
pub(super) struct MatchArgs {
    /// Lowest similarity (Jaccard, of shingles) of near-duplicates.
    #[arg(long, value_name = "0..1", default_value_t = 0.8, value_parser = above_zero)]
    pub(super) threshold: f64,
    /// Words a shingle.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(super) shingle_size: u32,
    /// Registers of a document's sketch, a power of two from 16 to 4096: fewer are faster, more
    /// compare fewer documents in vain.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(super) sketch_size: u32,
    /// Lowest share of a document that another must hold to contain it.
    #[arg(long, value_name = "0..1", default_value_t = 0.9, value_parser = above_zero)]
    pub(super) containment: f64,
    /// Which version represents a cluster: longest, first, newest[:FIELD], oldest[:FIELD],
    /// max:FIELD or source-order.
    #[arg(long, value_name = "POLICY", default_value = "longest")]
    pub(super) keep: Keep,
}

impl From<&MatchArgs> for DocumentConfig {
    fn from(args: &MatchArgs) -> Self {
        Self {
            shingle_size: args.shingle_size,
            sketch_size: args.sketch_size,
            threshold: args.threshold,
            containment: args.containment,
            keep: args.keep.clone(),
            ..Self::default()
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Passages")]
pub(super) struct PassageArgs {
    /// Fewest words of a passage.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(3..))]
    pub(super) min_words: u32,
    /// How short an undisturbed run still leads to a passage.
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    pub(super) sensitivity: SensitivityArg,
    /// Lowest share of equal words.
    #[arg(long, value_name = "0..1", default_value_t = 0.6, value_parser = share)]
    pub(super) min_identity: f64,
    /// Passages less distinctive than this are formulaic and folded away.
    #[arg(long, value_name = "0..1", default_value_t = 0.25, value_parser = share)]
    pub(super) min_distinctiveness: f64,
}

impl From<&PassageArgs> for PassageConfig {
    fn from(args: &PassageArgs) -> Self {
        Self {
            min_words: args.min_words,
            sensitivity: args.sensitivity.into(),
            min_identity: args.min_identity,
            min_distinctiveness: args.min_distinctiveness,
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Form of the result [default: text, or by the ending of --output].
    #[arg(short, long, value_name = "FORM")]
    pub(super) format: Option<Format>,
    /// Where to put it: a file, or for csv a folder of tables [default: standard output].
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(super) output: Option<PathBuf>,
    /// Replace what --output names.
    #[arg(long, requires = "output")]
    pub(super) force: bool,
    /// Show everything instead of a summary (text).
    #[arg(short, long, conflicts_with = "top")]
    pub(super) all: bool,
    /// Show N of each kind (text) [default: what fits a screen].
    #[arg(long, value_name = "N")]
    pub(super) top: Option<usize>,
    /// Write JSON on one line.
    #[arg(long)]
    pub(super) compact: bool,
    /// Show at most N passages, and M documents in full (html).
    #[arg(long, value_name = "N[,M]", default_value = "50000,2000", value_parser = html_limit)]
    pub(super) html_limit: (usize, usize),
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// First text; - is standard input.
    #[arg(value_name = "A")]
    pub(super) a: PathBuf,
    /// Second text; - is standard input.
    #[arg(value_name = "B")]
    pub(super) b: PathBuf,
    /// Encoding of texts that are not UTF-8, as windows-1252 or big5.
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(super) encoding: Option<String>,
    #[command(flatten)]
    pub(super) passages: ComparePassageArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Two documents cannot tell what is formulaic: there is no distinctiveness to ask for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Passages")]
pub(super) struct ComparePassageArgs {
    /// Fewest words of a passage.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(3..))]
    pub(super) min_words: u32,
    /// How short an undisturbed run still leads to a passage.
    #[arg(long, value_name = "LEVEL", default_value = "high")]
    pub(super) sensitivity: SensitivityArg,
    /// Lowest share of equal words.
    #[arg(long, value_name = "0..1", default_value_t = 0.6, value_parser = share)]
    pub(super) min_identity: f64,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// A report that `doublet find` or `compare` wrote as JSON or JSON lines; - is standard input.
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,
    /// Field that holds the text of a JSON record, to find texts again for a page [default: as
    /// the report says].
    #[arg(long, value_name = "FIELD", help_heading = "Input")]
    pub(super) text_field: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell.
    #[arg(value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The page of one command.
    #[arg(value_name = "COMMAND")]
    pub(super) page: Option<String>,
}

/// Form of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One object, specified field by field.
    Json,
    /// One object a line, told apart by `type`.
    Jsonl,
    /// Tables; one (the passages) on standard output or in a file, all in a folder.
    Csv,
    /// One page to look at, which opens offline in any browser.
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Only {
    /// Copies, near-duplicates and contained documents.
    Documents,
    /// Shared passages.
    Passages,
}

impl From<Option<Only>> for Choice<Scope> {
    fn from(only: Option<Only>) -> Self {
        Self(match only {
            None => Scope::Both,
            Some(Only::Documents) => Scope::Documents,
            Some(Only::Passages) => Scope::Passages,
        })
    }
}

/// A choice on the command line as the library's value.
pub(super) struct Choice<T>(pub(super) T);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LinkageArg {
    /// Every member matches the representative itself.
    Star,
    /// Chains of matches join.
    Single,
}

impl From<LinkageArg> for Linkage {
    fn from(linkage: LinkageArg) -> Self {
        match linkage {
            LinkageArg::Star => Self::Star,
            LinkageArg::Single => Self::Single,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SensitivityArg {
    /// High for small inputs, balanced beyond.
    Auto,
    /// Every run of 10 shared words.
    Fast,
    /// Every run of 6 shared words.
    Balanced,
    /// Every run of 3 shared words.
    High,
}

impl From<SensitivityArg> for Sensitivity {
    fn from(sensitivity: SensitivityArg) -> Self {
        match sensitivity {
            SensitivityArg::Auto => Self::Auto,
            SensitivityArg::Fast => Self::Fast,
            SensitivityArg::Balanced => Self::Balanced,
            SensitivityArg::High => Self::High,
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

/// Most passages, and most texts where they are named too.
fn html_limit(text: &str) -> Result<(usize, usize), String> {
    let (passages, texts) = text.split_once(',').unwrap_or((text, "2000"));
    match (passages.trim().parse(), texts.trim().parse()) {
        (Ok(passages), Ok(texts)) => Ok((passages, texts)),
        _ => Err("expected a number of passages, and of documents after a comma".to_owned()),
    }
}

fn above_zero(text: &str) -> Result<f64, String> {
    match share(text) {
        Ok(value) if value > 0.0 => Ok(value),
        _ => Err("expected a number above 0, at most 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn shares_are_bounded() {
        assert!(share("0").is_ok() && share("1").is_ok());
        for bad in ["-0.1", "1.01", "NaN", "inf", "x", ""] {
            assert!(share(bad).is_err(), "{bad}");
        }
        assert!(above_zero("0").is_err());
        assert_eq!(html_limit("7"), Ok((7, 2000)));
        assert_eq!(html_limit("7, 0"), Ok((7, 0)));
        assert!(html_limit("a").is_err() && html_limit("1,").is_err());
    }
}
