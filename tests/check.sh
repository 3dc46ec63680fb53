#!/usr/bin/env bash
# Everything that must hold: format, lints, documentation, all tests, the examples.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --lib
step cargo check --no-default-features --lib
for example in examples/*.rs; do
    step cargo run --quiet --example "$(basename "$example" .rs)"
done
# Last, so that the count of tests closes the output.
step cargo test
