"""The console scripts `bl` and `beamlit`."""

import _signal
import sys

from . import _native


def main() -> int:
    """Runs the command line; gives the exit code."""
    # The command looks after SIGINT itself and exits 130; Python would add a traceback of its own.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    return _native.cli(sys.argv[1:])
