//! Shared pieces of the benchmarks: texts, timing, baselines, and the program as a child process.
//!
//! `README.md` beside this file says how to run them and how to read what they print.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its findings")]

pub mod baseline;
pub mod growth;
pub mod halves;
pub mod measure;
pub mod program;
pub mod stages;
pub mod texts;
