"""The keys, words and numbers that a record's JSON Schema allows at a path of a document."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from grader.base.language import N_, _
from grader.documents.plain_yaml import KeyPath
from grader.kinds import SPELLINGS, TYPES
from grader.schema.moments import FORMAT

Schema = Mapping[str, Any]

PATTERNS = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": N_("lower-case words and digits joined by hyphens, such as mini-heads"),
    r"^[\w][\w.@+ -]*$": N_("letters, digits, spaces and . @ + -, beginning with a letter or a digit"),
    r"^\w[\w.' -]*$": N_("letters, digits, spaces and . ' -, beginning with a letter or a digit"),
    r"^[0-9a-f]{64}$": N_("a SHA-256: 64 characters, each a digit or a letter from a to f"),
    r"^[0-9a-f]{40}$": N_("a full commit: 40 characters, each a digit or a letter from a to f"),
    r"^[\w.-]+/[\w.-]+$": N_("owner/name"),
    r"^[\w-]+(/[\w-][\w.-]*)*$": N_("a relative path inside the package, joined by /"),
    r"^[\w.-]+\.gguf$": N_("a file name that ends in .gguf"),
}
"""The patterns in the records, in words."""


class Allowed:
    """The values that a record's JSON Schema allows, by path."""

    def __init__(self, record: type[BaseModel]) -> None:
        self._root: Schema = record.model_json_schema()

    def at(self, path: KeyPath) -> Schema:
        """Return the schema of the value at a path; it is empty if the record has no such path."""
        node = self._resolved(self._root)
        for step in path:
            inner = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
            node = self._resolved(inner or {})
        return node

    def keys(self, path: KeyPath) -> list[str]:
        """Return the keys of the mapping at a path, with the required ones first."""
        required = self.required(path)
        return required + [key for key in self.at(path).get("properties", {}) if key not in required]

    def required(self, path: KeyPath) -> list[str]:
        """Return the required keys of the mapping at a path, in the order in which people write them."""
        required = list(self.at(path).get("required", ()))
        return sorted(required, key=lambda key: key == "type")  # a claim is "layer, head, type"

    def words(self, path: KeyPath) -> list[str]:
        """Return the words that are allowed at a path; an empty list means that any text is."""
        words = [str(word) for word in self.at(path).get("enum", ())]
        return words + list(SPELLINGS) if words == list(TYPES) else words

    def range(self, path: KeyPath) -> str:
        """Return the numbers that are allowed at a path, in words: `from 0 to 999`."""
        node = self.at(path)
        low, above, high = (node.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
        if low is not None and (above is None or low > above):  # a field may have both
            return _("from {low} to {high}", low=low, high=high) if high is not None else _("{low} or more", low=low)
        if above is not None and high is not None:
            return _("more than {above} and at most {high}", above=above, high=high)
        return _("more than {above}", above=above) if above is not None else _("{high} or less", high=high)

    def is_moment(self, path: KeyPath) -> bool:
        """Return whether the value at a path must be a date with time and time zone."""
        return self.at(path).get("format") == FORMAT

    def _resolved(self, node: Schema) -> Schema:
        while "$ref" in node or "anyOf" in node:
            if "$ref" in node:
                node = self._root["$defs"][node["$ref"].rpartition("/")[2]]
            else:
                node = next(branch for branch in node["anyOf"] if branch.get("type") != "null")
        return node


def in_words(pattern: str) -> str:
    """Return a pattern in words."""
    return _(PATTERNS[pattern]) if pattern in PATTERNS else _("of the form {pattern}", pattern=pattern)
