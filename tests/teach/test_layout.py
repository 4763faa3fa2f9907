"""The layout by itself: on random graphs nothing overlaps, and no line crosses a box or a label."""

import random
from itertools import pairwise

import pytest

from symdiff.teach.layout import Extent, _inversions, layout


def random_graph(seed, size):
    """Boxes of all sizes; each but the first is used by one to three earlier ones, some twice by the same."""
    draw = random.Random(seed)
    boxes = [
        Extent(h, h + draw.choice([0, 30, 80]), 2 * v, (h - 3, v))
        for h, v in [(draw.uniform(8, 40), draw.uniform(8, 20)) for _ in range(size)]
    ]
    edges = [(draw.randrange(max(0, v - 6), v), v) for v in range(1, size) for _ in range(draw.choice([1, 1, 2, 3]))]
    labels = [Extent(3, draw.uniform(5, 90), draw.uniform(8, 25)) for _ in edges]
    return boxes, edges, labels


def rectangles(extents, places):
    return [(x - e.left, x + e.right, y - e.height / 2, y + e.height / 2) for e, (x, y) in zip(extents, places, strict=True)]


def overlap(a, b):
    return a[0] < b[1] - 0.01 and b[0] < a[1] - 0.01 and a[2] < b[3] - 0.01 and b[2] < a[3] - 0.01


@pytest.mark.parametrize("seed", range(12))
def test_nothing_overlaps_and_users_stand_above(seed):
    boxes, edges, labels = random_graph(seed, 5 + 4 * seed)
    found = layout(boxes, edges, labels)
    rooms = rectangles(boxes, found.boxes) + rectangles(labels, found.labels)
    assert len(rooms) == len(boxes) + len(edges)
    for k, a in enumerate(rooms):
        assert not any(overlap(a, b) for b in rooms[:k])
    for a in rooms:
        assert a[0] > -0.01 and a[1] < found.width + 0.01 and a[2] > -0.01 and a[3] < found.height + 0.01
    for user, argument in edges:
        assert found.boxes[user][1] < found.boxes[argument][1]


@pytest.mark.parametrize("seed", range(6))
def test_no_line_meets_a_text(seed):
    boxes, edges, labels = random_graph(seed, 30)
    found = layout(boxes, edges, labels)
    rooms = rectangles(boxes, found.boxes)
    texts = [
        (x + 1, right, top, bottom) for (_, right, top, bottom), (x, _) in zip(rectangles(labels, found.labels), found.labels, strict=True)
    ]
    met = 0
    for edge, points in zip(edges, found.edges, strict=True):
        assert points[0][1] < points[-1][1] and len(points) % 2 == 0
        for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
            assert y1 >= y0 - 0.01
            if not k % 2:
                assert x0 == x1  # within a layer's band a line is vertical; curves stay between bands
            line = (min(x0, x1), max(x0, x1) + 0.02, y0, y1)
            for v, room in enumerate(rooms):
                if v not in edge:
                    met += 1
                    assert not overlap(line, room)
            for text in texts:
                assert not overlap(line, text)
    assert met > 1000


def test_a_tree_has_no_crossings_and_keeps_the_order_of_arguments():
    boxes = [Extent(10, 10, 20, (6, 10))] * 7
    edges = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
    found = layout(boxes, edges, [Extent(2, 10, 10)] * 6)
    x = [p[0] for p in found.boxes]
    assert x[3] < x[4] < x[5] < x[6] and x[1] < x[2]
    assert abs(x[0] - (x[1] + x[2]) / 2) < 1


def test_crossings_are_removed():
    # 0 and 1 below a common top use 3 and 2 the wrong way round
    boxes = [Extent(10, 10, 20, (6, 10))] * 5
    found = layout(boxes, [(4, 0), (4, 1), (0, 3), (1, 2), (0, 3), (1, 2)], [Extent(2, 10, 10)] * 6)
    x = [p[0] for p in found.boxes]
    assert (x[0] < x[1]) == (x[3] < x[2])


def test_parallel_edges_dock_apart():
    boxes = [Extent(12, 12, 20, (10, 10))] * 2
    found = layout(boxes, [(0, 1), (0, 1)], [Extent(2, 10, 10)] * 2)
    starts = {points[0] for points in found.edges}
    assert len(starts) == 2


def test_inversions():
    draw = random.Random(5)
    for _ in range(50):
        places = [draw.randrange(9) for _ in range(draw.randrange(12))]
        slow = sum(a > b for k, a in enumerate(places) for b in places[k + 1 :])
        assert _inversions(places, 9) == slow
