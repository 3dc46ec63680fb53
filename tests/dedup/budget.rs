//! Memory: the same bytes at any budget and number of threads, on disk or not.

use std::fs;
use std::path::Path;

use doublet::cluster::{keep_ranks, protected_first};
use doublet::dedup::{Bounds, Options, Plan, Rule, Scan};
use doublet::source::{Input, ReadConfig, StreamOptions, read_all, stream};
use doublet::spill::Work;
use doublet::{Config, Doublet, Span, Timestamp};
use serde_json::Value;

use super::{Place, changed, prose, record};

/// Files with copies, near-copies, parts, quotes, and a template that many fill in.
pub(super) fn collection(place: &Place, documents: u32) {
    let mut files = vec![String::new(); 3];
    for i in 0..documents {
        let own = prose(i, 60);
        let text = match i % 10 {
            1 => prose(i - 1, 60).to_uppercase(),
            3 => changed(&prose(i - 1, 60), 40),
            5 => prose(i - 1, 60).split(' ').take(25).collect::<Vec<_>>().join(" "),
            7 => format!("{} {}", prose(999_999, 60), i % 20),
            9 => format!("{own} {} {}", quote(i - 9), prose(i + 70_000, 40)),
            _ => own,
        };
        files[(i % 3) as usize] += &record(&format!("d{i}"), &text);
    }
    for (number, file) in files.iter().enumerate() {
        place.write(&format!("in/{number}.jsonl"), file);
    }
}

/// Words from the middle of a text.
fn quote(seed: u32) -> String {
    prose(seed, 60).split(' ').skip(20).take(25).collect::<Vec<_>>().join(" ")
}

/// Everything in a folder, name and bytes.
pub(super) fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut content: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect();
    content.sort();
    content
}

#[test]
fn any_budget_and_number_of_threads_give_the_same_bytes() {
    let place = Place::new();
    collection(&place, 1500);
    let rules = ["exact", "exact,near", "exact,near,contained", "passages", "exact,near,passages"];
    let removes = rules.map(|rules| vec!["--remove", rules]);
    for does in removes.into_iter().chain([vec!["--annotate"]]) {
        same_bytes(&place, &does);
        // Nothing is left beside the inputs.
        assert_eq!(place.names(), ["in/0.jsonl", "in/1.jsonl", "in/2.jsonl"]);
    }
}

/// Cleans `in` at several budgets and numbers of threads.
pub(super) fn same_bytes(place: &Place, does: &[&str]) {
    let mut expected = None;
    for (memory, threads) in [("8G", "1"), ("1k", "1"), ("2MiB", "2"), ("1k", "2")] {
        let arguments = ["in", "--memory", memory, "--threads", threads];
        let output = ["--output", "out", "--stats", "stats.json"];
        place.dedup(&[&arguments[..], does, &output].concat(), 0);
        let stats: Value = serde_json::from_str(&place.read("stats.json")).expect("JSON");
        let spilled = stats["spilled"].as_u64().expect("a number");
        // Names alone fit even the smallest share.
        let fits = memory == "8G" || does.ends_with(&["--remove", "exact"]);
        assert_eq!(spilled == 0, fits, "{memory}: {does:?}");
        let found = content(&place.at("out"));
        assert!(found.len() > 2);
        let same = expected.get_or_insert_with(|| found.clone()) == &found;
        assert!(same, "{memory} and {threads} threads: {does:?}");
        fs::remove_dir_all(place.at("out")).expect("it goes");
        fs::remove_file(place.at("stats.json")).expect("it goes");
    }
}

#[test]
fn a_plan_of_the_report_and_the_scan_agree() {
    for rules in ["exact,near,contained", "passages", "exact,passages", "near,contained,passages"] {
        for bounds in [Bounds::Word, Bounds::Sentence] {
            let options =
                Options { bounds, boilerplate: bounds == Bounds::Sentence, ..options(rules) };
            agree(&options, None, if options.rules.passages { 100 } else { 200 });
        }
    }
}

pub(super) fn options(rules: &str) -> Options {
    Options { rules: rules.parse().expect("rules"), ..Options::default() }
}

/// Whether a report's plan and a scan take the same things out, which are at least so many. With a
/// reference, so many of the first documents are that and two behind them are protected.
pub(super) fn agree(options: &Options, reference: Option<usize>, fewest: usize) {
    let place = Place::new();
    collection(&place, 600);
    place.write("gold.jsonl", [record("g", &prose(20, 60)), record("h", &prose(31, 60))].concat());
    let collected = place.lines("in/0.jsonl");
    if reference.is_some() {
        place.write("in/0.jsonl", "");
    }
    place.write("test.jsonl", collected[..reference.unwrap_or(0)].concat());
    let inputs = || ["test.jsonl", "gold.jsonl", "in"].map(|name| Input::path(place.at(name)));
    let ahead = reference.unwrap_or(0) + 2;
    let config = Config { scope: options.rules.scope(), ..Config::default() };
    let reading = ReadConfig::default();

    let documents = read_all(inputs(), &reading, &()).expect("it reads").documents;
    let doublet = Doublet::builder().config(config.clone()).build().expect("a configuration");
    let report = match reference {
        None => doublet.find_protecting(&documents, 2),
        Some(reference) => doublet.find_against(&documents, reference),
    };
    let report = report.expect("it runs");
    let tokens: Vec<u32> = report.documents.iter().map(|document| document.tokens).collect();
    let ranks = keep_ranks(&config.documents.keep, &documents, &tokens, Timestamp::parse);
    let ranks = protected_first(&ranks, reference.unwrap_or(2));
    let plan = Plan::new(&documents, &report, &ranks, ahead, options);

    let mut scan = Scan::new(&config, options, &Work::in_memory()).expect("it begins");
    let batches = StreamOptions { batch_bytes: 20_000, ..StreamOptions::default() };
    let (mut refers, mut protected) = (reference.unwrap_or(0), 2);
    stream(inputs(), &reading, &batches, &(), |mut batch| {
        let first = refers.min(batch.documents.len());
        refers -= first;
        let rest = batch.split_off(first);
        if first > 0 {
            scan.add_reference(&batch)?;
        }
        let here = protected.min(rest.documents.len());
        protected -= here;
        scan.add(&rest, here)
    })
    .expect("it reads");
    let scanned = scan.finish(false).expect("it ends");
    let verdicts = scanned.decide(&mut |_| {}).expect("it runs");
    let mut list = Vec::new();
    verdicts.write_removed(inputs(), &reading, 20_000, &(), &mut list).expect("it reads again");
    let list = String::from_utf8(list).expect("lines of text");
    let list: Vec<Value> =
        list.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(list.len() >= fewest, "{} for {options:?}", list.len());
    assert_eq!(list.len(), plan.removals.len());
    for (line, removal) in list.iter().zip(&plan.removals) {
        let ends = |span: Span| vec![span.start, span.end];
        let spans: Vec<_> = removal.cuts.iter().map(|cut| ends(cut.span)).collect();
        let text = &documents[removal.document.index()].text;
        let text = match removal.rule {
            Rule::Passage => &text[removal.cuts[0].span.range()],
            _ => text,
        };
        assert_eq!(line["id"], removal.document.0);
        assert_eq!(line["rule"], removal.rule.name());
        assert_eq!(line["score"], removal.score);
        assert_eq!(line["kept"]["id"], removal.kept.0);
        assert_eq!(line["spans"], serde_json::to_value(spans).expect("JSON"));
        assert_eq!(line["text"], text);
        if removal.rule == Rule::Passage {
            let kept = ends(removal.cuts[0].kept_span);
            assert_eq!(line["kept"]["span"], serde_json::to_value(kept).expect("JSON"));
        }
    }
}
