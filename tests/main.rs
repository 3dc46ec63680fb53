//! Integration tests.

mod documents;
