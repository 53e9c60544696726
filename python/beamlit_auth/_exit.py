"""The end of a process: a renewal that has sent what it spends is waited for, or its answer would be lost.

Anything else is waited for as well, for some seconds, but not after Ctrl-C.

And the beginning of a forked one, which must not keep what is its parent's.
"""

import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


LIMIT = 20
"""Seconds: the longest that one request can take."""


def register(shutdown: "Callable[..., bool]", forked: "Callable[[], None]") -> None:
    """Has the end of this process wait, and that of its forked children, which let go of what is its own."""

    def end() -> None:
        # A process that Ctrl-C ends has it as its last exception, and a worker is still in it.
        ends_with = getattr(sys, "last_type", None), sys.exc_info()[0]
        shutdown(LIMIT, interrupted=KeyboardInterrupt in ends_with)

    def register_worker() -> None:
        # Workers of multiprocessing run no atexit, and forget at their start what their parent registered.
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            finalize()
            util.register_after_fork(finalize, finalize)

    def finalize(_: object = None) -> None:
        sys.modules["multiprocessing.util"].Finalize(None, end, exitpriority=-1)

    atexit.register(end)
    os.register_at_fork(after_in_child=forked)
    os.register_at_fork(after_in_child=register_worker)
    register_worker()
