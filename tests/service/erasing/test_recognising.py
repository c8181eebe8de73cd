"""A student is recognised in what names no owner, and nobody else is taken for them."""

import base64
import json

import pytest

from grader.ledger import KnownStudent
from grader.ledger.people.footprint import LetterText
from grader.service.erasing.recognising import Recognised

ADA = Recognised(KnownStudent("canvas", "ada"), frozenset({"ada", " ada"}), frozenset({"s-1"}))
KOREAN = Recognised(KnownStudent("canvas", "한별"), frozenset({"한별"}), frozenset())


@pytest.mark.parametrize(
    ("text", "is_hers"),
    [
        ("student: ada", True),
        ("adam and Ada", False),
        ("ada-1", True),
        (base64.b64encode(b'{"student": "ada", "more": "words"}').decode(), True),
        (base64.b64encode(b'{"student": "adam", "more": "words"}').decode(), False),
    ],
)
def test_a_name_is_a_word_of_its_own_also_where_it_is_packed(text: str, is_hers: bool) -> None:
    assert ADA.names(text) == is_hers


def test_a_name_is_found_as_json_escapes_it() -> None:
    assert KOREAN.names(json.dumps({"student": "한별"}))
    assert KOREAN.words.search('{"a": "한별"}'.encode()) is None  # letters alone, which may be an ordinary word


@pytest.mark.parametrize(
    ("fields", "is_hers"),
    [
        ({"id": "s-1"}, True),
        ({"id": "s-2", "student": "ada\u200d", "submission": ""}, True),
        ({"id": "s-2", "student": "bob", "submission": "student: ada"}, False),
        ({"id": "s-2", "submission": "student: ada"}, True),
        ({"id": "s-2", "result": json.dumps({"student": "ada"})}, True),
        ({"id": "s-2", "result": json.dumps({"student": None})}, False),
    ],
)
def test_an_entry_is_the_students_by_its_id_its_field_or_its_document(fields: dict[str, str], is_hers: bool) -> None:
    assert ADA.owns_entry(fields) == is_hers


@pytest.mark.parametrize(
    ("source", "content", "is_hers"),
    [
        ("intake:canvas", json.dumps({"student": "ada"}), True),
        ("intake:moodle", json.dumps({"student": "ada"}), False),
        ("intake:canvas", '{"student": "ada", "subm', True),
        ("dead:celery/celery", json.dumps({"raw": base64.b64encode(b"a message for ada at last").decode()}), True),
        ("dead:celery/celery", json.dumps({"raw": "nothing"}), False),
    ],
)
def test_a_dead_letter_is_the_students_if_it_names_her(source: str, content: str, is_hers: bool) -> None:
    assert ADA.owns_letter(LetterText(1, source, content)) == is_hers


def test_in_a_log_only_whole_ids_lead_to_a_student() -> None:
    found = [match[0] for match in ADA.words.finditer(b"canvas/s-1 canvas/s-11 moodle/s-1 xcanvas/s-1 ada")]

    assert found == [b"canvas/s-1"]
    assert Recognised(ADA.who, frozenset({"ada"}), frozenset()).words.search(b"ada canvas/s-1") is None
