//! The passage half at `balanced`, JSON lines to passage clusters, by the program.

use criterion::{Criterion, criterion_group, criterion_main};
use doublet_benches::halves;

fn passages(c: &mut Criterion) {
    halves::bench(c, "passages", &["--only", "passages", "--sensitivity", "balanced"]);
}

criterion_group!(benches, passages);
criterion_main!(benches);
