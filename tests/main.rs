//! Integration tests.

mod fixture;
mod report;
