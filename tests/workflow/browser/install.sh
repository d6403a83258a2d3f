#!/usr/bin/env bash
# What tests/workflow/test_report.py needs to open the reproduction page in a real browser: Chromium from the
# distribution, and the packages pinned in package-lock.json. Says what it does; does nothing twice.
#   tests/workflow/browser/install.sh
set -euo pipefail
cd "$(dirname "$0")"

say() { printf 'tests/workflow/browser/install.sh: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

found=""
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then found=$name; break; fi
done
if [ -n "$found" ]; then
    say "there is a browser: $(command -v "$found")"
else
    command -v apt-get >/dev/null || fail "no browser and no apt-get: install Chromium or Chrome" \
        "and, if it is not on PATH, set CHROMIUM to it; then run this again"
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "no browser and no right to install one: have somebody run" \
            "'apt-get install chromium', or set CHROMIUM to one; then run this again"
        sudo=sudo
    fi
    say "installing Chromium: apt-get install chromium"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends chromium >/dev/null
fi

command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or later with npm"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || fail "Node.js must be 20 or later, this is $(node --version)"
if [ -e node_modules/.complete ] && [ node_modules/.complete -nt package-lock.json ]; then
    say "the packages of package-lock.json are there"
else
    say "installing the packages of package-lock.json: npm ci"
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.complete
fi
say "done"
