"""Convolutions, cosine and sine transforms and trends of SciPy by way of simpler functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
import scipy.signal

from ..kernels import arrays
from .fft import fitted
from .signal import convolved_axes, end_weights, is_orthogonal, last_weights
from .simpler import simpler
from .simpler_fourier import transformed

# Convolution: where an entry of each operand goes in the flat result are two numbers, which add up.


def flat_places(shape: Any, whole: Any) -> Any:
    """Where the entries of an array of one shape are in a flat array of another."""
    rank, stride = len(shape), 1
    places = np.zeros(tuple(shape), np.int64)
    for j in range(rank):
        k = rank - 1 - j
        places = places + np.reshape(np.arange(shape[k]) * stride, (-1,) + (1,) * j)
        stride = stride * whole[k]
    return np.ravel(places)


def cropped(whole: Any, a: Any, b: Any, mode: str) -> Any:
    """The part of a full convolution that a mode keeps."""
    if mode == "full":
        return whole
    index = []
    for m, n, full in zip(np.shape(a), np.shape(b), np.shape(whole)):
        size = m if mode == "same" else max(m, n) - min(m, n) + 1
        start = (full - size) // 2
        index.append(slice(start, start + size))
    return whole[tuple(index)]


@simpler(scipy.signal.convolve)
def _convolve(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    if np.ndim(in1) == 0:
        return in1 * in2
    dtype = np.result_type(in1, in2)
    shape = tuple([m + n - 1 for m, n in zip(np.shape(in1), np.shape(in2))])
    size = 1
    for n in shape:
        size = size * n
    a, b = np.ravel(in1).astype(dtype), np.ravel(in2).astype(dtype)
    flat = arrays.scattered_products(
        a, flat_places(np.shape(in1), shape), b, flat_places(np.shape(in2), shape), size
    )
    return cropped(np.reshape(flat, shape), in1, in2, mode)


@simpler(scipy.signal.fftconvolve)
def _fftconvolve(in1: Any, in2: Any, mode: Any = "full", axes: Any = None) -> Any:
    if np.ndim(in1) == 0:
        return in1 * in2
    places = convolved_axes(in1, axes)
    whole, other = in1, in2
    for axis in places:
        size = np.shape(in1)[axis] + np.shape(in2)[axis] - 1
        whole = transformed(whole, size, axis, -1)
        other = transformed(other, size, axis, -1)
    whole = whole * other
    for axis in places:
        whole = transformed(whole, None, axis, 1) / np.shape(whole)[axis]
    whole = whole if np.iscomplexobj(in1) or np.iscomplexobj(in2) else np.real(whole)
    if mode == "full":
        return whole
    index = []
    for k in range(np.ndim(in1)):
        full, m, n = np.shape(whole)[k], np.shape(in1)[k], np.shape(in2)[k]
        kept = m if mode == "same" else full if k not in places else max(m, n) - min(m, n) + 1
        start = (full - kept) // 2
        index.append(slice(start, start + kept))
    return whole[tuple(index)]


@simpler(scipy.signal.correlation_lags)
def _correlation_lags(in1_len: Any, in2_len: Any, mode: Any = "full") -> Any:
    lags = np.arange(-in2_len + 1, in1_len)
    if mode == "full":
        return lags
    if mode == "same":
        middle, bound = np.size(lags) // 2, in1_len // 2
        return lags[middle - bound : middle + bound + in1_len % 2]
    gap = in1_len - in2_len
    return np.arange(gap + 1) if gap >= 0 else np.arange(gap, 1)


def without_line(x: Any) -> Any:
    """The last axis without its line of least squares."""
    n = np.shape(x)[-1]
    time = np.arange(n) - (n - 1) / 2
    level = np.mean(x, axis=-1, keepdims=True)
    scale = np.maximum(np.sum(time * time), 1e-300)
    return x - level - np.sum(x * time, axis=-1, keepdims=True) / scale * time


@simpler(scipy.signal.detrend)
def _detrend(
    data: Any, axis: Any = -1, type: Any = "linear", bp: Any = 0, overwrite_data: Any = False
) -> Any:
    x = np.moveaxis(data, axis, -1)
    if type == "constant" or type == "c":
        return np.moveaxis(x - np.mean(x, axis=-1, keepdims=True), -1, axis)
    breaks = [bp] if isinstance(bp, int) else list(bp)
    bounds = [0] + [b for b in sorted(breaks) if b != 0] + [np.shape(x)[-1]]
    parts = [without_line(x[..., bounds[k] : bounds[k + 1]]) for k in range(len(bounds) - 1)]
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, axis)


# Cosine and sine transforms, by a Fourier transform of twice the length.


def spun(x: Any, angle: Any) -> Any:
    """The last axis turned by an angle an entry."""
    return x * (np.cos(angle) - 1j * np.sin(angle))


def long_transform(x: Any, length: Any, count: Any, start: int) -> Any:
    """`count` frequencies from `start` on, of the last axis filled up to a length."""
    return transformed(x, length, -1, -1)[..., start : start + count]


def cosine_transform(x: Any, type: int) -> Any:
    n = np.shape(x)[-1]
    k = np.arange(n)
    if type == 1:
        ends = x[..., :1] + np.where(k % 2 == 0, 1.0, -1.0) * x[..., -1:]
        return 2 * np.real(long_transform(x, 2 * (n - 1), n, 0)) - ends
    if type == 2:
        return 2 * np.real(spun(long_transform(x, 2 * n, n, 0), np.pi * k / (2 * n)))
    if type == 3:
        return 2 * np.real(long_transform(spun(x, np.pi * k / (2 * n)), 2 * n, n, 0)) - x[..., :1]
    turned = spun(x, np.pi * (2 * k + 1) / (4 * n))
    return 2 * np.real(spun(long_transform(turned, 2 * n, n, 0), np.pi * k / (2 * n)))


def sine_transform(x: Any, type: int) -> Any:
    n = np.shape(x)[-1]
    k = np.arange(n)
    zero = np.zeros_like(x[..., :1])
    if type == 1:
        return -2 * np.imag(long_transform(np.concatenate([zero, x], -1), 2 * (n + 1), n, 1))
    if type == 2:
        return -2 * np.imag(spun(long_transform(x, 2 * n, n, 1), np.pi * (k + 1) / (2 * n)))
    if type == 3:
        turned = np.concatenate([zero + 0j, spun(x, np.pi * (k + 1) / (2 * n))], -1)
        last = np.where(k % 2 == 0, 1.0, -1.0) * x[..., -1:]
        return -2 * np.imag(long_transform(turned, 2 * n, n, 0)) - last
    turned = spun(x, np.pi * (2 * k + 1) / (4 * n))
    return -2 * np.imag(spun(long_transform(turned, 2 * n, n, 0), np.pi * k / (2 * n)))


def scale_of(m: Any, norm: Any) -> Any:
    return 1.0 / np.sqrt(m) if norm == "ortho" else 1.0 / m if norm == "forward" else 1.0


ROOT = 1.4142135623730951


@simpler(scipy.fft.dct)
def _dct(
    x: Any, type: Any = 2, n: Any = None, axis: Any = -1, norm: Any = None, overwrite_x: Any = False,
    workers: Any = None, orthogonalize: Any = None,
) -> Any:  # fmt: skip
    x = np.moveaxis(x if n is None else fitted(x, n, axis), axis, -1)
    size = np.shape(x)[-1]
    ends = is_orthogonal(norm, orthogonalize)
    if ends and type == 1:
        x = x * end_weights(x, -1, ROOT, ROOT)
    if ends and type == 3:
        x = x * end_weights(x, -1, ROOT, 1.0)
    made = cosine_transform(x, type)
    made = made * scale_of(2 * (size - 1) if type == 1 else 2 * size, norm)
    if ends and type == 1:
        made = made * end_weights(made, -1, 1 / ROOT, 1 / ROOT)
    if ends and type == 2:
        made = made * end_weights(made, -1, 1 / ROOT, 1.0)
    return np.moveaxis(made, -1, axis)


@simpler(scipy.fft.dst)
def _dst(
    x: Any, type: Any = 2, n: Any = None, axis: Any = -1, norm: Any = None, overwrite_x: Any = False,
    workers: Any = None, orthogonalize: Any = None,
) -> Any:  # fmt: skip
    x = np.moveaxis(x if n is None else fitted(x, n, axis), axis, -1)
    size = np.shape(x)[-1]
    ends = is_orthogonal(norm, orthogonalize)
    if ends and type == 3:
        x = x * last_weights(x, -1, ROOT)
    made = sine_transform(x, type) * scale_of(2 * (size + 1) if type == 1 else 2 * size, norm)
    if ends and type == 2:
        made = made * last_weights(made, -1, 1 / ROOT)
    return np.moveaxis(made, -1, axis)


@simpler(scipy.fft.fftfreq)
def _fftfreq(n: Any, d: Any = 1.0, *, xp: Any = None, device: Any = None) -> Any:
    return np.fft.fftfreq(n, d)


@simpler(scipy.fft.rfftfreq)
def _rfftfreq(n: Any, d: Any = 1.0, *, xp: Any = None, device: Any = None) -> Any:
    return np.fft.rfftfreq(n, d)
