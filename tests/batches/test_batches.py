"""Many questions at once: a result for each, in order, the same bytes however they are spread, and on where a run was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import symdiff as sd
from symdiff import batches
from symdiff.batches import pool
from symdiff.cli import main

HINGE = "max(1 - y*w.phi, 0)"
REQUESTS: list[Any] = [
    {"id": 1, "formula": HINGE, "wrt": "w"},
    {"id": 2, "formula": "norm2(A*x - b)^2", "wrt": "x", "do": "check", "answer": "2*A'*(A*x - b)"},
    {"id": 3, "formula": "norm2(A*x - b)^2", "wrt": "x", "do": "check", "answer": "2*A*(A*x - b)"},
    {"id": 4, "formula": "x^2 +", "wrt": "x"},
    {"formula": "x'*A*x", "wrt": "x", "do": "hessian"},
    {"formula": "w.x", "wrt": ["w", "x"], "do": "code", "target": "jax"},
    {"formula": "x^3", "wrt": "x", "do": "verify", "answer": "3*x"},
    {"formula": "x^3", "wrt": "x", "do": "verify"},
    {"formula": "W*x", "wrt": "x", "do": "jacobian", "types": {"W": "matrix(k, d)", "x": "vector(d)"}},
]


def write(path: Path, requests: list[Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in requests), encoding="utf-8")
    return path


def test_what_is_asked_is_answered() -> None:
    hinge, right, wrong, bad, hessian, code, refuted, verified, jacobian = sd.batch(REQUESTS, workers=1)
    assert hinge["id"] == 1 and hinge["derivative"]["w"]["text"] == str(sd.grad(HINGE, "w"))
    assert right["grade"]["correct"] is True
    assert wrong["grade"]["correct"] is False
    assert bad["error"]["kind"] == "ParseError" and bad["error"]["span"] == [5, 6]
    assert hessian["derivative"]["x"]["shape"] == ["size(x)", "size(x)"]
    assert "import jax" in code["code"]
    assert refuted["verified"]["ok"] is False
    assert verified["verified"]["ok"] is True
    assert jacobian["derivative"]["x"] == {"text": "W", "latex": "W", "shape": ["k", "d"], "notes": []}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("no object", "a request is an object"),
        ({"formula": "x^2"}, "by which variable?"),
        ({"wrt": "x"}, "a request has a text 'formula'"),
        ({"formula": 3, "wrt": "x"}, "'formula' is a text, not 3"),
        ({"formula": "x^2", "wrt": "x", "do": "dance"}, "'dance' is nothing that can be done"),
        ({"formula": "x^2", "wrt": "x", "by": "x"}, "a request has no 'by'"),
        ({"formula": "x^2", "wrt": "x", "do": "code", "target": "fortran"}, "there is no target 'fortran'"),
        ({"formula": "x^2", "wrt": "x", "types": "x: scalar"}, "the types are an object of names and declarations"),
        ({"formula": "x*y*z", "wrt": ["x", "y", "z"], "do": "hessian"}, "a second derivative is by one or two names, not 3"),
        ({"formula": "(" * 5000, "wrt": "x"}, ""),
    ],
)
def test_bad_requests_are_errors_of_their_own(request_: Any, said: str) -> None:
    (result,) = sd.batch([request_], workers=1)
    assert said in result["error"]["message"] and result["error"]["kind"].endswith("Error")


def test_an_executor_gives_the_same_bytes() -> None:
    serial = list(pool.lines(REQUESTS * 5, workers=1))
    with ThreadPoolExecutor(3) as executor:
        assert list(pool.lines(REQUESTS * 5, executor)) == serial
    assert list(pool.lines(REQUESTS * 5, workers=2)) == serial


class Fragile(ThreadPoolExecutor):
    """An executor that is lost whenever it meets a request with the id "lost"."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        from concurrent.futures import BrokenExecutor, Future

        if any(isinstance(r, dict) and r.get("id") == "lost" for r in args[0]):
            future: Any = Future()
            future.set_exception(BrokenExecutor("gone"))
            return future
        return super().submit(fn, *args, **kwargs)


def test_what_takes_a_process_down_is_an_error_of_its_own() -> None:
    requests = [*REQUESTS[:5], {"id": "lost", "formula": "x", "wrt": "x"}, *REQUESTS[5:]]
    with Fragile(2) as executor:
        found = [json.loads(line) for line in pool.lines(requests, executor)]
    assert [r.get("id") for r in found] == [r.get("id") for r in requests]
    assert [k for k, r in enumerate(found) if r.get("error", {}).get("kind") == "LostError"] == [5]


def test_a_run_goes_on_where_its_results_end(tmp_path: Path) -> None:
    source, whole, part = write(tmp_path / "in.jsonl", REQUESTS), tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    batches.run(source, whole, workers=1)
    content = whole.read_bytes()
    for cut in (0, 10, len(content) // 2, content.rindex(b"\n", 0, -1) + 1, len(content)):
        part.write_bytes(content[:cut])
        count = batches.run(source, part, workers=1)
        assert part.read_bytes() == content
        assert (count.total, count.done, count.failed) == (len(REQUESTS), len(REQUESTS), 1)
        assert count.before == content[:cut].count(b"\n")


def test_results_of_other_requests_are_not_written_over(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.jsonl", REQUESTS[:2]), tmp_path / "out.jsonl"
    batches.run(source, out, workers=1)
    kept = out.read_bytes()
    for other in ([REQUESTS[1]], REQUESTS[:1], [{"id": 1, "formula": "x", "wrt": "x"}, REQUESTS[1]]):
        with pytest.raises(sd.SymdiffError, match="holds the results of other requests"):
            batches.run(write(tmp_path / "other.jsonl", other), out, workers=1)
        assert out.read_bytes() == kept


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"formula": "x^2", "wrt": "x"}\n\nno json\n', encoding="utf-8")
    assert main(["batch", str(source), "-o", str(tmp_path / "out.jsonl"), "--jobs", "1"]) == 1
    assert "2 results, 1 errors" in capsys.readouterr().err
    write(source, [{"formula": "x^2", "wrt": "x"}])
    assert main(["batch", str(source), "-o", str(tmp_path / "new.jsonl"), "--jobs", "1"]) == 0
    assert main(["batch", str(tmp_path / "none.jsonl"), "-o", str(tmp_path / "new.jsonl")]) == 2
    assert main(["batch", str(source), "-o", str(tmp_path / "none" / "new.jsonl")]) == 2


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals and permissions")
def test_killed_and_asked_again(tmp_path: Path) -> None:
    """Killed at some moment three times: nothing is lost, nothing is there twice, the order is that of the requests."""
    requests = [{"id": k, "formula": f"x^{k % 7 + 2} + {k}*x", "wrt": "x"} for k in range(3000)]
    source, out = write(tmp_path / "in.jsonl", requests), tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "symdiff", "batch", str(source), "-o", str(out), "--jobs", "1"]
    before = 0
    for _ in range(3):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(600):
            time.sleep(0.05)
            if process.poll() is not None or (out.exists() and out.stat().st_size > before + 20_000):
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = out.stat().st_size
    finished = subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
    assert finished.returncode == 0
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == list(range(3000))
