"""Whole sentences for short answers ("秋" to 雨が多いのは?: 雨が多いのは秋です。), written by the model itself.

It reads question and answer alone. A sentence that lost the answer's words, or asks again, is left out.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from benchmarks.adapter_example import Example
from index.article import Language

_TOGETHER = 24  # questions written at once
_LONGEST = 160  # characters
_TASK: dict[Language, str] = {
    "ja": "質問と答えから、答えを一つの文に書き直します。答えの言葉はそのまま使います。",
    "en": "You turn a question and its answer into one full sentence. You keep the words of the answer.",
}
_TURN: dict[Language, str] = {
    "ja": "質問: {question}\n答え: {answer}\n文:",
    "en": "Question: {question}\nAnswer: {answer}\nSentence:",
}
_SHOWN: dict[Language, tuple[tuple[str, str, str], ...]] = {
    "ja": (
        ("この橋を設計したのは誰?", "田中一郎", "この橋を設計したのは田中一郎です。"),
        ("会議は何日間続きましたか", "3日間", "会議は3日間続きました。"),
        ("雨が多いのはどの季節か?", "秋", "雨が多いのは秋です。"),
    ),
    "en": (
        ("Where was the treaty signed?", "Vienna", "The treaty was signed in Vienna."),
        ("What did the company stop making?", "steam engines", "The company stopped making steam engines."),
        ("Why was the road closed?", "because of flooding", "The road was closed because of flooding."),
    ),
}


def with_sentences(examples: Sequence[Example], model: Any, tokenizer: Any) -> list[Example]:
    """The examples, those with short answers as sentences where the model found a good one."""
    wanted = [example for example in examples if example.short and not example.answer]
    wanted.sort(key=lambda example: (example.language, len(example.question)))  # little padding
    written: dict[int, str] = {}
    for start in range(0, len(wanted), _TOGETHER):
        some = wanted[start : start + _TOGETHER]
        for example, sentence in zip(some, _written(some, model, tokenizer), strict=True):
            if _is_good(sentence, example):
                written[id(example)] = sentence
        print(f"{start + len(some)} of {len(wanted)} sentences", flush=True)
    return [replace(example, answer=written.get(id(example), example.answer)) for example in examples]


def _written(examples: Sequence[Example], model: Any, tokenizer: Any) -> list[str]:
    prompts = [
        tokenizer.apply_chat_template(_messages(example), add_generation_prompt=True, tokenize=False)
        for example in examples
    ]
    read = tokenizer(prompts, return_tensors="pt", padding=True)
    with torch.no_grad():
        tokens = model.generate(
            **read, max_new_tokens=48, do_sample=False, eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>")
        )
    texts = tokenizer.batch_decode(tokens[:, read["input_ids"].shape[1] :], skip_special_tokens=True)
    return [text.strip().split("\n")[0] for text in texts]


def _messages(example: Example) -> list[dict[str, str]]:
    turn = _TURN[example.language]
    messages = [{"role": "system", "content": _TASK[example.language]}]
    for question, answer, sentence in _SHOWN[example.language]:
        messages.append({"role": "user", "content": turn.format(question=question, answer=answer)})
        messages.append({"role": "assistant", "content": sentence})
    answer = max(example.short, key=example.short.count)  # the one that most people gave
    return [*messages, {"role": "user", "content": turn.format(question=example.question, answer=answer)}]


def _is_good(sentence: str, example: Example) -> bool:
    held = any(answer.casefold() in sentence.casefold() for answer in example.short)
    return held and len(sentence) <= _LONGEST and not sentence.rstrip("。").endswith(("か", "?", "\uff1f"))
