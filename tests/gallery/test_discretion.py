import pytest

from grader.gallery.discretion import Discretion

OTHERS = ("bob42", "king", "user_7x", "20231234", "7", "김민수")


@pytest.mark.parametrize(
    ("login", "raw", "shown"),
    [
        ("ada", "I, Ada, am not adamant", "I, [hidden], am not adamant"),
        ("ada", "github.com/ada/x, ada_, 'ada'", "github.com/[hidden]/x, [hidden]_, '[hidden]'"),
        ("ada", "\uff41\uff44\uff41, ÁDA and a\u200bd\u00ada", "[hidden], [hidden] and [hidden]"),
        ("ada", "ada는 왔다", "[hidden]는 왔다"),
        ("ada.lovelace@uni.example", "Ada Lovelace, adalovelace, ADA_LOVELACE", "[hidden], [hidden], [hidden]"),
        ("ada.lovelace@uni.example", "a lace for ada", "a lace for ada"),
        ("김민수", "김민수는 여기를 본다", "[hidden]는 여기를 본다"),
        ("a", "a head looks at a token", "a head looks at a token"),
        ("7", "7 heads", "7 heads"),
        (
            "zoe",
            "ask bob42, bob42's or USER_7X; 20231234 knows",
            "ask [hidden], [hidden]'s or [hidden]; [hidden] knows",
        ),
        ("zoe", "the king has 7 keys", "the king has 7 keys"),
        ("zoe", "x.y+z@uni.example, x [at] uni (dot) example", "[hidden], [hidden]"),
        ("zoe", "x at uni dot example, @zed", "[hidden], [hidden]"),
        ("zoe", "0.9 at offset -1 @ position 3", "0.9 at offset -1 @ position 3"),
        ("zoe", "", ""),
    ],
)
def test_logins_and_addresses_are_hidden_and_words_are_not(login: str, raw: str, shown: str) -> None:
    assert Discretion((*OTHERS, login)).text(raw, login) == shown


@pytest.mark.parametrize(
    ("login", "name"),
    [
        ("ada", "Ada"), ("ada", "The ada"), ("ada", "Adamant"), ("ada.lovelace", "Ada Lovelace"), ("a", "A"),
        ("a", "A. B"), ("ada@uni.example", "ada"), ("zoe", "King"), ("zoe", "bob42 fan"), ("zoe", "B-o-b 42"),
        ("김민수", "김민수"),
    ],
)  # fmt: skip
def test_a_name_that_gives_a_login_away_is_not_shown(login: str, name: str) -> None:
    assert Discretion((*OTHERS, login)).name(name, login) is None


@pytest.mark.parametrize(
    ("login", "name"), [("a", "Clara"), ("ada", "Grace"), ("zoe", "Kingfisher"), ("7", "Route 66")]
)
def test_any_other_name_is_the_students_choice(login: str, name: str) -> None:
    assert Discretion((*OTHERS, login)).name(name, login) == name
