#!/bin/sh
# What depends on the moment, ten times as often: it shows itself in the end.
set -eu
export BEAMLIT_KILLS=500 BEAMLIT_SAMPLES=100
exec python -m pytest tests/faults -k "killed or ctrl_c" --timeout 3000
