"""`symdiff page`: the page in the browser, from this machine, or as a folder of files."""

from __future__ import annotations

import click

from symdiff.cli.options import Folder, command
from symdiff.cli.streams import Screen, printing
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff page
symdiff page --port 8001 --no-browser
symdiff page -o public
"""


@command("page", examples=EXAMPLES)
@click.option(
    "--port", type=click.IntRange(min=0, max=65535), default=0, metavar="N", help="Listen on this port; a free one is taken without it."
)
@click.option("--no-browser", "quiet", is_flag=True, help="Do not open a browser.")
@click.option(
    "-o", "--output", "output", default="", metavar="DIR", type=Folder(), help="Write the page into DIR, for any web server, and end."
)
def page(port: int, quiet: bool, output: str) -> int:
    """Show the page: formulas, derivatives, graphs, numbers and marks in a browser, computed there.

    It is served on this machine only (127.0.0.1) until Ctrl+C. With -o it is a folder of static files instead, which needs no server of symdiff's.

    Exit status: 0 fine, also after Ctrl+C; 2 the port is taken, the folder cannot be written, or a part of the page is missing.
    """
    from symdiff.page import build, serve

    screen = Screen()
    if output:
        if port or quiet:
            raise SymdiffError("a folder is written without a server", hint=f"symdiff page -o {output}")
        with screen.busy("writing the page"):
            size = build.build(output)
        screen.note(f"{size / 1e6:.1f} MB in {output}; any web server can show it")
        return 0
    with screen.busy("gathering the page"):
        server = serve.server(build.files(), port)
    address = serve.address(server)
    with printing():
        print(address, flush=True)
    screen.note("Ctrl+C ends it")
    if not quiet:
        import webbrowser

        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0
