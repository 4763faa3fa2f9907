"""`python site/build.py FOLDER`: the page as static files, ready for any web server."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from symdiff.page.build import build

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python site/build.py FOLDER")
    print(f"{build(sys.argv[1]) / 1e6:.1f} MB in {sys.argv[1]}")
