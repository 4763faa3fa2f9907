"""The picture and the table of the rooms are what the imports say: `python docs/rooms.py` writes both."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[2]


def _drawn() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_rooms", PROJECT / "docs" / "rooms.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


drawn = _drawn()


def test_the_table_is_current() -> None:
    text = drawn.PAGE.read_text(encoding="utf-8")
    assert drawn.page(text, drawn.rooms()) == text, "python docs/rooms.py"


def test_the_picture_shows_every_room_and_every_arrow() -> None:
    graph = drawn.rooms()
    titles = set(re.findall(r"<title>([^<]*)</title>", drawn.PICTURE.read_text(encoding="utf-8")))
    arrows = {f"from {below} to {room}" for room, under in drawn.direct(graph).items() for below in under}
    assert titles >= graph.keys() | arrows, "python docs/rooms.py"
    assert {title for title in titles if title.startswith("from ")} == arrows, "python docs/rooms.py"


def test_every_room_is_in_the_contract_of_layers() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = " ".join(next(c["layers"] for c in contracts if c["type"] == "layers"))
    named = set(re.findall(r"symdiff\.(\w+)", layers))
    assert drawn.rooms().keys() <= named


def test_every_room_has_its_line_in_the_list_of_rooms() -> None:
    page = drawn.PAGE.read_text(encoding="utf-8").partition(drawn.BEGIN)[0]
    for room in drawn.rooms():
        assert re.search(rf"\| `{room}(?:/|\.py)`|, `{room}\.py`", page), f"{room} has no line in docs/architecture.md"


def test_a_new_import_and_a_circle_are_seen() -> None:
    graph = drawn.rooms()
    more = {**graph, "checking": graph["checking"] | {"simplify"}}
    assert drawn.table(more) != drawn.table(graph)
    with pytest.raises(ValueError, match="round in a circle"):
        drawn.beneath({**graph, "expr": graph["expr"] | {"syntax"}})
    assert drawn.direct({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}


def files_and_lines(root: Path, page: str) -> tuple[list[str], list[str]]:
    """Files of rooms that the room's line in the list does not name, and names of files there that no file has."""
    unnamed, gone = [], []
    for line in page.splitlines():
        found = re.match(r"\| `(\w+)/`.*? \| (.*) \| .* \|$", line)
        if not found or not (root / found[1]).is_dir():
            continue
        room, said = root / found[1], set(re.findall(r"`([\w/]+?)(?:\.py|/)?`", found[2]))
        files = {str(path.relative_to(room).with_suffix("")) for path in room.rglob("*.py") if path.stem != "__init__"}
        unnamed += [f"{found[1]}/{file}.py" for file in sorted(files) if not {file, Path(file).name, *map(str, Path(file).parents)} & said]
        gone += [
            f"{found[1]}/{name}.py"
            for name in re.findall(r"`([\w/]+)\.py`", found[2])
            if not any(f"/{file}".endswith(f"/{name}") for file in files)
        ]
    return unnamed, gone


def test_every_file_of_a_room_stands_in_its_line() -> None:
    page = drawn.PAGE.read_text(encoding="utf-8").partition(drawn.BEGIN)[0]
    unnamed, gone = files_and_lines(PROJECT / "symdiff", page)
    assert not unnamed, f"say in docs/architecture.md what these are: {unnamed}"
    assert not gone, f"docs/architecture.md names files that are not there: {gone}"


def test_a_file_without_a_word_and_a_word_without_a_file_are_seen(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.py").touch()
    (tmp_path / "room" / "b.py").touch()
    assert files_and_lines(tmp_path, "| `room/` | `a.py` (a), `c.py` | nothing |") == (["room/b.py"], ["room/c.py"])
