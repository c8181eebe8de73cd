"""What a record allows at a path of a document: its keys, words, bounds, as the record's JSON Schema says."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from grader.base.language import N_, _
from grader.documents.plain_yaml import KeyPath
from grader.kinds import SPELLINGS, TYPES

Schema = Mapping[str, Any]

PATTERNS = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": N_("lower-case words and digits joined by hyphens, such as mini-heads"),
    r"^[\w][\w.@+ -]*$": N_("letters, digits, spaces and . @ + -, beginning with a letter or a digit"),
    r"^\w[\w.' -]*$": N_("letters, digits, spaces and . ' -, beginning with a letter or a digit"),
    r"^[0-9a-f]{64}$": N_("a SHA-256: 64 digits and letters from a to f"),
    r"^[0-9a-f]{40}$": N_("a full commit: 40 digits and letters from a to f"),
    r"^[\w.-]+/[\w.-]+$": N_("owner/name"),
    r"^[\w-]+(/[\w-][\w.-]*)*$": N_("a relative path inside the package, joined by /"),
    r"^[\w.-]+\.gguf$": N_("a file name that ends in .gguf"),
}
"""The patterns of the records, in words."""


class Allowed:
    """The JSON Schema of a record, asked by path."""

    def __init__(self, record: type[BaseModel]) -> None:
        self._root: Schema = record.model_json_schema()

    def at(self, path: KeyPath) -> Schema:
        """The schema of the value at a path; empty where the record knows no such place."""
        node = self._resolved(self._root)
        for step in path:
            inner = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
            node = self._resolved(inner or {})
        return node

    def keys(self, path: KeyPath) -> list[str]:
        """The keys of the mapping at a path, the required ones first."""
        required = self.required(path)
        return required + [key for key in self.at(path).get("properties", {}) if key not in required]

    def required(self, path: KeyPath) -> list[str]:
        """The keys that the mapping at a path cannot do without, in the order in which people write them."""
        needed = list(self.at(path).get("required", ()))
        return sorted(needed, key=lambda key: key == "type")  # a claim is "layer, head, type"

    def words(self, path: KeyPath) -> list[str]:
        """The words that the value at a path may be; none where it is free."""
        words = [str(word) for word in self.at(path).get("enum", ())]
        return words + list(SPELLINGS) if words == list(TYPES) else words

    def range(self, path: KeyPath) -> str:
        """The numbers that the value at a path may be, in words: `from 0 to 999`."""
        node = self.at(path)
        low, above, high = (node.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
        if low is not None:
            return _("from {low} to {high}", low=low, high=high) if high is not None else _("{low} or more", low=low)
        if above is not None and high is not None:
            return _("more than {above} and at most {high}", above=above, high=high)
        return _("more than {above}", above=above) if above is not None else _("{high} or less", high=high)

    def is_moment(self, path: KeyPath) -> bool:
        """Whether the value at a path is a date with its time and zone."""
        return self.at(path).get("format") == "date-time"

    def _resolved(self, node: Schema) -> Schema:
        while "$ref" in node or "anyOf" in node:
            if "$ref" in node:
                node = self._root["$defs"][node["$ref"].rpartition("/")[2]]
            else:
                node = next(branch for branch in node["anyOf"] if branch.get("type") != "null")
        return node


def form(pattern: str) -> str:
    """What text of this pattern looks like, in words."""
    return _(PATTERNS[pattern]) if pattern in PATTERNS else _("of the form {pattern}", pattern=pattern)
