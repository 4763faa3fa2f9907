"""Text to trees: precedence, spelling, statements, places."""

from fractions import Fraction

import pytest

from symdiff.errors import SymdiffError
from symdiff.syntax.parse import canonical, program, unfold
from symdiff.syntax.tree import Binding, Declaration, Tree


def show(tree: Tree) -> str:
    """A tree as nested brackets, written without recursion."""
    done: list[str] = []
    stack: list[tuple[Tree, bool]] = [(tree, False)]
    while stack:
        t, ready = stack.pop()
        if not ready:
            stack.append((t, True))
            stack += [(k, False) for k in reversed(t.kids)]
            continue
        n = len(t.kids)
        kids = done[len(done) - n :]
        del done[len(done) - n :]
        if t.kind in ("number", "name"):
            done.append(str(t.value))
        else:
            head = t.kind if t.value is None else f"{t.kind}:{t.value}"
            done.append(f"({' '.join([head, *kids])})")
    return done[0]


def body(text: str) -> str:
    tree = program(text).body
    assert tree is not None
    return show(tree)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("max(1 - y*w.phi, 0)", "(call:max (sub 1 (mul y (dot w phi))) 0)"),
        ("a + b - c", "(sub (add a b) c)"),
        ("a/b*c ./ d .* e @ f", "(matmul (emul (ediv (mul (div a b) c) d) e) f)"),
        ("-x^2", "(neg (pow x 2))"),
        ("-a*b", "(mul (neg a) b)"),
        ("-w.x", "(neg (dot w x))"),
        ("a*-b", "(mul a (neg b))"),
        ("2^-1", "(pow 2 (neg 1))"),
        ("a^b^c", "(pow a (pow b c))"),
        ("a.b.c", "(dot (dot a b) c)"),
        ("x.^2.y", "(dot (epow x 2) y)"),
        ("x'*A*x", "(mul (mul (transpose x) A) x)"),
        ("A^2*x'", "(mul (pow A 2) (transpose x))"),
        ("(A^2)'", "(transpose (pow A 2))"),
        ("x''", "(transpose (transpose x))"),
        ("f'(x)", "(prime:('f', 1) x)"),
        ("f''(x)*g'", "(mul (prime:('f', 2) x) (transpose g))"),
        ("A'*(x)", "(mul (transpose A) x)"),
        ("||x|| + |y|", "(add (norm x) (bars y))"),
        ("‖x‖²", "(pow (norm x) 2)"),
        ("|x - |y|*2|", "(bars (sub x (mul (bars y) 2)))"),
        ("|(|x| - 1)|", "(bars (sub (bars x) 1))"),
        ("[a < b]*[c >= d]", "(mul (iverson (lt a b)) (iverson (ge c d)))"),
        ("[not a < b or c == d and e != f]", "(iverson (or (not (lt a b)) (and (eq c d) (ne e f))))"),
        ("if(x > 0, x, -x)", "(call:if (gt x 0) x (neg x))"),
        ("x[1] + A[2,3] + A[1,:] + f(x)[2]", "(add (add (add (index x 1) (index A 2 3)) (index A 1 (slice))) (index (call:f x) 2))"),
        ("x'[2]", "(index (transpose x) 2)"),
        ("2*[x > 0]", "(mul 2 (iverson (gt x 0)))"),
        ("2.*x", "(emul 2 x)"),
        ("2./x", "(ediv 2 x)"),
        (".5*x + 1.", "(add (mul 1/2 x) 1)"),
        ("x**2", "(pow x 2)"),
        ("f (x)", "(call:f x)"),
        ("√x + √(x + 1)", "(add (call:sqrt x) (call:sqrt (add x 1)))"),
        ("sum(i=1..m, x[i])", "(over:('sum', 'i') 1 m (index x i))"),
        ("sum(i=1..m, j=1..n, A[i,j])", "(over:('sum', 'i') 1 m (over:('sum', 'j') 1 n (index A i j)))"),
        ("sum(i, x[i])", "(over:('sum', 'i') (index x i))"),
        ("sum(x)", "(call:sum x)"),
        ("tensor(i=1..m, j=1..n, x[i]*y[j])", "(tensor:('i', 'j') 1 m 1 n (mul (index x i) (index y j)))"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert body(text) == tree


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a − b – c", "a - b - c"),
        ("a·b ⋅ c", "a.b.c"),
        ("a∘b⊙c", "a.*b.*c"),
        ("a×b", "a*b"),
        ("[a ≤ b ∧ c ≥ d ∨ ¬ e ≠ f]", "[a <= b and c >= d or not e != f]"),
        ("xᵀ*y⊤", "x'*y'"),
        ("x² + y⁻¹ + z¹⁰ + tⁿ", "x^2 + y^-1 + z^10 + t^n"),
        ("(x + y)²", "(x + y)^2"),
        ("φ + ϕ + phi", "phi + phi + phi"),
        ("x₁ + W₂", "x1 + W2"),
        ("Σ + λ", "Sigma + lambda"),
        ("ｘ + 𝐱", "x + x"),
        ("f′(x) + x’", "f'(x) + x'"),
    ],
)
def test_spellings_of_one_tree(text: str, plain: str) -> None:
    assert body(text) == body(plain)


def test_names_are_compared_after_normalisation() -> None:
    assert canonical("φ₁") == "phi1"
    assert canonical("ŵ") == canonical("w\u0302")
    assert canonical("Δx") == "Deltax"
    assert canonical("ℝ") == "R"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("0.5", Fraction(1, 2)),
        ("1e-8", Fraction(1, 10**8)),
        ("2.5e1", 25),
        ("1E3", 1000),
        ("3.0", 3),
        ("0.1", Fraction(1, 10)),
        ("1e400", 10**400),
        ("007", 7),
    ],
)
def test_numbers_are_exact(text: str, value: int | Fraction) -> None:
    tree = program(text).body
    assert tree is not None and tree.kind == "number"
    assert tree.value == value and type(tree.value) is type(value)


def test_long_number() -> None:
    digits = "123456789" * 1000
    tree = program(digits).body
    assert tree is not None
    value = 0
    for d in digits:
        value = value * 10 + int(d)
    assert tree.value == value


def test_statements() -> None:
    text = "# the data\nX: symmetric matrix(m, n); w, v: R^n\n\nf: vector(d), R -> R^(m x 3)  # opaque\nscore = X*w\n;score.v;\n"
    p = program(text)
    assert p.text == text
    x, w, f, score = p.statements
    assert isinstance(x, Declaration) and isinstance(w, Declaration) and isinstance(f, Declaration) and isinstance(score, Binding)
    assert (x.names, x.type.kind, x.type.dims, x.type.properties) == (("X",), "matrix", ("m", "n"), ("symmetric",))
    assert (w.names, w.type.kind, w.type.dims) == (("w", "v"), "vector", ("n",))
    assert f.arguments is not None and [a.kind for a in f.arguments] == ["vector", "scalar"]
    assert (f.type.kind, f.type.dims) == ("matrix", ("m", 3))
    assert score.name == "score" and text[score.start : score.end] == "score = X*w"


@pytest.mark.parametrize(
    ("text", "kind", "dims"),
    [
        ("x: scalar; x", "scalar", None),
        ("x: R; x", "scalar", None),
        ("x: ℝ^n; x", "vector", ("n",)),
        ("x: R^3; x", "vector", (3,)),
        ("x: R^(m × n); x", "matrix", ("m", "n")),
        ("x: R^(m,n); x", "matrix", ("m", "n")),
        ("x: R^(x x x); x", "matrix", ("x", "x")),
        ("x: vector; x", "vector", None),
        ("x: positive onehot vector(k); x", "vector", ("k",)),
    ],
)
def test_declared_types(text: str, kind: str, dims: tuple[object, ...] | None) -> None:
    (d,) = program(text).statements
    assert isinstance(d, Declaration)
    assert (d.type.kind, d.type.dims) == (kind, dims)


def test_words_of_types_are_names_elsewhere() -> None:
    assert body("vector(1, n) + R*scalar - positive") == "(sub (add (call:vector 1 n) (mul R scalar)) positive)"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a +\n  b", "(add a b)"),
        ("f(a,\n\n  b # no )\n)", "(call:f a b)"),
        ("a * # factor\n b", "(mul a b)"),
        ("[a <\n b and\n not\n c < d]", "(iverson (and (lt a b) (not (lt c d))))"),
        ("\n\n a \n\n", "a"),
        ("a\r\n", "a"),
        ("a;;", "a"),
        ("a .*\n b", "(emul a b)"),
    ],
)
def test_line_breaks(text: str, tree: str) -> None:
    assert body(text) == tree


def test_a_line_break_ends_a_statement() -> None:
    p = program("a = x\nb = y\na*b")
    assert [s.name for s in p.statements if isinstance(s, Binding)] == ["a", "b"]
    p = program("a = b*c'\n(a*d)*e")  # not the derivative c'(a*d)
    assert p.body is not None and p.body.kind == "mul"
    p = program("a =\n x\nbrand\n")  # ends in the letters of `and`
    assert p.body is not None and p.body.value == "brand"


def test_unfold_keeps_every_place() -> None:
    text = "f(a, # one\n b)\nc +\n d # two"
    assert len(unfold(text)) == len(text)
    assert unfold(text) == "f(a,        b)\nc +  d      "


def test_places() -> None:
    text = "h = sigma(V*x); ( h + 1 )^2 / norm2(h)"
    p = program(text)
    assert p.body is not None
    seen, stack = set(), [p.body]
    while stack:
        t = stack.pop()
        seen.add(text[t.start : t.end])
        stack += t.kids
    assert seen == {"( h + 1 )^2 / norm2(h)", "( h + 1 )^2", "( h + 1 )", "h", "1", "2", "norm2(h)"}


def test_depth_and_length() -> None:
    n = 100_000
    assert body("(" * n + "x" + ")" * n) == "x"
    tree = program("+".join(["x"] * n)).body
    depth = 0
    while tree is not None and tree.kids:
        tree, depth = tree.kids[0], depth + 1
    assert depth == n - 1
    assert body("-" * 4 + "x") == "(neg (neg x))"
    assert body("-" * 3 + "x") == "(neg x)"  # signs that undo themselves have no length


def test_reading_is_deterministic_after_an_error() -> None:
    with pytest.raises(SymdiffError):
        program("a +")
    assert body("a + b") == "(add a b)"
