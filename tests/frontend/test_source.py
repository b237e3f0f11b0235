"""The source found is that of the running function, or an error: never that of another one."""

import __future__

import ast
import asyncio
import functools
import gc
import importlib.util
import linecache
import os
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from doctest import DocTestFinder, DocTestRunner

import gast
import numpy as np
import pytest

from s2sgrad.errors import SourceNotFoundError
from s2sgrad.frontend.source import find_source, to_gast


def text_of(fun):
    """The text between the positions of the node found."""
    source = find_source(fun)
    node = source.node
    lines = list(source.lines[node.lineno - 1 : node.end_lineno])
    lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
    lines[0] = lines[0].encode()[node.col_offset :].decode()
    return "\n".join(lines)


def registered(text, filename, mode="exec"):
    """The names that a text defines, where the text is known to `linecache` alone."""
    text = textwrap.dedent(text)
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    names = {}
    exec(compile(text, filename, mode, dont_inherit=True), names)
    return names


@pytest.fixture
def write(tmp_path):
    """Writes a module and imports it; writing it again leaves what is imported as it was."""
    times = iter(range(1_000_000_000, 2_000_000_000, 10))

    def write(text, load=True):
        path = tmp_path / "written.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        os.utime(path, (tick := next(times), tick))
        if not load:
            return None
        spec = importlib.util.spec_from_file_location("written", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return write


# What may be found


def plain(x):
    y = x * x
    return y


def test_function():
    source = find_source(plain)
    assert isinstance(source.node, gast.FunctionDef)
    assert (source.name, source.filename) == ("plain", plain.__code__.co_filename)
    assert text_of(plain) == "def plain(x):\n    y = x * x\n    return y"
    assert source.node.lineno == plain.__code__.co_firstlineno


def test_code_object_and_function_have_the_same_source():
    assert find_source(plain) is find_source(plain.__code__)


class Outer:
    class Inner:
        def twice(self, x):
            return 2 * x

    @staticmethod
    def same(x):
        return x

    @property
    def half(self):
        return 0.5

    def __private(self, x):
        return self.__scale * x

    __scale = 3


@pytest.mark.parametrize(
    "method, name",
    [
        (Outer.Inner.twice, "twice"),
        (Outer.Inner().twice, "twice"),
        (Outer.same, "same"),
        (Outer.half.fget, "half"),
        (Outer._Outer__private, "__private"),
    ],
)
def test_methods(method, name):
    assert find_source(method).node.name == name


def decorator(fun):
    @functools.wraps(fun)
    def wrapper(*args):
        return fun(*args)

    return wrapper


@decorator
@decorator
def decorated(x):
    return x + 1


def test_decorated():
    assert find_source(decorated).node.name == "wrapper"
    node = find_source(decorated.__wrapped__.__wrapped__).node
    assert node.name == "decorated"
    assert len(node.decorator_list) == 2


if np.float64:

    def chosen(x):
        return x

    first_chosen = chosen
    if np.float32:

        def chosen(x):
            return -x


def test_same_name_on_different_lines():
    assert text_of(first_chosen).endswith("return x")
    assert text_of(chosen).endswith("return -x")


def make(scale):
    def closure(x):
        def inner(y):
            return scale * x * y

        return inner

    return closure


def test_closures():
    assert text_of(make(2.0)).startswith("def closure(x):")
    assert text_of(make(2.0)(1.0)).startswith("def inner(y):")
    assert find_source(make(2.0)) is find_source(make(3.0))


async def coroutine(x):
    return x


def generator(x):
    yield x


def test_generators_and_coroutines_are_found_to_be_refused_later():
    assert isinstance(find_source(coroutine).node, gast.AsyncFunctionDef)
    assert isinstance(find_source(generator).node, gast.FunctionDef)


# Lambdas

# fmt: off
PAIR = (lambda x: x + 1, lambda x: x * 2)
SAME = (lambda x: x + 1, lambda x: x + 1)
NEST = lambda x: lambda y: x * y
TABLE = {"a": lambda x: x, "b": lambda x: (x,
         x), "c": lambda: None, "d": lambda: 1 + 2}
CALLS = dict(é=lambda x: x ** 2, f=lambda x, h=lambda y: y - 1: h(x), g=[lambda i=i: i for i in range(3)])
TEXTS = [lambda x: f"é{x!r:>{5}} {x + 1}", lambda x: f"{x}", lambda x: x if x > 0 else -x, lambda x: not x]
ZEROS = [lambda: 0.0, lambda: -0.0, lambda: 0, lambda: False, lambda: 0j, lambda: (0, 1), lambda: (0.0, True)]
def default(x, f=lambda x: x + 1, g=lambda x: x + 2): return f(g(x))
# fmt: on


@pytest.mark.parametrize(
    "fun, text",
    [
        (PAIR[0], "lambda x: x + 1"),
        (PAIR[1], "lambda x: x * 2"),
        (NEST, "lambda x: lambda y: x * y"),
        (NEST(1), "lambda y: x * y"),
        (TABLE["a"], "lambda x: x"),
        (TABLE["b"], "lambda x: (x,\n         x)"),
        (TABLE["c"], "lambda: None"),
        (TABLE["d"], "lambda: 1 + 2"),
        (CALLS["é"], "lambda x: x ** 2"),
        (CALLS["f"], "lambda x, h=lambda y: y - 1: h(x)"),
        (CALLS["f"].__defaults__[0], "lambda y: y - 1"),
        (CALLS["g"][1], "lambda i=i: i"),
        (TEXTS[0], 'lambda x: f"é{x!r:>{5}} {x + 1}"'),
        (TEXTS[1], 'lambda x: f"{x}"'),
        (TEXTS[2], "lambda x: x if x > 0 else -x"),
        (TEXTS[3], "lambda x: not x"),
        *zip(
            ZEROS, ["lambda: 0.0", "lambda: -0.0", "lambda: 0", "lambda: False", "lambda: 0j"], strict=False
        ),
        (ZEROS[5], "lambda: (0, 1)"),
        (ZEROS[6], "lambda: (0.0, True)"),
        (default.__defaults__[0], "lambda x: x + 1"),
        (default.__defaults__[1], "lambda x: x + 2"),
    ],
)
def test_lambda_among_others_on_its_line(fun, text):
    assert text_of(fun) == text


def test_equal_lambdas_on_one_line():
    assert [text_of(fun) for fun in SAME] == ["lambda x: x + 1"] * 2


def test_lambda_in_call_arguments_over_lines():
    found = []

    def keep(*funs):
        found.extend(funs)

    keep(
        np.exp,
        lambda g, ans, x: g * ans,
        lambda g, ans, x: g
        * x, lambda g, ans, x: g / x,
    )  # fmt: skip
    assert [text_of(fun) for fun in found[1:]] == [
        "lambda g, ans, x: g * ans",
        "lambda g, ans, x: g\n        * x",
        "lambda g, ans, x: g / x",
    ]


def test_lambdas_on_one_line_without_instruction_columns(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
            from s2sgrad.frontend.source import find_source
            fs = [lambda x: x + 1, lambda x: x * 2, lambda x: lambda y: x * y, lambda x: x + 1.0]
            for f in [*fs, fs[2](1)]:
                node = find_source(f).node
                print(find_source(f).lines[2][node.col_offset : node.end_col_offset])
        """)
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run(
        [sys.executable, "-X", "no_debug_ranges", program],
        env=path,
        text=True,
        capture_output=True,
        check=True,
    )
    assert shown.stdout.splitlines() == [
        "lambda x: x + 1",
        "lambda x: x * 2",
        "lambda x: lambda y: x * y",
        "lambda x: x + 1.0",
        "lambda y: x * y",
    ]


# Texts that are not files


def test_exec_with_its_text_in_linecache():
    names = registered("f, g = lambda x: x, lambda x: -x", "<registered 1>")
    assert text_of(names["g"]) == "lambda x: -x"


def test_future_statements_of_an_earlier_cell_are_remembered():
    text = "def f(x: float) -> 'y': return (lambda y: y)(x)\n"
    linecache.cache["<cell 2>"] = len(text), None, [text], "<cell 2>"
    names = {}
    exec(compile(text, "<cell 2>", "single", __future__.annotations.compiler_flag), names)
    assert text_of(names["f"]) == text.strip()


def test_cell_with_top_level_await():
    text = "import asyncio\nawait asyncio.sleep(0)\ndef f(x):\n    return x\n"
    linecache.cache["<cell 3>"] = len(text), None, text.splitlines(keepends=True), "<cell 3>"
    cell = compile(text, "<cell 3>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names = {}
    asyncio.run(eval(cell, names))
    assert text_of(names["f"]) == "def f(x):\n    return x"


def documented():
    """An example typed into a docstring.

    >>> def cube(x):
    ...     return x ** 3
    >>> print(text_of(cube))
    def cube(x):
        return x ** 3
    >>> text_of(lambda x: x + 1)
    'lambda x: x + 1'
    """


def test_functions_typed_in_a_doctest():
    runner = DocTestRunner(verbose=False)
    for example in DocTestFinder().find(documented, globs={"text_of": text_of}):
        runner.run(example)
    assert (runner.failures, runner.tries) == (0, 3)


def test_module_in_a_zip_archive(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as bundle:
        bundle.writestr("zipped_module.py", "def f(x):\n    return x + 7\n")
    monkeypatch.syspath_prepend(str(tmp_path / "bundle.zip"))
    import zipped_module

    assert text_of(zipped_module.f) == "def f(x):\n    return x + 7"


# What may not be found


@pytest.mark.parametrize("fun", [len, np.exp, np.dot, str.upper, int, print, functools.partial(plain), 3])
def test_not_a_python_function(fun):
    with pytest.raises(SourceNotFoundError, match="not written in Python; mark it with `s2sgrad.primitive`"):
        find_source(fun)


def test_exec_without_text():
    names = {}
    exec("def secret(x): return x", names)
    with pytest.raises(
        SourceNotFoundError, match="the source of `secret` .* define the function in a file"
    ) as info:
        find_source(names["secret"])
    assert (info.value.filename, info.value.lineno, info.value.text) == ("<string>", 1, None)


def test_typed_on_the_command_line():
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\nfrom s2sgrad import grad\ndef f(x):\n    return x * x\n"
    )
    program += "print(grad(f)(3.0), grad(lambda x: x ** 3)(1.0))\nnames = {}\n"
    program += "exec('def g(x): return x', names)\ngrad(names['g'])(1.0)"
    shown = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True)
    assert shown.stdout == "6.0 3.0\n"
    assert "the source of `g` cannot be read: <string> has no text" in shown.stderr


def test_typed_on_standard_input():
    program = f"""if True:
        import sys; sys.path[:] = {sys.path!r}
        from s2sgrad.frontend.source import find_source
        find_source(lambda x: x)
    """
    shown = subprocess.run([sys.executable, "-"], input=program, text=True, capture_output=True)
    assert "SourceNotFoundError: the source of `<lambda>` cannot be read: <stdin> has no text" in shown.stderr


def test_file_that_is_gone(write):
    module = write("def f(x):\n    return x\n")
    os.remove(module.__file__)
    with pytest.raises(SourceNotFoundError, match="the source of `f` .* has no text"):
        find_source(module.f)


def test_code_that_is_no_function():
    module_code = compile("x = 1", plain.__code__.co_filename, "exec")
    with pytest.raises(SourceNotFoundError):
        find_source(module_code)


# Edited files

EDITS = {
    "operator": ("return x + 1", "return x - 1"),
    "constant": ("return x + 1", "return x + 2"),
    "type of a constant": ("return x + 1", "return x + 1.0"),
    "sign of zero": ("return x * 0.0", "return x * -0.0"),
    "constant within a tuple": ("return (x, (1, 2))", "return (x, (1, True))"),
    "name of a global": ("return sin(x)", "return cos(x)"),
    "attribute": ("return x.real", "return x.imag"),
    "local to global": ("x = 1; return x", "return x"),
    "nested function": ("return (lambda y: y + 1)(x)", "return (lambda y: y + 2)(x)"),
    "comprehension": ("return [y for y in x]", "return [y + 1 for y in x]"),
    "text": ("return 'a'", "return 'b'"),
    "gone": ("return x", None),
    "no longer Python": ("return x", "return x +"),
}
if __debug__:
    EDITS["assert"] = ("assert x > 0; return x", "assert x > 1; return x")


@pytest.mark.parametrize("before, after", EDITS.values(), ids=EDITS)
def test_edited_function(write, before, after):
    module = write(f"def f(x):\n    {before}\n")
    write("" if after is None else f"def f(x):\n    {after}\n", load=False)
    with pytest.raises(SourceNotFoundError, match="written.py"):
        find_source(module.f)


@pytest.mark.parametrize(
    "old, new",
    [("def f(x, y)", "def f(y, x)"), ("def f(x, y)", "def f(x, *, y)"), ("def f(x, y)", "def g(x, y)")],
)
def test_edited_parameters_or_name(write, old, new):
    module = write(f"{old}:\n    return 1\n")
    write(f"{new}:\n    return 1\n", load=False)
    with pytest.raises(SourceNotFoundError, match="restart Python"):
        find_source(module.f)


def test_same_function_in_another_class_now(write):
    module = write("class A:\n    def f(self): return 1\n")
    write("class B:\n    def f(self): return 1\n", load=False)
    with pytest.raises(SourceNotFoundError):
        find_source(module.A.f)


def test_found_before_the_edit_stays_found(write):
    module = write("def f(x):\n    return x + 1\n")
    before = find_source(module.f)
    write("def f(x):\n    return x + 2\n", load=False)
    assert find_source(module.f) is before
    assert text_of(module.f).endswith("x + 1")


def test_imported_again_after_the_edit(write):
    old = write("def f(x):\n    return x + 1\n")
    new = write("def f(x):\n    return x + 2\n")
    assert text_of(new.f).endswith("x + 2")
    with pytest.raises(SourceNotFoundError):
        find_source(old.f)


def test_function_that_only_moved_or_was_commented(write):
    module = write("def f(x):\n    y = x + 1\n    return y\n")
    write("# new\n\ndef f(x):\n    # sum\n    y = (x +\n         1)\n    return y\n", load=False)
    source = find_source(module.f)
    assert source.node.lineno == 3
    assert source.location(source.node.body[0]).text == "    y = (x +"


def test_lambdas_that_changed_places_on_a_line(write):
    module = write("fs = [lambda x: x + 1, lambda x: x * 2]\n")
    write("fs = [lambda x: x * 2, lambda x: x + 1]\n", load=False)
    assert [text_of(f) for f in module.fs] == ["lambda x: x + 1", "lambda x: x * 2"]


def test_equal_functions_of_two_files_keep_their_own_places():
    text = "def f(x):\n    return x\n"
    one, two = registered(text, "<one>")["f"], registered(text, "<two>")["f"]
    assert one.__code__ == two.__code__
    assert [find_source(f).filename for f in (one, two)] == ["<one>", "<two>"]


# pytest rewrites the `assert` statements of this very file


def asserting(x):
    assert x > 0, f"not {x}"
    for i in range(3):
        assert (
            x < 10
            or i
        ), "large"  # fmt: skip
        x = x * 2
        if x > 100:
            assert all(k for k in range(i))
            return x
    assert x

    def inner(y):
        assert y
        return x + y

    return inner(x)


def test_function_with_rewritten_asserts():
    assert any(
        name.startswith("@py") for name in asserting.__code__.co_names + asserting.__code__.co_varnames
    )
    assert text_of(asserting).startswith("def asserting(x):\n    assert x > 0")


def test_function_made_within_a_rewritten_test():
    assert text_of(lambda x: x + 1) == "lambda x: x + 1"

    def local(x):
        assert x
        return x

    assert text_of(local).startswith("def local(x):")


@pytest.mark.parametrize("old, new", [("x * 2", "x * 3"), ("x + y", "x - y"), ("range(3)", "range(4)")])
def test_edited_function_with_rewritten_asserts(old, new, tmp_path):
    from _pytest.assertion.rewrite import rewrite_asserts

    lines = [f"{line}\n" for line in text_of(asserting).split("\n")]
    text = "".join(lines)
    tree = ast.parse(text)
    rewrite_asserts(tree, text.encode())
    filename = str(tmp_path / "test_edited.py")
    names = {}
    exec(compile(tree, filename, "exec", dont_inherit=True), names)
    linecache.cache[filename] = 1, None, [line.replace(old, new) for line in lines], filename
    with pytest.raises(SourceNotFoundError, match="edited"):
        find_source(names["asserting"])
    linecache.cache[filename] = 1, None, lines, filename
    assert text_of(names["asserting"]) == text.strip()


# Places


def test_location_counts_characters_where_the_parser_counts_bytes():
    source = find_source(registered("def f(é, x):\n    ü = é * é; ß = x + ü\n", "<unicode>")["f"])
    place = source.location(source.node.body[1].value)
    assert (place.lineno, place.offset, place.end_offset, place.end_lineno) == (2, 20, 25, 2)
    assert place.text == "    ü = é * é; ß = x + ü"
    assert str(place).endswith("    ü = é * é; ß = x + ü\n                   ^^^^^")


def test_location_of_nodes_without_a_place_is_that_of_the_function():
    source = find_source(plain)
    assert source.location(source.node.args) == source.location(source.node)
    assert source.location(source.tree) == source.location(source.node)


def test_location_of_parameters_and_names():
    source = find_source(plain)
    assert source.location(source.node.args.args[0]).offset == 11
    assert source.location(source.node.body[0].targets[0]).offset == 5


# Size

MANY = 2000


@pytest.mark.parametrize(
    "expression",
    [
        " + ".join(["x"] * MANY),
        "x" + ".real" * MANY,
        "x" + "[0]" * MANY,
        " and ".join(["x"] * MANY),
        "x" + " if x else x" * MANY,
    ],
    ids=["sum", "attributes", "subscripts", "and", "conditional"],
)
def test_deep_expression(expression):
    names = registered(f"def f(x):\n    return {expression}\n", "<deep>")
    assert len(expression) > 2000
    assert isinstance(find_source(names["f"]).node.body[0], gast.Return)


def test_many_branches():
    text = "def f(x):\n    if x == 0: return 0\n" + "".join(
        f"    elif x == {i}: return {i}\n" for i in range(500)
    )
    assert isinstance(find_source(registered(text, "<branches>")["f"]).node.body[0], gast.If)


def test_from_deep_within_a_recursion():
    names = registered(f"def f(x):\n    return {' + '.join(['x'] * MANY)}\n", "<deep 2>")

    def deeper(depth):
        return deeper(depth - 1) if depth else find_source(names["f"]).node

    assert isinstance(deeper(sys.getrecursionlimit() - 300), gast.FunctionDef)


def test_too_deep_an_expression_is_an_error_of_ours():
    text = f"def f(x):\n    return {' + '.join(['x'] * 100_000)}\n"
    linecache.cache["<too deep>"] = len(text), None, text.splitlines(keepends=True), "<too deep>"
    code = plain.__code__.replace(co_filename="<too deep>")
    with pytest.raises(SourceNotFoundError):
        find_source(code)


def test_conversion_is_that_of_gast():
    with open(to_gast.__code__.co_filename, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    ours, theirs = to_gast(tree), gast.ast_to_gast(tree)
    assert gast.dump(ours, include_attributes=True) == gast.dump(theirs, include_attributes=True)


def test_second_call_is_a_dictionary_lookup():
    find_source(plain)
    best = min(timed(lambda: [find_source(plain) for _ in range(1000)]) for _ in range(5))
    assert best / 1000 < 2e-6


def test_a_file_of_many_lambdas_is_read_once(write):
    lines = [
        f"    lambda g, ans, x: g * ans + x ** {i}, lambda g, ans, x: g - {i} * x,\n" for i in range(400)
    ]
    module = write("rules = [\n" + "".join(lines) + "]\n")
    assert timed(lambda: [find_source(rule) for rule in module.rules]) < 1.0
    assert text_of(module.rules[-1]) == "lambda g, ans, x: g - 399 * x"


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_found_sources_die_with_their_code():
    from s2sgrad.frontend.source import _found

    gc.collect()
    before = len(_found)
    names = registered("def f(x): return x", "<brief>")
    find_source(names["f"])
    assert len(_found) == before + 1
    names.clear()
    gc.collect()
    assert len(_found) == before


def test_several_threads():
    names = registered("\n".join(f"def f{i}(x): return x + {i}" for i in range(200)), "<threads>")
    seen = []

    def work():
        seen.append([text_of(names[f"f{i}"]) for i in range(200)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[f"def f{i}(x): return x + {i}" for i in range(200)]] * 4


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_optimised_python(option, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        'from s2sgrad.frontend.source import find_source\n\ndef f(x):\n    "A text."\n    assert x\n    return x\n\n'
        "print(find_source(f).node.name)\n"
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run([sys.executable, option, program], env=path, text=True, capture_output=True)
    assert shown.stdout == "f\n", shown.stderr


def test_after_running_many_times():
    def hot(x):
        s = 0.0
        for i in range(100):
            s = s + x * i
        return s

    for _ in range(100):
        hot(1.0)
    assert text_of(hot).startswith("def hot(x):")


@pytest.mark.parametrize("level", ["decorated", "in_else", "after_text", "Inside.method"])
def test_a_function_is_found_wherever_its_statement_stands(write, level):
    module = write(
        """\
        import math as m

        same, named = lambda f: f, lambda name: same
        TEXT = '''
        def decorated(x):
            return x
        '''


        @same
        @named(
            "a name"
        )
        def decorated(x):
            return m.sqrt(x)


        if TEXT is None:
            in_else = None
        else:
            in_else = lambda x: m.sin(x)


        class Inside:
            def method(self, x):
                return m.exp(x)


        def after_text(x):
            y = '''
        not a statement
        '''
            return m.cos(x), y
        """
    )
    fun = functools.reduce(getattr, level.split("."), module)
    source = find_source(fun)
    assert source.tree.lineno > 4
    assert "m." in ast.unparse(source.tree)


def test_text_that_no_longer_compiles_elsewhere_does_not_matter(write):
    module = write("def first(x):\n    return x + 1\n\n\ndef second(x):\n    return x + 2\n")
    write("def first(x):\n    return x + 1\n\n\ndef second(x:\n", load=False)
    assert text_of(module.first) == "def first(x):\n    return x + 1"
    with pytest.raises(SourceNotFoundError):
        find_source(module.second)
