# fmt: off
"""Losses by name, as a lecture speaks of them. A call means its definition; they have no derivatives of their own."""

from symdiff.table.rows import section

row = section(macro=True, source="Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), 10.6, 11.4")
row("hinge(m)",            define="max(1 - m, 0)",                              kink="m = 1: take 0")
row("squared(r)",          define="r .^ 2")
row("logloss(m)",          define="log(1 + exp(-m))")
row("zero_one(m)",         define="[m <= 0]",                                   kink="m = 0: take 0")
row("bce(a, y)",           define="-(y .* log(a) + (1 - y) .* log(1 - a))",     where="a > 0 and a < 1", sample=((0, 1),))
row("cross_entropy(p, y)", define="-y.log(p)",                                  where="p > 0", shape="n, n -> ", sample=((0, 1),))
