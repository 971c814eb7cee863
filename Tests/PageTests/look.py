"""Looks at the page with a headless Chromium, at the widths of a phone and of a desk, light and dark.

usage: look.py CHROMIUM ADDRESS FOLDER PATH...

Takes a screenshot of every view into FOLDER, and writes a line of JSON for each: what the console said, whether anything is
wider than the window, controls without a name, and texts with too little contrast. Talks to the browser over a pipe, so that
no port is opened. WHOLE=1 takes pictures of whole views instead of what a window shows. Python's standard library only.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

VIEWS = [("phone", 390, 844), ("small", 360, 740), ("desk", 1440, 900)]

# What a person would stumble over; runs in the page with the browser's rights, which the page's policy does not touch.
LOOK = """
(() => {
  const width = document.documentElement.clientWidth;
  const inScroller = (node) => node.closest('.scroll, [hidden]') !== null;
  const wide = [...document.body.querySelectorAll('*')].filter((node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.right > width + 1 && box.left >= 0 && !inScroller(node);
  }).map((node) => node.tagName.toLowerCase() + '.' + node.className + ' ' + Math.round(node.getBoundingClientRect().right));
  const nameless = [...document.querySelectorAll('input:not([type=hidden]), select, button, a, progress')].filter((node) =>
    !(node.labels && node.labels.length) && !node.getAttribute('aria-label') && !(node.textContent || '').trim())
    .map((node) => node.outerHTML.slice(0, 120));
  const parse = (text) => { const m = text.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour.startsWith('rgb') && parse(colour)[3] === 1) return parse(colour);
    }
    return [255, 255, 255, 1];
  };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.getClientRects().length || node.closest('.skip')) continue;
    const ink = parse(getComputedStyle(node).color);
    const [a, b] = [light(ink), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faint.add(node.tagName.toLowerCase() + '.' + node.className + ' ' + ratio.toFixed(2));
  }
  return { width: document.documentElement.scrollWidth - width, wide: wide.slice(0, 8), nameless: nameless.slice(0, 8),
    faint: [...faint].slice(0, 8), headings: document.querySelectorAll('h1').length, landmarks:
      ['header', 'nav', 'main', 'footer'].filter((name) => !document.querySelector(name)),
    height: document.documentElement.scrollHeight, lang: document.documentElement.lang };
})()
"""


class Browser:
    def __init__(self, path, folder):
        to_browser, ours = os.pipe()
        theirs_read, from_browser = os.pipe()
        # Chromium reads commands from descriptor 3 and writes to 4.
        def place():
            os.dup2(to_browser, 13)
            os.dup2(from_browser, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"],
            preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.write, self.read = os.fdopen(ours, "wb", buffering=0), os.fdopen(theirs_read, "rb")
        self.number, self.events = 0, []
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ["Page", "Log", "Runtime", "Network"]:
            self.call(f"{domain}.enable")

    def message(self):
        data = bytearray()
        while True:
            byte = self.read.read(1)
            if not byte:
                raise RuntimeError("the browser is gone")
            if byte == b"\0":
                return json.loads(data)
            data += byte

    def call(self, method, parameters=None):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters or {}}
        if hasattr(self, "session"):
            request["sessionId"] = self.session
        self.write.write(json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait(self, method):
        while True:
            for message in self.events:
                if message.get("method") == method:
                    return
            self.events.append(self.message())

    def look(self, address, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.events = []
        self.call("Page.navigate", {"url": address})
        self.wait("Page.loadEventFired")
        seen = self.call("Runtime.evaluate", {"expression": LOOK, "returnByValue": True})["result"]["value"]
        said, asked, status = [], [], None
        for event in self.events:
            name, facts = event.get("method"), event.get("params", {})
            if name == "Log.entryAdded":
                said.append(facts["entry"]["text"])
            elif name == "Runtime.consoleAPICalled":
                said.append(str(facts.get("args")))
            elif name == "Runtime.exceptionThrown":
                said.append(str(facts.get("exceptionDetails")))
            elif name == "Network.requestWillBeSent":
                asked.append(facts["request"]["url"])
            elif name == "Network.responseReceived" and facts.get("type") == "Document":
                status = facts["response"]["status"]
        seen.update(said=said, asked=asked, status=status)
        return seen

    def picture(self, path, whole):
        shot = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.wait(timeout=20)


def main():
    chromium, root, folder, paths = sys.argv[1], sys.argv[2].rstrip("/"), sys.argv[3], sys.argv[4:]
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(chromium, profile)
        try:
            for path in paths:
                for name, width, height in VIEWS:
                    for scheme in ["light", "dark"]:
                        seen = browser.look(root + path, width, height, scheme)
                        if name != "small":
                            stem = "".join(c if c.isalnum() else "-" for c in path.strip("/")) or "digest"
                            browser.picture(f"{folder}/{stem[:60]}-{name}-{scheme}.png", "WHOLE" in os.environ)
                        seen.update(path=path, view=name, scheme=scheme)
                        print(json.dumps(seen), flush=True)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
