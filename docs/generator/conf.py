"""What Sphinx is told; `python -m docs.generator` puts the pages together and calls it."""

from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

HERE = Path(__file__).parent

project = "symdiff"
author = "symdiff contributors"
copyright = "symdiff contributors, MIT licence"
language = "en"

lexers["symdiff"] = TextLexer()  # formulas
lexers["csv"] = lexers["jsonl"] = TextLexer()

extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nitpicky = True
smartquotes = False  # "--wrt" stays as it is typed
highlight_language = "text"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

html_theme = "furo"
html_title = "symdiff"
html_static_path = [str(HERE / "theme")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # summaries are fetched, which a page from a file must not
html_use_index = False
html_last_updated_fmt = None
templates_path = [str(HERE / "templates")]
