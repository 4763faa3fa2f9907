"""The types of `import symdiff as sd` for type checkers: every public name, every function of the language, and nothing else.

`SYMDIFF_UPDATE=1 pytest tests/api/test_typing.py` writes symdiff/__init__.pyi anew; that is needed after a row of the table or a public name is added.
"""

from __future__ import annotations

from keyword import iskeyword
from pathlib import Path

import symdiff
from symdiff.building import BUILDERS, doc
from symdiff.table import BUILT_IN, TABLE

PATH = Path(symdiff.__file__).with_suffix(".pyi")


def _rank(name: str) -> tuple[int, str]:
    """Classes first, as ruff sorts."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def text() -> str:
    homes = vars(symdiff)["_HOMES"]
    lines = [
        '"""Every public name with its type; made from the table, see tests/api/stub.py."""',
        "",
        "from typing import Final",
        "",
        *sorted(f"from {home} import {name} as {name}" for name, home in homes.items()),
        "from symdiff.formula import Operand",
    ]
    builders = [name for name in BUILDERS if name not in homes]
    lines += sorted(f"from symdiff.building import {name} as {name}" for name in builders)
    lines += [
        "",
        "__version__: Final[str]",
        "__all__ = [",
        *[f"    {name!r},".replace("'", '"') for name in sorted(symdiff.__all__, key=_rank)],
        "]",
        "pi: Final[Formula]",
        "",
        "def load_ipython_extension(shell: object) -> None: ...",
        "",
    ]
    for name in sorted({*TABLE.names, *BUILT_IN} - {*homes, *builders, "tensor"} - {name for name in TABLE.names if name.startswith("_")}):
        spelled = name + "_" * iskeyword(name)
        if name not in TABLE:
            lines.append(f"def {spelled}(*args: Operand) -> Formula: ...")
            continue
        row = TABLE[name]
        optional = len(row.args) - len(row.defaults)
        words = [f"{x}_" if iskeyword(x) else x for x in row.args]
        args = (
            "*args: Operand"
            if name in ("max", "min")
            else ", ".join(f"{x}: Operand" + (" = ..." if k >= optional else "") for k, x in enumerate(words)) + ", /"
        )
        lines += [
            f"def {spelled}({args}) -> Formula:",
            '    """' + doc(row).replace("\\", "\\\\").replace("\n", "\n    ").rstrip().replace("\n    \n", "\n\n") + '"""',
        ]
    body = "\n".join(lines) + "\n"
    head, _, rest = body.partition("\nfrom typing")
    imports, _, defs = ("from typing" + rest).partition("\n\n__version__")
    first, *others = imports.splitlines()
    return head + "\n" + first + "\n\n" + "\n".join(sorted(line for line in others if line)) + "\n\n__version__" + defs
