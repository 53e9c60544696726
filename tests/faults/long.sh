#!/bin/sh
# What depends on the moment, ten times as often: it shows itself in the end. And the sweep with every error at every call.
set -eu
export BEAMLIT_RENEWALS=10000 BEAMLIT_UPDATES=1000 BEAMLIT_KILLS=500 BEAMLIT_SAMPLES=100 BEAMLIT_SWEEP=full
exec python -m pytest tests/faults -k "killed or ctrl_c or every_c or a_kill_costs or no_update" --timeout 3000
