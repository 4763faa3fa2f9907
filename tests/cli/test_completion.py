"""Completion in shells: commands, options, their values, files, and the names of the formula on the line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symdiff.cli.complete import SHELLS, script
from symdiff.cli.registry import load
from symdiff.cli.table import COMMANDS


def completed(line: str, shell: str = "bash") -> list[str]:
    """What a shell is told when Tab is pressed at the end of this line."""
    words = line.split(" ")
    env = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_SYMDIFF_COMPLETE": f"{shell}_complete"}
    if shell == "fish":
        env["COMP_CWORD"] = words[-1]
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'symdiff'; from symdiff.cli import process; process()"],
        check=True, capture_output=True, text=True, timeout=60, env={**os.environ, **env},
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("symdiff gr", ["plain,grade", "plain,graph"]),
        ("symdiff ", [*(f"plain,{name}" for name in COMMANDS), "file,"]),
        ("symdiff loss", ["file,loss"]),
        ("symdiff graph --th", ["plain,--theme"]),
        ("symdiff graph x^2 --theme ", ["plain,auto", "plain,light", "plain,dark"]),
        ("symdiff w.x+b*margin --wrt ", ["plain,w", "plain,x", "plain,b", "plain,margin"]),
        ("symdiff w.x+b --wrt w,", ["plain,w,x", "plain,w,b"]),
        ("symdiff steps w.x --wrt x", ["plain,x"]),
        ("symdiff x^2 --wrt x --ver", ["plain,--verify", "plain,--version"]),
        ("symdiff graph x^2 -o ", ["file,"]),
        ("symdiff graph x^2 --frames ", ["dir,"]),
        ("symdiff code x^2 --target to", ["plain,torch"]),
        ("symdiff completion ", ["plain,bash", "plain,zsh", "plain,fish"]),
        ("symdiff w..x --wrt ", []),
    ],
)
def test_what_is_offered(line: str, offered: list[str]) -> None:
    assert completed(line) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts(shell: str, tmp_path: Path) -> None:
    text = script(shell)
    assert "_SYMDIFF_COMPLETE" in text and f"{shell}_complete" in text
    if shutil.which(shell):
        (tmp_path / "script").write_text(text, encoding="utf-8")
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, timeout=30)


def test_other_shells_are_told_what_they_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert "graph" in "\n".join(completed("symdiff gr", "zsh")) and "graph" in "\n".join(completed("symdiff gr", "fish"))
    with pytest.raises(subprocess.CalledProcessError):
        completed("symdiff gr", "tcsh")


def test_every_option_with_a_file_completes_files() -> None:
    for name in COMMANDS:
        for param in load(name).params:
            if param.metavar in ("FILE", "DIR"):
                assert param.type.shell_complete(None, param, "a")[0].type in ("file", "dir"), (name, param.name)
