#!/bin/sh
# The emulator's console in Chromium: sh tests/browser/run.sh, with BEAMLIT_BL naming the `bl` to run.
# With BEAMLIT_PICTURES naming a folder, pictures of every page are left there.
set -eu
cd "$(dirname "$0")"
sh playwright.sh
target=${CARGO_TARGET_DIR:-$PWD/../../target}
export BEAMLIT_BROWSER="$target/npm-browser" BEAMLIT_BL="${BEAMLIT_BL:-$target/ci/bl}"
[ -x "$BEAMLIT_BL" ] || { echo "bl is missing; this builds it: cargo xtask test commands" >&2; exit 1; }
exec node --test .
