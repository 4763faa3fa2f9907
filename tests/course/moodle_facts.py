"""What Moodle's import reads of a file, and what it would leave out, misread or refuse.

Read from the sources of Moodle 4 (question/format.php, question/format/xml/format.php, question/type/multianswer/questiontype.php) and of the plugin STACK
(questiontype.php, import_from_xml and validate_fromform), and said in this form.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET

# What is asked for by name in each element; the rest of a file is passed over in silence.
COMMON = "name questiontext generalfeedback defaultgrade penalty idnumber hint tags"
READS = {
    "question category": "category info idnumber",
    "question multichoice": f"{COMMON} single shuffleanswers answernumbering showstandardinstruction answer correctfeedback partiallycorrectfeedback incorrectfeedback shownumcorrect",
    "question numerical": f"{COMMON} answer units unitgradingtype unitpenalty showunits unitsleft instructions",
    "question cloze": "name questiontext generalfeedback penalty hint tags idnumber",
    "question stack": f"{COMMON} stackversion questionvariables specificfeedback questionnote questiondescription questionsimplify assumepositive assumereal prtcorrect "
    "prtpartiallycorrect prtincorrect decimals multiplicationsign sqrtsign complexno inversetrig logicsymbol matrixparens isbroken variantsselectionseed input prt deployedseed qtest",
    "answer": "text feedback tolerance file",
    "input": "name type tans boxsize strictsyntax insertstars syntaxhint syntaxattribute forbidwords allowwords forbidfloat requirelowestterms checkanswertype mustverify "
    "showvalidation options",
    "prt": "name value autosimplify feedbackstyle feedbackvariables node",
    "node": "name description answertest sans tans testoptions quiet truescoremode truescore truepenalty truenextnode trueanswernote truefeedback falsescoremode falsescore "
    "falsepenalty falsenextnode falseanswernote falsefeedback",
    "qtest": "testcase description testinput expected",
    "testinput": "name value",
    "expected": "name expectedscore expectedpenalty expectedanswernote",
}  # fmt: skip
# Moodle's own export writes it, and its import passes it over.
PASSED_OVER = {"hidden"}
INPUTS = {
    "algebraic",
    "boolean",
    "checkbox",
    "dropdown",
    "equiv",
    "matrix",
    "notes",
    "numerical",
    "radio",
    "singlechar",
    "string",
    "textarea",
    "units",
    "varmatrix",
}
TESTS = {"AlgEquiv", "EqualComAss", "CasEqual", "SubstEquiv", "NumRelative", "NumAbsolute", "NumSigFigs", "String"}

NUMBER = r"-?(?:(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?)"
ANSWER = r".+?(?<!\\|&)(?=[~#}]|$)"
FEEDBACK = r".*?(?<!\\)(?=[~}]|$)"
ONE = rf"(?:(?:=|%-?[0-9]+%)?(?:{ANSWER})(?:#{FEEDBACK})?)"
FIELD = re.compile(rf"\{{([0-9]*):NUMERICAL:({ONE}(?:~{ONE})*)\}}", re.DOTALL)
ALTERNATIVE = re.compile(rf"~?(=|%(?:-?[0-9]+)%)?({ANSWER})(?:#({FEEDBACK}))?", re.DOTALL)


def fields(text: str) -> list[tuple[int, list[tuple[float, float, float, str]]]]:
    """The fields of a cloze: what each counts, and (fraction, number, tolerance, feedback as HTML) of its answers."""
    found = []
    for weight, told in FIELD.findall(text):
        answers = []
        for fraction, answer, feedback in ALTERNATIVE.findall(told):
            number = re.fullmatch(rf"({NUMBER})(?::({NUMBER}))?", answer)
            assert number, answer
            shown = html.unescape(feedback).replace("\\}", "}").replace("\\#", "#")
            share = 1.0 if fraction == "=" else float(fraction.strip("%") or 0) / 100
            answers.append((share, float(number[1]), float(number[2] or 0), shown))
        found.append((int(weight or 1), answers))
    return found


def folders(path: str) -> list[str]:
    """The categories that a path names."""
    return [untagged(name.replace("//", "/").strip()) for name in re.split(r"(?<!/)/(?!/)", path)]


def untagged(name: str) -> str:
    """A name as it is kept: without what looks like a tag."""
    return re.sub(r"<(?=\S)[^>]*>?", "", name)


def faults(quiz: ET.Element) -> list[str]:
    """What an import of the file would leave out, misread or refuse."""
    found = []
    for q in quiz:
        kind = q.get("type") or ""
        for e in q.iter():
            reads = READS.get(f"question {kind}" if e is q else e.tag)
            if reads:
                found += [f"{kind}: nothing reads {c.tag} of {e.tag}" for c in e if c.tag not in reads.split() and c.tag not in PASSED_OVER]
            found += [
                f"{kind}: two of {c.tag}"
                for c in e
                if e is q and c.tag not in ("answer", "input", "prt", "qtest", "hint") and len(e.findall(c.tag)) > 1
            ]
        if kind == "category":
            continue
        name = q.findtext("name/text") or ""
        if not name.strip() or untagged(name) != name or len(name) > 255:
            found.append(f"the name {name!r} is cut")
        text = q.findtext("questiontext/text") or ""
        if text.count("@@PLUGINFILE@@") != len(q.findall("questiontext/file")):
            found.append(f"{name}: a picture is missing")
        answers = q.findall("answer")
        if kind == "multichoice" and len(answers) < 2:
            found.append(f"{name}: {len(answers)} choices")
        if kind in ("multichoice", "numerical"):
            found += [f"{name}: nothing is right"] * ([a.get("fraction") for a in answers].count("100") != 1)
        if kind == "numerical":
            found += [f"{name}: {a.findtext('text')} is no number" for a in answers if not re.fullmatch(NUMBER, a.findtext("text") or "")]
        if kind == "cloze":
            told = fields(text)
            found += [f"{name}: no fields"] * (not told) + [f"{name}: a field is no field"] * (text.count(":NUMERICAL:") != len(told))
            found += [f"{name}: nothing is right in a field" for _, alternatives in told if [a[0] for a in alternatives].count(1.0) != 1]
        if kind == "stack":
            found += _stack(name, q, text)
    return found


def _stack(name: str, q: ET.Element, text: str) -> list[str]:
    found = []
    inputs, trees = [i.findtext("name") or "" for i in q.findall("input")], [p.findtext("name") or "" for p in q.findall("prt")]
    for what, names in (("input", inputs), ("validation", inputs), ("feedback", trees)):
        if re.findall(rf"\[\[{what}:(\w+)\]\]", text) != names:
            found.append(f"{name}: each {what} once, in the text, as it is written")
    texts = [
        text,
        *[
            e.text or ""
            for tag in ("truefeedback", "falsefeedback", "questionnote", "specificfeedback", "prtcorrect")
            for e in q.iterfind(f".//{tag}/text")
        ],
    ]
    found += [
        f"{name}: STACK computes {m[0]!r}"
        for t in texts
        for m in re.finditer(r"\[\[(?!(input|validation|feedback):).{0,9}|\{[@#].{0,9}", t)
    ]
    found += [f"{name}: no kind of input" for i in q.findall("input") if i.findtext("type") not in INPUTS]
    for p in q.findall("prt"):
        nodes = [n.findtext("name") for n in p.findall("node")]
        found += [f"{name}: no test {n.findtext('answertest')}" for n in p.findall("node") if n.findtext("answertest") not in TESTS]
        for n in p.findall("node"):
            found += [f"{name}: no node {n.findtext(b)}" for b in ("truenextnode", "falsenextnode") if n.findtext(b) not in ("-1", *nodes)]
        notes = [n.findtext(b) for n in p.findall("node") for b in ("trueanswernote", "falseanswernote")]
        found += [f"{name}: two notes are the same"] * (len(set(notes)) < len(notes))
    for case in q.findall("qtest"):
        if [i.findtext("name") for i in case.findall("testinput")] != inputs or [
            e.findtext("name") for e in case.findall("expected")
        ] != trees:
            found.append(f"{name}: a test that leaves something out")
    return found
