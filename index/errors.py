"""Everything that can go wrong on purpose, in one tree.

    KotaeError                  exit status 1 on the command line, one sentence on the page
    ├── SettingsError           a setting has a value that cannot be used
    ├── ArticleError            a path or file that cannot become articles
    ├── ModelError              a model is missing, damaged or unknown
    ├── StoreError              the index is missing, damaged or in use
    │   ├── NoIndex             nothing has been indexed in this home
    │   ├── EmbedderMismatch    the index was built with another embedder
    │   └── IndexBusy           another process is writing
    ├── ClusterError            a Ray cluster cannot be reached or used
    ├── QuestionError           a question that cannot be asked (empty, too long)
    └── ChatModelError          the chat model failed while answering
        ├── ChatModelTimeout    it did not speak in time
        └── ChatModelBusy       all its places are taken

A message says what is wrong, with the value, and what to do next. Raise inside; the page and the command line
translate. Nothing here knows how an error is shown.
"""


class KotaeError(Exception):
    """The base of every error that Kotae raises on purpose."""


class SettingsError(KotaeError):
    """A setting has a value that cannot be used."""


class ArticleError(KotaeError):
    """A path or a file that cannot become articles."""


class ModelError(KotaeError):
    """A model is missing, damaged or unknown."""


class StoreError(KotaeError):
    """The index is missing, damaged or in use."""


class NoIndex(StoreError):
    """Nothing has been indexed in this home."""


class EmbedderMismatch(StoreError):
    """The index was built with another embedder than the one in use."""


class IndexBusy(StoreError):
    """Another process is writing to this home."""


class ClusterError(KotaeError):
    """A Ray cluster cannot be reached, or cannot be used for this index."""


class QuestionError(KotaeError):
    """A question that cannot be asked: empty, or too long."""


class ChatModelError(KotaeError):
    """The chat model failed while answering."""


class ChatModelTimeout(ChatModelError):
    """The chat model did not speak in time."""


class ChatModelBusy(ChatModelError):
    """All places of the chat model are taken."""
