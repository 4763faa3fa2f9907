"""A trace whose numbers are moved by hand: a slider for every entry of every value, both passes beside them. Needs ipywidgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symdiff.errors import SymdiffError

MANY = 24  # sliders on one screen
SPAN = 2.0  # a slider reaches from -SPAN to SPAN times what it shows first, and as far for small numbers


def sliders(values: Mapping[str, Any], shown: Callable[[dict[str, Any]], str]) -> Any:
    """A box of sliders above what is shown at their values. SymdiffError without ipywidgets, or for too many numbers.

    values: numbers and arrays by name. shown: HTML at such values; where it raises a SymdiffError its message stands there.
    """
    import numpy as np

    try:
        import ipywidgets as widgets
    except ImportError:
        raise SymdiffError("sliders need the package ipywidgets", hint='pip install "symdiff-graph[notebook]"') from None
    arrays = {name: np.array(value, dtype=float) for name, value in values.items() if not callable(value)}
    if sum(a.size for a in arrays.values()) > MANY:
        raise SymdiffError(
            f"{sum(a.size for a in arrays.values())} numbers are too many for sliders", hint=f"at most {MANY}; show the trace itself"
        )
    handles: list[tuple[str, tuple[int, ...], Any]] = []
    for name, array in arrays.items():
        for place in np.ndindex(array.shape):
            reach = SPAN * max(1.0, abs(float(array[place])))
            label = name + (f"[{','.join(str(k + 1) for k in place)}]" if place else "")
            handles.append(
                (name, place, widgets.FloatSlider(value=float(array[place]), min=-reach, max=reach, step=reach / 100, description=label))
            )
    page = widgets.HTML()

    def update(change: Any = None) -> None:
        for name, place, handle in handles:
            arrays[name][place] = handle.value
        try:
            page.value = shown({**values, **{name: array.tolist() for name, array in arrays.items()}})
        except SymdiffError as error:
            page.value = f"<pre>{error.message}</pre>"

    for _, _, handle in handles:
        handle.observe(update, names="value")
    update()
    return widgets.VBox([*[handle for _, _, handle in handles], page])
