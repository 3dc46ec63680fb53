//! Writes a generated collection of so many megabytes as JSON lines to standard output.
//!
//! `cargo run --release -p doublet-generate --example corpus -- 2000 > corpus.jsonl`

use std::io::{self, BufWriter, Write};

use doublet_generate::corpus::CorpusPlan;

fn main() -> io::Result<()> {
    let megabytes = std::env::args().nth(1).and_then(|argument| argument.parse::<u64>().ok());
    let Some(megabytes) = megabytes else {
        return Err(io::Error::other("say how many megabytes"));
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    CorpusPlan::default().write_jsonl(megabytes * 1_000_000, &mut out)?;
    out.flush()
}
