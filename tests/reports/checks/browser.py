"""A page in headless Chromium: opened from disk, acted upon by a script, its outcome read back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SECONDS = 150
# Before anything else of the page: what goes wrong is kept.
WATCH = """<script>window.wrong = [];
addEventListener("error", (event) => wrong.push(String(event.message)));
addEventListener("unhandledrejection", (event) => wrong.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => wrong.push(`refused: ${event.blockedURI}`));
for (const name of ["error", "warn"]) console[name] = (...words) => wrong.push(words.join(" "));</script>"""
READ = """<script>addEventListener("load", async () => {
  const out = document.createElement("script");
  out.type = "application/json"; out.id = "outcome";
  let value;
  try { value = await (async () => { %s })(); } catch (error) { wrong.push(String(error)); }
  out.textContent = JSON.stringify({ value, wrong, width: innerWidth, scroll: document.documentElement.scrollWidth,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    requests: performance.getEntriesByType("resource").map((one) => one.name) }).replaceAll("<", "\\\\u003c");
  document.body.append(out);
  parent.postMessage(out.textContent, "*");
});</script>"""
# A window has a least width; a frame has none.
FRAME = """<!DOCTYPE html><body><script>addEventListener("message", (event) => {
  const out = document.createElement("script");
  out.type = "application/json"; out.id = "outcome"; out.textContent = event.data;
  document.body.append(out);
});</script><iframe src="%s" width="%d" height="900" frameborder="0"></iframe></body>"""


def chromium() -> str:
    """The browser's path; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("no Chromium")
    return found


def outcome(page: Path, script: str, *, address: str = "", width: int = 1280, dark: bool = False,
            more: str = "") -> dict[str, Any]:
    """Runs the body of an async function in the page. Returns its value, and what went wrong, how
    wide the page is, and which requests left."""
    text = page.read_text("utf-8")
    text = text.replace("<head>", "<head>" + WATCH, 1)
    text = text.replace("</body>", more + READ % script + "</body>")
    copy = page.with_name("watched.html")
    copy.write_text(text, "utf-8")
    frame = page.with_name("frame.html")
    frame.write_text(FRAME % (copy.as_uri() + address, width), "utf-8")
    profile = page.with_name("profile")
    done = subprocess.run(
        [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={profile}", "--window-size=1400,950", "--virtual-time-budget=60000",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=SECONDS, check=False)
    shutil.rmtree(profile, ignore_errors=True)
    copy.unlink()
    frame.unlink()
    found = re.search(r'<script type="application/json" id="outcome">(.*?)</script>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(found[1])
