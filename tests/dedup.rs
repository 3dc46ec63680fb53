//! `doublet dedup`: what goes, why, and that everything else stays byte for byte.
//!
//! The evidence of each removal is recomputed here from the texts alone, by plain loops.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use doublet::text::normalized;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doublet"));
    command.stdin(Stdio::null());
    command
}

/// A folder of its own that commands run in.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn lines(&self, name: &str) -> Vec<String> {
        self.read(name).split_inclusive('\n').map(str::to_owned).collect()
    }

    fn removed(&self, folder: &str) -> Vec<Value> {
        let list = self.read(&format!("{folder}/removed.jsonl"));
        list.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program().current_dir(self.0.path()).args(arguments).output().expect("the program starts")
    }

    /// Runs `dedup`, expects this exit code, and returns what it said.
    fn dedup(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(&[&["dedup"], arguments].concat());
        let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        said
    }

    /// Every name in the folder, at any depth.
    fn names(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, names: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    walk(&path, root, names);
                } else {
                    let below = path.strip_prefix(root).expect("below");
                    names.push(below.to_string_lossy().into_owned());
                }
            }
        }
        let mut names = Vec::new();
        walk(self.0.path(), self.0.path(), &mut names);
        names.sort();
        names
    }
}

/// `count` words that belong to `seed` alone, as sentences of ten.
fn prose(seed: u32, count: u32) -> String {
    let mut text = String::new();
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    for i in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let start = i % 10 == 0;
        let syllables = ["ba", "ko", "ri", "mu", "te", "sna", "vé", "lo", "дом", "ni"];
        let mut word: String = (0..3)
            .map(|at| syllables[(state >> (8 + 6 * at)) as usize % syllables.len()])
            .collect();
        if start {
            word = format!("X{word}");
        }
        let end = if i % 10 == 9 || i + 1 == count { ". " } else { " " };
        text.push_str(&word);
        text.extend([&*(seed % 1000).to_string(), end]);
    }
    text.trim_end().to_owned()
}

/// The text with one word in `every` replaced.
fn changed(text: &str, every: usize) -> String {
    let words = text.split(' ').enumerate();
    words
        .map(|(i, word)| if i % every == every / 2 { format!("changed{i}") } else { word.into() })
        .collect::<Vec<String>>()
        .join(" ")
}

fn record(id: &str, text: &str) -> String {
    format!("{}\n", json!({"id": id, "text": text, "more": [1, 2.50]}))
}

/// Jaccard similarity of the sets of five words in a row, and the share of the first in the second.
fn naive(a: &str, b: &str) -> (f64, f64) {
    let grams = |text: &str| -> HashSet<Vec<String>> {
        let words = normalized(text);
        let size = 5.min(words.len()).max(1);
        words.windows(size).map(<[String]>::to_vec).collect()
    };
    let (a, b) = (grams(a), grams(b));
    let both = a.intersection(&b).count() as f64;
    (both / a.union(&b).count() as f64, both / a.len() as f64)
}

fn text_of(line: &str) -> String {
    let value: Value = serde_json::from_str(line).expect("a record");
    value["text"].as_str().expect("a text").to_owned()
}

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
    let span = &found(3)["passages"][0]["span"];
    let ends = |at: usize| span[at].as_u64().expect("an offset") as usize;
    let text = text_of(&lines[3]);
    assert!(text[ends(0)..ends(1)].contains(&shared[..shared.len() - 1]));
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

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_half_written() {
    let place = Place::new();
    for i in 0..3000 {
        place.write(&format!("in/{}/{i}.txt", i % 50), prose(i, 20));
    }
    let names = || -> Vec<String> {
        let entries = fs::read_dir(place.0.path()).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let mut while_writing = 0;
    // From the moment when the folder aside is there, or before it is.
    for pause in [None, Some(0), Some(5), Some(10), Some(20), Some(40), Some(80)] {
        let mut child = program()
            .current_dir(place.0.path())
            .args(["dedup", "in", "--output", "out", "--quiet"])
            .spawn()
            .expect("the program starts");
        if let Some(pause) = pause {
            while names() == ["in"] && child.try_wait().expect("it can be asked").is_none() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            std::thread::sleep(std::time::Duration::from_millis(pause));
        } else {
            std::thread::sleep(std::time::Duration::from_millis(60));
        }
        let aside = names().iter().any(|name| name.starts_with(".doublet-"));
        let kill = ["-INT", &child.id().to_string()].map(str::to_owned);
        let _ = Command::new("kill").args(kill).stderr(Stdio::null()).status();
        let code = child.wait().expect("it ends").code();
        if code == Some(130) {
            while_writing += u32::from(aside);
            assert_eq!(names(), ["in"], "after {pause:?} ms");
        } else {
            assert_eq!(code, Some(0));
            assert_eq!(names(), ["in", "out"], "after {pause:?} ms");
            fs::remove_dir_all(place.at("out")).expect("it goes");
        }
    }
    println!("{while_writing} runs were stopped while they wrote");
}

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
        let mut arguments = vec!["in", "--output", "out", "--remove", rules, "--keep", keep];
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
        prop_assert!(gone.iter().all(|(path, _)| path != "gold.jsonl"));

        // The spans that were cut from each record, with what stood there.
        let mut cuts: BTreeMap<(String, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for line in &removed {
            let (lost, kept) = (at(line), at(&line["kept"]));
            prop_assert!(!gone.contains(&kept), "what stands for it went: {}", line);
            prop_assert!(lost.0 != "gold.jsonl");
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
        for (path, lines) in input.iter().filter(|(path, _)| *path != "gold.jsonl") {
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
    }
}
