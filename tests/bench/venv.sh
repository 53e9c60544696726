# shellcheck shell=bash
# For peers.sh and ours.sh, which say where $home is.

venv() { # NAME PACKAGES...: a virtual environment with these packages
    local folder="$home/venvs/$1" wanted="${*:2}"
    [ -f "$folder/packages" ] && [ "$(cat "$folder/packages")" = "$wanted" ] && return
    "${BENCH_PYTHON:-python3}" -m venv --clear "$folder"
    # shellcheck disable=SC2086
    [ -z "$wanted" ] || "$folder/bin/pip" install --quiet --disable-pip-version-check --no-input $wanted
    echo "$wanted" >"$folder/packages"
}
