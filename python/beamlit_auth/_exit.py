"""The end of a process: a renewal that has sent what it spends is waited for, or its answer would be lost.

And the beginning of a forked one, which must not keep what is its parent's.
"""

import atexit
import os
import sys

from . import _native

LIMIT = 20
"""Seconds: the longest that one request can take."""


def register() -> None:
    """Has the end of this process wait, and that of its forked children, which let go of what is its own."""
    atexit.register(_native.shutdown, LIMIT)
    os.register_at_fork(after_in_child=_native.forked)
    os.register_at_fork(after_in_child=_register_worker)
    _register_worker()


def _register_worker() -> None:
    """Workers of multiprocessing run no atexit, and forget at their start what their parent registered."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        _finalize()
        util.register_after_fork(_finalize, _finalize)


def _finalize(_: object = None) -> None:
    sys.modules["multiprocessing.util"].Finalize(None, _native.shutdown, (LIMIT,), exitpriority=-1)
