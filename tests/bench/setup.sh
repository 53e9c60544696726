#!/usr/bin/env bash
# setup.sh [--quick]: builds what run.py needs under $BENCH_HOME, with the interpreter $BENCH_PYTHON. Safe to run again.
# The C library and the wheel are there already: `cargo xtask bench` installs them. The network is used here only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${BENCH_HOME:-$HOME/.cache/beamlit-bench}
quick=${1:-}
mkdir -p "$home"/{venvs,certs,bin}

venv() { # NAME PACKAGES...: a virtual environment with these packages
    local folder="$home/venvs/$1" wanted="${*:2}"
    [ -f "$folder/packages" ] && [ "$(cat "$folder/packages")" = "$wanted" ] && return
    "${BENCH_PYTHON:-python3}" -m venv --clear "$folder"
    # shellcheck disable=SC2086
    [ -z "$wanted" ] || "$folder/bin/pip" install --quiet --disable-pip-version-check --no-input $wanted
    echo "$wanted" >"$folder/packages"
}

peer() { # NAME PACKAGES...: a peer that does not install is left out, and the report says so
    venv "$@" || { echo "$1 does not install and is left out" >&2; rm -rf "$home/venvs/$1"; }
}

venv base
venv beamlit requests==2.34.2
"$home/venvs/beamlit/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall \
    "$home"/wheel/*.whl
peer requests_oauthlib requests-oauthlib==2.0.0
peer httpx_auth httpx-auth==0.23.1
peer googleauth google-auth==2.62.2 requests==2.34.2
if [ "$quick" != --quick ]; then
    peer blaxel blaxel==0.4.24
    peer msal msal==1.39.0
    peer azure azure-identity==1.27.0
    peer authlib_requests Authlib==1.9.9 requests==2.34.2
    peer authlib_httpx Authlib==1.9.9 httpx==0.28.1
    peer awscrt awscrt==0.38.1
    peer hf huggingface_hub==2.4.0
    [ -f "$home/certs/rsa.pem" ] ||
        openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$home/certs/rsa.pem"
fi

export CARGO_TARGET_DIR=$home/target
features=()
[ "$quick" = --quick ] || features=(--features peers/full)
cargo build --locked --release --manifest-path "$here/native/rust/Cargo.toml" --workspace "${features[@]}"

export PKG_CONFIG_PATH=$home/prefix/lib/pkgconfig
flags="-O2 -Wall -Wextra -pthread"
# shellcheck disable=SC2046,SC2086
{
    cc $flags -o "$home/bin/spawnstat" "$here/native/c/spawnstat.c"
    cc $flags -o "$home/bin/floor_c_socket" "$here/native/c/floor_socket.c"
    cc $flags -o "$home/bin/libcurl" "$here/native/c/libcurl.c" $(pkg-config --cflags --libs libcurl)
    cc $flags -o "$home/bin/beamlit_c" "$here/native/c/beamlit.c" $(pkg-config --cflags --libs beamlit-auth) \
        -Wl,-rpath,"$home/prefix/lib"
}
# Made anew each time: its certificates are good for a month.
sh "$here/../interop/oidc-provider/own-ca.sh" "$home/certs"
