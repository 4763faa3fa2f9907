"""What holds for all tests: a test that is skipped where it must run is a failure.

`.ci/run` sets SYMDIFF_ALL_TESTS=1 and brings what the tests need: a C compiler, a browser, PyTorch and JAX. A skip whose reason is not
listed here then fails the run; without the variable skips are what they are anywhere, since README's test command needs none of these.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import pytest

os.environ.pop("COLUMNS", None)  # messages wrap to it, where a runner sets it

# Reasons for which a test may be skipped even where everything is there.
MAY_SKIP = {
    "no pseudo-terminals": "Windows has none",
    "POSIX signals and permissions": "Windows has none",
    "root may write everywhere": "permissions hold for other users only; a checkout is tested as root, too",
    "no pdflatex": "TeX Live is large; LaTeX is compiled where it is installed",
    "no Dask": "a cluster is asked for by --dask alone, and its package is large",
    "no /dev/zero": "a system without this file",
    "no /dev/full": "a system without this file",
}

_surplus: list[str] = []


@functools.cache
def _made_once(path: str) -> bool:
    """Whether the tests of a file share what is made once for all of them: a browser, an installation, a run of mypy."""
    return 'scope="module"' in Path(path).read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker for all tests of such a file, in their order; every other test to the worker that is free."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByWhatIsMade(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return path if _made_once(str(config.rootpath / path)) else nodeid

    return ByWhatIsMade(config, log) if config.getoption("dist") == "loadscope" else None


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason that a skipped test gave."""
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix("Skipped: ")


def may_be_skipped(reason: str) -> bool:
    return any(reason.startswith(known) for known in MAY_SKIP)


def _look_at(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and not may_be_skipped(reason_of(report)):
        _surplus.append(f"{report.nodeid}: {reason_of(report)}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _look_at(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _look_at(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("SYMDIFF_ALL_TESTS") and _surplus and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("SYMDIFF_ALL_TESTS") and _surplus:
        terminalreporter.section("skipped, but must run here (tests/conftest.py lists the reasons that may stand)")
        for line in dict.fromkeys(_surplus):
            terminalreporter.line(line)
