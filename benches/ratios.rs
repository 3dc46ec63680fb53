//! All ratios that the project holds itself to, measured in one run: `cargo bench -p
//! doublet-benches --bench ratios`, with the names of sections after `--` for some of them.

#![allow(clippy::print_stdout, reason = "a benchmark prints its findings")]

use std::path::{Path, PathBuf};

use doublet_benches::measure::{Pair, Row, Wanted, pair, pair_of, print_heading, seconds};
use doublet_benches::texts::{Texts, parse, write_jsonl};
use doublet_benches::{growth, program, stages};
use doublet_generate::repeats;

/// What the sections share.
struct Bench {
    texts: Texts,
    short: Vec<String>,
    program: PathBuf,
    folder: tempfile::TempDir,
    whole_jsonl: PathBuf,
    short_jsonl: PathBuf,
}

type Section = (&'static str, fn(&Bench));

const SECTIONS: [Section; 8] = [
    ("tokenize", tokenize),
    ("sketch", sketch),
    ("documents", documents),
    ("passages", passages),
    ("short", short),
    ("memory", memory),
    ("threads", threads),
    ("pathological", pathological),
];

const DOCUMENTS: [&str; 2] = ["--only", "documents"];
const PASSAGES: [&str; 4] = ["--only", "passages", "--sensitivity", "balanced"];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let folder = tempfile::tempdir().expect("a folder for the inputs");
    let texts = Texts::load();
    let bench = Bench {
        short: texts.short(),
        program: program::build(),
        whole_jsonl: folder.path().join("whole.jsonl"),
        short_jsonl: folder.path().join("short.jsonl"),
        folder,
        texts,
    };
    write_jsonl(&bench.texts.documents, &bench.whole_jsonl);
    write_jsonl(&bench.short, &bench.short_jsonl);
    print_heading();
    for (name, run) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|section| section == name) {
            run(&bench);
        }
    }
}

impl Bench {
    /// Seconds of the program on one thread.
    fn one_thread(&self, input: &Path, options: &[&str]) -> f64 {
        let options = [options, &["--threads", "1"]].concat();
        program::seconds(&self.program, input, &options)
    }

    /// Megabytes of text a second.
    fn rate(&self, seconds: f64) -> String {
        format!("{:.0} MB/s", self.texts.bytes() as f64 / 1e6 / seconds)
    }

    fn rates(&self, pair: &Pair) -> String {
        format!("{} and {}", self.rate(pair.first), self.rate(pair.second))
    }
}

fn tokenize(bench: &Bench) {
    let ascii = bench.texts.ascii();
    let times = pair(|| stages::tokenize(&ascii), || stages::byte_table(&ascii));
    Row {
        what: "tokenising ASCII against a byte-table loop".into(),
        measured: times.ratio,
        wanted: Wanted::AtLeast(3.0),
        details: bench.rates(&times),
    }
    .print();
}

fn sketch(bench: &Bench) {
    let texts = &bench.texts.documents;
    let times = pair(|| stages::tokenize_and_shingle(texts), || stages::sketch(texts));
    Row {
        what: "time of text to sketch (256), in times of tokens and shingles".into(),
        measured: times.ratio,
        wanted: Wanted::AtMost(2.5),
        details: bench.rates(&times),
    }
    .print();
}

fn documents(bench: &Bench) {
    let floor =
        || stages::tokenize_and_shingle(parse(&bench.texts.jsonl).map(|record| record.text));
    let times = pair_of(|| seconds(floor), || bench.one_thread(&bench.whole_jsonl, &DOCUMENTS));
    Row {
        what: "time of JSON lines to document clusters, in times of JSON, tokens and shingles"
            .into(),
        measured: times.ratio,
        wanted: Wanted::AtMost(3.5),
        details: bench.rates(&times),
    }
    .print();
}

fn passages(bench: &Bench) {
    let engine = || bench.one_thread(&bench.whole_jsonl, &PASSAGES);
    // Six words, the guarantee of `balanced`, are some 33 bytes.
    let bytes = bench.texts.documents.join("\0").into_bytes();
    let times = pair_of(engine, || seconds(|| repeats::repeated_bytes(&bytes, 33)));
    Row {
        what: "passages at balanced against suffix array and marking, of bytes".into(),
        measured: times.ratio,
        wanted: Wanted::AtLeast(2.0),
        details: bench.rates(&times),
    }
    .print();
    drop(bytes);
    let tokens: Vec<Vec<u32>> = bench
        .texts
        .documents
        .iter()
        .map(|text| doublet::text::tokenize(text).iter().map(|token| token.hash.0).collect())
        .collect();
    let mut joined = repeats::join(&tokens).expect("below 2³¹ tokens");
    drop(tokens);
    let times = pair_of(engine, || seconds(|| repeats::repeated_ranks(&mut joined, 6)));
    Row {
        what: "the same, of tokens (numbered beforehand, not timed)".into(),
        measured: times.ratio,
        wanted: Wanted::AtLeast(1.0),
        details: bench.rates(&times),
    }
    .print();
}

fn short(bench: &Bench) {
    let (whole, short) = (&bench.texts.documents, &bench.short);
    let program = |options: &[&str]| {
        pair_of(
            || bench.one_thread(&bench.short_jsonl, options),
            || bench.one_thread(&bench.whole_jsonl, options),
        )
    };
    let stages = [
        ("tokenising", pair(|| stages::tokenize(short), || stages::tokenize(whole))),
        ("text to sketch", pair(|| stages::sketch(short), || stages::sketch(whole))),
        ("documents", program(&DOCUMENTS)),
        ("passages", program(&PASSAGES)),
    ];
    for (name, times) in stages {
        Row {
            what: format!("{name}: rate below 1 kB, in parts of the rate"),
            measured: times.ratio,
            wanted: Wanted::AtLeast(0.4),
            details: bench.rates(&times),
        }
        .print();
    }
}

fn memory(bench: &Bench) {
    let halves: [(&str, &[&str], f64); 2] =
        [("the document half", &DOCUMENTS, 2.5), ("both halves", &[], 6.0)];
    for (name, options, most) in halves {
        let Some(peak) = program::peak(&bench.program, &bench.whole_jsonl, options) else {
            println!("| peak memory of {name} | ? | ≤ {most} | not measured | needs Linux |");
            continue;
        };
        Row {
            what: format!("peak memory of {name}, in times of the input"),
            measured: peak as f64 / bench.texts.jsonl.len() as f64,
            wanted: Wanted::AtMost(most),
            details: format!("{} MiB", peak >> 20),
        }
        .print();
    }
}

fn threads(bench: &Bench) {
    let halves: [(&str, &[&str]); 3] =
        [("documents", &DOCUMENTS), ("passages", &PASSAGES), ("both", &[])];
    for (name, options) in halves {
        let two = [options, &["--threads", "2"]].concat();
        let times = pair_of(
            || program::seconds(&bench.program, &bench.whole_jsonl, &two),
            || bench.one_thread(&bench.whole_jsonl, options),
        );
        Row {
            what: format!("{name}: two threads against one"),
            measured: times.ratio,
            wanted: Wanted::AtLeast(1.8),
            details: bench.rates(&times),
        }
        .print();
    }
}

fn pathological(bench: &Bench) {
    for (input, (name, _)) in growth::INPUTS.into_iter().enumerate() {
        let growth = growth::Growth::measure(&bench.program, input, bench.folder.path());
        for (what, measured) in [("time", growth.time()), ("memory", growth.memory())] {
            Row {
                what: format!("{name}: exponent of the {what}"),
                measured,
                wanted: Wanted::AtMost(1.1),
                details: growth.details(),
            }
            .print();
        }
    }
}
