"""The report as one HTML file: styles and figures inside, for light and dark screens."""

from __future__ import annotations

import html
import re
from itertools import count
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


GLYPH = re.compile(r'<path id="([^"]+)"([^>]* transform="scale\(0\.015625\)")/>')  # Matplotlib's letters


class Glyphs:
    """Letters as outlines, which all figures of a page share: they are most of its bytes."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}  # by what is drawn

    def share(self, svg: str) -> str:
        """The figure without its letters, which are used from the shared ones."""
        own = {found[1]: self.ids.setdefault(found[2], f"g{len(self.ids)}")
               for found in GLYPH.finditer(svg)}
        svg = re.sub(r'xlink:href="#([^"]+)"',
                     lambda found: f'href="#{own.get(found[1], found[1])}"', GLYPH.sub("", svg))
        return re.sub(r"<defs>\s*</defs>", "", svg)

    @property
    def svg(self) -> str:
        """Their definitions; nothing where no figure has a letter."""
        paths = "".join(f'<path id="{name}"{drawn}/>' for drawn, name in self.ids.items())
        hidden = 'class="letters" aria-hidden="true" width="0" height="0"'
        return f"<svg {hidden}><defs>{paths}</defs></svg>" if paths else ""


def page(text: str, folder: Path, title: str, template: str, extra: str = "") -> str:
    """HTML of the Markdown text, whose figures lie in the folder, filled into the template; more HTML
    stands before the verdicts, where there are any."""
    body = markdown.markdown(text, extensions=EXTENSIONS, output_format="html5")
    places, glyphs = count(1), Glyphs()
    body = re.sub(r'<p><img alt="([^"]*)" src="([^"]+\.svg)"\s*/?></p>', lambda found: _figure(
        folder / unquote(html.unescape(found[2])), found[1], f"f{next(places)}-", glyphs), body)
    body = body.replace("<table>", '<div class="wide" tabindex="0"><table>')
    body = body.replace("</table>", "</table></div>")
    light = "".join(f"--{colour[1:]}:{colour};" for colour in DARK)
    dark = "".join(f"--{colour[1:]}:{shade};" for colour, shade in DARK.items())
    before, verdicts, after = body.partition('<h2 id="verdicts">')
    return (template.replace("%TITLE%", html.escape(title)).replace("%LIGHT%", light)
            .replace("%DARK%", dark).replace("%BODY%", glyphs.svg + before + extra + verdicts + after))


def _figure(path: Path, alt: str, prefix: str, glyphs: Glyphs) -> str:
    """The SVG itself, small, its identifiers made unique and its colours open to a dark page."""
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = glyphs.share(svg)
    svg = re.sub(r'( id="|href="#(?!g\d)|url\(#)', lambda found: found[1] + prefix, svg)
    # A hundredth of a point is less than one sees; of a scale it is not.
    svg = re.sub(r"([1-9]\d*\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"\s+", " ", svg).replace("> <", "><")
    for colour in DARK:
        svg = svg.replace(colour, f"var(--{colour[1:]})")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)
    return f'<figure tabindex="0">{svg}</figure>'
