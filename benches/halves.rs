//! One half of the program, or both, over the collection: whole and cut short, on one thread and
//! on two.

use std::time::Duration;

use criterion::{Criterion, Throughput};

use crate::program;
use crate::texts::{Texts, write_jsonl};

/// Benchmarks the program with some options.
///
/// # Panics
/// If the program does not build or fails.
pub fn bench(c: &mut Criterion, group: &str, options: &[&str]) {
    let program = program::build();
    let texts = Texts::load();
    let folder = tempfile::tempdir().expect("a folder for the input");
    let inputs = [
        ("whole", folder.path().join("whole.jsonl"), texts.bytes()),
        ("below 1 kB", folder.path().join("short.jsonl"), texts.bytes()),
    ];
    write_jsonl(&texts.documents, &inputs[0].1);
    write_jsonl(texts.short(), &inputs[1].1);
    let mut group = c.benchmark_group(group);
    group.sample_size(10);
    for (name, input, bytes) in &inputs {
        group.throughput(Throughput::Bytes(*bytes));
        for threads in ["1", "2"] {
            let options = [options, &["--threads", threads]].concat();
            group.bench_function(format!("{name}, threads: {threads}"), |b| {
                b.iter_custom(|runs| {
                    let seconds: f64 =
                        (0..runs).map(|_| program::seconds(&program, input, &options)).sum();
                    Duration::from_secs_f64(seconds)
                });
            });
        }
    }
    group.finish();
}
