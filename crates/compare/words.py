"""What a word is, for each of the tools; they do not agree, and each is scored by its own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Words = Callable[[str], list[str]]

_RUNS = re.compile(r"\w+")
_JOINED = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_UNIFIED = str.maketrans(
    dict.fromkeys("’‘ʼ′´`＇ʹ", "'") | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)
_CLITICS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'m": "am"}
_STEMS = {"ca": "can", "wo": "will", "sha": "shall"}


def letters(text: str) -> list[str]:
    """Runs of letters, digits and underscores, in lower case."""
    return _RUNS.findall(text.lower())


def spaces(text: str) -> list[str]:
    """What stands between white space, in lower case: the way of most examples."""
    return text.lower().split()


def _written_out(word: str) -> list[str]:
    for clitic, meaning in _CLITICS.items():
        stem = word.removesuffix(clitic)
        if stem and stem != word:
            known = _STEMS.get(stem, stem) if meaning == "not" else stem
            return [*_written_out(known), meaning]
    return ["can", "not"] if word == "cannot" else [word]


def unified(text: str) -> list[str]:
    """As doublet has it: case folded and NFKC, apostrophes within, contractions written out.

    Made from its documentation alone. Scripts without spaces, where a grapheme is a word, are
    left out.
    """
    text = unicodedata.normalize("NFKC", text.translate(_UNIFIED)).casefold()
    found = []
    for word in _JOINED.findall(text):
        if "'" in word or word == "cannot":
            found += _written_out(word)
        else:
            found.append(word)
    return found


WORDS: dict[str, Words] = {"letters": letters, "spaces": spaces, "unified": unified}
