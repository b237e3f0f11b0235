"""Signals in SciPy: convolution, correlation, cosine and sine transforms, trends, integrals, interpolation.

Read when a function of SciPy is first met.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
import scipy.integrate
import scipy.ndimage
import scipy.signal

from .composite import composite
from .fft import along, irfft2, irfftn, resized, rfft2, rfftn, transposed_norm
from .functional import sum_to
from .products import conjugate
from .registry import inactive, linear

# Convolution: dL/dx[i] = sum_j g[i + j] y[j], a valid convolution of the padded cotangent with y reversed --------


def padding(n: Any, m: Any, mode: str) -> tuple[Any, Any]:
    """What to put before and after a result of a mode to make it the full convolution of lengths `n` and `m`."""
    if mode == "full":
        return 0, 0
    if mode == "same":
        return (m - 1) // 2, m - 1 - (m - 1) // 2
    return min(n, m) - 1, min(n, m) - 1


def padded(x: Any, before: Any, after: Any, axis: int) -> Any:
    """`x` with zeros before and after it along an axis."""
    shape = np.shape(x)
    head = np.zeros(tuple([before if i == axis else n for i, n in enumerate(shape)]), dtype=x.dtype)
    tail = np.zeros(tuple([after if i == axis else n for i, n in enumerate(shape)]), dtype=x.dtype)
    return np.concatenate((head, x, tail), axis=axis)


def full_cotangent(g: Any, x: Any, y: Any, mode: str, axes: Any) -> Any:
    """The cotangent of the full convolution of `x` and `y`, of which a mode keeps the middle."""
    if mode == "full":
        return g
    for axis in axes:
        before, after = padding(x.shape[axis], y.shape[axis], mode)
        g = padded(g, before, after, axis)
    return g


def convolve_share(g: Any, x: Any, y: Any, other: Any, mode: str, method: str) -> Any:
    """The cotangent of that of `x` and `y` which is not `other`."""
    g = full_cotangent(g, x, y, mode, tuple(range(np.ndim(x))))
    return scipy.signal.convolve(g, np.flip(other), "valid", method)


linear(scipy.signal.convolve, lambda g, ans, in1, in2, mode="full", method="auto":
                                  convolve_share(g, in1, in2, in2, mode, method),
                              lambda g, ans, in1, in2, mode="full", method="auto":
                                  convolve_share(g, in1, in2, in1, mode, method), of=(0, 1))  # fmt: skip


def convolved_axes(x: Any, axes: Any) -> tuple[int, ...]:
    """The axes of fftconvolve as a tuple."""
    if axes is None:
        return tuple(range(np.ndim(x)))
    return (axes % np.ndim(x),) if isinstance(axes, int) else tuple([axis % np.ndim(x) for axis in axes])


def uncropped(g: Any, x: Any, y: Any, axes: Any) -> Any:
    """The mode same crops to the shape of `x` even along an axis on which `x` broadcasts: here that is undone."""
    for axis in [axis for axis in range(np.ndim(x)) if axis not in axes]:
        cut = max(x.shape[axis], y.shape[axis]) - x.shape[axis]
        g = padded(g, cut // 2, cut - cut // 2, axis)
    return g


def fftconvolve_share(g: Any, x: Any, y: Any, other: Any, wanted: Any, mode: str, axes: Any) -> Any:
    """As for `convolve`; the axes that are not convolved broadcast."""
    axes = convolved_axes(x, axes)
    g = full_cotangent(uncropped(g, x, y, axes) if mode == "same" else g, x, y, mode, axes)
    return sum_to(scipy.signal.fftconvolve(g, np.flip(other, axes), "valid", axes), np.shape(wanted))


linear(scipy.signal.fftconvolve, lambda g, ans, in1, in2, mode="full", axes=None:
                                     fftconvolve_share(g, in1, in2, in2, in1, mode, axes),
                                 lambda g, ans, in1, in2, mode="full", axes=None:
                                     fftconvolve_share(g, in1, in2, in1, in2, mode, axes), of=(0, 1))  # fmt: skip
composite(
    scipy.signal.oaconvolve,
    lambda in1, in2, mode="full", axes=None: scipy.signal.fftconvolve(in1, in2, mode, axes),
)


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Convolution with the second signal reversed and conjugated."""
    return scipy.signal.convolve(in1, conjugate(np.flip(in2)), mode, method)


def extended(x: Any, margin: Any, axis: int, boundary: str) -> Any:
    """`x` with a margin of its periodic or mirrored continuation along an axis."""
    n = x.shape[axis]
    k = np.arange(-margin, n + margin)
    k = k % n if boundary == "wrap" else np.minimum(k % (2 * n), 2 * n - 1 - k % (2 * n))
    return x[along(axis, np.ndim(x), k)]


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """A valid convolution of the first signal, continued over its boundary."""
    if mode == "valid" or boundary == "fill":
        if mode == "valid" or fillvalue == 0:
            return scipy.signal.convolve(in1, in2, mode, "direct")
        return scipy.signal.convolve(in1 - fillvalue, in2, mode, "direct") + fillvalue * np.sum(in2)
    wide = extended(extended(in1, in2.shape[0] - 1, 0, boundary), in2.shape[1] - 1, 1, boundary)
    full = scipy.signal.convolve(wide, in2, "valid", "direct")
    if mode == "full":
        return full
    top, left = (in2.shape[0] - 1) // 2, (in2.shape[1] - 1) // 2
    return full[top : top + in1.shape[0], left : left + in1.shape[1]]


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The same with the second signal reversed and conjugated; the middle of an even one is the later of the two."""
    if mode != "same":
        return convolve2d(in1, conjugate(np.flip(in2)), mode, boundary, fillvalue)
    full = convolve2d(in1, conjugate(np.flip(in2)), "full", boundary, fillvalue)
    top, left = in2.shape[0] // 2, in2.shape[1] // 2
    return full[top : top + in1.shape[0], left : left + in1.shape[1]]


composite(scipy.signal.correlate, correlate)
composite(scipy.signal.convolve2d, convolve2d)
composite(scipy.signal.correlate2d, correlate2d)
inactive(scipy.signal.correlation_lags, scipy.signal.choose_conv_method)

# Removing a line or a mean is an orthogonal projection, so it is its own transpose.
linear(
    scipy.signal.detrend,
    lambda g, ans, data, axis=-1, type="linear", bp=0, overwrite_data=False: scipy.signal.detrend(
        g, axis, type, bp
    ),
)


# Cosine and sine transforms -------------------------------------------------------------------------------------

TRANSPOSED = (0, 1, 3, 2, 4)  # the type of the transposed transform, but for the weights below


def is_orthogonal(norm: Any, orthogonalize: Any) -> bool:
    """Whether a transform scales its ends so that its matrix is orthogonal but for a factor."""
    return norm == "ortho" if orthogonalize is None else orthogonalize


def end_weights(x: Any, axis: int, first: Any, last: Any) -> Any:
    """Ones along an axis but for its first and last entries."""
    n = x.shape[axis]
    k = np.arange(n)
    weights = np.where(k == 0, first, np.where(k == n - 1, last, 1.0)).astype(x.dtype)
    return np.reshape(weights, tuple([-1 if i == axis % np.ndim(x) else 1 for i in range(np.ndim(x))]))


def dct_transposed(g: Any, type: int, axis: int, norm: Any, orthogonalize: Any) -> Any:
    """The transpose of the cosine transform (formulas of the four types in SciPy's documentation)."""
    if type == 4 or is_orthogonal(norm, orthogonalize):
        return scipy.fft.dct(
            g, TRANSPOSED[type], axis=axis, norm=norm, orthogonalize=is_orthogonal(norm, orthogonalize)
        )
    if type == 1:
        halved = g * end_weights(g, axis, 2.0, 2.0)
        return scipy.fft.dct(halved, 1, axis=axis, norm=norm, orthogonalize=False) * end_weights(
            g, axis, 0.5, 0.5
        )
    if type == 2:
        return scipy.fft.dct(g * end_weights(g, axis, 2.0, 1.0), 3, axis=axis, norm=norm, orthogonalize=False)
    return scipy.fft.dct(g, 2, axis=axis, norm=norm, orthogonalize=False) * end_weights(g, axis, 0.5, 1.0)


def dst_transposed(g: Any, type: int, axis: int, norm: Any, orthogonalize: Any) -> Any:
    """The transpose of the sine transform, whose weight is at the last entry."""
    if type == 1 or type == 4 or is_orthogonal(norm, orthogonalize):
        return scipy.fft.dst(
            g, TRANSPOSED[type], axis=axis, norm=norm, orthogonalize=is_orthogonal(norm, orthogonalize)
        )
    if type == 2:
        return scipy.fft.dst(g * last_weights(g, axis, 2.0), 3, axis=axis, norm=norm, orthogonalize=False)
    return scipy.fft.dst(g, 2, axis=axis, norm=norm, orthogonalize=False) * last_weights(g, axis, 0.5)


def last_weights(x: Any, axis: int, last: Any) -> Any:
    """Ones along an axis but for its last entry."""
    n = x.shape[axis]
    weights = np.where(np.arange(n) == n - 1, last, 1.0).astype(x.dtype)
    return np.reshape(weights, tuple([-1 if i == axis % np.ndim(x) else 1 for i in range(np.ndim(x))]))


def dct_vjp(
    g: Any,
    ans: Any,
    x: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """The pullback of `scipy.fft.dct`."""
    return resized(dct_transposed(g, type, axis, norm, orthogonalize), n, x, axis)


def dst_vjp(
    g: Any,
    ans: Any,
    x: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """The pullback of `scipy.fft.dst`."""
    return resized(dst_transposed(g, type, axis, norm, orthogonalize), n, x, axis)


linear(scipy.fft.dct, dct_vjp)
linear(scipy.fft.dst, dst_vjp)


def idct(
    x: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """The cosine transform of the transposed type, scaled the other way."""
    orthogonal = is_orthogonal(norm, orthogonalize)
    return scipy.fft.dct(x, TRANSPOSED[type], n, axis, transposed_norm(norm), orthogonalize=orthogonal)


def idst(
    x: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """The sine transform of the transposed type, scaled the other way."""
    orthogonal = is_orthogonal(norm, orthogonalize)
    return scipy.fft.dst(x, TRANSPOSED[type], n, axis, transposed_norm(norm), orthogonalize=orthogonal)


def several(x: Any, s: Any, axes: Any) -> Any:
    """Pairs of an axis and the length given for it, or None."""
    s = (s,) if isinstance(s, int) else s
    if axes is None:
        axes = tuple(range(np.ndim(x))) if s is None else tuple(range(np.ndim(x) - len(s), np.ndim(x)))
    axes = (axes,) if isinstance(axes, int) else axes
    return [(axis, None if s is None or s[i] is None or s[i] == -1 else s[i]) for i, axis in enumerate(axes)]


def dctn(
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    *,
    orthogonalize: Any = None,
) -> Any:
    """A cosine transform along each axis."""
    for axis, n in several(x, s, axes):
        x = scipy.fft.dct(x, type, n, axis, norm, orthogonalize=orthogonalize)
    return x


def dstn(
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """A sine transform along each axis."""
    for axis, n in several(x, s, axes):
        x = scipy.fft.dst(x, type, n, axis, norm, orthogonalize=orthogonalize)
    return x


def idctn(
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """An inverse cosine transform along each axis."""
    for axis, n in several(x, s, axes):
        x = idct(x, type, n, axis, norm, orthogonalize=orthogonalize)
    return x


def idstn(
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    overwrite_x: bool = False,
    workers: Any = None,
    orthogonalize: Any = None,
) -> Any:
    """An inverse sine transform along each axis."""
    for axis, n in several(x, s, axes):
        x = idst(x, type, n, axis, norm, orthogonalize=orthogonalize)
    return x


composite(scipy.fft.idct, idct)
composite(scipy.fft.idst, idst)
composite(scipy.fft.dctn, dctn)
composite(scipy.fft.dstn, dstn)
composite(scipy.fft.idctn, idctn)
composite(scipy.fft.idstn, idstn)


# SciPy's Fourier transforms are NumPy's, but for options on threads and memory ---------------------------------------

# fmt: off
composite(scipy.fft.fft,    lambda x, n=None, axis=-1, norm=None, *_, **unused: np.fft.fft(x, n, axis, norm))
composite(scipy.fft.ifft,   lambda x, n=None, axis=-1, norm=None, *_, **unused: np.fft.ifft(x, n, axis, norm))
composite(scipy.fft.rfft,   lambda x, n=None, axis=-1, norm=None, *_, **unused: np.fft.rfft(x, n, axis, norm))
composite(scipy.fft.irfft,  lambda x, n=None, axis=-1, norm=None, *_, **unused: np.fft.irfft(x, n, axis, norm))
composite(scipy.fft.hfft,   lambda x, n=None, axis=-1, norm=None, *_, **unused: np.fft.hfft(x, n, axis, norm))
composite(scipy.fft.ihfft,  lambda x, n=None, axis=-1, norm=None, *_, **unused: np.fft.ihfft(x, n, axis, norm))
composite(scipy.fft.fft2,   lambda x, s=None, axes=(-2, -1), norm=None, *_, **unused: np.fft.fft2(x, s, axes, norm))
composite(scipy.fft.ifft2,  lambda x, s=None, axes=(-2, -1), norm=None, *_, **unused: np.fft.ifft2(x, s, axes, norm))
composite(scipy.fft.rfft2,  lambda x, s=None, axes=(-2, -1), norm=None, *_, **unused: rfft2(x, s, axes, norm))
composite(scipy.fft.irfft2, lambda x, s=None, axes=(-2, -1), norm=None, *_, **unused: irfft2(x, s, axes, norm))
composite(scipy.fft.fftn,   lambda x, s=None, axes=None, norm=None, *_, **unused: np.fft.fftn(x, s, axes, norm))
composite(scipy.fft.ifftn,  lambda x, s=None, axes=None, norm=None, *_, **unused: np.fft.ifftn(x, s, axes, norm))
composite(scipy.fft.rfftn,  lambda x, s=None, axes=None, norm=None, *_, **unused: rfftn(x, s, axes, norm))
composite(scipy.fft.irfftn, lambda x, s=None, axes=None, norm=None, *_, **unused: irfftn(x, s, axes, norm))
composite(scipy.fft.fftshift,  lambda x, axes=None: np.fft.fftshift(x, axes))
composite(scipy.fft.ifftshift, lambda x, axes=None: np.fft.ifftshift(x, axes))
inactive(scipy.fft.fftfreq, scipy.fft.rfftfreq, scipy.fft.next_fast_len)
# fmt: on


# Integrals of samples -------------------------------------------------------------------------------------------


def widths(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The distances between samples, ready to broadcast against `y` without one of its entries."""
    if x is None:
        return dx
    if np.ndim(x) == 1:
        return np.reshape(np.diff(x), tuple([-1 if i == axis % np.ndim(y) else 1 for i in range(np.ndim(y))]))
    return np.diff(x, axis=axis)


def trapezoids(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The area between each two samples."""
    later, sooner = y[along(axis, np.ndim(y), slice(1, None))], y[along(axis, np.ndim(y), slice(None, -1))]
    return widths(y, x, dx, axis) * (later + sooner) / 2


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The trapezoidal rule."""
    return np.sum(trapezoids(y, x, dx, axis), axis=axis)


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """Its partial sums, zero before them if `initial` is."""
    sums = np.cumsum(trapezoids(y, x, dx, axis), axis=axis)
    if initial is None:
        return sums
    return np.concatenate((np.zeros_like(y[along(axis, np.ndim(y), slice(0, 1))]), sums), axis=axis)


composite(scipy.integrate.trapezoid, trapezoid)
composite(scipy.integrate.cumulative_trapezoid, cumulative_trapezoid)
