"""Plots as SVG text that stands in a page without scripts or other files. Knows numbers and labels, nothing else.

Colours come from the page's style sheet by class: `k-line`, `k-mark`, `k-bar`, `k-grid`, `k-text`.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.intervals import Interval

WIDTH, HEIGHT = 440, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 44  # pixels around the plotted area


@dataclass(frozen=True, kw_only=True)
class Point:
    """`low` and `high` draw an interval around `y` when given; `label` shows when pointed at."""

    x: float
    y: float
    label: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar with its interval; values from 0.0 to 1.0."""

    name: str
    value: float
    low: float
    high: float
    count: int


def xy_plot(
    points: Sequence[Point], *, title: str, x_label: str, y_label: str, x_max: float = 1.0, y_max: float = 1.0,
    x_min: float = 0.0, line: bool = True, steps: bool = False, diagonal: bool = False,
) -> str:  # fmt: skip
    """Points, joined by a line or by steps. `diagonal` marks where x equals y."""
    x_max = x_max if x_max > x_min else x_min + 1.0
    y_max = y_max or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (x - x_min) / (x_max - x_min) * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - y / y_max * (HEIGHT - _TOP - _BOTTOM),
        )

    parts = _frame(title, x_label, y_label)
    for tick in ticks(0.0, y_max):
        x, y = place(x_min, tick)
        parts.append(f'<line class="k-grid" x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(x - 6, y + 4, number(tick), "end"))
    for tick in ticks(x_min, x_max):
        x, y = place(tick, 0.0)
        parts.append(f'<line class="k-grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(x, y + 16, number(tick), "middle"))
    if diagonal:
        (x1, y1), (x2, y2) = place(max(0.0, x_min), max(0.0, x_min)), place(x_max, min(x_max, y_max))
        parts.append(f'<line class="k-grid k-dashed" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')
    placed = [place(point.x, point.y) for point in points]
    if line and len(placed) > 1:
        path = f"M{placed[0][0]:.1f} {placed[0][1]:.1f}"
        for (_, before), (x, y) in zip(placed, placed[1:], strict=False):
            path += f"L{x:.1f} {before:.1f}L{x:.1f} {y:.1f}" if steps else f"L{x:.1f} {y:.1f}"
        parts.append(f'<path class="k-line" d="{path}"/>')
    for point, (x, y) in zip(points, placed, strict=True):
        if point.low is not None and point.high is not None:
            (_, y1), (_, y2) = place(point.x, point.low), place(point.x, point.high)
            parts.append(f'<line class="k-mark" x1="{x:.1f}" y1="{y1:.1f}" x2="{x:.1f}" y2="{y2:.1f}"/>')
        if point.label or not line:
            shown = f"<title>{html.escape(point.label)}</title>" if point.label else ""
            parts.append(f'<circle class="k-mark" cx="{x:.1f}" cy="{y:.1f}" r="3.5">{shown}</circle>')
    return "".join([*parts, "</svg>"])


def bar_plot(bars: Sequence[Bar], *, title: str, x_label: str) -> str:
    """Bars from the left, one a line, each with its interval and its number."""
    row, left, right = 24, 190, 96
    height = len(bars) * row + 44
    width = 560

    def place(value: float) -> float:
        return left + min(max(value, 0.0), 1.0) * (width - left - right)

    parts = [_opening(title, width, height)]
    for tick in ticks(0.0, 1.0):
        x = place(tick)
        parts.append(f'<line class="k-grid" x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="{height - 36}"/>')
        parts.append(_text(x, height - 22, number(tick), "middle"))
    parts.append(_text((left + width - right) / 2, height - 5, x_label, "middle"))
    for line, bar in enumerate(bars):
        y = 6 + line * row
        parts.append(_text(left - 8, y + 14, bar.name, "end"))
        parts.append(
            f'<rect class="k-bar" x="{left}" y="{y + 3}" width="{place(bar.value) - left:.1f}" height="{row - 9}"/>'
        )
        middle = y + 3 + (row - 9) / 2
        parts.append(
            f'<line class="k-mark" x1="{place(bar.low):.1f}" y1="{middle}" x2="{place(bar.high):.1f}" y2="{middle}"/>'
        )
        parts.append(_text(width - right + 10, y + 14, f"{bar.value:.2f} (n={bar.count})", "start"))
    return "".join([*parts, "</svg>"])


def interval_bar(interval: Interval) -> str:
    """A mean between 0 and 1 as a small bar with its interval, to stand in a line of text."""
    low, mean, high = (120 * min(max(value, 0.0), 1.0) for value in (interval.low, interval.mean, interval.high))
    return (
        '<svg class="k-small" role="presentation" viewBox="0 0 120 12" width="120" height="12">'
        '<rect class="k-track" x="0" y="3" width="120" height="6" rx="3"/>'
        f'<rect class="k-bar" x="0" y="3" width="{mean:.1f}" height="6" rx="3"/>'
        f'<line class="k-mark" x1="{low:.1f}" y1="6" x2="{high:.1f}" y2="6"/></svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, four to eight of them."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    power = 10.0 ** math.floor(math.log10(span))
    step = next(s * power for s in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if span / (s * power) <= 7)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """A number as an axis shows it."""
    return f"{value:g}"


def _opening(title: str, width: int, height: int) -> str:
    named = html.escape(title, quote=True)
    return f'<svg role="img" aria-label="{named}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'


def _frame(title: str, x_label: str, y_label: str) -> list[str]:
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    return [
        _opening(title, WIDTH, HEIGHT),
        _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, x_label, "middle"),
        f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, y_label, "middle")}</g>',
    ]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="k-text" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
