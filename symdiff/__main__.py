"""`python -m symdiff` is the command `symdiff`."""

import sys

from symdiff.cli import main

sys.exit(main())
