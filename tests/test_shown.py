"""What a row is shown as."""

from sqlalchemy import String, column

from factcheck.shown import Made, Maybe, Shown

NAME, ON, FIRST, OTHER = (column(name, String) for name in ("name", "on", "first", "other"))
SHOWN = Shown(
    {
        "name": NAME,
        "on": Made(ON, lambda on: on or None),
        "length": Made(ON, len),
        "inner": {"other": OTHER, "maybe": Maybe({"first": FIRST, "name": NAME})},
    }
)


def test_a_column_is_selected_once_however_often_it_is_shown() -> None:
    assert [shown.name for shown in SHOWN.columns] == ["name", "on", "inner_other", "inner_maybe_first"]


def test_a_row_is_shown_nested_and_in_the_order_of_the_description() -> None:
    shown = SHOWN.represent(("Ann", "2022", "o", "f", "what was selected beside it"))
    assert shown == {
        "name": "Ann",
        "on": "2022",
        "length": 4,
        "inner": {"other": "o", "maybe": {"first": "f", "name": "Ann"}},
    }
    assert list(shown) == ["name", "on", "length", "inner"]


def test_an_inner_object_is_null_where_its_first_column_is() -> None:
    assert SHOWN.represent(("Ann", "", "o", None)) == {
        "name": "Ann",
        "on": None,
        "length": 0,
        "inner": {"other": "o", "maybe": None},
    }


def test_values_are_converted_before_anything_is_made_of_them() -> None:
    show = SHOWN.reader([None, lambda on: on * 2, str.upper, None])
    assert show(("Ann", "ab", "o", None)) == {
        "name": "Ann",
        "on": "abab",
        "length": 4,
        "inner": {"other": "O", "maybe": None},
    }


def test_names_of_fields_are_text_and_never_code() -> None:
    name = "a'] + __import__('os').getcwd() + ['"
    assert Shown({name: NAME}).represent(("Ann",)) == {name: "Ann"}
