#!/bin/sh
# Installs what drives Chromium into target/npm-browser: sh tests/browser/playwright.sh
set -eu
cd "$(dirname "$0")"
command -v chromium >/dev/null || { echo "Chromium is missing; this installs it: apt-get install chromium" >&2; exit 1; }
folder=${CARGO_TARGET_DIR:-$PWD/../../target}/npm-browser
cmp -s package-lock.json "$folder/installed" && exit 0
mkdir -p "$folder"
cp package.json package-lock.json "$folder"
npm ci --no-fund --no-audit --prefix "$folder"
cp package-lock.json "$folder/installed"
