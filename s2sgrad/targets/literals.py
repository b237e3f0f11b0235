"""The text of constants: strings, numbers, docstrings."""

from __future__ import annotations

import math
import re

from .precedence import ATOM, FACTOR, SUM

HEXADECIMAL_BITS = 14_000  # Python refuses decimal integers of more than 4,300 digits


def quoted(value: str | bytes, quote: str = '"') -> str:
    """A string literal, in these quotes unless the others would need fewer escapes."""
    text = repr(value)
    opening = text.index(text[-1])
    body = text[opening + 1 : -1].replace("\\'", "'")
    if body.count(quote) > body.count("'" if quote == '"' else '"'):
        quote = "'" if quote == '"' else '"'
    return text[:opening] + quote + body.replace(quote, "\\" + quote) + quote


def escaped(text: str, quote: str) -> str:
    """The literal part of an f-string in these quotes."""
    body = repr("\"'" + text)[4:-1]  # both quotes there: Python's text escapes the single ones
    return body if quote[0] == "'" else body.replace("\\'", "'").replace('"', '\\"')


def complex_text(value: complex) -> tuple[str, int]:
    """The text and precedence of `2j` or `1.0 + 2j`; a call where those would lose a sign or an infinity."""
    real, imaginary = value.real, complex(0.0, abs(value.imag))
    if math.isfinite(real) and math.isfinite(value.imag):
        if repr(imaginary) == repr(value):
            return repr(value).replace("e+", "e"), ATOM
        minus = math.copysign(1.0, value.imag) < 0
        if repr(real - imaginary if minus else real + imaginary) == repr(value):
            return f"{real!r} {'-' if minus else '+'} {imaginary!r}".replace("e+", "e"), SUM
    return f"complex({number_text(real)[0]}, {number_text(value.imag)[0]})", ATOM


def number_text(value: float | complex) -> tuple[str, int]:
    """The text and precedence of a Python number."""
    if isinstance(value, complex):
        return complex_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value!r}")', ATOM
    if isinstance(value, int) and value.bit_length() > HEXADECIMAL_BITS:
        return hex(value), FACTOR if value < 0 else ATOM
    text = repr(value).replace("e+", "e")
    return text, FACTOR if text[0] == "-" else ATOM


def docstring(value: str) -> str:
    """A triple-quoted literal equal to `value`, or a plain one where that would be unreadable."""
    body = value.replace("\\", "\\\\")
    if not body.replace("\n", "").isprintable() or not body.strip():
        return quoted(value)
    if '"""' in body or body[-1] == '"':
        body = body.replace('"', '\\"')
    return f'"""{visible_ends(body)}"""'


def visible_ends(text: str) -> str:
    """`text` with a space at the end of a line written as an escape, where editors do not remove it."""
    return re.sub(" (?=\n)", r"\\x20", text)
