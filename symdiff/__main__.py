"""`python -m symdiff` is the command `symdiff`."""

from symdiff.cli import process

process()
