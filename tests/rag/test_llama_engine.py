"""The order in which the embedded model is left. Without a model: a double stands for llama.cpp."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
import sys, threading, time
from pathlib import Path
from rag import llama_engine

class Slow:
    def __init__(self):
        if not {working}:
            entered.set()
        time.sleep({loading})
        print("loaded", flush=True)

    def handle_chat_completions(self, request, heard):
        entered.set()
        time.sleep({working})
        heard({{}})
        print("left", flush=True)

entered = threading.Event()
llama_engine._server = lambda *_: Slow()
llama_engine.LEAVE_SECONDS = 0.1

def ask():
    opened = llama_engine.engine(Path("x"), context_tokens=1, threads=1)
    if {working}:
        list(opened.events({{}}, llama_engine.Limits()))

threading.Thread(target=ask, daemon=True).start()
entered.wait()
print("ends", flush=True)
"""


def said(**seconds: float) -> list[str]:
    """What a process says that ends while a model takes so many seconds to load, or to work."""
    ran = subprocess.run([sys.executable, "-c", CODE.format(**seconds)], cwd=ROOT, capture_output=True, check=True)
    return ran.stdout.decode().split()


def test_a_process_that_ends_while_a_model_is_loaded_waits_for_it() -> None:
    assert said(loading=1.0, working=0) == ["ends", "loaded"]


def test_a_process_that_ends_while_the_model_works_waits_until_it_has_let_go() -> None:
    assert said(loading=0, working=2.0) == ["loaded", "ends", "left"]
