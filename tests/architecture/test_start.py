"""What a start may import: heavy libraries only when they are used."""

import subprocess
import sys

import pytest

HEAVY = {"numpy", "sympy", "flint", "scipy", "mpmath", "jax", "torch", "rich", "ssl", "urllib"}


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after the code."""
    report = "\nimport sys; print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(done.stdout.split("LOADED", 1)[1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import symdiff",
        "import symdiff; symdiff.ParseError; symdiff.__version__",
        "from symdiff import *",
        "from symdiff.cli import main; main(['--help'])",
        "from symdiff.cli import main; main(['rules'])",
    ],
)
def test_a_light_start(code):
    assert not loaded(code) & (HEAVY | {"lark"})


@pytest.mark.parametrize(
    "code",
    [
        "import symdiff as sd; str(sd.grad(sd.parse('max(1 - y*w.phi, 0)'), 'w'))",
        "from symdiff.cli import main; main(['norm2(A*x - y)^2', '--wrt', 'x', '--no-verify'])",
    ],
)
def test_a_derivative_needs_no_numbers(code):
    assert not loaded(code) & (HEAVY - {"flint"})


def test_the_test_can_fail():
    assert "numpy" in loaded("import symdiff as sd; sd.parse('a*b')(a=1, b=2)")


def test_import_symdiff_is_a_name_table():
    code = "import sys, symdiff; assert not [name for name in sys.modules if name.startswith('symdiff.')]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_verification_needs_no_masked_arrays():
    """numpy.median loads them, which takes as long as the first look at a small formula."""
    code = "import sys; from symdiff.cli import main; main(['max(1 - y*w.phi, 0)', '--wrt', 'w']); print('numpy.ma' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")
