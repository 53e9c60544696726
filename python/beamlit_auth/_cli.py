"""The console scripts `bl` and `beamlit`."""

import signal
import sys

from . import _native


def main() -> int:
    """Runs the command line; gives the exit code."""
    # The command looks after SIGINT itself and exits 130; Python would add a traceback of its own.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.cli(sys.argv[1:])
