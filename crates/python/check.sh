#!/usr/bin/env bash
# The Python package: the wheel, everything that must hold of it, and the wheel alone.
#
# Takes the Python named by PYTHON (python3), makes two virtual environments below the target
# folder, and leaves no trace outside of it. Without a Python of 3.10 or newer, or without its
# packages to be had, it says so and does nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
python="${PYTHON:-python3}"
work="$root/target/python"

if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    echo "skipped: no Python of 3.10 or newer"
    exit 0
fi
mkdir -p "$work"
if [ ! -x "$work/tests/bin/python" ]; then
    rm -rf "$work/tests"
    "$python" -m venv "$work/tests"
fi
packages=(maturin pyarrow polars pandas pandas-stubs datasets pytest hypothesis mypy tqdm)
if ! "$work/tests/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"; then
    echo "skipped: the packages of the tests cannot be had"
    exit 0
fi

echo "-- the wheel"
rm -rf "$work/wheels"
(cd "$here" && "$work/tests/bin/maturin" build --quiet --release --locked --out "$work/wheels")
wheel=("$work"/wheels/doublet-*-cp310-abi3-*.whl)
"$work/tests/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "${wheel[0]}"

echo "-- alone"
rm -rf "$work/alone"
"$python" -m venv --without-pip "$work/alone"
"$work/tests/bin/pip" --python "$work/alone/bin/python" install --quiet --no-deps \
    --disable-pip-version-check "${wheel[0]}"
(cd "$work" && "$work/alone/bin/python" "$here/tests/alone.py")

echo "-- types"
(cd "$here" && "$work/tests/bin/mypy" --config-file pyproject.toml python/doublet)
(cd "$here" && "$work/tests/bin/mypy" --config-file pyproject.toml tests/typed.py)

echo "-- tests"
if [ -z "${DOUBLET_PROGRAM:-}" ]; then
    cargo build --quiet --manifest-path "$root/Cargo.toml"
    export DOUBLET_PROGRAM="$root/target/debug/doublet"
fi
cd "$here"
"$work/tests/bin/python" -m pytest -q --doctest-modules -p conftest --pyargs doublet
"$work/tests/bin/python" -m pytest -q -rs tests README.md RECIPES.md
