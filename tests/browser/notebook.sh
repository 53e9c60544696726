#!/bin/sh
# login() in JupyterLab in Chromium: sh tests/browser/notebook.sh, with BEAMLIT_WHEEL naming the wheel to install (the
# tests' own, if it names none).
# With BEAMLIT_PICTURES naming a folder, pictures of the notebook are left there.
set -eu
folder=$(dirname "$0")
sh "$folder/playwright.sh"
sh "$folder/jupyter.sh"
cd "$folder"
target=${CARGO_TARGET_DIR:-$PWD/../../target}
export BEAMLIT_BROWSER="$target/npm-browser" BEAMLIT_JUPYTER="$target/jupyter/bin"
exec node --test notebook.mjs
