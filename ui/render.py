"""Where a turn becomes HTML. Pure functions: a turn in, safe HTML out. Knows nothing of gradio. (Its sources are made
in `ui/render_sources.py`, the side panel in `ui/render_panel.py`; every text passes `ui/render_text.py`.)
"""

from collections.abc import Sequence

from rag.language import question_language
from ui import texts
from ui.reasons import in_both
from ui.render_sources import part_id
from ui.render_text import Link, both, escape, prose
from ui.texts import Text
from ui.turns import Turn


def header(article_count: int) -> str:
    """The top of the page: name, tagline, the doors to conversations and articles, the switch of its language."""
    count = texts.ONE_ARTICLE if article_count == 1 else texts.ARTICLES.filled(count=f"{article_count:,}")
    return (
        '<div class="k-header"><div class="k-brand">'
        '<h1>Kotae <span lang="ja">答え</span></h1>'
        f"<p>{both(texts.TAGLINE)}</p></div>"
        '<div class="k-tools">'
        f'<button type="button" class="k-door" id="k-open-history">{both(texts.HISTORY)}</button>'
        f'<button type="button" class="k-door k-count" id="k-open-articles">{both(count)}</button>'
        f'<button type="button" class="k-door" id="k-open-reports">{both(texts.REPORTS)}</button>'
        '<div class="k-switch" role="group">'
        '<button type="button" class="k-lang" id="k-lang-ja" lang="ja">日本語</button>'
        '<button type="button" class="k-lang" id="k-lang-en" lang="en">English</button>'
        "</div></div></div>"
    )


def welcome(article_count: int) -> str:
    """What an empty conversation shows: what can be done here, or what to do first."""
    hint = texts.WELCOME_HINT if article_count else texts.EMPTY_INDEX
    return f'<div class="k-welcome"><h2>{both(texts.WELCOME)}</h2><p>{both(hint)}</p></div>'


def question(turn: Turn) -> str:
    """The question as it was asked, to be changed and asked again."""
    edit = f'<button type="button" class="k-edit">{both(texts.EDIT)}</button>'
    of = f'<span class="k-badge k-of">{escape(turn.collection)}</span>' if turn.collection else ""
    return (
        f'<div class="k-question" id="{part_id(turn, "q")}">{_heading(texts.YOU_ASKED)}'
        f'{of}{edit}<p lang="{question_language(turn.question)}">{escape(turn.question)}</p></div>'
    )


def answer(turn: Turn, thumbs: bool = False) -> str:
    """The answer as far as it has come: its status, its text with links to the sources, and what to know about it.

    `thumbs`: whether readers may say what they think of it.
    """
    parts = [_heading(texts.KOTAE_ANSWERED), _status(turn)]
    if turn.standalone and turn.standalone.strip() != turn.question:
        parts.append(
            f'<p class="k-note k-standalone">{both(texts.UNDERSTOOD_AS)} <span>{escape(turn.standalone)}</span></p>'
        )
    declined = turn.answer is not None and not turn.answer.answered
    if declined:
        parts.append(f'<p class="k-badge">{both(texts.DECLINED)}</p>')
    if turn.text:
        language = f' lang="{turn.answer.language}"' if turn.answer else ""
        parts.append(f'<div class="k-text"{language}>{prose(turn.text, _links(turn))}</div>')
    if turn.stage == "stopped":
        parts.append(f'<p class="k-note">{both(texts.STOPPED)}</p>')
    if turn.error is not None:
        parts.append(error(turn.error))
    if turn.answer is not None:
        parts.append(_warnings(turn.answer.warnings))
    parts.append(_footer(turn, thumbs))
    state = f"k-{'running' if turn.running else turn.stage}{' k-declined' if declined else ''}"
    return f'<div class="k-answer {state}" id="{part_id(turn, "a")}">{"".join(parts)}</div>'


def error(failure: Exception) -> str:
    """What went wrong and the way out; an error of our own also in its own words, any other kept to the log."""
    text = texts.of_error(failure)
    own = ""
    if text is not texts.UNEXPECTED:
        own = (
            f'<details class="k-detail"><summary>{both(texts.DETAILS)}</summary>'
            f"<p>{both(in_both(str(failure)))}</p></details>"
        )
    return (
        f'<div class="k-error" role="alert"><p class="k-error-title">{both(texts.FAILED)}</p>'
        f"<p>{both(text)}</p>{own}</div>"
    )


def _status(turn: Turn) -> str:
    stages = {
        "searching": texts.SEARCHING,
        "waiting": texts.WAITING.filled(ahead=turn.ahead),
        "reading": texts.READING,
        "writing": texts.WRITING,
    }
    if turn.stage not in stages:
        return ""
    return (
        f'<p class="k-status"><span class="k-pulse"></span>{both(stages[turn.stage])}'
        f'<span class="k-model">{escape(turn.model_name)}</span></p>'
    )


def _footer(turn: Turn, thumbs: bool) -> str:
    if turn.running or not turn.text:
        return ""
    parts = [
        f'<button type="button" class="k-copy">{both(texts.COPY)}</button>',
        f'<button type="button" class="k-copy k-markdown">{both(texts.COPY_MARKDOWN)}</button>',
    ]
    if thumbs and turn.answer:
        for verdict, text in (("up", texts.THUMB_UP), ("down", texts.THUMB_DOWN)):
            name = f'<span class="k-sr">{both(text)}</span>'
            parts.append(f'<button type="button" class="k-thumb k-{verdict}">{name}</button>')
    about = [f"<span>{escape(turn.model_name)}</span>"]
    if turn.answer and turn.answer.timings:
        seconds = turn.answer.timings.get("total", sum(turn.answer.timings.values()))
        about.append(f"<span>{both(texts.ANSWERED_IN.filled(seconds=f'{seconds:.1f}'))}</span>")
    return f'<div class="k-footer">{"".join(parts)}<span class="k-model">{"".join(about)}</span></div>'


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return f'<div class="k-warnings"><p>{both(texts.WARNINGS)}</p><ul>{items}</ul></div>'


def _links(turn: Turn) -> Link:
    """Links to the cards. Marks that the model writes along the way are not checked yet, so none lead anywhere."""
    known = {citation.number for citation in turn.answer.citations} if turn.answer else set()

    def link(number: int) -> str:
        if number not in known:
            return ""
        hidden = f'<span class="k-sr">{both(texts.OPEN_SOURCE.filled(number=number))}</span>'
        return (  # a word joiner before it: a mark never starts a line
            f'&#8288;<a class="k-cite" href="#{part_id(turn, number)}"><span class="k-n"><span class="k-b">[</span>'
            f'{number}<span class="k-b">]</span></span>{hidden}</a>'
        )

    return link


def _heading(text: Text) -> str:
    return f'<h2 class="k-sr">{both(text)}</h2>'
