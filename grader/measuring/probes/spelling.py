"""Tokens as people read them: what is a piece of a character is shown as that character, with the piece's number."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Items
from functools import cache
from itertools import groupby

from transformers import PreTrainedTokenizerBase

LOST = "\N{REPLACEMENT CHARACTER}"
"""The character that decoding gives for bytes that are none."""
BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""A byte as vocabularies of sentence pieces write it."""


def spelled(tokenizer: PreTrainedTokenizerBase, token_ids: Items[int]) -> tuple[str, ...]:
    r"""Return each token as text.

    The first of the three tokens that make up `밥` is `밥(1/3)`, and a byte that belongs to no character is `\xeb`.
    """
    alone = [str(tokenizer.decode([token])) for token in token_ids]
    raw = [_bytes(tokenizer, token) if LOST in text else None for token, text in zip(token_ids, alone, strict=True)]
    texts: list[str] = []
    for is_whole, run in groupby(range(len(alone)), lambda place: raw[place] is None):
        places = list(run)
        texts += [alone[place] for place in places] if is_whole else _pieces([raw[place] or b"" for place in places])
    return tuple(texts)


def _pieces(tokens: list[bytes]) -> list[str]:
    """Return tokens of bytes as text, together: a character may lie in several of them."""
    owners = [number for number, token in enumerate(tokens) for _ in token]
    texts = [""] * len(tokens)
    for start, character, size in _characters(b"".join(tokens)):
        parts = sorted(set(owners[start : start + size]))
        for number, owner in enumerate(parts, 1):
            texts[owner] += character if len(parts) == 1 else f"{character}({number}/{len(parts)})"
    return texts


def _characters(raw: bytes) -> Iterator[tuple[int, str, int]]:
    """Yield where each character begins, the character, and the number of its bytes."""
    place = 0
    while place < len(raw):
        for size in (1, 2, 3, 4):
            try:
                yield place, raw[place : place + size].decode(), size
                break
            except UnicodeDecodeError:
                continue
        else:
            size = 1
            yield place, f"\\x{raw[place]:02x}", size
        place += size


def _bytes(tokenizer: PreTrainedTokenizerBase, token: int) -> bytes | None:
    """Return the bytes that a token stands for, None if its vocabulary is not one of bytes."""
    name = str(tokenizer.convert_ids_to_tokens(token))
    if byte := BYTE.fullmatch(name):
        return bytes.fromhex(byte[1])
    letters = _letters()
    return bytes(letters[letter] for letter in name) if all(letter in letters for letter in name) else None


@cache
def _letters() -> dict[str, int]:
    """The byte for each letter of a byte-level vocabulary, as in GPT-2: bytes that do not print have later letters."""
    printed = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(256 + number): byte for number, byte in enumerate(others)}
