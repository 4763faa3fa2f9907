"""Runs what stands in the fences of a page, in a folder of its own, and says what comes out.

| fence | what is done |
|---|---|
| `console` | every line behind `$` is run and compared with what stands below it; `2>&1` shows standard error, too |
| `sh` | every line that begins with `symdiff` is run and must end well |
| `python` | a session (`>>>`) is a doctest; a program is run, and a comment behind a value is compared with it |
| `symdiff` | a formula: it is parsed and differentiated |
| any with a name, `csv answers.csv` | a file of this name, for what comes below |
| `toml` | it is read |

With `SYMDIFF_UPDATE=1` the pages of sessions get the output that there is; read the difference before it is kept.
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import io
import os
import re
import shlex
import shutil
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import symdiff as sd
from docs.generator.pages import FENCE, ROOT
from symdiff.cli import main

STEP = re.compile(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
NEEDS = re.compile(r"^(?:>>> )?import (torch|jax)\b", re.MULTILINE)


def without_counts(text: str) -> str:
    """How many points a verification looked at is no part of what a page promises."""
    return re.sub(r"\b\d+ points", "N points", text)


def command(line: str) -> tuple[int, str]:
    """Run a line of the command; its status, and what it prints, standard error too if that is asked for."""
    words = shlex.split(line.replace("\\\n", " "), comments=True)
    both = "2>&1" in words
    words = [w for w in words if w != "2>&1"]
    file = ""
    if ">" in words:
        file = words[words.index(">") + 1]
        words = words[: words.index(">")]
    assert words[0] == "symdiff", line
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(out if both else err):
        status = main(words[1:])
    if not both:
        sys.stderr.write(err.getvalue())
    if file:
        Path(file).write_text(out.getvalue(), encoding="utf-8")
        return status, ""
    return status, out.getvalue()


@dataclass
class Session:
    """What the fences of one page share."""

    folder: Path
    names: dict[str, Any] = field(default_factory=dict)
    ran: int = 0
    absent: list[str] = field(default_factory=list)  # libraries that are not installed

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "examples", self.folder / "examples", dirs_exist_ok=True)
        shutil.copyfile(ROOT / "examples" / "course" / "sheet.toml", self.folder / "sheet.toml")

    def fence(self, word: str, body: str) -> str:
        """Run it; the body as it should be. AssertionError, or what it raises, if it does not do what it says."""
        kind, _, name = word.partition(" ")
        if name:
            (self.folder / name).write_text(body, encoding="utf-8")
        self.ran += 1
        if kind == "console":
            return self.console(body)
        if kind == "sh":
            self.shell(body)
        elif name:
            return body
        elif kind == "python":
            self.python(body)
        elif kind == "symdiff":
            f = sd.parse(body)
            assert f.variables
        elif kind == "toml":
            tomllib.loads(body)
        else:
            raise AssertionError(f"nobody runs a fence of {word!r}")
        return body

    def console(self, body: str) -> str:
        done = body
        for line, shown in STEP.findall(body):
            _, found = command(line)
            if without_counts(found) == without_counts(shown):
                continue
            assert os.environ.get("SYMDIFF_UPDATE"), f"$ {line}\n{found}"
            done = done.replace(f"$ {line}\n{shown}", f"$ {line}\n{found}")
        return done

    def shell(self, body: str) -> None:
        lines = [line for line in body.replace("\\\n", " ").splitlines() if line.startswith("symdiff ")]
        assert lines, "nothing here is run"
        for line in lines:
            status, _ = command(line)
            assert status == 0, line

    def python(self, body: str) -> None:
        needs = NEEDS.search(body)
        if needs and importlib.util.find_spec(needs[1]) is None:
            self.absent.append(needs[1])
            return
        if re.search(r"^>>> ", body, re.MULTILINE):
            test = doctest.DocTestParser().get_doctest(body, self.names, "page", None, 0)
            runner = doctest.DocTestRunner()
            said = io.StringIO()
            runner.run(test, out=said.write, clear_globs=False)
            self.names = test.globs
            assert runner.summarize(verbose=False).failed == 0, said.getvalue()
            return
        self.names.setdefault("sd", sd)
        for node in ast.parse(body).body:
            last = body.splitlines()[node.end_lineno - 1] if node.end_lineno else ""
            if isinstance(node, ast.Expr):
                value = eval(compile(ast.Expression(node.value), "page", "eval"), self.names)
                comment = last.rpartition("  # ")[2] if "  # " in last else ""
                if comment and isinstance(value, sd.Formula):
                    assert str(value) == comment, last
            else:
                exec(compile(ast.Module([node], []), "page", "exec"), self.names)


def fences(text: str) -> list[tuple[str, str]]:
    return [(m["word"].strip(), m["body"]) for m in FENCE.finditer(text)]


def renewed(text: str, session: Session, left_out: Any) -> str:
    """The page with its sessions as they are now."""

    def one(match: re.Match[str]) -> str:
        if left_out(match["word"].strip(), match["body"]):
            return match[0]
        return match[0].replace(match["body"], session.fence(match["word"].strip(), match["body"]), 1) if match["body"] else match[0]

    return FENCE.sub(one, text)


__all__ = ["Session", "command", "fences", "renewed"]
