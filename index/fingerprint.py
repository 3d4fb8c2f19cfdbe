"""What an index was made with, and whether it fits what it is used with now."""

from collections.abc import Mapping

from index import words
from index.embed import Elsewhere, TextEmbedder
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


def shape_of(embedder: TextEmbedder) -> dict[str, str]:
    """What is noted beside the fingerprint of an index: what its vectors look like."""
    probe = {"embedder_probe": embedder.probe()} if isinstance(embedder, Elsewhere) else {}
    return {"dimension": str(embedder.dimension), **probe}


def made_with(fingerprint: Mapping[str, str], embedder: TextEmbedder) -> bool:
    """Whether the vectors of an index can be compared with those of this embedder."""
    if fingerprint.get("embedder_digest") != embedder.digest:
        return False
    return not isinstance(embedder, Elsewhere) or embedder.agrees(fingerprint.get("embedder_probe", ""))


def check_fingerprint(manifest: Manifest, embedder: TextEmbedder) -> None:
    """Raises EmbedderMismatch unless the index was built with this very embedder."""
    noted = manifest.fingerprint
    if made_with(noted, embedder):
        return
    same_name = noted.get("embedder_digest") == embedder.digest
    difference = "which gives other vectors now" if same_name else f"digest {embedder.digest[:12]}"
    raise EmbedderMismatch(
        f"the index at {str(manifest.path.parent)!r} was built with {noted.get('embedder', 'unknown')!r}, but "
        f"the embedder is {embedder.name!r} ({difference}): rebuild it with "
        "`kotae index --rebuild`, or set KOTAE_EMBEDDER to match"
    )
