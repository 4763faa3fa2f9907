"""Every rule of the rulebook is sound at whole, half-integer, negative and positive points, fires, is needed, and ends."""

from __future__ import annotations

import pytest

from symdiff.expr.node import NUM, VAR
from symdiff.simplify import simplify
from symdiff.simplify.rules import RULES
from tests.simplify.soundness import contexts, fired, needed, plain, sides, unsound

RULE = pytest.mark.parametrize("rule", RULES.all, ids=lambda rule: rule.name)


@RULE
def test_both_sides_have_one_value(rule):
    assert not unsound(*sides(rule), rule.condition), rule.text


@RULE
def test_the_rule_fires(rule):
    """The left side becomes the right side's form, also beside something else and entry by entry."""
    for left, right in contexts(rule):
        assert plain(left).op not in (NUM, VAR)
        after, names = fired(left)
        (wanted,) = simplify([right])
        assert rule.name in names
        assert after is wanted is not plain(left)


@RULE
def test_the_rule_is_needed(rule):
    assert needed(rule), "without it the other rules and steps give the same: leave it out"


@RULE
def test_the_rule_ends(rule):
    """A few steps, after which nothing more is found."""
    for left, _ in contexts(rule):
        after, names = fired(left)
        assert len(names) <= 6
        assert fired(after) == (after, [])


def test_names_tell_rules_apart():
    assert len({rule.name for rule in RULES.all}) == len(RULES.all)
