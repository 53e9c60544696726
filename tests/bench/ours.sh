#!/usr/bin/env bash
# ours.sh: makes what run.py measures of this library, of the wheel and the C library that are below $BENCH_HOME already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${BENCH_HOME:-$HOME/.cache/beamlit-bench}
mkdir -p "$home"/{venvs,bin}
# shellcheck source=venv.sh
. "$here/venv.sh"

venv beamlit requests==2.34.2
"$home/venvs/beamlit/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall \
    "$home"/wheel/*.whl
export PKG_CONFIG_PATH=$home/prefix/lib/pkgconfig
# shellcheck disable=SC2046
cc -O2 -Wall -Wextra -pthread -o "$home/bin/beamlit_c" "$here/native/c/beamlit.c" \
    $(pkg-config --cflags --libs beamlit-auth) -Wl,-rpath,"$home/prefix/lib"
