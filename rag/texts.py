"""What Kotae itself says in an answer, in both languages."""

from index.article import Language

DECLINED: dict[Language, str] = {
    "ja": "この質問の答えは、記事の中に見つかりませんでした。近い箇所は次のとおりです。",
    "en": "The articles do not say. The nearest passages are shown below.",
}
NO_MODEL: dict[Language, str] = {
    "ja": "回答モデルを使えないため、見つかった箇所だけを示します。",
    "en": "No chat model could be asked; these are the passages found.",
}
