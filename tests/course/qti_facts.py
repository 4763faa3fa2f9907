"""What QTI 2.1, MathML 2 and content packaging allow of what the package uses, and whether a document keeps to it.

Read from the schemas and said in this form; the schemas themselves are not for distribution with this project:
IMS QTI 2.1 XSD, final release, 31 July 2012 (imsqti_v2p1.xsd), with its XSD of MathML 2 (W3C, S. Dalmas) and of content packaging (imscp_v1p1: IMS CP 1.1, and
what its QTI profile adds). Beside the schema, `undeclared` asks what the information model says in words: that variables are declared, with a fitting type.

A row of FACTS is `element: "children", "attributes"`. Children are a regular expression over names, each with a blank behind it; `#` in front: with text among
them; `= TYPE`: only text. Attributes have their type behind a colon, and a star where they must be there.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

SPACES = {
    "http://www.imsglobal.org/xsd/imsqti_v2p1": "", "http://www.w3.org/1998/Math/MathML": "m:", "http://www.imsglobal.org/xsd/imscp_v1p1": "cp:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:", "http://www.w3.org/XML/1998/namespace": "xml:",
}  # fmt: skip

NAME = r"[^\W\d][\w.\-·]*"  # xs:NCName
NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN"
LENGTH = r"-?(\d+|\d*\.\d+) *(em|ex|px|in|cm|mm|pt|pc|%)|0|(very){0,2}th(in|ick)mathspace|mediummathspace"
TYPES = {
    "name": NAME, "ID": NAME, "IDREF": NAME, "int": r"[+-]?\d+", "boolean": "true|false|0|1", "double": NUMBER, "line": r"[^\n\t\r]*", "string": r"(?s:.*)",
    "string256": r"(?s:.{0,256})", "uri": r"[^\s<>\"{}|\\^`]*", "names": r"[^\t\n]*", "length": LENGTH, "tolerance": r"\S+( \S+)?", "tokens": r"[\w.:\-]+( [\w.:\-]+)*",
    "cardinality": "multiple|ordered|record|single", "baseType": "boolean|directedPair|duration|file|float|identifier|integer|pair|point|string|uri",
    "toleranceMode": "absolute|exact|relative", "showHide": "show|hide", "orientation": "horizontal|vertical",
    "mathvariant": "normal|(bold-)?(italic|fraktur|script)|(sans-serif-)?bold(-italic)?|bold-sans-serif|double-struck|sans-serif(-italic|-bold-italic)?|monospace",
    "display": "block|inline", "form": "prefix|infix|postfix", "schema": r"QTIv2\.1 (Package|Item Bank Package)", "schemaversion": r"1\.0\.0", "resource": r"imsqti_item_xmlv2p1|webcontent",
}  # fmt: skip

INLINE = "img br object em a code span sub acronym big tt kbd q i dfn abbr strong sup var small samp b cite"
BLOCK = "pre h1 h2 h3 h4 h5 h6 p address dl ol hr ul blockquote table div"
STATIC = f"{INLINE} {BLOCK} m:math"
ASKED = "textEntryInteraction inlineChoiceInteraction endAttemptInteraction customInteraction"
TEXT = f"{INLINE} {ASKED} m:math hottext printedVariable gap feedbackInline templateInline"
FORMULA = "sum subtract divide product power round truncate roundTo min max index random variable correct default null baseValue mapResponse integerToFloat"
EXPRESSION = f"{FORMULA} and or not gt lt gte lte equal equalRounded match stringMatch patternMatch isNull member contains inside anyN"
RULE = "responseCondition responseProcessingFragment setOutcomeValue exitResponse lookupOutcomeValue"
TOKEN = "m:mi m:mo m:mn m:mtext m:ms"
SHOWN = (
    f"{TOKEN} m:mrow m:mfrac m:msqrt m:mroot m:mpadded m:mphantom m:mfenced m:menclose m:msub m:msup m:msubsup m:munder m:mover m:munderover m:mmultiscripts m:mtable m:mspace "
    "m:mstyle m:merror m:maction"
)


def any_of(names: str, often: str = "*") -> str:
    return f"((?:{'|'.join(names.split())}) ){often}"


BODY = "id:ID class:names xml:lang:name label:string256"
MATH = "class:tokens id:string"
STYLE = f"{MATH} mathvariant:mathvariant mathsize:string mathcolor:string mathbackground:string"
OPERATOR = (
    f"{STYLE} form:form fence:boolean separator:boolean stretchy:boolean symmetric:boolean movablelimits:boolean accent:boolean largeop:boolean "
    "lspace:length rspace:length minsize:length maxsize:length"
)
HTML = ("#" + any_of(TEXT), f"{BODY} xml:base:uri")

FACTS = {
    "assessmentItem": (
        "(responseDeclaration )*(outcomeDeclaration )*(templateDeclaration )*(templateProcessing )?(stylesheet )*(itemBody )?(responseProcessing )?(modalFeedback )*",
        "identifier*:line title*:line label:string256 xml:lang:name toolName:string256 toolVersion:string256 adaptive:boolean timeDependent*:boolean xsi:schemaLocation:string",
    ),
    "responseDeclaration": ("(defaultValue )?(correctResponse )?(mapping )?(areaMapping )?", "identifier*:ID cardinality*:cardinality baseType:baseType"),
    "outcomeDeclaration": (
        "(defaultValue )?(matchTable |interpolationTable )?",
        "identifier*:name cardinality*:cardinality baseType:baseType interpretation:string normalMaximum:double normalMinimum:double masteryValue:double",
    ),
    "correctResponse": ("(value )+", "interpretation:string"),
    "defaultValue": ("(value )+", "interpretation:line"),
    "value": ("= line", "fieldIdentifier:name baseType:baseType"),
    "itemBody": (any_of(f"rubricBlock choiceInteraction extendedTextInteraction customInteraction feedbackBlock templateBlock infoControl m:math {BLOCK}", "+"), BODY),
    **dict.fromkeys(["p", "small", "code", "em", "strong", "span"], HTML),
    "div": ("#" + any_of(f"{STATIC} {ASKED} choiceInteraction printedVariable"), f"{BODY} xml:base:uri"),
    "img": ("", f"{BODY} xml:base:uri src*:uri alt*:string longdesc:uri height:string width:string"),
    "table": ("(caption )?(col )*(colgroup )*(thead )?(tfoot )?(tbody )+", f"{BODY} xml:base:uri summary:string"),
    "tbody": ("(tr )+", BODY),
    "tr": ("(td |th )+", BODY),
    "td": ("#" + any_of(f"{STATIC} {ASKED} choiceInteraction printedVariable"), f"{BODY} headers:name abbr:string axis:string rowspan:int colspan:int"),
    "textEntryInteraction": (
        "", f"{BODY} xml:base:uri responseIdentifier*:IDREF base:int stringIdentifier:IDREF expectedLength:int patternMask:string placeholderText:string",
    ),
    "choiceInteraction": (
        "(prompt )?(simpleChoice )+", f"{BODY} xml:base:uri responseIdentifier*:name shuffle:boolean maxChoices:int minChoices:int orientation:orientation",
    ),
    "prompt": ("#" + any_of(STATIC), BODY),
    "simpleChoice": ("#" + any_of(f"{STATIC} printedVariable feedbackInline"), f"{BODY} identifier*:name fixed:boolean templateIdentifier:name showHide:showHide"),
    "responseProcessing": (any_of(RULE), "template:uri templateLocation:uri"),
    "responseCondition": ("responseIf (responseElseIf )*(responseElse )?", ""),
    "responseIf": (any_of(EXPRESSION, "{1}") + any_of(RULE), ""),
    "match": (any_of(EXPRESSION, "{2}"), ""),
    "equal": (any_of(EXPRESSION, "{2}"), "toleranceMode:toleranceMode tolerance:tolerance includeLowerBound:boolean includeUpperBound:boolean"),
    "sum": (any_of(FORMULA, "+"), ""),
    "variable": ("", "identifier*:name weightIdentifier:name"),
    "correct": ("", "identifier*:name"),
    "baseValue": ("= string", "baseType*:baseType"),
    "setOutcomeValue": (any_of(EXPRESSION, "{1}"), "identifier*:name"),
    "modalFeedback": ("#" + any_of(f"{STATIC} printedVariable") + "(stylesheet )*", "outcomeIdentifier*:name showHide*:showHide identifier*:name title:line"),
    # MathML 2
    "m:math": (any_of(SHOWN), f"{MATH} mode:string display:display"),
    **dict.fromkeys(["m:mi", "m:mn", "m:mtext", "m:ms"], ("= string", STYLE)),
    "m:mo": ("= string", OPERATOR),
    "m:mspace": ("", f"{MATH} width:length height:length depth:length linebreak:string"),
    **dict.fromkeys(["m:mrow", "m:msqrt", "m:mphantom"], (any_of(SHOWN), MATH)),
    "m:mfrac": (any_of(SHOWN, "{2}"), f"{MATH} bevelled:boolean linethickness:string"),
    "m:mroot": (any_of(SHOWN, "{2}"), MATH),
    "m:msub": (any_of(SHOWN, "{2}"), f"{MATH} subscriptshift:length"),
    "m:msup": (any_of(SHOWN, "{2}"), f"{MATH} superscriptshift:length"),
    "m:msubsup": (any_of(SHOWN, "{3}"), f"{MATH} subscriptshift:length superscriptshift:length"),
    "m:munder": (any_of(SHOWN, "{2}"), f"{MATH} accentunder:boolean"),
    "m:mover": (any_of(SHOWN, "{2}"), f"{MATH} accent:boolean"),
    "m:munderover": (any_of(SHOWN, "{3}"), f"{MATH} accent:boolean accentunder:boolean"),
    "m:mtable": ("(m:mtr |m:mlabeledtr )*", f"{MATH} align:string rowalign:string columnalign:string rowspacing:string columnspacing:string displaystyle:boolean"),
    "m:mtr": ("(m:mtd )*", f"{MATH} rowalign:string columnalign:string"),
    "m:mtd": (any_of(SHOWN), f"{MATH} rowalign:string columnalign:string rowspan:int columnspan:int"),
    # content packaging
    "cp:manifest": ("(cp:metadata )cp:organizations cp:resources (cp:manifest )*", "identifier*:ID version:string xml:base:uri xsi:schemaLocation:string"),
    "cp:metadata": ("cp:schema cp:schemaversion ", ""),
    "cp:schema": ("= schema", ""),
    "cp:schemaversion": ("= schemaversion", ""),
    "cp:organizations": ("", ""),
    "cp:resources": ("(cp:resource )*", "xml:base:uri"),
    "cp:resource": ("(cp:metadata )?(cp:file )*(cp:dependency )*", "identifier*:ID type*:resource xml:base:uri href:uri"),
    "cp:file": ("(cp:metadata )?", "href*:uri"),
    "cp:dependency": ("", "identifierref*:IDREF"),
}  # fmt: skip


def short(tag: str) -> str:
    """`{http://www.w3.org/1998/Math/MathML}mi` as `m:mi`."""
    space, _, name = tag.removeprefix("{").rpartition("}")
    return SPACES.get(space, f"{space}:" if space else "") + name


def invalid(root: ET.Element) -> list[str]:
    """What a document has that is not allowed."""
    found: list[str] = []
    ids: set[str] = set()
    meant: list[str] = []
    for e in root.iter():
        tag = short(e.tag)
        if tag not in FACTS:
            found.append(f"no element {tag}")
            continue
        content, told = FACTS[tag]
        attributes = {name.rstrip("*"): kind for name, _, kind in [a.rpartition(":") for a in told.split()]}
        needed = {a.rpartition(":")[0].rstrip("*") for a in told.split() if "*:" in a}
        given = {short(name): value for name, value in e.attrib.items()}
        found += [f"{tag} without {name}" for name in sorted(needed - set(given))]
        for name, value in given.items():
            kind = attributes.get(name)
            if kind is None:
                found.append(f"{tag} has no attribute {name}")
            elif not re.fullmatch(TYPES[kind], value):
                found.append(f"{tag}: {name} = {value!r} is no {kind}")
            elif kind == "ID" and value in ids:
                found.append(f"{tag}: {name} = {value!r} is there twice")
            if kind == "ID":
                ids.add(value)
            if kind == "IDREF":
                meant.append(value)
        children = "".join([short(c.tag) + " " for c in e])
        text = "".join([e.text or "", *[c.tail or "" for c in e]])
        if content.startswith("= "):
            if children or not re.fullmatch(TYPES[content[2:]], text):
                found.append(f"{tag}: {children}{text!r} is no {content[2:]}")
            continue
        if text.strip() and not content.startswith("#"):
            found.append(f"text in {tag}: {text.strip()!r}")
        if not re.fullmatch(content.removeprefix("#"), children):
            found.append(f"in {tag}: {children}")
    return found + [f"nothing has the identifier {name}" for name in meant if name not in ids]


def undeclared(item: ET.Element) -> list[str]:
    """What the information model says in words: variables are declared, interactions have responses that fit, values are of their base type."""
    declared = {e.get("identifier"): e for e in item if short(e.tag) in ("responseDeclaration", "outcomeDeclaration")}
    kinds = {name: e.get("baseType") for name, e in declared.items()}
    found = []
    for e in item.iter():
        tag = short(e.tag)
        if tag in ("variable", "correct", "setOutcomeValue") and e.get("identifier") not in declared:
            found.append(f"{tag} of what is not declared: {e.get('identifier')}")
        if tag == "modalFeedback" and kinds.get(e.get("outcomeIdentifier")) != "identifier":
            found.append(f"feedback by {e.get('outcomeIdentifier')}")
        wanted = {"textEntryInteraction": ("float", "integer", "string"), "choiceInteraction": ("identifier",)}.get(tag)
        if wanted and kinds.get(e.get("responseIdentifier")) not in wanted:
            found.append(f"{tag} of {e.get('responseIdentifier')}")
        if tag == "equal" and e.get("toleranceMode", "exact") != "exact" and not e.get("tolerance"):
            found.append("no tolerance")
        # The information model has x*(1 - t/100) <= y <= x*(1 + t/100): of a negative x no y is between them.
        if tag == "equal" and e.get("toleranceMode") == "relative":
            found.append("a relative tolerance, within which no negative number is")
    for name, e in declared.items():
        for value in e.iter():
            if (
                short(value.tag) == "value"
                and kinds[name] in ("float", "identifier")
                and not re.fullmatch(NUMBER if kinds[name] == "float" else NAME, value.text or "")
            ):
                found.append(f"{name}: {value.text!r} is no {kinds[name]}")
    return found
