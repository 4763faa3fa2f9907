"""What a command is made of: options that several commands share, each written once, and the groups that they come in.

A command is a function that takes what it works with and returns the exit status:

    @command("graph", examples=EXAMPLES)
    @question(higher=True)         # FORMULA, -f, -d, --wrt, …: the argument `question`
    @at                            # --at, --values: the argument `values`
    @output
    def graph(question: Question, values: Values, output: str) -> int: ...

Its docstring is the text of its `--help`. An option that it does not name is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from symdiff import whole
from symdiff.bounds import from_text, limits
from symdiff.cli.question import Question, Values, require_output
from symdiff.cli.streams import printing, unwritten
from symdiff.errors import SymdiffError

CODE = ("numpy", "jax", "torch", "sympy", "math", "c")
NOTATIONS = ("text", "unicode", "latex", "mathml", "typst")  # of formulas
BY_ENTRIES = ("sympy",)  # of these, and of the formats, those written entry by entry at sizes that --at gives
LAYOUTS = ("denominator", "numerator")

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


class Command(click.Command):
    """A command of symdiff: examples under its help, words that may begin with a minus sign, limits that hold while it runs."""

    path = "symdiff"  # how messages and usage lines name it; a command of its own has its word behind

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # for a shell, which waits for the value of the last option
            waiting = any(args[-1:] == [name] for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts)
            return super().parse_args(ctx, args[:-1] if waiting else args)
        return super().parse_args(ctx, arrange(args, self))

    def run(self, arguments: Sequence[str]) -> int:
        """Run it; the exit status."""
        try:
            made = self.make_context(self.path, list(arguments))
        except click.exceptions.Exit as end:  # after --help and --version
            with printing():
                return end.exit_code
        except OSError as error:  # --help and --version print, and the stream may be closed or full
            raise unwritten(error) from None
        with made as ctx, limits(**from_text(ctx.params.pop("settings", ()))):
            return int(self.invoke(ctx))


def command(name: str, examples: str, cls: type[Command] = Command) -> Callable[[Function], Command]:
    """The function as the command of this name. examples: lines of the command, each of which runs as it stands."""

    def decorate(f: Function) -> Command:
        lines = "\n".join(f"  {line}" for line in examples.strip().splitlines())
        epilog = f"\b\nExamples:\n{lines}\n"
        made = click.command(
            name, cls=cls, epilog=epilog, context_settings={"max_content_width": 120, "help_option_names": ["-h", "--help"]}
        )(f)
        made.params.append(
            click.Option(["--limit", "settings"], multiple=True, metavar="NAME=NUMBER", help="Raise or lower a limit: --limit seconds=60.")
        )
        made.path = "symdiff" if cls is not Command else f"symdiff {name}"
        return made

    return decorate


def grouped(name: str, make: Callable[..., Any], *options: Decorator) -> Decorator:
    """Options that come together: the function gets one argument, made of their values."""

    def decorate(f: Function) -> Function:
        def inner(**params: Any) -> Any:
            own = {p: params.pop(p) for p in names}
            return f(**{name: make(**own)}, **params)

        wraps(f)(inner)
        before = len(noted_params(inner))
        for option in reversed(options):
            inner = option(inner)
        names = [str(p.name) for p in noted_params(inner)[before:]]
        return inner

    return decorate


def noted_params(f: Function) -> list[click.Parameter]:
    """The options that click has noted on a function."""
    noted: list[click.Parameter] = f.__dict__.setdefault("__click_params__", [])
    return noted


# ---------------------------------------------------------------------------------------------- values that a shell can complete


class Name(click.types.StringParamType):
    """Names of the formula that is typed, separated by commas."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from symdiff.cli.candidates import names

        return names(ctx, incomplete)


class File(click.types.StringParamType):
    """The name of a file."""

    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class Formula(click.types.StringParamType):
    """A formula, or the name of a *.sd file."""

    name = "formula"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from symdiff.cli.candidates import first

        return first(ctx, incomplete)


class Folder(click.types.StringParamType):
    """The name of a folder."""

    name = "folder"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="dir")]


# ---------------------------------------------------------------------------------------------- shared options

formula = click.argument("words", nargs=-1, metavar="FORMULA", type=Formula())
source = click.option("-f", "source", default="", metavar="FILE", type=File(), help="Read the formula from FILE.")
declarations = click.option("-d", "declarations", multiple=True, metavar="DECLARATION", help='Declare a type: -d "X: matrix(m, n)".')
functions = click.option("--functions", multiple=True, metavar="FILE", type=File(), help="Functions of your own, from a TOML file.")
wrt = click.option("--wrt", default="", metavar="NAME[,NAME...]", type=Name(), help="Differentiate by these variables or bound names.")
order = click.option("--order", type=click.IntRange(min=1), default=1, metavar="N", help="Order of the derivative.")
hessian = click.option(
    "--hessian", default="", metavar="NAME[,NAME]", type=Name(), help="The second derivative by these, in the place of --wrt."
)
layout = click.option("--layout", type=click.Choice(LAYOUTS), default="denominator", help="numerator: gradients are transposed.")
unconstrained = click.option("--unconstrained", is_flag=True, help="Entries of symmetric, psd and diagonal variables move freely.")
expand = click.option("--expand", is_flag=True, help="Write bound names out in the answer.")
kron = click.option("--kron", is_flag=True, help="The derivative as the matrix d vec(f)/d vec(x), columns stacked.")
adjoints = click.option(
    "--names", type=click.Choice(("delta", "bar", "grad")), default="delta", help="How backward values are called: delta_h, h_bar or dh."
)
verify = click.option("--verify/--no-verify", default=None, help="Check the answer with SymPy (the default).")


def output(help: str = "Write the answer to FILE.", default: str = "-", endings: Sequence[str] = ()) -> Decorator:
    """-o FILE. endings: the ends of names that say what is written; another one is refused before the work."""

    return click.option("-o", "output", default=default, metavar="FILE", type=File(), callback=writable(*endings), help=help)


def writable(*endings: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """What looks at the names of files as soon as the options are read: SymdiffError where none can be written, or with another ending than these."""

    def check(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        for path in value if isinstance(value, tuple) else (value,):
            if path != param.get_default(ctx) and not ctx.resilient_parsing:
                require_output(path, endings)
        return value

    return check


def folder(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The same of a folder, which may be made."""
    if value and not ctx.resilient_parsing:
        whole.require_folder(value)
    return value


def formats(*forms: str, default: str = "auto", help: str = "How the answer is written.") -> Decorator:
    """--format, one of these."""
    return click.option("--format", "form", type=click.Choice(forms), default=default, help=help)


def question(
    *, several: bool = True, optional: bool = False, higher: bool = False, elsewhere: bool = False, forms: Sequence[Decorator] = ()
) -> Decorator:
    """A formula and the names it is differentiated by: the argument `question`.

    several: more than one name. optional: none, too. higher: --order and --hessian. elsewhere: -d may speak of names that only another text has.
    forms: layout, unconstrained, expand, kron, as the command has them.
    """

    def make(**given: Any) -> Question:
        asked = Question(several=several, optional=optional, **given)
        if not elsewhere:
            asked.require_declared()
        return asked

    return grouped("question", make, formula, wrt, *((order, hessian) if higher else ()), *forms, declarations, functions, source)


at = grouped(
    "values",
    Values,
    click.option("--at", "points", multiple=True, metavar="NAME=VALUE", help="The value of a variable or a size: --at w=[3,1] --at y=2."),
    click.option("--values", "files", multiple=True, metavar="FILE", type=File(), help="Read values from FILE: .json, .csv, .npy, .npz."),
)


# ---------------------------------------------------------------------------------------------- the order of arguments


def arrange(argv: Sequence[str], command: click.Command) -> list[str]:
    """The arguments with the words behind `--`, so that a formula may begin with a minus sign."""
    options: list[str] = []
    words: list[str] = []
    for kind, given in _sorted(argv, command):
        if kind == "cut":
            return list(given)  # an option without its value: click says what is missing
        (words if kind == "word" else options).extend(given)
    options = _once(options, command)
    return ["--help"] if words == ["-h"] and not options else [*options, "--", *words]


def _once(options: list[str], command: click.Command) -> list[str]:
    """The options, each with one value: --wrt w --wrt V is --wrt w,V. SymdiffError for another one that is given twice, as the first would be lost."""
    single = {name: p for p in command.params if isinstance(p, click.Option) and not p.is_flag and not p.multiple for name in p.opts}
    out: list[str] = []
    first: dict[str, int] = {}  # where its value stands in `out`
    rest = iter(options)
    for a in rest:
        name, equals, value = a.partition("=")
        param = single.get(name) if equals == "" or name.startswith("--") else None
        if param is None:
            out.append(a)
            continue
        value = value if equals else next(rest)
        if param.opts[0] not in first:
            out += [name, value]
            first[param.opts[0]] = len(out) - 1
        elif name == "--wrt":
            out[first[name]] += f",{value}"
        elif out[first[param.opts[0]]] != value:
            before = out[first[param.opts[0]]]
            raise SymdiffError(f"{name} is given twice", hint=f"once, with {before or 'nothing'} or with {value or 'nothing'}")
    return out


def first_word(argv: Sequence[str], command: click.Command) -> tuple[int | None, int]:
    """The place of the first argument that is neither an option nor the value of one, and how many such there are; behind `--` none counts as first."""
    place, count, k = None, 0, 0
    for kind, given in _sorted(argv, command):
        if kind == "word":
            if place is None and "--" not in argv[:k]:
                place = k
            count += len(given)
        k += len(given)
    return place, count


def _sorted(argv: Sequence[str], command: click.Command) -> list[tuple[str, list[str]]]:
    """Every argument as a word, or as an option with its value; "cut" where the value is missing."""
    takes_value = {name for p in command.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
    found: list[tuple[str, list[str]]] = []
    rest = iter(argv)
    for a in rest:
        if a == "--":
            found += [("end", []), *(("word", [b]) for b in rest)]
        elif a in takes_value:
            value = next(rest, None)
            found.append(("cut", [a]) if value is None else ("option", [a, value]))
        elif re.fullmatch(r"--[a-z][a-z-]+(=.*)?", a, re.DOTALL):
            found.append(("option", [a]))
        else:
            found.append(("word", [a]))
    return found
