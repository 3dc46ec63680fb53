#!/usr/bin/env bash
# Everything that must hold: format, lints, documentation, all tests, the examples.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --lib
step cargo clippy --no-default-features --lib -- -D warnings
for example in examples/*.rs; do
    step cargo run --quiet --example "$(basename "$example" .rs)"
done

# The page in a real browser; what is missing is installed where it can be had.
browser_tests() {
    local skipped="skipped: the page was NOT looked at in a browser:"
    if ! command -v npm >/dev/null 2>&1; then
        echo "$skipped there is no npm (install Node.js 20 or newer)"
        return 0
    fi
    local browser="${CHROMIUM:-$(command -v chromium || true)}"
    if [ -z "$browser" ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing Chromium"
        { apt-get update && apt-get install -y chromium; } >/dev/null 2>&1 || true
        browser="$(command -v chromium || true)"
    fi
    if [ -z "$browser" ]; then
        echo "$skipped there is no Chromium and none to be had (install it, or name one in CHROMIUM)"
        return 0
    fi
    local said
    if ! said="$(cd tests/browser && npm ci --no-audit --no-fund 2>&1)"; then
        echo "$skipped the packages of tests/browser cannot be had:"
        echo "$said" | tail -n 5
        return 0
    fi
    cargo build --quiet
    (cd tests/browser && CHROMIUM="$browser" npm test --silent)
}
step browser_tests
step bash crates/python/check.sh
# Last, so that the count of tests closes the output.
step cargo test
