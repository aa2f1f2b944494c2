"""The report as one HTML file: styles and figures inside, for light and dark screens."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import unquote

import markdown

from report.figures import style

# Figures keep their colours on a light page; on a dark one these take their place.
DARK = {style.PAPER: "#0d1117", style.INK: "#e6edf3", style.MUTED: "#9198a1",
        style.FAINT: "#30363d", style.BAND: "#12263a", "#0072b2": "#4aa8e0", "#d55e00": "#f0883e", "#009e73": "#3fb98f",
        "#b8569b": "#d58cc0", "#7a5c1e": "#c29a4b",
        **dict(zip(style.HEAT, ("#161b22", "#1a2f47", "#204467", "#2a5f91", "#79c0ff")))}
EXTENSIONS = ["tables", "fenced_code", "md_in_html", "sane_lists", "toc"]


def page(text: str, folder: Path, title: str, template: str) -> str:
    """HTML of the Markdown text, whose figures lie in the folder, filled into the template."""
    body = markdown.markdown(text, extensions=EXTENSIONS, output_format="html5")
    body = re.sub(r'<p><img alt="([^"]*)" src="([^"]+\.svg)"\s*/?></p>',
                  lambda found: _figure(folder / unquote(html.unescape(found[2])), found[1]), body)
    body = body.replace("<table>", '<div class="wide" tabindex="0"><table>')
    body = body.replace("</table>", "</table></div>")
    dark = "".join(f"--{colour[1:]}:{shade};" for colour, shade in DARK.items())
    return (template.replace("%TITLE%", html.escape(title)).replace("%DARK%", dark)
            .replace("%BODY%", body))


def _figure(path: Path, alt: str) -> str:
    """The SVG itself, its identifiers made unique and its colours open to a dark page."""
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'( id="|href="#|url\(#)', lambda found: f"{found[1]}{path.stem}-", svg)
    for colour in DARK:
        svg = svg.replace(colour, f"var(--{colour[1:]},{colour})")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)
    return f'<figure tabindex="0">{svg}</figure>'
