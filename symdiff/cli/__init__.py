"""The command line: a formula and a variable in, the derivative on standard output, everything else on standard error.

Exit status 0: fine; 1: the verification says no; 2: bad input, a refusal, or a file that cannot be read or written;
3: undecided (`check`, `curvature`, `stationary`, and a derivative with --verify given);
130: interrupted; 141: the reader of the output is gone.

Every command has a file of its own in `commands/`; `table` has their names, `options` what they share.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn


def process() -> NoReturn:
    """The whole process `symdiff`.

    It ends without taking the interpreter apart, and collects cycles rarely: together a fifth of the time of a small answer.
    """
    gc.set_threshold(100_000)
    status = main()
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (those of the process by default); the exit status."""
    try:
        from symdiff.cli.run import run  # here, so that an interruption is quiet while the libraries are loaded, too

        return run(argv)
    except KeyboardInterrupt:
        return 130
