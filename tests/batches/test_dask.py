"""A batch on a Dask cluster of two workers here, one of which is killed in the middle: the same bytes as without it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from symdiff import batches
from symdiff.cli import main

distributed = pytest.importorskip("distributed", reason="no Dask")


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    requests = [{"id": k, "formula": f"x^{k % 7 + 2} + {k}*x", "wrt": "x"} for k in range(600)]
    source, serial, out = tmp_path / "in.jsonl", tmp_path / "serial.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join([json.dumps(r) + "\n" for r in requests]), encoding="utf-8")
    batches.run(source, serial, workers=1)
    code = "import sys; from distributed.cli.dask_%s import main; main(sys.argv[1:])"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    found = tmp_path / "scheduler.json"
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                code % "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(found),
            ],
            **quiet,
        )
    ]  # type: ignore[call-overload]
    try:
        for _ in range(600):
            if found.exists() and found.stat().st_size:
                break
            time.sleep(0.1)
        address = json.loads(found.read_text(encoding="utf-8"))["address"]
        worker = [
            sys.executable,
            "-c",
            code % "worker",
            address,
            "--no-nanny",
            "--nthreads",
            "1",
            "--no-dashboard",
            "--local-directory",
            str(tmp_path),
        ]
        workers = [subprocess.Popen(worker, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        started += workers
        with distributed.Client(address) as client:
            client.wait_for_workers(2, timeout=60)

        def kill() -> None:
            while not (out.exists() and out.stat().st_size > 10_000):
                time.sleep(0.02)
            os.kill(workers[0].pid, signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        assert main(["batch", str(source), "-o", str(out), "--dask", address]) == 0
        killer.join(10)
        assert workers[0].wait(10) == -signal.SIGKILL
    finally:
        for process in started:
            process.kill()
    assert out.read_bytes() == serial.read_bytes()
