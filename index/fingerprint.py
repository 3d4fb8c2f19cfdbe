"""What an index was made with, and whether it fits what it is used with now."""

from index import words
from index.embed import TextEmbedder
from index.errors import EmbedderMismatch
from index.manifest import Manifest
from index.manifest_file import SCHEMA_VERSION
from index.split import SPLITTER_VERSION


def fingerprint_of(embedder: TextEmbedder, passage_tokens: int) -> dict[str, str]:
    """What must be the same for an index to be brought up to date. Asks for nothing that loads the embedder."""
    return {
        "embedder": embedder.name,
        "embedder_digest": embedder.digest,
        "splitter": SPLITTER_VERSION,
        "passage_tokens": str(passage_tokens),
        "words": str(words.VERSION),
        "manifest": str(SCHEMA_VERSION),
    }


def check_fingerprint(manifest: Manifest, embedder: TextEmbedder) -> None:
    """Raises EmbedderMismatch unless the index was built with this very embedder."""
    made_with = manifest.fingerprint
    if made_with.get("embedder_digest") != embedder.digest:
        raise EmbedderMismatch(
            f"the index at {str(manifest.path.parent)!r} was built with {made_with.get('embedder', 'unknown')!r}, but "
            f"the embedder is {embedder.name!r} (digest {embedder.digest[:12]}): rebuild it with "
            "`kotae index --rebuild`, or set KOTAE_EMBEDDER to match"
        )
