"""Discrete Fourier transforms.

The matrix of a transform is symmetric, and `g` pairs without conjugation, so the pullback of a complex transform is the
same transform of the cotangent. Real transforms keep half the frequencies: each but the first and, for an even
length, the last stands for two.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .functional import is_constant
from .registry import inactive, linear


def along(axis: int, ndim: int, part: Any) -> Any:
    """The index that takes `part` of one axis and all of the others."""
    return tuple([part if i == axis % ndim else slice(None) for i in range(ndim)])


def fitted(x: Any, length: Any, axis: int) -> Any:
    """`x` cut, or filled up with zeros, to a length along one axis."""
    cut = x[along(axis, np.ndim(x), slice(0, length))]
    shape = tuple(
        [length - cut.shape[i] if i == axis % np.ndim(x) else cut.shape[i] for i in range(np.ndim(x))]
    )
    return np.concatenate((cut, np.zeros(shape, dtype=x.dtype)), axis=axis)


def resized(x: Any, given: Any, like: Any, axis: int) -> Any:
    """`x` in the length of `like`, from which it differs only if a length was given."""
    return x if given is None else fitted(x, like.shape[axis], axis)


def transposed_norm(norm: Any) -> Any:
    """The norm under which the inverse transform has the scale of the forward one under `norm`."""
    if norm == "forward":
        return "backward"
    return norm if norm == "ortho" else "forward"


def multiplicity(g: Any, count: Any, length: Any, axis: int) -> Any:
    """How many of the `length` frequencies each of the first `count` stands for, in the precision of `g`."""
    k = np.arange(count)
    single = (k == 0) | (2 * k == length)
    shape = tuple([-1 if i == axis % np.ndim(g) else 1 for i in range(np.ndim(g))])
    return np.reshape(np.where(single, 1.0, 2.0), shape).astype(np.real(g).dtype)


def rfft_vjp(
    g: Any, ans: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """`real(sum(g_k exp(-2 pi i j k / n)))` is an inverse real transform with the weights taken out."""
    length = a.shape[axis] if n is None else n
    halved = np.conj(g) / multiplicity(g, g.shape[axis], length, axis)
    share = np.fft.irfft(halved, length, axis=axis, norm=transposed_norm(norm))
    return resized(share, n, a, axis)


def irfft_vjp(
    g: Any, ans: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transpose of the above."""
    spectrum = np.conj(np.fft.rfft(g, axis=axis, norm=transposed_norm(norm)))
    share = spectrum * multiplicity(g, spectrum.shape[axis], g.shape[axis], axis)
    return resized(share, n, a, axis)


# fmt: off
linear(np.fft.fft,   lambda g, ans, a, n=None, axis=-1, norm=None, out=None:
                         resized(np.fft.fft(g, axis=axis, norm=norm), n, a, axis))
linear(np.fft.ifft,  lambda g, ans, a, n=None, axis=-1, norm=None, out=None:
                         resized(np.fft.ifft(g, axis=axis, norm=norm), n, a, axis))
linear(np.fft.rfft,  rfft_vjp)
linear(np.fft.irfft, irfft_vjp)
# fmt: on


# Several axes ---------------------------------------------------------------------------------------------------


def transformed_axes(x: Any, s: Any, axes: Any) -> Any:
    """The axes of a transform over several: all, or as many of the last as `s` has lengths."""
    if axes is not None:
        return axes
    return tuple(range(np.ndim(x))) if s is None else tuple(range(np.ndim(x) - len(s), np.ndim(x)))


def length_along(s: Any, i: int) -> Any:
    """The length given for the axis in place `i`, or None; NumPy writes None as -1 as well."""
    if s is None:
        return None
    return None if is_constant(s[i]) and s[i] == -1 else s[i]


def resized_all(x: Any, s: Any, like: Any, axes: Any) -> Any:
    """`x` in the shape of `like`."""
    if s is None:
        return x
    for axis in transformed_axes(like, s, axes):
        x = fitted(x, like.shape[axis], axis)
    return x


# fmt: off
linear(np.fft.fft2,  lambda g, ans, a, s=None, axes=(-2, -1), norm=None, out=None:
                         resized_all(np.fft.fft2(g, axes=axes, norm=norm), s, a, axes))
linear(np.fft.ifft2, lambda g, ans, a, s=None, axes=(-2, -1), norm=None, out=None:
                         resized_all(np.fft.ifft2(g, axes=axes, norm=norm), s, a, axes))
linear(np.fft.fftn,  lambda g, ans, a, s=None, axes=None, norm=None, out=None:
                        resized_all(np.fft.fftn(g, axes=transformed_axes(a, s, axes), norm=norm), s, a, axes))
linear(np.fft.ifftn, lambda g, ans, a, s=None, axes=None, norm=None, out=None:
                        resized_all(np.fft.ifftn(g, axes=transformed_axes(a, s, axes), norm=norm), s, a, axes))
linear(np.fft.fftshift,  lambda g, ans, x, axes=None: np.fft.ifftshift(g, axes))
linear(np.fft.ifftshift, lambda g, ans, x, axes=None: np.fft.fftshift(g, axes))
# fmt: on


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """A real transform over the last of the axes, complex ones over the others, as NumPy does it."""
    axes = transformed_axes(a, s, axes)
    count = len(axes)
    a = np.fft.rfft(a, length_along(s, count - 1), axis=axes[-1], norm=norm)
    for i in range(count - 2, -1, -1):
        a = np.fft.fft(a, length_along(s, i), axis=axes[i], norm=norm)
    return a


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """Complex inverse transforms over all but the last of the axes, then a real one."""
    axes = transformed_axes(a, s, axes)
    count = len(axes)
    for i in range(count - 1):
        a = np.fft.ifft(a, length_along(s, i), axis=axes[i], norm=norm)
    last = a.shape[axes[-1]] if s is not None and s[-1] == -1 else length_along(s, count - 1)
    return np.fft.irfft(a, last, axis=axes[-1], norm=norm)


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """`rfftn` over two axes."""
    return rfftn(a, s, axes, norm)


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """`irfftn` over two axes."""
    return irfftn(a, s, axes, norm)


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The transform of a signal with Hermitian symmetry, of which half is given."""
    return np.fft.irfft(np.conj(a), n, axis=axis, norm=transposed_norm(norm))


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The inverse of `hfft`."""
    return np.conj(np.fft.rfft(a, n, axis=axis, norm=transposed_norm(norm)))


composite(np.fft.rfftn, rfftn)
composite(np.fft.irfftn, irfftn)
composite(np.fft.rfft2, rfft2)
composite(np.fft.irfft2, irfft2)
composite(np.fft.hfft, hfft)
composite(np.fft.ihfft, ihfft)
inactive(np.fft.fftfreq, np.fft.rfftfreq)
