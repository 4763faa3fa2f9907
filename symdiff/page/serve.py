"""The page on this machine: its files from memory, on 127.0.0.1 only, with nothing written and nothing logged."""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from symdiff.errors import SymdiffError

HOST = "127.0.0.1"
TYPES = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "json": "application/json", "svg": "image/svg+xml", "wasm": "application/wasm", "zip": "application/zip", "woff2": "font/woff2",
    "webmanifest": "application/manifest+json", "txt": "text/plain; charset=utf-8", "gz": "application/octet-stream", "toml": "text/plain; charset=utf-8",
}  # fmt: skip


def handler(files: Mapping[str, bytes]) -> type[BaseHTTPRequestHandler]:
    """Who answers requests for these files, content by path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply(body=True)

        def do_HEAD(self) -> None:
            self.reply(body=False)

        def reply(self, *, body: bool) -> None:
            path = unquote(urlsplit(self.path).path).lstrip("/")
            if not path or path.endswith("/"):
                path += "index.html"
            content = files.get(path)
            status = 200 if content is not None else 404
            kind = TYPES.get(path.rpartition(".")[2], "application/octet-stream") if content is not None else TYPES["txt"]
            content = content if content is not None else b"there is no such file\n"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-cache")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no event."""


def server(files: Mapping[str, bytes], port: int = 0) -> Server:
    """A server of these files that listens; port: 0 for a free one. SymdiffError where the port is taken."""
    try:
        return Server((HOST, port), handler(files))
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "ports go up to 65535"
        raise SymdiffError(
            f"cannot listen on port {port}: {reason or error}", hint="another one: --port 8001; without --port a free one is taken"
        ) from None


def address(of: Server) -> str:
    """Where a server is found."""
    return f"http://{HOST}:{of.server_address[1]}/"
