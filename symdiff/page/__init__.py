"""The page: symdiff in a browser, from static files, without a server.

`service.py` answers what the page asks, JSON in and JSON out; `build.py` makes the folder of static files, `serve.py` shows it on this machine.
What stands beside the engine in the browser: `arrays.py` for NumPy, `special.py` for SciPy, `lettering.py` for Typst. The page itself, what is
seen and clicked, is `site/` at the top of the checkout.
"""
