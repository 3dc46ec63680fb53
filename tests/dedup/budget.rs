//! Memory: the same bytes at any budget and number of threads, on disk or not.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Place, changed, prose, record};

/// Files with copies, near-copies, parts, and a template that many fill in.
pub(super) fn collection(place: &Place, documents: u32) {
    let mut files = vec![String::new(); 3];
    for i in 0..documents {
        let own = prose(i, 60);
        let text = match i % 10 {
            1 => prose(i - 1, 60).to_uppercase(),
            3 => changed(&prose(i - 1, 60), 40),
            5 => prose(i - 1, 60).split(' ').take(25).collect::<Vec<_>>().join(" "),
            7 => format!("{} {}", prose(999_999, 60), i % 20),
            _ => own,
        };
        files[(i % 3) as usize] += &record(&format!("d{i}"), &text);
    }
    for (number, file) in files.iter().enumerate() {
        place.write(&format!("in/{number}.jsonl"), file);
    }
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
    for rules in ["exact", "exact,near", "exact,near,contained"] {
        let mut expected = None;
        for (memory, threads) in [("8G", "1"), ("1k", "1"), ("2MiB", "2"), ("1k", "2")] {
            let arguments = ["in", "--remove", rules, "--memory", memory, "--threads", threads];
            let output = ["--output", "out", "--stats", "stats.json"];
            place.dedup(&[&arguments[..], &output].concat(), 0);
            let stats: Value = serde_json::from_str(&place.read("stats.json")).expect("JSON");
            let spilled = stats["spilled"].as_u64().expect("a number");
            // Names alone fit even the smallest share.
            assert_eq!(spilled > 0, memory != "8G" && rules != "exact", "{memory} for {rules}");
            let found = content(&place.at("out"));
            assert_eq!(found.len(), 4);
            let same = expected.get_or_insert_with(|| found.clone()) == &found;
            assert!(same, "{memory} and {threads} threads for {rules}");
            fs::remove_dir_all(place.at("out")).expect("it goes");
            fs::remove_file(place.at("stats.json")).expect("it goes");
        }
        // Nothing is left beside the inputs.
        assert_eq!(place.names(), ["in/0.jsonl", "in/1.jsonl", "in/2.jsonl"]);
    }
}

#[test]
fn a_plan_of_the_report_and_the_scan_agree() {
    use doublet::cluster::{keep_ranks, protected_first};
    use doublet::dedup::{Options, Plan, Rules, Scan};
    use doublet::source::{Input, ReadConfig, StreamOptions, read_all, stream};
    use doublet::spill::Work;
    use doublet::{Config, Doublet, Scope, Timestamp};

    let place = Place::new();
    collection(&place, 600);
    place.write("gold.jsonl", [record("g", &prose(20, 60)), record("h", &prose(31, 60))].concat());
    let inputs = || [Input::path(place.at("gold.jsonl")), Input::path(place.at("in"))];
    let rules: Rules = "exact,near,contained".parse().expect("rules");
    let config = Config { scope: Scope::Documents, ..Config::default() };
    let reading = ReadConfig::default();

    let documents = read_all(inputs(), &reading, &()).expect("it reads").documents;
    let doublet = Doublet::builder().config(config.clone()).build().expect("a configuration");
    let report = doublet.find_protecting(&documents, 2).expect("it runs");
    let tokens: Vec<u32> = report.documents.iter().map(|document| document.tokens).collect();
    let ranks = keep_ranks(&config.documents.keep, &documents, &tokens, Timestamp::parse);
    let ranks = protected_first(&ranks, 2);
    let options = Options { rules, ..Options::default() };
    let plan = Plan::new(&documents, &report, &ranks, 2, &options);

    let mut scan = Scan::new(&config.documents, rules, &Work::in_memory()).expect("it begins");
    let batches = StreamOptions { batch_bytes: 20_000, ..StreamOptions::default() };
    let mut protected = 2;
    stream(inputs(), &reading, &batches, &(), |batch| {
        let here = protected.min(batch.documents.len());
        protected -= here;
        scan.add(&batch, here)
    })
    .expect("it reads");
    let verdicts = scan.finish(false).and_then(doublet::dedup::Scanned::decide).expect("it runs");
    let brief: Vec<_> =
        verdicts.removed().iter().map(|r| (r.document, r.rule, r.score, r.kept)).collect();
    let expected: Vec<_> =
        plan.removals.iter().map(|r| (r.document, r.rule, r.score, r.kept)).collect();
    assert!(expected.len() > 200);
    assert_eq!(brief, expected);
}
