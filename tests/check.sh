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

# The page in a real browser, installed where it is missing and can be had.
browser_tests() {
    if ! command -v chromium >/dev/null 2>&1; then
        { apt-get update && apt-get install -y chromium; } >/dev/null 2>&1 || true
    fi
    if ! command -v chromium >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
        echo "skipped: no Chromium or no npm, and none to be had"
        return 0
    fi
    if ! (cd tests/browser && npm ci --no-audit --no-fund >/dev/null 2>&1); then
        echo "skipped: the packages of tests/browser cannot be had"
        return 0
    fi
    cargo build --quiet
    (cd tests/browser && CHROMIUM="$(command -v chromium)" npm test --silent)
}
step browser_tests
step bash crates/python/check.sh
# Last, so that the count of tests closes the output.
step cargo test
