//! Reading: every source, every encoding, and every kind of bad input.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use doublet::source::{Format, Progress, Sink, read};
use doublet::{
    Collection, Document, Error, ErrorKind, FieldValue, Input, ReadConfig, Result, Source,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn read_with(path: &Path, config: &ReadConfig) -> Result<Collection> {
    doublet::source::read_all([Input::path(path)], config, &())
}

fn read_lenient(path: &Path) -> Collection {
    read_with(path, &ReadConfig::default()).expect("nothing fatal")
}

fn read_stream(bytes: &[u8], config: &ReadConfig) -> Collection {
    let input = Input::reader("-", std::io::Cursor::new(bytes.to_vec()));
    doublet::source::read_all([input], config, &()).expect("nothing fatal")
}

fn jsonl() -> ReadConfig {
    ReadConfig { format: Format::Jsonl, ..ReadConfig::default() }
}

fn texts(collection: &Collection) -> Vec<&str> {
    collection.documents.iter().map(|document| &*document.text).collect()
}

/// File names of the documents.
fn names(collection: &Collection) -> Vec<String> {
    let name = |document: &Document| {
        let name = PathBuf::from(&document.name);
        name.file_name().expect("a name").to_string_lossy().into_owned()
    };
    collection.documents.iter().map(name).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("compresses");
    encoder.finish().expect("finishes")
}

/// The only skipped entry, with its line and a part of its message.
#[track_caller]
fn assert_skipped(collection: &Collection, path: &str, line: Option<u64>, message: &str) {
    let [skipped] = &collection.skipped[..] else {
        panic!("one entry expected, not {:?}", collection.skipped)
    };
    assert!(skipped.path.ends_with(path), "{skipped:?}");
    assert_eq!(skipped.line, line, "{skipped:?}");
    assert!(skipped.message.contains(message), "{skipped:?}");
}

// Walking.

#[test]
fn folders_are_read_by_name_and_nothing_is_left_out() {
    let data = folder(&[
        ("b.txt", b"b"),
        ("a/z.txt", b"z"),
        ("a/.hidden.txt", b"hidden"),
        (".gitignore", b"ignored.txt\n"),
        ("ignored.txt", b"ignored"),
        ("B.txt", b"capital"),
    ]);
    let all = read_lenient(data.path());
    assert_eq!(
        names(&all),
        [".gitignore", "B.txt", ".hidden.txt", "z.txt", "b.txt", "ignored.txt"]
    );
    let quiet = ReadConfig { skip_hidden: true, respect_gitignore: true, ..ReadConfig::default() };
    let asked = read_with(data.path(), &quiet).expect("reads");
    assert_eq!(names(&asked), ["B.txt", "z.txt", "b.txt"]);
}

#[test]
fn globs_include_files_and_exclude_whole_folders() {
    let data =
        folder(&[("a.txt", b"a"), ("a.md", b"md"), ("drafts/b.txt", b"b"), ("final/c.txt", b"c")]);
    let config = ReadConfig {
        include: vec!["*.txt".into()],
        exclude: vec!["drafts/".into()],
        ..ReadConfig::default()
    };
    assert_eq!(names(&read_with(data.path(), &config).expect("reads")), ["a.txt", "c.txt"]);
    let named = data.path().join("a.md");
    assert_eq!(names(&read_with(&named, &config).expect("reads")), ["a.md"]);
}

#[test]
fn a_path_is_read_once_however_often_it_is_named() {
    let data = folder(&[("a.txt", b"a"), ("b.txt", b"b")]);
    let inputs = [data.path().join("./b.txt"), data.path().into(), data.path().join("a.txt")];
    let documents = read(&inputs).expect("reads");
    let texts: Vec<&str> = documents.iter().map(|document| &*document.text).collect();
    assert_eq!(texts, ["b", "a"]);
}

#[test]
fn a_missing_path_is_fatal_and_named() {
    let data = folder(&[("a.txt", b"a")]);
    let missing = data.path().join("b.txt");
    let error = read_with(&missing, &ReadConfig::default()).expect_err("fatal");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.path(), Some(&*missing));
    assert!(error.to_string().contains("check the path"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_reported() {
    use std::os::unix::fs::symlink;
    let data = folder(&[("a/b/c.txt", b"c"), ("d.txt", b"d")]);
    symlink(data.path().join("a"), data.path().join("a/b/up")).expect("a link");
    symlink(data.path().join("d.txt"), data.path().join("e.txt")).expect("a link");
    let collection = read_lenient(data.path());
    assert_eq!(names(&collection), ["c.txt", "d.txt", "e.txt"]);
    assert_skipped(&collection, "a/b/up", None, "link back to the folder");
    let config = ReadConfig { follow_links: false, ..ReadConfig::default() };
    let collection = read_with(data.path(), &config).expect("reads");
    assert_eq!(names(&collection), ["c.txt", "d.txt"]);
    assert_eq!(collection.skipped, []);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_named_and_the_rest_read() {
    use std::os::unix::fs::symlink;
    let data = folder(&[("a.txt", b"a"), ("z.txt", b"z")]);
    symlink("nowhere", data.path().join("m.txt")).expect("a link");
    let collection = read_lenient(data.path());
    assert_eq!(names(&collection), ["a.txt", "z.txt"]);
    assert_skipped(&collection, "m.txt", None, "points to nothing");

    fs::remove_file(data.path().join("m.txt")).expect("removed");
    let _socket =
        std::os::unix::net::UnixListener::bind(data.path().join("n.txt")).expect("a socket");
    assert_skipped(&read_lenient(data.path()), "n.txt", None, "a socket");
}

#[cfg(unix)]
#[test]
fn files_and_folders_without_permission_are_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = folder(&[("a.txt", b"a"), ("b.txt", b"b"), ("c/d.txt", b"d")]);
    for name in ["b.txt", "c"] {
        let mode = fs::Permissions::from_mode(0o0);
        fs::set_permissions(data.path().join(name), mode).expect("permissions");
    }
    // The superuser reads everything.
    let all_powerful = fs::File::open(data.path().join("b.txt")).is_ok();
    let collection = read_lenient(data.path());
    let open = fs::Permissions::from_mode(0o700);
    fs::set_permissions(data.path().join("c"), open).expect("permissions");
    if all_powerful {
        assert_eq!(collection.documents.len(), 3);
    } else {
        assert_eq!(names(&collection), ["a.txt"]);
        assert_eq!(collection.skipped.len(), 2);
    }
}

// Text.

#[test]
fn documents_of_few_or_no_tokens_are_kept() {
    let data = folder(&[
        ("0-empty.txt", b""),
        ("1-blank.txt", b" \n\t"),
        ("2-marks.txt", b"?!"),
        ("3-word.txt", b"word"),
        ("4-mark.txt", b"\xEF\xBB\xBF"),
        ("5-empty.jsonl", b""),
    ]);
    let collection = read_lenient(data.path());
    assert_eq!(texts(&collection), ["", " \n\t", "?!", "word", "\u{feff}"]);
    assert_eq!(collection.skipped, []);
}

#[test]
fn invalid_utf8_is_named_by_line_and_byte() {
    let data = folder(&[("a.txt", b"fine\nnot \xFF fine"), ("b.txt", b"b")]);
    let collection = read_lenient(data.path());
    assert_eq!(names(&collection), ["b.txt"]);
    assert_skipped(&collection, "a.txt", Some(2), "at byte 9");
}

#[test]
fn binary_data_is_no_text() {
    let data = folder(&[
        ("a.bin", &[0; 4096]),
        ("b.bin", b"\x7FELF\x02\x01\x01\x00\xFF\xFE\x80"),
        ("c.txt", b"one stray \0 in a text that is otherwise fine"),
    ]);
    let collection = read_lenient(data.path());
    assert_eq!(names(&collection), ["c.txt"]);
    assert_eq!(collection.skipped.len(), 2);
    assert!(collection.skipped.iter().all(|skipped| skipped.message.contains("binary data")));
}

#[test]
fn other_encodings_are_decoded() {
    let text = "Gruß 😀\r\nzwei";
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect()
    };
    let data = folder(&[
        ("a.txt", &utf16([0xFF, 0xFE], u16::to_le_bytes)),
        ("b.txt", &utf16([0xFE, 0xFF], u16::to_be_bytes)),
        ("c.txt.gz", &gzip(&utf16([0xFF, 0xFE], u16::to_le_bytes))),
        ("d.txt", "\u{feff}Gruß".as_bytes()),
    ]);
    let collection = read_lenient(data.path());
    assert_eq!(texts(&collection), [text, text, text, "\u{feff}Gruß"]);
    let encodings: Vec<Option<&str>> = collection
        .documents
        .iter()
        .map(|document| document.origin.as_ref().expect("an origin").encoding.as_deref())
        .collect();
    assert_eq!(encodings, [Some("UTF-16LE"), Some("UTF-16BE"), Some("UTF-16LE"), None]);

    let latin = folder(&[("a.txt", b"Gru\xDF"), ("b.jsonl", b"{\"text\":\"Gru\xDF\"}\n")]);
    let config = ReadConfig { encoding: Some("latin1".into()), ..ReadConfig::default() };
    let collection = read_with(latin.path(), &config).expect("reads");
    assert_eq!(texts(&collection), ["Gruß", "Gruß"]);

    let broken = folder(&[("a.txt", b"\xFF\xFEa\0\0\xDC")]);
    assert_skipped(&read_lenient(broken.path()), "a.txt", None, "not UTF-16LE at byte 4");
}

#[test]
fn a_file_beyond_the_limit_is_named() {
    let data =
        folder(&[("a.txt", &[b'a'; 101]), ("b.txt", &[b'b'; 100]), ("c", &gzip(&[b'c'; 101]))]);
    let config = ReadConfig { max_document_bytes: 100, ..ReadConfig::default() };
    let collection = read_with(data.path(), &config).expect("reads");
    assert_eq!(names(&collection), ["b.txt"]);
    assert_eq!(collection.skipped.len(), 2);
    assert!(collection.skipped.iter().all(|skipped| skipped.message.contains("more than 100")));
}

// Compression.

#[test]
fn compression_is_recognised_by_content() {
    let two_members = [gzip(b"one "), gzip(b"two")].concat();
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).expect("compresses");
    let two_frames = [zstd(b"one "), zstd(b"two")].concat();
    let skippable = [&b"\x50\x2A\x4D\x18\x02\0\0\0xx"[..], &zstd(b"three")].concat();
    let data = folder(&[
        ("a.gz", &two_members),
        ("b", &two_members),
        ("c.zst", &two_frames),
        ("d.txt", &two_frames),
        ("e.gz", b"not compressed"),
        ("f.zst", &skippable),
        ("g.jsonl.gz", &gzip(b"{\"text\":\"record\"}")),
    ]);
    let collection = read_lenient(data.path());
    assert_eq!(collection.skipped, []);
    assert_eq!(
        texts(&collection),
        ["one two", "one two", "one two", "one two", "not compressed", "three", "record"]
    );
}

/// Records that do not compress to nothing.
fn varied(lines: u64) -> String {
    let mut records = String::new();
    for line in 0..lines {
        let word = line.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        writeln!(records, "{{\"text\":\"{word:x}\"}}").expect("a string takes all");
    }
    records
}

#[test]
fn truncated_compression_loses_a_text_and_the_end_of_records() {
    let lines = varied(10_000);
    let zstd = zstd::encode_all(lines.as_bytes(), 3).expect("compresses");
    for bytes in [gzip(lines.as_bytes()), zstd] {
        let cut = &bytes[..bytes.len() / 2];
        let data = folder(&[("a.txt", cut), ("b.txt", b"b")]);
        let collection = read_lenient(data.path());
        assert_eq!(names(&collection), ["b.txt"]);
        assert_skipped(&collection, "a.txt", None, "damaged or ends early");

        let data = folder(&[("a.jsonl", cut)]);
        let collection = read_lenient(data.path());
        let read = collection.documents.len();
        assert!((100..9_900).contains(&read), "{read} records");
        let whole = read_stream(lines.as_bytes(), &jsonl());
        assert_eq!(texts(&collection), texts(&whole)[..read]);
        assert_skipped(&collection, "a.jsonl", Some(read as u64 + 1), "damaged or ends early");
    }
}

#[test]
fn a_header_alone_is_named() {
    for name in ["a.txt", "a.jsonl"] {
        let data = folder(&[(name, b"\x1F\x8B\x08\0")]);
        let collection = read_lenient(data.path());
        assert_eq!(collection.documents, []);
        assert_eq!(collection.skipped.len(), 1, "{name}");
        assert!(collection.skipped[0].message.contains("ends early"), "{collection:?}");
    }
}

// Records.

#[test]
fn records_become_documents_with_all_their_fields() {
    let lines = "\u{feff}{\"id\": 7, \"text\": \"seven\", \"outlet\": \"Post\", \"when\": \"2023-11-15\", \
                 \"tags\": [1, null]}\r\n\r\n  \n{\"text\":\"eight\\n\\u00e9\", \"outlet\": 8, \"when\": 1700006400}";
    let config =
        ReadConfig { group_by: Some("outlet".into()), date_field: Some("when".into()), ..jsonl() };
    let collection = read_stream(lines.as_bytes(), &config);
    assert_eq!(collection.skipped, []);
    let [seven, eight] = &collection.documents[..] else { panic!("{collection:?}") };
    assert_eq!((&*seven.name, &*seven.text), ("7", "seven"));
    assert_eq!(seven.group.as_deref(), Some("Post"));
    assert_eq!(seven.date.as_deref(), Some("2023-11-15"));
    let tags = FieldValue::List(vec![FieldValue::Integer(1), FieldValue::Null]);
    assert_eq!(seven.metadata["tags"], tags);
    assert_eq!(seven.metadata.keys().collect::<Vec<_>>(), ["outlet", "tags", "when"]);
    assert_eq!((&*eight.name, &*eight.text), ("-:4", "eight\né"));
    assert_eq!(eight.group.as_deref(), Some("8"));
    assert_eq!(eight.date.as_deref(), Some("1700006400"));
    assert_eq!(eight.origin.as_ref().and_then(|origin| origin.line), Some(4));
}

#[test]
fn fields_may_be_nested_and_need_not_be_kept() {
    let lines = br#"{"doc": {"body": "a", "key": "k"}, "meta": {"outlet": "Post"}, "a.b": "x"}"#;
    let config = ReadConfig {
        text_field: "doc.body".into(),
        id_field: Some("doc.key".into()),
        group_by: Some("meta.outlet".into()),
        metadata: false,
        ..jsonl()
    };
    let collection = read_stream(lines, &config);
    let expected = Document::new("k", "a").in_group("Post");
    let found = Document { origin: None, ..collection.documents[0].clone() };
    assert_eq!(found, expected);
    let literal = ReadConfig { text_field: "a.b".into(), ..config };
    assert_eq!(texts(&read_stream(lines, &literal)), ["x"]);
}

#[test]
fn bad_lines_are_named_and_the_rest_is_read() {
    let lines: &[u8] = b"{\"text\":\"good\"}\nno json\n{\"body\":\"x\",\"n\":1}\n{\"text\":5}\n\
        {\"text\":null}\n[1]\n{\"text\":\"\xFF\"}\n{\"text\":\"cut\n{\"text\":\"a\"} {}\n\
        {\"id\":null,\"text\":\"also good\"}\n{\"text\":\"\\ud800\"}\n";
    let collection = read_stream(lines, &jsonl());
    assert_eq!(texts(&collection), ["good", "also good"]);
    assert_eq!(collection.documents[1].name, "-:10");
    let found: Vec<(u64, &str)> = collection
        .skipped
        .iter()
        .map(|skipped| (skipped.line.expect("a line"), &*skipped.message))
        .collect();
    let expected = [
        (2, "no JSON"),
        (3, "without the field \"text\" (it has body, n); name the right field with --text-field"),
        (4, "a number in the field \"text\""),
        (5, "null in the field \"text\""),
        (6, "expected an object"),
        (7, "not UTF-8 at byte 9"),
        (8, "no JSON (EOF while parsing a string"),
        (9, "trailing characters"),
        (11, "half of a surrogate pair"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((line, message), (expected_line, part)) in found.iter().zip(expected) {
        assert_eq!(*line, expected_line);
        assert!(message.contains(part), "{message} lacks {part}");
    }
}

#[test]
fn unknown_dates_are_left_out_and_said_so() {
    let lines =
        b"{\"text\":\"a\",\"d\":\"yesterday\"}\n{\"text\":\"b\",\"d\":null}\n{\"text\":\"c\"}\n";
    let config = ReadConfig { date_field: Some("d".into()), ..jsonl() };
    let collection = read_stream(lines, &config);
    assert_eq!(texts(&collection), ["a", "b", "c"]);
    assert!(collection.documents.iter().all(|document| document.date.is_none()));
    assert_skipped(&collection, "-", Some(1), "its date left out");
}

#[test]
fn a_field_that_no_record_has_is_fatal() {
    let group = ReadConfig { group_by: Some("outlte".into()), ..jsonl() };
    let date = ReadConfig { date_field: Some("dat".into()), ..jsonl() };
    for config in [group, date] {
        let input = Input::reader("-", &b"{\"text\":\"a\",\"outlet\":\"b\",\"date\":1}\n"[..]);
        let error = doublet::source::read_all([input], &config, &()).expect_err("fatal");
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
}

#[test]
fn groups_come_from_places_too() {
    let data = folder(&[
        ("x/y/a.txt", b"a"),
        ("x/b.jsonl", b"{\"text\":\"b\"}\n{\"text\":\"c\",\"folder\":\"own\"}"),
    ]);
    let groups = |name: &str| {
        let config = ReadConfig { group_by: Some(name.into()), ..ReadConfig::default() };
        let collection = read_with(&data.path().join("x"), &config).expect("reads");
        collection.documents.into_iter().map(|document| document.group.expect("one")).collect()
    };
    let shown = |path: &str| data.path().join(path).to_string_lossy().into_owned();
    let [folders, sources, paths]: [Vec<String>; 3] = ["folder", "source", "path"].map(groups);
    assert_eq!(folders, [".", "own", "y"]);
    assert_eq!(sources, [shown("x"), shown("x"), shown("x")]);
    assert_eq!(paths, [shown("x/b.jsonl"), shown("x/b.jsonl"), shown("x/y/a.txt")]);
}

#[test]
fn json_files_may_be_arrays_or_indented() {
    let data = folder(&[
        ("a.json", b"[\n {\"text\": \"a\", \"id\": \"A\"},\n 5,\n {\"text\": \"b\"}\n]\n"),
        ("b.json", b"{\n \"text\": \"c\"\n}\n{\n \"text\": \"d\"\n}"),
        ("c.json", b"{\"text\": \"e\"}\nbad\n{\"text\": \"f\"}\n"),
        ("d.json", b"[{\"text\": \"g\"},\n{\"text\": \"h"),
        ("e.json", b"[]"),
    ]);
    let collection = read_lenient(data.path());
    assert_eq!(texts(&collection), ["a", "b", "c", "d", "e", "f", "g"]);
    assert!(collection.documents[1].name.ends_with("a.json:4"));
    assert!(collection.documents[3].name.ends_with("b.json:4"));
    let lines: Vec<Option<u64>> = collection.skipped.iter().map(|skipped| skipped.line).collect();
    assert_eq!(lines, [Some(3), Some(2), Some(2)], "{:?}", collection.skipped);
}

#[test]
fn a_line_of_200_megabytes_is_read() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let path = data.path().join("long.jsonl");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).expect("a file"));
    let chunk = "all work and no play ".repeat(50_000);
    let chunks = 200_000_000 / chunk.len() + 1;
    file.write_all(b"{\"text\":\"before\"}\n{\"text\":\"").expect("writes");
    for _ in 0..chunks {
        file.write_all(chunk.as_bytes()).expect("writes");
    }
    file.write_all(b"\"}\n{\"text\":\"after\"}").expect("writes");
    file.flush().expect("writes");
    let collection = read_lenient(&path);
    let lengths: Vec<usize> = texts(&collection).iter().map(|text| text.len()).collect();
    assert_eq!(lengths, [6, chunks * chunk.len(), 5]);

    // Beyond the limit the line is passed over without being held.
    let config = ReadConfig { max_document_bytes: 1000, ..ReadConfig::default() };
    let collection = read_with(&path, &config).expect("reads");
    assert_eq!(texts(&collection), ["before", "after"]);
    assert_skipped(&collection, "long.jsonl", Some(2), "more than 1000 bytes");
}

#[test]
fn problems_beyond_a_number_are_counted() {
    let lines = "{}\n".repeat(10_003);
    let collection = read_stream(lines.as_bytes(), &jsonl());
    assert_eq!(collection.skipped.len(), doublet::source::NAMED_PROBLEMS + 1);
    assert!(collection.skipped[10_000].message.contains("3 more problems"));
}

// Streams, order, control.

#[test]
fn a_stream_is_text_or_records_by_its_start() {
    let auto = ReadConfig::default();
    let text = read_stream(b"plain {text}", &auto);
    assert_eq!((texts(&text), &*text.documents[0].name), (vec!["plain {text}"], "-"));
    assert_eq!(texts(&read_stream(b"{\"text\": \"a\"}\n{\"text\": \"b\"}\n", &auto)), ["a", "b"]);
    assert_eq!(texts(&read_stream(&gzip(b" {\"text\": \"a\"}"), &auto)), ["a"]);
    assert_eq!(texts(&read_stream(b"[{\"text\": \"a\"}]", &jsonl())), ["a"]);
    let forced = ReadConfig { format: Format::Text, ..auto };
    assert_eq!(texts(&read_stream(b"{\"text\": 1}", &forced)), ["{\"text\": 1}"]);
}

#[test]
fn order_does_not_depend_on_threads() {
    let mut lines = String::new();
    for n in 0..60_000 {
        let text = "x".repeat(n % 300);
        writeln!(lines, "{{\"text\":\"{n} {text}\"}}").expect("a string takes all");
    }
    let lines = lines.replacen("{\"text\":\"31000", "{\"tex\":\"31000", 1);
    let mut files = vec![("m.jsonl".to_owned(), lines.into_bytes())];
    // Sizes are mixed so that files finish out of order.
    files.extend((0..300).map(|n: usize| (format!("{n:03}.txt"), vec![b'a'; n * 7919 % 50_000])));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    let data = folder(&files);
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let strict = ReadConfig { strict: true, ..ReadConfig::default() };
        pool.install(|| {
            let failure = read_with(data.path(), &strict).expect_err("a bad line");
            (read_lenient(data.path()), failure.to_string())
        })
    };
    let one = with_threads(1);
    assert_eq!(one.0.documents.len(), 60_299);
    assert_skipped(&one.0, "m.jsonl", Some(31_001), "without the field");
    for threads in [2, 7] {
        assert_eq!(with_threads(threads), one, "{threads} threads");
    }
}

#[test]
fn strict_reading_returns_the_first_problem_in_order() {
    let data = folder(&[
        ("a.txt", b"a"),
        ("b.jsonl", b"{\"text\":\"b\"}\nbad\nworse\n"),
        ("c.txt", b"\xFF"),
    ]);
    let error = read(&[data.path()]).expect_err("strict");
    assert!(error.path().is_some_and(|path| path.ends_with("b.jsonl")), "{error}");
    assert_eq!(error.line_number(), Some(2));
}

/// Two documents with a problem between them.
struct Custom;

impl Source for Custom {
    fn name(&self) -> String {
        "custom".into()
    }

    fn read(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        sink.document(Document::new("1", "one"))?;
        sink.problem(Error::new(ErrorKind::Format, "a gap"))?;
        sink.document(Document::new("2", "two"))?;
        Err(Error::new(ErrorKind::Io, "the end of the line"))
    }
}

#[test]
fn sources_of_ones_own_keep_what_they_read_before_an_error() {
    let inputs = [Input::custom(Custom), Input::reader("x", &b"after"[..])];
    let collection =
        doublet::source::read_all(inputs, &ReadConfig::default(), &()).expect("nothing fatal");
    assert_eq!(texts(&collection), ["one", "two", "after"]);
    let skipped: Vec<(&str, &str)> =
        collection.skipped.iter().map(|skipped| (&*skipped.path, &*skipped.message)).collect();
    assert_eq!(skipped, [("custom", "found a gap"), ("custom", "found the end of the line")]);
}

#[derive(Default)]
struct Meter {
    files: AtomicU64,
    expected: AtomicU64,
    read: AtomicU64,
    stop: AtomicBool,
}

impl Progress for Meter {
    fn begin(&self, files: u64, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.expected.store(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[test]
fn progress_counts_bytes_on_disk_and_may_stop() {
    let data = folder(&[("a.txt", b"abc"), ("b.gz", &gzip(&[b'b'; 1000])), ("c.jsonl", b"{}")]);
    let meter = Meter::default();
    let run =
        || doublet::source::read_all([Input::path(data.path())], &ReadConfig::default(), &meter);
    run().expect("reads");
    assert_eq!(meter.files.load(Ordering::Relaxed), 3);
    assert_eq!(meter.read.load(Ordering::Relaxed), meter.expected.load(Ordering::Relaxed));
    meter.stop.store(true, Ordering::Relaxed);
    assert_eq!(run().expect_err("stopped").kind(), ErrorKind::Interrupted);
}

proptest! {
    #[test]
    fn any_text_survives_a_record(texts in prop::collection::vec(any::<String>(), 0..20), crlf: bool) {
        let end = if crlf { "\r\n" } else { "\n" };
        let lines: String = texts
            .iter()
            .map(|text| serde_json::json!({"id": text, "text": text, "more": text}).to_string() + end)
            .collect();
        let collection = read_stream(lines.as_bytes(), &jsonl());
        prop_assert_eq!(&collection.skipped, &vec![]);
        prop_assert_eq!(collection.documents.len(), texts.len());
        for (document, text) in collection.documents.iter().zip(&texts) {
            prop_assert_eq!(&document.text, text);
            prop_assert_eq!(&document.name, text);
            prop_assert_eq!(&document.metadata["more"], &FieldValue::Text(text.clone()));
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), json: bool, known in 0_usize..5) {
        let heads: [&[u8]; 5] = [b"", b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD", b"\xFF\xFE", b"[{\"text\":\"a\"},"];
        let bytes = [heads[known], &bytes].concat();
        let config = if json { jsonl() } else { ReadConfig::default() };
        let collection = read_stream(&bytes, &config);
        if !json {
            prop_assert_eq!(collection.documents.len() + collection.skipped.len(), 1);
        }
    }
}
