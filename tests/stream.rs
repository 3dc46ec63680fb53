//! Streaming hands out what reading whole gives, in batches.

use std::fs;
use std::sync::Mutex;

use doublet::source::{
    Collection, Input, ReadConfig, RecordPlace, Sink, Source, StreamOptions, Wanted, read_all,
    stream,
};
use doublet::{Document, ErrorKind, Result};
use tempfile::TempDir;

/// A folder of text, JSON lines and other JSON, some of it damaged.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("made");
        fs::write(path, content).expect("written");
    };
    for number in 0..40 {
        write(&format!("a/{number:02}.txt"), format!("text number {number}").as_bytes());
    }
    let mut lines = String::new();
    for number in 0..3000 {
        let words = format!("word {number} ").repeat(number % 90);
        lines += &format!("{{\"text\": {words:?}, \"n\": {number}}}\n");
        if number % 500 == 7 {
            lines += "{\"text\": 5}\nno json\n\n";
        }
    }
    write("b.jsonl", lines.as_bytes());
    let mut gzip = flate2_of(lines.as_bytes());
    write("c.jsonl.gz", &gzip);
    gzip.truncate(gzip.len() / 2);
    write("d.jsonl.gz", &gzip);
    write("e.json", b"[{\"text\": \"one\"}, {\"text\": \"two\"}, 3]");
    write("f.txt", b"\0\0\0binary");
    write("g.jsonl", b"");
    folder
}

fn flate2_of(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

type Parts = (Collection, Vec<RecordPlace>, Vec<usize>);

/// All that is streamed: the collection, the places, and how many documents each batch had.
fn streamed(
    inputs: impl IntoIterator<Item = Input>,
    config: &ReadConfig,
    batch_bytes: usize,
    wanted: Option<Wanted<'_>>,
) -> Result<Parts> {
    let mut all = Collection::default();
    let (mut places, mut sizes) = (Vec::new(), Vec::new());
    let options = StreamOptions { batch_bytes, wanted, ..StreamOptions::default() };
    let end = stream(inputs, config, &options, &(), |batch| {
        assert_eq!(batch.first as usize, all.documents.len());
        assert_eq!(batch.documents.len(), batch.places.len());
        assert!(!batch.documents.is_empty());
        sizes.push(batch.documents.len());
        all.documents.extend(batch.documents);
        places.extend(batch.places);
        Ok(())
    })?;
    assert_eq!(end.documents as usize, all.documents.len());
    all.skipped = end.skipped;
    Ok((all, places, sizes))
}

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(run)
}

#[test]
fn batches_are_what_reading_whole_gives_at_any_size_and_threads() {
    let folder = folder();
    let config = ReadConfig::default();
    let whole = read_all([Input::path(folder.path())], &config, &()).expect("reads");
    assert!(whole.documents.len() > 6000 && whole.skipped.len() > 20);
    for batch_bytes in [1, 3000, 100_000, 10 << 20] {
        let mut sizes = Vec::new();
        for threads in [1, 3] {
            let (all, places, now) = on_threads(threads, || {
                streamed([Input::path(folder.path())], &config, batch_bytes, None)
            })
            .expect("streams");
            assert_eq!(all, whole, "{batch_bytes} bytes, {threads} threads");
            assert!(places.is_sorted() && places.windows(2).all(|pair| pair[0] != pair[1]));
            sizes.push(now);
        }
        assert_eq!(sizes[0], sizes[1], "batches of {batch_bytes} bytes");
    }
}

#[test]
fn batches_are_bounded() {
    let folder = folder();
    let bound = 1 << 20;
    let options = StreamOptions { batch_bytes: bound, ..StreamOptions::default() };
    let largest = Mutex::new(0);
    stream([Input::path(folder.path())], &ReadConfig::default(), &options, &(), |batch| {
        let bytes: usize = batch.documents.iter().map(|document| document.text.len()).sum();
        let mut largest = largest.lock().expect("whole");
        *largest = bytes.max(*largest);
        Ok(())
    })
    .expect("streams");
    // A block more than was asked for, in each of the files at hand.
    let largest = *largest.lock().expect("whole");
    assert!(largest <= bound + (4 << 20), "{largest}");
}

#[test]
fn records_are_found_again_by_their_places() {
    let folder = folder();
    let config = ReadConfig::default();
    let (all, places, _) =
        streamed([Input::path(folder.path())], &config, 50_000, None).expect("streams");
    let picked: Vec<usize> = (0..all.documents.len()).filter(|index| index % 97 == 3).collect();
    let chosen: Vec<RecordPlace> = picked.iter().map(|&index| places[index]).collect();
    let wanted = |place: RecordPlace| chosen.binary_search(&place).is_ok();
    let (again, found, _) =
        streamed([Input::path(folder.path())], &config, 50_000, Some(&wanted)).expect("streams");
    assert_eq!(found, chosen);
    let expected: Vec<&Document> = picked.iter().map(|&index| &all.documents[index]).collect();
    assert_eq!(again.documents.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn strict_streaming_hands_out_what_is_before_the_problem() {
    let folder = folder();
    let strict = ReadConfig { strict: true, ..ReadConfig::default() };
    let mut count = 0;
    let options = StreamOptions { batch_bytes: 1000, ..StreamOptions::default() };
    let error = stream([Input::path(folder.path())], &strict, &options, &(), |batch| {
        count += batch.documents.len();
        Ok(())
    })
    .expect_err("a bad line");
    assert_eq!((error.kind(), error.line_number()), (ErrorKind::Field, Some(9)));
    assert!(count >= 40, "{count}");
    let whole = read_all([Input::path(folder.path())], &strict, &()).expect_err("a bad line");
    assert_eq!(whole.to_string(), error.to_string());
}

#[test]
fn an_error_of_the_receiver_ends_the_run() {
    let folder = folder();
    let options = StreamOptions { batch_bytes: 1000, ..StreamOptions::default() };
    let mut batches = 0;
    let result =
        stream([Input::path(folder.path())], &ReadConfig::default(), &options, &(), |_| {
            batches += 1;
            Err(doublet::Error::new(ErrorKind::Limit, "enough"))
        });
    assert_eq!(result.expect_err("it failed").kind(), ErrorKind::Limit);
    assert_eq!(batches, 1);
}

struct Counting(usize);

impl Source for Counting {
    fn name(&self) -> String {
        "counting".into()
    }

    fn read(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        for number in 0..self.0 {
            sink.document(Document::new(number.to_string(), "x".repeat(100)))?;
        }
        Ok(())
    }
}

#[test]
fn sources_of_ones_own_flow_in_their_place() {
    let folder = folder();
    let inputs = || {
        [
            Input::path(folder.path().join("e.json")),
            Input::custom(Counting(5000)),
            Input::reader("-", &b"{\"text\": \"last\"}\n"[..]),
        ]
    };
    let config = ReadConfig::default();
    let whole = read_all(inputs(), &config, &()).expect("reads");
    let (all, places, sizes) = streamed(inputs(), &config, 20_000, None).expect("streams");
    assert_eq!(all, whole);
    assert!(sizes.len() > 20, "{}", sizes.len());
    let last = places.last().expect("documents");
    assert_eq!((last.file, last.record), (2, 1));
}

#[test]
fn only_what_is_wanted_of_pipes_and_sources_of_ones_own_comes() {
    let inputs = || {
        [
            Input::reader("-", &b"words that nobody asked for"[..]),
            Input::custom(Counting(50)),
            Input::reader("notes.txt", &b"words that are wanted"[..]),
        ]
    };
    let config = ReadConfig::default();
    let (all, places, _) = streamed(inputs(), &config, 500, None).expect("streams");
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
    for chosen in [vec![51], vec![7, 8, 30], vec![0, 50]] {
        let wanted = |place| chosen.iter().any(|&index: &usize| places[index] == place);
        let (found, at, _) = streamed(inputs(), &config, 500, Some(&wanted)).expect("streams");
        let expected: Vec<&Document> = chosen.iter().map(|&index| &all.documents[index]).collect();
        assert_eq!(found.documents.iter().collect::<Vec<_>>(), expected);
        assert_eq!(at, chosen.iter().map(|&index| places[index]).collect::<Vec<_>>());
    }
}

#[test]
fn files_that_are_not_wanted_are_not_opened() {
    let folder = folder();
    let config = ReadConfig::default();
    let (all, places, _) =
        streamed([Input::path(folder.path())], &config, 50_000, None).expect("streams");
    let chosen = |file: u32| file % 3 == 1;
    let expected: Vec<RecordPlace> =
        places.iter().copied().filter(|place| chosen(place.file)).collect();
    assert!(!expected.is_empty() && expected.len() < all.documents.len());
    for (place, document) in places.iter().zip(&all.documents) {
        let origin = document.origin.as_ref().expect("a file");
        if !chosen(place.file) && origin.line.is_none() {
            fs::write(&origin.path, b"\0\0\0binary").expect("written");
        }
    }
    let options = StreamOptions { wanted_files: Some(&chosen), ..StreamOptions::default() };
    let mut found = Vec::new();
    let end = stream([Input::path(folder.path())], &config, &options, &(), |batch| {
        found.extend(batch.places);
        Ok(())
    })
    .expect("streams");
    assert_eq!(found, expected);
    // Those that were overwritten would be named.
    assert!(end.skipped.iter().all(|skipped| !skipped.path.contains("/a/")), "{:?}", end.skipped);
}
