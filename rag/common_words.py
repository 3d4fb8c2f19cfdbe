"""Words that look like names and are none: titles, nouns that names are built with, everyday loan words. Data only.

General vocabulary of both languages; no name of any article stands here.
"""

# English words written with a capital beside a name, or because they translate a Japanese word: 市民病院 is "the
# Municipal Hospital". Of a name they say the kind, not which one.
_KINDS = """
academy act administration advanced ag again age agency agreement airport alliance appeals army art arts
assembly association authority autumn avenue award awareness bank basin battle bay beach bible black blue board
branch bridge bureau bus cabinet campus canal cape capital castle cathedral center central centre century
challenge chamber channel christmas church city club co coast college commission committee community company
conference congress consortium constitution convention corp corporation corps council country county court
crisis cross cup day death defence defense delta democracy department desert development diet district division
dome earth east easter eastern economy education electric electronics embassy energy engineering environment era
estate evening exchange exhibition expo factory faculty fair fall falls federal federation fellowship festival
finance firm first fleet foods force forces foreign forest forum foundation fund gallery games garden gate
general global gmbh gold golden government grand great green ground group gulf hall harbor harbour headquarters
health high higher hill hills holdings home hospital hotel house immigrant inc independent industrial industries
industry information initiative institute institution insurance international island islands journal judiciary
junior justice kingdom kk labor laboratories laboratory labour lake land law league library light limited line
llc lower ltd main majority marine market medal media medical meeting memorial ministry minority mission
mobility model month monument morning motor motors mount mountain mountains municipal museum national nations
native natural nature navy network new news newspaper night north northeast northern northwest nuclear nutrition
ocean off office official old olympic olympics open opera organisation organization outer palace park parliament
partners partnership party peace peninsula period plan plant plants plaza plc point police policy political pool
port power prefectural prefecture press primary prize program programme project protocol province public quarter
radio rail railway range red region regional report republic research reserve reservoir resources review
revolution river road robotics royal rural sa safety school science sciences sea second secondary secretariat
section security senate senior service services ship shrine silver social society solutions south southeast
southern southwest space sports spring square stadium standard state states station steel stock street studio
studios summer summit super supreme survey systems team technologies technology temple term territory theater
theatre third times tower town trade trading train transport transportation treaty tribunal trust union united
university upper urban valley venture village war ward wars water week welfare west western white wing winter
women world year zone
"""
KINDS = frozenset(_KINDS.split())
_TITLES = """
admiral ambassador analyst archbishop attorney baron bishop brig capt captain cardinal ceo cfo chair chairman
chairperson chairwoman chancellor chief cio cmdr cmo co-founder coach col colonel commander commissioner
congressman coo councillor count cpl cto dean deputy director doctor dr duke emperor empress engineer ex
executive father former founder fr gen gov governor head judge justice king lady lawyer leader lieutenant lord
lt madam major manager mayor member minister miss mister mother mp mr mrs ms officer owner pastor physicist pope
pres president priest prime prince princess principal producer prof professor prosecutor queen rep
representative rev reverend saint secretary sen senator sergeant sgt sheikh sir speaker spokesman spokesperson
spokeswoman st sultan treasurer treasury vice vp
"""
TITLES = frozenset(_TITLES.split())
# Short forms that translate words (人工知能, 国内総生産) or belong to a figure or a page.
_SHORT_FORMS = """
a a.m ad ai am api app atm b bc bce c ce cny co2 cpi cpu csr d dna dr dvd dx e esg est etc eu eur ev evs f faq
fy g gb gbp gdp gmt gni gnp gpa gps gpu gpus gw h hiv hr html http https i id ids ip ipo it j jpy jst k kb km kw
kwh l led lng lpg m ma mb mri mw n ngo no npo o oecd ok p p.m pc pcr pcs pdf pm ppm pr pst q qa qr r rna s sns
sos spf suv t tb tel tv tvs u uk un url us usa usb usd utc v vip vs w wi-fi wifi www x y yen z
"""
SHORT_FORMS = frozenset(_SHORT_FORMS.split())
_CALENDAR = """
apr april aug august autumn dec december feb february fiscal fri friday jan january jul july jun june mar march
may mon monday nov november oct october sat saturday sep sept september spring summer sun sunday thu thursday
today tomorrow tue tuesday wed wednesday winter yesterday
"""
CALENDAR = frozenset(_CALENDAR.split())
# Words that open English sentences, besides function words. A noun in the plural, an adverb and a participle are told
# by their endings.
_OPENERS = """
access according across additionally against air along although amid among anger another answer around art
article because behind below beside besides beyond both bread business but car cash child city coal coffee
compared consequently construction cost crime data death debt demand despite down due earlier either electricity
energy entry even every everybody everyone evidence except excluding few finally fire first fish five food for
founded four further furthermore gas given glass gold growth half heat help hence here history housing however
ice including income indeed information inside instead it just land last late later law less life light likewise
long man many marriage meanwhile meat milk money more moreover most much music nature near neither never
nevertheless next no nobody none nor not nothing now off often oil once one only onto opposite otherwise outside
over overall paper parking part participation past pay people per perhaps plastic please plus police power price
prior private production profit public rain rather rent research respectively rice road round salt sea second
security seven several similarly since six snow so soil sometimes soon space sport steel still subsequently such
sugar supply support tax tea ten than that then there therefore third though three throughout thus till time
together tourism toward towards trade traffic training transport travel trouble trust two under unfortunately
unless unlike until up upon use using via video wage war waste water weather well wheat whether while wind wine
winter within without woman wood word work world yes yet youth
"""
OPENERS = frozenset(_OPENERS.split())
# Names of the world that are written with the syllables of Japanese: they stand in katakana, never behind kanji.
_FOREIGN_IN_SYLLABLES = """
amazon anna arizona asia dakota emma enron gabon hawaii ikea iowa iran jesus joe juan juno kenya manitoba meta
minnesota montana moses nasa nato nina nokia nora obama omaha oman panama roma romania sahara samoa sara simon
tina titan tonga toronto uganda utah yemen zimbabwe
"""
FOREIGN_IN_SYLLABLES = frozenset(_FOREIGN_IN_SYLLABLES.split())
# Everyday loan words, whatever the articles are about. Compounds of them are read part by part.
_LOAN_WORDS = """
アイ アイテム アイデア アウェイ アウト アクション アクセス アクティブ アシスタント アシスト アジア アスリート
アタック アップ アップデート アドバイス アナウンス アナリスト アニメ アパート アピール アプリ アプリケーション
アプローチ アマチュア アマモ アルコール アルバイト アルバム アルミ アルミニウム アレルギー アンケート イオン
イスラム イニング イヌ イベント イメージ インストール インスリン インタビュー インターネット インチ インテリア
インパクト インフラ インフルエンザ インフレ ウイルス ウイング ウイーク ウェア ウェブ ウェブサイト ウェブページ
ウォン ウシ ウナギ ウマ ウラン エアコン エイズ エネルギー エピソード エラー エリア エレベーター エンジニア
エンジン エンターテインメント エントリー エース オイル オフ オフィス オプション オペレーション オリジナル
オリンピック オンス オンライン オークション オーディション オーナー オープン カウンター カウント カキ カジノ
カスタム カップ カップル カテゴリー カバー カフェ カメラ カラー カリスマ カルシウム カロリー カン カード
カーボン ガイド ガイドライン ガス ガソリン ガラス ガン キック キックオフ キッチン キャッシュ キャットウォーク
キャラクター キャリア キャンセル キャンプ キャンペーン キリスト キロ キログラム キロメートル キロワット
キロワットアワー キー ギガ ギガワット クイズ クマ クラウド クラス クラスター クラブ クラブハウス クリスチャン
クリスマス クリック クルーズ クロス クーデター クーポン グラフ グラム グループ グローバル ケア ケース ケーブル
ゲスト ゲーム コア コウモリ コスト コバルト コミュニケーション コミュニティ コメ コメント コレクション コロナ
コロナウイルス コンクリート コンクール コンサルタント コンサルティング コンサート コンセプト コンテスト コンテナ
コンテンツ コンディション コンビニ コンピュータ コンピューター コンピューティング コンプライアンス コース コーチ
コード コーナー コーヒー ゴミ ゴルフ ゴール サイクル サイズ サイト サイド サイバー サイレン サイン サウンド
サクラ サケ サッカー サポーター サポート サミット サンゴ サンプル サーバ サーバー サービス シェア システム
シナリオ シフト シミュレーション シャツ シャワー シュート ショック ショップ ショー シリーズ シングル シンボル
シーズン シート シール ジェット ジャンル ジャーナリスト スキャン スキャンダル スキル スキー スクリーン スクール
スケジュール スケール スコア スタイル スタジアム スタジオ スタッフ スタンド スタート ステーション ステージ
ステータス ストア ストップ ストレス ストレージ ストーリー スパイ スピン スピーチ スピード スペース スポット
スポンサー スポーツ スマホ スマート スマートフォン スライダー スライド スリップ スリー スーパー セキュリティ
セキュリティー セクション セックス セット セミナー セミファイナル センサー センター センチ センチメートル セール
ソフト ソフトウェア ソフトウエア ソリューション ソロ ソーシャル ソース タイトル タイプ タイミング タイム タイヤ
タクシー タックル タトゥー タンパク ターゲット ターミナル ダイブ ダウンロード ダム ダメージ ダンス チェック
チェーン チケット チップ チャレンジ チャンス チャンネル チャンピオン チャート チーム ツアー ツイート ツール
テキスト テスト テニス テレビ テレワーク テロ テロリスト テント テーブル テーマ デザイナー デザイン デジタル
デバイス デビュー デメリット デモ データ データセンター データベース トップ トラ トライ トラック トラブル トレイ
トレンド トレーニング トン トンネル トーナメント ドア ドキュメント ドライバー ドライブ ドラッグ ドラッグストア
ドラマ ドル ドレス ドローン ナイフ ナトリウム ニッケル ニュース ニーズ ネコ ネット ネットワーク ノット ノート
ハンバーガー ハードウェア ハーフタイム バイオ バイク バカ バケーション バス バスケットボール バッグ バッシング
バッテリー バランス バレル バンク バンド バー バージョン パイロット パス パスポート パスワード パソコン パターン
パッケージ パトロール パネル パワー パンチ パンデミック パンフレット パーク パーセント パーセントポイント
パーティー パートナー パートナーシップ ヒステリック ヒット ヒト ヒーロー ビザ ビジネス ビジョン ビタミン ビデオ
ビル ビーチ ビール ピザ ピッチ ピーク ファイナル ファイナンス ファイル ファクス ファッション ファン ファンド
フィルム フィート フェリー フォロー フォワード フォーム フォーラム フットボール フライト フラッシュ フラン
フリー フロア ブタ ブランド ブログ ブロック プラザ プラス プラスチック プラチナ プラットフォーム プラン プラント
プリンター プルトニウム プレイ プレイヤー プレス プレゼント プレミアム プレー プレーオフ プレーヤー プロ
プログラム プロジェクト プロセス プロセッサ プロセッサー プロデューサー プロトコル プロフィール ヘクタール
ヘリコプター ヘルス ベスト ベッド ベル ベンチャー ベース ペソ ペット ペットボトル ペナルティ ペナルティー ページ
ホスト ホテル ホルモン ホーム ホームページ ボイコット ボクシング ボタン ボランティア ボート ボール ポイント
ポスター ポンド マイク マイナス マイル マグロ マシン マスク マスコット マスコミ マスター マスメディア マップ
マニュアル マネジメント マネー マネージャー マフィア マラソン マンガン マンション マーク マーケット
マーケティング ミサイル ミス ミュージアム ミュージカル ミュージシャン ミリ メイン メガ メガワット メダル
メッセージ メディア メド メニュー メモリ メモリー メリット メンテナンス メンバー メーカー メーター メートル
メール モダン モデル モニター モノレール モーター モード モール ヤード ユニット ユーザ ユーザー ユーロ
ヨーロッパ ライセンス ライダー ライト ライバル ライフ ライフスタイル ライブ ライブラリ ライン ラグビー ラジオ
ラップ ランウェイ ランキング ランク ランチ リコール リサイクル リスク リスト リストラ リスナー リチウム
リチウムイオン リットル リハビリ リハーサル リポート リモート リモートワーク リリース リンク リング リーグ
リーダー リーダーシップ ルピー ルーキー ルート ルール レイプ レジスタンス レスキュー レストラン レスラー レベル
レポート レース レート ロイヤル ロケット ロビー ロボット ロマンス ローカル ローン ワイルド ワイン ワクチン
ワゴン ワット ワンピース ワーク ワールド
"""
LOAN_WORDS = frozenset(_LOAN_WORDS.split())

# What follows a name in kanji and says who bears it, as alternatives of a pattern.
OFFICES = (
    "氏|君|選手|監督|准?教授|博士|議員|知事|首相|大臣|大統領|容疑者|被告|記者|副?社長|副?会長|頭取|総裁|市長|町長|村長|区長|館長|院長|所長|部長"
    "|課長|委員長|学長|校長|理事長?|取締役|幹事長|弁護士|医師"
)
