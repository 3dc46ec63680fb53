//! Integration tests.

mod fixture;
mod program;
mod report;
mod source;
mod text;
