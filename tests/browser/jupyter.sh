#!/bin/sh
# Installs JupyterLab into target/jupyter, and a wheel of ours beside it: sh tests/browser/jupyter.sh, with BEAMLIT_WHEEL
# naming the wheel (the tests' own, if it names none).
set -eu
[ -z "${BEAMLIT_WHEEL:-}" ] || BEAMLIT_WHEEL=$(realpath "$BEAMLIT_WHEEL")
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$PWD/../../target}
wheel=${BEAMLIT_WHEEL:-$(echo "$target"/wheel/ci/*.whl)}
[ -f "$wheel" ] || { echo "the wheel is missing; this builds it: cargo xtask test wheel" >&2; exit 1; }
packages="jupyterlab==4.6.6 ipykernel==7.4.0"
if [ "$(cat "$target/jupyter/installed" 2>/dev/null)" != "$packages" ]; then
    python3 -m venv --clear "$target/jupyter"
    # shellcheck disable=SC2086 # Two words.
    "$target/jupyter/bin/pip" --disable-pip-version-check install $packages
    echo "$packages" > "$target/jupyter/installed"
fi
"$target/jupyter/bin/pip" --disable-pip-version-check install --force-reinstall --no-deps --no-index "$wheel"
