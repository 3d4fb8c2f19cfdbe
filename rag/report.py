"""A scorecard as files: report.json, report.md and one page that needs nothing else, no network and no script.

Everything that comes from questions, articles or models is escaped. The words are in `rag/report_texts.py`, in both
languages.
"""

import html
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rag.compare import Comparison
from rag.intervals import Interval
from rag.plots import Bar, Point, bar_plot, interval_bar, xy_plot
from rag.report_rows import both, rows_table
from rag.report_style import PAGE, PLOTS
from rag.report_texts import ANSWERED_PAIR, METRICS, PAGE_TEXTS, WRONG, Words
from rag.scorecard import Scorecard, answer_of, headline, write_whole
from rag.scoring import Row

SHOWN_FAILURES = 300  # the page stays one that a browser opens at once; report.json has them all
_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(folder: Path, scorecard: Scorecard, comparison: Comparison | None = None) -> Path:
    """Writes report.json, report.md and report.html, and returns the path of the page. Raises ReportError."""
    content = scorecard.to_dict() | ({"comparison": comparison.to_dict()} if comparison else {})
    write_whole(folder / "report.json", json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
    text = scorecard.to_markdown() + (f"\n{comparison.to_markdown()}" if comparison else "")
    write_whole(folder / "report.md", text)
    write_whole(folder / "report.html", page_html(scorecard, comparison))
    return folder / "report.html"


def page_html(scorecard: Scorecard, comparison: Comparison | None = None) -> str:
    """The whole page."""
    parts = [
        _cards(scorecard),
        _compared(comparison) if comparison else "",
        _heading("plots"),
        _plots(scorecard),
        _heading("metrics"),
        _metrics(scorecard.metrics),
        _heading("by_pair"),
        _groups(scorecard.by_pair),
        _heading("by_type"),
        _groups(scorecard.by_type),
        _failures(scorecard, comparison),
        f"{_heading('rows')}<p>{both(PAGE_TEXTS['sort'])}</p>{rows_table(scorecard.rows)}",
        _about(scorecard),
    ]
    title = PAGE_TEXTS["title"]
    return (
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title.ja} / {title.en}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_CSP, quote=True)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<style>{PAGE}{PLOTS}</style></head><body class="kotae-report">'
        f"<h1>{both(title)}</h1>{_subtitle(scorecard)}{''.join(parts)}</body></html>\n"
    )


def summary_html(scorecard: Scorecard) -> str:
    """The headline, the plots and every question in a table that sorts itself, for a notebook."""
    return (
        f"<style>{PLOTS}</style><div class='kotae-report'>{_subtitle(scorecard)}"
        f"{_metrics(_of_headline(scorecard.metrics))}{_plots(scorecard)}{rows_table(scorecard.rows)}</div>"
    )


def _subtitle(scorecard: Scorecard) -> str:
    """What was evaluated, in one line."""
    about = scorecard.configuration
    parts = [str(about.get("gold") or ""), f"{len(scorecard.rows)} {PAGE_TEXTS['questions'].en}"]
    if about.get("mode") == "retrieval":
        parts.append(f"{PAGE_TEXTS['search_alone'].ja} {PAGE_TEXTS['search_alone'].en}")
    else:
        parts.append(str(about.get("chat_model") or ""))
    parts += [str(about.get("embedder") or ""), str(about.get("variant") or "")]
    return f'<p class="k-sub">{html.escape(" · ".join(part for part in parts if part))}</p>'


def _heading(name: str) -> str:
    return f"<h2>{both(PAGE_TEXTS[name])}</h2>"


def _of_headline(metrics: Mapping[str, Interval]) -> dict[str, Interval]:
    return {name: metrics[name] for name in headline(metrics)}


def _cards(scorecard: Scorecard) -> str:
    cards = [
        f'<div class="k-card"><span>{both(METRICS[name])}</span><b>{one.mean:.3f}</b>{interval_bar(one)}'
        f"<small>{one.low:.3f} – {one.high:.3f} · n={one.count}</small></div>"
        for name, one in _of_headline(scorecard.metrics).items()
    ]
    cards += [
        f'<div class="k-card"><span>{both(METRICS[name])}</span><b>{one.p50:.1f} s</b>'
        f"<small>p95 {one.p95:.1f} s</small></div>"
        for name, one in scorecard.latency.items()
    ]
    if scorecard.judged.count:
        judge = html.escape(str(scorecard.configuration.get("judge", "")))
        named, agrees = both(PAGE_TEXTS["judge"]), scorecard.judge_agreement
        cards.append(
            f'<div class="k-card k-aside"><span>{named}</span><b>{scorecard.judged.mean:.3f}</b><small>{judge} · '
            f"n={scorecard.judged.count}<br>{both(PAGE_TEXTS['agrees'])} {agrees.mean:.3f}</small></div>"
        )
    return f'<div class="k-cards">{"".join(cards)}</div><p class="k-note">{both(PAGE_TEXTS["interval"])}</p>'


def _plots(scorecard: Scorecard) -> str:
    figures = []
    curve = scorecard.curve
    if curve:
        points = [Point(x=p.coverage, y=p.error) for p in curve[:-1]]
        end = curve[-1]
        points.append(Point(x=end.coverage, y=end.error, label=f"{end.coverage:.3f}, {end.error:.3f}"))
        figures.append(("coverage", xy_plot(points, **_axes("coverage"), y_max=_round_up(p.error for p in curve))))
    bins = scorecard.reliability
    if bins:
        low, high = min(one.confidence for one in bins), max(one.confidence for one in bins)
        points = [
            Point(x=b.confidence, y=b.right, label=f"{b.confidence:.3f}: {b.right:.3f} (n={b.count})") for b in bins
        ]
        plot = xy_plot(points, **_axes("reliability"), x_min=low, x_max=high, diagonal=0 <= low < 0.5 and high <= 1)
        figures.append(("reliability", plot))
    seconds = sorted(value for row in scorecard.rows if (value := answer_of(row).get("seconds")) is not None)
    if seconds:
        points = [Point(x=value, y=number / len(seconds)) for number, value in enumerate(seconds, start=1)]
        points = [Point(x=0.0, y=0.0), *points]
        figures.append(("latency", xy_plot(points, **_axes("latency"), x_max=seconds[-1], steps=True)))
    shown = next((name for name in ("right", "hit@5", "article_hit@5") if name in scorecard.metrics), None)
    for split, groups in (("type_plot", scorecard.by_type), ("pair_plot", scorecard.by_pair)):
        bars = [
            Bar(name=_pair_name(group), value=m[shown].mean, low=m[shown].low, high=m[shown].high, count=m[shown].count)
            for group, m in groups.items()
            if shown and shown in m
        ]
        if bars and shown:
            words = METRICS[shown]
            named = words.ja if words.ja == words.en else f"{words.ja} / {words.en}"
            figures.append((split, bar_plot(bars, title=PAGE_TEXTS[split].en, x_label=named)))
    drawn = [f"<figure><figcaption>{both(PAGE_TEXTS[name])}</figcaption>{plot}</figure>" for name, plot in figures]
    return f'<div class="k-plots">{"".join(drawn)}</div>'


def _axes(name: str) -> dict[str, Any]:
    x, y = PAGE_TEXTS[f"{name}_x"], PAGE_TEXTS[f"{name}_y"]
    return {"title": PAGE_TEXTS[name].en, "x_label": f"{x.ja} / {x.en}", "y_label": f"{y.ja} / {y.en}"}


def _round_up(values: Iterable[float]) -> float:
    return min(1.0, (int(max(values, default=0.0) * 10) + 1) / 10)


def _pair_name(group: str) -> str:
    return ANSWERED_PAIR.get(group, group)


def _metrics(metrics: Mapping[str, Interval]) -> str:
    rows = [
        f'<tr><th scope="row">{both(METRICS[name])}</th><td class="k-number">{one.mean:.3f}</td>'
        f'<td>{interval_bar(one)}</td><td class="k-number">{one.low:.3f} – {one.high:.3f}</td>'
        f'<td class="k-number">{one.count}</td></tr>'
        for name, one in metrics.items()
    ]
    head = [both(PAGE_TEXTS[name]) for name in ("metric", "mean", "interval_short", "questions")]
    return _table([*head[:2], "", *head[2:]], rows)


def _groups(groups: Mapping[str, Mapping[str, Interval]]) -> str:
    names = [n for n in METRICS if n in {n for metrics in groups.values() for n in headline(metrics)}]
    rows = []
    for group, metrics in groups.items():
        if any(name in metrics for name in names):
            cells = [
                f'<td class="k-number">{metrics[n].mean:.3f} <small>({metrics[n].count})</small></td>'
                if n in metrics
                else "<td></td>"
                for n in names
            ]
            rows.append(f'<tr><th scope="row">{html.escape(_pair_name(group))}</th>{"".join(cells)}</tr>')
    return _table(["", *(both(METRICS[name]) for name in names)], rows)


def _compared(comparison: Comparison) -> str:
    parts = [_heading("compared")]
    if not comparison.fell:
        parts.append(f'<p class="k-held">{both(PAGE_TEXTS["held"])}</p>')
    for fall in comparison.fell:
        parts.append(
            f'<p class="k-fell">{both(METRICS[fall.metric])}: −{fall.by:.3f} '
            f"({both(PAGE_TEXTS['tolerance'])} {fall.tolerance:g})</p>"
        )
    rows = [
        f'<tr><th scope="row">{both(METRICS[name])}</th><td class="k-number">{_difference(one)}</td>'
        f'<td class="k-number">[{one.low:+.3f}, {one.high:+.3f}]</td></tr>'
        for name, one in comparison.differences.items()
    ]
    parts.append(_table([both(PAGE_TEXTS[name]) for name in ("metric", "difference", "interval_short")], rows))
    for name, ids in (("better", comparison.better), ("worse", comparison.worse)):
        shown = ", ".join(f'<a href="#q-{html.escape(id, quote=True)}">{html.escape(id)}</a>' for id in ids) or "–"
        parts.append(f"<p>{both(PAGE_TEXTS[name])} ({len(ids)}): {shown}</p>")
    return "".join(parts)


def _difference(one: Interval) -> str:
    """In bold when the interval excludes zero."""
    return f"<b>{one.mean:+.3f}</b>" if one.excludes_zero else f"{one.mean:+.3f}"


def _table(head: Iterable[str], rows: Iterable[str]) -> str:
    cells = "".join(f"<th>{name}</th>" for name in head)
    return f'<div class="k-scroll"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _failures(scorecard: Scorecard, comparison: Comparison | None) -> str:
    worse = set(comparison.worse) if comparison else set()
    # What the change broke stands first.
    rows = sorted(scorecard.failures, key=lambda row: row.id not in worse)
    shown = [_failure(row, row.id in worse) for row in rows[:SHOWN_FAILURES]]
    words = PAGE_TEXTS["failures"]
    heading = f"<h2>{both(words)} ({len(rows)})</h2>"
    if len(rows) > len(shown):
        heading += f"<p>{both(PAGE_TEXTS['more'])} ({len(shown)} / {len(rows)})</p>"
    return heading + "".join(shown)


def _failure(row: Row, flipped: bool) -> str:
    answer = answer_of(row)
    marks = [WRONG.get(code, Words(code, code)) for code in row.wrong] + ([PAGE_TEXTS["flipped"]] if flipped else [])
    shown_marks = "".join(f'<span class="k-wrong">{both(mark)}</span>' for mark in marks)
    said = html.escape(str(answer.get("text") or row.outcome.get("error") or "–"))
    quotes = "".join(
        f"<li>[{c['number']}] {html.escape(c['title'])}<blockquote>{html.escape(c['quote'])}</blockquote></li>"
        for c in answer.get("citations", ())
    )
    expected = "".join(
        f"<li>{html.escape(article_id)}<blockquote>{html.escape(text)}</blockquote></li>"
        for article_id, text in row.expected
    )
    earlier = "".join(f'<p class="k-earlier">{html.escape(turn["content"])}</p>' for turn in row.history)
    warnings = "".join(f"<p><small>{html.escape(warning)}</small></p>" for warning in answer.get("warnings", ()))
    numbers = ", ".join(f"{METRICS[n].en} {v:.2f}" for n in METRICS if (v := row.metrics.get(n)) is not None)
    return (
        f'<details class="k-row" id="q-{html.escape(row.id, quote=True)}"><summary>'
        f"<b>{html.escape(row.id)}</b> {html.escape(row.question)} "
        f"{shown_marks}</summary>"
        f'{earlier}<div class="k-beside"><div><h3>{both(PAGE_TEXTS["answer"])}</h3><blockquote>{said}</blockquote>'
        f"<ul>{quotes}</ul>{warnings}</div>"
        f"<div><h3>{both(PAGE_TEXTS['expected'])}</h3><blockquote>{html.escape(row.reference)}</blockquote>"
        f"<ul>{expected}</ul></div></div><p><small>{html.escape(numbers)}</small></p></details>"
    )


def _about(scorecard: Scorecard) -> str:
    configuration = html.escape(json.dumps(dict(scorecard.configuration), ensure_ascii=False, indent=1))
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in scorecard.notes)
    return f"{_heading('about')}<pre>{configuration}</pre>{f'<ul>{notes}</ul>' if notes else ''}"
