"""The screen before the page: a small document of its own that shows how far the models are, then gives way."""

from ui import texts
from ui.render import error
from ui.render_text import both


def preparing(failure: Exception | None = None) -> str:
    """A whole HTML document. `preparing.js` keeps it up to date from `/readyz`."""
    title = texts.PREPARING_FAILED if failure else texts.PREPARING
    body = error(failure) if failure else f'<p class="k-note">{both(texts.PREPARING_HINT)}</p>'
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{texts.TITLE}</title><link rel="stylesheet" href="kotae/preparing.css">'
        '<script type="module" src="kotae/preparing.js"></script></head><body><main>'
        f'<h1>{both(title)}</h1>{body}<progress id="k-progress" aria-labelledby="k-step"></progress>'
        '<p id="k-step" role="status"></p></main></body></html>'
    )
