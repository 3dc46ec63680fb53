//! Parquet: columns of every kind, row groups, damage, and files of other writers.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, Float32Array, Int64Array,
    LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray, StructArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};
use doublet::dedup::{Edits, Layout, Plan};
use doublet::source::{Input, ReadConfig, read_all};
use doublet::{DocId, ErrorKind, FieldValue, Span};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;
use tempfile::TempDir;

use super::formats::{Page, check_rewriting, check_stream, pages, plan, read, rewrite, texts};

fn strings(pages: &[Page]) -> StringArray {
    pages.iter().map(|page| Some(page.text.as_str())).collect()
}

fn ids(pages: &[Page]) -> ArrayRef {
    Arc::new(pages.iter().map(|page| Some(page.url.as_str())).collect::<StringArray>())
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, group: usize, properties: WriterProperties) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .expect("columns of one length");
    let properties = properties.into_builder().set_max_row_group_row_count(Some(group)).build();
    let file = File::create(path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("valid");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("t.parquet");
    (folder, path)
}

#[test]
fn text_may_be_any_kind_of_string() {
    let pages = pages(500);
    let plain = strings(&pages);
    let texts_of = || plain.iter();
    let dictionary: DictionaryArray<Int32Type> = plain.iter().collect();
    let kinds: Vec<(&str, ArrayRef)> = vec![
        ("string", Arc::new(plain.clone())),
        ("large string", Arc::new(texts_of().collect::<LargeStringArray>())),
        ("view", Arc::new(texts_of().collect::<StringViewArray>())),
        ("dictionary", Arc::new(dictionary)),
        ("bytes", Arc::new(texts_of().map(|t| t.map(str::as_bytes)).collect::<BinaryArray>())),
    ];
    for (kind, text) in kinds {
        for (group, properties) in [
            (1000, WriterProperties::new()),
            (70, WriterProperties::builder().set_compression(Compression::SNAPPY).build()),
            (
                128,
                WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_writer_version(WriterVersion::PARQUET_2_0)
                    .set_data_page_size_limit(500)
                    .set_dictionary_enabled(false)
                    .build(),
            ),
            (500, WriterProperties::builder().set_compression(Compression::LZ4_RAW).build()),
        ] {
            let (_folder, path) = folder();
            write(&path, vec![("id", ids(&pages)), ("text", text.clone())], group, properties);
            let found = read(&path);
            assert_eq!(found.skipped, [], "{kind}");
            assert_eq!(texts(&found.documents), pages, "{kind}, groups of {group}");
            let places = check_stream(&path, &found);
            assert!(places.iter().map(|place| place.record).eq(1..=500));
        }
    }
}

#[test]
fn large_row_groups_are_read_in_slices() {
    // 24 MB of text in one group, most of it in pages that slices skip.
    let pages: Vec<Page> = (0..6000)
        .map(|number| Page { url: number.to_string(), text: format!("{number} ").repeat(800) })
        .collect();
    let (_folder, path) = folder();
    write(
        &path,
        vec![("id", ids(&pages)), ("text", Arc::new(strings(&pages)))],
        10_000,
        WriterProperties::builder().set_compression(Compression::SNAPPY).build(),
    );
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let found = pool.install(|| read(&path));
        assert!(texts(&found.documents) == pages, "{threads} threads");
    }
}

#[test]
fn other_columns_are_metadata_and_only_what_is_asked_for() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["one", "two"]));
    let outlet = Arc::new(StringArray::from(vec![Some("Globe"), None])) as ArrayRef;
    let inner = Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef;
    let meta = StructArray::from(vec![
        (Arc::new(Field::new("outlet", DataType::Utf8, true)), outlet),
        (Arc::new(Field::new("body", DataType::Utf8, true)), inner),
    ]);
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None]),
        Some(Vec::new()),
    ]);
    let vectors = ListArray::from_iter_primitive::<arrow_array::types::Float32Type, _, _>([
        Some(vec![Some(0.5)]),
        None,
    ]);
    let moment = TimestampMicrosecondArray::from(vec![Some(1_700_037_000_500_000), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![7, 8]))),
        ("text", text),
        ("meta", Arc::new(meta)),
        ("tags", Arc::new(tags)),
        ("vector", Arc::new(vectors)),
        ("day", Arc::new(Date32Array::from(vec![Some(19_676), Some(-1)]))),
        ("at", Arc::new(moment.with_timezone("UTC"))),
        ("share", Arc::new(Float32Array::from(vec![0.1, -2.0]))),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("large", Arc::new(UInt64Array::from(vec![u64::MAX, 3]))),
        ("raw", Arc::new(BinaryArray::from(vec![&b"\xFF"[..], b""]))),
    ];
    let (_folder, path) = folder();
    write(&path, columns, 10, WriterProperties::new());
    let read_with = |config: ReadConfig| {
        let found = read_all([Input::path(&path)], &config, &()).expect("reads");
        assert_eq!(found.skipped, []);
        found.documents
    };
    let config = ReadConfig {
        group_by: Some("meta.outlet".into()),
        date_field: Some("at".into()),
        ..ReadConfig::default()
    };
    let found = read_with(config.clone());
    let text = |text: &str| FieldValue::Text(text.into());
    assert_eq!((found[0].name.as_str(), found[0].group.as_deref()), ("7", Some("Globe")));
    assert_eq!(found[0].date.as_deref(), Some("2023-11-15T08:30:00.5Z"));
    assert_eq!((&found[1].group, &found[1].date), (&None, &None));
    let of = |name: &str| &found[0].metadata[name];
    assert_eq!(*of("tags"), FieldValue::List(vec![FieldValue::Integer(1), FieldValue::Null]));
    assert_eq!(*of("day"), text("2023-11-15"));
    assert_eq!(found[1].metadata["day"], text("1969-12-31"));
    assert_eq!((of("share"), of("yes")), (&FieldValue::Float(0.1), &FieldValue::Bool(true)));
    assert_eq!(*of("large"), FieldValue::Float(u64::MAX as f64));
    assert!(!found[0].metadata.contains_key("vector") && !found[0].metadata.contains_key("raw"));

    let few = ReadConfig { metadata_fields: Some(vec!["share".into()]), ..config.clone() };
    let found = read_with(few);
    assert_eq!(found[0].metadata.keys().collect::<Vec<_>>(), ["share"]);
    assert_eq!(found[0].group.as_deref(), Some("Globe"));

    let nested = ReadConfig { text_field: "meta.body".into(), metadata: false, ..config };
    let found = read_with(nested);
    assert_eq!((found[1].text.as_str(), found[1].metadata.len()), ("y", 0));
}

#[test]
fn texts_are_cut_in_the_column_that_was_read() {
    let strings = |texts: [&str; 2]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let field =
        |name: &str, kind: &ArrayRef| Arc::new(Field::new(name, kind.data_type().clone(), true));
    let (text, other) = (strings(["one two", "three"]), strings(["x", "y"]));
    let deep = Arc::new(StructArray::from(vec![(field("b", &other), other.clone())])) as ArrayRef;
    // A field whose name has a dot, beside a path of the same letters.
    let meta = StructArray::from(vec![(field("a.b", &text), text), (field("a", &deep), deep)]);
    let (_folder, path) = folder();
    write(&path, vec![("meta", Arc::new(meta))], 10, WriterProperties::new());
    let config = ReadConfig { text_field: "meta.a.b".into(), ..ReadConfig::default() };
    let read = |path: &Path| read_all([Input::path(path)], &config, &()).expect("reads").documents;
    let documents = read(&path);
    assert_eq!(documents[0].text, "one two");
    let plan = Plan {
        gone: vec![false; 2],
        cuts: [(DocId(0), vec![Span { start: 0, end: 4 }])].into(),
        ..Plan::default()
    };
    let out = TempDir::new().expect("a folder");
    let layout = Layout::new(std::slice::from_ref(&path), &config, None).expect("lists");
    layout.write(out.path(), &Edits::of_plan(&documents, &plan, ""), &()).expect("writes");
    let name = path.file_name().expect("a name");
    let texts: Vec<String> =
        read(&out.path().join(name)).into_iter().map(|document| document.text).collect();
    assert_eq!(texts, ["two", "three"]);
}

#[test]
fn nulls_columns_of_other_types_and_other_schemas_are_named() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let text = || Arc::new(StringArray::from(vec![Some("one"), None, Some("three")])) as ArrayRef;
    let numbers = || Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef;
    let raw = Arc::new(BinaryArray::from(vec![&b"ok"[..], b"\xFF", b"ok"]));
    let plain = WriterProperties::new;
    write(&path("a.parquet"), vec![("text", text()), ("id", numbers())], 2, plain());
    write(&path("b.parquet"), vec![("text", numbers())], 2, plain());
    write(&path("c.parquet"), vec![("body", text()), ("n", numbers())], 2, plain());
    write(&path("d.parquet"), vec![("more", numbers()), ("text", raw)], 2, plain());
    let found = read(folder.path());
    assert_eq!(found.documents.len(), 4);
    let said: Vec<(String, Option<u64>, &str)> = found
        .skipped
        .iter()
        .map(|skipped| {
            let name = Path::new(&skipped.path).file_name().expect("a name");
            (name.to_string_lossy().into_owned(), skipped.line, skipped.message.as_str())
        })
        .collect();
    let expected = [
        ("a.parquet", Some(2), "null in the field \"text\""),
        ("b.parquet", None, "a column \"text\" of type Int64; expected strings"),
        ("c.parquet", None, "no column \"text\" (there are body, n)"),
        ("d.parquet", Some(2), "bytes that are not UTF-8 at byte 0"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for ((name, line, message), (file, at, part)) in said.iter().zip(expected) {
        assert_eq!((name.as_str(), *line), (file, at), "{message}");
        assert!(message.contains(part), "{message}");
    }
    let strict = ReadConfig { strict: true, ..ReadConfig::default() };
    let error = read_all([Input::path(path("b.parquet"))], &strict, &()).expect_err("strict");
    assert_eq!(error.kind(), ErrorKind::Field);
    let unnamed = ReadConfig { id_field: Some("url".into()), strict: true, ..strict };
    let error = read_all([Input::path(path("a.parquet"))], &unnamed, &()).expect_err("no such id");
    assert!(error.to_string().contains("--id-field"), "{error}");
}

#[test]
fn damage_is_named_and_never_a_panic() {
    let pages = pages(400);
    let (folder, path) = folder();
    write(
        &path,
        vec![("id", ids(&pages)), ("text", Arc::new(strings(&pages)))],
        100,
        WriterProperties::builder().set_compression(Compression::SNAPPY).build(),
    );
    let whole = fs::read(&path).expect("written");
    let damaged = folder.path().join("d.parquet");
    for length in [0, 3, 4, 11, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        fs::write(&damaged, &whole[..length]).expect("written");
        let found = read(&damaged);
        let [skipped] = &found.skipped[..] else { panic!("{length}: {:?}", found.skipped) };
        assert!(skipped.message.contains("damaged or cut short"), "{}", skipped.message);
        assert!(found.documents.is_empty());
    }
    // Bytes that are not what they were: fewer documents or a named problem, and others stay.
    for at in (4..whole.len()).step_by(whole.len() / 60) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5A;
        bytes[at / 2 + 2] = bytes[at / 2 + 2].wrapping_add(77);
        fs::write(&damaged, &bytes).expect("written");
        let found = read(&damaged);
        assert!(found.documents.len() <= 400);
    }
}

fn properties(kind: u8) -> WriterProperties {
    match kind % 3 {
        0 => WriterProperties::new(),
        1 => WriterProperties::builder().set_compression(Compression::SNAPPY).build(),
        _ => WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_data_page_row_count_limit(3)
            .set_write_batch_size(2)
            .build(),
    }
}

/// Columns with nulls and lists beside the text.
fn columns(pages: &[Page]) -> Vec<(&'static str, ArrayRef)> {
    let numbers = 0..pages.len() as i64;
    let rare: Int64Array = numbers.clone().map(|n| (n % 3 != 1).then_some(n)).collect();
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(numbers.map(|number| {
        let values = (0..number % 4).map(|n| (n != 2).then_some(n as i32));
        (number % 5 != 3).then(|| values.collect::<Vec<_>>())
    }));
    vec![
        ("rare", Arc::new(rare)),
        ("text", Arc::new(strings(pages))),
        ("tags", Arc::new(tags)),
        ("id", ids(pages)),
    ]
}

/// All columns of a file as one batch.
fn table(path: &Path) -> RecordBatch {
    let file = File::open(path).expect("there");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
        .expect("whole")
        .with_batch_size(10_000);
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> =
        reader.build().expect("builds").map(|b| b.expect("whole")).collect();
    arrow_select::concat::concat_batches(&schema, &batches).expect("one schema")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_stay_keep_every_column(
        gone in prop::collection::vec(any::<bool>(), 1..20),
        cut in prop::collection::vec(prop::option::weighted(0.3, any::<(u8, u8)>()), 1..20),
        count in 1_usize..60,
        group in 1_usize..70,
        kind: u8,
    ) {
        let pages = pages(count);
        let (_folder, path) = folder();
        write(&path, columns(&pages), group, properties(kind));
        check_rewriting(&path, &gone, &cut);
        // Without cuts, what stays and what goes are the table.
        let documents = read(&path).documents;
        let (_out, kept) = rewrite(&path, &plan(&documents, &gone, &[None]), &documents);
        let other: Vec<bool> = gone.iter().map(|gone| !gone).collect();
        let (_out2, removed) = rewrite(&path, &plan(&documents, &other, &[None]), &documents);
        let (all, kept, removed) = (table(&path), table(&kept), table(&removed));
        prop_assert_eq!(all.schema(), kept.schema());
        let (mut from_kept, mut from_removed) = (0, 0);
        for row in 0..count {
            let (side, at) = if gone[row % gone.len()] {
                (&removed, &mut from_removed)
            } else {
                (&kept, &mut from_kept)
            };
            prop_assert_eq!(all.slice(row, 1), side.slice(*at, 1));
            *at += 1;
        }
        prop_assert_eq!((from_kept, from_removed), (kept.num_rows(), removed.num_rows()));
    }
}

#[test]
fn row_groups_that_stay_whole_are_copied_as_they_are_stored() {
    let pages = pages(300);
    let (_folder, path) = folder();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(7).expect("a level")))
        .set_key_value_metadata(Some(vec![parquet::file::metadata::KeyValue::new(
            "note".into(),
            "kept".to_owned(),
        )]))
        .build();
    write(&path, columns(&pages), 100, properties);
    let documents = read(&path).documents;
    let mut gone = vec![false; 300];
    gone[120] = true;
    let (_out, kept) = rewrite(&path, &plan(&documents, &gone, &[None]), &documents);
    let open =
        |path: &Path| SerializedFileReader::new(File::open(path).expect("there")).expect("whole");
    let (old, new) = (open(&path), open(&kept));
    let (old, new) = (old.metadata(), new.metadata());
    let rows: Vec<i64> =
        new.row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect();
    assert_eq!(rows, [100, 99, 100]);
    assert_eq!(old.file_metadata().schema(), new.file_metadata().schema());
    assert_eq!(old.file_metadata().key_value_metadata(), new.file_metadata().key_value_metadata());
    let bytes = |path: &Path| fs::read(path).expect("there");
    let (old_bytes, new_bytes) = (bytes(&path), bytes(&kept));
    for group in [0, 2] {
        for (a, b) in old.row_group(group).columns().iter().zip(new.row_group(group).columns()) {
            let range = |bytes: &[u8], (start, length): (u64, u64)| {
                bytes[start as usize..(start + length) as usize].to_vec()
            };
            assert_eq!(range(&old_bytes, a.byte_range()), range(&new_bytes, b.byte_range()));
            assert_eq!(a.statistics(), b.statistics());
        }
    }
    let codec = |at: usize| new.row_group(at).column(1).compression_codec();
    assert_eq!(codec(0), codec(1));
}

/// A Python with the other writers; made once, in the build's folder.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let make = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-formats");
        let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let has_all = || {
            let check =
                Command::new(&python).args(["-c", "import pyarrow, polars, duckdb"]).output();
            check.is_ok_and(|output| output.status.success())
        };
        if !has_all() {
            let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
            if !made.is_ok_and(|output| output.status.success()) {
                return None;
            }
            let packages = ["pyarrow", "polars", "duckdb"];
            let pip = ["-m", "pip", "install", "-q", "--timeout", "20", "--retries", "1"];
            let installed = Command::new(&python).args(pip).args(packages).output();
            if !installed.is_ok_and(|output| output.status.success()) {
                return None;
            }
        }
        has_all().then_some(python)
    };
    PYTHON.get_or_init(make).as_deref()
}

fn script(python: &Path, arguments: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats.py");
    let output = Command::new(python).arg(script).args(arguments).output().expect("starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

#[test]
fn files_of_pyarrow_polars_and_duckdb_come_back() {
    let Some(python) = python() else {
        println!("no Python with pyarrow, polars and duckdb, and none could be made: not tested");
        return;
    };
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    script(python, &[Path::new("write"), &at("in")]);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doublet"));
        let output = command.current_dir(folder.path()).args(arguments).output().expect("starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    };
    let matched = ["--remove", "exact,passages", "--replace-with", "[cut]"];
    run(&[&["dedup", "in", "--output", "clean", "-q"], &matched[..]].concat());
    script(python, &[Path::new("check"), &at("in"), &at("clean")]);
    run(&["dedup", "in", "--output", "marked", "--annotate", "-q"]);
    script(python, &[Path::new("marked"), &at("in"), &at("marked")]);
}
