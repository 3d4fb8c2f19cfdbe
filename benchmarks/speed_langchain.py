"""One measurement of LangChain for `speed.py`, as its documentation puts the parts together.

python benchmarks/speed_langchain.py PART DATA FOLDER [NUMBERS ...]
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from speed_bench import (
    QUESTIONS,
    ROOT,
    Bench,
    Clock,
    Found,
    K,
    Near,
    both_seconds,
    disk,
    embedded,
    held,
    indexed,
    memory,
    quickest,
    timed,
    told,
    watched,
)

PROMPT = "Answer the question based only on the following context:\n{context}\n\nQuestion: {question}"


def hugging_face(bench: Bench) -> Any:
    """LangChain's embeddings, as its documentation opens them for a folder."""
    import torch
    from langchain_huggingface import HuggingFaceEmbeddings

    torch.set_num_threads(bench.threads)
    options = {"device": "cpu", "local_files_only": True}
    normalized = {"normalize_embeddings": True}
    folder = str(bench.embedder().folder)
    return HuggingFaceEmbeddings(model_name=folder, model_kwargs=options, encode_kwargs=normalized)


def chroma(folder: Path, embeddings: Any) -> Any:
    from langchain_chroma import Chroma

    space = {"hnsw:space": "cosine"}
    return Chroma(embedding_function=embeddings, persist_directory=str(folder), collection_metadata=space)


def index(bench: Bench, most: int) -> Found:
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    source = bench.articles(most)
    folder = bench.folder / f"langchain-{most}"
    shutil.rmtree(folder, ignore_errors=True)
    clock = Clock()

    def run() -> int:
        rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
        documents = [Document(page_content=row["text"], metadata={"id": row["id"]}) for row in rows]
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        chunks = splitter.split_documents(documents)
        for start in range(0, len(chunks), 5000):  # Chroma refuses more at once
            some = chunks[start : start + 5000]
            store.add_documents(some, ids=[f"{start + number}" for number in range(len(some))])
        return len(chunks)

    store = chroma(folder, hugging_face(bench))
    return indexed(clock, run(), source, folder)


def embed(bench: Bench, most: int) -> Found:
    embeddings = hugging_face(bench)
    return embedded(bench, most, embeddings.embed_documents, embeddings.embed_query)


def search(bench: Bench, size: int, most: int) -> Found:
    folder = bench.folder / f"search-langchain-{size}"
    fresh = not folder.exists()
    store = chroma(folder, hugging_face(bench))
    if fresh:
        pieces = bench.pieces(size)
        vectors = Near(bench.embedder(), [row["text"] for row in pieces[:: max(1, len(pieces) // 200)]])
        made = vectors.embed_passages([row["text"] for row in pieces])
        for start in range(0, size, 5000):
            some = slice(start, start + 5000)
            texts = [row["text"] for row in pieces[some]]
            store._collection.upsert(ids=[row["id"] for row in pieces[some]], documents=texts, embeddings=made[some])
    found = timed(lambda question: store.similarity_search(question, k=K), bench.questions(most))
    return {**found, "memory MB": memory(), **disk(folder, size)}


def start(bench: Bench, most: int) -> Found:
    folder = bench.folder / f"langchain-{most}"
    if not folder.exists():
        index(bench, most)
    imports = "import langchain_chroma, langchain_huggingface"
    code = (
        "import sys; sys.path.insert(0, 'benchmarks'); from pathlib import Path; from speed_langchain import *; "
        f"bench = Bench(Path(), Path()); store = chroma(Path({str(folder)!r}), hugging_face(bench)); "
        f"print(store.similarity_search({QUESTIONS[1]!r}, k=10)[0].page_content[:20])"
    )
    return {
        "import s": quickest([sys.executable, "-c", imports]),
        **both_seconds("first search ", [sys.executable, "-c", code]),
    }


def answer(bench: Bench, most: int) -> Found:
    return {**told(bench.asked(most), chain(bench)), "memory MB": memory()}


def page(bench: Bench, most: int) -> Found:
    import gradio
    from gradio_client import Client

    clock = Clock()
    said = chain(bench)

    def reply(message: str, _: list[Any]) -> Iterator[str]:
        whole = ""
        for piece in said(message):
            whole += piece
            yield whole

    interface = gradio.ChatInterface(reply)
    _, url, _ = interface.launch(prevent_thread_lock=True, quiet=True)
    opened = {"ready s": clock.read()["s"]}
    client = Client(url, verbose=False)
    found = {**opened, **held(bench.asked(most), lambda question: client.predict(question, api_name="/chat"))}
    interface.close()
    return found


def chain(bench: Bench) -> Callable[[str], Iterator[str]]:
    """Search, the plain prompt, the model's words, over the articles of seeds/."""
    from langchain_core.messages import HumanMessage
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from rag.model import open_chat_model

    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds" / "articles").glob("*.md"))]
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).create_documents(texts)
    folder = bench.folder / "langchain-seeds"
    store = chroma(folder, hugging_face(bench))
    if not store._collection.count():
        store.add_documents(chunks)
    model: Any = open_chat_model(bench.settings)
    model.load()

    def said(question: str) -> Iterator[str]:
        context = "\n\n".join(found.page_content for found in store.similarity_search(question, k=4))
        for chunk in model.stream([HumanMessage(PROMPT.format(context=context, question=question))]):
            yield str(chunk.content)

    return said


def steady(bench: Bench, most: int) -> Found:
    folder = bench.folder / "steady-langchain"
    store = chroma(folder, hugging_face(bench))
    if not store._collection.count():
        texts = [row["text"] for row in bench.pieces(700)[600:]]
        store.add_texts(texts)
    return watched(bench, most, lambda question: store.similarity_search(question, k=K))


PARTS = {
    "index": index,
    "embed": embed,
    "search": search,
    "start": start,
    "answer": answer,
    "page": page,
    "steady": steady,
}

if __name__ == "__main__":
    part, data, folder, *numbers = sys.argv[1:]
    measured = PARTS[part](Bench(Path(data), Path(folder)), *map(int, numbers))
    sys.stdout.write(json.dumps(measured) + "\n")
