"""
A headless chromium, driven through the pipe that it has for that: no port, and no library.

What is sent and received are the messages of its DevTools protocol, each ended by a NUL.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

LIMIT = 90
"""Seconds for an answer: a machine may be busy with other things."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

_OPTIONS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions"
    " --remote-debugging-pipe"
)

_WITH_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4);"
    " os.execvp(sys.argv[3], sys.argv[3:])"
)


def chromium() -> Optional[str]:
    """Return the browser's path, or None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Run a browser with a profile of its own."""
    path = chromium()
    assert path is not None
    read_here, write_there = os.pipe()
    read_there, write_here = os.pipe()
    # Above what the child puts its own ends at.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_there, write_there)]
    command = [sys.executable, "-c", _WITH_PIPES, *map(str, ends), path, *_OPTIONS.split()]
    process = subprocess.Popen(
        [*command, "--user-data-dir=%s" % profile],
        pass_fds=ends,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (read_there, write_there, *ends):
        os.close(end)
    try:
        yield Browser(read_here, write_here)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(read_here)
        os.close(write_here)


class Browser:
    """The one end of the pipe."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads = reads
        self._writes = writes
        self._left = b""
        self._count = 0
        self.events: List[Dict[str, Any]] = []

    def send(self, method: str, session: Optional[str] = None, **params: Any) -> Dict[str, Any]:
        """Make a call, and return its result."""
        self._count += 1
        call: Dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if session is not None:
            call["sessionId"] = session
        os.write(self._writes, json.dumps(call).encode() + b"\0")
        deadline = time.monotonic() + LIMIT
        while True:
            message = self._receive(deadline)
            if message.get("id") == self._count:
                assert "error" not in message, message
                result: Dict[str, Any] = message["result"]
                return result
            self.events.append(message)

    def wait_for(self, event: str) -> None:
        """Wait for an event, also one that has come already."""
        deadline = time.monotonic() + LIMIT
        while not any(message.get("method") == event for message in self.events):
            self.events.append(self._receive(deadline))

    def open(self, path: Path, scripts: bool = True, width: int = 1280) -> Page:
        """Open a file in a page of its own."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send("%s.enable" % domain)
        page.resize(width)
        if not scripts:
            page.send("Emulation.setScriptExecutionDisabled", value=True)
        self.events.clear()
        page.send("Page.navigate", url=path.absolute().as_uri())
        self.wait_for("Page.loadEventFired")
        return page

    def _receive(self, deadline: float) -> Dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select(
                [self._reads], [], [], max(0.0, deadline - time.monotonic())
            )
            assert ready, "the browser does not answer"
            got = os.read(self._reads, 1 << 16)
            assert got, "the browser has ended"
            self._left += got
        text, self._left = self._left.split(b"\0", 1)
        message: Dict[str, Any] = json.loads(text)
        return message


@dataclass(frozen=True)
class Page:
    """An open page."""

    browser: Browser
    session: str

    def send(self, method: str, **params: Any) -> Dict[str, Any]:
        return self.browser.send(method, self.session, **params)

    def run(self, script: str) -> Any:
        """Run a script in the page; return its value, which must be JSON."""
        done = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def resize(self, width: int, height: int = 900) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def emulate(self, media: str = "", scheme: str = "light") -> None:
        """Pretend to be a printer (``print``), or in the dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)

    def press(self, key: str) -> None:
        """Press Tab or Enter."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **(text if kind == "keyDown" else {}),
            )

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        """Write a picture of the whole page."""
        done = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(done["data"]))

    def paper(self, path: Path) -> None:
        """Write what a printer would get."""
        done = self.send("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(done["data"]))

    def complaints(self) -> List[str]:
        """Return what the browser has complained about, and what it has tried to load."""
        self.run("1")
        found = []
        for event in self.browser.events:
            params = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"]))
            elif event.get("method") == "Log.entryAdded":
                found.append(str(params["entry"]))
            elif event.get("method") == "Runtime.consoleAPICalled":
                found.append(str(params["args"]))
            elif event.get("method") == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith("file:"):
                    found.append("request for %s" % url)
        return found
