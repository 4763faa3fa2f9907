"""Chromium without a window, driven by its own protocol over a pipe: no driver, no library, no port."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--mute-audio", "--disable-dev-shm-usage",
)  # fmt: skip

KEYS = {
    "Enter": (13, "\r"), "Tab": (9, ""), "ArrowLeft": (37, ""), "ArrowRight": (39, ""), "ArrowUp": (38, ""), "ArrowDown": (40, ""), "Home": (36, ""), "End": (35, ""),
    "Backspace": (8, ""), "Delete": (46, ""), "Escape": (27, ""), " ": (32, " "),
}  # fmt: skip


class Browser:
    """One page of a browser. events: what it said, by method; every call waits for its answer."""

    def __init__(self, chromium: str) -> None:
        self.profile = tempfile.mkdtemp(prefix="symdiff-browser-")
        to_read, self.to = os.pipe()
        self.from_, to_write = os.pipe()
        # The browser reads from descriptor 3 and writes to 4; an interpreter puts them there and becomes the browser.
        wired = "import fcntl, os, sys; a, b = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 20) for n in sys.argv[1:3]]; os.dup2(a, 3); os.dup2(b, 4); os.execv(sys.argv[3], sys.argv[3:])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", wired, str(to_read), str(to_write), chromium, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.number = 0
        self.events: list[dict[str, Any]] = []
        targets = self.send("Target.getTargets")["targetInfos"]
        target = next(t for t in targets if t["type"] == "page")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.from_)
        shutil.rmtree(self.profile, ignore_errors=True)

    # ------------------------------------------------------------------------------------------ protocol

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next message; None if there is none in time."""
        until = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.from_], [], [], left)[0]:
                return None
            more = os.read(self.from_, 1 << 20)
            if not more:
                raise RuntimeError("the browser is gone")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def send(self, method: str, session: str = "", /, seconds: float = 60, **params: Any) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.receive(until - time.monotonic())
            if found is None:
                break
            if found.get("id") == self.number:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']}")
                return found["result"]
            self.events.append(found)
        raise TimeoutError(method)

    def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        return self.send(method, self.session, **params)

    # ------------------------------------------------------------------------------------------ what a person does

    def open(self, address: str) -> None:
        """Go to an address; until the document is there."""
        self.call("Page.navigate", url=address)
        self.wait("document.readyState !== 'loading' && document.body !== null && location.href !== 'about:blank'")

    def size(self, width: int, height: int, *, mobile: bool = False, dark: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if mobile else 1, mobile=mobile)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def run(self, script: str, seconds: float = 60) -> Any:
        """The value of an expression of JavaScript, awaited."""
        found = self.send("Runtime.evaluate", self.session, seconds=seconds, expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", str(found["exceptionDetails"])))
        return found["result"].get("value")

    def wait(self, script: str, seconds: float = 60) -> None:
        """Until the expression is true. TimeoutError if it is not in time."""
        until = time.monotonic() + seconds
        while True:
            if self.run(f"!!({script})"):
                return
            if time.monotonic() > until:
                said = self.run("document.querySelector('main')?.innerText")
                raise TimeoutError(
                    f"{script}\nat {self.run('location.href')}\nverdict: {self.run('document.getElementById(`verdict`)?.outerHTML')}\ncomplaints: {self.complaints()}\n{said}"
                )
            time.sleep(0.02)

    def key(self, key: str, *, ctrl: bool = False, shift: bool = False) -> None:
        code, text = KEYS[key]
        modifiers = 2 * ctrl + 8 * shift
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text and not ctrl else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """A click with the mouse on the middle of an element."""
        x, y = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.left + r.width/2, r.top + r.height/2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: str | os.PathLike[str], *, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the console says that is an error or a warning, and exceptions."""
        self.run("0")
        found = []
        for e in self.events:
            method, params = e.get("method"), e.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(params["exceptionDetails"])[:600])
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        return found

    def console(self) -> list[str]:
        self.run("0")
        return [
            " ".join(str(a.get("value", a.get("description"))) for a in e["params"]["args"])
            for e in self.events
            if e.get("method") == "Runtime.consoleAPICalled"
        ]
