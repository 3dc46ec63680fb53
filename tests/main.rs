//! Integration tests.

mod fixture;
mod oracle;
mod planted;
mod program;
mod report;
mod source;
mod text;
mod documents;
