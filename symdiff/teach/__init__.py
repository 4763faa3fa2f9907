"""One trace of a formula, and its views: numbers, steps, cheat sheet, pictures."""
