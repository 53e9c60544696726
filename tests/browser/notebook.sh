#!/bin/sh
# login() in JupyterLab in Chromium: sh tests/browser/notebook.sh, with BEAMLIT_WHEEL naming the wheel to install (the
# tests' own, if it names none).
# With BEAMLIT_PICTURES naming a folder, pictures of the notebook are left there.
set -eu
[ -z "${BEAMLIT_WHEEL:-}" ] || BEAMLIT_WHEEL=$(realpath "$BEAMLIT_WHEEL")
cd "$(dirname "$0")"
command -v chromium >/dev/null || { echo "Chromium is missing; this installs it: apt-get install chromium" >&2; exit 1; }
target=${CARGO_TARGET_DIR:-$PWD/../../target}
wheel=${BEAMLIT_WHEEL:-$(echo "$target"/wheel/ci/*.whl)}
[ -f "$wheel" ] || { echo "the wheel is missing; this builds it: cargo xtask test wheel" >&2; exit 1; }
export BEAMLIT_BROWSER="$target/npm-browser" BEAMLIT_JUPYTER="$target/jupyter/bin"
if ! cmp -s package-lock.json "$BEAMLIT_BROWSER/installed"; then
    mkdir -p "$BEAMLIT_BROWSER"
    cp package.json package-lock.json "$BEAMLIT_BROWSER"
    npm ci --no-fund --no-audit --prefix "$BEAMLIT_BROWSER"
    cp package-lock.json "$BEAMLIT_BROWSER/installed"
fi
if [ ! -x "$BEAMLIT_JUPYTER/jupyter-lab" ]; then
    python3 -m venv --clear "$target/jupyter"
    "$BEAMLIT_JUPYTER/pip" --disable-pip-version-check install jupyterlab==4.6.6 ipykernel==7.4.0
fi
"$BEAMLIT_JUPYTER/pip" --disable-pip-version-check install --force-reinstall --no-deps --no-index "$wheel"
exec node --test notebook.mjs
