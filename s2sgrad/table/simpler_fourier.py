"""Fourier transforms by way of a kernel on rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import fourier
from .fft import along, fitted, length_along, transformed_axes
from .simpler import simpler
from .simpler_orders import as_rows


def transformed(a: Any, n: Any, axis: Any, sign: int) -> Any:
    """The transform along an axis, cut or filled up to `n`, not scaled, in double precision."""
    a = a if n is None else fitted(a, n, axis)
    found = fourier.fourier_of_rows(as_rows(a, axis).astype(np.complex128), sign)
    if np.ndim(a) < 2:
        return found[0]
    rest = [np.shape(a)[k] for k in range(np.ndim(a)) if k != axis % np.ndim(a)]
    return np.moveaxis(np.reshape(found, tuple(rest) + (np.shape(a)[axis],)), -1, axis)


def scale_of(n: Any, norm: Any, unscaled: str) -> Any:
    """What a transform of length `n` is multiplied by; `unscaled` is the norm under which it is as it comes."""
    if norm == "ortho":
        return 1.0 / np.sqrt(n)
    return 1.0 if (norm or "backward") == unscaled else 1.0 / n


def length_of(a: Any, n: Any, axis: Any) -> Any:
    return np.shape(a)[axis] if n is None else n


@simpler(np.fft.fft)
def _fft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return transformed(a, n, axis, -1) * scale_of(length_of(a, n, axis), norm, "backward")


@simpler(np.fft.ifft)
def _ifft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return transformed(a, n, axis, 1) * scale_of(length_of(a, n, axis), norm, "forward")


@simpler(np.fft.rfft)
def _rfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    length = length_of(a, n, axis)
    half = transformed(a, n, axis, -1)[along(axis, np.ndim(a), slice(0, length // 2 + 1))]
    return half * scale_of(length, norm, "backward")


@simpler(np.fft.irfft)
def _irfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    length = 2 * (np.shape(a)[axis] - 1) if n is None else n
    half = fitted(a, length // 2 + 1, axis)
    k = np.arange(length)
    mirrored = np.where(2 * k > length, length - k, k)
    shape = tuple([-1 if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))])
    given = half[along(axis, np.ndim(a), mirrored)]
    whole = np.where(np.reshape(2 * k > length, shape), np.conj(given), given)
    return np.real(transformed(whole, None, axis, 1)) * scale_of(length, norm, "forward")


@simpler(np.fft.fftn)
def _fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    axes = transformed_axes(a, s, axes)
    for i in range(len(axes)):
        a = np.fft.fft(a, length_along(s, i), axes[i], norm)
    return a


@simpler(np.fft.ifftn)
def _ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    axes = transformed_axes(a, s, axes)
    for i in range(len(axes)):
        a = np.fft.ifft(a, length_along(s, i), axes[i], norm)
    return a


@simpler(np.fft.fft2)
def _fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return _fftn(a, s, axes, norm)


@simpler(np.fft.ifft2)
def _ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return _ifftn(a, s, axes, norm)


def shifted(x: Any, axes: Any, sign: int) -> Any:
    places = range(np.ndim(x)) if axes is None else (axes,) if isinstance(axes, int) else axes
    for axis in places:
        n = np.shape(x)[axis]
        x = np.roll(x, n // 2 if sign > 0 else -(n // 2), axis)
    return x


@simpler(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    return shifted(x, axes, 1)


@simpler(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    return shifted(x, axes, -1)


@simpler(np.fft.fftfreq)
def _fftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    k = np.arange(n)
    return np.where(2 * k < n, k, k - n) / (n * d)


@simpler(np.fft.rfftfreq)
def _rfftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    return np.arange(n // 2 + 1) / (n * d)
