//! The document half: JSON lines to verified clusters, by the program.

use criterion::{Criterion, criterion_group, criterion_main};
use doublet_benches::halves;

fn documents(c: &mut Criterion) {
    halves::bench(c, "documents", &["--only", "documents"]);
}

criterion_group!(benches, documents);
criterion_main!(benches);
