from symdiff.table.row import Row, Table

TABLE = Table()


def row(signature: str, *edge: str, **facts: object) -> Row:
    name, _, rest = signature.partition("(")
    args = tuple(a.strip() for a in rest.rstrip(")").split(",") if a.strip())
    return TABLE.add(Row(name, args, edge, **facts))  # type: ignore[arg-type]


row("exp(x)", "y")
row("log(x)", "1/x", where="x > 0")
row("sigma(x)", "y*(1 - y)")
row("max(a, b)", "[a > b]", "[b > a]")
