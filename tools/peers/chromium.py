#!/usr/bin/python3
"""A real Chromium as a WebRTC peer that speaks JSON lines over its standard streams.

The browser is driven through the DevTools pipe; its page comes from peer.html beside this file and
no network is needed for it. README.md has the messages.
"""

import argparse
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

ORIGIN = "https://peer.natsim.test/"  # an origin that may use cameras; nobody is asked for it
PAGE = pathlib.Path(__file__).with_name("peer.html")
FLAGS = [
    "--headless",
    "--no-sandbox",  # root may not have one, and in its namespace a user is root
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--window-size=960,540",
    "--remote-debugging-pipe",
]


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


class Browser:
    """A Chromium and the one page in it."""

    def __init__(self, executable: str, mdns: bool) -> None:
        self.profile = tempfile.mkdtemp(prefix="natsim-chromium-")
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()
        features = "Translate,MediaRouter"
        flags = list(FLAGS)
        if not mdns:
            features += ",WebRtcHideLocalIpsWithMdns"
            # A page that may use the camera is shown local addresses in any case.
            flags.append("--use-fake-ui-for-media-stream")
        command = [executable, *flags, f"--disable-features={features}",
                   f"--user-data-dir={self.profile}", "about:blank"]

        def become_browser() -> None:
            # The pipe's ends are told by their numbers. What dup2 makes is inherited.
            saved = [os.dup(to_browser), os.dup(from_browser)]
            os.dup2(saved[0], 3)
            os.dup2(saved[1], 4)

        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr,
            close_fds=False, preexec_fn=become_browser)
        os.close(to_browser)
        os.close(from_browser)
        self.received = b""
        self.last_call = 0
        self.answers: dict[int, dict] = {}
        self.events: list[dict] = []
        self.session: str | None = None
        self.ready = False  # its page hears

    def call(self, method: str, **params) -> dict:
        """Calls a method of the DevTools protocol and waits for its result."""
        number = self.send(method, **params)
        while number not in self.answers:
            self.read()
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def send(self, method: str, **params) -> int:
        self.last_call += 1
        message = {"id": self.last_call, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        return self.last_call

    def read(self) -> None:
        data = os.read(self.inp, 1 << 16)
        if not data:
            raise RuntimeError("the browser has ended")
        self.received += data
        *messages, self.received = self.received.split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)

    def open_page(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Runtime.enable")
        self.call("Page.enable")
        self.call("Runtime.addBinding", name="natsimSay")
        self.call("Fetch.enable", patterns=[{"urlPattern": "*"}])
        self.send("Page.navigate", url=ORIGIN)

    def serve(self, request: dict) -> None:
        """Answers the page's request for itself; there is nothing else."""
        found = request["request"]["url"] == ORIGIN
        self.send(
            "Fetch.fulfillRequest", requestId=request["requestId"],
            responseCode=200 if found else 404,
            responseHeaders=[{"name": "Content-Type", "value": "text/html; charset=utf-8"}],
            body=base64.b64encode(PAGE.read_bytes() if found else b"").decode())

    def tell_page(self, message: dict) -> None:
        self.send("Runtime.evaluate", expression=f"natsimHear({json.dumps(message)})")

    def screenshot(self, path: str) -> None:
        image = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(image))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        # The browser keeps its socket in a folder of its own beside the profile.
        with suppress(OSError):
            socket = pathlib.Path(os.readlink(os.path.join(self.profile, "SingletonSocket")))
            shutil.rmtree(socket.parent)
        # Its children end a moment after it, and write until then.
        end = time.monotonic() + 3
        while os.path.exists(self.profile):
            try:
                shutil.rmtree(self.profile)
            except OSError as error:
                if time.monotonic() > end:
                    print(f"{self.profile} is left: {error}", file=sys.stderr)
                    return
                time.sleep(0.02)


def take_events(browser: Browser) -> None:
    events, browser.events = browser.events, []
    for event in events:
        params = event.get("params", {})
        if event["method"] == "Fetch.requestPaused":
            browser.serve(params)
        elif event["method"] == "Runtime.bindingCalled":
            browser.ready = True  # which is the first thing that it says
            print(params["payload"], flush=True)
        elif event["method"] == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            what = details.get("exception", {}).get("description") or details.get("text")
            say({"type": "error", "message": what})
        elif event["method"] in ("Inspector.targetCrashed", "Target.targetCrashed"):
            raise RuntimeError("the page has crashed")
    browser.answers.clear()  # of calls that nobody waits for


def take_line(browser: Browser, line: bytes) -> bool:
    """What a line on standard input asks for; false when it is the last one."""
    try:
        message = json.loads(line)
        kind = message["type"]
    except (ValueError, KeyError, TypeError):
        say({"type": "error", "message": f"no message: {line.decode(errors='replace')}"})
        return True
    if kind == "bye":
        return False
    if kind == "screenshot":
        try:
            browser.screenshot(message["file"])
            say({"type": "screenshot", "file": message["file"]})
        except (KeyError, TypeError, OSError) as error:
            say({"type": "error", "message": f"screenshot: {error}"})
        return True
    browser.tell_page(message)
    return True


def run(browser: Browser) -> None:
    browser.open_page()
    pending = b""
    while True:
        take_events(browser)
        # What is said to a page that is not there yet would be lost.
        heard = [0, browser.inp] if browser.ready else [browser.inp]
        readable, _, _ = select.select(heard, [], [])
        if browser.inp in readable:
            browser.read()
        if 0 not in readable:
            continue
        data = os.read(0, 1 << 16)
        if not data:
            return
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            if line and not take_line(browser, line):
                return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executable", default="chromium", help="the browser (default: chromium)")
    parser.add_argument("--mdns", action="store_true",
                        help="hide local addresses behind mDNS names, as browsers do of pages that may "
                             "not use the camera: for data alone")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if shutil.which(options.executable) is None:
        say({"type": "error", "message": f"there is no '{options.executable}': install chromium"})
        return 1
    browser = Browser(options.executable, options.mdns)
    try:
        run(browser)
    except RuntimeError as error:
        say({"type": "error", "message": str(error)})
        return 1
    finally:
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
