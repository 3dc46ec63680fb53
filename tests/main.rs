//! Integration tests.

mod source;
mod text;
