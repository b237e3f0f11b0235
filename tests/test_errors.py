"""The errors as objects: what they show, and that they survive copying and pickling."""

import copy
import doctest
import pickle

import pytest

from s2sgrad import errors
from s2sgrad.errors import DifferentiationError, Location

SUBCLASSES = [
    errors.UnsupportedSyntaxError,
    errors.NonDifferentiableError,
    errors.NotScalarError,
    errors.SourceNotFoundError,
    errors.JitError,
]


def shown(*place):
    return str(DifferentiationError("wrong", Location("m.py", *place))).split("\n")


def test_shows_message_file_line_and_caret_without_the_indentation():
    assert shown(3, 9, "    y = foo(x)") == ["wrong", '  File "m.py", line 3', "    y = foo(x)", "        ^"]


def test_carets_span_the_expression():
    assert shown(3, 9, "    y = foo(x)", 15, 3)[-1] == "        ^^^^^^"


def test_carets_stop_at_the_end_of_the_line_of_what_goes_on_below():
    assert shown(3, 5, "y = foo(x,  ", 4, 5)[-1] == "        ^^^^^^"


def test_a_tab_before_the_caret_stays_a_tab():
    assert shown(1, 6, "\ty =\tfoo", 9, 1)[-2:] == ["    y =\tfoo", "       \t^^^"]


def test_wide_and_combining_characters_are_counted_in_terminal_columns():
    assert shown(1, 5, "数 = x", 6, 1)[-1] == "    " + "     ^"
    assert shown(1, 6, "e\u0301 = x", 7, 1)[-1] == "    " + "    ^"


@pytest.mark.parametrize("offset", [0, 1, 4, 40])
def test_a_column_out_of_the_text_still_has_one_caret(offset):
    assert shown(1, offset, "    y")[-1].strip() == "^"


def test_an_unknown_line_is_left_out():
    assert shown(3, 1, "") == ["wrong", '  File "m.py", line 3']


def test_attributes_are_those_of_syntax_error():
    error = DifferentiationError("wrong", Location("m.py", 3, 9, "    y = foo(x)"))
    assert (error.filename, error.lineno, error.offset, error.text) == ("m.py", 3, 9, "    y = foo(x)")
    assert error.args == ("wrong",)


def test_without_a_location_the_attributes_are_none():
    error = DifferentiationError("wrong")
    assert (error.filename, error.lineno, error.offset, error.text) == (None,) * 4
    assert str(error) == "wrong"


@pytest.mark.parametrize("kind", [DifferentiationError, *SUBCLASSES])
@pytest.mark.parametrize("place", [None, Location("m.py", 3, 9, "    y = foo(x)", 15, 3)])
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_and_pickles(kind, place, clone):
    error = kind("wrong", place)
    error.add_note("in the loss")
    twin = clone(error)
    assert type(twin) is kind
    assert str(twin) == str(error)
    assert twin.location == place
    assert twin.__notes__ == ["in the loss"]


@pytest.mark.parametrize("kind", SUBCLASSES)
def test_each_is_caught_as_a_differentiation_error_and_documents_wrong_and_right(kind):
    assert issubclass(kind, DifferentiationError)
    assert "Wrong::" in kind.__doc__
    assert "Right:" in kind.__doc__


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(errors).failed == 0
