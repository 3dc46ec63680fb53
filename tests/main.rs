//! Integration tests.

mod fixture;
mod program;
mod report;
mod text;
mod documents;
