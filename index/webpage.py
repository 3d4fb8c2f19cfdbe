"""Web pages to their article: the part that the page says is one, else what is no frame around it, and its fields.

Left out: scripts, menus, forms, and everything hidden. How the text of an element reads is `index/htmltext.py`'s.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from index.charset import decode
from index.errors import ArticleError
from index.extracted import Extracted, iso_date, language_of, one_line
from index.htmltext import html_text
from index.markup import attribute, parse_html, tag

_NEVER = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "iframe",
        "object",
        "embed",
        "canvas",
        "svg",
        "math",
        "audio",
        "video",
        "select",
        "option",
        "datalist",
        "button",
        "input",
        "textarea",
        "dialog",
        "rt",
        "rp",
        "rtc",
        "del",
    ]
)
_FRAME = frozenset(["nav", "aside", "footer", "form", "menu", "search"])
_FRAME_ROLES = frozenset(
    ["navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog", "alert", "toolbar"]
)
_FRAME_NAMES = re.compile(
    r"(?:^|[-_\s])(?:nav|navi|navbar|gnavi|menu|sidebar|side|footer|breadcrumbs?|pankuzu|topicpath|cookies?|share|sns|"
    r"social|adverts?|ads?|banner|related|recommend|ranking|comments?|pager|pagination|toc|toolbar|skip)(?:$|[-_\s])"
)
_UNSEEN = re.compile(r"display:none|visibility:hidden|font-size:0(?:px|pt|em|%)?(?:;|$)|opacity:0(?:;|$)")
_UNSEEN_NAMES = frozenset(
    ["sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "hidden", "is-hidden", "d-none"]
)
_BRACES = re.compile(r"([{}])")
_SIMPLE = re.compile(r"[.#]?[\w-]+")
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?([\w-]{1,40})""", re.IGNORECASE)
_LEAST_SHARE = 0.25  # of the page's text that a part must hold to be the article


def extract_html(data: bytes) -> list[Extracted]:
    """The article of a page, with the title, date, source and language that the page states."""
    declared = _DECLARED.search(data[:4096])
    root = parse_html(decode(data, declared.group(1).decode("ascii", "replace") if declared else ""))
    if root is None:
        raise ArticleError("holds no text: leave it out")
    unseen = _unseen_by_style(root)
    total = _length(root)

    def hidden(element: Any) -> bool:
        return tag(element) in _NEVER or _is_hidden(element, unseen)

    article = _article(root, total, hidden)

    def skipped(element: Any) -> bool:
        return hidden(element) or _is_frame(element, article is root, total) or _is_menu(element)

    text = html_text(article, skipped) or html_text(root, hidden)
    if not text:
        raise ArticleError("holds no text (a page that scripts fill is empty without them): save what is shown")
    return [Extracted(text=text, fields=_fields(root))]


def _unseen_by_style(root: Any) -> frozenset[str]:
    """Simple selectors (.a, #b, p) that the page's own style hides."""
    found: set[str] = set()
    for element in root.iter("style"):
        depth, selectors = 0, ""
        for part in _BRACES.split(element.text or ""):  # what stands in an @media of its own does not count
            if part == "{":
                depth += 1
            elif part == "}":
                depth = max(0, depth - 1)
            elif depth == 0:
                selectors = part
            elif depth == 1 and "@" not in selectors and _UNSEEN.search("".join(part.split()).lower()):
                found.update(s.strip() for s in selectors.split(",") if _SIMPLE.fullmatch(s.strip()))
    return frozenset(found - {"html", "body"})


def _is_hidden(element: Any, unseen: frozenset[str]) -> bool:
    attributes = element.attrib
    if not attributes and not unseen:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if _UNSEEN.search("".join(attributes.get("style", "").split()).lower()):
        return True
    classes = attributes.get("class", "").split()
    if not _UNSEEN_NAMES.isdisjoint(classes):
        return True
    return bool(unseen) and not unseen.isdisjoint(
        [tag(element), f"#{attributes.get('id', '')}", *(f".{name}" for name in classes)]
    )


def _is_frame(element: Any, whole_page: bool, total: int) -> bool:
    """Whether an element stands around an article: by its kind or role, or by its name if it does not hold the most."""
    name = tag(element)
    if name in _FRAME or element.attrib.get("role", "") in _FRAME_ROLES:
        return True
    if name == "header" and whole_page:
        return next(element.iterancestors("article", "main"), None) is None and next(element.iter("h1"), None) is None
    if name in ("div", "ul", "ol", "section", "p", "td", "table", "dl", "span"):
        names = f"{element.attrib.get('class', '')} {element.attrib.get('id', '')}".lower()
        return len(names) > 1 and bool(_FRAME_NAMES.search(names[:500])) and 2 * _length(element) < total
    return False


def _length(element: Any) -> int:
    """Characters of text under an element, about."""
    return sum(
        len((e.text or "").strip()) + len((e.tail or "").strip()) for e in element.iter() if tag(e) not in _NEVER
    )


def _is_menu(element: Any) -> bool:
    """A list of three links or more that is nearly nothing else."""
    if tag(element) not in ("ul", "ol"):
        return False
    items = [item for item in element if tag(item) == "li"]
    linked = 0
    for item in items:
        children = [child for child in item if tag(child)]
        own = len((item.text or "").strip()) + sum(len((child.tail or "").strip()) for child in children)
        linked += bool(children) and own <= 2 and all(tag(child) == "a" for child in children)
    return linked >= 3 and linked == len(items)


def _article(root: Any, total: int, hidden: Callable[[Any], bool]) -> Any:
    """The element that the page calls its article, when it is one and holds a fair share of the text; else the root."""
    wanted: dict[str, list[Any]] = {}
    for element in root.iter():
        if element.attrib.get("itemprop") == "articleBody":
            wanted.setdefault("articleBody", []).append(element)
        name = "main" if element.attrib.get("role") == "main" else tag(element)
        if name in ("main", "article"):
            wanted.setdefault(name, []).append(element)
    for kind in ("main", "article", "articleBody"):
        found = wanted.get(kind, [])
        if len(found) == 1 and not hidden(found[0]) and _length(found[0]) >= _LEAST_SHARE * total:
            return found[0]
    return root


def _fields(root: Any) -> dict[str, str]:
    """Title, source, date and language as the page states them; what cannot be read is left out."""
    stated: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.attrib.get("property") or element.attrib.get("name") or element.attrib.get("itemprop") or ""
        stated.setdefault(name.lower(), element.attrib.get("content", ""))
    for element in root.iter("script"):
        if element.attrib.get("type") == "application/ld+json":
            try:
                data = json.loads(element.text or "")
            except (ValueError, RecursionError):
                continue
            if isinstance(data, dict) and isinstance(data.get("datePublished"), str):
                stated.setdefault("datepublished", data["datePublished"])
    title = one_line(stated.get("og:title") or next(("".join(e.itertext()) for e in root.iter("title")), ""))
    heading = next((one_line("".join(e.itertext())) for e in root.iter("h1") if e.find(".//rt") is None), "")
    title = heading if heading and heading in title else title  # without the name of the site
    dates = ("article:published_time", "datepublished", "date", "dc.date", "dcterms.date", "pubdate")
    found = next((date for name in dates if (date := iso_date(stated.get(name, "")))), "")
    language = language_of(attribute(root, "lang"))
    fields = {"title": title, "source": one_line(stated.get("og:site_name", "")), "date": found}
    fields["language"] = language if language in ("ja", "en") else ""
    return {name: value for name, value in fields.items() if value}
