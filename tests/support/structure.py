"""What a page says to those who don't see it, beside what axe asks: one h1 in one main, tables with names, and no two
links of the same name in one landmark, outside of rows and lists, that lead to different places. And the reader's own
colours, under which nothing may vanish."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

# A link is called what it holds here: its words (hidden ones too) and its pictures', or its aria-label.
_STRUCTURE = """
() => {
  const found = [];
  const shown = what => [...document.querySelectorAll(what)].filter(e => e.checkVisibility());
  const words = e => e.textContent.replace(/\\s+/g, " ").trim();
  const labelled = e => (e.getAttribute("aria-labelledby") ?? "").split(" ")
    .map(id => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  const drawn = e => [...e.querySelectorAll("img")].map(image => image.alt).join(" ");
  const name = e => labelled(e) || e.getAttribute("aria-label") || `${drawn(e)} ${words(e)}`.trim();
  const heads = shown("h1");
  if (heads.length !== 1) found.push(["not one h1", heads.length]);
  if (heads.some(e => !e.closest("main"))) found.push(["h1 outside of main", words(heads[0])]);
  if (shown("main").length !== 1) found.push(["not one main", shown("main").length]);
  if (!document.title.includes("｜")) found.push(["title says no page", document.title]);
  for (const e of shown("table:not([role=presentation])"))
    if (!labelled(e) && !e.getAttribute("aria-label") && !(e.caption && words(e.caption)))
      found.push(["table without a name", e.outerHTML.slice(0, 140)]);
  for (const e of shown("nav, form[role=search], [role=region], [role=group]"))
    if (!name(e)) found.push(["part without a name", e.outerHTML.slice(0, 140)]);
  const led = new Map();
  for (const e of shown("a[href]")) {
    if (!name(e)) found.push(["link without a name", e.outerHTML.slice(0, 140)]);
    const around = e.closest("tbody tr, li, dl > div");  // which says what its links are about (WCAG 2.4.4)
    if (around && words(around) !== words(e)) continue;
    const address = new URL(e.getAttribute("href"), location);
    const to = address.pathname === location.pathname ? address.href : address.href.split("#")[0];
    const part = e.closest("main, nav, footer, header")?.tagName;
    const before = led.get(part + name(e));
    if (before && before !== to) found.push(["two links of one name", `${name(e)}: ${before} ${to}`]);
    led.set(part + name(e), to);
  }
  const summary = shown(".error-summary")[0];
  if (summary) {
    if (!document.title.startsWith("エラー：")) found.push(["refusal not told by the title", document.title]);
    const status = performance.getEntriesByType("navigation")[0].responseStatus;
    if (status < 400) found.push(["refusal answered as a success", status]);
  }
  return found;
}
"""

# Canvas is what words get for their ground in forced colours: words of the same colour can't be seen.
_VANISHED = """
() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.setAttribute("hidden", "");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("i[hidden] { color: Canvas; forced-color-adjust: none; }");
  const before = document.adoptedStyleSheets;
  document.adoptedStyleSheets = [...before, sheet];
  const canvas = getComputedStyle(probe).color;
  document.adoptedStyleSheets = before;
  probe.remove();
  const own = e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
  const colour = e => getComputedStyle(e)[e.closest("svg") ? "fill" : "color"];
  return [...document.body.querySelectorAll("*")]
    .filter(e => own(e) && e.checkVisibility() && colour(e) === canvas)
    .map(e => ["vanishes in forced colours", e.outerHTML.slice(0, 140)]);
}
"""


def faults_of_structure(page: Page) -> list[Any]:
    """(what is wrong, where) for the page as it stands."""
    return [tuple(each) for each in page.evaluate(_STRUCTURE)]


def faults_of_forced_colours(page: Page) -> list[Any]:
    """(what is wrong, where) for words that the reader's own colours would hide, light and dark."""
    found: list[Any] = []
    page.emulate_media(forced_colors="active", color_scheme="dark")
    found += [tuple(each) for each in page.evaluate(_VANISHED)]
    page.emulate_media(forced_colors="none", color_scheme="light")
    return found
