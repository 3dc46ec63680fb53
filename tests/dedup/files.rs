//! What is written, and what is refused before anything is.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::Value;

use super::{Place, changed, program, prose, record, text_of};

#[test]
fn records_that_stay_are_the_bytes_that_came_in() {
    let place = Place::new();
    let (a, b) = (prose(1, 80), prose(2, 80));
    let odd = format!("  {{\"text\" : {b:?},\"x\":1.50,\"\\u0069d\":7}} \r\n");
    let input = [
        record("a", &a),
        "\n".into(),
        odd.clone(),
        "no record\n".into(),
        record("a again", &a.to_uppercase()),
        record("b near", &changed(&b, 60)).trim_end().to_owned(),
    ];
    place.write("in/deep/x.jsonl", input.concat());
    let said = place.dedup(&["in", "--output", "out"], 1);
    assert!(said.contains("skipped in/deep/x.jsonl:4"), "{said}");
    assert_eq!(place.read("out/deep/x.jsonl"), input[..4].concat());
    let removed = place.removed("out");
    assert_eq!(removed.len(), 2);
    assert_eq!(removed[0]["rule"], "exact");
    assert_eq!(removed[0]["line"], 5);
    assert_eq!(removed[0]["kept"]["line"], 1);
    assert_eq!(removed[0]["text"], a.to_uppercase());
    assert_eq!(removed[1]["rule"], "near");
    assert_eq!(removed[1]["kept"]["name"], "7");
    assert_eq!(place.read("in/deep/x.jsonl"), input.concat());
}

#[test]
fn compression_and_layout_stay() {
    let place = Place::new();
    let lines: Vec<String> = (0..6).map(|i| record(&i.to_string(), &prose(i % 4, 60))).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.concat().as_bytes()).expect("compresses");
    let gzip = gzip.finish().expect("compresses");
    let other = zstd::encode_all(record("z", &prose(0, 60)).as_bytes(), 3).expect("compresses");
    let alone = zstd::encode_all(record("y", &prose(9, 60)).as_bytes(), 19).expect("compresses");
    place.write("in/1.jsonl.gz", &gzip);
    place.write("in/2.jsonl.zst", &other);
    place.write("in/3.jsonl.zst", &alone);
    place.write("in/4.txt", prose(0, 60));
    place.write("in/5.txt", prose(12, 60));
    place.dedup(&["in", "--output", "out"], 0);
    let mut text = String::new();
    let file = fs::File::open(place.at("out/1.jsonl.gz")).expect("a file");
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, lines[..4].concat());
    let file = fs::File::open(place.at("out/2.jsonl.zst")).expect("a file");
    assert_eq!(zstd::decode_all(file).expect("zstd"), b"");
    assert_eq!(fs::read(place.at("out/3.jsonl.zst")).expect("a file"), alone);
    assert!(!place.at("out/4.txt").exists());
    assert_eq!(place.read("out/5.txt"), prose(12, 60));
}

#[test]
fn several_inputs_and_standard_input_have_places_of_their_own() {
    let place = Place::new();
    place.write("a/x.jsonl", record("1", &prose(1, 50)));
    place.write("b/x.jsonl", record("2", &prose(2, 50)));
    let mut child = program()
        .current_dir(place.0.path())
        .args(["dedup", "a", "b/", "-", "--output", "out", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = [record("3", &prose(3, 50)), record("4", &prose(1, 50))];
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(lines.concat().as_bytes()).expect("it is read");
    drop(pipe);
    assert!(child.wait().expect("it ends").success());
    assert_eq!(place.read("out/a/x.jsonl"), record("1", &prose(1, 50)));
    assert_eq!(place.read("out/b/x.jsonl"), record("2", &prose(2, 50)));
    assert_eq!(place.read("out/stdin.jsonl"), lines[0]);
    let said = place.dedup(&["a/x.jsonl", "b/x.jsonl", "--output", "none"], 2);
    assert!(said.contains("two inputs for one place, x.jsonl"), "{said}");
}

#[test]
fn protected_documents_stay_win_and_are_not_written() {
    let place = Place::new();
    let long = format!("{} {}", prose(1, 80), prose(7, 4));
    place.write("in/x.jsonl", [record("1", &long), record("2", &prose(2, 60))].concat());
    place.write("in/gold.jsonl", [record("3", &prose(1, 80)), record("4", &prose(1, 80))].concat());
    place.write("gold.jsonl", record("g", &prose(2, 60)));
    let protect = ["--protect", "gold.jsonl", "--protect", "in/gold.jsonl"];
    place.dedup(&[&["in", "--output", "out"], &protect[..]].concat(), 0);
    assert_eq!(place.read("out/x.jsonl"), "");
    assert_eq!(place.read("out/gold.jsonl"), place.read("in/gold.jsonl"));
    let removed = place.removed("out");
    let kept: Vec<_> = removed.iter().map(|line| line["kept"]["path"].clone()).collect();
    assert_eq!(kept, ["in/gold.jsonl", "gold.jsonl"]);
}

#[test]
fn passages_are_cut_from_the_second_place_on() {
    let place = Place::new();
    let shared = prose(5, 40);
    let texts = [
        format!("{} {shared} {}", prose(1, 60), prose(11, 30)),
        format!("{} {shared} {}", prose(2, 50), prose(12, 30)),
        format!("{} {shared}", prose(3, 9)),
    ];
    let lines: Vec<String> =
        texts.iter().enumerate().map(|(i, text)| record(&i.to_string(), text)).collect();
    place.write("x.jsonl", lines.concat());
    let arguments = ["x.jsonl", "--output", "out", "--remove", "passages", "--replace-with", "[…]"];
    place.dedup(&arguments, 0);
    let out = place.lines("out/x.jsonl");
    assert_eq!(out.len(), 2);
    assert_eq!(out[0], lines[0]);
    let cut = text_of(&out[1]);
    assert!(cut.starts_with(&prose(2, 50)) && cut.ends_with(&prose(12, 30)) && cut.contains("[…]"));
    assert!(!cut.contains(&shared));
    let tail = |line: &str| line[..line.find("\"text\"").expect("the field")].to_owned();
    assert_eq!(tail(&out[1]), tail(&lines[1]));
    let removed = place.removed("out");
    let rules: Vec<_> = removed.iter().map(|line| line["rule"].clone()).collect();
    assert_eq!(rules, ["passage", "short"]);
    assert_eq!(removed[1]["text"], texts[2]);
    let left = ["--min-words-left", "5", "--force"];
    place.dedup(&[&arguments[..], &left].concat(), 0);
    assert_eq!(place.lines("out/x.jsonl").len(), 3);
}

#[test]
fn sentences_and_paragraphs_are_cut_whole() {
    let place = Place::new();
    let shared = prose(5, 40);
    let text = |seed, lead: &str| {
        format!("{}\n\n{lead} {shared}\n\n{}", prose(seed, 60), prose(seed + 10, 40))
    };
    place.write("a.txt", text(1, "Here alone stands what nobody says"));
    place.write("b.txt", text(2, "Others begin with something else and go on"));
    for (bounds, whole) in [("word", true), ("sentence", true), ("paragraph", false)] {
        let folder = format!("out-{bounds}");
        let arguments =
            ["a.txt", "b.txt", "--keep", "first", "--remove", "passages", "--cut", bounds];
        place.dedup(&[&arguments[..], &["--output", &folder]].concat(), 0);
        let cut = place.read(&format!("{folder}/b.txt"));
        assert_eq!(cut.contains(&shared), !whole, "{bounds}");
        assert!(cut.contains("Others begin with something else and go on"), "{bounds}");
    }
    // Its first sentence is begun by words of its own, so it stays with sentences.
    assert!(place.read("out-sentence/b.txt").contains(&prose(5, 10)));
    assert!(!place.read("out-word/b.txt").contains(&prose(5, 10)));
}

#[test]
fn annotations_remove_nothing() {
    let place = Place::new();
    let shared = prose(5, 40);
    let lines = [
        record("a", &prose(1, 60)),
        record("b", &format!("{} {shared}", prose(2, 60))),
        record("c", &prose(1, 60)),
        record("d", &format!("{} {shared}", prose(3, 60))),
        record("e", &prose(4, 60)),
    ];
    place.write("x.jsonl", lines.concat());
    place.dedup(&["x.jsonl", "--output", "out", "--annotate"], 0);
    let out = place.lines("out/x.jsonl");
    assert_eq!((out.len(), &out[4]), (5, &lines[4]));
    for (line, input) in out.iter().zip(&lines).take(4) {
        assert!(line.starts_with(input.trim_end().trim_end_matches('}')), "{line}");
    }
    let found = |index: usize| -> Value {
        serde_json::from_str::<Value>(&out[index]).expect("a record")["doublet"].clone()
    };
    assert_eq!(found(2)["representative"]["name"], "a");
    assert_eq!(found(2)["rule"], "exact");
    assert_eq!(found(0)["score"], Value::Null);
    let slice = |line: usize, span: &Value| {
        let end = |at: usize| span[at].as_u64().expect("an offset") as usize;
        text_of(&lines[line])[end(0)..end(1)].to_owned()
    };
    let passage = &found(3)["passages"][0];
    assert!(slice(3, &passage["span"]).contains(&shared[..shared.len() - 1]));
    // It says where its canonical wording stands, which itself says nothing of the kind.
    assert_eq!(
        (passage["canonical"].as_bool(), &passage["of"]["name"]),
        (Some(false), &"b".into())
    );
    assert_eq!(slice(1, &passage["of"]["span"]), slice(3, &passage["span"]));
    assert_eq!(found(1)["passages"][0]["of"], Value::Null);
    assert_eq!(place.removed("out").len(), 0);
    // Annotating again replaces what was found before.
    place.dedup(&["out/x.jsonl", "--output", "again", "--annotate"], 0);
    assert_eq!(place.lines("again/x.jsonl"), out);
    place.write("x.txt", "text");
    let said = place.dedup(&["x.txt", "--output", "none", "--annotate"], 2);
    assert!(said.contains("JSON lines"), "{said}");
}

#[test]
fn a_dry_run_writes_nothing_but_tells() {
    let place = Place::new();
    place.write("x.jsonl", [record("1", &prose(1, 50)), record("2", &prose(1, 50))].concat());
    let said = place.dedup(&["x.jsonl", "--dry-run"], 0);
    assert!(said.contains("would be kept"), "{said}");
    place.dedup(&["x.jsonl", "--dry-run", "--output", "out"], 0);
    assert_eq!(place.names(), ["x.jsonl"]);
    place.dedup(&["x.jsonl", "--output", "out", "--stats", "stats.json"], 0);
    let stats: Value = serde_json::from_str(&place.read("stats.json")).expect("JSON");
    assert_eq!(stats["read"]["count"], 2);
    assert_eq!(stats["removed"]["exact"]["count"], 1);
    assert_eq!(stats["kept"]["count"], 1);
    assert_eq!(stats["kept"]["bytes"], prose(1, 50).len());
}

#[test]
fn only_an_earlier_result_is_replaced_and_only_by_force() {
    let place = Place::new();
    place.write("in/x.jsonl", [record("1", &prose(1, 50)), record("2", &prose(1, 50))].concat());
    place.dedup(&["in", "--output", "out"], 0);
    place.write("out/stale", "");
    let names = place.names();
    for (arguments, part) in [
        (&["in", "--output", "out"][..], "--force"),
        (&["in", "--output", "in/out"], "in each other"),
        (&["in/x.jsonl", "--output", "in", "--force"], "no earlier result"),
        (&["out/x.jsonl", "--output", "out", "--force"], "in each other"),
        (&["in", "--protect", "out", "--output", "out", "--force"], "in each other"),
        (&["in", "--output", "in/x.jsonl"], "a file as --output"),
        (&["in", "--output", "none/out"], "make none first"),
        (&["in", "--output", "new", "--cut", "word"], "passages"),
        (&["in", "--output", "new", "--remove", "all"], "the rule"),
        (&["in"], "--output"),
    ] {
        let said = place.dedup(arguments, 2);
        assert!(said.contains(part), "{arguments:?}: {said}");
        assert_eq!(place.names(), names, "{arguments:?}");
    }
    place.dedup(&["in", "--output", "out", "--force"], 0);
    assert_eq!(place.names(), ["in/x.jsonl", "out/removed.jsonl", "out/x.jsonl"]);
    place.dedup(&["out", "--output", "second", "--exclude", "/removed.jsonl"], 0);
    let said = place.dedup(&["out", "--output", "third"], 2);
    assert!(said.contains("removed.jsonl"), "{said}");
}

#[test]
fn what_cannot_be_written_again_is_refused_before_the_run() {
    let place = Place::new();
    place.write("array.json", "[{\"text\": \"a\"}]");
    place.write("latin.jsonl", b"{\"text\": \"caf\xe9\"}\n");
    for (arguments, part) in [
        (&["array.json"][..], "one record a line"),
        (&["latin.jsonl", "--encoding", "latin1"], "UTF-8"),
    ] {
        let said = place.dedup(&[arguments, &["--output", "out"]].concat(), 2);
        assert!(said.contains(part), "{arguments:?}: {said}");
        assert!(!place.at("out").exists());
    }
    // Bytes of a text in another encoding are copied or left out.
    place.write("texts/a.txt", b"caf\xe9 au lait pour tous les amis");
    place.write("texts/b.txt", b"caf\xe9 au lait pour tous les amis");
    place.dedup(&["texts", "--encoding", "latin1", "--output", "out"], 0);
    assert_eq!(fs::read(place.at("out/a.txt")).ok(), fs::read(place.at("texts/a.txt")).ok());
    assert!(!place.at("out/b.txt").exists());
}

#[test]
fn files_that_cannot_be_read_are_copied() {
    let place = Place::new();
    let binary: Vec<u8> = (0..=255).cycle().take(5000).collect();
    place.write("in/a.bin", &binary);
    let mut damaged = zstd::encode_all(record("1", &prose(1, 900)).as_bytes(), 3).expect("zstd");
    damaged.truncate(damaged.len() / 2);
    place.write("in/b.jsonl.zst", &damaged);
    place.dedup(&["in", "--output", "out"], 1);
    assert_eq!(fs::read(place.at("out/a.bin")).expect("a file"), binary);
    assert_eq!(fs::read(place.at("out/b.jsonl.zst")).expect("a file"), damaged);
}
