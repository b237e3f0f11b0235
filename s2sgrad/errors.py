"""The errors of s2sgrad: each says what was met, where, and in one sentence what to do about it.

The docstring of an error class is its documentation page: when it is raised, a program that raises it, and
the program to write instead.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """A place in source text, counted as `SyntaxError` counts: lines and columns (in characters) from 1.

    `text` is the whole line, without its newline, or empty where the line is not known. `end_offset` is the
    column after the last character, on line `end_lineno`.
    """

    filename: str
    lineno: int
    offset: int
    text: str
    end_offset: int | None = None
    end_lineno: int | None = None

    def __str__(self) -> str:
        """The lines that Python prints for a `SyntaxError`: the file, the source line, the caret."""
        header = f'  File "{self.filename}", line {self.lineno}'
        if not self.text.strip():
            return header
        return f"{header}\n    {self.text.strip()}\n    {self._carets()}"

    def _carets(self) -> str:
        indent = len(self.text) - len(self.text.lstrip())
        start = max(self.offset - 1, indent)
        width = sum(map(_columns, self.text[start : self._end()]))
        return "".join(map(_blank, self.text[indent:start])) + "^" * max(width, 1)

    def _end(self) -> int:
        """Where the carets stop, from 0: what goes on to another line is underlined to the line's end."""
        line_end = len(self.text.rstrip())
        if self.end_offset is None:
            return self.offset
        if self.end_lineno not in (None, self.lineno):
            return line_end
        return min(self.end_offset - 1, line_end)


def _columns(character: str) -> int:
    """The columns that a character takes in a terminal."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _blank(character: str) -> str:
    """White space as wide as the character; a tab stays a tab, whatever its width is set to."""
    return character if character == "\t" else " " * _columns(character)


class DifferentiationError(Exception):
    """The base of all errors of s2sgrad: catch it to catch any of them.

    Like Python's own `SyntaxError` it has the attributes `filename`, `lineno`, `offset` (the column, from
    1) and `text` (the source line), each None where there is no such place, and prints them below its
    message::

        s2sgrad.errors.UnsupportedSyntaxError: `try` cannot be differentiated: test the condition with `if`
          File "model.py", line 12
            try:
            ^^^^

    A fault in a function that the differentiated function calls is shown where it is: at the line of that
    function. Faults are found when a derivative is first needed (called, or its `.source` read), never
    when a function is decorated::

        from s2sgrad import DifferentiationError, grad

        try:
            slope = grad(model)(weights)
        except DifferentiationError as error:
            print(error.filename, error.lineno)
    """

    def __init__(self, message: str = "", location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.filename = location and location.filename
        self.lineno = location and location.lineno
        self.offset = location and location.offset
        self.text = (location and location.text) or None

    def __str__(self) -> str:
        return self.message if self.location is None else f"{self.message}\n{self.location}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.location), vars(self))  # the last keeps notes and additions


class UnsupportedSyntaxError(DifferentiationError):
    """The function uses a construct that is outside the differentiable language.

    Raised for `try`, `with` other than `np.errstate`, `yield`, `async`, `global`, `del`, `class` and the
    like, in the function or in a function that it calls. Wrong::

        @differentiate
        def reciprocal(x):
            try:
                return 1 / x
            except ZeroDivisionError:
                return 0.0

    Right: state the condition, which can be differentiated on either side::

        @differentiate
        def reciprocal(x):
            return 1 / x if x != 0 else 0.0

    Where the construct is needed and does not concern the derivative (a file is read, a lock is taken),
    move it into a function of its own marked with `s2sgrad.primitive`: such a function is called, not
    looked into::

        @primitive
        def table_of(name):
            with open(name) as lines:
                return np.loadtxt(lines)

        @differentiate
        def loss(w):
            return np.sum((w - table_of("data.txt")) ** 2)
    """


class NonDifferentiableError(DifferentiationError):
    """A value that is being differentiated reaches a function that has no rule for its derivative.

    Raised for functions whose source is out of reach (written in C, or marked with `s2sgrad.primitive`)
    and that are not in the table of derivatives, or have no rule for that argument. Constants may be
    handed to such functions freely. Wrong::

        @primitive
        def potential(r):
            return compiled_library.potential(r)

        @differentiate
        def energy(r):
            return np.sum(potential(r))         # no derivative of `potential` is known

    Right: give the derivative, a function for each argument of the cotangent `g` and the result `ans`::

        @primitive
        def force(r):
            return -compiled_library.gradient(r)

        defvjp(potential, lambda g, ans, r: -g * force(r))

    or, if the value is to count as a constant, say so::

        @differentiate
        def energy(r):
            return np.sum(potential(stop_gradient(r)))

    `s2sgrad.supported()` lists the functions that have rules.
    """


class NotScalarError(DifferentiationError):
    """The gradient was asked of a function whose result is not a real scalar.

    A scalar is a Python or NumPy floating number or an array of shape `()`. Arrays of shape `(1,)`,
    tuples, `None`, integers, booleans and complex numbers are not. Wrong::

        def residuals(w):
            return x @ w - t

        grad(residuals)(w)                      # an array of shape (100,)

    Right: reduce to the one number that is to change, or ask for all derivatives of all entries::

        grad(lambda w: np.sum(residuals(w) ** 2))(w)
        jacobian(residuals)(w)                  # shape (100,) + w.shape

    If the function acts entry by entry, `elementwise_grad` gives the derivative of each. If its result is
    complex, take the real number that matters: `np.abs(z) ** 2`, `z.real`.
    """


class RuleError(DifferentiationError, ValueError):
    """A rule gave a cotangent that does not have the shape of its argument.

    A cotangent says how much each entry of an argument matters, so it has as many. Wrong::

        @primitive
        def total(x): ...

        defvjp(total, lambda g, ans, x: g)              # one number for an argument of many

    Right::

        defvjp(total, lambda g, ans, x: g * np.ones(x.shape))
    """


class SourceNotFoundError(DifferentiationError):
    """The source of a function cannot be read, or is not the source of the code that is running.

    s2sgrad differentiates the text of a function. Raised where there is none: functions written in C,
    functions made by `exec` or `eval`, typed into `python` on standard input, or whose file is gone.
    Wrong::

        names = {}
        exec("def f(x): return x ** 2", names)
        grad(names["f"])(3.0)

    Right: define functions in a file, or in IPython or Jupyter. A program that generates functions can
    leave their text where tracebacks too will find it, in the standard library's `linecache`:

    >>> import linecache
    >>> text = "def f(x): return x ** 2"
    >>> linecache.cache["<generated>"] = len(text), None, text.splitlines(keepends=True), "<generated>"
    >>> names = {}
    >>> exec(compile(text, "<generated>", "exec"), names)

    It is also raised when the text that is found is not that of the running function: the file was edited
    after it was imported, or an import hook changed the code on its way. The derivative of the new text
    would be that of another function. Import the module again (`importlib.reload`) or restart Python.

    A function without readable source can still be used: mark it with `s2sgrad.primitive` and give its
    derivative with `defvjp`.
    """


class JitError(DifferentiationError):
    """With `jit=True`, an operation that cannot be compiled to machine code.

    The same derivative without `jit` always works; nothing is ever run uncompiled in silence. Wrong::

        @differentiate(jit=True)
        def loss(w):
            noise = np.random.normal(size=w.shape)      # the global generator has no compiled counterpart
            return np.sum((w + noise) ** 2)

    Right: use what compiles, here a generator handed in, or leave `jit` off::

        @differentiate(jit=True)
        def loss(w, generator):
            noise = generator.normal(0.0, 1.0, w.shape)
            return np.sum((w + noise) ** 2)

        loss.grad(w, np.random.default_rng(0))

    Operations on constants must compile too. The column `jit` of `s2sgrad.supported()` tells which
    functions do."""
