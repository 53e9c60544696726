#!/usr/bin/env bash
# peers.sh [--quick]: builds all that run.py needs but ours, under $BENCH_HOME, with the interpreter $BENCH_PYTHON.
# Safe to run again. The network is used here only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${BENCH_HOME:-$HOME/.cache/beamlit-bench}
quick=${1:-}
mkdir -p "$home"/{venvs,certs,bin}
# shellcheck source=venv.sh
. "$here/venv.sh"

peer() { # NAME PACKAGES...: a peer that does not install is left out, and the report says so
    venv "$@" || { echo "$1 does not install and is left out" >&2; rm -rf "$home/venvs/$1"; }
}

export CARGO_TARGET_DIR=$home/target
features=()
[ "$quick" = --quick ] || features=(--features peers/full)
# The longest part, so it is begun first; ours, which are linked by one core each, go before it.
nice -n 10 cargo build --quiet --locked --release --manifest-path "$here/native/rust/Cargo.toml" --workspace "${features[@]}" &
native=$!

venv base
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

flags="-O2 -Wall -Wextra -pthread"
# shellcheck disable=SC2046,SC2086
{
    cc $flags -o "$home/bin/spawnstat" "$here/native/c/spawnstat.c"
    cc $flags -o "$home/bin/floor_c_socket" "$here/native/c/floor_socket.c"
    cc $flags -o "$home/bin/libcurl" "$here/native/c/libcurl.c" $(pkg-config --cflags --libs libcurl)
}
# Made anew each time: its certificates are good for a month.
sh "$here/../interop/oidc-provider/own-ca.sh" "$home/certs"
wait "$native"
