"""The command line: a formula and a variable in, the derivative on standard output, everything else on standard error.

Exit status 0: fine; 1: the verification says no; 2: bad input, a refusal, or a file that cannot be read or written;
3: undecided (`check`, `curvature`, `stationary`, and a derivative with --verify given);
130: interrupted; 141: the reader of the output is gone.

Every command has a file of its own in `commands/`; `registry` knows their names, `options` what they share.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from symdiff.cli import registry, streams
from symdiff.cli.options import arrange as arrange
from symdiff.errors import SymdiffError


def process() -> NoReturn:
    """The whole process `symdiff`.

    It ends without taking the interpreter apart, and collects cycles rarely: together a fifth of the time of a small answer.
    """
    gc.set_threshold(100_000)
    streams.occupy_closed()
    status = main()
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (those of the process by default); the exit status."""
    streams.prepare()
    command = None
    try:
        try:
            if argv is None and "_SYMDIFF_COMPLETE" in os.environ:
                from symdiff.cli import complete

                status = complete.answer(os.environ["_SYMDIFF_COMPLETE"])
            else:
                command, rest = registry.find(sys.argv[1:] if argv is None else argv)
                status = command.run(rest)
        except click.exceptions.Exit as end:  # after --help and --version
            status = end.exit_code
        streams.flush()
        return status
    except SymdiffError as error:
        return streams.complain(error)
    except click.NoSuchOption as error:
        return streams.complain(registry.no_such_option(error, command) if command else SymdiffError(error.format_message()))
    except click.ClickException as error:
        return streams.complain(SymdiffError(error.format_message().rstrip("."), hint=f"{command.path if command else 'symdiff'} --help"))
    except BrokenPipeError:
        streams.silence(1)
        return 141
    except KeyboardInterrupt:
        return 130
    except (MemoryError, RecursionError) as error:
        return streams.complain(SymdiffError(f"the formula is too large for this machine ({type(error).__name__})"))
    except Exception as error:  # noqa: BLE001
        # Status 1 would mean "no", and a traceback helps no user; the last line of the program that was reached helps a report.
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        hint = "this is a defect of symdiff; please report the formula"
        return streams.complain(SymdiffError(f"internal error: {type(error).__name__}: {error} ({where})", hint=hint))
