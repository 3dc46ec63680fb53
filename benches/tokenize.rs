//! Tokenising: the engine on ASCII, on text as it is, on short texts; the byte-table loop.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doublet::text::{TokenBuffer, Tokenizer};
use doublet_benches::baseline::ByteTable;
use doublet_benches::texts::Texts;

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
        let (mut tokenizer, mut tokens) = (Tokenizer::new(), TokenBuffer::default());
        group.bench_function(name, |b| {
            b.iter(|| {
                documents.iter().fold(0, |count, text| {
                    tokenizer.tokenize(text, &mut tokens);
                    count + tokens.len()
                })
            });
        });
        if name == "ascii" {
            let mut words = ByteTable::default();
            group.bench_function("ascii, byte table", |b| {
                b.iter(|| {
                    documents.iter().fold(0, |count, text| {
                        words.tokenize(text);
                        count + words.hashes.len()
                    })
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, tokenize);
criterion_main!(benches);
