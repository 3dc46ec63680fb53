//! Everything, at defaults, JSON lines to report, by the program.

use criterion::{Criterion, criterion_group, criterion_main};
use doublet_benches::halves;

fn end_to_end(c: &mut Criterion) {
    halves::bench(c, "end to end", &[]);
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
