"""Pages that are made from the program: the library from its docstrings, the commands from their options, the rules from the table."""

from __future__ import annotations

import ast
import html
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

import click

import symdiff as sd
from symdiff.cli.registry import load
from symdiff.cli.table import COMMANDS, DEFAULT

# By subject; a test asks that every public name is under one.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "Formulas": ("parse", "parse_latex", "from_python", "from_sympy", "scalars", "vectors", "matrices", "symbols", "define", "Formula", "Expressions", "Expr"),
    "Derivatives": ("grad", "value_and_grad", "jacobian", "hessian", "derivative", "jvp", "vjp", "hvp", "notes"),
    "Verdicts and marks": ("verify", "check", "checker", "curvature"),
    "Teaching": ("graph", "steps", "derive", "trace", "backward", "handout", "rules", "sheet", "grade_class"),
    "Optimising": ("stationary_points", "descend"),
    "In programs": ("torch_function", "jax_function", "batch", "limits"),
    "Errors": ("SymdiffError", "ParseError", "ShapeError", "UnknownNameError", "DomainError", "LimitError", "OperandError", "RefutedError"),
}

INTRODUCTION = """Made from the docstrings; `import symdiff as sd` stands in front. `Asked` is a `Formula`, the text of one, or a node; `Wrt` a name or a variable, `Names` a list of them; `Layout` is
`"denominator"` or `"numerator"`; `Functions` are those that `sd.define` makes, or the path of a TOML file with some."""

CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def page_name(subject: str) -> str:
    return subject.lower().replace(" ", "-")


def prose(text: str) -> str:
    """Plain text as Markdown: what stands between backticks is code, everything else is what it is."""
    done, end = [], 0
    for match in CODE.finditer(text):
        done += [plain(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*done, plain(text[end:])])


def plain(text: str) -> str:
    return re.sub(r"([\\`*_<>\[\]{}|#~$])", r"\\\1", text)


def docstring(thing: Any) -> str:
    """A docstring as Markdown: paragraphs, and blocks that are indented as code."""
    parts = []
    for block in re.split(r"\n[ \t]*\n", inspect.getdoc(thing) or ""):
        lines = block.splitlines()
        if all(line.startswith("    ") for line in lines):
            parts.append("```python\n" + "\n".join(line[4:] for line in lines) + "\n```")
        else:
            parts.append(prose(block))
    return "\n\n".join(parts)


def signature(name: str, thing: Callable[..., Any]) -> str:
    """How it is called, a line for each argument where one line is too long. Annotations are as they stand in the source."""
    try:
        found = inspect.signature(thing)
    except ValueError:
        return name
    shown: list[str] = []
    before: inspect.Parameter | None = None
    for p in found.parameters.values():
        if before is not None and before.kind is p.POSITIONAL_ONLY and p.kind is not p.POSITIONAL_ONLY:
            shown.append("/")
        if p.kind is p.KEYWORD_ONLY and (before is None or before.kind not in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)):
            shown.append("*")
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        kind = "" if p.annotation is p.empty else f": {written_type(p.annotation)}"
        shown.append(f"{star}{p.name}{kind}" + ("" if p.default is p.empty else f" = {p.default!r}"))
        before = p
    if shown[:1] == ["self"]:
        shown = [part for part in shown[1:] if part != "/" or len(shown) > 2]
        shown = shown[1:] if shown[:1] == ["/"] else shown
    back = "" if found.return_annotation is found.empty else f" -> {written_type(found.return_annotation)}"
    line = f"{name}({', '.join(shown)}){back}"
    return line if len(line) <= 96 else f"{name}(\n" + "".join(f"    {part},\n" for part in shown) + f"){back}"


def written_type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def imported(module: ModuleType, name: str) -> Any:
    """What a name in an annotation of this module means, imports for type checkers included; None if it is nothing of symdiff's."""
    if hasattr(module, name):
        return getattr(module, name)
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("symdiff") and any((alias.asname or alias.name) == name for alias in node.names):
            return getattr(importlib.import_module(node.module), name, None)
    return None


def results(names: tuple[str, ...]) -> list[type]:
    """The classes of what these functions give, which are no public names themselves."""
    found: dict[str, type] = {}
    for name in names:
        thing = getattr(sd, name)
        if inspect.isfunction(thing):
            for word in re.findall(r"\w+", str(thing.__annotations__.get("return", ""))):
                given = imported(importlib.import_module(thing.__module__), word)
                if inspect.isclass(given) and given.__module__.startswith("symdiff") and word not in sd.__all__:
                    found[word] = given
    return list(found.values())


def members(cls: type) -> Iterator[tuple[str, Any, bool]]:
    """What a class has for its users: name, thing, and whether it is a value rather than a call. Only what has a docstring."""
    for name, thing in vars(cls).items():
        if name.startswith("_") and name != "__call__":
            continue
        if isinstance(thing, property):
            if thing.__doc__:
                yield name, thing, True
        elif isinstance(thing, staticmethod | classmethod):
            if thing.__func__.__doc__:
                yield name, thing.__func__, False
        elif inspect.isfunction(thing) and thing.__doc__:
            yield name, thing, False


def a_class(cls: type, name: str, head: str) -> str:
    lines = [f"{head} {name}", ""]
    if is_dataclass(cls) and name not in ("Formula", "Expressions"):
        fields = ", ".join(f for f in cls.__dataclass_fields__ if not f.startswith("_"))
        lines += [f"Fields: {', '.join(f'`{f}`' for f in fields.split(', '))}.", ""]
    lines += [docstring(cls), ""]
    for member, thing, value in members(cls):
        if value:
            lines += [f"**`.{member}`** {docstring(thing)}", ""]
        else:
            called = name.lower() if member == "__call__" else f".{member}"
            lines += ["```python", signature(called, thing), "```", docstring(thing), ""]
    return "\n".join(lines)


def library() -> dict[str, str]:
    """Pages by their place on the site."""
    made = {}
    rows = []
    for subject, names in SUBJECTS.items():
        lines = [f"# {subject}", "", INTRODUCTION, ""]
        for name in names:
            thing = getattr(sd, name)
            rows.append(f"| [`sd.{name}`]({page_name(subject)}.md#{name.lower()}) | {prose(' '.join(docstring_head(thing).split()))} |")
            if inspect.isclass(thing):
                lines.append(a_class(thing, name, "##"))
            else:
                lines += [f"## {name}", "", "```python", signature(f"sd.{name}", thing), "```", "", docstring(thing), ""]
        for cls in results(names):
            lines.append(a_class(cls, cls.__name__, "##"))
        made[f"reference/{page_name(subject)}.md"] = "\n".join(lines)
    subjects = "\n".join(f"* [{subject}]({page_name(subject)}.md)" for subject in SUBJECTS)
    text = f"""# Library reference

Every public name of `import symdiff as sd`, made from the docstrings. The functions of the language, `sd.exp`, `sd.softmax`, …, are there too: they are [the rules](../rules.md). How formulas are
built in Python, functions of one's own, notebooks: [the library beyond a gradient](../library.md).

{subjects}

| name | |
|---|---|
""" + "\n".join(rows) + "\n"
    made["reference/index.md"] = text
    return made


def docstring_head(thing: Any) -> str:
    """The first sentence of a docstring, or what stands in front of its first colon with an example."""
    text = " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())
    head = re.split(r"(?<=[a-z)`])[.:;](?= |$)", text)[0]
    return head.rstrip(".:;") + "."


def commands() -> dict[str, str]:
    """A page for each command: its text, options and examples."""
    made = {}
    rows = []
    for name in (DEFAULT, *COMMANDS):
        found = load(name)
        title = "symdiff" if name == DEFAULT else f"symdiff {name}"
        help_text = inspect.cleandoc(found.help or "").replace("\b\n", "")
        lines = [f"# {title}", "", paragraphs(help_text), "", "```text", usage(found), "```", "", "## Options", "", "| option | |", "|---|---|"]
        for param in found.params:
            if isinstance(param, click.Option) and not param.hidden:
                lines.append(f"| {written(param)} | {prose(' '.join((param.help or '').split()))}{default(param)} |")
        examples = [line.strip() for line in (found.epilog or "").splitlines() if line.strip() and not line.strip().startswith(("\b", "Examples"))]
        lines += ["", "## Examples", "", "```console", *[f"$ {line}" for line in examples], "```", ""]
        place = "derivative" if name == DEFAULT else name
        made[f"commands/{place}.md"] = "\n".join(lines)
        rows.append(f"| [`{title}`]({place}.md) | {prose(help_text.partition(chr(10) * 2)[0].replace(chr(10), ' '))} |")
    made["commands/index.md"] = (
        "# Command reference\n\nMade from the commands themselves; `symdiff COMMAND --help` says the same. Files, streams, exit statuses, completion and quoting: "
        "[the command](../command.md).\n\n| command | |\n|---|---|\n" + "\n".join(rows) + "\n"
    )
    return made


def paragraphs(text: str) -> str:
    return "\n\n".join(prose(" ".join(block.split())) for block in text.split("\n\n"))


def usage(found: click.Command) -> str:
    context = click.Context(found, info_name=getattr(found, "path", found.name))
    return found.get_usage(context)


def written(param: click.Option) -> str:
    """An option as it is typed."""
    names = ", ".join(f"`{name}`" for name in (*param.opts, *param.secondary_opts))
    if param.is_flag:
        return names
    context = click.Context(click.Command("symdiff"))
    kind = param.metavar or (f"[{'|'.join(param.type.choices)}]" if isinstance(param.type, click.Choice) else param.make_metavar(context))
    return f"{names} `{kind}`".replace("|", r"\|")


def default(param: click.Option) -> str:
    shown = param.show_default and param.default is not None
    return f" Without it: {prose(str(param.default))}." if shown else ""


def rules() -> dict[str, str]:
    """The cheat sheet, with its mathematics; what is long in a cell scrolls, and every function opens in the page."""
    from docs.generator.examples import asked
    from symdiff.teach.cheatsheet import sheet, show

    lines = []
    formulas = {entry["name"]: entry["formula"] for entry in json.loads(show(sheet(), "json"))}
    for line in show(sheet(), "html").splitlines():
        cells = re.findall(r"<td>(.*?)</td>", line)
        if cells:
            name = cells[0]
            try:
                example = asked(formulas[html.unescape(name)], ())
                cells[0] = example.link("rules.md", name) if example.wrt else name
            except sd.SymdiffError:  # a form of the graph, which is not typed so
                pass
            cells[3] = f'<div class="long" tabindex="0" role="group" aria-label="on the edges of {name}">{cells[3]}</div>'
            line = f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" + ("</tbody></table>" if "</table>" in line else "")
        lines.append(line)
    table = "\n".join(lines).replace("<table>", '<table class="docutils rules">')
    head = "# The rules\n\nMade from the table: what `symdiff rules` prints, and `help(sd.huber)` says of one. A name opens the function in the page in the browser.\n"
    return {"rules.md": f'{head}\n<div class="table-wrapper">\n{table}\n</div>\n'}


def pages() -> dict[str, str]:
    return {**library(), **commands(), **rules()}
