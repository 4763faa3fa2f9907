"""Everything side by side with the peers that are installed: `python -m benchmarks [--quick] [--only WORD]`, in the checkout.

A whole run takes 40 minutes on an idle machine and writes docs/benchmarks.md and docs/benchmarks.svg. With --quick (some
minutes) or --only (the parts whose name has the word) the tables are printed instead; --write writes them, too.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib import metadata, util

from benchmarks import checks, scalars, starts, tensors, texts
from benchmarks.measure import ONE_THREAD, ROOT, SLOW, Result, Task, measure, ratio
from benchmarks.plot import Panel, plot

PARTS = ("starts", *scalars.WORKS, "parsing", "tensors", "verification", "evaluation")
PACKAGES = ("sympy", "symengine", "casadi", "jax", "pytensor", "torch", "tensorgrad", "autograd", "lark")
OURS, SIMPLIFIED = "symdiff", "symdiff, simplified"
COMPARED = ("floor", OURS, SIMPLIFIED, "casadi")  # what the goals for scalars speak of

Found = Mapping[tuple[str, Task], Result]


class Run:
    """The options of a run, and what it has found: sections of Markdown, panels of the plot, and ratios with their goals."""

    def __init__(self, quick: bool, only: str, turns: int, limit: float) -> None:
        self.quick = quick
        self.only = only
        self.turns = 1 if quick else turns
        self.limit = 2.0 if quick else limit
        self.sections: list[str] = []
        self.panels: list[Panel] = []
        self.ratios: list[tuple[str, str, str]] = []
        self.began = time.monotonic()

    def wants(self, part: str) -> bool:
        return self.only in part

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def ratio(self, what: str, value: str, goal: str = "") -> None:
        self.ratios.append((what, value, goal))

    def mean(self, what: str, found: Found, peer: str, tasks: Iterable[Task], goal: str = "") -> None:
        """The ratio of a peer's times to ours in the tasks that both did: the geometric mean and the least."""
        both = [(peer, task) for task in tasks if (peer, task) in found and found[peer, task].ok and found[OURS, task].ok]
        pairs = [ratio(found[peer, task], found[OURS, task]) for peer, task in both]
        if pairs:
            mean = number(statistics.geometric_mean(pairs))
            self.ratio(f"{what}, geometric mean of {len(pairs)} (least)", f"{mean} ({number(min(pairs))})", goal)

    def section(self, title: str, *paragraphs: str) -> None:
        self.sections.append("\n\n".join([f"## {title}", *paragraphs]))

    def measured(
        self, room: str, peers: Iterable[str], tasks: Sequence[Task], warm: int = 0, always: Collection[str] = (), apart: bool = False
    ) -> Found:
        return measure(room, peers, tasks, turns=self.turns, limit=self.limit, warm=warm, always=always, apart=apart, say=self.say)


# ---------------------------------------------------------------------------------------------- the parts


def of_starts(run: Run) -> None:
    seconds = starts.measure(3 if run.quick else 15, run.say)
    names = list(seconds)
    run.section("Starts", _doc(starts), table(["process", "ms"], [[name, number(1e3 * seconds[name])] for name in names]))
    run.ratio("start, not verified, to `import lark, click`", number(seconds[names[0]] / seconds[names[1]]), "1.3")
    run.ratio("start, verified, to the same derivative by SymPy", number(seconds[names[2]] / seconds[names[3]]), "1.7")


def of_scalars(run: Run) -> None:
    works = [work for work in scalars.WORKS if run.wants(work)]
    sizes = (100, 1000) if run.quick else (100, 1000, 10_000, 100_000)
    peers = [peer for peer in installed(scalars.PEERS) if peer != "memory"]
    pieces = []
    growths: dict[str, list[tuple[float, str]]] = {}
    largest = dict.fromkeys(("gradient to formula, nodes", "simplified gradient to formula, nodes", "bytes per node"), 0.0)
    for work in works:
        run.say(work)
        found = run.measured("scalars", peers, [(work, n) for n in sizes], always=COMPARED, apart=True)
        pieces += [f"### {work}", f"`{scalars.WORKS[work].__doc__}`", growth_table(found, peers, work, sizes)]
        run.panels.append(panel(found, peers, work, sizes))
        for peer in (OURS, SIMPLIFIED):
            if not math.isnan(growth := above_floor(found, peer, work, sizes)):
                growths.setdefault(peer, []).append((growth, work))
        if work in scalars.GRADIENTS:
            text, facts = _nodes(run, found, work, sizes)
            pieces.append(text)
            largest = {name: max(value, facts.get(name, 0)) for name, value in largest.items()}
            for n in {"layers": sizes[-1:], "rosenbrock": sizes[-2:-1]}.get(work, ()):
                _compare(run, found, work, n)
    run.section("Gradients by many scalars", _doc(scalars), *pieces)
    for ours, over in growths.items():
        most, work = max(over)
        run.ratio(f"{ours}: growth exponent above the floor's, the largest of {len(over)} ({work})", f"{most:.2f}", "0.1")
    for (name, value), goal in zip(largest.items(), ("4", "3", "500"), strict=True):
        if value:
            run.ratio(f"{name}, the largest", number(value), goal)


def _nodes(run: Run, found: Found, work: str, sizes: Sequence[int]) -> tuple[str, dict[str, float]]:
    n = max(n for n in sizes if found[OURS, (work, n)].ok)
    facts = dict(found[OURS, (work, n)].facts)
    growth = {"gradient to formula, nodes": facts["gradient"] / facts["formula"]}
    text = f"Nodes at {n}: formula {facts['formula']}, gradient {facts['gradient']} ({growth['gradient to formula, nodes']:.2f} times)"
    after = [(m, found[SIMPLIFIED, (work, m)].facts["simplified"], found[OURS, (work, m)].facts["formula"])
             for m in sizes if found[SIMPLIFIED, (work, m)].ok]  # fmt: skip
    if after:
        m, nodes, formula = after[-1]
        growth["simplified gradient to formula, nodes"] = nodes / formula
        text += f"; simplified, at {m}, {nodes} ({nodes / formula:.2f} times)"
    used = measure("scalars", ["memory"], [(work, min(10_000, sizes[-1]))], turns=1, limit=60, say=run.say)
    for r in used.values():
        if r.ok:
            growth["bytes per node"] = r.facts["bytes per node"]
            text += f"; {r.facts['bytes per node']:.0f} bytes per node"
    return text + ".", growth


def _compare(run: Run, found: Found, work: str, n: int) -> None:
    """The ratios for which there are goals."""
    results = {peer: found[peer, (work, n)] for peer in COMPARED if (peer, (work, n)) in found}
    for ours, other, goal in ((OURS, "casadi", "0.5"), (OURS, "floor", "3"), (SIMPLIFIED, "casadi", "1")):
        if other in results and results[ours].ok and results[other].ok:
            run.ratio(f"{work}, n = {n}: {ours}, to {other}", number(ratio(results[ours], results[other])), goal)


def of_parsing(run: Run) -> None:
    sizes = (10, 1000, 10_000) if run.quick else (10, 1000, 100_000, 1_000_000)
    peers = installed(texts.PEERS)
    found: dict[tuple[str, Task], Result] = {}
    for work in texts.FORMULAS:  # in processes of its own: after a million tokens of another, memory is another
        found |= run.measured("texts", peers, [(work, n) for n in sizes], always=(OURS,))
    pieces = []
    for work, text in texts.FORMULAS.items():
        sample = text(40)
        rows = []
        for peer in peers:
            results = [found[peer, (work, n)] for n in sizes]
            if any(r.ok for r in results):
                speeds = [number(r.facts["tokens"] / r.seconds / 1e3) if r.ok else r.reason for r in results]
                rows.append([peer, *speeds, number(max(r.megabytes for r in results if r.ok))])
        pieces += [f"### {work}", f"`{sample}`", table(["1000 tokens per second", *[f"{n} tokens" for n in sizes], "MB"], rows)]
        run.panels.append(panel(found, peers, work, sizes, title=f"parsing: {work}"))
        last = [(found[OURS, (work, n)], found["lark", (work, n)]) for n in sizes[2:3]]
        for ours, lark in last:
            if ours.ok and lark.ok:
                run.ratio(f"parsing, {work}: 1000 tokens per second", number(ours.facts["tokens"] / ours.seconds / 1e3), "at least 200")
                run.ratio(f"parsing, {work}: to bare Lark", number(ratio(ours, lark)), "1.3")
    run.section("Parsing", _doc(texts), *pieces)


def of_tensors(run: Run) -> None:
    peers = installed(tensors.PEERS)
    depths = tensors.DEPTHS[:2] if run.quick else tensors.DEPTHS
    tasks = [*tensors.TASKS, *[(tensors.NETWORK, n) for n in depths]]
    found = run.measured("tensors", peers, tasks, warm=5, always=(OURS, "jax"))
    rows = []
    for task in tasks:
        name = task[0] if task[0] != tensors.NETWORK else f"gradient of a network of {task[1]} layers"
        rows.append([name, *[number(1e3 * r.seconds) if r.ok else r.reason for r in (found[peer, task] for peer in peers)]])
    run.section("Tensor derivations", _doc(tensors), table(["ms", *peers], rows))
    run.panels.append(panel(found, peers, tensors.NETWORK, depths, title="network, gradient by all layers"))
    for peer, goal in (("jax", "none below 1"), ("tensorgrad", "10"), ("sympy", "10")):
        run.mean(f"tensors: {peer} to symdiff", found, peer, tensors.TASKS, goal)
    deepest = found[OURS, tasks[-1]]
    if deepest.ok:
        run.ratio(f"network of {depths[-1]} layers, ms", number(1e3 * deepest.seconds), "100")


def of_verification(run: Run) -> None:
    peers = installed(checks.PEERS)
    found = run.measured("checks", peers, checks.TASKS, warm=3, always=(OURS,))
    rows = [
        [task[0], *[number(1e3 * r.seconds) if r.ok else r.reason for r in (found[peer, task] for peer in peers)]] for task in checks.TASKS
    ]
    run.section("Verification", _doc(checks), table(["ms", *peers], rows))
    run.mean("verification: sympy by hand to symdiff", found, "sympy", checks.TASKS)


def of_evaluation(run: Run) -> None:
    """What benchmarks/code.py says, in its own words."""
    command = [sys.executable, os.path.join(ROOT, "benchmarks", "code.py"), "--quick"]
    run.say("evaluation")
    env = {**os.environ, **ONE_THREAD, "PYTHONPATH": ROOT}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    lines = [f"* {line}" for line in done.stdout.splitlines()] or [f"No result: {done.stderr.splitlines()[-1]}"]
    run.section("Evaluation", "Compiled derivatives beside what an expert writes and beside the peers' own; "
                "of each pair the first figure is how many times as long ours takes, or how much more memory, the second the time of the other (`python benchmarks/code.py`).", "\n".join(lines))  # fmt: skip


# ---------------------------------------------------------------------------------------------- tables


def installed(peers: Iterable[str]) -> list[str]:
    own = {"floor", OURS, SIMPLIFIED, "memory"}
    return [peer for peer in peers if peer in own or util.find_spec(peer) is not None]


def number(value: float) -> str:
    """Three significant digits."""
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def exponent(found: Found, peer: str, work: str, sizes: Sequence[int]) -> float:
    """The growth exponent log(t2/t1)/log(n2/n1) between the two largest sizes that were done; NaN if there are not two."""
    return _growth([(n, found[peer, (work, n)].seconds) for n in _done(found, peer, work, sizes)])


def above_floor(found: Found, peer: str, work: str, sizes: Sequence[int]) -> float:
    """The growth exponent less that of the floor between the same sizes, which is that of the ratio of their times."""
    return _growth([(n, ratio(found[peer, (work, n)], found["floor", (work, n)])) for n in _done(found, peer, work, sizes)])


def _done(found: Found, peer: str, work: str, sizes: Sequence[int]) -> list[int]:
    return [n for n in sizes if found[peer, (work, n)].ok]


def _growth(points: Sequence[tuple[int, float]]) -> float:
    if len(points) < 2 or not points[-2][1]:
        return math.nan
    (n1, t1), (n2, t2) = points[-2:]
    return math.log(t2 / t1) / math.log(n2 / n1)


def growth_table(found: Found, peers: Sequence[str], work: str, sizes: Sequence[int]) -> str:
    rows = []
    for peer in peers:
        results = [found[peer, (work, n)] for n in sizes]
        if results[0].reason == "–":
            continue
        cells = [number(1e3 * r.seconds) if r.ok else r.reason for r in results]
        growth = exponent(found, peer, work, sizes)
        most = max([r.megabytes for r in results if r.ok], default=math.nan)
        rows.append([peer, *cells, "–" if math.isnan(growth) else f"{growth:.2f}", number(most)])
    return table(["ms", *[f"n = {n}" for n in sizes], "growth", "MB"], rows)


def panel(found: Found, peers: Sequence[str], work: str, sizes: Sequence[int], title: str = "") -> Panel:
    lines = {peer: [(float(n), r.seconds) for n in sizes if (r := found[peer, (work, n)]).ok and r.seconds > 0] for peer in peers}
    return Panel(title or work, {peer: points for peer, points in lines.items() if points})


def _doc(room: object) -> str:
    """What a room says about itself, as paragraphs of Markdown."""
    return (room.__doc__ or "").strip()


def machine() -> str:
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            processor = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES if util.find_spec(name))
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}; {versions}; {time.strftime('%Y-%m-%d')}."


HEAD = """# Benchmarks

Made by `{command}`; do not edit. {machine}

![Seconds by size, one plot for every formula](benchmarks.svg)

How to read: every peer runs in processes of its own, the peers take turns, and the figures are medians over {turns} turns of the CPU
time (of whole processes: the time on the clock), of which peers that no goal speaks of take every second. The machine
is shared, so times shake by a quarter: the ratios mean more than the milliseconds; they are medians of the ratios within a turn, since
the machine's speed drifts from turn to turn. `growth` is the exponent log(t2/t1)/log(n2/n1) between the two largest sizes that a peer
did, 1 for linear time (a bare loop has 1.1 to 1.4 here, since memory is slower than the caches), `MB` what the process grew by at its
peak. `> {limit:g} s` means that the peer was stopped then, or would have had to be; the name of an error that it raised it; `–` that it
has no way to do it. What takes more than {slow} s is done once, but by the peers of which goals speak. The peers do different things:
SymPy, SymEngine, CasADi, tensorgrad and symdiff derive formulas, JAX and PyTensor trace programs, PyTorch and autograd compute
numbers; for them the time is that of one evaluation with its backward pass. The floor is a bare loop that interns as many tuples in a
dict as symdiff makes nodes, and sweeps them in lists: what the language itself costs."""


def report(run: Run) -> str:
    goals = table(["what", "measured", "goal"], run.ratios)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    head = HEAD.format(command=command, machine=machine(), turns=run.turns, limit=run.limit, slow=SLOW)
    return "\n\n".join([head, f"## Ratios\n\n{goals}", *run.sections]) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--quick", action="store_true", help="small sizes, one turn, short limits; printed")
    options.add_argument("--only", default="", metavar="WORD", help=f"parts whose name has this word; printed. Parts: {', '.join(PARTS)}")
    options.add_argument("--write", action="store_true", help="write docs/ after --quick and --only, too")
    options.add_argument("--turns", type=int, default=5, metavar="N", help="how often what goals speak of is done (5)")
    options.add_argument("--limit", type=float, default=30, metavar="SECONDS", help="CPU time for a task (30)")
    chosen = options.parse_args()
    run = Run(chosen.quick, chosen.only, chosen.turns, chosen.limit)
    steps: list[tuple[Sequence[str], Callable[[Run], None]]] = [
        (("starts",), of_starts),
        (tuple(scalars.WORKS), of_scalars),
        (("parsing",), of_parsing),
        (("tensors",), of_tensors),
        (("verification",), of_verification),
        (("evaluation",), of_evaluation),
    ]
    for parts, step in steps:
        if any(run.wants(part) for part in parts):
            step(run)
    text = report(run)
    if (chosen.quick or chosen.only) and not chosen.write:
        print(text)
        return
    for name, content in (("benchmarks.md", text), ("benchmarks.svg", plot(run.panels, "size", "seconds"))):
        with open(os.path.join(ROOT, "docs", name), "w", encoding="utf-8") as file:
            file.write(content)
    run.say("docs/benchmarks.md and docs/benchmarks.svg are written")


if __name__ == "__main__":
    main()
