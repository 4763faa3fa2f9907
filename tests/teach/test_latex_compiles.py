"""Pages in LaTeX, compiled by a plain TeX Live: no error, no package but those of its base, nothing over the edge."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import symdiff as sd

PAGES = [
    ("max(1 - y*w.phi, 0)", "w", {}),
    ("residual = w.phi - y; residual^2", "w", {"w": [3, 1], "phi": [1, 2], "y": 2}),
    ("h1 = sigma(V1*phi); h2 = sigma(V2*h1); h3 = sigma(V3*h2); score = w.h3; residual = score - y; residual^2", "V1", {}),
    ("Q: matrix(n,d); K, V: matrix(m,d); G: matrix(n,d); sum(G .* (softmax(Q*K'/sqrt(d))*V))", "K", {}),
    ("x: vector(n); sum(i<j, log(abs(x[i] - x[j])))", "x", {}),
    ("mu = mean(x); s = sqrt(mean((x - mu).^2) + epsilon); g.(gamma .* (x - mu)/s + beta)", "x", {}),
]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
@pytest.mark.parametrize("formula, wrt, at", PAGES)
def test_a_page_compiles_and_keeps_its_margins(formula: str, wrt: str, at: dict[str, object], tmp_path: Path) -> None:
    sd.handout(formula, wrt, at or None).save(tmp_path / "page.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert not re.findall(r"Overfull \\hbox \((?!0\.)[\d.]+pt", done.stdout)


@pytest.mark.parametrize("formula, wrt, at", PAGES)
def test_it_loads_packages_that_every_tex_has(formula: str, wrt: str, at: dict[str, object], tmp_path: Path) -> None:
    sd.handout(formula, wrt, at or None).save(tmp_path / "page.tex")
    loaded = re.findall(r"\\usepackage(?:\[.*?\])?\{(.*?)\}", (tmp_path / "page.tex").read_text())
    assert {name.strip() for names in loaded for name in names.split(",")} <= {
        "fontenc",
        "geometry",
        "amsmath",
        "amssymb",
        "graphicx",
        "tikz",
    }
