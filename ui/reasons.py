"""The errors' own messages in Japanese. Messages are English, made with their values where they are raised; here each
that a reader of the page may meet has its Japanese wording. Knows nothing of when a message is shown.
"""

import re
from functools import partial

from ui.texts import Text

# What a message looks like, and what it says in Japanese. The first that fits the whole message counts. {file} is a
# name, with or without quotation marks; {n} and {m} are whole numbers; {x} and {y} anything.
_PATTERNS = {
    # Files that cannot become articles
    "{file} holds no text (its pages are pictures): {x}": (
        "「{file}」のページは画像です。文字認識（OCR）をかけてください。"
    ),
    "{file} holds no text (its pages may be pictures): {x}": (
        "「{file}」に文章がありません。ページが画像かもしれません。"
    ),
    "{file} holds no text (a page that scripts fill {x}": (
        "「{file}」は、開いたときにスクリプトが文章を入れるページです。表示された文章を保存してください。"
    ),
    "{file} holds no text{x}": "「{file}」に文章がありません。",
    "there is no text in {file}": "「{file}」に文章がありません。",
    "{file} holds no articles{x}": "「{file}」に記事がありません。",
    "{file} is locked with a password: {x}": "「{file}」にはパスワードがかかっています。解除してからお試しください。",
    "{file} is locked by its seller (DRM): {x}": "「{file}」は販売元の保護（DRM）で読めません。",
    "{file} is damaged, or no {x}": "「{file}」は壊れているか、拡張子と中身が違います。保存し直してください。",
    "{file} is damaged{x}": "「{file}」は壊れています。保存し直してください。",
    "{file} is no {x}: save it {y}": "「{file}」は拡張子と中身が違うようです。保存し直してください。",
    "{file} is text in no encoding that Kotae knows{x}": (
        "「{file}」の文字コードがわかりません。UTF-8で保存し直してください。"
    ),
    "{file} is not text ({x}": "「{file}」は文章のファイルではありません。変換するか、外してください。",
    "{file} is of a kind that Kotae does not read{x}: it reads {y}": (
        "「{file}」の形式には対応していません。読めるのは {y} です。"
    ),
    "cannot read {file}: Kotae reads {y} files": "「{file}」の形式には対応していません。読めるのは {y} です。",
    "no articles in {file}: Kotae reads {y} files": "「{file}」に記事がありません。読めるのは {y} です。",
    "cannot read {file}: the name is not UTF-8: rename it": "「{file}」の名前を読めません。名前を変えてください。",
    "cannot read {file}: it is no regular file": "「{file}」はふつうのファイルではありません。",
    "cannot read {file}: {x}": "「{file}」を読めません（{x}）。",
    "there is nothing at {file}: check the path": "「{file}」がありません。場所を確かめてください。",
    "{file} has {n} bytes: split it {x}": "「{file}」は大きすぎます（{n}バイト）。分けてください。",
    "{file} has {n} characters: split it {x}": "「{file}」は長すぎます（{n}字）。分けてください。",
    "{file} holds more than {n} characters: split it": "「{file}」は長すぎます。{n}字までに分けてください。",
    "{file} holds more than {n} mails within mails: {x}": "「{file}」は、メールの中のメールが多すぎます。",
    "{file} holds {n} files: split it {x}": "「{file}」にはファイルが多すぎます（{n}個）。分けてください。",
    "{file} unpacks to more than {n} bytes: {x}": "「{file}」は展開すると大きすぎます（{n}バイト超）。",
    "{file} takes longer than {n} s to read: {x}": "「{file}」は{n}秒では読みきれません。分けてください。",
    "{file} cannot be read (its reader ended with {x}": "「{file}」を読む途中で問題が起きました。外してください。",
    "{file} is not an article: its JSON is nested too deeply": "「{file}」のJSONは入れ子が深すぎます。",
    "{file} is not JSON: {x}": "「{file}」はJSONとして読めません（{x}）。",
    "{file} is not an object: {x}": "「{file}」はJSONのオブジェクトではありません。",
    "{file} has {n} cells for {m} columns: {x}": (
        "「{file}」は{m}列のところに{n}個の値があります。カンマを含む値を引用符で囲んでください。"
    ),
    "{file}: its first row does not name the columns: {x}": "「{file}」の1行目に列の名前がありません。",
    "{file}: field 'text' is {x}: give the article's text": "「{file}」の text に文章がありません（{x}）。",
    "{file}: field 'date' is {x}: write it as {y}": (
        "「{file}」の日付が読めません（{x}）。2025-11-03、2025-11、2025 のように書いてください。"
    ),
    "{file}: field 'language' is {x}: use one of {y}": (
        "「{file}」の language が {x} です。{y} のどれかにしてください。"
    ),
    "{file}: field {x} {y}: {z}": "「{file}」の項目 {x} の値が使えません。",
    "{file}: the id {x} has {n} characters: use {m} at most": "「{file}」のidが長すぎます。{m}字までにしてください。",
    "{file} holds no column of text among {x}: name one 'text'": "「{file}」に本文の列がありません（列: {x}）。",
    "{file} is no Parquet that can be read ({x}): save it anew": "「{file}」をParquetとして読めません（{x}）。",
    "{file} needs pyarrow, which is not installed: pip install pyarrow": (
        "「{file}」を読むには `pip install pyarrow` が必要です。"
    ),
    "{file}: {x} is not YAML: {y}": "「{file}」の見出し部分をYAMLとして読めません（{y}）。",
    "{file} holds no `name: value` lines: give {x}": "「{file}」に `名前: 値` の行がありません。{x} が使えます。",
    "{file}: a file without a name: rename it": "「{file}」の中に名前のないファイルがあります。名前を付けてください。",
    "{file}: its name leads out of the archive: rename it": "「{file}」の名前は書庫の外を指します。変えてください。",
    "{file}: an attachment: {x}": "「{file}」は添付ファイルです。ファイルとして保存してください。",
    "cannot follow the path {file} ({x}): check it": "「{file}」をたどれません（{x}）。",
    "none of {n} files could be read; the first: {x}": "{n}個のファイルのどれも読めませんでした。",
    # The page's own collections
    "there is no collection {file} here (those there: {x}): choose again": (
        "「{file}」というコレクションはここにありません（あるもの: {x}）。選び直してください。"
    ),
    "there is no article {file}: reload the list": "「{file}」という記事がありません。一覧を読み込み直してください。",
    "{file} was indexed from {x}, not uploaded here: {y}": (
        "「{file}」はこの画面から追加した記事ではありません（{x}）。ファイルを移し、`kotae index` を実行してください。"
    ),
    "{file} is the only article: {x}": "「{file}」は最後の1件です。ほかの記事を追加してから取り除いてください。",
    "{file} is one of {n} articles in {x}: {y}": (
        "「{file}」は {x} にある{n}件の記事の1つです。{x} からこの記事を除いたものを別の名前で追加し、"
        "元のファイルを手作業で取り除いてください。"
    ),
    "{file} is there a thousand times: choose another name": (
        "「{file}」という名前は使われすぎています。変えてください。"
    ),
    "the id {x} belongs to {file}: give the article another id": (
        "id {x} は「{file}」が使っています。別のidをつけてください。"
    ),
    # The index
    "there is no index in {file}: {x}": "「{file}」に索引がありません。`kotae index フォルダー` で作れます。",
    "no index in {file}: {x}": "「{file}」に索引がありません。`kotae index フォルダー` で作れます。",
    "the index at {file} was built with {x}, but the embedder is {y}: rebuild it {z}": (
        "「{file}」の索引は {x} で作られていますが、いまの埋め込みモデルは {y} です。"
    ),
    "process {x} is writing to {file}: wait for it to finish, or stop it": (
        "プロセス {x} が「{file}」に書き込んでいます。終わるのを待つか、止めてください。"
    ),
    "cannot write to {file}: {x}": "「{file}」に書き込めません（{x}）。",
    "cannot write the index in {file}: {x}": "「{file}」の索引に書き込めません。索引は元のままです。",
    # A Chroma server
    "the Chroma server at {x} cannot be reached ({y}): {z}": (
        "Chromaサーバー {x} につながりません。動いているか、KOTAE_CHROMA_URL が正しいか確かめてください。"
    ),
    "the Chroma server at {x} did not answer in time: {y}": "Chromaサーバー {x} から時間内に返事がありませんでした。",
    "the Chroma server at {x} refuses the request (HTTP {n}): {y}": (
        "Chromaサーバー {x} に断られました。KOTAE_CHROMA_HEADERS を確かめてください。"
    ),
    "the Chroma server at {x} refuses the request ({y}): {z}": "Chromaサーバー {x} に断られました（{y}）。",
    "the Chroma server at {x} has no database {y}: {z}": (
        "Chromaサーバー {x} にデータベース {y} がありません。KOTAE_CHROMA_DATABASE を確かめてください。"
    ),
    "the Chroma server at {x} does not hold this index any more: {y}": (
        "Chromaサーバー {x} からこの索引が失われています。`kotae doctor --repair` で入れ直せます。"
    ),
    "the Chroma server at {x} holds {n} {y} vectors for {m} passages: {z}": (
        "Chromaサーバー {x} のベクトルは{n}件で、断片の数（{m}件）と合いません。`kotae doctor --repair` で直せます。"
    ),
    "the vectors of the index in {file} lie on a Chroma server: {x}": (
        "「{file}」の索引のベクトルはChromaサーバーにあります。KOTAE_CHROMA_URL を設定するか、"
        "`kotae doctor --repair` で戻してください。"
    ),
    "the vectors of the index in {file} do not lie on the Chroma server at {x}: {y}": (
        "「{file}」の索引のベクトルはChromaサーバー {x} にありません。`kotae doctor --repair` で移せます。"
    ),
    # Questions
    "the question is empty: {x}": "質問が空です。",
    "the question has {n} characters: ask with {m} at most {x}": "質問が長すぎます（{n}字）。{m}字までにしてください。",
    "the choice of articles cannot be read: choose them again": "対象の記事を読み取れません。選び直してください。",
    "the field {x} of a stored turn is not as it should be: open a new conversation": (
        "保存された会話の {x} が正しくありません。新しい会話を始めてください。"
    ),
    "{x}: export it, and open a new one": "保存された会話を読み取れません。保存してから、新しい会話を始めてください。",
    # The model that writes
    "{n} questions are waiting for the model already: ask again in a minute": (
        "すでに{n}件の質問が順番を待っています。1分ほどしてからお試しください。"
    ),
    "the chat model has been busy for {n} s with {m} request(s) before this one: try again": (
        "前の質問{m}件の回答が、{n}秒たっても終わりませんでした。"
    ),
    "the chat model wrote for {n} s and was stopped: try again": "回答が{n}秒たっても終わらないため、止めました。",
    "the chat model did not go on within {n} s and was stopped: {x}": "モデルが{n}秒間応答しないため、止めました。",
    "the prompt has {n} tokens and the chat model reads at most {m}: {x}": (
        "質問と記事を合わせた長さ（{n}トークン）が、モデルの読める長さ（{m}トークン）を超えました。"
    ),
    # The embedder, where it runs elsewhere
    "the embedding endpoint {file} cannot be reached: {y}": (
        "埋め込みの接続先「{file}」につながりません。サーバーが動いているか、KOTAE_EMBED_URL を確かめてください。"
    ),
    "the embedding endpoint {file} refused the key (HTTP {n}): {y}": (
        "埋め込みの接続先「{file}」がキーを拒みました。KOTAE_EMBED_KEY を確かめてください。"
    ),
    "the embedding endpoint {file} does not know the model, {y}": (
        "埋め込みの接続先「{file}」に、そのモデルがありません。KOTAE_EMBEDDER を確かめてください。"
    ),
    "the embedding endpoint {file} serves {x}, but the embedder is {y}: {z}": (
        "埋め込みの接続先「{file}」のモデルは {x} ですが、設定は {y} です。KOTAE_EMBEDDER を合わせてください。"
    ),
    "the embedding endpoint {file} has been busy for {n} s: {y}": (
        "埋め込みの接続先「{file}」が{n}秒たっても混み合っています。少し待ってからお試しください。"
    ),
    "the embedding endpoint {file} has too many requests {y}": (
        "埋め込みの接続先「{file}」が混み合っているか、上限に達しています。少し待ってからお試しください。"
    ),
    "the embedding endpoint {file} did not answer in time: {y}": (
        "埋め込みの接続先「{file}」から時間内に返事がありませんでした。"
    ),
    "the embedding endpoint {file} {x}": (
        "埋め込みの接続先「{file}」で問題が起きました。サーバーの記録を確かめてください。"
    ),
    # Any endpoint
    "{x} has been busy for {n} s: wait, then try again": (
        "{x} が{n}秒たっても混み合っています。少し待ってからお試しください。"
    ),
    "{x} did not answer in time: {y}": "{x} から時間内に返事がありませんでした。",
    "{x} cannot be reached: {y}": "{x} につながりません。サーバーが動いているか、KOTAE_CHAT_URL を確かめてください。",
    "{x} refused the key (HTTP {n}): {y}": "{x} がキーを拒みました。KOTAE_CHAT_KEY を確かめてください。",
    "{x} knows no model {y}": "{x} に、そのモデルがありません。KOTAE_CHAT_MODEL を確かめてください。",
    "{x} has too many requests or no quota left (HTTP 429): {y}": "{x} が混み合っているか、上限に達しています。",
    "{x} failed (HTTP {n}: {y}": "{x} で問題が起きました（HTTP {n}）。",
    # What is being done before the page is there
    "start": "起動しています",
    "loading the models": "モデルを読み込んでいます",
    "preparing {x}": "{x} を準備しています",
    "verifying {x}": "{x} を検証しています",
    "waiting for another process that prepares {x}": "別のプロセスが {x} を準備し終わるのを待っています",
    "fetching {x} from the model hub": "{x} をモデルハブから取得しています",
    "waiting for another process that fetches {x}": "別のプロセスが {x} を取得し終わるのを待っています",
    # What readers think
    "only a whole answer can be judged: ask again": "最後まで書かれた回答だけを評価できます。",
    "the feedback cannot be read: reload the page": "評価を読み取れません。ページを読み込み直してください。",
    "feedback is not kept: {x}": "評価は保存されません。運用する人が KOTAE_KEEP_FEEDBACK=1 を設定すると保存されます。",
    "the feedback has {n} characters: use {m} at most": "評価が長すぎます（{n}字）。{m}字までにしてください。",
    "{file} in the home is full ({n} bytes), and this was not kept: {x}": (
        "評価の保存先が一杯のため、この評価は保存されませんでした。"
        "運用する人が `kotae eval --from-feedback` で書き出し、{file} を移すと、また保存されます。"
    ),
    "there is no stored report {x}": "そのレポートはありません。`kotae eval 正解データ` で作れます。",
    "cannot read the report {file}: {x}": "レポート「{file}」を読めません（{x}）。",
}

_NAME = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"[\d,.]+")
_PARTS = [(_NAME.split(pattern), japanese) for pattern, japanese in _PATTERNS.items()]  # text and names in turn


def in_both(message: str) -> Text:
    """The message in both languages; in English twice when it is one that no reader was thought to meet."""
    for parts, japanese in _PARTS:
        if (values := _values(parts, message)) is not None:
            return Text(ja=_NAME.sub(partial(_value, values), japanese), en=message)
    return Text(ja=message, en=message)


def _value(values: dict[str, str], name: re.Match[str]) -> str:
    return values[name[1]]


def _values(parts: list[str], message: str) -> dict[str, str] | None:
    """What stands in the message for each name; None when it does not fit. Linear: each text is looked for once."""
    if not message.startswith(parts[0]):
        return None
    values: dict[str, str] = {}
    at = len(parts[0])
    for number in range(1, len(parts), 2):
        name, text = parts[number], parts[number + 1]
        if number + 2 < len(parts):
            end = message.find(text, at)
        else:
            end = len(message) - len(text) if message.endswith(text) else -1
        if end < at:
            return None
        value = message[at:end]
        if name in "nm" and not _NUMBER.fullmatch(value):
            return None
        if name == "file":
            quoted = len(value) > 2 and value[0] == value[-1] and value[0] in "'\""
            value = value[1:-1] if quoted else value
            if not value:
                return None
        values[name] = value
        at = end + len(text)
    return values if at == len(message) else None
