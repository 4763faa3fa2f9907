"""The command line: a formula and a variable in, the derivative on standard output, everything else on standard error.

Exit status 0: fine; 1: the verification says no; 2: bad input, a refusal, or a file that cannot be read or written;
3: undecided (`check`, `curvature`, and a derivative with --verify given);
130: interrupted; 141: the reader of the output is gone.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import ELOOP
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from symdiff import __version__
from symdiff.bounds import LIMITS, exceeded, from_text, limits
from symdiff.errors import LimitError, RefutedError, ShapeError, SymdiffError, UnknownNameError, printable

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.expr.node import Expr
    from symdiff.formula import Expressions, Formula
    from symdiff.syntax import Reading

FORMATS = ("auto", "text", "unicode", "latex", "mathml", "typst", "json", "numpy", "jax", "torch", "sympy", "markdown", "html", "csv")
CODE = ("numpy", "jax", "torch", "sympy", "math", "c")
LESSONS = ("backward", "graph", "handout", "steps", "trace")
LAYOUTS = ("denominator", "numerator")
THEMES = ("auto", "light", "dark")
WORDS = ("backward", "check", "code", "curvature", "graph", "handout", "rules", "steps", "trace")

SPINNER = "|/-\\"

EXAMPLES = """\b
Examples:
  symdiff "max(1 - y*w.phi, 0)" --wrt w
  symdiff "score = w.phi(x); margin = y*score; max(1 - margin, 0)" --wrt w
  symdiff "X: matrix(m,n); y: vector(m); sum(log(1 + exp(-y .* (X*w))))" --wrt w
  symdiff "norm2(A*x - y)^2" --wrt x --format latex
  symdiff "h = sigma(V*phi); residual = w.h - y; residual^2" --wrt w,V
  symdiff "w.x + b" -d "w: vector(n)" --wrt w --at x=[1,2]
  symdiff -f loss.sd --wrt w --format numpy -o gradient.py
  symdiff code "sigma(w.x)" --wrt w --target torch
  symdiff check "norm2(A*x - y)^2" --wrt x --answer "2*A'*(A*x - y)"
  symdiff curvature "norm2(X*w - y)^2 + lambda*norm1(w)" --wrt w
  symdiff graph "max(1 - y*w.phi, 0)" --wrt w --at w=[3,1] --at phi=[1,2] --at y=2 -o hinge.svg
  symdiff handout "max(1 - y*w.phi, 0)" --wrt w --title "The hinge loss" -o hinge.html
  symdiff trace "residual = w.phi - y; residual^2" --wrt w --at w=[3,1] --at phi=[1,2] --at y=2
  symdiff steps "norm2(A*x - y)^2" --wrt x
  symdiff backward "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w
  symdiff rules --only "sum product max sigma"
"""


@click.command(name="symdiff", epilog=EXAMPLES, context_settings={"max_content_width": 120})
@click.argument("words", nargs=-1, metavar="FORMULA")
@click.option("--wrt", default="", metavar="NAME[,NAME...]", help="Differentiate by these variables or bound names.")
@click.option("-d", "declarations", multiple=True, metavar="DECLARATION", help='Declare a type: -d "X: matrix(m, n)".')
@click.option("--at", "points", multiple=True, metavar="NAME=VALUE", help="Print the value of the derivative where NAME is VALUE.")
@click.option("--order", type=click.IntRange(min=1), default=1, help="Order of the derivative.")
@click.option("--hessian", default="", metavar="NAME[,NAME]", help="The second derivative by these, in the place of --wrt.")
@click.option("--layout", type=click.Choice(LAYOUTS), default="denominator", help="numerator: gradients are transposed.")
@click.option("--unconstrained", is_flag=True, help="Entries of symmetric, psd and diagonal variables move freely.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="auto", help="How the answer is written.")
@click.option("--target", type=click.Choice(CODE), default="numpy", help="Library of the function that `code` prints.")
@click.option("--answer", "solution", default="", metavar="FORMULA", help="The derivative that `check` marks.")
@click.option("--verify/--no-verify", default=True, help="Check the answer with SymPy (the default).")
@click.option("--expand", is_flag=True, help="Write bound names out in the answer.")
@click.option("--kron", is_flag=True, help="The derivative as the matrix d vec(f)/d vec(x), columns stacked.")
@click.option("--values", "files", multiple=True, metavar="FILE", help="Read values from FILE: .json, .csv, .npy, .npz.")
@click.option("--perturb", type=float, metavar="EPS", help="In a `trace`, move the inputs by EPS and see what follows.")
@click.option("--brief", "level", flag_value="brief", help="Fewer `steps`.")
@click.option("--full", "level", flag_value="full", help="All `steps`.")
@click.option("--only", default="", metavar="NAMES", help='Some of the `rules`: --only "sum product max sigma".')
@click.option("--shapes", is_flag=True, help="Write shapes beside the boxes of `graph`.")
@click.option("--frames", default="", metavar="DIR", help="Write a picture per step of the backward pass of `graph` to DIR.")
@click.option("--theme", type=click.Choice(THEMES), default="auto", help="Colours of `graph`.")
@click.option("--title", default="", metavar="TEXT", help="Title of a `handout`.")
@click.option("-o", "output", default="-", metavar="FILE", help="Write the answer to FILE.")
@click.option("-f", "source", default="", metavar="FILE", help="Read the formula from FILE.")
@click.option("--limit", "settings", multiple=True, metavar="NAME=NUMBER", help="Raise or lower a limit: --limit seconds=60.")
@click.version_option(__version__, message="symdiff %(version)s")
def command() -> None:
    """Differentiate FORMULA by the variables given with --wrt.

    FORMULA is a formula, the name of a *.sd file, or - for standard input. The answer goes to standard output; types,
    notes and the verification go to standard error. A word in front asks for something else: `check` for the mark of a
    derivative worked out by hand (--answer), `code` for a Python function that computes the derivative, `curvature` for whether
    the formula is convex (exit status 3 if that stays unknown), `graph` for a picture of the
    computation graph (-o FILE.svg, .png, .pdf, .dot, .tikz, .mmd), `handout` for a page with graph, steps and answer (-o FILE.html, .md, .tex),
    `trace` for both passes in numbers (--at, --values), `steps` for the derivation, `backward` for the backward pass as straight
    lines, `rules` for the table of rules, `descend` for
    weights that make the formula small on data, `stationary` for where its gradient is zero (symdiff descend --help).
    """


DESCENTS = """\b
Examples:
  symdiff descend "max(1 - y*w.phi, 0)" --wrt w --data train.csv --method sgd --step 0.1 --epochs 20 --batch 32
  symdiff descend "log(1 + exp(-y*w.phi))" --wrt w --data train.csv --method lbfgs --test test.csv --score "[y*w.phi > 0]"
  symdiff descend "h = relu(V*x); (w.h - y)^2" -d "V: matrix(16, 2)" --wrt V,w --data train.npz --method adam -o run.json --plot loss.html
"""


@click.command(name="descend", epilog=DESCENTS, context_settings={"max_content_width": 120})
@click.argument("words", nargs=-1, metavar="descend FORMULA")
@click.option("--wrt", default="", metavar="NAME[,NAME...]", help="The weights that descent moves.")
@click.option("--data", "data", multiple=True, metavar="FILE", help="Examples: .csv (columns phi[1], phi[2], …, or lists), .npy, .npz, by the formula's names.")
@click.option("--test", "tests", multiple=True, metavar="FILE", help="Examples whose loss is noted in every epoch.")
@click.option("--score", default="", metavar="FORMULA", help="Another formula to note, averaged over the test data: \"[y*w.phi > 0]\".")
@click.option("--method", type=click.Choice(("sgd", "momentum", "adagrad", "adam", "lbfgs")), default="sgd", help="How weights are moved.")
@click.option("--step", type=float, metavar="ETA", help="The step; without it that of the method.")
@click.option("--epochs", type=click.IntRange(min=0), default=20, help="Passes over the data.")
@click.option("--batch", type=click.IntRange(min=1), metavar="N", help="Examples for one step; all of them without it.")
@click.option("--init", type=click.Choice(("zeros", "normal", "xavier", "he")), default=None, help="First weights: zeros for vectors alone, else xavier.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of first weights and order of the examples.")
@click.option("--set", "numbers", multiple=True, metavar="NAME=NUMBER", help="Another number of the method: --set mu=0.95, beta1, beta2, epsilon.")
@click.option("--at", "points", multiple=True, metavar="NAME=VALUE", help="The value of a name that the data lack; of a weight, where it starts.")
@click.option("-d", "declarations", multiple=True, metavar="DECLARATION", help='Declare a type: -d "V: matrix(16, 2)".')
@click.option("--target", type=click.Choice(("numpy", "torch", "jax")), default="numpy", help="Library that the compiled code uses.")
@click.option("--plot", "plots", multiple=True, metavar="FILE", help="Draw loss and gradients: .svg, or .html with a slider.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="How the weights are written.")
@click.option("-o", "output", default="", metavar="FILE", help="Keep the run in FILE (.json); asked again, it goes on from there.")
@click.option("-f", "source", default="", metavar="FILE", help="Read the formula from FILE.")
@click.option("--limit", "settings", multiple=True, metavar="NAME=NUMBER", help="Raise or lower a limit: --limit bytes=1e9.")
def descending() -> None:
    """Find weights that make FORMULA small on data.

    FORMULA is the loss of one example, averaged over the rows of the data, or the whole loss with its sums over an index. The weights go to
    standard output, progress and what is to be seen on the way to standard error. An interrupted run that is kept with -o goes on when
    the same is asked again. Exit status 1: the loss diverged; where, and what to try, is said.
    """


SOLVED = """\b
Examples:
  symdiff stationary "norm2(X*w - y)^2 + lambda*w.w" --wrt w
  symdiff stationary "m/2*log(v) + sum(i=1..m, (x[i] - mu)^2)/(2*v)" --wrt v
"""


@click.command(name="stationary", epilog=SOLVED, context_settings={"max_content_width": 120})
@click.argument("words", nargs=-1, metavar="stationary FORMULA")
@click.option("--wrt", default="", metavar="NAME", help="The variable.")
@click.option("-d", "declarations", multiple=True, metavar="DECLARATION", help='Declare a type: -d "X: matrix(m, n)".')
@click.option("--format", "form", type=click.Choice(("text", "unicode", "latex", "mathml", "typst", "json")), default="text", help="How the point is written.")
@click.option("-o", "output", default="-", metavar="FILE", help="Write the answer to FILE.")
@click.option("-f", "source", default="", metavar="FILE", help="Read the formula from FILE.")
@click.option("--limit", "settings", multiple=True, metavar="NAME=NUMBER", help="Raise or lower a limit: --limit seconds=60.")
def solving() -> None:
    """Find where the gradient of FORMULA by a variable is zero, in closed form.

    The point goes to standard output; conditions, and whether it is a minimum, to standard error. Exit status 3: no closed form; standard output
    has the iteration.
    """


def process() -> NoReturn:
    """The whole process `symdiff`.

    It ends without taking the interpreter apart, and collects cycles rarely: together a fifth of the time of a small answer.
    """
    gc.set_threshold(100_000)
    status = main()
    sys.stderr.flush()
    os._exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (those of the process by default); the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        try:
            arguments = list(sys.argv[1:] if argv is None else argv)
            commands: dict[str, tuple[Callable[..., int], click.Command]] = {"descend": (descend, descending), "stationary": (stationary, solving)}
            answer, options = commands.get("".join(arguments[:1]), (run, command))
            context = options.make_context("symdiff", arrange(arguments, options))
            asked = dict(context.params)
            if options is command:
                asked["demanded"] = context.get_parameter_source("verify") is ParameterSource.COMMANDLINE
            with limits(**from_text(asked.pop("settings"))):
                status = answer(**asked)
        except click.exceptions.Exit as end:  # after --help and --version
            status = end.exit_code
        sys.stdout.flush()
        return status
    except RefutedError as error:
        complain(error.render())
        return 1
    except SymdiffError as error:
        return complain(error.render())
    except click.ClickException as error:
        return complain(error.format_message() + "\nhint: symdiff --help")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the flush at exit must not fail a second time
        return 141
    except KeyboardInterrupt:
        return 130
    except (MemoryError, RecursionError) as error:
        return complain(f"the formula is too large for this machine ({type(error).__name__})")
    except Exception as error:  # noqa: BLE001
        # Status 1 would mean "no", and a traceback helps no user; the last line of the program that was reached helps a report.
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return complain(f"internal error: {type(error).__name__}: {error} ({where})\nhint: this is a defect of symdiff; please report the formula")


def complain(message: str) -> int:
    print(f"symdiff: {printable(message)}", file=sys.stderr)
    return 2


def arrange(argv: Sequence[str], command: click.Command = command) -> list[str]:
    """The arguments with the words behind `--`, so that a formula may begin with a minus sign."""
    takes_value = {name for p in command.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
    options: list[str] = []
    words: list[str] = []
    rest = iter(argv)
    for a in rest:
        if a == "--":
            words.extend(rest)
        elif a in takes_value:
            value = next(rest, None)
            if value is None:
                return [a]  # for click to complain
            options += [a, value]
        elif re.fullmatch(r"--[a-z][a-z-]+(=.*)?", a, re.DOTALL):
            options.append(a)
        else:
            words.append(a)
    return [*options, "--", *words]


# ---------------------------------------------------------------------------------------------- what is asked


def run(
    words: tuple[str, ...],
    wrt: str,
    declarations: tuple[str, ...],
    points: tuple[str, ...],
    order: int,
    hessian: str,
    layout: str,
    unconstrained: bool,
    form: str,
    target: str,
    solution: str,
    verify: bool,
    expand: bool,
    kron: bool,
    files: tuple[str, ...],
    perturb: float | None,
    level: str | None,
    only: str,
    shapes: bool,
    frames: str,
    theme: str,
    title: str,
    output: str,
    source: str,
    demanded: bool = False,  # --verify was typed
) -> int:
    from symdiff import api, asking, differentiate
    from symdiff.differentiate import Form
    from symdiff.formula import Expressions, Formula
    from symdiff.names import what_there_is

    word, words = (words[0], words[1:]) if words[:1] and words[0] in WORDS else ("", words)
    screen = Screen()
    if word == "rules":
        deliver(rules(only, readable(form, output, screen)), output)
        return 0
    if word == "code":
        form = target
    if (word == "check") != bool(solution.strip()):
        raise SymdiffError("an answer is checked by `symdiff check`", hint='symdiff check "x^2" --wrt x --answer "2*x"')

    f = api.read(formula(words, source), declarations=declarations, asked=True)
    if f.reading.question:  # \nabla_w in front of LaTeX
        asked = ",".join(f.reading.question)
        if (wrt or hessian) and wrt != asked:
            raise SymdiffError("the formula asks another question than --wrt", hint="leave the derivative in front of it out, or --wrt")
        wrt = asked
    if hessian and (wrt or order > 1):
        raise SymdiffError("--hessian stands in the place of --wrt and --order", hint="--hessian x,y, or --wrt x --order 2")
    names = asking.names(hessian or wrt, "--hessian" if hessian else "--wrt", twice=bool(hessian))
    if not names and word != "trace":
        raise UnknownNameError("by which variable?", hint=f"--wrt NAME; {what_there_is(f.expr)}")
    if hessian and len(names) > 2:
        raise SymdiffError(f"a second derivative is by one or two names, not {len(names)}", hint="--hessian x,y")
    if word == "curvature":
        return curvature(f, names, form, output, screen)
    nodes = f.nodes(names)
    questions = [[nodes[0], nodes[-1]]] if hessian else [[x] * min(order, LIMITS.order + 1) for x in nodes]
    layout_of = Form(expand=expand, unconstrained=unconstrained, numerator=layout == "numerator", kron=kron)
    if kron and layout_of.numerator:
        raise SymdiffError("--kron has a layout of its own", hint="--kron or --layout numerator")
    higher = order > 1 or bool(hessian)
    if (word == "check" and (unconstrained or kron or layout_of.numerator)) or (word in LESSONS and (higher or layout_of != Form(expand=expand))):
        what = "marks derivatives" if word == "check" else "shows gradients"
        raise SymdiffError(f"`symdiff {word}` {what} in the plain layout", hint="the flags of the layout and the order are for the derivative alone")
    values = {} if form == "sympy" else values_for(f, files, points)
    if word == "trace":
        return numbers_of(f, names, values, perturb, readable(form, output, screen), output, screen)
    if word == "backward":
        return straight(f, names, readable(form, output, screen), output, screen)
    if word == "steps":
        return derivation(f, names, level or "normal", verify, readable(form, output, screen), output, screen)
    if word == "check":
        return mark(f, questions, solution, form, output, screen)
    if word == "graph":
        return draw(f, names, values, output, screen, shapes=shapes, frames=frames, theme=theme)
    if word == "handout":
        return page(f, names, values, output, screen, title=title, verify=verify)
    if values:
        fit_together(f, values)
    form = readable(form, output, screen)
    with screen.busy("differentiating"):
        if higher:
            answers = [differentiate.ask(differentiate.derivative, f.expr, q, layout_of) for q in questions]
        else:
            answers = differentiate.derivatives(f.expr, nodes, layout_of)
        exprs = Expressions([Formula(a.expr, f, a) for a in answers], [",".join(names)] if hessian else [x.name for x in nodes])
        numbers = [value_of(g, values) for g in exprs] if values else []
        if form == "sympy":
            answer = components(exprs, asking.points(points), source=word == "code")
        else:
            answer = lines(exprs.names, [str(n) for n in numbers]) if values else "" if form == "json" else printed(exprs, form)
        assumed = {name: list(a.notes()) for name, a in zip(exprs.names, answers, strict=True)}

    screen.types(f.reading)
    if kron:
        screen.note("this is the matrix over the stacked columns: d vec(f)/d vec(x)")
    elif f.shape:
        screen.note(f"the value is a {describe(f)}: this is its Jacobian, the axes of the value first")
    screen.assumptions(assumed)
    verdicts: list[Verdict] = []
    if verify:
        with screen.busy("verifying with SymPy"):
            verdicts = [a.verify() for a in answers]
        if any(v.ok is False for v in verdicts):
            screen.verdicts(exprs.names, verdicts)
            print("symdiff: the derivative is withheld, since the verification refutes it; please report the formula", file=sys.stderr)
            return 1
    deliver(as_json(f, [x.name for x in nodes], exprs, verdicts, numbers, assumed) if form == "json" else answer, output, screen.bold)
    screen.verdicts(exprs.names, verdicts)
    return 3 if any(v.ok is None for v in verdicts) and demanded else 0


def readable(form: str, output: str, screen: Screen) -> str:
    """The format that is meant by "auto"."""
    if form != "auto":
        return form
    return "unicode" if screen.terminal and output == "-" and "utf" in (sys.stdout.encoding or "").lower() else "text"


def values_for(f: Formula, files: Sequence[str], points: Sequence[str]) -> dict[str, Any]:
    """The values of --values and --at, the latter in front of the former."""
    from symdiff import asking

    values: dict[str, Any] = {}
    if files:
        from symdiff.teach.values import read as read_values

        for path in files:
            values |= read_values(path, f.expr)
    values |= asking.points(points)
    f.check_names(values)
    return values


def fit_together(f: Formula, values: Mapping[str, Any]) -> None:
    """ShapeError unless these values have the shapes and sizes that the formula has, whichever of them its derivative needs."""
    from symdiff import numeric
    from symdiff.expr import build
    from symdiff.expr.walk import dimensions
    from symdiff.names import leaves

    given = {name: x for name, x in leaves([f.expr]).items() if name in values and not x.args}
    sizes = {name: build.dim(name) for name in sorted(dimensions([f.expr])) if name in values}
    for name in sizes:
        if isinstance(values[name], list):
            raise ShapeError(f"{name} is a size, a whole number")
    found = numeric.compile([*given.values(), *sizes.values()], several=True)(values)[len(given) :]
    for name, size in zip(sizes, found, strict=True):
        if size != values[name]:
            raise ShapeError(f"{name} is {values[name]:g}, but the values have the size {size:g}")


def numbers_of(
    f: Formula, names: Sequence[str], values: dict[str, Any], perturb: float | None, form: str, output: str, screen: Screen
) -> int:
    """`symdiff trace`: both passes in numbers, by all variables if none is named."""

    with screen.busy("computing"):
        trace = f.trace(values, names or None)
        shown = trace.show(form, perturb)
    screen.types(f.reading)
    deliver(shown, output)
    if trace.compared:
        from symdiff.teach.truth import agreement

        screen.note(agreement(trace.compared))
    return 0


def straight(f: Formula, names: Sequence[str], form: str, output: str, screen: Screen) -> int:
    """`symdiff backward`: the backward program."""
    with screen.busy("deriving"):
        shown = f.backward(names).show(form)
    screen.types(f.reading)
    deliver(shown, output)
    return 0


def derivation(f: Formula, names: Sequence[str], level: str, verify: bool, form: str, output: str, screen: Screen) -> int:
    """`symdiff steps`: the derivation; 1 if the verification refutes its answer."""

    with screen.busy("deriving"):
        steps = f.steps(names, level, verify=verify)
        shown = steps.show(form)
    screen.types(f.reading)
    deliver(shown, output)
    return 0


def mark(f: Formula, questions: Sequence[Sequence[Expr]], answer: str, form: str, output: str, screen: Screen) -> int:
    """`symdiff check`: 0 if the answer is right, 1 with a diagnosis and the right derivative if it is wrong."""
    import json
    from dataclasses import asdict


    if len(questions) > 1:
        raise SymdiffError("an answer is checked by one variable at a time", hint="--wrt NAME --answer FORMULA")
    if form not in ("auto", "text", "json"):
        raise SymdiffError(f"a mark is text or json, not {form}")
    with screen.busy("checking"):
        grade = f.check(questions[0], answer)
    screen.types(f.reading)
    deliver(json.dumps(asdict(grade), ensure_ascii=False, indent=2) if form == "json" else str(grade), output, screen.bold)
    if grade.correct is False:
        screen.note(f"the derivative is {grade.expected}")
    return 0 if grade else 1 if grade.correct is False else 3


def curvature(f: Formula, names: Sequence[str], form: str, output: str, screen: Screen) -> int:
    """`symdiff curvature`: 0 with a verdict, 3 if it stays unknown."""
    import json

    if form not in ("auto", "text", "json"):
        raise SymdiffError(f"a verdict is text or json, not {form}")
    with screen.busy("looking for a certificate"):
        verdict = f.curvature(names)
    screen.types(f.reading)
    deliver(json.dumps(verdict.as_dict(), ensure_ascii=False, indent=2) if form == "json" else str(verdict), output, screen.bold)
    return 3 if verdict.kind == "unknown" else 0


def draw(
    f: Formula, names: list[str], values: dict[str, Any], output: str, screen: Screen, *, shapes: bool, frames: str, theme: str
) -> int:
    """`symdiff graph`: the picture in the file's format, SVG on standard output; with frames only these unless there is a file."""

    form = "svg" if output == "-" else os.path.splitext(output)[1][1:].lower()
    with screen.busy("drawing"):
        graph = f.graph(names, values or None, shapes=shapes)
        picture = graph.rendered(form, theme)
        try:
            paths = graph.frames(frames, form, theme) if frames else []
        except OSError as error:
            raise SymdiffError(f"cannot write to {frames}: {error.strerror}") from None
    screen.types(f.reading)
    if not frames or output != "-":
        deliver(picture, output)
    if frames:
        screen.note(f"{len(paths)} pictures in {frames}")
    return 0


def page(f: Formula, names: list[str], values: dict[str, Any], output: str, screen: Screen, *, title: str, verify: bool) -> int:
    """`symdiff handout`: the page in the file's format, HTML on standard output; 1 if the verification refutes the answer."""

    with screen.busy("writing"):
        handout = f.handout(names, values or None, title=title, verify=verify)
        content = handout.show("html" if output == "-" else os.path.splitext(output)[1][1:].lower())
    screen.types(f.reading)
    deliver(content.rstrip("\n"), output)
    screen.verdicts(list(handout.verdicts), list(handout.verdicts.values()))
    return 0


def descend(
    words: tuple[str, ...],
    wrt: str,
    data: tuple[str, ...],
    tests: tuple[str, ...],
    score: str,
    method: str,
    step: float | None,
    epochs: int,
    batch: int | None,
    init: str | None,
    seed: int,
    numbers: tuple[str, ...],
    points: tuple[str, ...],
    declarations: tuple[str, ...],
    target: str,
    plots: tuple[str, ...],
    form: str,
    output: str,
    source: str,
) -> int:
    """`symdiff descend`: 0 with the weights, 1 if the loss diverged, 130 if the run was interrupted."""
    from symdiff import api, asking, descent

    for path in plots:
        if os.path.splitext(path)[1].lower() not in (".svg", ".html"):
            raise SymdiffError(f"a run is drawn as .svg or .html, not {path}", hint="--plot loss.svg")
    f = api.read(formula(words[1:], source), declarations=declarations)
    names = list(dict.fromkeys(name.strip() for name in wrt.split(",") if name.strip()))
    if not names:
        from symdiff.names import what_there_is

        raise UnknownNameError("which variables are the weights?", hint=f"--wrt NAME; {what_there_is(f.expr)}")
    from symdiff.names import places

    scored = [api.read(score, f)] if score else []
    given = descent.read(data, places([g.expr for g in (f, *scored)])) | asking.points(points)
    screen = Screen()
    screen.types(f.reading)
    bar = Bar()
    extra: dict[str, Any] = dict(from_text(numbers, "--set"))
    run = api.descend(
        f, names, given, method=method, step=step, epochs=epochs, batch=batch, init=init or "", seed=seed, score=scored[0] if scored else None, output=output,
        test=list(tests) if tests else None, target=target, report=bar.show, **extra,
    )  # fmt: skip
    bar.clear()
    for line in str(run).splitlines():
        screen.note(line, "31" if line.startswith("stopped: ") else "2")
    for path in plots:
        run.plot(path)
    if run.stopped:
        return 1
    if run.interrupted:
        screen.note(f"{output} keeps the run; the same command goes on with it" if output else "nothing is kept; -o FILE keeps a run")
        return 130
    import json

    deliver(run.json() if form == "json" else lines(names, [json.dumps(run.weights[name].tolist()) for name in run.wrt]), "-")
    return 0


def stationary(words: tuple[str, ...], wrt: str, declarations: tuple[str, ...], form: str, output: str, source: str) -> int:
    """`symdiff stationary`: 0 with the point, 3 with the iteration."""
    import json

    from symdiff import api

    f = api.read(formula(words[1:], source), declarations=declarations)
    if not wrt.strip() or "," in wrt:
        from symdiff.names import what_there_is

        raise UnknownNameError("by which variable?" if not wrt.strip() else "points are found for one variable at a time", hint=f"--wrt NAME; {what_there_is(f.expr)}")
    screen = Screen()
    with screen.busy("solving"):
        found = api.stationary_points(f, wrt.strip())
    screen.types(f.reading)
    shown = found.points[0] if found.points else found.iteration
    assert shown is not None
    if form == "json":
        told = {"variable": found.variable, "point": str(shown) if found.points else None, "conditions": found.conditions, "kind": found.kind,
                "gradient": str(found.gradient), "iteration": None if found.points else str(shown)}  # fmt: skip
        deliver(json.dumps(told, ensure_ascii=False, indent=2), output)
    else:
        deliver(shown._written(form), output, screen.bold)
    if not found.points:
        screen.note(f"no closed form: iterate, this is the next value of {found.variable}", "33")
        return 3
    for line in found.conditions:
        screen.note(f"the only point, where {line}")
    if found.kind:
        screen.note(found.kind)
    screen.note("verified: the gradient is zero there", "32")
    return 0


class Bar:
    """Progress on a terminal: how many epochs are done, and the loss."""

    def __init__(self) -> None:
        self.on = sys.stderr.isatty()
        self.last = 0.0

    def show(self, epoch: int, epochs: int, loss: float) -> None:
        from time import monotonic

        if not self.on or (monotonic() - self.last < 0.1 and epoch < epochs):
            return
        self.last = monotonic()
        done = 24 * epoch // max(epochs, 1)
        print(f"\r[{'#' * done}{'.' * (24 - done)}] epoch {epoch}/{epochs}  loss {loss:.6g}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def formula(words: tuple[str, ...], source: str) -> str:
    """The text of the formula: the argument itself, or what the named file or standard input holds."""
    if source:
        words = (*words, "")
    if len(words) > 1:
        raise SymdiffError(f"one formula, not {len(words)}", hint="put the formula in quotes")
    if not words:
        raise SymdiffError("no formula", hint='symdiff "max(1 - y*w.phi, 0)" --wrt w; more with symdiff --help')
    if source or words[0] == "-":
        return read(source or "-")
    if words[0].endswith(".sd") and os.path.isfile(words[0]):
        return read(words[0])
    return words[0]


def read(path: str) -> str:
    most = 4 * LIMITS.characters  # no character has more bytes; /dev/zero has no end
    try:
        if path == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise SymdiffError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > most:
        raise exceeded("characters", f"{path} is longer than {most} bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SymdiffError(f"{path} is not UTF-8 text (byte {error.start + 1})") from None




# ---------------------------------------------------------------------------------------------- what is answered


def printed(exprs: Expressions, form: str) -> str:
    if form in CODE:
        return (exprs[0] if len(exprs) == 1 else exprs).code(form).rstrip("\n")
    from symdiff.printers import written

    return lines(exprs.names, [written(g.expr, form) for g in exprs])


def components(exprs: Expressions, sizes: Mapping[str, Any], *, source: bool) -> str:
    """The answers as SymPy prints them, entry by entry, at sizes that --at gives; source: as a program that makes them."""
    from symdiff import bridges

    try:
        if source:
            return bridges.sympy_code([g.expr for g in exprs], lambda node: bridges.explicit(node, sizes)).rstrip("\n")
        return lines(exprs.names, [str(bridges.explicit(g.expr, sizes)) for g in exprs])
    except LimitError:
        raise
    except SymdiffError as error:
        raise SymdiffError(error.message, hint="--at n=2 gives a size; SymPy's form is written out entry by entry") from None


def lines(names: Sequence[str], texts: Sequence[str]) -> str:
    """One line per name; the name is said where there are several."""
    return texts[0] if len(texts) == 1 else "\n".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))


def value_of(g: Formula, values: dict[str, Any]) -> Any:
    """The value as a number or nested lists."""
    import numpy as np

    with np.errstate(all="ignore"):
        return np.asarray(g(values)).tolist()


def as_json(
    f: Formula,
    wrt: Sequence[str],
    exprs: Expressions,
    verdicts: Sequence[Verdict],
    numbers: Sequence[Any],
    assumed: Mapping[str, Sequence[str]],
) -> str:
    import json

    from symdiff.expr.build import show_dim
    from symdiff.expr.walk import bindings
    from symdiff.printers import written

    def shape(of: Any) -> list[int | str]:
        return [d if isinstance(d, int) else show_dim(d) for d in of.shape]

    result: dict[str, Any] = {
        "schema": 1,
        "formula": f.reading.text,
        "wrt": list(wrt),
        "types": {name: {"shape": shape(t), "source": t.source} for name, t in {**f.reading.functions, **f.reading.types}.items()},
        "derivative": {
            name: {"text": str(g), "latex": g.latex(), "shape": shape(g)} for name, g in zip(exprs.names, exprs, strict=True)
        },
        "where": {name: written(node.args[0]) for name, node in bindings([g.expr for g in exprs]).items()},
        "notes": [*f.reading.notes, *common_first(assumed)],
        "verified": together(verdicts),
    }
    if numbers:
        result["value"] = dict(zip(exprs.names, numbers, strict=True))
    return json.dumps(result, ensure_ascii=False, indent=2)


def common_first(assumed: Mapping[str, Sequence[str]]) -> list[str]:
    """The notes of several answers: what is said of all of them once, the others with the name."""
    common = [note for note in next(iter(assumed.values())) if all(note in notes for notes in assumed.values())]
    return common + [f"{name}: {note}" for name, notes in assumed.items() for note in notes if note not in common]


def together(verdicts: Sequence[Verdict]) -> dict[str, Any] | None:
    """One verdict on all answers: as good as the worst of them."""
    if not verdicts:
        return None
    return {
        "ok": True if all(v.ok for v in verdicts) else None,
        "method": ", ".join(dict.fromkeys(v.method for v in verdicts)),
        "sizes": {name: size for v in verdicts for name, size in v.sizes.items()},
        "points": min(v.points for v in verdicts),
        "kinks": max(v.kinks for v in verdicts),
        "unreached": [side for v in verdicts for side in v.unreached],
        "max_error": float(max(v.max_error for v in verdicts)),
    }


def rules(only: str, form: str) -> str:
    """The cheat sheet: function, derivative on each edge, where it holds, what is taken at a kink, source."""
    from symdiff.teach.cheatsheet import sheet, show

    return show(sheet(only.replace(",", " ").split()), form)


def describe(f: Formula) -> str:
    from symdiff.expr.build import describe as describe_shape

    return describe_shape(f.shape)


def deliver(answer: str | bytes, output: str, bold: str = "") -> None:
    """Print the answer, or put it into the file at once or not at all."""
    content = answer if isinstance(answer, bytes) else (answer + "\n").encode()
    if output == "-":
        text = content.decode().rstrip("\n")
        print(f"{bold}{text}\x1b[0m" if bold else text)
        return
    target = os.path.realpath(output)
    try:
        if os.path.islink(target):  # a ring of links
            raise OSError(ELOOP, os.strerror(ELOOP))
        if os.path.exists(target) and not os.path.isfile(target):  # a device or a pipe takes what it gets
            with open(target, "wb") as file:
                file.write(content)
            return
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        draft = f"{target}.{os.getpid()}.tmp"
        try:
            with open(draft, "xb") as file:
                file.write(content)
            if os.path.exists(target):
                os.chmod(draft, os.stat(target).st_mode & 0o7777)
            os.replace(draft, target)
        finally:
            with suppress(FileNotFoundError):
                os.remove(draft)
    except OSError as error:
        raise SymdiffError(f"cannot write {output or 'to a file without a name'}: {error.strerror}", hint="-o FILE, in a folder that exists") from None


class Screen:
    """What is said beside the answer: on standard output if that is a terminal, else on standard error."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.stream = sys.stdout if self.terminal else sys.stderr
        self.colour = self.stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.bold = "\x1b[1m" if self.colour and self.terminal else ""

    def note(self, text: str, code: str = "2") -> None:
        print(f"\x1b[{code}m{text}\x1b[0m" if self.colour else text, file=self.stream)

    def types(self, known: Reading) -> None:
        """The types that the answer rests on, those of one kind and source together, and the parser's notes."""
        groups: dict[tuple[str, str], list[str]] = {}
        for (name, kind), info in zip(known.described.items(), [*known.types.values(), *known.functions.values()], strict=True):
            groups.setdefault((kind, info.source), []).append(name)
        for (kind, source), names in groups.items():
            self.note(f"{', '.join(names)}: {kind}" + ("" if source == "declared" else f"  ({source})"))
        for text in known.notes:
            self.note(text)

    def assumptions(self, assumed: Mapping[str, Sequence[str]]) -> None:
        """The notes of each answer; what is said of all of them once."""
        for note in common_first(assumed):
            self.note(note)

    def verdicts(self, names: Sequence[str], verdicts: Sequence[Verdict]) -> None:
        """A line for each answer, or one line where it is the same for all."""
        said = {str(v): v for v in verdicts}
        same = len(said) == 1
        for name, verdict in zip(names, said.values() if same else verdicts, strict=False):
            self.note(f"{verdict}" if same else f"{name}: {verdict}", {True: "32", False: "31", None: "33"}[verdict.ok])

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """A sign of life on a terminal for work that takes more than half a second."""
        if not sys.stderr.isatty():
            yield
            return
        import threading

        done = threading.Event()

        def turn() -> None:
            turns = 0
            while not done.wait(0.1 if turns else 0.5):
                print(f"\r{SPINNER[turns % 4]} {what}", end="", file=sys.stderr, flush=True)
                turns += 1
            if turns:
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)

        thread = threading.Thread(target=turn, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
