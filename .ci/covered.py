"""Whether enough of the package runs in the tests: python .ci/covered.py FILE LINES BRANCHES, both in per cent; exit status 1 if not."""

import sys

import coverage


def shares(file: str) -> dict[str, float]:
    """The lines and the branches that ran, in per cent of all."""
    data = coverage.Coverage(data_file=file, config_file="pyproject.toml")
    data.load()
    lines = [0, 0]
    branches = [0, 0]
    for path in data.get_data().measured_files():
        numbers = data._analyze(path).numbers
        lines[0] += numbers.n_executed
        lines[1] += numbers.n_statements
        branches[0] += numbers.n_executed_branches
        branches[1] += numbers.n_branches
    return {what: 100 * some / max(all_, 1) for what, (some, all_) in {"lines": lines, "branches": branches}.items()}


if __name__ == "__main__":
    found = shares(sys.argv[1])
    short = [what for what, least in zip(found, map(float, sys.argv[2:]), strict=True) if found[what] < least]
    print("covered: " + ", ".join(f"{share:.1f} % of the {what}" for what, share in found.items()))
    if short:
        sys.exit("too little of the " + " and the ".join(short))
