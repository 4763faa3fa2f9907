"""Writes docs/rooms.svg, the picture of the rooms, and the table of them in docs/architecture.md: `python docs/rooms.py`.

Read off the imports, drawn by the project's own layout. A test asks that both are current.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1] / "symdiff"
PAGE = Path(__file__).with_name("architecture.md")
PICTURE = Path(__file__).with_name("rooms.svg")
BEGIN, END = "<!-- rooms: written by docs/rooms.py -->", "<!-- end of rooms -->"
ABOVE = ("api", "cli", "notebook", "__main__")  # they may use everything, and are left out of the picture

Rooms = dict[str, set[str]]


def room_of(module: str) -> str:
    """`symdiff.syntax.parse` is in the room `syntax`."""
    return module.split(".")[1] if "." in module else ""


def _imports(text: str) -> Iterator[str]:
    stack: list[ast.AST] = [ast.parse(text)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            stack += node.orelse
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "symdiff":
            yield from [f"symdiff.{alias.name}" for alias in node.names] if node.module == "symdiff" else [str(node.module)]
        elif isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names if alias.name.split(".")[0] == "symdiff"]
        else:
            stack += ast.iter_child_nodes(node)


@cache
def imports(text: str) -> frozenset[str]:
    """The package's modules that the text of a file imports, inside functions too; types alone do not count."""
    return frozenset(_imports(text))


def rooms(root: Path = ROOT) -> Rooms:
    """For every room those that it imports from."""
    found: Rooms = {}
    for path in sorted(root.rglob("*.py")):
        room = path.relative_to(root).with_suffix("").parts[0]
        if room != "__init__" and room not in ABOVE:
            found.setdefault(room, set()).update(room_of(name) for name in imports(path.read_text(encoding="utf-8")))
    return {room: (below & found.keys()) - {room} for room, below in found.items()}


def beneath(graph: Rooms) -> Rooms:
    """For every room all that stand below it, by any way. ValueError where there is a circle."""
    known: Rooms = {}
    while len(known) < len(graph):
        ready = [room for room, below in graph.items() if room not in known and below <= known.keys()]
        if not ready:
            raise ValueError(f"the rooms {sorted(graph.keys() - known.keys())} import each other round in a circle")
        for room in ready:
            known[room] = graph[room].union(*[known[other] for other in graph[room]])
    return known


def direct(graph: Rooms) -> Rooms:
    """The arrows that no way over other rooms replaces."""
    all_below = beneath(graph)
    return {room: {b for b in below if not any(b in all_below[other] for other in below)} for room, below in graph.items()}


def table(graph: Rooms) -> str:
    """The rooms from the bottom to the top: what each imports from, and which it is independent of."""
    below = beneath(graph)
    lines = ["| room | imports from | independent of |", "|---|---|---|"]
    for room in sorted(graph, key=lambda room: (len(below[room]), room)):
        apart = [other for other in sorted(graph) if other != room and other not in below[room] and room not in below[other]]
        names = [", ".join(f"`{name}`" for name in sorted(some)) or "nothing" for some in (graph[room], apart)]
        lines.append(f"| `{room}` | {names[0]} | {names[1] if apart else 'none'} |")
    return "\n".join(lines)


def picture(graph: Rooms) -> str:
    """The rooms as SVG, users above what they use."""
    from symdiff.teach.drawing import Arc, Box, Drawing, Label
    from symdiff.teach.glyphs import quoted

    names = list(graph)
    boxes = tuple([Box(Label(quoted(name), name, rf"\text{{{name}}}"), active=True) for name in names])
    arcs = tuple(
        [Arc(names.index(room), names.index(other), active=True) for room, below in direct(graph).items() for other in sorted(below)]
    )
    goal = "an arrow leads to a room that builds on this one"
    return Drawing(boxes, arcs, "The rooms of symdiff", "Each room imports from those below it.", goal).svg()


def page(text: str, graph: Rooms) -> str:
    """The page with the table as it should be."""
    front, _, rest = text.partition(BEGIN)
    _, _, back = rest.partition(END)
    return f"{front}{BEGIN}\n\n{table(graph)}\n\n{END}{back}"


if __name__ == "__main__":
    found = rooms()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    PICTURE.write_text(picture(found) + "\n", encoding="utf-8")
