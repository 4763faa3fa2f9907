"""One run of the command: the arguments go to the command that they mean, and every error becomes one message and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from symdiff.cli import registry, streams
from symdiff.errors import RefutedError, SymdiffError


def run(argv: Sequence[str] | None) -> int:
    """Run the command with these arguments (those of the process by default); the exit status."""
    if argv is None:
        streams.occupy_closed()
    streams.prepare()
    command = None
    try:
        if argv is None and "_SYMDIFF_COMPLETE" in os.environ:
            from symdiff.cli import complete

            return complete.answer(os.environ["_SYMDIFF_COMPLETE"])
        command, rest = registry.find(sys.argv[1:] if argv is None else argv)
        return command.run(rest)
    except RefutedError as error:
        streams.complain(error)
        return 1
    except SymdiffError as error:
        return streams.complain(error)
    except click.NoSuchOption as error:
        return streams.complain(registry.no_such_option(error, command) if command else SymdiffError(error.format_message()))
    except click.ClickException as error:
        return streams.complain(
            SymdiffError(" ".join(error.format_message().split()).rstrip("."), hint=f"{command.path if command else 'symdiff'} --help")
        )
    except BrokenPipeError:
        streams.silence(1)
        return 141
    except (MemoryError, RecursionError) as error:
        return streams.complain(SymdiffError(f"the formula is too large for this machine ({type(error).__name__})"))
    except Exception as error:  # noqa: BLE001
        # Status 1 would mean "no", and a traceback helps no user; the last line of the program that was reached helps a report.
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        hint = "this is a defect of symdiff; please report the formula"
        return streams.complain(SymdiffError(f"internal error: {type(error).__name__}: {error} ({where})", hint=hint))
