//! Tables and web archives at their edges: marks, limits, findings twice, members in pieces.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use doublet::source::{Input, ReadConfig, read_all};

use super::formats::{
    check_rewriting, doublet, gunzip, gzip, members, pages, place, read, texts, warc,
};

/// The mark that UTF-8 may begin with.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Runs `dedup - --output out` with this on standard input.
fn dedup_stdin(folder: &Path, input: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_doublet"))
        .current_dir(folder)
        .args(["dedup", "-"])
        .args(arguments)
        .args(["--output", "out"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("it is read");
    let output = child.wait_with_output().expect("ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Sixty words that belong to a number.
fn words(number: usize) -> String {
    let words: Vec<String> =
        (0..60).map(|word| format!("w{}", (word * 7 + number * 131) % 997)).collect();
    words.join(" ")
}

#[test]
fn text_on_standard_input_stays_where_another_document_goes() {
    let folder = place(&[
        ("in/a.txt", words(1).into_bytes()),
        ("in/b.txt", words(1).into_bytes()),
        ("in/c.txt", words(2).into_bytes()),
    ]);
    let text = words(3);
    let (code, said) = dedup_stdin(folder.path(), text.as_bytes(), &["in"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("out/stdin.txt")).expect("there"), text);
    assert!(!folder.path().join("out/in/b.txt").exists());
}

#[test]
fn the_encoding_of_files_is_none_of_an_archives_business() {
    let pages = pages(5);
    let archive = warc(&pages).concat();
    let folder = place(&[("a.warc", archive.clone()), ("b.wet.gz", gzip(&archive))]);
    let latin = ReadConfig { encoding: Some("latin1".into()), ..ReadConfig::default() };
    for name in ["a.warc", "b.wet.gz"] {
        let found = read_all([Input::path(folder.path().join(name))], &latin, &()).expect("reads");
        assert_eq!((texts(&found.documents), found.skipped.len()), (pages.clone(), 0), "{name}");
    }
    let piped = Input::reader("-", std::io::Cursor::new(archive));
    let found = read_all([piped], &latin, &()).expect("reads");
    assert_eq!(texts(&found.documents), pages);
}

#[test]
fn archives_on_standard_input_may_have_records_in_any_encoding() {
    let record = |number: usize, bytes: &[u8]| {
        let head = format!(
            "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://x.org/{number}\r\n\
             Content-Type: text/plain; charset=latin1\r\nContent-Length: {}\r\n\r\n",
            bytes.len()
        );
        [head.as_bytes(), bytes, b"\r\n\r\n"].concat()
    };
    let text = |number| [words(number).as_bytes(), b" caf\xE9"].concat();
    let records = [record(0, &text(1)), record(1, &text(2)), record(2, &text(1))];
    let folder = place(&[("in.warc", records.concat())]);
    let (code, said) = dedup_stdin(folder.path(), &records.concat(), &[]);
    assert_eq!(code, Some(0), "{said}");
    let kept = fs::read(folder.path().join("out/stdin.warc")).expect("there");
    assert_eq!(kept, records[..2].concat());
}

#[test]
fn a_byte_order_mark_stays_before_the_header() {
    let quoted = "\"a;b\";text\n";
    let row = |number: usize| format!("{number};{}\n", words(number));
    let table = [MARK, quoted.as_bytes(), row(1).as_bytes(), row(1).as_bytes()].concat();
    let folder = place(&[("t.csv", table)]);
    let at = |name: &str| fs::read(folder.path().join(name)).expect("there");
    let (code, said) = doublet(folder.path(), &["dedup", "t.csv", "--output", "out"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(at("out/t.csv"), [MARK, quoted.as_bytes(), row(1).as_bytes()].concat());
    let annotate = ["dedup", "t.csv", "--output", "marked", "--annotate"];
    let (code, said) = doublet(folder.path(), &annotate);
    assert_eq!(code, Some(0), "{said}");
    let marked = String::from_utf8(at("marked/t.csv")).expect("UTF-8");
    let header = marked.lines().next().expect("a header");
    assert!(header.starts_with("\u{feff}\"a;b\";text;doublet_cluster;"), "{header}");
    assert!(marked.lines().nth(2).expect("a row").contains(";0;t.csv:2;exact;1;"), "{marked}");
}

#[test]
fn annotating_again_replaces_the_columns() {
    let row = |number: usize| format!("{number},{},\"x,y\"\r\n", words(number));
    let table = format!("id,text,other\r\n{}{}{}", row(1), row(2), row(1));
    let folder = place(&[("t.csv", table.clone().into())]);
    for (from, to) in [("t.csv", "one"), ("one/t.csv", "two")] {
        let (code, said) = doublet(folder.path(), &["dedup", from, "--output", to, "--annotate"]);
        assert_eq!(code, Some(0), "{said}");
    }
    let at = |name: &str| fs::read_to_string(folder.path().join(name)).expect("there");
    assert_eq!(at("two/t.csv"), at("one/t.csv"));
    // Without its rows nothing is found in the same table.
    let changed = at("one/t.csv").replacen("id,text,other", "id,text,doublet_score", 1);
    fs::write(folder.path().join("u.csv"), changed).expect("written");
    let (code, said) =
        doublet(folder.path(), &["dedup", "u.csv", "--output", "three", "--annotate"]);
    assert_eq!(code, Some(0), "{said}");
    let three = at("three/u.csv");
    assert_eq!(three.lines().next().map(|header| header.matches("score").count()), Some(1));
    assert!(!three.contains("x,y"), "{three}");
}

#[test]
fn the_largest_record_is_that_of_a_table_too() {
    let long = "several\nlines, \"\"\n".repeat(20_000);
    let rows = |long: &str| format!("id,text\na,short\nb,\"{long}\"\nc,last\n");
    for (long, lines) in [("five words that are few\nand\ntwo", 3), (&long, 40_001)] {
        let folder = place(&[("t.csv", rows(long).into())]);
        let config = ReadConfig { max_document_bytes: 20, ..ReadConfig::default() };
        let path = folder.path().join("t.csv");
        let found = read_all([Input::path(&path)], &config, &()).expect("reads");
        let at = |document: &doublet::Document| document.origin.as_ref().and_then(|o| o.line);
        let lines_of: Vec<_> = found.documents.iter().map(at).collect();
        assert_eq!(lines_of, [Some(2), Some(3 + lines)]);
        let [skipped] = &found.skipped[..] else { panic!("{:?}", found.skipped) };
        assert_eq!(skipped.line, Some(3));
        assert!(skipped.message.contains("more than 20 bytes"), "{}", skipped.message);
    }
}

/// Bytes as members of so many bytes each, whatever stands in them, and an empty one at the end.
fn blocks(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut all: Vec<u8> = bytes.chunks(size).flat_map(gzip).collect();
    all.extend(gzip(b""));
    all
}

#[test]
fn records_may_span_members() {
    let pages = pages(12);
    let records = warc(&pages);
    let plain = records.concat();
    for size in [7, 100, 1000, plain.len() / 2, plain.len()] {
        let folder = place(&[("a.wet.gz", blocks(&plain, size))]);
        let path = folder.path().join("a.wet.gz");
        assert_eq!(texts(&read(&path).documents), pages);
        check_rewriting(&path, &[true, false, false], &[None, Some((9, 200))]);
        let [kept, removed] = check_rewriting(&path, &[true, false, false], &[None]);
        let of = |goes: bool| {
            let all = records[1..].iter().enumerate();
            let all = all.filter(move |(number, _)| (number % 3 == 0) == goes);
            [records[0].clone()].into_iter().chain(all.map(|(_, record)| record.clone()))
        };
        assert_eq!(gunzip(&kept), of(false).collect::<Vec<_>>().concat(), "{size}");
        assert_eq!(gunzip(&removed), of(true).collect::<Vec<_>>().concat(), "{size}");
    }
}

#[test]
fn members_that_are_one_record_together_stay_as_they_are() {
    let records = warc(&pages(9));
    let halves = |record: &Vec<u8>| blocks(record, record.len().div_ceil(2));
    let stored: Vec<Vec<u8>> = records.iter().map(halves).collect();
    let folder = place(&[("a.wet.gz", [stored.concat(), members(&records)].concat())]);
    let path = folder.path().join("a.wet.gz");
    let mut gone = vec![false; 18];
    gone[4] = true;
    let [kept, _] = check_rewriting(&path, &gone, &[None]);
    // An empty member goes with the record after it.
    let halved = |record: &Vec<u8>| {
        let half = record.len().div_ceil(2);
        [gzip(&record[..half]), gzip(&record[half..])].concat()
    };
    let mut expected = Vec::new();
    for (number, record) in records.iter().enumerate().filter(|(number, _)| *number != 5) {
        expected.extend(if number > 0 { gzip(b"") } else { Vec::new() });
        expected.extend(halved(record));
    }
    expected.extend(gzip(b""));
    expected.extend(members(&records));
    assert!(kept == expected, "{} and {} bytes", kept.len(), expected.len());
}
