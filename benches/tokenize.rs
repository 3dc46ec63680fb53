//! Tokenising: ASCII, text as it is, short texts; and the byte-table loop.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doublet_benches::{stages, texts::Texts};

fn tokenize(c: &mut Criterion) {
    let texts = Texts::load();
    let mut group = c.benchmark_group("tokenize");
    group.sample_size(10);
    for (name, documents) in [
        ("ascii", texts.ascii()),
        ("original", texts.documents.clone()),
        ("below 1 kB", texts.short()),
    ] {
        group.throughput(Throughput::Bytes(documents.iter().map(|text| text.len() as u64).sum()));
        group.bench_function(name, |b| b.iter(|| stages::tokenize(&documents)));
        if name == "ascii" {
            group
                .bench_function("ascii, byte table", |b| b.iter(|| stages::byte_table(&documents)));
        }
    }
    group.finish();
}

criterion_group!(benches, tokenize);
criterion_main!(benches);
