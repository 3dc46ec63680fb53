//! Random collections: what is kept and what is removed are the input, and all evidence holds.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use doublet::text::normalized;
use proptest::prelude::*;
use serde_json::Value;

use super::{Place, changed, naive, prose, record, text_of};

/// What a random collection is made of: seeds of texts, and what is done to each.
#[derive(Clone, Debug)]
enum Piece {
    Fresh(u32),
    Copy(u32),
    Near(u32, usize),
    Part(u32),
    Quote(u32, u32),
    Bad,
    Blank,
}

impl Piece {
    fn line(&self, number: usize) -> String {
        let id = format!("d{number}");
        match *self {
            Self::Fresh(seed) => record(&id, &prose(seed, 90)),
            Self::Copy(seed) => record(&id, &prose(seed, 90).to_uppercase().replace(' ', "  ")),
            Self::Near(seed, every) => record(&id, &changed(&prose(seed, 90), every)),
            Self::Part(seed) => record(&id, &prose(seed, 45)),
            Self::Quote(seed, of) => {
                let quoted = prose(of, 90).chars().skip(90).take(250).collect::<String>();
                record(
                    &id,
                    &format!("{} {quoted} {}", prose(seed + 500, 40), prose(seed + 700, 30)),
                )
            }
            Self::Bad => format!("{{\"text\": {number}}}\n"),
            Self::Blank => "\n".to_owned(),
        }
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        4 => (0_u32..8).prop_map(Piece::Fresh),
        2 => (0_u32..8).prop_map(Piece::Copy),
        3 => (0_u32..8, 30_usize..80).prop_map(|(seed, every)| Piece::Near(seed, every)),
        2 => (0_u32..8).prop_map(Piece::Part),
        3 => (0_u32..100, 0_u32..8).prop_map(|(seed, of)| Piece::Quote(seed, of)),
        1 => Just(Piece::Bad),
        1 => Just(Piece::Blank),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn kept_and_removed_are_the_input_and_all_evidence_holds(
        files in prop::collection::vec(prop::collection::vec(piece(), 0..14), 1..4),
        protected in prop::collection::vec(piece(), 0..4),
        reference in prop::option::of(prop::collection::vec(piece(), 0..6)),
        rules in prop::sample::select(vec![
            "exact", "exact,near", "contained", "exact,near,contained",
            "passages", "exact,near,contained,passages",
        ]),
        keep in prop::sample::select(vec!["longest", "first", "source-order"]),
        bounds in prop::sample::select(vec!["word", "sentence"]),
    ) {
        let place = Place::new();
        let mut input: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (number, pieces) in files.iter().enumerate() {
            let lines: Vec<String> =
                pieces.iter().enumerate().map(|(i, piece)| piece.line(100 * number + i)).collect();
            let name = format!("{number}.jsonl");
            place.write(&format!("in/{name}"), lines.concat());
            input.insert(format!("in/{name}"), lines);
        }
        let gold: Vec<String> =
            protected.iter().enumerate().map(|(i, piece)| piece.line(900 + i)).collect();
        place.write("gold.jsonl", gold.concat());
        input.insert("gold.jsonl".to_owned(), gold);
        // Always with a document: without any the run is refused.
        let reference = reference.map(|pieces| {
            let pieces = pieces.iter().chain(&[Piece::Fresh(7)]).enumerate();
            pieces.map(|(i, piece)| piece.line(800 + i)).collect::<Vec<String>>()
        });
        let mut arguments = vec!["in", "--output", "out", "--remove", rules, "--keep", keep];
        let against = reference.clone();
        if let Some(lines) = reference {
            place.write("test.jsonl", lines.concat());
            input.insert("test.jsonl".to_owned(), lines);
            arguments.extend(["--against", "test.jsonl"]);
        }
        arguments.extend(["--protect", "gold.jsonl", "--quiet"]);
        if rules.contains("passages") {
            arguments.extend(["--cut", bounds]);
        }
        let output = place.run(&[&["dedup"], &arguments[..]].concat());
        prop_assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}", output);

        let at = |value: &Value| {
            let path = value["path"].as_str().expect("a path").to_owned();
            (path, value["line"].as_u64().expect("a line") as usize)
        };
        let line_at = |place: &(String, usize)| input[&place.0][place.1 - 1].clone();
        let removed = place.removed("out");
        let is_cut = |line: &&Value| line["rule"] == "passage";
        let gone: BTreeSet<_> = removed.iter().filter(|line| !is_cut(line)).map(at).collect();
        prop_assert_eq!(gone.len(), removed.iter().filter(|line| !is_cut(line)).count());
        let is_besides = |path: &str| path == "gold.jsonl" || path == "test.jsonl";
        prop_assert!(gone.iter().all(|(path, _)| !is_besides(path)));

        // The spans that were cut from each record, with what stood there.
        let mut cuts: BTreeMap<(String, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for line in &removed {
            let (lost, kept) = (at(line), at(&line["kept"]));
            prop_assert!(!gone.contains(&kept), "what stands for it went: {}", line);
            prop_assert!(!is_besides(&lost.0));
            // Only the reference stands for anything, where there is one.
            prop_assert!(against.is_none() || kept.0 == "test.jsonl", "{}", line);
            let (text, other) = (text_of(&line_at(&lost)), text_of(&line_at(&kept)));
            let score = line["score"].as_f64().expect("a score");
            let rule = line["rule"].as_str().expect("a rule");
            let (similarity, share) = naive(&text, &other);
            match rule {
                "exact" => prop_assert_eq!(normalized(&text), normalized(&other)),
                "near" => {
                    prop_assert!(similarity >= 0.8, "{} for {}", similarity, line);
                    prop_assert!((similarity - score).abs() < 1e-9);
                }
                "contained" => {
                    prop_assert!(share >= 0.9, "{} for {}", share, line);
                    prop_assert!((share - score).abs() < 1e-9);
                }
                _ => prop_assert!(rule == "passage" || rule == "short"),
            }
            prop_assert!(rule == "short" || rules.contains(rule), "{} by {}", rule, rules);
            for span in line["spans"].as_array().expect("spans") {
                let ends = |at: usize| span[at].as_u64().expect("an offset") as usize;
                prop_assert!(text.get(ends(0)..ends(1)).is_some(), "a character is split");
                if rule == "passage" {
                    prop_assert_eq!(&text[ends(0)..ends(1)], line["text"].as_str().expect("text"));
                    cuts.entry(lost.clone()).or_default().push((ends(0), ends(1)));
                }
            }
            if rule != "passage" {
                prop_assert_eq!(line["text"].as_str(), Some(&*text));
                continue;
            }
            // The kept place is whole in the output, and shares words with what was cut.
            let span = &line["kept"]["span"];
            let ends = |at: usize| span[at].as_u64().expect("an offset") as usize;
            let held: HashSet<String> = normalized(&other[ends(0)..ends(1)]).into_iter().collect();
            let lost_words = normalized(line["text"].as_str().expect("text"));
            let shared = lost_words.iter().filter(|word| held.contains(*word)).count();
            prop_assert!(2 * shared >= lost_words.len(), "{}", line);
            let kept_cuts = removed.iter().filter(|other| is_cut(other) && at(other) == kept);
            for cut in kept_cuts.flat_map(|cut| cut["spans"].as_array().expect("spans")) {
                let cut_ends = |at: usize| cut[at].as_u64().expect("an offset") as usize;
                prop_assert!(cut_ends(1) <= ends(0) || ends(1) <= cut_ends(0), "{}", line);
            }
        }

        // Line by line: gone, cut as it is said, or the same bytes.
        for (path, lines) in input.iter().filter(|(path, _)| !is_besides(path)) {
            let mut expected = String::new();
            for (index, line) in lines.iter().enumerate() {
                let here = (path.clone(), index + 1);
                if gone.contains(&here) {
                    continue;
                }
                let mut text = cuts.contains_key(&here).then(|| text_of(line));
                if let Some(text) = &mut text {
                    let mut spans = cuts[&here].clone();
                    spans.sort_unstable();
                    for &(start, end) in spans.iter().rev() {
                        text.replace_range(start..end, "");
                    }
                    let mut value = serde_json::from_str::<Value>(line).expect("a record");
                    value["text"] = Value::String(text.clone());
                    expected.extend([&*value.to_string(), "\n"]);
                } else {
                    expected.push_str(line);
                }
            }
            prop_assert_eq!(place.read(&path.replace("in/", "out/")), expected, "{}", path);
        }
        prop_assert!(!place.at("out/gold.jsonl").exists());
        prop_assert!(!place.at("out/test.jsonl").exists());

        // What matches the reference by a rule that was asked for is gone. (Versions here are far
        // from the thresholds, where nothing is left to chance.)
        let texts = |lines: &[String]| -> Vec<String> {
            let records = lines.iter().filter(|line| line.contains("\"more\""));
            records.map(|line| text_of(line)).collect()
        };
        let reference = texts(&against.unwrap_or_default());
        for (path, lines) in input.iter().filter(|(path, _)| !is_besides(path)) {
            for (index, line) in lines.iter().enumerate().filter(|(_, l)| l.contains("\"more\"")) {
                let text = text_of(line);
                let matches = reference.iter().any(|other| {
                    let (similarity, share) = naive(&text, other);
                    if normalized(&text) == normalized(other) {
                        return rules.contains("exact");
                    }
                    rules.contains("near") && similarity >= 0.8
                        || rules.contains("contained") && share >= 0.9
                });
                prop_assert!(!matches || gone.contains(&(path.clone(), index + 1)), "{}", line);
            }
        }
    }
}
