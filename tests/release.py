"""A release in one command: `python -m tests.release 0.3.0`.

The files of changes/ become a part of CHANGELOG.md, and the version is set where it stands: symdiff/__init__.py and CITATION.cff.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def release(version: str, root: Path = ROOT) -> list[str]:
    """Set the version and collect the changes; the files that were collected. ValueError for what is no later version, or without changes."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"{version!r} is not a version such as 0.3.0")
    module, citation, changelog = root / "symdiff" / "__init__.py", root / "CITATION.cff", root / "CHANGELOG.md"
    text = module.read_text(encoding="utf-8")
    (before,) = re.findall(r'^__version__ = "(.*)"$', text, re.MULTILINE)
    if [int(k) for k in version.split(".")] <= [int(k) for k in before.split(".")]:
        raise ValueError(f"{version} does not come after {before}")
    files = sorted(path for path in (root / "changes").glob("*.md") if path.name != "README.md")
    lines = [path.read_text(encoding="utf-8").strip() for path in files]
    if not lines or not all(line.startswith("* ") for line in lines):
        raise ValueError("there are no changes, or one that does not begin with `* `")
    module.write_text(text.replace(f'"{before}"', f'"{version}"'), encoding="utf-8")
    citation.write_text(
        re.sub(r"^version: .*$", f"version: {version}", citation.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8"
    )
    head, _, rest = changelog.read_text(encoding="utf-8").partition("\n## ")
    changelog.write_text(f"{head}\n## {version}\n\n" + "\n".join(lines) + f"\n\n## {rest}", encoding="utf-8")
    for path in files:
        path.unlink()
    return [path.name for path in files]


if __name__ == "__main__":
    try:
        print("\n".join(release(*sys.argv[1:2] or ["?"])))
    except ValueError as error:
        sys.exit(str(error))
