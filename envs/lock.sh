#!/usr/bin/env bash
# Renews the pins from pyproject.toml (needs uv). One set of versions for every Python >= 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --allow-unsafe \
    --quiet --output-file envs/requirements.lock "$@"
