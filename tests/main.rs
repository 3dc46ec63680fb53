//! Integration tests: one binary, a module a subject.

#![allow(
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::naive_bytecount,
    clippy::float_cmp,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "tests say what they measured; fixtures are long lists; their texts are short; \
              numbers come back exactly"
)]

mod against;
#[cfg(feature = "parquet")]
mod columns;
mod dedup;
mod documents;
mod fixture;
mod formats;
mod golden;
mod html;
mod offsets;
mod oracle;
mod planted;
mod program;
mod report;
mod samples;
mod source;
mod stream;
mod tables;
mod text;
