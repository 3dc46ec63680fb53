//! Tables, Parquet and web archives: read alike, written again without what goes, and damaged.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use doublet::dedup::{Edits, Layout, Plan};
use doublet::source::{
    Collection, Input, ReadConfig, RecordPlace, StreamOptions, read_all, stream,
};
use doublet::{DocId, Document, Span};
use proptest::prelude::*;
use tempfile::TempDir;

/// A document as it is written in each format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) text: String,
}

pub(crate) fn pages(count: usize) -> Vec<Page> {
    let page = |number: usize| Page {
        url: format!("http://h{}.org/{number}", number % 7),
        text: format!(
            "Page {number}:\nhe said “{}”, and \"left\"; é,\t",
            "so ".repeat(number % 23)
        ),
    };
    (0..count).map(page).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

pub(crate) fn csv(pages: &[Page], delimiter: char) -> Vec<u8> {
    let mut table = format!("id{delimiter}text{delimiter}n\r\n");
    for (number, page) in pages.iter().enumerate() {
        let text = quoted(&page.text);
        table += &format!("{}{delimiter}{text}{delimiter}{number}\r\n", page.url);
    }
    table.into_bytes()
}

fn jsonl(pages: &[Page]) -> Vec<u8> {
    let line =
        |page: &Page| format!("{{\"id\": {:?}, \"text\": {}}}\n", page.url, json(&page.text));
    pages.iter().map(line).collect::<String>().into_bytes()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

/// The records of a web archive; the first is no document.
pub(crate) fn warc(pages: &[Page]) -> Vec<Vec<u8>> {
    let record = |kind: &str, uri: &str, content: &str, body: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\n\
             WARC-Date: 2023-11-15T08:30:00Z\r\nWARC-Block-Digest: sha1:XYZ\r\n\
             Content-Type: {content}\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n",
            body.len()
        )
        .into_bytes()
    };
    let mut records = vec![record("warcinfo", "", "application/warc-fields", "software: x\r\n")];
    records
        .extend(pages.iter().map(|page| record("conversion", &page.url, "text/plain", &page.text)));
    records
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

pub(crate) fn members(records: &[Vec<u8>]) -> Vec<u8> {
    records.iter().flat_map(|record| gzip(record)).collect()
}

pub(crate) fn place(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    folder
}

pub(crate) fn read(path: &Path) -> Collection {
    read_all([Input::path(path)], &ReadConfig::default(), &()).expect("reads")
}

pub(crate) fn texts(documents: &[Document]) -> Vec<Page> {
    let page =
        |document: &Document| Page { url: document.name.clone(), text: document.text.clone() };
    documents.iter().map(page).collect()
}

/// Streams a path and checks that it gives what reading whole does; returns the places.
pub(crate) fn check_stream(path: &Path, whole: &Collection) -> Vec<RecordPlace> {
    let mut places = Vec::new();
    for batch_bytes in [1, 2_000, 1 << 20] {
        places.clear();
        let mut documents = Vec::new();
        let options = StreamOptions { batch_bytes, ..StreamOptions::default() };
        let end = stream([Input::path(path)], &ReadConfig::default(), &options, &(), |batch| {
            documents.extend(batch.documents);
            places.extend(batch.places);
            Ok(())
        })
        .expect("streams");
        assert_eq!((&documents, &end.skipped), (&whole.documents, &whole.skipped));
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
    }
    let chosen: Vec<RecordPlace> = places.iter().copied().step_by(5).collect();
    let wanted = |place: RecordPlace| chosen.contains(&place);
    let options = StreamOptions { wanted: Some(&wanted), ..StreamOptions::default() };
    let mut again = Vec::new();
    stream([Input::path(path)], &ReadConfig::default(), &options, &(), |batch| {
        again.extend(batch.documents);
        Ok(())
    })
    .expect("streams");
    let expected: Vec<Document> = whole.documents.iter().step_by(5).cloned().collect();
    assert_eq!(again, expected, "what was wanted of {}", path.display());
    places
}

#[test]
fn formats_are_read_alike() {
    let pages = pages(300);
    let records = warc(&pages);
    let folder = place(&[
        ("a.jsonl", jsonl(&pages)),
        ("b.csv", csv(&pages, ',')),
        ("c.csv.gz", gzip(&csv(&pages, ';'))),
        ("d.tsv", [&b"\xEF\xBB\xBF"[..], &csv(&pages, '\t')].concat()),
        ("e.wet.gz", members(&records)),
        ("f.warc", records.concat()),
        ("g.warc.zst", zstd::encode_all(&records.concat()[..], 1).expect("in memory")),
    ]);
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let found = read(&path);
        assert_eq!(found.skipped, [], "{}", path.display());
        assert_eq!(texts(&found.documents), pages, "{}", path.display());
        check_stream(&path, &found);
    }
    let found = read(&folder.path().join("e.wet.gz")).documents;
    assert_eq!(found[3].date.as_deref(), Some("2023-11-15T08:30:00Z"));
    assert_eq!(found[3].metadata["host"], doublet::FieldValue::Text("h3.org".into()));
    let grouped = ReadConfig { group_by: Some("host".into()), ..ReadConfig::default() };
    let found = read_all([Input::path(folder.path().join("f.warc"))], &grouped, &());
    assert_eq!(found.expect("reads").documents[8].group.as_deref(), Some("h1.org"));
}

#[test]
fn lines_are_those_where_records_begin() {
    let table = "id,text\na,\"one\ntwo\"\n\nb,three,four\nc,five\n\"d\",\"si\"x\ne,\"open\n";
    let folder = place(&[("t.csv", table.into())]);
    let found = read(&folder.path().join("t.csv"));
    let lines: Vec<Option<u64>> = found
        .documents
        .iter()
        .map(|document| document.origin.as_ref().and_then(|o| o.line))
        .collect();
    assert_eq!(lines, [Some(2), Some(6)]);
    let skipped: Vec<(Option<u64>, &str)> =
        found.skipped.iter().map(|skipped| (skipped.line, skipped.message.as_str())).collect();
    let [bad, inside, open] = &skipped[..] else { panic!("{skipped:?}") };
    assert!(bad.0 == Some(5) && bad.1.contains("3 fields"), "{bad:?}");
    assert!(inside.0 == Some(7) && inside.1.contains("quotation mark"), "{inside:?}");
    assert!(open.0 == Some(8) && open.1.contains("without its end"), "{open:?}");
}

#[test]
fn tables_without_the_column_and_damaged_archives_are_named() {
    let records = warc(&pages(5));
    let whole = members(&records);
    let plain = records.concat();
    let folder = place(&[
        ("a.csv", b"id,body\n1,x\n".to_vec()),
        ("b.csv", b"".to_vec()),
        ("c.wet.gz", whole[..whole.len() - 30].to_vec()),
        ("d.warc", plain[..plain.len() - 20].to_vec()),
        ("e.warc", [&plain[..], b"<html>"].concat()),
    ]);
    for (name, documents, line, message) in [
        ("a.csv", 0, Some(1), "no column \"text\" (there are id, body)"),
        ("b.csv", 0, Some(1), "no column \"text\""),
        ("c.wet.gz", 4, Some(6), "compressed data that is damaged or ends early"),
        ("d.warc", 4, Some(6), "the file ends within a record"),
        ("e.warc", 5, Some(7), "the file ends within a record"),
    ] {
        let found = read(&folder.path().join(name));
        let [skipped] = &found.skipped[..] else { panic!("{name}: {:?}", found.skipped) };
        assert_eq!((found.documents.len(), skipped.line), (documents, line), "{name}: {skipped:?}");
        assert!(skipped.message.contains(message), "{name}: {}", skipped.message);
    }
}

/// A plan over documents: what goes, and what is cut.
pub(crate) fn plan(documents: &[Document], gone: &[bool], cut: &[Option<(u8, u8)>]) -> Plan {
    let gone: Vec<bool> = (0..documents.len()).map(|id| gone[id % gone.len()]).collect();
    let mut cuts = BTreeMap::new();
    for (id, document) in documents.iter().enumerate() {
        let Some((from, to)) = cut[id % cut.len()] else { continue };
        let bound = |share: u8| {
            let mut at = document.text.len() * usize::from(share) / 256;
            while !document.text.is_char_boundary(at) {
                at -= 1;
            }
            at as u32
        };
        let (start, end) = (bound(from.min(to)), bound(from.max(to)));
        if !gone[id] && start < end {
            cuts.insert(DocId(id as u32), vec![Span { start, end }]);
        }
    }
    Plan { gone, cuts, ..Plan::default() }
}

/// The pages as they should be after a plan.
pub(crate) fn expected(documents: &[Document], plan: &Plan, replacement: &str) -> Vec<Page> {
    let mut pages = texts(documents);
    for (id, spans) in &plan.cuts {
        pages[id.index()].text.replace_range(spans[0].range(), replacement);
    }
    let stays = plan.gone.iter().map(|gone| !gone);
    pages.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|(page, _)| page).collect()
}

/// Writes a file without what a plan takes out, and says where.
pub(crate) fn rewrite(path: &Path, plan: &Plan, documents: &[Document]) -> (TempDir, PathBuf) {
    let out = TempDir::new().expect("a folder");
    let layout = Layout::new(&[path.to_path_buf()], &ReadConfig::default(), None).expect("lists");
    let edits = Edits::of_plan(documents, plan, "[…]");
    let written = layout.write(out.path(), &edits, &()).expect("writes");
    assert_eq!(written.files, 1);
    let target = out.path().join(path.file_name().expect("a name"));
    (out, target)
}

/// A plan and its opposite: what stays of one goes in the other.
pub(crate) fn check_rewriting(
    path: &Path,
    gone: &[bool],
    cut: &[Option<(u8, u8)>],
) -> [Vec<u8>; 2] {
    let documents = read(path).documents;
    let plan = plan(&documents, gone, cut);
    let (_kept_folder, kept) = rewrite(path, &plan, &documents);
    let found = read(&kept);
    assert_eq!(found.skipped, []);
    assert_eq!(texts(&found.documents), expected(&documents, &plan, "[…]"));
    let opposite = Plan { gone: plan.gone.iter().map(|gone| !gone).collect(), ..Plan::default() };
    let (_removed_folder, removed) = rewrite(path, &opposite, &documents);
    [kept, removed].map(|path| fs::read(path).expect("written"))
}

pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain).expect("whole");
    plain
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_stay_are_the_bytes_that_came_in(
        gone in prop::collection::vec(any::<bool>(), 1..20),
        cut in prop::collection::vec(prop::option::weighted(0.3, any::<(u8, u8)>()), 1..20),
        count in 1_usize..40,
    ) {
        let pages = pages(count);
        let table = csv(&pages, ',');
        let folder = place(&[("t.csv", table.clone())]);
        let path = folder.path().join("t.csv");
        check_rewriting(&path, &gone, &cut);
        let [kept, removed] = check_rewriting(&path, &gone, &[None]);
        // Without cuts, the lines of both in order are the table.
        let head = csv(&[], ',').len();
        let (mut kept, mut removed, mut rest) = (&kept[head..], &removed[head..], &table[head..]);
        for number in 0..pages.len() {
            let row = csv(&pages[..=number], ',').len() - csv(&pages[..number], ',').len();
            let from = if gone[number % gone.len()] { &mut removed } else { &mut kept };
            prop_assert!(from.starts_with(&rest[..row]));
            (*from, rest) = (&from[row..], &rest[row..]);
        }
        prop_assert!(kept.is_empty() && removed.is_empty() && rest.is_empty());
    }

    #[test]
    fn members_of_records_that_stay_are_the_bytes_that_came_in(
        gone in prop::collection::vec(any::<bool>(), 1..20),
        cut in prop::collection::vec(prop::option::weighted(0.3, any::<(u8, u8)>()), 1..20),
        count in 1_usize..30,
    ) {
        let records = warc(&pages(count));
        let folder = place(&[
            ("a.wet.gz", members(&records)),
            ("b.wet.gz", gzip(&records.concat())),
            ("c.wet", records.concat()),
        ]);
        for name in ["a.wet.gz", "b.wet.gz", "c.wet"] {
            let path = folder.path().join(name);
            check_rewriting(&path, &gone, &cut);
            let kept = (0..count).filter(|number| !gone[number % gone.len()]);
            let kept: Vec<Vec<u8>> = [0].into_iter().chain(kept.map(|number| number + 1))
                .map(|number| records[number].clone()).collect();
            let [now, removed] = check_rewriting(&path, &gone, &[None]);
            if name == "a.wet.gz" {
                prop_assert_eq!(&now, &members(&kept));
            }
            let plain = |bytes: &[u8]| if name == "c.wet" { bytes.to_vec() } else { gunzip(bytes) };
            prop_assert_eq!(plain(&now), kept.concat());
            let all = plain(&now).len() + plain(&removed).len();
            prop_assert_eq!(all, records.concat().len() + records[0].len());
        }
    }
}

#[test]
fn each_kept_record_of_an_archive_is_a_member() {
    let records = warc(&pages(10));
    let folder = place(&[("b.wet.gz", gzip(&records.concat()))]);
    let path = folder.path().join("b.wet.gz");
    let [kept, _] = check_rewriting(&path, &[false, true], &[None]);
    let mut rest = &kept[..];
    let mut found = 0;
    while !rest.is_empty() {
        let mut member = flate2::bufread::GzDecoder::new(rest);
        let mut record = Vec::new();
        member.read_to_end(&mut record).expect("whole");
        assert!(records.contains(&record));
        rest = member.into_inner();
        found += 1;
    }
    assert_eq!(found, 6);
}

pub(crate) fn doublet(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doublet"));
    let output = command.current_dir(folder).args(arguments).output().expect("starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_program_cleans_and_marks_tables() {
    let words = |number: usize| {
        (0..60).map(|word| format!("w{} ", (word * 7 + number * 131) % 997)).collect::<String>()
    };
    let mut table = "id;text\n".to_owned();
    for number in [1, 2, 1, 3] {
        table += &format!("{number};{}\n", words(number));
    }
    table += "bad row\n";
    let folder =
        place(&[("in/t.csv", table.clone().into()), ("in/u.csv", b"id;text\nx;y\n".to_vec())]);
    let (code, said) = doublet(folder.path(), &["dedup", "in", "--output", "out"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("t.csv:6"), "{said}");
    let kept = fs::read_to_string(folder.path().join("out/t.csv")).expect("written");
    let rows: Vec<&str> = table.lines().collect();
    let expected: Vec<&str> =
        rows.iter().enumerate().filter(|(at, _)| *at != 3).map(|(_, row)| *row).collect();
    assert_eq!(kept.lines().collect::<Vec<_>>(), expected);

    let (code, said) = doublet(folder.path(), &["dedup", "in", "--output", "marked", "--annotate"]);
    assert_eq!(code, Some(1), "{said}");
    let marked = fs::read_to_string(folder.path().join("marked/t.csv")).expect("written");
    let mut rows = marked.lines();
    let header = rows.next().expect("a header");
    assert!(header.starts_with("id;text;doublet_cluster;doublet_representative"), "{header}");
    let third = rows.nth(2).expect("a row");
    assert!(third.contains(";0;1;exact;1;"), "{third}");
    assert_eq!(marked.lines().last(), Some("bad row"));
    let other = fs::read_to_string(folder.path().join("marked/u.csv")).expect("written");
    assert!(other.ends_with("x;y;;;;;\n"), "{other}");
}

#[test]
fn what_files_hold_can_be_said() {
    let pages = pages(3);
    let folder = place(&[("table.dat", csv(&pages, ',')), ("archive.dat", warc(&pages).concat())]);
    for (name, format) in [("table.dat", "csv"), ("archive.dat", "wet")] {
        let config = ReadConfig { format: format.parse().expect("known"), ..ReadConfig::default() };
        let path = folder.path().join(name);
        let found = read_all([Input::path(&path)], &config, &()).expect("reads");
        assert_eq!(texts(&found.documents), pages, "{name}");
        let bytes = fs::read(&path).expect("there");
        let found = read_all([Input::reader("-", std::io::Cursor::new(bytes))], &config, &());
        assert_eq!(texts(&found.expect("reads").documents), pages, "{name} as a stream");
    }
    let (code, said) = doublet(folder.path(), &["find", "--format-in", "csv", "table.dat", "-q"]);
    assert_eq!(code, Some(0), "{said}");
    let error = "excel".parse::<doublet::source::Format>().expect_err("unknown");
    assert!(error.to_string().contains("parquet"), "{error}");
}
