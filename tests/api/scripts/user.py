"""A user's script over the whole library: typed strictly, linted and run by tests/api/test_typing.py."""

import numpy as np

import symdiff as sd

# A text, its gradient, its forms
f = sd.parse("score = w.phi; margin = y*score; max(1 - margin, 0)")
g: sd.Formula = sd.grad(f, "w")
both: sd.Expressions = sd.grad(f, ["w", "y"])
assert str(g) == "-[margin < 1]*y*phi" and g.latex() and g.unicode() and both.names == ("w", "y")
print(f.types["w"].source, f.notes, g.shape, list(g.variables))
print(sd.jacobian("A*x", "x"), sd.hessian("x'*A*x", "x"), sd.derivative("x^4", "x", order=3), sd.jvp(f, "w", "v"))

# Numbers
point = {"w": [3.0, 1.0], "phi": [1.0, 2.0], "y": 0.1}
value = g(point)
print(value.shape, value + np.ones(2), f(w=[3, 1], phi=[1, 2], y=0.1) > 0)
fn = g.compile("numpy")
loss, slope = sd.value_and_grad(f, "w").compile()(point)
print(fn(**point) @ np.array([1.0, 2.0]), float(loss), slope.tolist(), g.code("torch", doc=False)[:20])
root: float = sd.grad("sqrt(x)", "x").compile("math")(x=4.0)

# Built in Python
w, phi = sd.vectors("w phi", "n")
y = sd.scalars("y")
hinge = sd.max(1 - y * (w @ phi), 0)
A = sd.matrices("A", 2, 2)
x = sd.vectors("x", 2)
ridge = sd.norm2(A @ x - [1, 2]) ** 2 + 0.5 * (x @ x)
print(sd.grad(hinge, "w"), sd.grad(ridge, x), ridge.subs(A=np.eye(2)), x[1] * sd.exp(x[2]), sd.huber(y, 1), (A.T @ A)[1, 2])
first, second = x
assert (first + second).equals("x[1] + x[2]") is not None

# Functions of one's own
mine = sd.define("softsign2(x)", "x/sqrt(1 + x^2)", edge="(1 + x^2)^(-3/2)")
print(sd.grad(sd.parse("softsign2(w.x)", functions=[mine]), "w"), mine.edges[0].upper())

# Truth
verdict = sd.verify(f, "w", g)
grade = sd.check(f, "w", "-y*phi*[y*w.phi < 1]")
mark = sd.checker(f, "w")
assert verdict.ok and verdict.points > 3 and grade.correct and mark("-y*phi").kind
print(sd.curvature("norm2(X*w - y)^2", "w").kind, sd.stationary_points("norm2(X*w - y)^2", "w").points[0])

# Teaching
numbers = sd.trace(f, point, "w")
print(numbers.value, sd.steps(f, "w", "brief", verify=False).show("text"), sd.backward(f, "w").show("markdown"))
print(len(sd.graph(f, "w").svg()), sd.handout(f, "w", verify=False).show("html")[:15], len(sd.rules()), sd.rules()[0].name)

# Data
run = sd.descend("(w.phi - y)^2", "w", {"phi": np.eye(3), "y": [1.0, 2.0, 3.0]}, epochs=5)
print(run.losses[-1], run.weights["w"].tolist())

# Errors have a place and a hint
try:
    with sd.limits(seconds=10):
        sd.parse("x: vector(n); y: vector(n); x*y")
except sd.ShapeError as error:
    print(error.span, error.hint, error.render(columns=60))
