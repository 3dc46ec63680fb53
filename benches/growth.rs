//! Pathological inputs at three sizes, a doubling apart.
//!
//! If time is a · nᵇ, the exponent b says how it grows: 1 is linear, 2 quadratic. It is taken over
//! the factor of four between the smallest and the largest size, so that a start-up cost makes it
//! smaller and n · log n makes it 1.05 or so.

use std::path::{Path, PathBuf};

use doublet_generate::pathological;

use crate::program;
use crate::texts::write_jsonl;

/// The inputs by name, and their largest size.
pub const INPUTS: [(&str, usize); 4] = [
    ("copies of one article", 100_000),
    ("copies of one article, a word changed in each", 100_000),
    ("repeats of one sentence in one document", 200_000),
    ("documents with one disclaimer", 20_000),
];

/// Writes the input of a number in [`INPUTS`] at a size.
///
/// # Panics
/// If there is no such input.
#[must_use]
pub fn write(input: usize, size: usize, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{input}-{size}.jsonl"));
    match input {
        0 => write_jsonl(pathological::copies(1, size, false), &path),
        1 => write_jsonl(pathological::copies(1, size, true), &path),
        2 => write_jsonl([pathological::repeated_sentence(1, size)], &path),
        3 => write_jsonl(pathological::shared_disclaimer(1, size), &path),
        _ => panic!("input {input} of {}", INPUTS.len()),
    }
    path
}

const ONE_THREAD: [&str; 2] = ["--threads", "1"];

/// What a size took.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Most resident memory, in bytes; `None` where the system does not tell.
    pub peak: Option<u64>,
}

/// How time and memory grow.
#[derive(Debug)]
pub struct Growth {
    /// Size and what it took, smallest first.
    pub runs: Vec<(usize, Usage)>,
}

impl Growth {
    /// Runs the program on an input at a quarter, a half and the whole of its largest size.
    #[must_use]
    pub fn measure(program: &Path, input: usize, folder: &Path) -> Self {
        let largest = INPUTS[input].1;
        let runs = [largest / 4, largest / 2, largest]
            .into_iter()
            .map(|size| {
                let path = write(input, size, folder);
                // The fastest of three: a busy machine makes single runs slower, never faster.
                let run = |_| program::seconds(program, &path, &ONE_THREAD);
                let seconds = (0..3).map(run).fold(f64::INFINITY, f64::min);
                let peak = program::peak(program, &path, &ONE_THREAD);
                (size, Usage { seconds, peak })
            })
            .collect();
        Self { runs }
    }

    /// Exponent of the time.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.exponent(|usage| Some(usage.seconds))
    }

    /// Exponent of the peak memory; 0 where it is unknown.
    #[must_use]
    pub fn memory(&self) -> f64 {
        self.exponent(|usage| usage.peak.map(|peak| peak as f64))
    }

    fn exponent(&self, of: impl Fn(&Usage) -> Option<f64>) -> f64 {
        let (Some((small, first)), Some((large, last))) = (self.runs.first(), self.runs.last())
        else {
            return 0.0;
        };
        match (of(first), of(last)) {
            (Some(first), Some(last)) => (last / first).ln() / (*large as f64 / *small as f64).ln(),
            _ => 0.0,
        }
    }

    /// All runs in words.
    #[must_use]
    pub fn details(&self) -> String {
        let one = |(size, usage): &(usize, Usage)| {
            let peak = usage.peak.map_or_else(|| "?".to_owned(), |p| format!("{}", p >> 20));
            format!("{size}: {:.2} s, {peak} MiB", usage.seconds)
        };
        self.runs.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}
