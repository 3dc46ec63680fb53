//! Integration tests: one binary, a module a subject.

mod documents;
mod fixture;
mod offsets;
mod oracle;
mod planted;
mod program;
mod report;
mod samples;
mod source;
mod text;
