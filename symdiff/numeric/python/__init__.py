"""Python text of a function, in layers: pieces, names, sizes, arrays, products, entries, calls, operations, the walk, the whole text."""
