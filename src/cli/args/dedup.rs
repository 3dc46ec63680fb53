//! What can be typed after `doublet dedup`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use doublet::dedup::{Bounds, Rules};

use super::{InputArgs, MatchArgs, PassageArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  doublet dedup crawl/ --output clean/
  doublet dedup crawl/ --dry-run --remove exact,near,contained
  doublet dedup a.jsonl.zst b.jsonl.zst --output clean/ --threshold 0.7 --keep newest:published
  doublet dedup train/ --output clean/ --protect benchmark.jsonl --remove exact,near,passages
  doublet dedup train/ --output clean/ --against eval.jsonl --remove exact,near,contained,passages
  doublet dedup pages.jsonl --output clean/ --remove passages --cut sentence
  doublet dedup pages.jsonl --output marked/ --annotate
  zcat dump.gz | doublet dedup - --output clean/ --stats clean.json

Several folders go under their own names below the output; standard input becomes stdin.jsonl.";

pub(super) const PLAN_EXAMPLES: &str = "\
Examples:
  doublet plan crawl/
  doublet plan crawl/ --memory 4GiB --json";

#[derive(Debug, Args)]
pub(in super::super) struct PlanArgs {
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    pub(in super::super) paths: Vec<PathBuf>,
    /// What they would be compared with, as for dedup; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub(in super::super) against: Vec<PathBuf>,
    #[command(flatten)]
    pub(in super::super) input: InputArgs,
    #[command(flatten)]
    pub(in super::super) matching: MatchArgs,
    /// What would be removed: exact, near, contained, passages.
    #[arg(long, value_name = "RULES", default_value = "exact,near")]
    pub(in super::super) remove: Rules,
    /// Memory that the run may use, as 512MiB or 8G [default: as for dedup].
    #[arg(long, value_name = "SIZE", value_parser = super::super::memory::parse_size, help_heading = "Run")]
    pub(in super::super) memory: Option<u64>,
    /// Write the estimate as JSON.
    #[arg(long, help_heading = "Output")]
    pub(in super::super) json: bool,
}

#[derive(Debug, Args)]
pub(in super::super) struct DedupArgs {
    /// Files and folders; - is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(in super::super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(in super::super) input: InputArgs,
    #[command(flatten)]
    pub(in super::super) removal: RemovalArgs,
    #[command(flatten)]
    pub(in super::super) matching: MatchArgs,
    #[command(flatten)]
    pub(in super::super) passages: PassageArgs,
    #[command(flatten)]
    pub(in super::super) run: RunArgs,
    #[command(flatten)]
    pub(in super::super) output: CleanArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What goes")]
pub(in super::super) struct RemovalArgs {
    /// What is removed, with commas: exact, near and contained documents; passages, from the
    /// second place on.
    #[arg(long, value_name = "RULES", default_value = "exact,near")]
    pub(in super::super) remove: Rules,
    /// Remove only what stands in this file or folder too (an evaluation set, an earlier crawl),
    /// and nothing for standing twice in what is cleaned; may be given several times. The file or
    /// folder is not written, nor what of it is among the inputs.
    #[arg(long, value_name = "PATH")]
    pub(in super::super) against: Vec<PathBuf>,
    /// Documents of this file or folder stay, stand for what they match, and are not written; may
    /// be given several times. Files that are among the inputs too are written as they are.
    #[arg(long, value_name = "PATH")]
    pub(in super::super) protect: Vec<PathBuf>,
    /// Where passages are cut; sentences and paragraphs go only if they stand in the passage
    /// whole [default: word].
    #[arg(long, value_name = "BOUNDS")]
    pub(in super::super) cut: Option<CutArg>,
    /// What stands for a passage that was cut [default: nothing].
    #[arg(long, value_name = "TEXT")]
    pub(in super::super) replace_with: Option<String>,
    /// Cut boilerplate too; without this only passages that are distinctive enough go.
    #[arg(long)]
    pub(in super::super) cut_boilerplate: bool,
    /// A document of which cuts leave fewer words goes whole, or stays uncut if it stands for
    /// others [default: 20].
    #[arg(long, value_name = "N")]
    pub(in super::super) min_words_left: Option<usize>,
    /// Remove nothing; add what was found to each JSON record, in the field "doublet".
    #[arg(long, conflicts_with_all = ["remove", "cut", "replace_with", "cut_boilerplate", "min_words_left"])]
    pub(in super::super) annotate: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(in super::super) struct RunArgs {
    /// Threads; 0 takes one a core. The result does not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in super::super) threads: usize,
    /// Memory for what grows with the input, as 512MiB or 8G; the rest goes to files. The result
    /// does not depend on it [default: half of what the machine or its control group has].
    #[arg(long, value_name = "SIZE", value_parser = super::super::memory::parse_size)]
    pub(in super::super) memory: Option<u64>,
    /// Where the work files lie while it runs [default: beside the output].
    #[arg(long, value_name = "DIR")]
    pub(in super::super) temp_dir: Option<PathBuf>,
    /// Go on where the same command was killed; start anew if there is nothing to go on from.
    #[arg(long)]
    pub(in super::super) resume: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(in super::super) struct CleanArgs {
    /// Folder to make: the cleaned files, and removed.jsonl.
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(in super::super) output: Option<PathBuf>,
    /// Replace the folder if it is an earlier result, and the file of --stats.
    #[arg(long)]
    pub(in super::super) force: bool,
    /// Write no files; only say what would go.
    #[arg(long)]
    pub(in super::super) dry_run: bool,
    /// Write the final table to a file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(in super::super) stats: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum CutArg {
    /// At the passage's first and last word.
    Word,
    /// Whole sentences.
    Sentence,
    /// Whole paragraphs.
    Paragraph,
}

impl From<CutArg> for Bounds {
    fn from(cut: CutArg) -> Self {
        match cut {
            CutArg::Word => Self::Word,
            CutArg::Sentence => Self::Sentence,
            CutArg::Paragraph => Self::Paragraph,
        }
    }
}
