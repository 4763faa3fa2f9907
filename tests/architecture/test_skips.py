"""The guard of tests/conftest.py: a skip fails the run where everything is there, unless its reason is listed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

TESTS = {
    "a library": ("import pytest\n\ndef test_it():\n    pytest.importorskip('no_such_library_anywhere')\n", False),
    "a module": ("import pytest\n\npytest.importorskip('no_such_library_anywhere')\n\ndef test_it(): ...\n", False),
    "no reason of the list": ("import pytest\n\n@pytest.mark.skip(reason='tedious')\ndef test_it(): ...\n", False),
    "a reason of the list": ("import pytest\n\n@pytest.mark.skip(reason='no pseudo-terminals')\ndef test_it(): ...\n", True),
    "an expected failure": ("import pytest\n\n@pytest.mark.xfail(strict=True)\ndef test_it(): assert False\n", True),
    "nothing": ("def test_it(): ...\n", True),
}


@pytest.mark.parametrize(("content", "green"), TESTS.values(), ids=TESTS)
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "worker"])
def test_a_skip_fails_the_run(content: str, green: bool, workers: list[str], tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path / "conftest.py")
    (tmp_path / "test_it.py").write_text(content, encoding="utf-8")
    (tmp_path / "test_another.py").write_text("def test_another(): ...\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *workers, str(tmp_path)]
    for needed, status in (("1", 0 if green else 1), ("", 0))[: 1 if workers else 2]:
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "SYMDIFF_ALL_TESTS": needed}, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert ("must run here" in done.stdout) == bool(needed and not green)
