"""The forms of a page: HTML, Typst (and PDF by it), LaTeX, Markdown, a notebook, slides."""
