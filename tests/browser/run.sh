#!/bin/sh
# The emulator's console in Chromium: sh tests/browser/run.sh, with BEAMLIT_BL naming the `bl` to run.
# With BEAMLIT_PICTURES naming a folder, pictures of every page are left there.
set -eu
cd "$(dirname "$0")"
command -v chromium >/dev/null || { echo "Chromium is missing; this installs it: apt-get install chromium" >&2; exit 1; }
target=${CARGO_TARGET_DIR:-$PWD/../../target}
export BEAMLIT_BL="${BEAMLIT_BL:-$target/ci/bl}"
[ -x "$BEAMLIT_BL" ] || { echo "bl is missing; this builds it: cargo xtask test commands" >&2; exit 1; }
export BEAMLIT_BROWSER="$target/npm-browser"
if ! cmp -s package-lock.json "$BEAMLIT_BROWSER/installed"; then
    mkdir -p "$BEAMLIT_BROWSER"
    cp package.json package-lock.json "$BEAMLIT_BROWSER"
    npm ci --no-fund --no-audit --prefix "$BEAMLIT_BROWSER"
    cp package-lock.json "$BEAMLIT_BROWSER/installed"
fi
exec node --test .
