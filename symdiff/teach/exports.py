"""A drawing as text for other programs: Graphviz, TikZ, Mermaid. Labels are escaped; nothing in them is a command."""

from __future__ import annotations

from html import escape

from symdiff.teach.drawing import Arc, Box, Drawing


def dot(drawing: Drawing) -> str:
    """Graphviz, the value on top; edges run from the arguments up to the operation that uses them."""
    lines = [
        "digraph {",
        f"  label={_dot(drawing.title)}; rankdir={'LR' if drawing.across else 'BT'}; node [shape=box, fontname=serif]; edge [fontname=serif];",
    ]
    for k, box in enumerate(drawing.boxes):
        style = "shape=ellipse" if box.leaf else "shape=box"
        if box.goal:
            style += ', color="#00549e", penwidth=2'
        lines.append(f"  n{k} [label={_dot(_lines(box))}, {style}];")
    for k, (members, name) in enumerate(drawing.plates):
        lines.append(f"  subgraph cluster{k} {{ label={_dot(name.unicode)}; style=dotted; {' '.join(f'n{m};' for m in members)} }}")
    for arc in drawing.arcs:
        style = 'color="#00549e", penwidth=2' if arc.active else "style=dashed"
        lines.append(f'  n{arc.argument} -> n{arc.user} [label={_dot(_local(arc))}, fontcolor="#a33c00", {style}];')
    return "\n".join([*lines, "}"]) + "\n"


def _dot(text: str) -> str:
    """Graphviz reads entities within quoted labels too."""
    return '"' + escape(text, quote=False).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def mermaid(drawing: Drawing) -> str:
    """Mermaid flow chart."""
    lines = ["flowchart " + ("LR" if drawing.across else "BT")]
    for k, box in enumerate(drawing.boxes):
        left, right = ('(["', '"])') if box.leaf else ('["', '"]')
        lines.append(f"  n{k}{left}{_mermaid(_lines(box))}{right}")
    for arc in drawing.arcs:
        line = "==>" if arc.active else "-.->"
        local = f'|"{_mermaid(_local(arc))}"|' if arc.local else ""
        lines.append(f"  n{arc.argument} {line}{local} n{arc.user}")
    for k, (members, name) in enumerate(drawing.plates):
        lines += [f'  subgraph p{k}["{_mermaid(name.unicode)}"]', *[f"    n{m}" for m in members], "  end"]
    goals = [f"n{k}" for k, box in enumerate(drawing.boxes) if box.goal]
    if goals:
        lines += ["  classDef goal stroke:#00549e,stroke-width:3px", f"  class {','.join(goals)} goal"]
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    """Mermaid has entity codes of its own; everything but letters, digits and spaces is written as one."""
    return "".join([c if c.isalnum() or c == " " else "<br/>" if c == "\n" else f"#{ord(c)};" for c in text])


def tikz(drawing: Drawing) -> str:
    """A tikzpicture; it needs the packages tikz, amsmath and xcolor."""
    placed = drawing.placed()
    lines = [
        r"\begin{tikzpicture}[y=-1pt, x=1pt,",
        r"  operation/.style={draw, inner sep=3pt, minimum size=20pt}, leaf/.style={operation, rounded corners=10pt},",
        r"  goal/.style={line width=1.6pt, draw=blue!60!black}, on/.style={line width=1.4pt, draw=blue!60!black, <-}, off/.style={dashed, draw=gray, <-},",
        r"  local/.style={anchor=west, text=orange!60!black, font=\small}, beside/.style={anchor=west, align=left, font=\small}]",
    ]
    for (_, name), (x, y, width, height) in zip(drawing.plates, placed.plates, strict=True):
        lines.append(rf"  \draw[dotted, rounded corners=6pt] ({x:.1f}, {y:.1f}) rectangle ({x + width:.1f}, {y + height:.1f});")
        lines.append(rf"  \node[anchor=south east, text=gray, font=\small] at ({x + width:.1f}, {y + height:.1f}) {{${name.latex}$}};")
    for k, (box, (x, y), (half, high)) in enumerate(zip(drawing.boxes, placed.boxes, placed.halves, strict=True)):
        style = ("leaf" if box.leaf else "operation") + (", goal" if box.goal else "")
        size = f"minimum width={2 * half:.1f}pt, minimum height={2 * high:.1f}pt"
        lines.append(rf"  \node[{style}, {size}] (n{k}) at ({x:.1f}, {y:.1f}) {{${box.label.latex}$}};")
        if box.remarks:
            beside = r" \\ ".join([f"${_TEX_ARROWS.get(r.kind, '')}{r.label.latex}$" for r in box.remarks])
            place = f"[beside, anchor=north] at ({x:.1f}, {y + high:.1f})" if drawing.across else f"[beside] at ({x + half:.1f}, {y:.1f})"
            lines.append(rf"  \node{place} {{{beside}}};")
    for arc, points, (x, y) in zip(drawing.arcs, placed.edges, placed.labels, strict=True):
        path = [f"({points[0][0]:.1f}, {points[0][1]:.1f})"]
        for k in range(1, len(points)):
            (x0, y0), (x1, y1) = points[k - 1], points[k]
            middle = (x0 + x1) / 2 if drawing.across else (y0 + y1) / 2
            ends = (
                (f"({middle:.1f}, {y0:.1f})", f"({middle:.1f}, {y1:.1f})")
                if drawing.across
                else (f"({x0:.1f}, {middle:.1f})", f"({x1:.1f}, {middle:.1f})")
            )
            curve = "--" if k % 2 else f".. controls {ends[0]} and {ends[1]} .."
            path.append(f"{curve} ({x1:.1f}, {y1:.1f})")
        lines.append(rf"  \draw[{'on' if arc.active else 'off'}] {' '.join(path)};")
        if arc.local:
            lines.append(rf"  \node[local{', anchor=south' if drawing.across else ''}] at ({x:.1f}, {y:.1f}) {{${arc.local.latex}$}};")
    return "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"


_TEX_ARROWS = {"forward": r"\uparrow ", "backward": r"\downarrow "}
_ARROWS = {"forward": "↑ ", "backward": "↓ "}


def _lines(box: Box) -> str:
    return "\n".join([box.label.unicode, *[_ARROWS.get(r.kind, "") + r.label.unicode for r in box.remarks]])


def _local(arc: Arc) -> str:
    return arc.local.unicode if arc.local else ""
