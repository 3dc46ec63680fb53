//! Inputs that make quadratic finders stand still, at three sizes each.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use doublet_benches::{growth, program};

fn pathological(c: &mut Criterion) {
    let program = program::build();
    let folder = tempfile::tempdir().expect("a folder for the inputs");
    for (input, (name, largest)) in growth::INPUTS.into_iter().enumerate() {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        for size in [largest / 4, largest / 2, largest] {
            let path = growth::write(input, size, folder.path());
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter_custom(|runs| {
                    let run = || program::seconds(&program, &path, &["--threads", "1"]);
                    Duration::from_secs_f64((0..runs).map(|_| run()).sum())
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, pathological);
criterion_main!(benches);
