//! `doublet find --against`: what is read, what is said, and that every form has it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use doublet::report::json;
use doublet::{DocId, Report};
use tempfile::TempDir;

use super::{own, spelled};

struct Place(TempDir);

impl Place {
    /// Pages of two sites; what some of them hold of a test is in `test.jsonl`.
    fn new() -> Self {
        let place = Self(TempDir::new().expect("a temporary folder"));
        let record = |id: &str, words: &[u32]| {
            format!("{{\"id\": \"{id}\", \"text\": \"{}.\"}}\n", spelled(words))
        };
        let item = own(1, 30);
        let mut version = item.clone();
        version[12] = 7;
        let page = |id: u32, held: &[u32]| [&own(id, 60)[..], held, &own(id + 500, 40)].concat();
        let pages = [page(11, &item), page(12, &version), page(13, &[]), page(13, &[])];
        let long = [own(20, 80), own(21, 80)].concat();
        let test =
            [record("item 1", &item), record("item 2", &own(2, 30)), record("item 3", &long)];
        place.write("test.jsonl", &test.concat());
        place.write(
            "site/a.jsonl",
            &[record("a1", &pages[0]), record("a2", &pages[1]), record("a3", &long[..150])]
                .concat(),
        );
        place.write(
            "site/b.jsonl",
            &[record("b1", &pages[2]), record("b2", &pages[3]), record("b3", &long)].concat(),
        );
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn find(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doublet"));
        command.current_dir(self.0.path()).env("COLUMNS", "100").stdin(Stdio::null());
        command.arg("find").args(arguments).output().expect("the program starts")
    }

    /// Expects success, and returns what stands on standard output and on standard error.
    fn found(&self, arguments: &[&str]) -> (String, String) {
        let output = self.find(arguments);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    }

    fn report(&self, arguments: &[&str]) -> Report {
        let (text, _) = self.found(&[arguments, &["--format", "json"]].concat());
        json::read(text.as_bytes()).expect("a report")
    }
}

/// Names of the documents of all matches and passages.
fn hits(report: &Report) -> (Vec<(&str, &str)>, Vec<Vec<&str>>) {
    let name = |id: DocId| report.documents[id.index()].name.as_str();
    let matches = report.matches.iter().map(|found| (name(found.a), name(found.b)));
    let passages = report
        .passages
        .iter()
        .map(|passage| passage.members.iter().map(|member| name(member.document)).collect());
    (matches.collect(), passages.collect())
}

#[test]
fn what_of_a_reference_stands_where() {
    let place = Place::new();
    let report = place.report(&["site", "--against", "test.jsonl"]);
    super::check_sides(&report, 3);
    let (matches, passages) = hits(&report);
    let expected = [("item 1", "a1"), ("item 3", "a3"), ("item 3", "b3")];
    assert_eq!(matches, expected);
    assert_eq!(passages, [vec!["item 3", "a3", "b3"], vec!["item 1", "a1", "a2"]]);
    let shares: Vec<u64> = report.coverage.documents.iter().map(|share| share.reuse).collect();
    assert_eq!(shares, [30, 0, 160, 30, 30, 150, 0, 0, 160]);

    let (text, said) = place.found(&["site", "--against", "test.jsonl"]);
    assert_eq!(said, "");
    let expected = [
        "6 documents, 770 words, against a reference of 3 documents, 220 words",
        "3 of 6 match the reference, 2 of 3 there: 1 exact copy, 1 near-duplicate, 1 that contains one",
        "item 3 ← a3 near 0.93, b3 exact",
        "item 1 ← a1 contains 1.00",
        "2 passages of the reference stand in the corpus, 48.1% of its words",
        "1. 160 words in 2 documents",
        "2. 30 words in 2 documents",
        "item 1:1  reference  as above",
        "86.4% of the reference (190 of 220) stands in the corpus, 48.1% of the corpus",
        "of the reference      words   reused   share",
        "1 document without any",
    ];
    for part in expected {
        let unwrapped = text.replace("\n  ", " ");
        assert!(text.contains(part) || unwrapped.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("item 2") && !text.contains("b1"), "{text}");
}

#[test]
fn one_half_reads_in_batches_and_finds_the_same() {
    let place = Place::new();
    let whole = place.report(&["site", "--against", "test.jsonl"]);
    let half = place.report(&["site", "--against", "test.jsonl", "--only", "documents"]);
    assert_eq!(half.matches, whole.matches);
    assert_eq!(half.document_clusters, whole.document_clusters);
    assert_eq!(half.documents, whole.documents);
    let half = place.report(&["site", "--against", "test.jsonl", "--only", "passages"]);
    assert_eq!(half.passages, whole.passages);
}

#[test]
fn a_file_of_the_reference_is_no_part_of_the_corpus() {
    let place = Place::new();
    fs::rename(place.at("test.jsonl"), place.at("site/test.jsonl")).expect("it moves");
    let absolute = place.at("site").join("test.jsonl");
    let absolute = absolute.to_str().expect("UTF-8");
    let other = "./site/../site/test.jsonl";
    for reference in ["site/test.jsonl", absolute, other] {
        let report = place.report(&["site", "--against", reference]);
        assert_eq!(report.documents.len(), 9, "{reference}");
        assert_eq!(hits(&report).0.len(), 3);
        let (_, said) = place.found(&["site", "--against", reference]);
        let expected = "site/test.jsonl: read as the reference, no part of the corpus";
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_reference_may_be_several_inputs_and_one_without_documents_is_refused() {
    let place = Place::new();
    place.write("more/c.txt", &spelled(&own(13, 60)));
    let report = place.report(&["site", "--against", "test.jsonl", "--against", "more"]);
    super::check_sides(&report, 4);
    let names: Vec<&str> = report.groups.iter().map(|group| &*group.name).collect();
    assert_eq!(names, ["test.jsonl", "more", "site"]);
    assert!(hits(&report).0.contains(&("more/c.txt", "b2")));

    place.write("empty.jsonl", "\n");
    for only in ["documents", "passages"] {
        let output = place.find(&["site", "--against", "empty.jsonl", "--only", only]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains("empty.jsonl: found a reference without documents"), "{said}");
    }
    let output = place.find(&["site", "--against", "none.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn every_form_tells_the_reference_apart() {
    let place = Place::new();
    let against = ["site", "--against", "test.jsonl"];
    let (csv, _) = place.found(&[&against[..], &["--format", "csv"]].concat());
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let column = rows.headers().expect("headings").iter().position(|name| name == "reference");
    let column = column.expect("a column");
    let told: Vec<String> =
        rows.records().map(|row| row.expect("a row")[column].to_owned()).collect();
    assert_eq!(told, ["true", "false", "false", "true", "false", "false"]);

    let (lines, _) = place.found(&[&against[..], &["--format", "jsonl"]].concat());
    let report = doublet::report::jsonl::read(lines.as_bytes()).expect("a report");
    assert_eq!(report.reference(), Some(3));
    // A saved report is shown as the run itself shows it, but for its times.
    place.write("report.jsonl", &lines);
    let shown = Command::new(env!("CARGO_BIN_EXE_doublet"))
        .current_dir(place.0.path())
        .env("COLUMNS", "100")
        .args(["show", "report.jsonl"])
        .output()
        .expect("it starts");
    let (text, _) = place.found(&against);
    let body = |text: &str| text.split_once("\n\n").expect("a header").1.to_owned();
    assert_eq!(body(&String::from_utf8(shown.stdout).expect("UTF-8")), body(&text));

    let (page, _) = place.found(&[&against[..], &["--format", "html"]].concat());
    assert!(page.contains("What of the reference stands in the corpus"));
}

#[test]
fn a_file_of_the_reference_counts_once_however_it_is_named() {
    let place = Place::new();
    let whole = place.at("test.jsonl");
    let whole = whole.to_str().expect("UTF-8");
    let once = place.report(&["site", "--against", "test.jsonl"]);
    let named =
        ["site", "--against", "test.jsonl", "--against", "./test.jsonl", "--against", whole];
    let twice = place.report(&named);
    assert_eq!(twice.reference(), once.reference());
    assert_eq!(twice.passages.len(), once.passages.len());
}

#[test]
fn what_would_look_clean_for_want_of_text_is_refused() {
    let place = Place::new();
    place.write("blank.jsonl", "{\"id\": 1, \"text\": \"\"}\n{\"id\": 2, \"text\": \" - \"}\n");
    for (arguments, says) in [
        (["test.jsonl", "--against", "test.jsonl"], "a corpus without documents"),
        (["site", "--against", "blank.jsonl"], "a reference without a word"),
    ] {
        for only in [&[][..], &["--only", "documents"]] {
            let output = place.find(&[&arguments, only].concat());
            let said = String::from_utf8(output.stderr).expect("UTF-8");
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains(says), "{said}");
        }
    }
}
