"""The collections that one page serves, each opened when it is first asked for. Knows no HTML and no HTTP."""

import threading

from index.errors import NoIndex
from index.home import DEFAULT
from ui.library import Library
from ui.turns import Keeper


class Shelves:
    """The chatbots and libraries of a home by the name of their collection. Methods may be called from any thread.

    A page that was started for one collection (`--collection`) serves that one alone; otherwise all of its home.
    """

    def __init__(self, bot: Keeper) -> None:
        self._bot = bot
        self._libraries: dict[str, Library] = {}
        self._opening = threading.Lock()

    @property
    def names(self) -> list[str]:
        """What a reader may choose from, the first one being where a page begins."""
        own = self._bot.settings.collection
        return [own] if own else self._bot.collections

    def bot(self, name: str) -> Keeper:
        """The chatbot over a collection; "" is where a page begins.

        Raises NoIndex for a name that this page does not serve, and what `Chatbot.of` raises.
        """
        own = self._bot.settings.collection
        if name in ("", own or DEFAULT):
            return self._bot
        if name not in self.names:
            raise NoIndex(f"there is no collection {name!r} here (those there: {', '.join(self.names)}): choose again")
        return self._bot.of(name)

    def library(self, name: str) -> Library:
        """Where uploads into a collection go: one for all tabs, so that they take turns. Raises as `bot` does."""
        bot = self.bot(name)
        with self._opening:
            return self._libraries.setdefault(bot.settings.collection, Library(bot))
