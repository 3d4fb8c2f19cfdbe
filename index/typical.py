"""Questions about anything, the same ones in both languages: what their vectors share says nothing about a topic.

An embedder gives every question of a language a common direction. Its mean over these is taken off before a question
meets passages of the other language (`index/space.py`). They were written for this and belong to no data set.
"""

from index.article import Language

_PAIRS = """
富士山の高さはどれくらいですか。|How high is Mount Fuji?
この病気は何が原因で起こるのですか?|What causes this disease?
昨年度の売上高はいくらでしたか。|What were the sales of the last fiscal year?
その小説を書いたのは誰ですか。|Who wrote the novel?
東京から大阪まで電車で何時間かかりますか。|How many hours does the train from Tokyo to Osaka take?
次の選挙はいつ行われますか。|When will the next election be held?
なぜ空は青く見えるのですか?|Why does the sky look blue?
新しい社長の名前を教えてください。|Please tell me the name of the new president.
この薬にはどんな副作用がありますか。|What side effects does this medicine have?
地震の被害はどの程度でしたか。|How much damage did the earthquake do?
設定ファイルはどこに置けばよいですか。|Where should I put the configuration file?
優勝したのはどのチームですか?|Which team won the championship?
光合成とはどのような仕組みですか。|How does photosynthesis work?
条約に署名した国はいくつありますか。|How many countries have signed the treaty?
休暇を申請するにはどうすればよいですか。|How do I apply for leave?
その映画の監督は誰?|Who directed the film?
円安は輸出にどのような影響を与えますか。|How does a weak yen affect exports?
恐竜が絶滅したのはいつ頃ですか。|When did the dinosaurs die out?
事故が起きた場所はどこですか。|Where did the accident happen?
契約の期間は何年ですか。|How many years does the contract run?
関数の戻り値を変えるにはどうしますか。|How can I change the return value of a function?
王様が亡くなった後、誰が跡を継ぎましたか。|Who succeeded the king after his death?
この寺が建てられたのは何世紀ですか。|In which century was this temple built?
人口が最も多い都市はどこですか。|Which city has the largest population?
入場料はいくらですか?|How much is the entrance fee?
水道の料金が上がる理由は何ですか。|What is the reason for the higher water charges?
裁判所はどのような判決を下しましたか。|What did the court decide?
被告は何の罪で起訴されましたか。|What crime was the defendant charged with?
首相は会見で何と述べましたか。|What did the prime minister say at the press conference?
研究チームはどんな方法を使いましたか。|What method did the researchers use?
その言葉は何語に由来しますか。|Which language does the word come from?
鳥はどうやって方角を知るのですか。|How do birds find their way?
戦争はいつ始まり、いつ終わりましたか。|When did the war begin and when did it end?
この料理の主な材料は何ですか。|What are the main ingredients of this dish?
データベースとは何ですか。|What is a database?
保証期間が過ぎたらどうなりますか。|What happens when the warranty has expired?
打ち上げが延期されたのはなぜですか。|Why was the launch postponed?
何人が避難しましたか。|How many people were evacuated?
容疑者は警察に何を話しましたか。|What did the suspect tell the police?
二つの方式の違いは何ですか。|What is the difference between the two methods?
彼女が賞を受けた作品はどれですか。|For which work did she receive the prize?
川はどの海に流れ込みますか。|Into which sea does the river flow?
会員登録にはどんな書類が必要ですか。|Which documents are needed to become a member?
原子炉が停止した原因は何でしょうか。|What made the reactor shut down?
試合の得点は何対何でしたか。|What was the score of the match?
提案に反対したのはどの政党ですか。|Which party opposed the proposal?
この曲は何年に発表されましたか。|In what year was the song released?
工場では何を生産していますか。|What is produced at the factory?
子どもに見られる症状にはどのようなものがありますか。|Which symptoms are seen in children?
どうすればエラーを防げますか。|How can the error be avoided?
島の先住民はどこから来たのですか。|Where did the islanders originally come from?
電池はどれくらい持ちますか。|How long does the battery last?
市長は計画についてどう考えていますか。|What does the mayor think of the plan?
旅行者が気をつけるべきことは何ですか。|What should travellers watch out for?
合併後の会社の株価はどうなりましたか。|What happened to the share price after the merger?
その理論を最初に唱えた学者は誰でしょう。|Which scholar first proposed the theory?
月の表面温度は何度ですか。|What is the temperature on the surface of the moon?
大会には何か国が参加しましたか。|How many nations took part in the games?
温暖化を抑えるには何が必要ですか。|What is needed to slow global warming?
古いバージョンでも動きますか。|Does it run on older versions?
""".strip().splitlines()

TYPICAL_QUESTIONS: dict[Language, tuple[str, ...]] = {
    "ja": tuple(pair.split("|")[0] for pair in _PAIRS),
    "en": tuple(pair.split("|")[1] for pair in _PAIRS),
}
