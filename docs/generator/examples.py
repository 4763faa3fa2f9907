"""The formulas of a page's examples, and the link that opens each in the page in the browser.

An example is a fence: a session of the command, a session or a program of Python, a formula (```` ```symdiff ````), a table of problems; or a row of a table
whose last column is headed "here". The link carries the formula with its declarations, and the names it is differentiated by: `page/index.html#f=…&wrt=…`.
"""

from __future__ import annotations

import ast
import html
import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import click

import symdiff as sd
from docs.generator.pages import FENCE, ROOT
from symdiff.cli.registry import find

PAGE = "page/index.html"
MARK = "<!-- the page in the browser -->"  # where a page has a link to it
CALLS = {"parse", "parse_latex", "grad", "value_and_grad", "jacobian", "hessian", "derivative", "jvp", "vjp", "hvp", "check", "checker", "curvature", "graph", "steps", "trace", "backward", "stationary_points", "handout"}
PREFERRED = ("w", "x", "X", "W", "A")


@dataclass(frozen=True)
class Example:
    """A formula, declarations in front, and what it is differentiated by."""

    formula: str
    wrt: tuple[str, ...]

    @property
    def fragment(self) -> str:
        return f"#f={quote(self.formula, safe='')}&wrt={quote(','.join(self.wrt), safe=',')}"

    def link(self, place: str, words: str) -> str:
        """The link, from a page at this place of the site; words: as HTML."""
        title = html.escape(" ".join(self.formula.split()), quote=True)
        return f'<a class="open" href="{page_from(place)}{html.escape(self.fragment, quote=True)}" title="{title}">{words}</a>'


def page_from(place: str) -> str:
    """The page in the browser, from a page at this place."""
    return os.path.relpath(PAGE, os.path.dirname(place) or ".")


def short(formula: str) -> str:
    """A formula that a line has room for: what is behind its declarations."""
    text = " ".join(formula.split())
    while len(text) > 44 and "; " in text and re.match(r"[\w, ]+:", text):
        text = text.partition("; ")[2]
    return text if len(text) <= 44 else text[:43] + "…"


def declared(formula: str, declarations: Iterable[str]) -> str:
    return "; ".join([*declarations, formula])


def asked(formula: str, wrt: Iterable[str]) -> Example:
    """With a variable that it has, where none is named."""
    names = tuple(wrt)
    if not names:
        there = list(sd.parse(formula).variables)
        names = next(((name,) for name in PREFERRED if name in there), tuple(there[:1]))
    return Example(formula, names)


def of_command(line: str) -> Iterator[Example]:
    """The formula of a line of the command; none where it has none, or takes it from a file that is not there."""
    words = [word for word in shlex.split(line, comments=True) if word != "2>&1"]
    if words[:1] != ["symdiff"]:
        return
    for k, word in enumerate(words):
        if word in (">", ">>", "|", "&&", ";"):
            words = words[:k]
            break
    command, rest = find(words[1:])
    if not any(p.name == "wrt" for p in command.params) or "--help" in rest:
        return
    try:
        given = command.make_context(command.path, list(rest)).params
    except click.exceptions.Exit:
        return
    typed = " ".join(given.get("words") or ())
    source = given.get("source") or (typed if typed.endswith(".sd") else "")
    names = [n.strip() for n in (given.get("wrt") or given.get("hessian") or "").split(",") if n.strip()]
    if source:
        if not (ROOT / source).is_file():
            return
        typed = (ROOT / source).read_text(encoding="utf-8")
        names = names or re.findall(r"^# wrt: *(.*)$", typed, re.MULTILINE)
        typed = "\n".join(line for line in typed.splitlines() if not line.startswith("#")).strip()
    if typed:
        yield asked(declared(typed, given.get("declarations") or ()), names)


def of_python(code: str) -> Iterator[Example]:
    """The texts of formulas that functions of `sd` are given."""
    if re.search(r"^>>> ", code, re.MULTILINE):
        code = "\n".join(line[4:] for line in code.splitlines() if line.startswith((">>> ", "... ")))
    try:
        tree = ast.parse(code)
    except SyntaxError:  # lines to be put into a file, as in recipes
        return
    bound: dict[str, str] = {}
    formulas: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call):
            text = text_of(node.value)
            if text:
                bound[node.targets[0].id] = text
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        text = text_of(node)
        first = node.args[0] if node.args else None
        if text is None and isinstance(first, ast.Name):
            text = bound.get(first.id)
        if text is None and isinstance(first, ast.Call):
            text = text_of(first)
        if text is not None and called(node) in CALLS:
            names = formulas.setdefault(text, [])
            if called(node) not in ("parse", "parse_latex", "trace") and len(node.args) > 1:
                names += [n for n in strings(node.args[1]) if n not in names]
    for text, names in formulas.items():
        yield asked(text, names)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "sd" else ""


def strings(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return [s for item in getattr(node, "elts", ()) for s in strings(item)]


def text_of(node: ast.Call) -> str | None:
    """The formula that a call is given as a text, with the declarations that `sd.parse` is given."""
    if called(node) not in CALLS or not node.args or not isinstance(node.args[0], ast.Constant) or not isinstance(node.args[0].value, str):
        return None
    if any(k.arg in ("given", "functions") for k in node.keywords):
        return None
    parse = called(node) in ("parse", "parse_latex")
    types = [f"{k.arg}: {k.value.value}" for k in node.keywords if parse and k.arg and isinstance(k.value, ast.Constant)]
    return declared(node.args[0].value, types)


def of_toml(text: str) -> Iterator[Example]:
    for problem in tomllib.loads(text).get("problem", ()):
        if "formula" in problem:
            wrt = problem.get("wrt", ())
            yield asked(problem["formula"], [wrt] if isinstance(wrt, str) else wrt)


def of_fence(word: str, body: str) -> list[Example]:
    """The examples of a fence."""
    if word in ("console", "sh", "text"):
        lines = [line.removeprefix("$ ") for line in body.replace("\\\n", " ").splitlines() if line.startswith("$ symdiff") or (word == "sh" and line.startswith("symdiff "))]
        found = [example for line in lines for example in of_command(line)]
    elif word == "python":
        found = list(of_python(body))
    elif word == "symdiff":
        found = [asked(body.strip(), ())]
    elif word == "toml":
        found = list(of_toml(body))
    else:
        found = []
    return list(dict.fromkeys(found))


TABLE = re.compile(r"^\|[^\n]*\| here \|\n\|[-|: ]+\|\n(?:\|[^\n]*\n)+", re.MULTILINE)
LAST = re.compile(r"`((?:[^`]|\\\|)+)` \|$")
NEED = re.compile(r"^\| (?P<want>[^`\n]*) \| `(?P<formula>(?:[^`|\n]|\\\|)+)` \| `(?P<by>\w+)` \| `(?P<get>(?:[^`|\n]|\\\|)+)` \|$", re.MULTILINE)  # of a table of needs


def of_row(line: str) -> Example | None:
    """The formula in the last column."""
    match = LAST.search(line)
    example = asked(match[1].replace("\\|", "|"), ()) if match else None
    return example if example and example.wrt else None  # `eye(n)` has nothing to differentiate by


def of_need(match: re.Match[str]) -> Example:
    """The formula of a row `| what is wanted | formula | by | answer |`."""
    return Example(match["formula"].replace("\\|", "|"), (match["by"],))


def linked(text: str, place: str) -> str:
    """A page's text with a link behind every example."""

    def behind(match: re.Match[str]) -> str:
        found = of_fence(match["word"].strip(), match["body"])
        if len(found) < 2:
            return match[0] + "".join([f'\n\n<p class="opens">{example.link(place, "open in the page")}</p>\n' for example in found])
        links = " ".join([example.link(place, html.escape(short(example.formula))) for example in found])
        return f'{match[0]}\n\n<p class="opens">open in the page: {links}</p>\n'

    def in_table(match: re.Match[str]) -> str:
        head, rule, *rows = match[0].splitlines()
        done = []
        for row in rows:
            example = of_row(row)
            done.append(row[:-2] + f" {example.link(place, 'open')} |" if example else row)
        return "\n".join([head, rule, *done]) + "\n"

    def needed(match: re.Match[str]) -> str:
        example = of_need(match)
        return f"| {match['want']} | `{match['formula']}` {example.link(place, 'open')} | `{match['by']}` | `{match['get']}` |"

    text = NEED.sub(needed, TABLE.sub(in_table, FENCE.sub(behind, text)))
    return text.replace(MARK, f'<a class="try" href="{page_from(place)}">Type a formula here, without installing anything</a>')


def examples(text: str) -> list[Example]:
    """All examples of a page."""
    found = [example for match in FENCE.finditer(text) for example in of_fence(match["word"].strip(), match["body"])]
    found += [of_need(match) for match in NEED.finditer(text)]
    return found + [e for match in TABLE.finditer(text) for e in map(of_row, match[0].splitlines()[2:]) if e]

