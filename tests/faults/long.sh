#!/bin/sh
# The tests of kills with ten times as many of them: whatever depends on the moment shows itself in the end.
set -eu
BEAMLIT_KILLS=500 exec python -m pytest tests/faults -k killed --timeout 3000
