"""Every text of the page, in Japanese and in English. Knows nothing of HTML, of gradio or of when a text is shown."""

from dataclasses import dataclass

from index.errors import (
    ArticleError,
    ChatModelBusy,
    ChatModelError,
    ChatModelTimeout,
    ClusterError,
    EmbedderMismatch,
    IndexBusy,
    KotaeError,
    ModelError,
    NoIndex,
    QuestionError,
    SettingsError,
    StoreError,
)


@dataclass(frozen=True)
class Text:
    """One text of the page in both of its languages. `{name}` stands for a value, as in `str.format`."""

    ja: str
    en: str

    def filled(self, **values: object) -> "Text":
        """Both languages with their values put in."""
        return Text(self.ja.format(**values), self.en.format(**values))


# The frame
TITLE = "Kotae 答え"
TAGLINE = Text("手元の記事から、出典つきで答えます。", "Answers from your own articles, with their sources.")
ARTICLES = Text("記事{count}件", "{count} articles")
ONE_ARTICLE = Text("記事1件", "1 article")
PAGE_LANGUAGE = Text("表示言語", "Page language")
CONVERSATION = Text("質問と回答", "Questions and answers")

# Before the first question
WELCOME = Text("何を調べますか？", "What would you like to know?")
WELCOME_HINT = Text(
    "日本語でも英語でも質問できます。記事に書かれていないことは、書かれていないとお答えします。",
    "Ask in Japanese or in English. If the articles do not say, Kotae tells you so.",
)
EMPTY_INDEX = Text(
    "記事がまだありません。`kotae index フォルダー` で取り込むと、ここで質問できます。",
    "There are no articles yet. Add some with `kotae index FOLDER`, then ask about them here.",
)
EXAMPLES_TITLE = Text("質問の例", "Examples")
EXAMPLE_OF = {"ja": "「{title}」で、いちばん重要な点は何ですか？", "en": 'What is the main point of "{title}"?'}

# The composer
QUESTION = Text("質問", "Your question")
PLACEHOLDER = Text("記事について質問する", "Ask about the articles")
COMPOSER_HINT = Text("Enterで送信、Shift+Enterで改行", "Enter to send, Shift+Enter for a new line")
SEND = Text("送信", "Send")
STOP = Text("停止", "Stop")
RETRY = Text("もう一度答える", "Answer again")
CLEAR = Text("新しい会話", "New conversation")
UNDO = Text("取り消す", "Undo")
EDIT = Text("編集", "Edit")
EDITING = Text(
    "質問を書き直しています。送信すると、これより後のやり取りは置き換わります。",
    "Editing this question. Sending it replaces everything after it.",
)
CANCEL = Text("やめる", "Cancel")
ANSWER_LANGUAGE = Text("回答の言語", "Answer in")
AUTOMATIC = Text("自動", "Auto")

# A turn
YOU_ASKED = Text("質問", "You asked")
KOTAE_ANSWERED = Text("回答", "Kotae's answer")
SEARCHING = Text("記事を検索しています", "Searching the articles")
WAITING = Text("順番を待っています（前に{ahead}件）", "Waiting for the model ({ahead} ahead of you)")
READING = Text("見つかった箇所を読んでいます", "Reading the passages found")
WRITING = Text("回答を書いています", "Writing the answer")
STOPPED = Text("途中で停止しました。", "Stopped before the end.")
DECLINED = Text("記事には答えが見当たりません", "Not in the articles")
ANSWERED_IN = Text("{seconds}秒", "{seconds} s")
WARNINGS = Text("ご確認ください", "Please check")
COPY = Text("コピー", "Copy")
COPY_MARKDOWN = Text("Markdownでコピー", "Copy as Markdown")
UNDERSTOOD_AS = Text("次の質問として検索しました:", "Searched for:")
COPIED = Text("コピーしました", "Copied")
FAILED = Text("答えられませんでした", "Could not answer")
DETAILS = Text("詳しく", "Details")

# What readers think of an answer; only where the operator keeps it
THUMB_UP = Text("役に立った（質問と回答を保存）", "Helpful (keeps question and answer)")
THUMB_DOWN = Text("誤りがある（質問と回答を保存）", "Wrong (keeps question and answer)")
THUMB_KEPT = Text(
    "評価を保存しました。質問と回答を、このKotaeを運用する人が見ることができます。",
    "Kept. Whoever runs this Kotae can see the question and its answer.",
)
CORRECTION = Text("正しい答え（任意）", "The right answer, if you know it")
SEND_CORRECTION = Text("訂正を送る", "Send correction")
CORRECTION_KEPT = Text("訂正を保存しました。ありがとうございます。", "The correction is kept. Thank you.")
NOT_KEPT = Text("評価を保存できませんでした", "Could not be kept")

# Sources
SOURCES = Text("出典", "Sources")
FOUND = Text("見つかった箇所", "Passages found")
NEAREST = Text("近い内容の箇所", "Nearest passages")
OTHERS = Text("ほかに見つかった箇所（{count}）", "Other passages found ({count})")
NOTHING_FOUND = Text("関係のありそうな箇所は見つかりませんでした。", "No related passage was found.")
READ_IN_ARTICLE = Text("記事の中で読む", "Read it in the article")
ARTICLE_CHANGED = Text(
    "記事がその後変わったため、回答したときの箇所だけを表示しています。",
    "The article has changed since: this is the passage as it was when the answer was given.",
)
ARTICLE_GONE = Text(
    "この記事は今のコレクションにありません。回答したときの箇所だけを表示しています。",
    "This article is no longer in the collection: this is the passage as it was when the answer was given.",
)
WHY_FOUND = Text("この箇所が選ばれた理由", "Why this passage was found")
SCORE = Text("総合スコア", "Score")
SCORE_PARTS = {
    "similarity": Text("意味の近さ（コサイン）", "Meaning (cosine)"),
    "similarity_z": Text("意味の近さ（平均からの標準偏差）", "Meaning (deviations above the mean)"),
    "words": Text("言葉の一致（BM25）", "Words (BM25)"),
    "words_z": Text("言葉の一致（平均からの標準偏差）", "Words (deviations above the mean)"),
    "rerank": Text("再順位づけ", "Reranker"),
}
PAGE = Text("{number}ページ", "p. {number}")
OPEN_SOURCE = Text("出典{number}を開く", "Open source {number}")
CUT_BEFORE = Text("（前略）", "(earlier text left out)")
CUT_AFTER = Text("（後略）", "(later text left out)")
CLOSE = Text("閉じる", "Close")
BACK = Text("一覧に戻る", "Back to the list")
SOURCE_PANEL = Text("出典", "Source")
LANGUAGE_NAMES = {"ja": Text("日本語", "Japanese"), "en": Text("英語", "English")}

# Conversations
HISTORY = Text("会話", "Conversations")
HISTORY_HINT = Text(
    "会話はこのブラウザーの中にだけ保存され、サーバーには残りません。",
    "Conversations are kept in this browser only, not on the server.",
)
HISTORY_EMPTY = Text(
    "まだ会話がありません。質問すると、ここに残ります。",
    "No conversations yet. Ask something and it will be kept here.",
)
HISTORY_NONE = Text("一致する会話がありません。", "No conversation matches.")
HISTORY_OFF = Text(
    "このブラウザーでは保存できないため、会話はページを閉じると消えます。",
    "This browser does not let the page store anything: conversations are gone when it is closed.",
)
SEARCH_HISTORY = Text("会話を検索", "Search conversations")
DELETE = Text("削除", "Delete")
DELETE_ALL = Text("すべて削除", "Delete all")
SURE = Text("本当に削除する", "Really delete")
EXPORT_MARKDOWN = Text("Markdownで保存", "Save as Markdown")
EXPORT_JSON = Text("JSONで保存", "Save as JSON")
EXPORT_ALL = Text("すべてをJSONで保存", "Save all as JSON")
TURNS = Text("質問{count}件", "{count} questions")

# Articles
ARTICLES_TITLE = Text("記事", "Articles")
ADD = Text("記事を追加", "Add articles")
CHOOSE_FILES = Text("ファイルを選ぶ", "Choose files")
DROP_HINT = Text("ファイルをここにドロップすることもできます（{suffixes}）", "or drop them here ({suffixes})")
PASTE_TITLE = Text("題名", "Title")
PASTE_TEXT = Text("本文を貼りつける", "Paste the text")
PASTE_ADD = Text("この文章を追加", "Add this text")
PASTE = Text("文章を貼りつけて追加", "Add pasted text")
FILTER_ARTICLES = Text("題名や出典で絞り込む", "Filter by title or source")
ANY_LANGUAGE = Text("すべての言語", "Any language")
DATE_FROM = Text("この日から", "From")
DATE_TO = Text("この日まで", "To")
NO_ARTICLE_MATCHES = Text("条件に合う記事がありません。", "No article matches.")
MORE_ARTICLES = Text("ほか{count}件。条件を絞ってください。", "{count} more: narrow the list.")
ASK_ONLY_THESE = Text("この条件の記事だけに質問する", "Ask only articles like these")
ASK_ALL = Text("すべての記事に質問する", "Ask all articles")
ONLY_THIS = Text("この記事だけに質問する", "Ask only this one")
COLLECTION = Text("コレクション", "Collection")
SCOPE = Text("質問の対象:", "Asking:")
SCOPE_ALL = Text("すべての記事", "all articles")
SCOPE_ARTICLES = Text("選んだ記事{count}件", "{count} chosen articles")
REMOVE = Text("取り除く", "Remove")
UPLOADING = Text("{name} を送っています（{percent}%）", "Sending {name} ({percent}%)")
READING_IN = Text("記事を取り込んでいます", "Making the articles searchable")
READ_IN = Text("追加しました: {name}（{count}件）", "Added: {name} ({count})")
REFUSED = Text("追加できません: {name}", "Not added: {name}")
PARTS_REFUSED = Text("{name} のうち、次の部分は追加できません。", "Parts of {name} were not added:")
NOT_DONE = Text("できませんでした", "That did not work")
DUPLICATE = Text(
    "同じ文章の記事「{title}」がすでにあるため、{name} は追加しませんでした。",
    "{name} was not added: '{title}' has the same text.",
)
RENAMED = Text(
    "同じ名前の別の記事があるため、{name} という名前で追加しました。", "Added as {name}: another article has that name."
)
SEARCHABLE = Text("記事{count}件を検索できます。", "Articles that can be searched now: {count}.")
REMOVED = Text("取り除きました: {name}", "Removed: {name}")
NO_CONNECTION = Text(
    "Kotaeにつながりません。起動した端末を確かめて、もう一度お試しください。",
    "Kotae cannot be reached. Check the terminal it runs in, then try again.",
)
TOO_LARGE = Text(
    "{name} は大きすぎます。{limit} MBまでのファイルに分けてください。",
    "{name} is too large: split it into files of at most {limit} MB.",
)

# Stored evaluation reports
REPORTS = Text("評価", "Reports")
REPORTS_HINT = Text(
    "kotae eval で測った回答の評価です。新しいものから並びます。",
    "How good the answers were, as measured by kotae eval; the newest first.",
)
REPORTS_EMPTY = Text(
    "評価がまだありません。kotae eval を実行すると、ここに並びます。",
    "No reports yet. Run kotae eval and they are listed here.",
)
REPORT_QUESTIONS = Text("{count}問", "{count} questions")
REPORT_OPEN = Text("評価「{name}」", "Report {name}")

# While the models are prepared
PREPARING = Text("Kotaeを準備しています", "Kotae is getting ready")
PREPARING_HINT = Text(
    "初回はモデルの確認に少し時間がかかります。準備ができると、この画面は自動で切り替わります。",
    "The first start takes a little longer. This page changes by itself when everything is ready.",
)
PREPARING_FAILED = Text("準備できませんでした", "Kotae could not get ready")

# What went wrong, and the way out. The error's own message, which carries the value, stands under it.
UNEXPECTED = Text(
    "Kotaeの内部で問題が起きました。もう一度お試しください。詳しくは起動した端末の表示をご覧ください。",
    "Something went wrong inside Kotae. Try again; the terminal it runs in has the details.",
)
ERRORS: dict[type[KotaeError], Text] = {
    QuestionError: Text(
        "この質問は受け付けられません。文面を短くするか、書き直してください。",
        "This question cannot be asked. Shorten it or put it another way.",
    ),
    NoIndex: Text(
        "記事がまだ取り込まれていません。`kotae index フォルダー` を実行してください。",
        "Nothing has been indexed yet. Run `kotae index FOLDER`.",
    ),
    EmbedderMismatch: Text(
        "索引が別の埋め込みモデルで作られています。`kotae index --rebuild` で作り直してください。",
        "The index was built with another embedder. Rebuild it with `kotae index --rebuild`.",
    ),
    IndexBusy: Text(
        "ほかのKotaeが索引を更新しています。終わってからもう一度お試しください。",
        "Another Kotae is writing to the index. Try again when it has finished.",
    ),
    StoreError: Text(
        "索引を読めません。`kotae index --rebuild` で作り直せます。",
        "The index cannot be read. `kotae index --rebuild` makes it anew.",
    ),
    ChatModelTimeout: Text(
        "モデルから時間内に返事がありませんでした。もう一度お試しください。",
        "The model did not reply in time. Try again.",
    ),
    ChatModelBusy: Text(
        "モデルが混み合っています。少し待ってからもう一度お試しください。",
        "The model is busy. Wait a moment, then try again.",
    ),
    ChatModelError: Text(
        "モデルが回答の途中で失敗しました。もう一度お試しください。",
        "The model failed while answering. Try again.",
    ),
    ModelError: Text(
        "モデルの準備ができていません。`kotae models` で状態を確認してください。",
        "A model is not ready. `kotae models` shows what is missing.",
    ),
    ArticleError: Text(
        "記事を取り込めませんでした。理由を確かめて、もう一度お試しください。",
        "The articles could not be changed. See the reason, then try again.",
    ),
    ClusterError: Text(
        "Rayのクラスターを使えません。`--engine ray` をつけずに `kotae index` を実行してください。",
        "The Ray cluster cannot be used. Run `kotae index` without `--engine ray`.",
    ),
    SettingsError: Text(
        "設定に使えない値があります。直して、Kotaeを起動し直してください。",
        "A setting has a value that cannot be used. Correct it and start Kotae again.",
    ),
}


def of_error(error: BaseException) -> Text:
    """What the page says of an error: the text of its nearest known class, or that something unexpected happened."""
    for kind in type(error).__mro__:
        if kind in ERRORS:
            return ERRORS[kind]
    return UNEXPECTED


def for_browser() -> dict[str, dict[str, str]]:
    """Every text, by its name here: `page.js` takes what it needs."""
    found = {name: text for name, text in globals().items() if isinstance(text, Text)}
    return {name: {"ja": text.ja, "en": text.en} for name, text in found.items()}
