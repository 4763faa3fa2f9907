"""Compares our derivatives with those of other libraries, and writes docs/audit.md and docs/audit.json: `python -m tests.audit`, in the checkout.

Takes the libraries that are installed, of PyTorch, JAX, autograd and SymPy; some five minutes. `--only WORD` prints the functions with the word, and writes nothing.
"""

from __future__ import annotations

import argparse
import datetime
import sys

from docs.generator.pages import ROOT
from tests.audit.compare import audit
from tests.audit.page import data, page
from tests.audit.peers import versions
from tests.audit.questions import questions


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.audit", description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--only", default="", metavar="WORD", help="functions whose formula has this word; prints the page and writes nothing")
    asked = options.parse_args()
    found = audit([q for q in questions() if asked.only in q.formula], say=lambda text: print(text, file=sys.stderr, flush=True))
    date = datetime.date.today().isoformat()
    text = page(found, versions(), date)
    if asked.only:
        print(text)
        return 0
    (ROOT / "docs" / "audit.md").write_text(text, encoding="utf-8")
    (ROOT / "docs" / "audit.json").write_text(data(found, versions(), date), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
