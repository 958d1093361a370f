"""Run by file, before a part: ties it to its supervisor, lowers its priority, becomes it.

`python -ISs leash.py SUPERVISOR NICE PROGRAM ARG…`. On Linux the kernel sends SIGTERM when the
supervisor ends, however it ends; elsewhere the next start finds the part by its pid.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never returns: the process is the part from now on."""
    supervisor, nice, *argv = sys.argv[1:]
    os.nice(int(nice))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(supervisor):
            sys.exit("the supervisor ended before its part began")
    os.execvp(argv[0], argv)  # noqa: S606  # an argument list from our own supervisor


if __name__ == "__main__":
    main()
