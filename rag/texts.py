"""What Kotae itself says in an answer, in both languages."""

from index.article import Language

DECLINED: dict[Language, str] = {
    "ja": "この質問の答えは、記事の中に見つかりませんでした。近い箇所は次のとおりです。",
    "en": "The articles do not say. The nearest passages are shown below.",
}
NO_MODEL: dict[Language, str] = {
    "ja": "回答を書くモデルが使えないため、質問に近い箇所だけを示します。",
    "en": "No model could be asked to write an answer. The nearest passages are shown below.",
}
# An answer that is a sentence of an article.
QUOTED: dict[Language, str] = {
    "ja": "記事には次のように書かれています。「{quote}」",
    "en": "The article says: “{quote}”",
}
# What a warning says when the model's words were not taken as they were: why, then what is shown.
INVENTED: dict[Language, str] = {
    "ja": "モデルの回答にあった「{invented}」は、どの記事にもありません。",
    "en": "The model wrote {invented}, which stands in no source.",
}
UNSUPPORTED: dict[Language, str] = {
    "ja": "モデルの回答を裏付ける文がありません。",
    "en": "No sentence supports what the model wrote.",
}
EVASIVE: dict[Language, str] = {
    "ja": "モデルの回答には、たずねられた数字や日時がありませんでした。",
    "en": "The model gave no figure or time of the kind asked for.",
}
ASKED_AGAIN: dict[Language, str] = {
    "ja": "最も近い文だけを読ませて、もう一度書かせました。",
    "en": "It was asked again with the nearest sentences alone.",
}
QUOTED_INSTEAD: dict[Language, str] = {
    "ja": "代わりに、最も近い文をそのまま示しています。",
    "en": "The nearest sentence is shown instead.",
}
# A currency that was put right by rule.
MENDED: dict[Language, str] = {
    "ja": "モデルの回答にあった「{written}」は、記事に合わせて「{own}」に直しました。",
    "en": "The model wrote {written}. It was put right to {own}, as the source has it.",
}
# Names across languages: a rule cannot always tell that two spellings are one name, so this only warns.
DOUBTFUL: dict[Language, str] = {
    "ja": "「{names}」という名前は、記事の表記と照合できませんでした。引用元で確かめてください。",
    "en": "The spelling {names} could not be matched with the sources: check it against the quotes.",
}
# Another article seems to contradict: a rule cannot be sure that both speak of the same thing, so this only warns.
ELSEWHERE: dict[Language, str] = {
    "ja": "『{title}』{date}には{figures}とあります。同じことについての数字かどうか、あわせて確かめてください。",
    "en": "“{title}”{date} gives {figures}: check whether it speaks of the same thing.",
}
# A later article gives an answer's figure beside another one: said in the answer, with the sentence as it stands there
# or, where it is in the other language, with its figures.
LATER: dict[Language, str] = {
    "ja": "なお、その後の記事『{title}』({date})には次のように書かれています。「{quote}」",
    "en": "A later article, “{title}” ({date}), says: “{quote}”",
}
LATER_FIGURES: dict[Language, str] = {
    "ja": "なお、その後の記事『{title}』({date})では、{figures}とされています。",
    "en": "A later article, “{title}” ({date}), gives {figures}.",
}
