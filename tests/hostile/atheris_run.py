"""Coverage-guided fuzzing of the reader, with `pip install atheris`: `python -m tests.hostile.atheris_run -max_total_time=600`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["symdiff.syntax"]):
    from .run import examine


def one(data: bytes) -> None:
    examine(atheris.FuzzedDataProvider(data).ConsumeUnicode(200), deep=False)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
