"""HTML and XML to trees, the one home of lxml. Knows nothing of what the elements mean.

Nothing outside the given bytes is ever read: no DTD, no entity but the five of XML, no network; and libxml2's own
limits on depth and on the growth of entities stay in force.
"""

from typing import Any

from index.errors import ArticleError


def parse_xml(data: bytes) -> Any:
    """The root element. Raises ArticleError for what is no XML, MemoryError for what is too large."""
    from lxml import etree  # only who reads marked-up files pays for it

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise ArticleError(f"is damaged (no XML: {_first_line(error)}): save it anew") from error


def parse_html(text: str) -> Any:
    """The root element, whatever the text: HTML has no errors. None when there is no element. Raises MemoryError."""
    from lxml import etree

    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    # The library says so in its log alone, and may give what it has read so far as the whole.
    if any(entry.type == etree.ErrorTypes.ERR_NO_MEMORY for entry in parser.error_log):
        raise MemoryError
    return root


def events(root: Any) -> Any:
    """("start" or "end", element) of every element under `root`, without recursion; has `skip_subtree()`."""
    from lxml import etree

    return etree.iterwalk(root, events=("start", "end"))


def tag(element: Any) -> str:
    """The name without its namespace, in small letters; "" for what is no element (an entity)."""
    name = element.tag
    return name.rpartition("}")[2].lower() if isinstance(name, str) else ""


def attribute(element: Any, name: str) -> str:
    """The value of an attribute, whatever its namespace, or ""."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
