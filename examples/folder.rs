//! Reads a folder and prints who has which passage: `cargo run --example folder -- seeds`.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use doublet::Doublet;
use doublet::Input;
use doublet::source::{ReadConfig, read_all};

fn main() -> doublet::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "seeds".to_owned());
    let config = ReadConfig { include: vec!["*.txt".to_owned()], ..ReadConfig::default() };
    let collection = read_all([Input::path(&folder)], &config, &())?;
    let report = Doublet::new().find(&collection.documents)?;

    for passage in &report.passages {
        println!("{} words: {}", passage.words, passage.text.replace('\n', " "));
        for member in &passage.members {
            let name = &report.documents[member.document.index()].name;
            println!("    {name}, line {}", member.lines.start_line);
        }
    }
    let share = report.coverage.total;
    println!("{} of {} words stand elsewhere", share.reuse, share.tokens);
    Ok(())
}
