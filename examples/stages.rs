//! Stages by themselves: tokenise, sketch two texts and estimate, bands for a threshold.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use doublet::lsh::Banding;
use doublet::sketch::estimate_error;
use doublet::text::tokenize;

fn main() -> doublet::Result<()> {
    let text = "We aren’t done, they said.";
    for token in tokenize(text) {
        println!("{:>3}..{:<3} {}", token.span.start, token.span.end, &text[token.span.range()]);
    }

    let banding = Banding::for_threshold(0.7, 0.99, 256)?;
    println!("{} bands of {} rows", banding.bands(), banding.rows());
    for similarity in [0.5, 0.6, 0.7, 0.8, 0.9] {
        println!(
            "similarity {similarity}: candidate with probability {:.4}, estimated to ±{:.3}",
            banding.probability(similarity),
            estimate_error(similarity, 256)
        );
    }
    Ok(())
}
