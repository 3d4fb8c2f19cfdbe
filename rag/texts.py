"""What Kotae itself says in an answer, in both languages."""

from index.article import Language

DECLINED: dict[Language, str] = {
    "ja": "この質問の答えは、記事の中に見つかりませんでした。近い箇所は次のとおりです。",
    "en": "The articles do not say. The nearest passages are shown below.",
}
# What a warning says when the model's words were replaced by a sentence of an article.
INVENTED: dict[Language, str] = {
    "ja": "モデルの回答にあった「{figures}」がどの記事にも見つからないため、最も近い文をそのまま示しています。",
    "en": "The model wrote {figures}, which stands in no source: the nearest sentence is shown instead.",
}
UNSUPPORTED: dict[Language, str] = {
    "ja": "モデルの回答を裏付ける文が見つからないため、最も近い文をそのまま示しています。",
    "en": "No sentence supports what the model wrote: the nearest one is shown instead.",
}
