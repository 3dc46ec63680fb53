//! What people and programs get from a report: text, JSON, JSON lines, tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use doublet::report::csv::Table;
use doublet::report::model::{OperationKind, SCHEMA_VERSION};
use doublet::report::terminal::{self, ComparedTexts, TextOptions};
use doublet::report::{csv, json, jsonl};
use doublet::{ErrorKind, Report};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::fixture::{Fixture, newsroom, seeds};

fn golden_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with a golden file; `DOUBLET_UPDATE_GOLDEN=1` writes it.
fn golden(name: &str, text: &str) {
    let path = golden_path(name);
    if std::env::var_os("DOUBLET_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("the golden file can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{name} differs; look at it, then run with DOUBLET_UPDATE_GOLDEN=1 to accept\n{text}"
    );
}

fn text(report: &Report, width: usize, all: bool) -> String {
    terminal::to_string(report, &TextOptions { width, all, ..TextOptions::default() })
}

fn comparison(fixture: &Fixture, a: usize, b: usize, options: &TextOptions) -> String {
    let report = two_documents(&fixture.report, a, b);
    let texts = ComparedTexts { a: &fixture.documents[a].text, b: &fixture.documents[b].text };
    let mut out = Vec::new();
    terminal::write_comparison(&report, texts, options, &mut out).expect("memory takes writes");
    String::from_utf8(out).expect("a comparison is text")
}

/// The report of two documents alone, as `compare` makes it.
fn two_documents(report: &Report, a: usize, b: usize) -> Report {
    let mut out = report.clone();
    let ids = [a as u32, b as u32];
    out.documents = vec![report.documents[a].clone(), report.documents[b].clone()];
    out.coverage.documents = vec![report.coverage.documents[a], report.coverage.documents[b]];
    out.matches.clear();
    out.document_clusters.clear();
    for passage in &mut out.passages {
        passage.members.retain(|member| ids.contains(&member.document.0));
        for member in &mut passage.members {
            member.document.0 = u32::from(member.document.0 == ids[1]);
        }
        passage.canonical = 0;
    }
    out.passages.retain(|passage| passage.members.len() > 1);
    out
}

#[test]
fn text_of_the_sample_documents() {
    let report = seeds().report;
    for width in [50, 80, 100, 140] {
        golden(&format!("seeds-{width}.txt"), &text(&report, width, false));
    }
    golden("seeds-all-100.txt", &text(&report, 100, true));
    let mut out = Vec::new();
    json::write_pretty(&report, &mut out).expect("memory takes writes");
    golden("seeds.json", &String::from_utf8(out).expect("JSON is text"));
}

#[test]
fn text_of_a_newsroom() {
    let report = newsroom().report;
    for width in [50, 80, 100, 140] {
        golden(&format!("newsroom-{width}.txt"), &text(&report, width, false));
    }
    golden("newsroom-all-100.txt", &text(&report, 100, true));
    let colored = TextOptions { color: true, ..TextOptions::default() };
    golden("newsroom-color.txt", &terminal::to_string(&report, &colored));
}

#[test]
fn text_of_a_comparison() {
    let samples = seeds();
    for width in [50, 80, 120] {
        let options = TextOptions { width, ..TextOptions::default() };
        golden(&format!("compare-{width}.txt"), &comparison(&samples, 1, 3, &options));
    }
    let all = TextOptions { all: true, ..TextOptions::default() };
    golden("compare-all-100.txt", &comparison(&samples, 1, 3, &all));
    golden("compare-newsroom.txt", &comparison(&newsroom(), 0, 5, &TextOptions::default()));
}

#[test]
fn a_summary_fits_its_screen() {
    for report in [seeds().report, newsroom().report] {
        for width in [80, 90, 100] {
            let lines = text(&report, width, false).lines().count();
            assert!(lines <= 40, "{lines} lines at {width} columns");
        }
        for width in [40, 50, 60, 72, 80, 100, 140] {
            for line in text(&report, width, false).lines() {
                assert!(line.width() <= width, "wider than {width}: {line}");
            }
        }
    }
}

#[test]
fn top_counts_what_it_leaves_out() {
    let report = newsroom().report;
    let options = TextOptions { top: Some(1), ..TextOptions::default() };
    let shown = terminal::to_string(&report, &options);
    assert!(shown.contains(" 1. 59 words") && !shown.contains(" 2. "));
    assert!(shown.contains("… 3 more passages (--all)"));
    assert!(shown.contains("… 1 more cluster (--all)"));
    assert!(shown.contains("… 5 more groups (--all)"));
    let all = text(&report, 140, true);
    assert!(all.contains(" 5. boilerplate, 24 words") && all.contains("distinctiveness 0.12"));
    assert!(all.contains("1,204 links with too few equal words"));
}

#[test]
fn halves_that_did_not_run_are_not_shown() {
    let mut report = newsroom().report;
    report.run.parameters.scope = "documents".to_owned();
    let shown = text(&report, 100, false);
    assert!(shown.contains("DOCUMENTS") && !shown.contains("PASSAGES"));
    assert!(!shown.contains("COVERAGE") && !shown.contains("sensitivity"));
    report.run.parameters.scope = "passages".to_owned();
    let shown = text(&report, 100, false);
    assert!(!shown.contains("DOCUMENTS") && shown.contains("PASSAGES"));
}

#[test]
fn colour_only_repeats_the_marks() {
    for report in [seeds().report, newsroom().report] {
        for all in [false, true] {
            let colored = TextOptions { color: true, all, ..TextOptions::default() };
            let colored = terminal::to_string(&report, &colored);
            assert!(colored.contains("\u{1b}["));
            let stripped = anstream::adapter::strip_str(&colored).to_string();
            assert_eq!(stripped, text(&report, 100, all));
        }
    }
}

#[test]
fn hostile_text_cannot_drive_the_terminal() {
    let fixture = newsroom();
    let options = TextOptions { all: true, ..TextOptions::default() };
    let compared = comparison(&fixture, 18, 19, &options);
    for shown in [text(&fixture.report, 100, false), text(&fixture.report, 60, true), compared] {
        assert!(shown.contains('␛'), "the escape character is made visible\n{shown}");
        for line in shown.lines() {
            let mut open = 0;
            for c in line.chars() {
                assert!(!c.is_control(), "{c:?} in {line:?}");
                assert!(!('\u{202a}'..='\u{202e}').contains(&c), "{c:?} in {line:?}");
                // Isolates are ours: balanced and never nested.
                open += i32::from(c == '\u{2068}') - i32::from(c == '\u{2069}');
                assert!((0..=1).contains(&open), "{line:?}");
            }
            assert_eq!(open, 0, "{line:?}");
        }
    }
}

#[test]
fn a_report_that_contradicts_itself_is_still_shown() {
    let mut report = newsroom().report;
    report.documents.clear();
    report.groups.truncate(1);
    report.coverage.between.clear();
    for passage in &mut report.passages {
        passage.canonical = 99;
        passage.text = "é".to_owned();
        for member in &mut passage.members {
            for step in &mut member.operations {
                step.canonical_span.start = 1;
                step.canonical_span.end = u32::MAX;
            }
        }
    }
    let _ = text(&report, 100, true);
    let _ = text(&report, 100, false);
    let mut out = Vec::new();
    let texts = ComparedTexts { a: "é", b: "" };
    let options = TextOptions { all: true, ..TextOptions::default() };
    terminal::write_comparison(&report, texts, &options, &mut out).expect("memory takes writes");
    for table in Table::ALL {
        csv::write(&report, table, Vec::new()).expect("memory takes writes");
    }
}

fn written(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    json::write(report, &mut out).expect("memory takes writes");
    out
}

#[test]
fn json_reads_back_what_was_written() {
    for report in [seeds().report, newsroom().report] {
        let compact = written(&report);
        assert_eq!(compact.iter().filter(|byte| **byte == b'\n').count(), 1);
        let mut pretty = Vec::new();
        json::write_pretty(&report, &mut pretty).expect("memory takes writes");
        assert_eq!(json::read(&compact[..]).expect("it reads"), report);
        assert_eq!(json::read(&pretty[..]).expect("it reads"), report);
        // One item a line.
        let pretty = String::from_utf8(pretty).expect("JSON is text");
        let items = pretty.lines().filter_map(|line| line.strip_prefix("    {"));
        let whole = |item: &str| {
            let item = format!("{{{}", item.trim_end_matches(','));
            serde_json::from_str::<Value>(&item).is_ok()
        };
        assert!(items.clone().all(whole));
        assert!(items.count() >= report.documents.len() + report.passages.len());
    }
}

#[test]
fn json_that_is_no_report_is_refused_with_help() {
    let refused = |text: &[u8], part: &str| {
        let error = json::read(text).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.to_string().contains(part), "{error} lacks {part}");
    };
    refused(b"", "no JSON");
    refused(b"{\"schema_version\": 1", "no JSON");
    refused(b"\"text\"", "no report of doublet");
    refused(b"{\"a\": 1}", "no report of doublet");
    refused(b"{\"schema_version\": 2}", "a newer doublet wrote it");
    refused(b"{\"schema_version\": 0}", "an older doublet wrote it");
    refused(b"{\"schema_version\": 1}", "missing field");
    let mut report = seeds().report;
    report.passages[0].members[0].document.0 = 77;
    refused(&written(&report), "document 77 in passages[0]; expected one of the report's 5");
    let mut report = seeds().report;
    report.passages[1].canonical = 2;
    refused(&written(&report), "member 2 in passages[1]");
    let mut report = seeds().report;
    report.passages[1].members[1].span.end = 0;
    refused(&written(&report), "ends before it starts in passages[1]");
    let mut report = newsroom().report;
    report.documents[3].group = 50;
    refused(&written(&report), "group 50 in documents[3]");
}

/// Tables of the specification: type → field → type of the field.
fn specification() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut types: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut current = String::new();
    for line in include_str!("../src/report/json.rs").lines() {
        let Some(line) = line.strip_prefix("//! ") else { continue };
        if let Some(name) = line.strip_prefix("## ") {
            current = name.replace('`', "");
        } else if let Some(row) = line.strip_prefix("| `") {
            let cells: Vec<&str> = row.split(" | ").collect();
            let [field, kind, meaning] = cells[..] else { panic!("three columns in {line}") };
            assert!(meaning.len() > 5, "{line} says what the field means");
            let field = field.trim_end_matches('`').to_owned();
            let old =
                types.entry(current.clone()).or_default().insert(field, kind.replace('`', ""));
            assert!(old.is_none(), "{line} stands once");
        }
    }
    types
}

#[test]
fn the_specification_says_what_is_written() {
    struct Checker {
        types: BTreeMap<String, BTreeMap<String, String>>,
        seen: BTreeSet<(String, String)>,
        choices: BTreeMap<String, BTreeSet<String>>,
    }
    impl Checker {
        fn check(&mut self, value: &Value, kind: &str, place: &str) {
            if let Some(kind) = kind.strip_suffix(" or null") {
                if !value.is_null() {
                    self.check(value, kind, place);
                }
            } else if let Some(kind) = kind.strip_prefix("array of ") {
                let items = value.as_array().unwrap_or_else(|| panic!("{place} is an array"));
                for item in items {
                    self.check(item, kind, &format!("{place}[]"));
                }
            } else if kind == "map of any" {
                assert!(value.is_object(), "{place} is an object");
            } else if let Some(choices) = kind.strip_prefix("one of ") {
                let text = value.as_str().unwrap_or_else(|| panic!("{place} is a string"));
                let known: Vec<&str> = choices.split(", ").map(|c| c.trim_matches('"')).collect();
                assert!(known.contains(&text), "{place} is {text:?}, not {kind}");
                self.choices.entry(kind.to_owned()).or_default().insert(text.to_owned());
            } else if matches!(kind, "integer" | "id") {
                assert!(value.is_u64(), "{place} is a whole number, not {value}");
            } else if kind == "number" {
                assert!(value.is_number(), "{place} is a number, not {value}");
            } else if kind == "boolean" {
                assert!(value.is_boolean(), "{place} is true or false, not {value}");
            } else if kind == "string" {
                assert!(value.is_string(), "{place} is a string, not {value}");
            } else {
                self.check_object(value, kind, place);
            }
        }

        fn check_object(&mut self, value: &Value, kind: &str, place: &str) {
            let fields = self.types.get(kind).unwrap_or_else(|| panic!("no table {kind}")).clone();
            let object = value.as_object().unwrap_or_else(|| panic!("{place} is an object"));
            for name in object.keys() {
                assert!(fields.contains_key(name), "{place}.{name} is not in the table {kind}");
            }
            for (name, field_kind) in &fields {
                let optional = field_kind.strip_prefix("optional ");
                match (object.get(name), optional) {
                    (Some(value), _) => {
                        self.seen.insert((kind.to_owned(), name.clone()));
                        let field_kind = optional.unwrap_or(field_kind);
                        self.check(value, field_kind, &format!("{place}.{name}"));
                    }
                    (None, Some(_)) => {}
                    (None, None) => panic!("{place} lacks {name} of the table {kind}"),
                }
            }
        }
    }
    let types = specification();
    assert!(types.len() > 15, "the tables were found");
    let mut checker = Checker { types, seen: BTreeSet::new(), choices: BTreeMap::new() };
    for report in [seeds().report, newsroom().report] {
        let value: Value = serde_json::from_slice(&written(&report)).expect("it is JSON");
        checker.check(&value, "Report", "report");
    }
    for (kind, fields) in &checker.types {
        for field in fields.keys() {
            let seen = checker.seen.contains(&(kind.clone(), field.clone()));
            assert!(seen, "{kind}.{field} is specified and never written");
        }
    }
    // The fixtures hold every kind of match, passage, operation and change.
    for kind in [
        r#"one of "exact", "near", "contained""#,
        r#"one of "reuse", "boilerplate""#,
        r#"one of "equal", "replace", "insert", "delete""#,
        r#"one of "contraction", "form", "wording""#,
    ] {
        let written = checker.choices.get(kind).map_or(0, BTreeSet::len);
        assert_eq!(written, kind.matches(", ").count() + 1, "{kind}");
    }
    let version = format!("Version of this format: {SCHEMA_VERSION}.");
    assert!(include_str!("../src/report/json.rs").contains(&version));
}

#[test]
fn json_lines_agree_with_json() {
    for report in [seeds().report, newsroom().report] {
        let mut out = Vec::new();
        jsonl::write(&report, &mut out).expect("memory takes writes");
        assert_eq!(jsonl::read(&out[..]).expect("it reads"), report);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let value: Value = serde_json::from_slice(line).expect("every line is JSON");
            let kind = value["type"].as_str().expect("every line has a type").to_owned();
            let id = counts.entry(kind).or_default();
            if let Some(written) = value["id"].as_u64().filter(|_| value["type"] != "coverage") {
                assert_eq!(written, *id as u64);
            }
            *id += 1;
        }
        assert_eq!(counts["run"], 1);
        assert_eq!(counts["document"], report.documents.len());
        assert_eq!(counts["passage"], report.passages.len());
        assert_eq!(counts.get("match").copied().unwrap_or(0), report.matches.len());
        assert_eq!(counts.get("skipped").copied().unwrap_or(0), report.skipped.len());
        assert_eq!(counts["coverage"], 1 + report.groups.len() + report.documents.len());
    }
}

#[test]
fn json_lines_that_are_no_report_are_refused_with_their_line() {
    let refused = |text: &str, line: Option<u64>, part: &str| {
        let error = jsonl::read(text.as_bytes()).expect_err("it is refused");
        assert_eq!((error.kind(), error.line_number()), (ErrorKind::Format, line), "{error}");
        assert!(error.to_string().contains(part), "{error} lacks {part}");
    };
    refused("", None, "no line of type \"run\"");
    refused("{\"type\":\"future\"}\n{\"type\":", Some(2), "no JSON");
    refused("{\"type\":\"run\",\"schema_version\":7}", Some(1), "newer doublet");
    refused("{\"type\":\"group\",\"name\":3}", Some(1), "breaks the format");
    let between = "{\"type\":\"between\",\"group\":9,\"other\":0,\"tokens\":1}";
    refused(between, Some(1), "group 9");
}

/// Rows of a table by heading.
fn table(report: &Report, table: Table) -> Vec<BTreeMap<String, String>> {
    let mut out = Vec::new();
    csv::write(report, table, &mut out).expect("memory takes writes");
    let mut reader = ::csv::Reader::from_reader(&out[..]);
    reader.deserialize().map(|row| row.expect("a row as wide as the headings")).collect()
}

#[test]
fn tables_agree_with_the_report() {
    for fixture in [seeds(), newsroom()] {
        let report = &fixture.report;
        let rows = table(report, Table::Passages);
        let members = report.passages.iter().enumerate().flat_map(|(number, passage)| {
            passage.members.iter().enumerate().map(move |(i, member)| (number, passage, i, member))
        });
        let members: Vec<_> = members.collect();
        assert_eq!(rows.len(), members.len());
        for (row, (number, passage, i, member)) in rows.iter().zip(members) {
            assert_eq!(row["passage"], number.to_string());
            assert_eq!(row["name"], report.documents[member.document.index()].name);
            assert_eq!(row["identity"].parse::<f64>().expect("a number"), member.identity);
            let canonical = i == passage.canonical as usize;
            assert_eq!(row["canonical"], canonical.to_string());
            let (start, end): (usize, usize) =
                (row["start"].parse().expect("a number"), row["end"].parse().expect("a number"));
            let words = &fixture.documents[member.document.index()].text[start..end];
            if canonical {
                assert_eq!((row["text"].as_str(), row["changes"].as_str()), (words, ""));
            }
            let changed = member.operations.iter().any(|step| step.kind != OperationKind::Equal);
            assert_eq!(changed, !row["changes"].is_empty());
        }

        let rows = table(report, Table::Documents);
        assert_eq!(rows.len(), report.documents.len());
        let kept = rows.iter().filter(|row| row["keep"] == "true").count();
        let others: usize = report.document_clusters.iter().map(|c| c.members.len()).sum();
        assert_eq!(kept + others, report.documents.len());
        for (row, entry) in rows.iter().zip(&report.documents) {
            assert_eq!((&row["name"], &row["content_hash"]), (&entry.name, &entry.content_hash));
            if !row["metadata"].is_empty() {
                let metadata: Value = serde_json::from_str(&row["metadata"]).expect("JSON");
                let expected = serde_json::to_value(&entry.metadata).expect("JSON");
                assert_eq!(metadata, expected);
            }
        }

        let clusters = table(report, Table::Clusters);
        assert_eq!(clusters.len(), others + report.document_clusters.len());
        assert_eq!(table(report, Table::Matches).len(), report.matches.len());
        let coverage = table(report, Table::Coverage);
        assert_eq!(coverage.len(), 1 + report.groups.len());
        assert_eq!(coverage[0]["reuse"], report.coverage.total.reuse.to_string());
        let between: u64 = table(report, Table::Between)
            .iter()
            .map(|row| row["tokens"].parse::<u64>().expect("a number"))
            .sum();
        assert_eq!(between, report.coverage.between.iter().flatten().sum::<u64>());
        let skipped = table(report, Table::Skipped);
        assert_eq!(skipped.len(), report.skipped.len());
        for (row, input) in skipped.iter().zip(&report.skipped) {
            assert_eq!((&row["path"], &row["message"]), (&input.path, &input.message));
        }
        let run = table(report, Table::Run);
        let value =
            |name: &str| run.iter().find(|row| row["name"] == name).map(|row| row["value"].clone());
        assert_eq!(value("threshold"), Some("0.8".to_owned()));
        assert_eq!(value("tokens"), Some(report.run.tokens.to_string()));
        let hidden = report.suppressed.weak_links.to_string();
        assert_eq!(value("suppressed.weak_links"), Some(hidden));
    }
}
