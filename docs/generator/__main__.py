"""Builds the documentation site, strictly: `python -m docs.generator FOLDER`, in the checkout.

Needs the extra `docs`. Whatever Sphinx warns of is an error. The folder can be opened from a disk as it is: search works without a server, and nothing is
loaded from elsewhere.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
import time
from pathlib import Path

from docs.generator.mend import mend
from docs.generator.pages import ROOT, Fault, relinked, siblings, sources, trees


def stage(folder: Path) -> int:
    """Write the pages as Sphinx reads them; how many. Fault for links that lead nowhere."""
    from docs.generator import examples, reference

    made = sources()
    generated = reference.pages()
    texts = dict(generated)
    brought: set[str] = set()
    for source, place in made.items():
        texts[place] = relinked((ROOT / source).read_text(encoding="utf-8"), source, {**made, **{f"docs/{p}": p for p in generated}}, brought)
    for place, text in texts.items():
        text = examples.linked(text, place)
        if place == "index.md":
            text += trees()
        elif place.endswith("/index.md"):
            text += siblings(place, texts)
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for file in brought:
        path = folder / "files" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, path)
    return len(texts)


def put_page(folder: Path) -> None:
    """The page in the browser beside the pages, where this checkout has its builder."""
    if importlib.util.find_spec("symdiff.page") is not None:
        importlib.import_module("symdiff.page.build").build(str(folder))


def build(out: Path, page: bool = True) -> int:
    """The site in this folder, with the page in the browser or without; the exit status."""
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory() as work:
        stage(Path(work) / "pages")
        status = build_main(["-W", "--keep-going", "-q", "-b", "html", "-d", f"{work}/trees", "-c", str(Path(__file__).parent), f"{work}/pages", str(out)])
    mend(out)
    if page:
        put_page(out / "page")
    shutil.rmtree(out / ".doctrees", ignore_errors=True)
    (out / ".buildinfo").unlink(missing_ok=True)
    return int(status)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m docs.generator", description=(__doc__ or "").partition("\n")[0])
    options.add_argument("folder", type=Path, help="where the site is written")
    options.add_argument("--without-page", action="store_true", help="leave the page in the browser out")
    asked = options.parse_args()
    began = time.monotonic()
    try:
        status = build(asked.folder, not asked.without_page)
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 1
    if not status:
        size = sum(p.stat().st_size for p in asked.folder.rglob("*") if p.is_file())
        print(f"{asked.folder / 'index.html'}: {len(list(asked.folder.rglob('*.html')))} pages, {size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
