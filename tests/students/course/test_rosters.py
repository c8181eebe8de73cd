"""A roster is read from a table, and everything that is wrong with one is told with its line."""

from pathlib import Path

import pytest

from grader.base.errors import InvalidInput
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people import rosters
from grader.ledger.people.known import students
from grader.ledger.people.rosters import ListedStudent, RosterLine
from grader.students.course.people import the_student
from grader.students.course.rosters import read


@pytest.mark.parametrize(
    "text",
    [
        "student,section,name\nada,A,Ada L.\nbob,,\n",
        "\ufeffName;Student;Section;Group\r\nAda L.; ada ;A;7\r\n;bob\r\n\r\n",
        'student,section,name\n"ada",A,"Ada L."\nbob',
    ],
)
def test_a_table_is_read_in_whatever_order_its_columns_are(text: str) -> None:
    assert read(text, "r.csv") == [RosterLine("ada", "A", "Ada L."), RosterLine("bob")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.csv:1: the first line must name the columns; `student` is missing; known: student, section, name"),
        ("studnet,name\nada,A\n", "is it `studnet`"),
        ("student\nada\nbob\n ada\n", "r.csv:4: `ada` is in line 2 already"),
        ("student,name\n,A\n", "r.csv:2: `student` is empty"),
        (f"student\n{'a' * 257}\n", "r.csv:2: a cell has more than 256 characters"),
        ('student\n"ada\n', "this is no CSV"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(text, "r.csv")
    assert message in str(error.value)


def test_a_roster_is_replaced_and_others_stay(url: str) -> None:
    with Ledger(url) as ledger:
        rosters.replace(ledger, "canvas", "c1", [RosterLine("ada", "A"), RosterLine("bob", "B")])
        rosters.replace(ledger, "canvas", "c2", [RosterLine("ada")])
        rosters.replace(ledger, "canvas", "c1", [RosterLine("cem", "A", "C\0")])
        listed, known = rosters.listed(ledger), students(ledger)

    assert listed == [
        ListedStudent("canvas", "c1", "cem", "A", "C\\x00"),
        ListedStudent("canvas", "c2", "ada", "", ""),
    ]
    assert known == {KnownStudent("canvas", "cem"), KnownStudent("canvas", "ada")}


def test_a_student_is_found_or_the_one_that_was_meant_is_named(tmp_path: Path) -> None:
    known = [KnownStudent("canvas", "ada"), KnownStudent("mooc", "ada"), KnownStudent("mooc", "bob")]

    assert the_student("bob", None, known, "grade x") == KnownStudent("mooc", "bob")
    assert the_student(" ada", "mooc", known, "grade x") == KnownStudent("mooc", "ada")
    for name, platform, message in (
        ("bobb", None, "knows no student `bobb`; did you mean `bob`"),
        ("bob", "canvas", "knows no student `bob`"),
        ("ada", "canvsa", "did you mean `canvas`"),
        ("ada", None, "ada is on several platforms, perhaps as different persons: canvas, mooc"),
    ):
        with pytest.raises(InvalidInput, match=message):
            the_student(name, platform, known, "grade x")
