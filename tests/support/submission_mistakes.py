"""Submissions with one mistake each: its code, line and column, and words of its message."""

from grader import kinds

HEADER = "exercise: sample-heads\nclaims:\n"
GOOD = HEADER + "  - layer: 1\n    head: 5\n    type: positional\n"
BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def claim(text: str) -> str:
    """Return a submission with one claim, which starts on line 3 at column 5."""
    return f"{HEADER}  - {text}\n"


def rest(text: str) -> str:
    """Return a claim about layer 1, head 5; the rest of it starts at column 25."""
    return claim(f"{{layer: 1, head: 5, {text}}}")


TYPES = ", ".join([*kinds.TYPES, *kinds.SPELLINGS])
RELATIONS = ", ".join(kinds.PARAMETERS["relation"].values.words)
CLAIM_KEYS = "layer, head, type, offset, relation, direction, note, evidence, matters, companions, feeds"
NAMES = "lower-case words and digits joined by hyphens"

ONE_MISTAKE: dict[str, tuple[str | bytes, str, int, int, str]] = {
    # not text, or not YAML
    "empty file": ("", "empty", 1, 1, "the file is empty"),
    "only comments": ("# soon\n\n", "empty", 1, 1, "the file is empty"),
    "only a document mark": ("---\n", "empty", 1, 1, "the file is empty"),
    "a sentence": ("I saw it in layer five", "not-a-mapping", 1, 1, "`exercise:`, `claims:`"),
    "a number": ("5", "not-a-mapping", 1, 1, "`exercise:`, `claims:`"),
    "a list": ("- layer: 1", "not-a-mapping", 1, 1, "`exercise:`, `claims:`"),
    "10 MB": (b"#" * 10_000_000, "too-large", 1, 1, "the limit is 256 KB"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "binary", 1, 1, "not a text file in YAML or JSON"),
    "an office document": (b"PK\x03\x04\x14\0", "binary", 1, 1, "office document"),
    "a zero byte": (GOOD.encode() + b"x\0", "binary", 6, 2, "not a text file"),
    "random bytes": (bytes(range(128, 256)), "not-utf8", 1, 1, "save the file as UTF-8"),
    "Latin-1": (GOOD.encode() + b"    note: caf\xe9\n", "not-utf8", 6, 14, "save the file as UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), "not-utf8", 1, 1, "save it as UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "binary", 1, 2, "not saved as UTF-8"),
    "an escape sequence": (GOOD + "    note: \x1b[2J\n", "control-character", 6, 11, "`\\x1b`"),
    "an escaped escape": (GOOD + '    note: "\\e[2J"\n', "control-character", 6, 11, "`\\x1b`"),
    "half a surrogate pair": (rest('type: induction, note: "\\ud83d"'), "yaml-syntax", 3, 51, "double quotes"),
    "tabs": (HEADER + "\t- layer: 1\n", "tab", 3, 1, "spaces"),
    "a tab further down": (HEADER + "  - layer: 1\n  \thead: 1\n", "tab", 4, 3, "spaces"),
    "a colon in a note": (GOOD + "    note: look: bright\n", "yaml-syntax", 6, 15, "in quotes"),
    "an open quote": (GOOD + "    note: 'tis bright\n", "yaml-syntax", 6, 11, "not closed"),
    "an open bracket": (claim("{layer: 1, head: 2"), "yaml-syntax", 4, 1, "not closed"),
    "crooked keys": (HEADER + "  - layer: 1\n   head: 2\n", "yaml-syntax", 4, 4, "same column"),
    "no space after the colon": (HEADER + "  - layer:1\n    head: 2\n", "yaml-syntax", 4, 9, "space after its colon"),
    "two documents": (GOOD + "---\n" + GOOD, "several-documents", 6, 1, "a file may hold only one"),
    "an alias bomb": (BOMB, "alias", 1, 4, "in quotes"),
    "an alias alone": (GOOD + "    note: *bright\n", "alias", 6, 11, "begins with *"),
    "an anchor": (GOOD + "    note: &x y\n", "alias", 6, 11, "begins with &"),
    "a merge key": (GOOD + "    <<: {note: x}\n", "merge-key", 6, 5, "write the keys out"),
    "a python tag": (GOOD + "    note: !!python/object/apply:os.system [ls]\n", "tag", 6, 11, "`!!python/object/app"),
    "a local tag": (GOOD + "    note: !important\n", "tag", 6, 11, "in quotes"),
    "a binary tag": (GOOD + "    note: !!binary aGk=\n", "tag", 6, 11, "`!!binary`"),
    "10,000 brackets": ("claims: " + "[" * 10_000, "too-deep", 1, 41, "32 levels"),
    "10,000 braces": ("claims: " + "{a: " * 10_000, "too-deep", 1, 137, "32 levels"),
    "10,000 dashes": ("claims:\n" + "- " * 10_000, "too-deep", 2, 65, "32 levels"),
    "a list for a key": (GOOD + "    [a, b]: c\n", "bad-key", 6, 5, "a single word"),
    # keys
    "an unknown key": (
        GOOD + "studnet: ada\n",
        "unknown-key",
        6,
        1,
        "exercise, claims, student, gallery, gallery_name; did you mean `student`?",
    ),
    "an unknown key in a claim": (GOOD + "    nte: x\n", "unknown-key", 6, 5, f"{CLAIM_KEYS}; did you mean `note`?"),
    "a number for a key": (GOOD + "5: x\n", "unknown-key", 6, 1, "exercise, claims, student"),
    "a key misspelt": (claim("{leyer: 1, head: 5, type: induction}"), "unknown-key", 3, 6, "did you mean `layer`?"),
    "another word for a key": (claim("{layer: 1, head: 5, kind: induction}"), "unknown-key", 3, 25, "mean `type`?"),
    "a Korean key": (claim("{층: 1, head: 5, type: induction}"), "unknown-key", 3, 6, "did you mean `layer`?"),
    "a capital": (claim("{layer: 1, Head: 5, type: induction}"), "unknown-key", 3, 16, "did you mean `head`?"),
    "no space inside braces": (claim("{layer:1, head: 5, type: induction}"), "unknown-key", 3, 6, "`layer: 1`"),
    "a key twice": (GOOD + "    head: 6\n", "duplicate-key", 6, 5, "first on line 4, again on line 6"),
    "a section twice": (GOOD + "claims: []\n", "duplicate-key", 6, 1, "first on line 2, again on line 6"),
    "no layer": (claim("{head: 5, type: induction}"), "missing-key", 3, 5, "required: layer, head, type"),
    "no type": (claim("{layer: 1, head: 5}"), "missing-key", 3, 5, "required: layer, head, type"),
    "no claims": ("exercise: sample-heads\n", "missing-key", 1, 1, "required: exercise, claims"),
    "no exercise": (GOOD.partition("\n")[2], "missing-key", 1, 1, "required: exercise, claims"),
    # claims
    "claims as a mapping": (HEADER + "  layer: 1\n  head: 5\n", "wrong-type", 3, 3, "a list (each item"),
    "null claims": (HEADER, "wrong-type", 2, 8, "a list (each item"),
    "claims as text": (HEADER.rstrip() + " L1H5\n", "wrong-type", 2, 9, "a list (each item"),
    "no claim at all": (HEADER.rstrip() + " []\n", "too-short", 2, 9, "at least 1 item"),
    "a claim as text": (claim("L5H10 previous token"), "wrong-type", 3, 5, "write layer: 5, head: 10"),
    "a null claim": (claim(""), "wrong-type", 3, 4, "`layer:`, `head:`, `type:`"),
    "a claim as a list": (claim("[1, 5]"), "wrong-type", 3, 5, "`layer:`, `head:`, `type:`"),
    # layer and head
    "5.10": (
        claim("{layer: 1, head: 5.10, type: induction}"),
        "head-notation",
        3,
        22,
        "5.10 as the number 5.1; write layer: 5, head: 10",
    ),
    "5.1": (claim("{layer: 5.1, head: 0, type: induction}"), "head-notation", 3, 13, "write layer: 5, head: 1"),
    "5.0": (claim("{layer: 5.0, head: 0, type: induction}"), "head-notation", 3, 13, "write layer: 5, head: 0"),
    "L5H10": (claim("{layer: L5H10, head: 0, type: induction}"), "head-notation", 3, 13, "write layer: 5, head: 10"),
    "quoted 5.10": (
        claim("{layer: '5.10', head: 0, type: induction}"),
        "head-notation",
        3,
        13,
        "write layer: 5, head: 10",
    ),
    "a quoted number": (claim('{layer: "5", head: 0, type: induction}'), "wrong-type", 3, 13, "write 5 without quotes"),
    "a leading zero": (claim("{layer: 010, head: 0, type: induction}"), "wrong-type", 3, 13, "write 10 instead"),
    "a word": (claim("{layer: five, head: 0, type: induction}"), "wrong-type", 3, 13, "a whole number"),
    "yes": (claim("{layer: yes, head: 0, type: induction}"), "wrong-type", 3, 13, "not `yes`"),
    "true": (claim("{layer: true, head: 0, type: induction}"), "wrong-type", 3, 13, "not `true`"),
    "a null layer": (claim("{layer: , head: 0, type: induction}"), "wrong-type", 3, 13, "not nothing"),
    "a list for a layer": (claim("{layer: [1], head: 0, type: induction}"), "wrong-type", 3, 13, "not a list"),
    "a sexagesimal": (
        claim("{layer: 5:10, head: 0, type: induction}"),
        "head-notation",
        3,
        13,
        "write layer: 5, head: 10",
    ),
    "NaN": (claim("{layer: .nan, head: 0, type: induction}"), "not-finite", 3, 13, "`.nan`"),
    "minus infinity": (claim("{layer: -.inf, head: 0, type: induction}"), "not-finite", 3, 13, "`-.inf`"),
    "1e400": (claim("{layer: 1e400, head: 0, type: induction}"), "not-finite", 3, 13, "`1e400`"),
    "5,000 digits": (claim(f"{{layer: {'9' * 5000}, head: 0, type: induction}}"), "out-of-range", 3, 13, "18 digits"),
    "a huge layer": (claim("{layer: 5000000, head: 0, type: induction}"), "no-such-head", 3, 13, "layers are 0 to 11"),
    "a negative layer": (claim("{layer: -1, head: 0, type: induction}"), "no-such-head", 3, 13, "layers are 0 to 11"),
    "layer 12 of 12": (
        claim("{layer: 12, head: 0, type: induction}"),
        "no-such-head",
        3,
        13,
        "L12H0 does not exist in sample",
    ),
    "head 12 of 12": (claim("{layer: 0, head: 12, type: induction}"), "no-such-head", 3, 22, "heads are 0 to 11"),
    # kinds
    "an unknown kind": (rest("type: induktion"), "unknown-type", 3, 31, f"{TYPES}; did you mean `induction`?"),
    "a kind in other dress": (rest("type: Previous-Token"), "unknown-type", 3, 31, "write `type: previous_token`"),
    "a kind that is far off": (rest("type: qqq"), "unknown-type", 3, 31, TYPES),
    "a number for a kind": (rest("type: 5"), "unknown-type", 3, 31, TYPES),
    "a null kind": (rest("type: null"), "unknown-type", 3, 31, TYPES),
    "an unknown relation": (rest("type: syntactic, relation: subject_verb"), "unknown-relation", 3, 52, RELATIONS),
    "an unknown direction": (
        rest("type: syntactic, relation: object_verb, direction: backwards"),
        "unknown-direction",
        3,
        76,
        "did you mean `backward`?",
    ),
    "no relation": (rest("type: syntactic"), "missing-key", 3, 5, RELATIONS),
    "a relation too many": (
        rest("type: induction, relation: object_verb"),
        "does-not-fit",
        3,
        52,
        "belongs to syntactic heads",
    ),
    "an offset too many": (rest("type: induction, offset: -1"), "does-not-fit", 3, 50, "belongs to positional heads"),
    "offset 0": (rest("type: positional, offset: 0"), "does-not-fit", 3, 51, "use -1 for the previous token or +1"),
    "offset 65": (rest("type: positional, offset: 65"), "out-of-range", 3, 51, "from -64 to 64"),
    "a quoted offset": (rest("type: positional, offset: '+1'"), "wrong-type", 3, 51, "write 1 instead"),
    "a spelling against its offset": (
        rest("type: previous_token, offset: -2"),
        "does-not-fit",
        3,
        55,
        "means offset -1",
    ),
    "the next token in a decoder": (rest("type: next_token"), "looks-ahead", 3, 31, "but sample is a decoder"),
    "an offset ahead in a decoder": (rest("type: positional, offset: +1"), "looks-ahead", 3, 51, "a negative offset"),
    "forward in a decoder": (
        rest("type: syntactic, relation: object_verb, direction: forward"),
        "looks-ahead",
        3,
        76,
        "direction backward",
    ),
    # text
    "a number for a note": (rest("type: induction, note: 12"), "wrong-type", 3, 48, 'put it in quotes: "12"'),
    "true for a note": (rest("type: induction, note: true"), "wrong-type", 3, 48, 'put it in quotes: "true"'),
    "a very long note": (rest(f"type: induction, note: {'x' * 2001}"), "too-long", 3, 48, "the limit is 2000"),
    "a very long evidence": (rest(f"type: induction, evidence: {'x' * 401}"), "too-long", 3, 52, "the limit is 400"),
    "empty evidence": (rest("type: induction, evidence: ''"), "too-short", 3, 52, "leave the key out"),
    "evidence without words": (rest("type: induction, evidence: '... _ !'"), "no-words", 3, 52, "give a sentence"),
    "a number for the student": (GOOD + "student: 123\n", "wrong-type", 6, 10, 'put it in quotes: "123"'),
    "a path for the student": (GOOD + "student: ../ada\n", "bad-name", 6, 10, "letters, digits"),
    "a newline in the student": (GOOD + 'student: "ada\\n"\n', "bad-name", 6, 10, "`ada\\n`"),
    # the exercise
    "an unknown exercise": (
        GOOD.replace("sample-heads", "sampel-heads"),
        "unknown-exercise",
        1,
        11,
        "did you mean `sample-heads`?",
    ),
    "a path": (GOOD.replace("sample-heads", "../../etc/passwd"), "bad-name", 1, 11, NAMES),
    "an absolute path": (GOOD.replace("sample-heads", "/etc/passwd"), "bad-name", 1, 11, NAMES),
    "a windows path": (GOOD.replace("sample-heads", "C:\\heads"), "bad-name", 1, 11, NAMES),
    "a dot": (GOOD.replace("sample-heads", "."), "bad-name", 1, 11, NAMES),
    "a very long name": (GOOD.replace("sample-heads", "a" * 10_000), "too-long", 1, 11, "the limit is 64"),
    "a number for the exercise": (GOOD.replace("sample-heads", "5"), "wrong-type", 1, 11, 'put it in quotes: "5"'),
    "a null exercise": (GOOD.replace("sample-heads", ""), "wrong-type", 1, 10, "must be text, not nothing"),
    # several claims
    "the same claim twice": (
        GOOD + "  - {layer: 1, head: 5, type: positional}\n",
        "duplicate-claim",
        6,
        5,
        "L1H5 as positional:-1 is claimed already, on line 3",
    ),
    "the same claim in other words": (
        GOOD + "  - {layer: 1, head: 5, type: previous_token}\n",
        "duplicate-claim",
        6,
        5,
        "on line 3",
    ),
    "more claims than the budget": (
        HEADER
        + "".join(f"  - {{layer: 1, head: {n % 12}, type: positional, offset: {-1 - n // 12}}}\n" for n in range(14)),
        "too-many-claims",
        15,
        5,
        "14 claims, but sample-heads takes 12 at most",
    ),
}
