"""`symdiff sheet`: worksheets, keys, solutions and slides of a file of problems."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from symdiff import whole
from symdiff.cli.options import File, Folder, command, folder, formats, output
from symdiff.cli.streams import Screen, deliver
from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.course.sheet import Sheet

EXAMPLES = """
symdiff sheet sheet.toml -o sheet.pdf
symdiff sheet sheet.toml --key -o key.pdf
symdiff sheet sheet.toml --slides -o slides.html
symdiff sheet sheet.toml --variants 30 --seed 1 -o sheet.pdf
symdiff sheet hinge.sd squared.sd -o sheet.html
symdiff sheet sheet.toml --format moodle -o quiz.xml
symdiff sheet sheet.toml --folder questions
"""

ENDINGS = ("html", "htm", "pdf", "tex", "latex", "md", "markdown", "ipynb", "typ", "xml", "zip")
EXPORTS = ("moodle", "stack", "qti", "otter", "nbgrader")
FORMS = ("auto", "html", "pdf", "latex", "exam", "markdown", "notebook", "typst", *EXPORTS)


@command("sheet", examples=EXAMPLES)
@click.argument("sources", metavar="FILE...", nargs=-1, required=True, type=File())
@click.option("--key", is_flag=True, help="The answers in the place of the blanks.")
@click.option("--solutions", is_flag=True, help="The answers, and how one gets there.")
@click.option("--slides", is_flag=True, help="Slides that reveal both passes step by step: HTML (by key) or PDF.")
@click.option(
    "--variants",
    type=click.IntRange(min=1),
    metavar="N",
    help="N sheets with other numbers, as FILE-1, FILE-2, …, each with its key, FILE-1-key.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=None, metavar="S", help="What the numbers are chosen by; the same gives the same."
)
@click.option(
    "--folder",
    "questions",
    default="",
    metavar="DIR",
    type=Folder(),
    callback=folder,
    help="Write PrairieLearn questions, marked by symdiff, into DIR.",
)
@formats(
    *FORMS,
    help="What is written; without it what the ending of FILE says, HTML on standard output. exam: the LaTeX class; for courses: moodle, stack, qti, otter, nbgrader.",
)
@output("Write the sheet to FILE: .html, .pdf, .tex, .md, .ipynb, .typ; HTML on standard output without it.", endings=ENDINGS)
def sheet(
    sources: tuple[str, ...],
    key: bool,
    solutions: bool,
    slides: bool,
    variants: int | None,
    seed: int | None,
    questions: str,
    form: str,
    output: str,
) -> int:
    """Write the worksheet of FILE, a sheet.toml with problems, or formulas in *.sd files.

    \b
    title = "Backpropagation"
    [[problem]]
    formula = "max(1 - y*w.phi, 0)"
    wrt = "w"
    at = {w = [3, 1], phi = [1, 2], y = 2}  # "?" for a number: one is chosen
    asks = ["edges", "values", "gradient"]  # "hessian", "check", "convex"

    Every answer of a key is verified.

    Exit status: 0 fine; 2 the file is not a sheet, or an answer could not be verified.
    """
    from symdiff.course.export import form_of
    from symdiff.course.sheet import read_sheet

    if key + solutions + slides > 1:
        raise SymdiffError("--key, --solutions and --slides are three files", hint="one of them at a time")
    if seed is not None and not variants and not any(map(_has_open, sources)):
        raise SymdiffError("--seed chooses the numbers of variants", hint=f"--variants 30 --seed {seed}")
    ending = os.path.splitext(output)[1][1:].lower()
    form = form if form != "auto" else "html" if output == "-" else ending
    if form == "pdf" and output == "-":
        raise SymdiffError("a pdf is written to a file", hint="-o sheet.pdf")
    if variants and output == "-" and not questions and form not in EXPORTS:
        raise SymdiffError("variants are written to files", hint="-o sheet.pdf")
    if questions or form in EXPORTS or (form in ("xml", "zip", "ipynb") and form_of(output)):
        if key or solutions or slides:
            raise SymdiffError("what is exported has its answers", hint="without --key, --solutions and --slides")
        return exported(
            read_sheet(*sources),
            "prairielearn" if questions else form if form in EXPORTS else form_of(output),
            variants,
            seed,
            output,
            questions,
        )
    if form in ("xml", "zip"):
        raise SymdiffError(f"a file .{form} of which system?", hint="--format moodle or stack (.xml), qti (.zip); or -o out.moodle.xml")
    kind = "key" if key else "solutions" if solutions else "slides" if slides else "sheet"
    screen = Screen()
    with screen.busy("writing"):
        read = read_sheet(*sources)
        if not variants:
            content = read.chosen(seed or 0).rendered(form, kind)
            deliver(content if output != "-" else content.decode().rstrip("\n"), output)
            return 0
        base, end = os.path.splitext(output)
        kinds = ("sheet", "key") if kind in ("sheet", "key") else ("sheet", "key", kind)
        for k, variant in enumerate(read.variants(variants, seed or 0), 1):
            for one in kinds:
                name = f"{base}-{k:0{len(str(variants))}d}{'' if one == 'sheet' else '-' + one}{end}"
                deliver(variant.rendered(form, one, k), name)
    screen.note(f"{variants} variants, {len(kinds)} files each")
    return 0


def exported(sheet: Sheet, form: str, variants: int | None, seed: int | None, output: str, questions: str) -> int:
    """The sheet, or all its variants, for a system that a course uses: one file, or a folder of questions."""
    from symdiff.course.export import export

    screen = Screen()
    with screen.busy("writing"):
        made = export(form, sheet.variants(variants, seed or 0) if variants else [sheet.chosen(seed or 0)])
    if isinstance(made, bytes):
        if form == "qti" and output == "-":
            raise SymdiffError("a package is written to a file", hint="-o sheet.qti.zip")
        deliver(made if output != "-" else made.decode().rstrip("\n"), output)
        return 0
    folders: dict[str, dict[str, bytes]] = {}
    for path, content in made.items():
        above, _, name = path.rpartition("/")
        folders.setdefault(above, {})[name] = content
    for above in sorted(folders, key=lambda name: name.count("/")):
        whole.write_folder(os.path.join(questions, *above.split("/")), folders[above])
    count = sum([path.endswith("info.json") for path in made])
    screen.note(f"{count} question{'s' * (count != 1)}")
    return 0


def _has_open(path: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            return '"?"' in file.read()
    except (OSError, UnicodeDecodeError):
        return False
