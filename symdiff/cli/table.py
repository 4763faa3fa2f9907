"""The commands by name.

A command is a line in COMMANDS and a file of its name in `symdiff/cli/commands/`, whose function of that name it is.
"""

from __future__ import annotations

DEFAULT = "derivative"

# name: what it is for, in a line
COMMANDS = {
    "backward": "the backward pass as straight lines with named adjoints",
    "batch": "many questions from a file, a result for each",
    "check": "the mark of a derivative worked out by hand",
    "code": "the derivative as a function: NumPy, JAX, PyTorch, SymPy, C",
    "completion": "completion of commands, options and names in a shell",
    "curvature": "convex, concave, affine or neither, and why",
    "descend": "weights that make the formula small on data",
    "grade": "the marks of a class, and which slips were made how often",
    "graph": "a picture of the computation graph with local derivatives",
    "handout": "a page with graph, rules, steps, answer and check",
    "page": "the page in the browser, computed there",
    "practice": "a sheet on the terminal, each entry marked at once",
    "rules": "the table of functions and their derivatives",
    "sheet": "worksheets, keys, solutions and slides of a file of problems",
    "stationary": "where the gradient is zero, in closed form",
    "steps": "the derivation, step by step",
    "trace": "both passes in numbers, node by node",
}

# What people call a command that has another name here, and what to type.
OTHER_WORDS = {
    **dict.fromkeys(
        ("diff", "differentiate", "derive", "grad", "gradient", "jacobian"), 'the derivative needs no command: symdiff "w.x" --wrt w'
    ),
    "hessian": 'symdiff "x\'*A*x" --hessian x',
    **dict.fromkeys(("compile", "export", "generate"), 'symdiff code "w.x" --wrt w'),
    **dict.fromkeys(("draw", "plot", "picture"), 'symdiff graph "w.x" --wrt w'),
    **dict.fromkeys(("verify", "mark", "test"), 'symdiff check "x^2" --wrt x --answer "2*x"; a derivative is verified when it is made'),
    **dict.fromkeys(("convex", "convexity"), 'symdiff curvature "w.w" --wrt w'),
    **dict.fromkeys(
        ("fit", "train", "minimize", "minimise", "optimize", "optimise"), 'symdiff descend "(w.x - y)^2" --wrt w --data train.csv'
    ),
    **dict.fromkeys(("solve", "minimum"), 'symdiff stationary "norm2(X*w - y)^2" --wrt w'),
    **dict.fromkeys(("table", "cheatsheet", "functions"), "symdiff rules"),
    **dict.fromkeys(("worksheet", "exam", "quiz", "slides", "course"), "symdiff sheet sheet.toml -o sheet.pdf"),
    **dict.fromkeys(("serve", "web", "site", "browser", "gui"), "symdiff page"),
    **dict.fromkeys(("explain", "derivation"), 'symdiff steps "w.w" --wrt w'),
}
