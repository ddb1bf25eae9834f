"""The map and the charts as SVG: lengths as attributes, colours as classes, text that stays text.

Made here once, for the officers' pages and the public one alike. Everything that comes from tables is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from sosportal.dashboards.measures import Band
from sosportal.dashboards.tiles import PLACES, REGIONS, short_name

WIDTH, HEIGHT, GAP = 72, 62, 4
COLUMNS_NARROW = 5
HEAD = 28
SIGN = 13
AS_TABLE = "同じ内容の表が下にあります。"

_SIGNS = {
    Band.SHORT: '<rect class="tile-shape{dark}" x="{x}" y="{y}" width="13" height="13"></rect>',
    Band.LOW: '<path class="tile-shape" d="M{middle} {y}L{right} {bottom}H{x}z"></path>',
    Band.ENOUGH: '<circle class="tile-shape--ring" cx="{middle}" cy="{centre}" r="5.3"></circle>',
    # No line: before a figure it would read as a minus.
    Band.FEW: '<rect class="tile-shape--ring" x="{left}" y="{top}" width="11" height="11" stroke-dasharray="3 2.5">'
    "</rect>",
}


@dataclass(frozen=True)
class Tile:
    """A prefecture on the map: `label` is what a screen reader says of it, `href` where it leads."""

    code: str
    name: str
    figure: str
    band: Band
    label: str
    href: str


def sign(band: Band) -> SafeString:
    """The band's shape by itself, for tables; always beside words."""
    return format_html(
        '<svg class="shape" viewBox="0 0 13 13" aria-hidden="true" focusable="false">{}</svg>',
        _sign(band, 0, 0, on_dark=False),
    )


def legend_sign(band: Band) -> SafeString:
    """A small tile with the band's shape, for the legend."""
    return format_html(
        '<svg viewBox="0 0 36 24" aria-hidden="true" focusable="false">'
        '<rect class="tile tile--{}" x="1" y="1" width="34" height="22" rx="3"></rect>{}</svg>',
        band.value,
        _sign(band, 11.5, 5.5),
    )


def wide_map(tiles: Iterable[Tile], subject: str) -> SafeString:
    """The country as tiles, for wide screens; `subject` is what they show."""
    found = [_tile(tile, *_at(*PLACES[tile.code])) for tile in tiles]
    columns, rows = 13, 11
    label = f"{subject}の地図。{AS_TABLE}"
    return _svg("tile-map__wide", columns * (WIDTH + GAP), rows * (HEIGHT + GAP), label, found)


def narrow_map(tiles: Iterable[Tile], subject: str) -> SafeString:
    """The same tiles by region, five in a row, for narrow screens."""
    parts: list[SafeString] = []
    by_code = {int(tile.code): tile for tile in tiles}
    top = 0
    for region, first, last in REGIONS:
        own = [by_code[code] for code in range(first, last + 1) if code in by_code]
        parts.append(format_html('<text class="tile-region" x="0" y="{}">{}</text>', top + 18, region))
        for place, tile in enumerate(own):
            x, y = _at(place % COLUMNS_NARROW, place // COLUMNS_NARROW)
            parts.append(_tile(tile, x, y + top + HEAD))
        rows = -(-len(own) // COLUMNS_NARROW)
        top += HEAD + rows * (HEIGHT + GAP) + 14
    label = f"{subject}、地方順。{AS_TABLE}"
    return _svg("tile-map__narrow", COLUMNS_NARROW * (WIDTH + GAP), top, label, parts)


def _at(column: int, row: int) -> tuple[int, int]:
    return column * (WIDTH + GAP), row * (HEIGHT + GAP)


def _svg(name: str, width: int, height: int, label: str, parts: Iterable[SafeString]) -> SafeString:
    return format_html(
        '<svg class="{}" viewBox="-3 -3 {} {}" role="group" aria-label="{}">{}</svg>',
        name,
        width + 2,
        height + 2,
        label,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _tile(tile: Tile, x: int, y: int) -> SafeString:
    dark = " on-dark" if tile.band is Band.SHORT else ""
    # Sign and figure stand in the middle together; a figure is about so wide.
    wide = (
        SIGN
        + 5
        + sum(16 if character in "万日" else 14 if character == "%" else 10 for character in tile.figure)
    )
    begin = x + max(2.0, (WIDTH - wide) / 2)
    return format_html(
        '<a class="tile-link" href="{}" aria-label="{}">'
        '<rect class="tile tile--{}" x="{}" y="{}" width="{}" height="{}" rx="3"></rect>'
        '<text class="tile-name{}" x="{}" y="{}">{}</text>{}'
        '<text class="tile-figure{}" x="{}" y="{}">{}</text></a>',
        tile.href,
        tile.label,
        tile.band.value,
        x,
        y,
        WIDTH,
        HEIGHT,
        dark,
        x + WIDTH // 2,
        y + 25,
        short_name(tile.name),
        _sign(tile.band, begin, y + 37),
        dark,
        begin + SIGN + 5,
        y + 50,
        tile.figure,
    )


def _sign(band: Band, x: float, y: float, *, on_dark: bool = True) -> SafeString:
    """The band's shape at a place; a shape that stands on a dark tile is light there."""
    dark = " on-dark" if on_dark else ""
    return mark_safe(  # noqa: S308 - our own shapes and numbers
        _SIGNS[band].format(
            dark=dark,
            x=x,
            y=y,
            right=x + SIGN,
            bottom=y + SIGN,
            middle=x + SIGN / 2,
            centre=y + SIGN / 2,
            left=x + 1,
            top=y + 1,
        )
    )


# --- Charts ---------------------------------------------------------------------------------------------------------

CHART_WIDTH, CHART_HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 30, 390, 24, 150


@dataclass(frozen=True)
class Point:
    """One round in a chart: `label` below the axis, `value` to draw (None leaves a gap), `text` as it is written."""

    label: str
    value: float | None
    text: str


def line_chart(points: Sequence[Point], label: str) -> SafeString:
    """A line over the rounds; the first and the last figure are written."""
    highest = max(1.0, *(point.value or 0.0 for point in points), 1.0)
    step = _step(highest)
    levels = int(-(-highest // step))
    top = levels * step
    parts = [_level(_y(n * step, top), _plain(n * step)) for n in range(levels + 1)]
    placed = [
        (_x(n, len(points)), None if point.value is None else _y(point.value, top))
        for n, point in enumerate(points)
    ]
    for run in _runs(placed):
        if len(run) == 1:
            parts.append(_dot(*run[0], 3))
        else:
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
            parts.append(format_html('<polyline class="chart-line" points="{}"></polyline>', line))
    known = [(x, y, point.text) for (x, y), point in zip(placed, points, strict=True) if y is not None]
    parts += [_dot(x, y, 5) for x, y, _ in known[-1:]]
    written = {known[0], known[-1]} if known else set()
    parts += [_text(x, _beside(x, y, known), text, strong=True) for x, y, text in sorted(written)]
    return _chart([*parts, *_labels(points)], label)


def bar_chart(points: Sequence[Point], label: str) -> SafeString:
    """A bar for each round, the last one marked; the highest and the last figure are written."""
    highest = max(1.0, *(point.value or 0.0 for point in points), 1.0)
    parts = [
        format_html(
            '<line class="chart-axis" x1="{}" x2="{}" y1="{}" y2="{}"></line>', LEFT, RIGHT, BOTTOM, BOTTOM
        )
    ]
    width = min(24.0, (RIGHT - LEFT) / max(1, len(points)) * 0.75)
    values = [point.value or 0.0 for point in points]
    written = {len(points) - 1, values.index(max(values))} if points else set()
    for n, point in enumerate(points):
        x, y = _x(n, len(points)), _y(values[n], highest)
        parts.append(
            format_html(
                '<rect class="chart-bar{}" x="{}" y="{}" width="{}" height="{}"></rect>',
                " chart-bar--now" if n == len(points) - 1 else "",
                f"{x - width / 2:.1f}",
                f"{y:.1f}",
                f"{width:.1f}",
                f"{BOTTOM - y:.1f}",
            )
        )
        if n in written:
            parts.append(_text(x, y - 5, point.text, strong=True))
    return _chart([*parts, *_labels(points)], label)


def _beside(x: float, y: float, known: Sequence[tuple[float, float, str]]) -> float:
    """Where a figure is written: above its point, or below where the line comes down to it."""
    before = [other for at, other, _ in known if at < x]
    falls = bool(before) and before[-1] < y - 8
    return min(y + 20, BOTTOM - 3) if falls and y + 20 < BOTTOM else max(12.0, y - 10)


def _chart(parts: Iterable[SafeString], label: str) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        CHART_WIDTH,
        CHART_HEIGHT,
        label,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _x(n: int, count: int) -> float:
    margin = 18
    return LEFT + margin + (RIGHT - LEFT - 2 * margin) * (n / (count - 1) if count > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _step(highest: float) -> float:
    """So that there are at most five levels, at round figures."""
    step = 1.0
    for factor in (1, 2, 5, 10, 20, 50, 100):
        step = float(factor)
        if highest / step <= 5:
            break
    return max(step, highest / 5)


def _plain(value: float) -> str:
    return f"{value:g}"


def _runs(placed: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in placed:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _level(y: float, text: str) -> SafeString:
    return format_html(
        '<line class="chart-axis" x1="{}" x2="{}" y1="{}" y2="{}"></line>'
        '<text class="chart-text chart-text--end" x="{}" y="{}">{}</text>',
        LEFT,
        RIGHT,
        f"{y:.1f}",
        f"{y:.1f}",
        LEFT - 6,
        f"{y + 4:.1f}",
        text,
    )


def _dot(x: float, y: float, radius: int) -> SafeString:
    return format_html(
        '<circle class="chart-dot" cx="{}" cy="{}" r="{}"></circle>', f"{x:.1f}", f"{y:.1f}", radius
    )


def _text(x: float, y: float, text: str, *, strong: bool = False) -> SafeString:
    return format_html(
        '<text class="chart-text chart-text--middle{}" x="{}" y="{}">{}</text>',
        " chart-text--strong" if strong else "",
        f"{x:.1f}",
        f"{y:.1f}",
        text,
    )


def _labels(points: Sequence[Point]) -> list[SafeString]:
    """Below the axis: the last, and every third before it."""
    return [
        _text(_x(n, len(points)), BOTTOM + 22, point.label)
        for n, point in enumerate(points)
        if (len(points) - 1 - n) % 3 == 0
    ]
