//! Reading: every kind of input, and every kind of bad input, named while the rest goes on.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use doublet::source::{Collection, Format, ReadConfig, read_all, read_stream};
use doublet::{ErrorKind, FieldValue};
use proptest::prelude::*;
use tempfile::TempDir;

/// A folder of files, removed at the end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        fs::write(path, bytes).expect("a file");
        self
    }

    fn read(&self, config: &ReadConfig) -> Collection {
        read_all(&[self.0.path().to_path_buf()], config, &|_| {}).expect("no fatal problem")
    }
}

fn defaults() -> ReadConfig {
    ReadConfig::default()
}

fn names(collection: &Collection) -> Vec<&str> {
    collection.documents.iter().map(|document| document.name.as_str()).collect()
}

fn texts(collection: &Collection) -> Vec<&str> {
    collection.documents.iter().map(|document| document.text.as_str()).collect()
}

/// The one problem: file name, line, message.
fn problem(collection: &Collection) -> (&str, Option<u64>, &str) {
    let [skipped] = collection.skipped.as_slice() else {
        panic!("one problem expected: {:?}", collection.skipped)
    };
    let name = Path::new(&skipped.path).file_name().and_then(|name| name.to_str());
    (name.unwrap_or_default(), skipped.line, &skipped.message)
}

fn stream(bytes: &[u8], config: &ReadConfig) -> Collection {
    read_stream("-", bytes, config, &|_| {}).expect("no fatal problem")
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn folders_are_read_in_the_order_of_names_with_everything_in_them() {
    let folder = Folder::new()
        .with("b.txt", "b")
        .with("a/z.txt", "z")
        .with("a/.hidden", "hidden")
        .with("B.txt", "B")
        .with(".gitignore", "b.txt")
        .with("c.jsonl", "{\"text\":\"one\"}\n{\"id\":7,\"text\":\"two\"}")
        .with("empty", "");
    let all = folder.read(&defaults());
    let expected =
        [".gitignore", "B.txt", "a/.hidden", "a/z.txt", "b.txt", "c.jsonl:1", "7", "empty"];
    assert_eq!(names(&all), expected);
    assert!(all.skipped.is_empty());
    let origin = all.documents[6].origin.as_ref().expect("an origin");
    assert_eq!(origin.line, Some(2));
    assert_eq!(Path::new(&origin.path), folder.path("c.jsonl"));
    assert_eq!(Path::new(&origin.source), folder.0.path());

    let visible = folder.read(&ReadConfig { skip_hidden: true, ..defaults() });
    assert_eq!(names(&visible), ["B.txt", "a/z.txt", "b.txt", "c.jsonl:1", "7", "empty"]);
    let chosen = ReadConfig {
        include: vec!["*.txt".into()],
        exclude: vec!["a".into(), "B*".into()],
        ..defaults()
    };
    assert_eq!(names(&folder.read(&chosen)), ["b.txt"]);
    let one = read_all(&[folder.path("b.txt")], &chosen, &|_| {}).expect("readable");
    assert_eq!(one.documents[0].name, folder.path("b.txt").to_string_lossy());
}

#[test]
fn empty_and_tiny_documents_are_kept() {
    let folder = Folder::new()
        .with("0", "")
        .with("1", "...\n")
        .with("2", "word")
        .with("3.jsonl", "{\"text\":\"\"}\n\n  \r\n{\"text\":\"word\"}\r\n{\"text\":\"!\"}");
    let read = folder.read(&defaults());
    assert_eq!(texts(&read), ["", "...\n", "word", "", "word", "!"]);
    assert_eq!(read.documents[4].name, "3.jsonl:4");
    assert!(read.skipped.is_empty());
}

#[test]
fn invalid_utf8_in_a_text_is_named_with_line_and_byte() {
    let folder = Folder::new().with("a.txt", b"one\ntwo \xff").with("b.txt", "fine");
    let read = folder.read(&defaults());
    assert_eq!(texts(&read), ["fine"]);
    let (name, line, message) = problem(&read);
    assert_eq!((name, line), ("a.txt", Some(2)));
    assert!(message.contains("0xFF at byte 8") && message.contains("--encoding"), "{message}");
}

#[test]
fn invalid_utf8_in_a_record_costs_only_its_line() {
    let lines = b"{\"text\":\"one\"}\n{\"text\":\"tw\xff\"}\n{\"text\":\"three\"}\n";
    let read = stream(lines, &defaults());
    assert_eq!(texts(&read), ["one", "three"]);
    let (_, line, message) = problem(&read);
    assert_eq!(line, Some(2));
    assert!(message.contains("0xFF at byte 11"), "{message}");
}

#[test]
fn bad_records_are_named_with_their_line() {
    for (bad, message) in [
        ("{\"text\": \"x", "no JSON object"),
        ("plain words", "no JSON object (it begins with \"plain words\")"),
        ("[1]", "no JSON object"),
        ("{\"text\": \"x\"} y", "no JSON object (trailing characters"),
        ("{\"body\": \"x\"}", "a record without the field \"text\""),
        ("{\"text\": 12}", "a number in the field \"text\""),
        ("{\"text\": null}", "null in the field \"text\""),
        ("{\"text\": [\"x\"]}", "an array in the field \"text\""),
        ("{\"text\": \"\\ud800\"}", "no JSON object"),
    ] {
        let lines = format!("{{\"text\":\"one\"}}\r\n\r\n{bad}\r\n{{\"text\":\"two\"}}");
        let read = stream(lines.as_bytes(), &defaults());
        assert_eq!(texts(&read), ["one", "two"], "{bad}");
        let (name, line, found) = problem(&read);
        assert_eq!((name, line), ("-", Some(3)), "{bad}");
        assert!(found.contains(message) && found.contains("expected"), "{found}");
        let strict = ReadConfig { strict: true, ..defaults() };
        let error = read_stream("-", lines.as_bytes(), &strict, &|_| {}).expect_err("strict");
        assert_eq!(error.line_number(), Some(3));
    }
    let deep = format!("{{\"text\":\"x\",\"a\":{}", "[".repeat(100_000));
    assert!(problem(&stream(deep.as_bytes(), &defaults())).2.contains("recursion limit"));
}

#[test]
fn damaged_archives_keep_the_records_before_the_damage() {
    let lines = joined((0..20_000).map(|n| format!("{{\"id\":{n},\"text\":\"text {n}\"}}\n")));
    for (name, whole) in [
        ("a.jsonl.gz", gzip(lines.as_bytes())),
        ("a.jsonl.zst", zstd::encode_all(lines.as_bytes(), 1).expect("fits")),
    ] {
        let folder = Folder::new().with(name, &whole[..whole.len() * 2 / 3]).with("b.txt", "fine");
        let read = folder.read(&defaults());
        let count = read.documents.len() - 1;
        assert!(count < 20_000 && (count > 1000 || name.ends_with("zst")), "{name}: {count}");
        for (index, document) in read.documents[..count].iter().enumerate() {
            assert_eq!(document.name, index.to_string());
        }
        assert_eq!(read.documents[count].text, "fine");
        let (found, line, message) = problem(&read);
        assert_eq!((found, line), (name, Some(count as u64 + 1)));
        assert!(message.contains("end too early"), "{message}");
    }
    let folder = Folder::new().with("a.txt", &gzip(lines.as_bytes())[..900]).with("b.txt", "fine");
    let read = folder.read(&defaults());
    assert_eq!(texts(&read), ["fine"]);
    assert_eq!(problem(&read).0, "a.txt");
}

#[test]
fn compression_is_told_by_content_and_may_have_parts() {
    let zstd = |part: &str| zstd::encode_all(part.as_bytes(), 1).expect("fits");
    let folder = Folder::new()
        .with("a.txt.gz", "not compressed")
        .with("b.txt", [gzip(b"two "), gzip(b"members")].concat())
        .with("c.txt.zst", [zstd("two "), zstd("frames")].concat())
        .with("d.jsonl.gz", [gzip(b"{\"text\":\"o"), gzip(b"ne\"}\n{\"text\":\"two\"}")].concat());
    let read = folder.read(&defaults());
    assert!(read.skipped.is_empty(), "{:?}", read.skipped);
    assert_eq!(texts(&read), ["not compressed", "two members", "two frames", "one", "two"]);
}

#[test]
fn binary_files_are_skipped() {
    let folder = Folder::new().with("a", [0; 4096]).with("b", b"text\0more").with("c", "text");
    let read = folder.read(&defaults());
    assert_eq!(texts(&read), ["text"]);
    assert_eq!(read.skipped.len(), 2);
    assert!(read.skipped[1].message.contains("a NUL at byte 4"), "{}", read.skipped[1].message);
}

#[test]
fn marks_and_encodings() {
    let utf16 = |big: bool| -> Vec<u8> {
        "\u{feff}naïve 𝄞"
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    let folder = Folder::new()
        .with("a", utf16(true))
        .with("b", utf16(false))
        .with("c", "\u{feff}naïve")
        .with("d", b"na\xefve");
    let read = folder.read(&ReadConfig { encoding: Some("latin1".into()), ..defaults() });
    assert_eq!(texts(&read), ["naïve 𝄞", "naïve 𝄞", "\u{feff}naïve", "naïve"]);
    let encodings: Vec<Option<&str>> = read
        .documents
        .iter()
        .map(|document| document.origin.as_ref().and_then(|origin| origin.encoding.as_deref()))
        .collect();
    assert_eq!(encodings, [Some("UTF-16BE"), Some("UTF-16LE"), None, Some("windows-1252")]);

    let unknown = ReadConfig { encoding: Some("latin-99".into()), ..defaults() };
    let error = read_all(&[folder.path("a")], &unknown, &|_| {}).expect_err("no such encoding");
    assert_eq!(error.kind(), ErrorKind::Config);

    let lines = "\u{feff}{\"text\":\"naïve\"}\n{\"text\":\"two\"}";
    assert_eq!(texts(&stream(lines.as_bytes(), &defaults())), ["naïve", "two"]);
    let wide: Vec<u8> = lines.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let records = ReadConfig { format: Format::Jsonl, ..defaults() };
    assert_eq!(texts(&stream(&wide, &records)), ["naïve", "two"]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_in_a_folder_is_named() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    let folder = Folder::new().with("a/b/text.txt", "text").with("z.txt", "last");
    symlink("nowhere", folder.path("dangling")).expect("a link");
    symlink("../..", folder.path("a/b/loop")).expect("a link");
    symlink("a/b/text.txt", folder.path("link.txt")).expect("a link");
    let _socket = UnixListener::bind(folder.path("socket")).expect("a socket");
    let read = folder.read(&defaults());
    assert_eq!(names(&read), ["a/b/text.txt", "link.txt", "z.txt"]);
    let skipped: Vec<(&Path, &str)> = read
        .skipped
        .iter()
        .map(|skipped| {
            let path = Path::new(&skipped.path).strip_prefix(folder.0.path()).expect("inside");
            (path, skipped.message.as_str())
        })
        .collect();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    assert_eq!(skipped[0].0, Path::new("a/b/loop"));
    assert!(skipped[0].1.contains("a symbolic link back to"), "{}", skipped[0].1);
    assert_eq!(skipped[1].0, Path::new("dangling"));
    assert_eq!(skipped[2].0, Path::new("socket"));
    assert!(skipped[2].1.contains("a pipe, socket or device"));

    let error = read_all(&[folder.path("missing")], &defaults(), &|_| {}).expect_err("fatal");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.path(), Some(folder.path("missing").as_path()));
}

#[test]
fn a_line_of_200_megabytes_is_a_record_like_any_other() {
    let lead = b"{\"text\":\"one\"}\n{\"id\":\"long\",\"text\":\"";
    let body = io::repeat(b'x').take(200 << 20);
    let input = lead.chain(body).chain(&b"\"}\n{\"text\":\"three\"}\n"[..]);
    let read = read_stream("-", input, &defaults(), &|_| {}).expect("no fatal problem");
    assert_eq!(names(&read), ["-:1", "long", "-:3"]);
    assert_eq!(read.documents[1].text.len(), 200 << 20);
}

#[test]
fn fields_make_the_document() {
    let config = ReadConfig {
        text_field: "article.body".into(),
        id_field: Some("key".into()),
        group_by: Some("meta.outlet".into()),
        date_field: Some("meta.date".into()),
        ..defaults()
    };
    let lines = br#"{"key":18446744073709551615,"article":{"body":"x","n":1},"meta":{"outlet":"Echo","date":1700006400}}
{"key":"b","article.body":"y","meta":{"outlet":3,"date":"some day"}}
{"article":{"body":"z"}}"#;
    let read = stream(lines, &config);
    assert_eq!(texts(&read), ["x", "y"]);
    assert_eq!(names(&read), ["18446744073709551615", "b"]);
    let first = &read.documents[0];
    assert_eq!(first.group.as_deref(), Some("Echo"));
    assert_eq!(first.date.as_deref(), Some("1700006400"));
    let FieldValue::Map(article) = &first.metadata["article"] else { panic!("an object") };
    assert_eq!(article.get("n"), Some(&FieldValue::Integer(1)));
    assert!(!article.contains_key("body"), "the text is kept once");
    let second = &read.documents[1];
    assert_eq!((second.group.as_deref(), second.date.as_deref()), (Some("3"), None));
    assert_eq!(read.skipped.len(), 2);
    assert_eq!(read.skipped[0].line, Some(2));
    assert!(read.skipped[0].message.contains("the date was left out"));
    assert!(read.skipped[1].message.contains("without the field \"key\""));
}

#[test]
fn fields_that_no_record_has_are_an_error() {
    let lines = &b"{\"text\":\"x\"}\n"[..];
    for config in [
        ReadConfig { group_by: Some("outlte".into()), ..defaults() },
        ReadConfig { date_field: Some("dtae".into()), ..defaults() },
    ] {
        let error = read_stream("-", lines, &config, &|_| {}).expect_err("misspelt");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

#[test]
fn groups_by_built_in_names() {
    let folder = Folder::new()
        .with("a/x.txt", "x")
        .with("y.txt", "y")
        .with("z.jsonl", "{\"text\":\"z\",\"source\":\"Echo\"}");
    let groups = |name: &str| -> Vec<String> {
        let read = folder.read(&ReadConfig { group_by: Some(name.into()), ..defaults() });
        read.documents.into_iter().map(|document| document.group.unwrap_or_default()).collect()
    };
    let root = folder.0.path().to_string_lossy().into_owned();
    assert_eq!(groups("folder"), ["a", ".", "."]);
    assert_eq!(groups("source"), [root.as_str(), root.as_str(), "Echo"]);
    assert_eq!(groups("path")[1], folder.path("y.txt").to_string_lossy());
}

#[test]
fn json_files_hold_records_or_text() {
    let folder = Folder::new()
        .with(
            "a.json",
            "[\n  {\"text\": \"one\"},\n  {\"body\": \"\"},\n  {\"text\": \"two\"}\n]\n",
        )
        .with("b.json", "{\"text\":\"lines\"}\n{\"text\":\"of records\"}\n")
        .with("c.json", "{\n  \"name\": \"settings\"\n}\n")
        .with("d.json", "[1, 2]")
        .with("e.json.gz", gzip(b"[{\"text\":\"cut\"},{\"te"));
    let read = folder.read(&defaults());
    let expected =
        ["one", "two", "lines", "of records", "{\n  \"name\": \"settings\"\n}\n", "[1, 2]", "cut"];
    assert_eq!(texts(&read), expected);
    assert_eq!(read.documents[1].name, "a.json:4");
    let places: Vec<Option<u64>> = read.skipped.iter().map(|skipped| skipped.line).collect();
    assert_eq!(places, [Some(3), Some(1)]);
}

#[test]
fn streams_are_told_by_their_first_byte() {
    let read = stream(&gzip(b" \n{\"text\":\"x\"}\n"), &defaults());
    assert_eq!(names(&read), ["-:2"]);
    let read = stream(
        b"{not json, but asked for as text",
        &ReadConfig { format: Format::Text, ..defaults() },
    );
    assert_eq!(names(&read), ["-"]);
    let read = stream(b"plain words", &defaults());
    let origin = read.documents[0].origin.as_ref().expect("an origin");
    assert_eq!((origin.source.as_str(), origin.path.as_str(), origin.line), ("-", "-", None));
    let twice = [PathBuf::from("-"), PathBuf::from("-")];
    assert!(read_all(&twice, &defaults(), &|_| {}).is_err());
}

/// Fails after some bytes, as a disk does.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::Error::from_raw_os_error(5)) } else { self.0.read(into) }
    }
}

#[test]
fn a_stream_that_breaks_keeps_its_whole_lines() {
    let broken = Broken(b"{\"text\":\"one\"}\n{\"text\":\"tw");
    let read = read_stream("-", broken, &defaults(), &|_| {}).expect("no fatal problem");
    assert_eq!(texts(&read), ["one"]);
    assert_eq!(problem(&read).1, Some(2));
}

#[test]
fn order_and_progress_do_not_depend_on_threads() {
    let mut folder = Folder::new();
    for n in 0..50 {
        folder = folder.with(&format!("texts/{n}.txt"), format!("text {n}"));
        let bytes: &[u8] = if n % 7 == 0 { b"\xff" } else { b"{\"text\":\"x\"}\n{}" };
        folder = folder.with(&format!("records/{n}.jsonl"), bytes);
    }
    let long = "words ".repeat(500);
    let large = joined((0..8000).map(|n| format!("{{\"id\":{n},\"text\":\"{long}\"}}\n")));
    folder = folder.with("large.jsonl", large);
    let read = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let bytes = AtomicU64::new(0);
        let count = |more: u64| {
            bytes.fetch_add(more, Ordering::Relaxed);
        };
        let roots = [folder.0.path().to_path_buf()];
        let all = pool.install(|| read_all(&roots, &defaults(), &count)).expect("no fatal problem");
        (all, bytes.into_inner())
    };
    let (one, bytes) = read(1);
    assert_eq!(one.documents.len(), 50 + 42 + 8000);
    assert_eq!(one.skipped.len(), 50);
    assert!(bytes > 8000 * 3000);
    for threads in [2, 7] {
        let (many, same) = read(threads);
        assert!(many == one, "{threads} threads");
        assert_eq!(same, bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn records_round_trip(records in prop::collection::vec((any::<String>(), any::<String>(), any::<i64>()), 0..20)) {
        let lines = joined(records.iter().map(|(id, text, n)| format!("{}\n", serde_json::json!({ "id": id, "text": text, "n": n }))));
        let config = ReadConfig { format: Format::Jsonl, ..defaults() };
        let read = stream(lines.as_bytes(), &config);
        prop_assert!(read.skipped.is_empty());
        prop_assert_eq!(read.documents.len(), records.len());
        for (document, (id, text, n)) in read.documents.iter().zip(&records) {
            prop_assert_eq!((&document.name, &document.text), (id, text));
            prop_assert_eq!(document.metadata.get("n"), Some(&FieldValue::Integer(*n)));
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), lead in 0..6_usize) {
        let leads: [&[u8]; 6] = [b"", b"{\"text\":", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"[{"];
        let input = [leads[lead], &bytes].concat();
        for format in [Format::Auto, Format::Text, Format::Jsonl] {
            let _ = read_stream("-", input.as_slice(), &ReadConfig { format, ..defaults() }, &|_| {});
        }
    }
}
