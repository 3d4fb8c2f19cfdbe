"""Every text of the page, in Japanese and in English. Knows nothing of HTML, of gradio or of when a text is shown."""

from dataclasses import dataclass

from index.errors import (
    ArticleError,
    ChatModelBusy,
    ChatModelError,
    ChatModelTimeout,
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
EXAMPLES = (
    "OpenAIとAmazonの契約額はいくらで、期間は何年ですか？",
    "How much is OpenAI's cloud deal with Amazon worth, and for how long?",
    "What share of US electricity could AI data centers use by 2028?",
    "Amazonは何人を削減しましたか？",
)

# The composer
QUESTION = Text("質問", "Your question")
PLACEHOLDER = Text("記事について質問する", "Ask about the articles")
COMPOSER_HINT = Text("Enterで送信、Shift+Enterで改行", "Enter to send, Shift+Enter for a new line")
SEND = Text("送信", "Send")
STOP = Text("停止", "Stop")
RETRY = Text("もう一度答える", "Answer again")
CLEAR = Text("会話を消す", "Clear")
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
COPIED = Text("コピーしました", "Copied")
FAILED = Text("答えられませんでした", "Could not answer")

# Sources
SOURCES = Text("出典", "Sources")
FOUND = Text("見つかった箇所", "Passages found")
NEAREST = Text("近い内容の箇所", "Nearest passages")
OTHERS = Text("ほかに見つかった箇所（{count}）", "Other passages found ({count})")
NOTHING_FOUND = Text("関係のありそうな箇所は見つかりませんでした。", "No related passage was found.")
WHOLE_ARTICLE = Text("記事全体を読む", "Read the whole article")
OPEN_SOURCE = Text("出典{number}を開く", "Open source {number}")
CUT_BEFORE = Text("（前略）", "(earlier text left out)")
CUT_AFTER = Text("（後略）", "(later text left out)")
LANGUAGE_NAMES = {"ja": Text("日本語", "Japanese"), "en": Text("英語", "English")}

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
    ArticleError: Text("記事を読み込めませんでした。", "An article could not be read."),
    SettingsError: Text("設定に使えない値があります。", "A setting has a value that cannot be used."),
}


def of_error(error: BaseException) -> Text:
    """What the page says of an error: the text of its nearest known class, or that something unexpected happened."""
    for kind in type(error).__mro__:
        if kind in ERRORS:
            return ERRORS[kind]
    return UNEXPECTED


def for_browser() -> dict[str, dict[str, str]]:
    """The texts that live in gradio's own components, by the name under which `page.js` puts them there."""
    names = {
        "question": QUESTION,
        "placeholder": PLACEHOLDER,
        "send": SEND,
        "stop": STOP,
        "retry": RETRY,
        "clear": CLEAR,
        "answerLanguage": ANSWER_LANGUAGE,
        "automatic": AUTOMATIC,
        "conversation": CONVERSATION,
        "examples": EXAMPLES_TITLE,
        "youAsked": YOU_ASKED,
        "answered": KOTAE_ANSWERED,
        "searching": SEARCHING,
        "writing": WRITING,
        "copied": COPIED,
        "pageLanguage": PAGE_LANGUAGE,
    }
    return {name: {"ja": text.ja, "en": text.en} for name, text in names.items()}
