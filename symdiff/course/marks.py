"""The marks of a class as a page: a plot of every problem, equal slips together, points, and every answer.

In: `Marks`. Out: HTML that stands alone, without scripts. Students have numbers in the place of names unless names are asked for. Everything that was
typed is escaped; nothing in it is a command.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from symdiff.course.values import number
from symdiff.errors import printable

if TYPE_CHECKING:
    from symdiff.course.grade import Marked, Marks, Slip

# What a mark is called, its colour, and a pattern that tells it apart in grey.
LOOKS = {
    "correct": ("correct", "#2e7d32", ""),
    "loose": ("correct in loose notation", "#8bc34a", "dots"),
    "wrong": ("wrong", "#c62828", "lines"),
    "unreadable": ("unreadable", "#f9a825", "cross"),
    "undecided": ("undecided", "#5c6bc0", "dots"),
    "empty": ("empty", "#cfd8dc", ""),
    "failed": ("failed", "#37474f", "cross"),
}
KINDS = {
    "wrong": "no slip that has a name", "table": "another function's derivative", "elsewhere": "what belongs elsewhere", "numbers": "numbers, not a formula", "chain": "chain rule",
    "transposed": "transpose", "factor": "a constant factor", "variable": "by another variable", "name": "another name", "shape": "shapes do not fit", "order": "order",
    "value": "value, not derivative", "verdict": "right or wrong", "entry": "one entry", "indicator": "indicator",
}  # fmt: skip
MAX_SHOWN = 60  # slips in the plot; the table has all of them
LEFT = 250.0  # where the bars of plots begin
LONG = 300  # characters of an answer on the page

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f23; --paper: #fff; --faint: #57606a; --line: #d0d7de; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #9da7b1; --line: #30363d; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; } p.lead { color: var(--faint); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; }
td code { overflow-wrap: anywhere; font-size: .85rem; } svg { max-width: 100%; height: auto; display: block; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; } svg .faint { fill: var(--faint); }
td.mark { white-space: nowrap; font-weight: 600; } details { margin: .5rem 0; } summary { cursor: pointer; padding: .3rem 0; }
@media print { details:not([open]) > * { display: none; } }
"""


def page(marks: Marks, *, names: bool = False) -> str:
    """The marks as a page."""
    sheet = marks.sheet
    students = len(marks.totals)
    right = sum(r.mark.right for r in marks.counted)
    lead = f"{students} student{'s' * (students != 1)}, {len(marks.counted)} answers, {right} of them right"
    lead += f"; {marks.failed} row{'s' * (marks.failed != 1)} could not be marked" if marks.failed else ""
    undecided = sum(r.mark.mark == "undecided" for r in marks.counted)
    lead += f"; {undecided} undecided, which a person should look at" if undecided else ""
    who = {s: (s if names else f"student {n}") for s, n in marks.numbers.items()}
    body = [
        f"<h1>{_text(sheet.title)}: marks</h1>",
        f'<p class="lead">{_text(sheet.course + ": " if sheet.course else "")}{lead}.</p>',
        "<h2>Problems</h2>",
        chart(marks),
        "<h2>Slips</h2>",
        *(_slips(marks) if marks.slips else ["<p>None.</p>"]),
        "<h2>Points</h2>",
        '<div class="wide"><table><thead><tr><th scope="col">student</th><th scope="col" class="n">points</th></tr></thead><tbody>',
        *[
            f'<tr><td>{_text(who[s])}</td><td class="n">{number(p)}</td></tr>'
            for s, p in sorted(marks.totals.items(), key=lambda x: (-x[1], who[x[0]]))
        ],
        "</tbody></table></div>",
        "<h2>Answers</h2>",
        *_answers(marks, who),
    ]
    return "\n".join([
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">""",
        f"<title>{_text(sheet.title)}: marks</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        *body,
        "</main>",
        "</body>",
        "</html>",
    ])  # fmt: skip


def _text(text: str, most: int = LONG) -> str:
    text = printable(text)
    return html.escape(text if len(text) <= most else text[:most] + " …")


# ---------------------------------------------------------------------------------------------- plots

_PATTERNS = {
    "lines": '<path d="M0 8 8 0M-2 2 2 -2M6 10 10 6" stroke="#fff" stroke-opacity=".55" stroke-width="1.5"/>',
    "dots": '<circle cx="4" cy="4" r="1.6" fill="#fff" fill-opacity=".7"/>',
    "cross": '<path d="M0 0 8 8M8 0 0 8" stroke="#fff" stroke-opacity=".6" stroke-width="1.2"/>',
}
_DEFS = (
    "<defs>"
    + "".join([f'<pattern id="{k}" width="8" height="8" patternUnits="userSpaceOnUse">{v}</pattern>' for k, v in _PATTERNS.items()])
    + "</defs>"
)


def _bar(x: float, y: float, width: float, height: float, mark: str, told: str) -> str:
    _, colour, pattern = LOOKS[mark]
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return (
        f'<g><title>{_text(told)}</title><rect {place} fill="{colour}"/>'
        + (f'<rect {place} fill="url(#{pattern})"/>' if pattern else "")
        + "</g>"
    )


def chart(marks: Marks) -> str:
    """For every problem a bar: how many answers have which mark, as SVG."""
    left, width, step, high = LEFT, 430.0, 30.0, 20.0
    most = max([sum(marks.counts(p).values()) for p in marks.problems], default=1)
    used = [m for m in LOOKS if any(marks.counts(p)[m] for p in marks.problems)]
    rows, y = [], 6.0
    for problem in marks.problems:
        counts = marks.counts(problem)
        rows.append(f'<text x="{left - 8:.0f}" y="{y + 15:.0f}" text-anchor="end">{_text(_called(marks, problem), 36)}</text>')
        x = left
        for mark in used:
            wide = width * counts[mark] / most
            if wide:
                rows.append(_bar(x, y, wide, high, mark, f"{problem}: {counts[mark]} {LOOKS[mark][0]}"))
                x += wide
        rows.append(
            f'<text x="{x + 8:.0f}" y="{y + 15:.0f}" class="faint">{counts["correct"] + counts["loose"]} of {sum(counts.values())} right</text>'
        )
        y += step
    x, y = left, y + 10
    for mark in used:
        wide = 26 + 7.2 * len(LOOKS[mark][0])
        if x + wide > left + width + 120:
            x, y = left, y + 22
        rows.append(_bar(x, y, 14, 14, mark, LOOKS[mark][0]) + f'<text x="{x + 20:.0f}" y="{y + 12:.0f}">{LOOKS[mark][0]}</text>')
        x += wide + 14
    return _svg(left + width + 120, y + 24, rows, "How many answers to each problem have which mark")


def _slips(marks: Marks) -> Iterator[str]:
    yield bars(marks.slips[:MAX_SHOWN] if len(marks.slips) <= MAX_SHOWN else sorted(marks.slips, key=lambda s: -s.count)[:MAX_SHOWN], marks)
    yield '<div class="wide"><table><thead><tr><th scope="col">problem</th><th scope="col" class="n">answers</th><th scope="col">slip</th></tr></thead><tbody>'
    for s in marks.slips:
        yield f'<tr><td>{_text(_called(marks, s.problem))}</td><td class="n">{s.count} of {s.of}</td><td>{_sentence(s.diagnosis)}</td></tr>'
    yield "</tbody></table></div>"


def bars(slips: list[Slip] | tuple[Slip, ...], marks: Marks) -> str:
    """The kinds of slips over all problems, the frequent ones first, as SVG."""
    kinds: dict[str, int] = {}
    for s in slips:
        kinds[s.kind] = kinds.get(s.kind, 0) + s.count
    ordered = sorted(kinds.items(), key=lambda x: (-x[1], x[0]))
    left, width, step = LEFT, 430.0, 26.0
    most = max(kinds.values(), default=1)
    rows, y = [], 6.0
    for kind, count in ordered:
        rows.append(f'<text x="{left - 8:.0f}" y="{y + 13:.0f}" text-anchor="end">{_text(KINDS.get(kind, kind), 34)}</text>')
        rows.append(
            _bar(left, y, width * count / most, 17, "unreadable" if kind == "unreadable" else "wrong", f"{KINDS.get(kind, kind)}: {count}")
        )
        rows.append(f'<text x="{left + width * count / most + 8:.0f}" y="{y + 13:.0f}" class="faint">{count}</text>')
        y += step
    return _svg(left + width + 120, y + 4, rows, "How often each kind of slip was made")


def _svg(width: float, height: float, rows: list[str], label: str) -> str:
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{label}">{_DEFS}{"".join(rows)}</svg>'


def _called(marks: Marks, problem: str) -> str:
    """A problem by its title, where that is short."""
    id, _, rest = problem.partition(".")
    p = next((p for p in marks.sheet.problems if p.id == id), None)
    several = p is not None and sum(q.partition(".")[0] == id for q in marks.problems) > 1
    title = p.title if p is not None and p.title and len(p.title) <= 24 else id
    return f"{title}: {rest}" if several and rest else title


def _sentence(text: str) -> str:
    """A diagnosis, whose formulas stand between back quotes."""
    parts = printable(text).split("`")
    return "".join(
        [f"<code>{html.escape(part)}</code>" if k % 2 and k < len(parts) - 1 else html.escape(part) for k, part in enumerate(parts)]
    )


def _answers(marks: Marks, who: dict[str, str]) -> Iterator[str]:
    by_problem: dict[str, list[Marked]] = {}
    for r in marks.rows:
        by_problem.setdefault(r.row.problem, []).append(r)
    order = {name: k for k, name in enumerate(marks.problems)}
    for problem in sorted(by_problem, key=lambda name: order.get(name, len(order))):
        rows = sorted(by_problem[problem], key=lambda r: (r.mark.mark != "failed", who.get(r.row.student, ""), r.row.line))
        yield f"<details><summary>{_text(_called(marks, problem) or 'rows without a problem')} ({len(rows)})</summary>"
        yield '<div class="wide"><table><thead><tr><th scope="col">student</th><th scope="col">answer</th><th scope="col">mark</th><th scope="col" class="n">points</th><th scope="col">why</th></tr></thead><tbody>'
        for r in rows:
            yield _answer(r, who)
        yield "</tbody></table></div></details>"


def _answer(r: Marked, who: dict[str, str]) -> str:
    m = r.mark
    why = "; ".join([_sentence(t) for t in (m.diagnosis, m.shown, m.hint) if t])
    if r.later:
        why += f"{'; ' if why else ''}answered again on line {r.later}"
    points = number(r.points) if m.points != Fraction(0) or m.right else "0"
    answer = f"<code>{_text(r.row.answer)}</code>" if r.row.answer.strip() else ""
    return f'<tr><td>{_text(who.get(r.row.student, ""))}</td><td>{answer}</td><td class="mark">{m.mark}</td><td class="n">{points}</td><td>{why}</td></tr>'
