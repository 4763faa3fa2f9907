"""`python site/vendor/fetch.py`: the vendored files anew, from the registries that npm and pip are set up for; each must have the hash of the manifest.

Needs npm, pip and node.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent


def fetched(part: dict, folder: Path) -> Path:
    """The file that the project published."""
    if part["source"] == "npm":
        subprocess.run(
            ["npm", "pack", "--silent", f"{part['package']}@{part['version']}"], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
    else:
        platform, python, abi = part["platform"]
        tags = ["--platform", platform, "--python-version", python, "--implementation", "cp", "--abi", abi]
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            *tags,
            "-d",
            str(folder),
            f"{part['package']}=={part['version']}",
        ]
        subprocess.run(command, check=True)
    (found,) = folder.iterdir()
    return found


def compiled(published: Path, out: Path, sha256: str) -> None:
    """Python's own library as its own compiler leaves it."""
    subprocess.run(["node", str(HERE / "compile.mjs"), str(published), str(out)], check=True)
    if hashlib.sha256(out.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{out.name}: what was compiled is not what the manifest names")


def main() -> None:
    for part in tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf-8"))["part"]:
        with tempfile.TemporaryDirectory() as folder:
            found = fetched(part, Path(folder))
            if hashlib.sha256(found.read_bytes()).hexdigest() != part["sha256"]:
                sys.exit(f"{part['name']} {part['version']}: what was fetched is not what the manifest names")
            shutil.copy(found, HERE / part["file"])
            if "compiled" in part:
                compiled(HERE / part["file"], HERE / part["compiled"]["file"], part["compiled"]["sha256"])
        print(f"{part['name']} {part['version']}")


if __name__ == "__main__":
    main()
