"""A real browser, without a window: what a page looks like to it, what it complains of, what it prints."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needs import require
from playwright.sync_api import Page, expect, sync_playwright

_FLAGS = (
    "--headless",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--enable-logging=stderr",
    "--log-level=0",
)
_FRAME = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<style>body {{ margin: 0 }} iframe {{ border: 0; width: {width}px; height: {height}px }}</style>
<iframe id="frame" srcdoc="{page}"></iframe><pre id="result"></pre>
<script>
document.getElementById("frame").addEventListener("load", (event) => {{
  const view = event.target.contentWindow, page = event.target.contentDocument;
  document.getElementById("result").textContent = JSON.stringify(({script})(page, view));
}});
</script>
"""
CONTRAST = """(page, view) => {
  for (const each of page.querySelectorAll("details")) each.open = true;
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parts(view.getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const each of page.body.querySelectorAll("*")) {
    const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own && !each.matches("td, .sign")) continue;
    const [one, other] = [light(parts(view.getComputedStyle(each).color)), light(behind(each))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const name = each.tagName.toLowerCase() + (each.className ? "." + each.className : "");
    found[name] = Math.min(ratio, found[name] ?? 99);
  }
  return {dark: view.matchMedia("(prefers-color-scheme: dark)").matches, paper: behind(page.body), found};
}"""
"""For `probed`: the least contrast of each sort of element, with everything unfolded."""


@dataclass(frozen=True)
class Opened:
    """A page as the browser has it, and what it wrote to its console."""

    dom: str
    console: list[str]


def opened(tmp: Path, page: str, *, dark: bool = False) -> Opened:
    """Open a page."""
    done = _chromium(tmp, page, "--dump-dom", f"--blink-settings=preferredColorScheme={0 if dark else 1}")
    return Opened(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


def probed(tmp: Path, page: str, script: str, *, width: int, height: int = 700, dark: bool = False) -> Any:
    """What a function of JavaScript says of a page (its document and its window) of this size."""
    frame = _FRAME.format(page=html.escape(page), script=script, width=width, height=height)
    found = re.search(r'<pre id="result">(.*?)</pre>', opened(tmp, frame, dark=dark).dom, re.DOTALL)
    assert found is not None
    return json.loads(html.unescape(found[1]))


def printed(tmp: Path, page: str) -> str:
    """The text of what the browser prints."""
    require("pdftotext")
    paper = tmp / "page.pdf"
    _chromium(tmp, page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    line = ["pdftotext", "-layout", str(paper), "-"]
    return subprocess.run(line, check=True, capture_output=True, text=True, timeout=60).stdout


@contextmanager
def browsed(*, width: int, height: int = 800, dark: bool = False, scripts: bool = True) -> Iterator[Page]:
    """A tab of a browser in which a person may click and type; what it complains of fails the test."""
    require("chromium")
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        flags = [flag for flag in _FLAGS if flag != "--headless"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        complaints: list[str] = []
        page.set_default_timeout(60_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
        assert complaints == []


def _chromium(tmp: Path, page: str, *flags: str) -> subprocess.CompletedProcess[str]:
    require("chromium")
    file = tmp / "page.html"
    file.write_text(page, encoding="utf-8")
    profile = f"--user-data-dir={tmp / 'profile'}"
    line = ["chromium", *_FLAGS, profile, *flags, file.as_uri()]
    return subprocess.run(line, check=True, capture_output=True, text=True, timeout=120)
