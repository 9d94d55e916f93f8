"""Text as a person sees it: what comes with a paste, or hides in a crafted request, is taken out."""

import unicodedata

INVISIBLE = {"Cc", "Cf", "Cs"}
"""Unicode categories: control characters, marks of direction and width, lone surrogates."""


def clean(text: str) -> str:
    """One line of text as a person sees it: no control characters, no marks of direction, no lone surrogates.

    They come with a paste, or to make a name look like another one. Nothing that can be seen is lost.
    """
    seen = "".join(
        " " if letter in "\t\r\n\v\f\x85\u2028\u2029" else letter
        for letter in text
        if unicodedata.category(letter) not in INVISIBLE or letter in "\t\r\n\v\f\x85"
    )
    return " ".join(seen.split())


def clean_lines(text: str) -> str:
    """The same for a text of several lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean(line) for line in lines).strip()
