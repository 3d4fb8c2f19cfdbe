"""Mail (.eml) to text: the plain part where there is one, else the HTML part. Attachments are named, not read."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from index.charset import decode
from index.errors import ArticleError
from index.extracted import Extracted, Passed, iso_date, one_line, tidy
from index.webpage import extract_html

_MOST_PARTS = 200  # multipart within multipart; Python's parser takes a time that grows with the square of the depth


def extract_mail(data: bytes) -> list[Extracted | Passed]:
    """The mail's text with its subject, sender and date, then a line for each attachment that is not read."""
    if data.count(b"\n--") > _MOST_PARTS and data.lower().count(b"multipart/") > _MOST_PARTS:
        raise ArticleError(f"holds more than {_MOST_PARTS} mails within mails: leave it out")
    try:
        mail = message_from_bytes(data, policy=default)
        body = mail.get_body(("plain", "html"))
        name, address = parseaddr(_header(mail, "from"))
        fields = {"title": _header(mail, "subject"), "source": name or address}
        fields["date"] = iso_date(_header(mail, "date")) or ""
        attachments = [one_line(part.get_filename() or part.get_content_type()) for part in mail.iter_attachments()]
        content = _content(body) if isinstance(body, EmailMessage) else ""
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError, KeyError) as error:
        raise ArticleError(f"is no mail that can be read ({type(error).__name__}): save it anew") from error
    if not mail.keys():
        raise ArticleError("is no mail (it has no header): save it anew")
    text = tidy(content)
    if not text:
        raise ArticleError("holds no text: leave it out")
    found: list[Extracted | Passed] = [Extracted(text=text, fields={k: v for k, v in fields.items() if v})]
    found += [Passed(name=name, reason="an attachment: save it as a file", refused=False) for name in attachments]
    return found


def _header(mail: EmailMessage, name: str) -> str:
    return one_line(str(mail.get(name, "")).encode("utf-8", "replace").decode("utf-8"))


def _content(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if part.get_content_type() == "text/html":
        return "\n".join(one.text for one in extract_html(data))
    return decode(data, part.get_content_charset() or "")
