"""The conventions that fix what declarations and operators leave open, in their order.

In: `Kinds` whose sets are as small as the operators make them. Out: every symbol with one kind, and the rule that chose
it as its source. A choice is propagated at once and taken back where it clashes: conventions never cause an error.

Readings: "conventions"; "scalar": the value of the formula is a scalar, then conventions; "scalars": everything that is open is a scalar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symdiff.syntax.relations import ANY, DIV, DOT, INVERTED, MUL, POW, POW_OF_SCALARS, SPREAD, M, R, S, V

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symdiff.syntax.kinds import Kinds, Symbol
    from symdiff.syntax.tree import Tree

# What an answer says of a name whose kind was chosen: the rule, in these words.
FOLLOWS = "convention: follows from the types of other names"
DEMANDED = "convention: an operator demands a vector or matrix"
CAPITAL = "convention: a capital name among vectors and matrices"
BESIDE_MATRIX = "convention: beside a matrix or row in a product"
BESIDE_VECTOR = "convention: beside a vector"
REST = "convention: everything else is a scalar"
CAPITAL_SCALAR = "convention: a capital name that multiplies nothing but scalars"
BESIDE_SIGN = "convention: beside a sign for vectors and matrices, `.*` or `./`"
RULES = (FOLLOWS, DEMANDED, CAPITAL, BESIDE_MATRIX, BESIDE_VECTOR, REST, CAPITAL_SCALAR, BESIDE_SIGN)


def settle(kinds: Kinds) -> None:
    """Fix every symbol; a ShapeError if no kind is possible for one."""
    if kinds.reading != "scalars":
        _demanded_names(kinds)
        _capital_names(kinds)
        _factors(kinds)
        _beside_vectors(kinds)
        if _entry_by_entry(kinds):  # now there are vectors or matrices: for the capitals and neighbours of products, too
            _capital_names(kinds)
            _factors(kinds)
            _beside_vectors(kinds)
        _demanded_terms(kinds, BESIDE_VECTOR)
        _demanded_terms(kinds, DEMANDED, products=True)
    _everything_else(kinds)


def _fix(kinds: Kinds, symbol: Symbol, mask: int, rule: str) -> bool:
    if kinds.known(symbol.var) or not kinds.narrow(symbol.var, mask):
        return False
    symbol.source = rule
    return True


def _fix_demanded(kinds: Kinds, symbol: Symbol, rule: str) -> None:
    """A matrix if it is a capital, else a vector."""
    if not symbol.capital or not _fix(kinds, symbol, M, rule):
        _fix(kinds, symbol, V, rule)


def _demanded_names(kinds: Kinds) -> None:
    """Names that cannot be scalars, alone or as terms of a sum; those with an index last, since `x[i]` may be a row."""
    symbols = [s for s in kinds.all_symbols() if not kinds.known(s.var)]
    for s in symbols:
        if not kinds.masks[s.var] & S and not s.matrix:
            _fix_demanded(kinds, s, DEMANDED)
    _demanded_terms(kinds, DEMANDED)
    for left, right, _, _ in kinds.pairs:  # `w'*x[i]`: a row times an entry is an inner product, as `w'*x` is; `W*x[i]` is as `W*x`
        if kinds.masks[left] in (R, M) and right in kinds.entries and not kinds.known(right):
            kinds.narrow(right, V)
    layers = {value for value, (matrix, _) in _layers(kinds).items() if matrix.source != "declared"}
    for is_sum, a, b, _ in kinds.sums_and_products if layers else ():  # the y[i] of `norm2(W*x[i] - y[i])`, as y in `norm2(W*x - y)`
        for layer, other in ((a, b), (b, a)):
            if is_sum and layer in layers and kinds.masks[layer] == V and other in kinds.entries and not kinds.known(other):
                kinds.narrow(other, V)
    for s in symbols:
        if not kinds.masks[s.var] & S:
            _fix_demanded(kinds, s, DEMANDED)


def _layers(kinds: Kinds) -> dict[int, tuple[Symbol, int]]:
    """Products of a capital and an entry, as `W*x[i]`: both, by the value."""
    found: dict[int, tuple[Symbol, int]] = {}
    if kinds.entries:
        for is_sum, a, b, value in kinds.sums_and_products:
            factor = kinds.symbol_of.get(a)
            if not is_sum and b in kinds.entries and factor is not None and factor.capital:
                found[value] = factor, b
    return found


def _demanded_terms(kinds: Kinds, rule: str, products: bool = False) -> None:
    """Where a sum cannot be a scalar and no term is known to be the reason, every open name in it takes the demand.

    In a product that cannot be one, the capitals do; with `products` also the right factor where there are none.
    """
    masks = kinds.masks
    layers = _layers(kinds)
    for is_sum, a, b, value in reversed(kinds.sums_and_products):
        if masks[value] & S or not (masks[a] & S and masks[b] & S):
            continue
        if is_sum:
            for v in (a, b):
                symbol = kinds.symbol_of.get(v)
                if v in layers and _fix(kinds, layers[v][0], M, CAPITAL):
                    kinds.narrow(layers[v][1], V)
                elif symbol is None:
                    if products or v in kinds.sums or v in kinds.entries:
                        kinds.narrow(v, ANY & ~S)
                elif masks[value] == V:
                    _fix(kinds, symbol, V, rule)
                else:
                    _fix_demanded(kinds, symbol, rule)
        elif rule == DEMANDED:
            factors = [kinds.symbol_of.get(v) for v in (a, b)]
            capitals = [s for s in factors if s is not None and s.capital]
            for s in capitals:
                _fix(kinds, s, M, DEMANDED)
            if products and not capitals:
                right = factors[1]
                if right is not None:
                    _fix_demanded(kinds, right, DEMANDED)
                elif not kinds.narrow(b, ANY & ~S):
                    kinds.narrow(a, ANY & ~S)


def _capital_names(kinds: Kinds) -> None:
    """Capitals are matrices where there are vectors or matrices; who declares all small names scalars means them too."""
    symbols = kinds.all_symbols()
    small = [s for s in symbols if not s.capital]
    if any(s.source and not kinds.masks[s.var] & S for s in symbols) or kinds.constants:
        weights = _weights(kinds)
        for s in symbols:
            if s.capital and not (s.var in weights and _fix(kinds, s, S, CAPITAL_SCALAR)):
                _fix(kinds, s, M, CAPITAL)
    elif small and all(s.source == "declared" for s in small):
        for s in symbols:
            if s.capital:
                _fix(kinds, s, M, CAPITAL)


def _weights(kinds: Kinds) -> set[int]:
    """The open capitals that stand as numbers do: `C` in `w.w + C*sum(max(1 - y .* (X*w), 0))`.

    Each is multiplied by a scalar, or added to one, at least once, and stands nowhere else than beside scalars and in powers, products
    and sums of such capitals. What is open is taken for a scalar, unless it is the small name at the end of a product.
    """
    masks = kinds.masks
    capitals = {s.var for s in kinds.all_symbols() if s.capital and not kinds.known(s.var) and masks[s.var] & S}
    if not capitals:
        return set()
    made = set(capitals)  # what is made of nothing but them and scalars
    tensors = [left for left, right, lower, last in kinds.pairs if last and lower and masks[right] & V and left in capitals]
    beside = []
    linked: dict[int, list[int]] = {}
    for relation, variables, _ in kinds.relations:
        inside = [v for v in variables[:-1] if v in made]
        if not inside:
            continue
        if relation not in _KEEPING or any(not masks[v] & S for v in variables):
            tensors += inside
            continue
        if any(v not in made and v != 0 for v in variables[:-1]):
            beside += inside
        made.add(variables[-1])
        for v in inside:  # what makes one of these a matrix makes the others, too
            linked.setdefault(variables[-1], []).append(v)
            linked.setdefault(v, []).append(variables[-1])
    beside += [v for v, number in kinds.beside_numbers if v in made and not _is_number(number)]
    return capitals & (_reached(beside, linked) - _reached(tensors, linked))


def _is_number(tree: Tree) -> bool:
    while tree.kind == "neg":
        tree = tree.kids[0]
    return tree.kind == "number"


_KEEPING = (SPREAD, MUL, DIV, POW, POW_OF_SCALARS, INVERTED)


def _reached(start: Iterable[int], linked: dict[int, list[int]]) -> set[int]:
    """All that is linked with these, in any number of steps."""
    found, stack = set(start), list(start)
    while stack:
        for v in linked.get(stack.pop(), ()):
            if v not in found:
                found.add(v)
                stack.append(v)
    return found


def _factors(kinds: Kinds) -> None:
    """Neighbours in products, inner products first, so that the value of a layer is known to the next."""
    masks = kinds.masks
    hopeless: set[int] = set()
    for left, right, lower, last in kinds.pairs:
        a, b = kinds.symbol_of.get(left), kinds.symbol_of.get(right)
        if a is not None and a.capital and ((last and lower and masks[right] & V) or masks[right] == V):
            _fix(kinds, a, M, CAPITAL)
        if not masks[left] & (S | V) and not kinds.known(right):  # a matrix or a row; of `ones'` it is open which
            if b is not None and lower:
                _fix(kinds, b, V, BESIDE_MATRIX)
            elif lower:
                kinds.narrow(right, V)
            else:
                _sum_of_names(kinds, right, hopeless)
        elif masks[left] in (M, R) and b is not None and not b.source:
            b.source = CAPITAL if b.capital else BESIDE_MATRIX
        if masks[right] in (M, R) and a is not None and not a.capital:
            _fix(kinds, a, V if last and masks[right] == R else S, BESIDE_MATRIX)  # x*y' is a matrix, but c*x'*A*x a multiple
    for left, right, _, _ in reversed(kinds.pairs):  # A*B*x: what stands left of a capital that is a matrix by its neighbour is one, too
        a, b = kinds.symbol_of.get(left), kinds.symbol_of.get(right)
        if a is not None and b is not None and a.capital and b.capital and b.source == CAPITAL:
            _fix(kinds, a, M, CAPITAL)


def _sum_of_names(kinds: Kinds, var: int, hopeless: set[int]) -> None:
    """`A*(x - y)`: a sum of nothing but small names right of a matrix is a vector, and so is each of them."""
    names: list[Symbol] = []
    stack, seen = [var], {var}
    while stack:
        v = stack.pop()
        symbol = kinds.symbol_of.get(v)
        if symbol is not None and not symbol.capital and not kinds.known(v):
            names.append(symbol)
        elif v in kinds.sums and v not in hopeless:
            stack += set(kinds.sums[v]) - seen
            seen.update(kinds.sums[v])
        else:
            hopeless.add(var)
            return
    for s in names:
        _fix(kinds, s, V, BESIDE_MATRIX)


def _entry_by_entry(kinds: Kinds) -> bool:
    """`x .* y` of names that nothing else types: small ones are vectors, capitals matrices. Has anything changed?"""
    masks, changed = kinds.masks, False
    for a, b in kinds.by_entries:
        if kinds.known(a) or kinds.known(b):
            continue
        names, others = _names(kinds, a), _names(kinds, b)
        if names and others and len({s.capital for s in (*names, *others)}) == 1:
            for s in (*names, *others):
                if masks[s.var] & S:
                    changed = _fix(kinds, s, M if s.capital else V, BESIDE_SIGN) or changed
    return changed


def _names(kinds: Kinds, var: int) -> list[Symbol]:
    """The open names that a value is a sum or an elementwise function of; [] where there is something else in it."""
    names: list[Symbol] = []
    stack, seen = [var], {var}
    while stack:
        v = stack.pop()
        symbol = kinds.symbol_of.get(v)
        if symbol is not None:
            names.append(symbol)
        elif v in kinds.sums:
            stack += set(kinds.sums[v]) - seen
            seen.update(kinds.sums[v])
        else:
            return []
    return names


def _beside_vectors(kinds: Kinds) -> None:
    """A small name beside a vector takes its shape, unless declarations made that a vector.

    Where operators demanded the vector, it depends on its company: among vectors of its size that are declared, another
    one would be declared too. So the b of `w.tanh(V*x + b)` is a vector, that of `y .* (X*w + b)` with declared y is not.
    """
    masks = kinds.masks
    both = [(masks[a], masks[b]) for is_sum, a, b, _ in kinds.sums_and_products if is_sum]
    if not any(V in pair and pair[0] & pair[1] & V and (pair[0] | pair[1]) & S for pair in both):
        return  # nothing is both beside a vector and open
    open_ended = {s.var for s in kinds.all_symbols() if s.source.startswith("convention") and not masks[s.var] & S}
    demanded = {s.var for s in kinds.all_symbols() if s.source == "inferred" and not masks[s.var] & S}
    if not open_ended and not demanded:
        return
    company = _same_size(kinds)
    declared = {company[s.var] for s in kinds.symbols.values() if s.source == "declared" and masks[s.var] == V}
    for relation, variables, _ in kinds.relations:
        *operands, value = variables
        if relation is SPREAD:
            a, b = operands
            for vector, other in ((a, b), (b, a)):
                takes = vector in open_ended or (vector in demanded and company[vector] not in declared)
                if takes and masks[vector] == V and masks[other] & S and masks[other] & V:
                    symbol = kinds.symbol_of.get(other)
                    if symbol is None and other in kinds.sums:
                        kinds.narrow(other, V)
                    elif symbol is not None and not symbol.capital and _fix(kinds, symbol, V, BESIDE_VECTOR):
                        open_ended.add(other)
        for v in operands:
            if not masks[v] & S:
                for rests in (open_ended, demanded):
                    if v in rests:
                        rests.add(value)


def _same_size(kinds: Kinds) -> list[int]:
    """For every variable a representative of those that elementwise operations and dot products make as large as it is."""
    parent = list(range(len(kinds.masks)))

    def find(v: int) -> int:
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    for relation, variables, _ in kinds.relations:
        linked = variables if relation is SPREAD else variables[:2] if relation is DOT else ()
        linked = tuple([v for v in linked if kinds.masks[v] & V])
        for v in linked[1:]:
            parent[find(v)] = find(linked[0])
    return [find(v) for v in range(len(parent))]


def _everything_else(kinds: Kinds) -> None:
    """Everything else is a scalar."""
    masks = kinds.masks
    for symbol in kinds.all_symbols():
        mask = masks[symbol.var]
        if not mask & (mask - 1):
            symbol.source = symbol.source or FOLLOWS
        elif kinds.narrow(symbol.var, S):
            symbol.source = REST
        elif not _fix(kinds, symbol, V, DEMANDED) and not _fix(kinds, symbol, M, DEMANDED):
            raise kinds.kind_error()
