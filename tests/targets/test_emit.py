"""The text that `emit` writes: read back, it is the same tree; to a reader, it is what a person would have typed."""

import os
import sys
import time

import gast
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2sgrad.targets.emit import WIDTH, Comment, phrase, write


def module(*statements):
    return gast.Module(list(statements), [])


def parsed(text):
    return gast.dump(gast.parse(text))


def expression(text):
    return gast.parse(text).body[0].value


def name(identifier):
    return gast.Name(identifier, gast.Load(), None, None)


def constant(value):
    return gast.Constant(value, None)


def rewritten(text):
    return write(gast.parse(text)).text


# --- what is printed exactly as it stands here -------------------------------------------------------------

EXPRESSIONS = """
a + (b + c)
a + b + c
a - (b - c)
a - b + c
a * (b * c)
a * (b / c)
a / b * c
(a + b) * c
a @ (b @ c)
-x**2
(-x) ** 2
(-1) ** 2
2**-x
a**b**c
(a**b) ** c
f(x) ** 2
x.y**0.5
(x + 1) ** (y - 1)
2 ** f(x)
-(-x)
--x
-(a + b)
not a
not (a and b)
not a and b
(a and b) and c
a and b and c
a or b and c
(a or b) and c
a < b < c
(a < b) < c
a < (b < c)
a not in b
not a in b
a is not None
(a == b) + 1
a if b else c
a if b else c if d else e
(a if b else c) if d else e
a if (b if c else d) else e
(a if b else c) + 1
f(a if b else c)
lambda: 0
lambda x, y=1, *args, k=2, **kwargs: x + y
lambda x, /, y, *, k: x
(lambda x: x)(1)
(lambda: a) if b else c
f(x for x in xs)
f((x for x in xs), 1)
f(*args, k=1, **kwargs)
f(*(a or b))
f((y := x), 2)
f((a, b))
f(a)(b)[c].d
(a + b).T
(a, b)[0]
(1).real
1.0.real
a[1:, ::2]
a[i, j]
a[()]
a[x,]
a[i + 1 :]
a[: -1]
a[:-1]
a[::2]
a[f(i) : f(j)]
a[lo:hi:step]
a[..., None]
a[*rows, 0]
a[(y := 1)]
a[(b, c), d]
[a, *b]
{*a, b}
{"k": 1, **rest}
{k: v for k, v in items if k if v}
[x for x in (a if b else c)]
[x for x in xs if (a if b else c)]
{x for (x,) in xs}
[(a, b) for a, b in zip(c, d)]
(a, *b)
(a,)
()
[]
{}
a | b ^ c & d << e + f
(a | b) & c
~a
~(a | b)
"text"
'say "no"'
"it's"
"\\n\\t\\\\"
b"bytes"
u"old"
f"{x} and {y!r:>{width}}"
f"{x['k']} it's"
f"{{literal}} {x:.3f}"
f"{ {1: 2}[1]}"
f"{(lambda: 1)()}"
f"{(lambda: 1)}"
...
None
True
1e308
1e-07
2j
0.1
(await f(x)) ** 2
-await f(x)
""".strip().splitlines()
NORMALISED = {"-(-x)": "--x", "a[: -1]": "a[:-1]", "(await f(x)) ** 2": "await f(x) ** 2"}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expression_is_printed_as_typed(text):
    assert phrase(expression(text)) == NORMALISED.get(text, text)


PROGRAM = '''"""A module."""

from __future__ import annotations
import numpy as np
from .there import a as b, c

LIMIT = 1


def first(x, y: int = 2, /, z=3, *args: int, k, m: float = 1.5, **kwargs) -> float:
    """Says what it does.

    And more, with \\\\ and "quotes".
    """
    global LIMIT
    a, b = x, y
    a = b = (x, y)
    (a,) = x
    a += 1
    z: int = 3
    z: float
    (z): float
    x.y: int = 0
    for i, j in zip(x, y):
        continue
    else:
        pass
    for i in 1, 2:
        break
    while x := f(x):
        del a[0], b
    else:
        x = None
    if x:
        return
    elif y:
        return (x,)
    elif z:
        return x, *y
    else:
        if a:
            raise ValueError("no") from None
        x = 1
    with open(x) as f, open(y) as (g, h):
        assert x == y, "message"
    with open(x):
        raise
    try:
        x = yield
        yield x, y
    except (ValueError, TypeError) as error:
        print(error)
    except KeyError:
        pass
    finally:
        x = yield from y

    def inner():
        nonlocal x
        return (yield x)

    return lambda: inner


@decorated
@decorated.twice(1)
class Thing(Base, metaclass=Meta):
    """A thing."""

    size = 1

    def method(self):
        return self

    @property
    async def other(self):
        async with self as x:
            async for y in x:
                await y


class Empty:
    pass


first(1, 2)
'''


def test_program_is_printed_as_typed():
    assert rewritten(PROGRAM) == PROGRAM


def test_nothing_is_printed_for_an_empty_module():
    assert write(module()).text == ""


@pytest.mark.parametrize("text", ["match x:\n    case 1:\n        pass\n"])
def test_statements_outside_the_language_are_refused_by_name(text):
    with pytest.raises(TypeError, match="Match"):
        rewritten(text)


# --- constants made by a compiler, which no parser gives ----------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1.0, "-1.0"),
        (-0.0, "-0.0"),
        (1 + 2j, "1.0 + 2j"),
        (1 - 2j, "1.0 - 2j"),
        (float("inf"), 'float("inf")'),
        (complex(-0.0, 1.0), "complex(-0.0, 1.0)"),
        (1e22, "1e22"),
        ((1, -2), "(1, -2)"),
        ((1,), "(1,)"),
    ],
)
def test_constant(value, text):
    assert phrase(constant(value)) == text
    assert repr(eval(text)) == repr(value)


def test_negative_constants_are_put_in_parentheses_where_a_sign_would_bind_less():
    square = gast.BinOp(constant(-1.0), gast.Pow(), constant(2))
    assert phrase(square) == "(-1.0) ** 2"
    assert phrase(gast.BinOp(constant(2.0), gast.Pow(), constant(-1))) == "2.0**-1"
    assert phrase(gast.BinOp(constant(-2), gast.Mult(), name("x"))) == "-2 * x"
    assert phrase(gast.Attribute(constant(-2), "real", gast.Load())) == "(-2).real"
    assert phrase(gast.BinOp(constant(1 + 2j), gast.Mult(), name("x"))) == "(1.0 + 2j) * x"


@given(st.one_of(st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary()))
def test_constants_keep_their_value(value):
    assert repr(eval(phrase(constant(value)))) == repr(value)
    assert repr(eval(phrase(gast.Tuple([constant(value)], gast.Load())))) == repr((value,))


@given(st.text())
def test_docstrings_and_f_strings_keep_their_text(value):
    body = [gast.Expr(constant(value)), gast.Pass()]
    arguments = gast.arguments([], [], None, [], [], None, [])
    text = write(module(gast.FunctionDef("f", arguments, body, [], None, None, []))).text
    space = {}
    exec(text, space)
    assert space["f"].__doc__ == value
    assert all(line == line.rstrip(" ") for line in text.split("\n"))
    joined = gast.JoinedStr([constant(value), gast.FormattedValue(constant("'"), -1, None), constant(value)])
    assert eval(phrase(joined)) == value + "'" + value


# --- random trees: structure exactly kept, no parenthesis too many --------------------------------------------

BINARY = [gast.Add, gast.Sub, gast.Mult, gast.Div, gast.Pow, gast.MatMult, gast.FloorDiv, gast.Mod]
BINARY += [gast.LShift, gast.RShift, gast.BitOr, gast.BitXor, gast.BitAnd]
leaves = st.sampled_from("abcd").map(name)


def larger(trees):
    few = st.lists(trees, min_size=2, max_size=3)
    no_arguments = gast.arguments([], [], None, [], [], None, [])
    return st.one_of(
        st.builds(lambda a, op, b: gast.BinOp(a, op(), b), trees, st.sampled_from(BINARY), trees),
        st.builds(
            lambda op, a: gast.UnaryOp(op(), a), st.sampled_from([gast.USub, gast.Not, gast.Invert]), trees
        ),
        st.builds(lambda op, v: gast.BoolOp(op(), v), st.sampled_from([gast.And, gast.Or]), few),
        st.builds(lambda v: gast.Compare(v[0], [gast.Lt() for _ in v[1:]], v[1:]), few),
        st.builds(gast.IfExp, trees, trees, trees),
        st.builds(lambda a: gast.Lambda(no_arguments, a), trees),
    )


def displays(trees):
    load = gast.Load()
    return st.one_of(
        larger(trees),
        st.builds(lambda a: gast.Attribute(a, "T", load), trees),
        st.builds(
            lambda f, a, k: gast.Call(f, a, [gast.keyword("k", k)]), trees, st.lists(trees, max_size=2), trees
        ),
        st.builds(lambda v: gast.Tuple(v, load), st.lists(trees, max_size=3)),
        st.builds(
            lambda a, v: gast.List([gast.Starred(a, load), *v], load), trees, st.lists(trees, max_size=3)
        ),
        st.builds(lambda k, v: gast.Dict([k, None], [v, k]), trees, trees),
        st.builds(lambda a, i: gast.Subscript(a, i, load), trees, trees),
        st.builds(
            lambda a, i, j, k: gast.Subscript(
                a, gast.Tuple([gast.Slice(i, j, None), gast.Slice(None, k, i)], load), load
            ),
            *[trees] * 4,
        ),
        st.builds(lambda a: gast.NamedExpr(gast.Name("n", gast.Store(), None, None), a), trees),
        st.builds(
            lambda a: gast.JoinedStr([constant("{'"), gast.FormattedValue(a, -1, None)]), larger(leaves)
        ),
        st.builds(
            lambda a, b, c: gast.ListComp(
                a, [gast.comprehension(gast.Name("n", gast.Store(), None, None), b, [c], 0)]
            ),
            *[trees] * 3,
        ),
    )


@given(st.recursive(leaves, displays, max_leaves=30), st.sampled_from([gast.Expr, gast.Return, None]))
@settings(max_examples=150, deadline=None)
def test_random_trees_are_read_back_as_they_were(tree, statement):
    target = gast.Name("result", gast.Store(), None, None)
    tree = module(statement(tree) if statement else gast.Assign([target], tree, None))
    text = write(tree).text
    if statement is not gast.Return:
        assert parsed(text) == gast.dump(tree)
    assert gast.dump(
        gast.parse("def f():\n    " + text.replace("\n", "\n    ")).body[0].body[0]
    ) == gast.dump(tree.body[0])


def pairs(text):
    opened = []
    for i, character in enumerate(text):
        if character == "(":
            opened.append(i)
        elif character == ")":
            yield opened.pop(), i


@given(st.recursive(leaves, larger, max_leaves=12))
@settings(max_examples=150, deadline=None)
def test_no_pair_of_parentheses_could_be_left_out(tree):
    text = phrase(tree)
    for start, end in pairs(text):
        shorter = f"{text[:start]} {text[start + 1 : end]} {text[end + 1 :]}".strip()
        try:
            assert gast.dump(expression(shorter)) != gast.dump(tree), text
        except SyntaxError:
            pass


# --- lines ------------------------------------------------------------------------------------------------------


def test_long_headers_calls_and_displays_are_broken_one_item_a_line():
    names = [f"parameter_{i}" for i in range(12)]
    text = f"def f({', '.join(names)}, k=1, **rest):\n    x = g({', '.join(names)})\n    y = ({', '.join(names)})\n"
    lines = rewritten(text).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[:3] == ["def f(", "    parameter_0,", "    parameter_1,"]
    assert lines[13:16] == ["    k=1,", "    **rest,", "):"]
    assert lines[16:18] == ["    x = g(", "        parameter_0,"]
    assert lines[28:30] == ["        parameter_11,", "    )"]
    assert parsed("\n".join(lines)) == parsed(text)


def test_what_fits_on_one_line_between_its_brackets_stays_on_one():
    text = "the_result_of_it_all = function_with_a_long_name(some_argument + 1, another_argument[0], third_argument)"
    expected = (
        "the_result_of_it_all = function_with_a_long_name(\n"
        "    some_argument + 1, another_argument[0], third_argument\n"
        ")\n"
    )
    assert rewritten(text) == expected


def test_long_sums_are_broken_before_their_operators():
    term = "coefficient[i] * np.exp(-decay * time[i])"
    assert rewritten(f"total = {term} + {term} - {term}") == (
        f"total = (\n    {term}\n    + {term}\n    - {term}\n)\n"
    )
    assert rewritten(f"return_value = f({term} + {term} - {term}, 1)") == (
        f"return_value = f(\n    {term}\n    + {term}\n    - {term},\n    1,\n)\n"
    )


@pytest.mark.parametrize("symbol", ["+", "*", "-"])
def test_two_thousand_terms_need_no_recursion(symbol):
    tree = name("x0")
    operator = {"+": gast.Add, "-": gast.Sub, "*": gast.Mult}[symbol]()
    for i in range(1, 2000):
        tree = gast.BinOp(tree, operator, name(f"x{i}"))
    limit = sys.getrecursionlimit()
    text = write(module(gast.Assign([gast.Name("s", gast.Store(), None, None)], tree, None))).text
    assert sys.getrecursionlimit() == limit
    assert text.split() == f"s = ( {f' {symbol} '.join(f'x{i}' for i in range(2000))} )".split()
    space = {f"x{i}": 1 for i in range(2000)}
    exec(text, space)
    assert space["s"] == {"+": 2000, "-": -1998, "*": 1}[symbol]


def test_alternating_operators_need_no_recursion():
    tree = name("x")
    for i in range(3000):
        tree = gast.BinOp(tree, gast.Add() if i % 2 else gast.Mult(), name("x"))
    assert phrase(tree).startswith("(((")


# --- comments and origins -----------------------------------------------------------------------------------------


def test_comments_stand_before_what_they_belong_to():
    tree = gast.parse("import numpy\ndef f(x):\n    if x:\n        pass\n    return x\ndef g():\n    pass\n")
    f = tree.body[1]
    f.body[0].body = [Comment("nothing to do")]
    f.body.insert(0, Comment("y = x"))
    tree.body.insert(2, Comment("the second\nof two"))
    assert write(tree).text == (
        "import numpy\n\n\ndef f(x):\n    # y = x\n    if x:\n        # nothing to do\n        pass\n    return x\n"
        "\n\n# the second\n# of two\ndef g():\n    pass\n"
    )


def test_long_comments_are_wrapped_and_controls_do_not_end_them():
    text = write(module(Comment("word " * 60 + "y" * 200), Comment("a\x0cb\x00c"), gast.Pass())).text
    *comments, last = text.splitlines()
    assert last == "pass" and all(line.startswith("#") and len(line) <= WIDTH for line in comments)
    compile(text, "comments", "exec")


def test_origins_of_lines():
    tree = gast.parse(
        "@d\ndef f(x):\n    y = g(x)\n    if y:\n        return 1\n    elif x:\n        return 2\n    return 3\n"
    )
    f = tree.body[0]
    f.origin = "def"
    f.body[0].origin = "call"
    f.body[0].value.args *= 40
    f.body[1].origin = "if"
    f.body[1].orelse[0].origin = "elif"
    f.body[2].origin = "end"
    written = write(tree)
    rows = written.text.splitlines()
    by_origin = {}
    for number, origin in written.lines.items():
        by_origin.setdefault(origin, []).append(rows[number - 1])
    assert by_origin["def"] == ["@d", "def f(x):"]
    assert by_origin["if"] == ["    if y:"] and by_origin["elif"] == ["    elif x:"]
    assert by_origin["end"] == ["    return 3"]
    assert len(by_origin["call"]) == 42 and by_origin["call"][0] == "    y = g("


# --- other people's programs ----------------------------------------------------------------------------------------

LIBRARY = """
abc ast base64 bisect calendar cmd code codecs colorsys contextlib copy csv datetime difflib dis enum
fractions functools gettext glob gzip heapq inspect keyword linecache numbers opcode operator pprint queue random
reprlib sched shlex statistics string stringprep tabnanny textwrap threading tokenize types uuid weakref
""".split()


@pytest.mark.parametrize("title", LIBRARY)
def test_library_module_is_read_back_as_it_was(title):
    path = os.path.join(os.path.dirname(os.__file__), title + ".py")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        tree = gast.parse(text)
        written = write(tree).text
    except TypeError as error:  # a statement of a later Python
        pytest.skip(str(error))
    assert parsed(written) == gast.dump(tree)
    compile(written, path, "exec")
    assert rewritten(written) == written


def test_writing_is_fast():
    tree = gast.parse("\n".join(f"x{i} = np.exp(-a[{i}, 1:] * b) + c.d" for i in range(300)))
    count = sum(1 for _ in gast.walk(tree))
    best = min(timed(tree) for _ in range(5))
    assert best / count < 20e-6  # measured: 1.3; the rest is for busy machines


def timed(tree):
    start = time.perf_counter()
    write(tree)
    return time.perf_counter() - start
