//! Text to sketch at 256 registers, and the floor under it: tokens and rolling shingle hashes.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doublet_benches::{stages, texts::Texts};

fn sketch(c: &mut Criterion) {
    let texts = Texts::load();
    let mut group = c.benchmark_group("sketch");
    group.sample_size(10);
    for (name, documents) in [("whole", texts.documents.clone()), ("below 1 kB", texts.short())] {
        group.throughput(Throughput::Bytes(documents.iter().map(|text| text.len() as u64).sum()));
        group.bench_function(format!("{name}, tokens and shingles"), |b| {
            b.iter(|| stages::tokenize_and_shingle(&documents));
        });
        group.bench_function(name, |b| b.iter(|| stages::sketch(&documents)));
    }
    group.finish();
}

criterion_group!(benches, sketch);
criterion_main!(benches);
