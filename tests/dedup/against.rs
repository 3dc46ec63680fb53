//! `dedup --against`: what stands in a reference goes, and nothing for standing twice.

use std::fs;

use serde_json::Value;

use super::budget::{agree, collection, content, same_bytes};
use super::{Place, changed, prose, record, text_of};

/// Words from the middle of a text.
fn part(seed: u32, from: usize, words: usize) -> String {
    prose(seed, 120).split(' ').skip(from).take(words).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_stands_in_the_reference_goes_and_nothing_else() {
    let place = Place::new();
    let item = prose(1, 120);
    let page = format!("{} {} {}", prose(2, 50), part(1, 40, 30), prose(3, 50));
    let lines = [
        record("copy", &item.to_uppercase()),
        record("twice", &prose(4, 90)),
        record("twice again", &prose(4, 90)),
        record("near", &changed(&item, 100)),
        record("part", &part(1, 10, 60)),
        record("page", &page),
        record("page again", &page),
        record("holds it", &format!("{} {item} {}", prose(5, 300), prose(6, 300))),
    ];
    place.write("in/x.jsonl", lines.concat());
    let test = record("item", &item);
    place.write("test.jsonl", &test);
    let all = "exact,near,contained,passages";
    place.dedup(&["in", "--output", "out", "--against", "test.jsonl", "--remove", all], 0);
    assert_eq!(place.read("test.jsonl"), test);

    let removed = place.removed("out");
    let mut told: Vec<_> =
        removed.iter().map(|line| (line["name"].as_str(), line["rule"].as_str())).collect();
    // What a page holds of two passages is cut in pieces.
    told.dedup();
    let expected = [
        ("copy", "exact"),
        ("near", "near"),
        ("part", "contained"),
        ("page", "passage"),
        ("page again", "passage"),
        ("holds it", "passage"),
    ];
    assert_eq!(told, expected.map(|(name, rule)| (Some(name), Some(rule))));
    for line in &removed {
        assert_eq!(
            (&line["kept"]["name"], &line["kept"]["path"]),
            (&"item".into(), &"test.jsonl".into())
        );
    }
    let span = |value: &Value| -> (usize, usize) {
        let at = |i: usize| value[i].as_u64().expect("an offset") as usize;
        (at(0), at(1))
    };
    for line in &removed[3..] {
        let (start, end) = span(&line["kept"]["span"]);
        let (from, to) = span(&line["spans"][0]);
        let here = lines.iter().find(|record| {
            record.contains(&format!("\"{}\"", line["name"].as_str().expect("a name")))
        });
        let cut = &text_of(here.expect("a record"))[from..to];
        assert!(item[start..end].contains(cut.trim_end_matches('.')), "{line}");
    }
    let out = place.lines("out/x.jsonl");
    assert_eq!(out.len(), 5);
    assert_eq!(out[..2], lines[1..3]);
    for from in [5, 50, 100] {
        assert!(out[2..].iter().all(|line| !line.contains(&part(1, from, 10))));
    }
    let said = place.dedup(&["in", "--dry-run", "--against", "test.jsonl", "--remove", all], 0);
    let row = |name: &str| {
        said.lines()
            .find(|line| line.starts_with(name))
            .map(|line| line.split_whitespace().nth_back(1).map(str::to_owned))
    };
    assert_eq!(row("against a reference of"), Some(Some("1".to_owned())), "{said}");
    assert_eq!(row("read"), Some(Some("8".to_owned())), "{said}");
    assert_eq!(row("would be kept"), Some(Some("5".to_owned())), "{said}");
}

#[test]
fn a_rule_that_was_not_asked_for_takes_nothing() {
    let place = Place::new();
    let item = prose(1, 120);
    let lines = [
        record("copy", &item),
        record("near", &changed(&item, 100)),
        record("part", &part(1, 10, 60)),
    ];
    place.write("x.jsonl", lines.concat());
    place.write("test.jsonl", record("item", &item));
    for (rules, expected) in [("exact", "copy"), ("near", "near"), ("contained", "near part")] {
        let output = ["--output", "out", "--force", "--against", "test.jsonl", "--remove", rules];
        place.dedup(&[&["x.jsonl"], &output[..]].concat(), 0);
        let removed = place.removed("out");
        let names: Vec<_> =
            removed.iter().map(|line| line["name"].as_str().expect("a name")).collect();
        // What is near is contained as well.
        assert_eq!(names.join(" "), expected, "{rules}");
    }
}

#[test]
fn a_reference_among_the_inputs_is_neither_cleaned_nor_written() {
    let place = Place::new();
    place.write("in/x.jsonl", [record("1", &prose(1, 50)), record("2", &prose(2, 50))].concat());
    place.write("in/test.jsonl", [record("t", &prose(1, 50)), record("u", &prose(1, 50))].concat());
    let absolute = place.at("in/test.jsonl");
    for reference in ["in/test.jsonl", absolute.to_str().expect("UTF-8")] {
        let said = place.dedup(&["in", "--output", "out", "--force", "--against", reference], 0);
        assert!(
            said.contains("in/test.jsonl: read as the reference, no part of the corpus"),
            "{said}"
        );
        assert_eq!(place.read("out/x.jsonl"), record("2", &prose(2, 50)));
        assert!(!place.at("out/test.jsonl").exists());
    }
}

#[test]
fn protected_documents_stay_and_stand_for_nothing() {
    let place = Place::new();
    let lines = [1, 2].map(|seed| record(&format!("x{seed}"), &prose(seed, 50)));
    place.write("in/x.jsonl", lines.concat());
    let gold = [record("g1", &prose(1, 50)), record("g3", &prose(3, 50))].concat();
    place.write("in/gold.jsonl", &gold);
    place.write("in/y.jsonl", record("y3", &prose(3, 50)));
    place.write("test.jsonl", record("t", &prose(1, 50)));
    let besides = ["--against", "test.jsonl", "--protect", "in/gold.jsonl"];
    for rules in ["exact", "exact,near,contained,passages"] {
        let run = ["in", "--output", "out", "--force", "--remove", rules];
        place.dedup(&[&run[..], &besides].concat(), 0);
        assert_eq!(place.read("out/gold.jsonl"), gold);
        assert_eq!(place.read("out/x.jsonl"), lines[1]);
        assert_eq!(place.read("out/y.jsonl"), place.read("in/y.jsonl"));
        let removed = place.removed("out");
        assert_eq!(removed.len(), 1);
        assert_eq!((&removed[0]["name"], &removed[0]["kept"]["name"]), (&"x1".into(), &"t".into()));
    }
}

#[test]
fn annotations_name_the_best_of_the_reference() {
    let place = Place::new();
    let item = prose(1, 120);
    let page = format!("{} {item} {}", prose(2, 300), prose(3, 300));
    let lines = [
        record("near", &changed(&item, 100)),
        record("page", &page),
        record("own", &prose(4, 90)),
        record("own", &prose(4, 90)),
    ];
    place.write("x.jsonl", lines.concat());
    place.write(
        "test.jsonl",
        [record("other", &changed(&item, 90)), record("item", &item)].concat(),
    );
    place.dedup(&["x.jsonl", "--output", "out", "--annotate", "--against", "test.jsonl"], 0);
    let out = place.lines("out/x.jsonl");
    assert_eq!(out[2..], lines[2..]);
    let found = |index: usize| -> Value {
        serde_json::from_str::<Value>(&out[index]).expect("a record")["doublet"].clone()
    };
    assert_eq!(
        (&found(0)["representative"]["name"], &found(0)["rule"]),
        (&"item".into(), &"near".into())
    );
    assert_eq!(
        (&found(1)["representative"]["name"], &found(1)["rule"]),
        (&"item".into(), &"contains".into())
    );
    assert_eq!(found(1)["score"], 1.0);
    assert_eq!(found(1)["passages"].as_array().expect("passages").len(), 1);
    let passage = &found(1)["passages"][0];
    assert_eq!(passage["canonical"], false);
    assert!(["other", "item"].contains(&passage["of"]["name"].as_str().expect("a name")));
}

#[test]
fn what_leaked_often_is_no_formula() {
    let place = Place::new();
    let page = |own: u32, held: &str| format!("{} {held} {}", prose(own, 30), prose(own + 500, 30));
    let mut lines: Vec<String> =
        (100..115).map(|own| record("whole", &page(own, &prose(1, 120)))).collect();
    // Less than half of the item: no version of what the others hold.
    lines.push(record("part", &page(99, &part(1, 30, 50))));
    place.write("in/x.jsonl", lines.concat());
    place.write("test.jsonl", record("item", &prose(1, 120)));
    place.dedup(&["in", "-o", "out", "--against", "test.jsonl", "--remove", "passages"], 0);
    let removed = place.removed("out");
    assert!(removed.iter().any(|line| line["name"] == "part"), "{removed:?}");
    assert!(!place.read("out/x.jsonl").contains(&part(1, 30, 50)));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    place.write("in/x.jsonl", record("1", &prose(1, 50)));
    place.write("empty.jsonl", "");
    place.write("test/t.jsonl", record("t", &prose(1, 50)));
    for (arguments, says) in [
        (
            &["in", "--output", "out", "--against", "empty.jsonl"][..],
            "a reference without documents",
        ),
        (&["in", "--output", "out", "--against", "-"], "(standard input) to compare with"),
        (&["in", "--output", "test/out", "--against", "test"], "in each other"),
        (
            &["in", "--output", "out", "--against", "test", "--temp-dir", "test"],
            "work files inside",
        ),
    ] {
        let said = place.dedup(arguments, 2);
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!place.at("out").exists());
    }
}

#[test]
fn any_budget_and_number_of_threads_give_the_same_bytes() {
    let place = Place::new();
    collection(&place, 1500);
    fs::rename(place.at("in/2.jsonl"), place.at("test.jsonl")).expect("it moves");
    for does in ["exact", "exact,near,contained", "passages", "near,passages"] {
        same_bytes(&place, &["--against", "test.jsonl", "--remove", does]);
    }
    same_bytes(&place, &["--against", "test.jsonl", "--annotate"]);
    assert_eq!(place.names(), ["in/0.jsonl", "in/1.jsonl", "test.jsonl"]);
}

#[test]
fn a_plan_of_the_report_and_the_scan_agree() {
    for rules in ["exact,near,contained", "passages", "exact,passages", "near,contained,passages"] {
        let options = super::budget::options(rules);
        agree(&options, Some(200), 40);
    }
}

#[test]
fn a_plan_counts_the_reference() {
    let place = Place::new();
    collection(&place, 300);
    place.write("test.jsonl", place.read("in/0.jsonl"));
    let estimate = |arguments: &[&str]| -> Value {
        let output = place.run(&[&["plan", "--json"], arguments].concat());
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let (alone, against) = (estimate(&["in"]), estimate(&["in", "--against", "test.jsonl"]));
    assert_eq!((&alone["documents"], &against["documents"]), (&300.into(), &400.into()));
    assert_eq!(alone["output"], against["output"]);
    let within = estimate(&["in", "--against", "in/0.jsonl"]);
    assert_eq!(within["documents"], 300);
    assert!(within["output"].as_u64() < alone["output"].as_u64());
}

#[test]
fn content_is_not_touched_where_nothing_matches() {
    let place = Place::new();
    collection(&place, 200);
    place.write("test.jsonl", record("t", &prose(88_888, 80)));
    let rules = "exact,near,contained,passages";
    place.dedup(&["in", "--output", "out", "--against", "test.jsonl", "--remove", rules], 0);
    let mut out = content(&place.at("out"));
    out.retain(|(name, _)| name != "removed.jsonl");
    assert!(out == content(&place.at("in")));
    assert_eq!(place.removed("out").len(), 0);
}
