"""Makes text from articles look like data to a model: it can neither speak as the prompt nor hide anything.

What a prompt's frame is made of is broken, visibly: labels such as "Question:" where a line or sentence begins, numbers
such as [1], tokens of chat templates, invisible and reordering characters. Only what a model reads passes through here;
what users are shown and what is quoted stays verbatim. Knows the frame's words, not how a prompt is put together.
"""

import re
import unicodedata
from collections.abc import Callable

from rag.model import neutralise_template_tokens

# Labels of `rag/prompt.py` and the roles of conversations, as a model would take them for the next part of its prompt.
LABELS = (
    "question", "excerpts", "excerpt", "conversation so far", "answer", "context", "passages", "passage", "system",
    "instruction", "instructions", "user", "assistant", "human", "ai", "developer", "tool", "system prompt", "reply",
    "new question", "response", "sources", "end of excerpts",
    "質問", "記事", "これまでの会話", "回答", "答え", "文脈", "指示", "命令", "システム", "ユーザー", "アシスタント",
    "抜粋", "資料", "出典", "システムプロンプト", "新しい質問", "記事終わり",
)  # fmt: skip
_LETTERS_APART = "[ \\t]{0,3}"  # "Q u e s t i o n :" and 質 問
_SPELLED = "|".join(
    _LETTERS_APART.join(map(re.escape, label.replace(" ", ""))) for label in sorted(LABELS, key=len, reverse=True)
)
# Where a line, or a sentence that is shown on one line with others, begins.
_START = r"(?P<start>(?:^|(?<=[\n.。!?！？…])[ \t]*)[\s>#*_`~|=<(（「『\[【-]{0,12})"
_LABEL = re.compile(
    rf"{_START}(?P<label>(?:{_SPELLED})[ \t]{{0,3}}\d{{0,3}})[*_`\]】』」)）>]{{0,4}}[ \t]{{0,3}}[::]",
    re.IGNORECASE | re.MULTILINE,
)
# Markdown and XML headings that stand for a label: "### Question", "<system>", "[SYSTEM]".
_HEADING = re.compile(rf"^(?P<mark>[ \t]*#{{1,6}}[ \t]*)(?P<label>(?:{_SPELLED}))[ \t]*$", re.IGNORECASE | re.MULTILINE)
_TAG = re.compile(rf"[<\[](?P<tag>/?(?:{_SPELLED}|(?:begin|end)[ _-]of[ _-]\w{{1,20}}))[>\]]", re.IGNORECASE)
_NUMBER = re.compile(r"[\[［【〔](?P<number>[ \t]*\d{1,3}(?:[ \t]*[,、-][ \t]*\d{1,3}){0,20}[ \t]*)[\]］】〕]")
_RULE = re.compile(r"([-=_*~#`\"])\1{2,}")

# Characters that are not seen and say something to a tokenizer: tags, variation selectors for data, zero widths, bidi
# controls, fillers. The joiners U+200C and U+200D stay between letters of the scripts that need them, and in emoji.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_SELECTORS = re.compile("(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+|(?<![^\\W\\d_])(?<![^\\w\\s])[\ufe00-\ufe0f]")
_JOINER = re.compile("[\u200c\u200d]")
_NEEDS_JOINERS = (
    *("ARABIC", "DEVANAGARI", "BENGALI", "GUJARATI", "GURMUKHI", "KANNADA", "KHMER", "MALAYALAM", "MONGOLIAN"),
    *("MYANMAR", "ORIYA", "SINHALA", "SYRIAC", "TAMIL", "TELUGU"),
)
# Letters of other scripts that look Latin, only for seeing through a disguised label; the text keeps its own letters.
_LOOKS_LIKE = str.maketrans(
    "аеорсухіјѕԁԛԝАВЕКМНОРСТУХІЈЅαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdqwABEKMHOPCTYXIJSaeiknoptuxABEZHIKMNOPTYX"
)


def as_data(text: str) -> str:
    """`text` as a model may read it without taking part of it for the prompt. Applying it again changes nothing.

    "Question:" at the start of a line or sentence becomes "Question -", [1] becomes (1), `<|im_start|>` becomes
    ‹im_start›, "<system>" becomes ‹system›; rules such as "-----" become "…"; what cannot be seen goes. Every other
    character stays.
    """
    seen = _JOINER.sub(_joiner, _SELECTORS.sub("", _INVISIBLE.sub(_unseen, text)))
    while True:
        clean = _once(seen)
        if clean == seen:
            return clean
        seen = clean


def _once(text: str) -> str:
    text = neutralise_template_tokens(_in_plain_signs(text))
    text = _NUMBER.sub(lambda match: f"({match['number'].strip()})", text)
    text = _replaced(_TAG, text, lambda match, own: f"‹{own[match.start('tag') : match.end('tag')]}›")
    text = _replaced(_HEADING, text, lambda match, own: own[match.start("label") : match.end("label")])
    text = _replaced(_LABEL, text, lambda match, own: f"{own[match.start() : match.end() - 1].rstrip()} -")
    return _RULE.sub("…", text)


def _replaced(pattern: re.Pattern[str], text: str, write: Callable[[re.Match[str], str], str]) -> str:
    """The text with what `pattern` finds in its plain twin, of the same length, written anew."""
    twin = _twin(text)
    pieces, done = [], 0
    for match in pattern.finditer(twin):
        pieces += [text[done : match.start()], write(match, text)]
        done = match.end()
    return "".join([*pieces, text[done:]])


def _twin(text: str) -> str:
    """Look-alikes and full-width letters as the Latin letters that they imitate, one for one."""
    wide = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    return wide.translate(_LOOKS_LIKE).replace("\u3000", " ")


def _in_plain_signs(text: str) -> str:
    """Full-width and look-alike signs of template tokens in ASCII, so that no token gets through in disguise: <|x|>."""
    return _DISGUISED.sub(lambda match: _twin(match[0]).replace("¦", "|").replace("∣", "|").replace("ǀ", "|"), text)


_DISGUISED = re.compile(
    r"[<＜][|｜¦∣ǀ][^<>＜＞\n]{1,64}[|｜¦∣ǀ][>＞]|[＜][^<>＜＞\n]{1,24}[＞>]|[［][/／]?[A-ZＡ-Ｚ_]{3,20}[］]"
)


def _unseen(match: re.Match[str]) -> str:
    return "\n" if match[0] in "\u2028\u2029\x0b\x0c\x85\r" else ""


def _joiner(match: re.Match[str]) -> str:
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    neighbours = [unicodedata.name(character, "") for character in (before, after) if character]
    needed = any(name.startswith(_NEEDS_JOINERS) for name in neighbours[:1])
    emoji = len(neighbours) == 2 and all(unicodedata.category(c) in ("So", "Sk", "Mn") for c in (before, after))
    return match[0] if needed or (emoji and match[0] == "\u200d") else ""
