"""Short-time spectra: `stft`, `istft`, `welch`, `csd`, `periodogram`, as SciPy documents them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal

from ..ir.program import type_of
from ..ir.result_types import RULES
from ..ir.types import UNKNOWN, Dim, array
from .composite import composite, refuse
from .registry import inactive


def window_of(window: Any, nperseg: Any, n: Any) -> Any:
    """The window, whose length is that of a segment, and which is no longer than the signal."""
    if isinstance(window, (str, tuple)):
        length = 256 if nperseg is None else nperseg
        return scipy.signal.get_window(window, min(length, n))
    return np.asarray(window)


def segments(x: Any, length: int, step: int) -> Any:
    """The segments of a signal along its last axis, a row each."""
    count = (np.shape(x)[-1] - length) // step + 1
    return x[..., np.arange(count)[:, None] * step + np.arange(length)]


def without_trend(x: Any, detrend: Any) -> Any:
    """Segments without their trend."""
    if detrend is False:
        return x
    if callable(detrend):
        return detrend(x)
    return scipy.signal.detrend(x, -1, detrend)


def spectra(x: Any, win: Any, nfft: Any, step: int, detrend: Any, onesided: bool) -> Any:
    """The transforms of the windowed segments."""
    parts = without_trend(segments(x, np.shape(win)[0], step), detrend) * win
    return np.fft.rfft(parts, nfft) if onesided else np.fft.fft(parts, nfft)


def frequencies(nfft: Any, fs: Any, onesided: bool) -> Any:
    """The frequencies of a transform."""
    return np.fft.rfftfreq(nfft, 1 / fs) if onesided else np.fft.fftfreq(nfft, 1 / fs)


def scale_of(win: Any, fs: Any, scaling: str) -> Any:
    """What squares of spectra are multiplied by."""
    if scaling == "density" or scaling == "psd":
        return 1.0 / (fs * np.sum(win * win))
    return 1.0 / np.sum(win) ** 2


def last(x: Any, axis: int) -> Any:
    """`x` with an axis moved to the end."""
    return np.moveaxis(x, axis, -1) if np.ndim(x) > 1 else x


def overlap_of(noverlap: Any, length: int) -> Any:
    """The overlap of segments: by default a half."""
    return length // 2 if noverlap is None else noverlap


def doubled(p: Any, nfft: Any) -> Any:
    """One-sided power: twice that of what has a mirror image."""
    k = np.arange(np.shape(p)[-1])
    return p * np.where((k == 0) | ((nfft % 2 == 0) & (k == nfft // 2)), 1.0, 2.0)


def bias(n: Any) -> Any:
    """The expectation of the median of `n` powers, in units of their mean."""
    ii = 2 * np.arange(1.0, (n - 1) // 2 + 1)
    return 1 + np.sum(1.0 / (ii + 1) - 1.0 / ii)


def median(p: Any, n: Any) -> Any:
    """The median over segments, corrected for its bias."""
    if np.iscomplexobj(p):
        return (np.median(np.real(p), axis=-2) + 1j * np.median(np.imag(p), axis=-2)) / bias(n)
    return np.median(p, axis=-2) / bias(n)


def cross_power(
    x: Any, y: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any,
    return_onesided: bool, scaling: str, axis: int, average: str,
) -> Any:  # fmt: skip
    """The frequencies, and the average of the products of spectra."""
    x, y = last(np.asarray(x), axis), last(np.asarray(y), axis)
    win = window_of(window, nperseg, np.shape(x)[-1])
    length = np.shape(win)[0]
    points = length if nfft is None else nfft
    onesided = return_onesided and not np.iscomplexobj(x) and not np.iscomplexobj(y)
    step = length - overlap_of(noverlap, length)
    first = spectra(x, win, points, step, detrend, onesided)
    second = spectra(y, win, points, step, detrend, onesided)
    p = np.conj(first) * second * scale_of(win, fs, scaling)
    p = doubled(p, points) if onesided else p
    p = np.mean(p, axis=-2) if average == "mean" else median(p, np.shape(p)[-2])
    return frequencies(points, fs, onesided), np.moveaxis(p, -1, axis) if np.ndim(p) > 1 else p


def csd(
    x: Any, y: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    average: str = "mean",
) -> Any:  # fmt: skip
    """The cross power of two signals of equal length."""
    return cross_power(
        x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average
    )


def welch(
    x: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    average: str = "mean",
) -> Any:  # fmt: skip
    """The power of a signal."""
    x = last(np.asarray(x), axis)
    win = window_of(window, nperseg, np.shape(x)[-1])
    length = np.shape(win)[0]
    points = length if nfft is None else nfft
    onesided = return_onesided and not np.iscomplexobj(x)
    found = spectra(x, win, points, length - overlap_of(noverlap, length), detrend, onesided)
    p = (np.real(found) ** 2 + np.imag(found) ** 2) * scale_of(win, fs, scaling)
    p = doubled(p, points) if onesided else p
    p = np.mean(p, axis=-2) if average == "mean" else median(p, np.shape(p)[-2])
    return frequencies(points, fs, onesided), np.moveaxis(p, -1, axis) if np.ndim(p) > 1 else p


def periodogram(
    x: Any, fs: Any = 1.0, window: Any = "boxcar", nfft: Any = None, detrend: Any = "constant",
    return_onesided: bool = True, scaling: str = "density", axis: int = -1,
) -> Any:  # fmt: skip
    """The power of a signal as one segment."""
    n = np.shape(x)[axis]
    refuse(nfft is not None, "scipy.signal.periodogram with nfft")
    return welch(x, fs, window, n, 0, None, detrend, return_onesided, scaling, axis)


def extended(x: Any, boundary: Any, margin: int) -> Any:
    """A signal with a margin at both ends of its last axis."""
    if boundary is None:
        return x
    if boundary == "zeros":
        none = np.zeros(np.shape(x)[:-1] + (margin,), dtype=x.dtype)
        return np.concatenate([none, x, none], -1)
    if boundary == "constant":
        left, right = x[..., :1], x[..., -1:]
        ones = np.ones(margin)
        return np.concatenate([left * ones, x, right * ones], -1)
    left, right = np.flip(x[..., 1 : margin + 1], -1), np.flip(x[..., -(margin + 1) : -1], -1)
    if boundary == "odd":
        left, right = 2 * x[..., :1] - left, 2 * x[..., -1:] - right
    return np.concatenate([left, x, right], -1)


def filled_up(x: Any, length: int, step: int, padded: bool) -> Any:
    """A signal with zeros behind it, up to a whole number of segments."""
    if not padded:
        return x
    missing = (-(np.shape(x)[-1] - length) % step) % length
    return np.concatenate([x, np.zeros(np.shape(x)[:-1] + (missing,), dtype=x.dtype)], -1)


def stft(
    x: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = 256, noverlap: Any = None, nfft: Any = None,
    detrend: Any = False, return_onesided: bool = True, boundary: Any = "zeros", padded: bool = True, axis: int = -1,
    scaling: str = "spectrum",
) -> Any:  # fmt: skip
    """Frequencies, times, and the spectra of the segments."""
    x = last(np.asarray(x), axis)
    win = window_of(window, nperseg, np.shape(x)[-1])
    length = np.shape(win)[0]
    points = length if nfft is None else nfft
    step = length - overlap_of(noverlap, length)
    onesided = return_onesided and not np.iscomplexobj(x)
    wide = filled_up(extended(x, boundary, length // 2), length, step, padded)
    found = spectra(wide, win, points, step, detrend, onesided) * np.sqrt(scale_of(win, fs, scaling))
    times = (np.arange(np.shape(found)[-2]) * step + length / 2) / fs
    times = times if boundary is None else times - (length / 2) / fs
    place = axis if axis >= 0 else axis - 1
    return frequencies(points, fs, onesided), times, np.moveaxis(found, -1, place)


def istft(
    Zxx: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    input_onesided: bool = True, boundary: Any = True, time_axis: int = -1, freq_axis: int = -2,
    scaling: str = "spectrum",
) -> Any:  # fmt: skip
    """Times, and the signal that has these spectra, by overlap and addition (Griffin and Lim 1984)."""
    refuse(time_axis != -1 or freq_axis != -2, "scipy.signal.istft along other axes than the last two")
    rows = np.shape(Zxx)[-2]
    points = (2 * (rows - 1) if input_onesided else rows) if nfft is None else nfft
    length = points if nperseg is None else nperseg
    win = scipy.signal.get_window(window, length) if isinstance(window, (str, tuple)) else np.asarray(window)
    step = length - overlap_of(noverlap, length)
    spectrum = np.swapaxes(Zxx, -1, -2)
    parts = np.fft.irfft(spectrum, points) if input_onesided else np.fft.ifft(spectrum, points)
    parts = parts[..., :length] * win / np.sqrt(scale_of(win, fs, scaling))
    count = np.shape(Zxx)[-1]
    total = length + (count - 1) * step
    out, norm = np.zeros(np.shape(Zxx)[:-2] + (total,), dtype=parts.dtype), np.zeros(total)
    places = np.arange(count)[:, None] * step + np.arange(length)
    np.add.at(out, (Ellipsis, places), parts)  # type: ignore[arg-type]
    np.add.at(norm, places, np.broadcast_to(win * win, np.shape(places)))
    if boundary:
        out, norm = out[..., length // 2 : total - length // 2], norm[length // 2 : total - length // 2]
    out = out / np.where(norm > 1e-10, norm, 1.0)
    return np.arange(np.shape(out)[-1]) / fs, out


def spectrum_types(transforms: bool, complex_result: bool) -> Any:
    """The types of frequencies, times and spectra, or of frequencies and powers, of extents not told here."""

    def of(node: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        t = type_of(x)
        if t.shape is None or t.dtype is None:
            return UNKNOWN
        dtype = (
            np.result_type(t.dtype, np.complex64) if complex_result else np.real(np.zeros(0, t.dtype)).dtype
        )
        line = [array(np.dtype(np.float64), (Dim((node, k)),)) for k in range(2 if transforms else 1)]
        rank = t.rank + (1 if transforms else 0)
        return (*line, array(dtype, tuple(Dim((node, "spectrum", k)) for k in range(rank))))

    return of


def signal_types(node: Any, Zxx: Any, *args: Any, **kwargs: Any) -> Any:
    """The types of times and of a signal."""
    t = type_of(Zxx)
    onesided = kwargs.get("input_onesided", args[5] if len(args) > 5 else True)
    if t.shape is None or t.dtype is None or onesided is not True:
        return UNKNOWN
    dtype = np.real(np.zeros(0, t.dtype)).dtype
    signal = array(dtype, tuple(Dim((node, "signal", k)) for k in range(t.rank - 1)))
    return array(np.dtype(np.float64), (Dim((node, "times")),)), signal


RULES[scipy.signal.stft] = spectrum_types(True, True)
RULES[scipy.signal.csd] = spectrum_types(False, True)
RULES[scipy.signal.welch] = RULES[scipy.signal.periodogram] = spectrum_types(False, False)
RULES[scipy.signal.istft] = signal_types
inactive(scipy.signal.get_window)
for _fun, _definition in (
    (scipy.signal.csd, csd),
    (scipy.signal.welch, welch),
    (scipy.signal.periodogram, periodogram),
    (scipy.signal.stft, stft),
    (scipy.signal.istft, istft),
):
    composite(
        _fun,
        _definition,
        source="SciPy's documentation; Welch 1967",
        data_shape=True,  # a segment is no longer than the signal
    )
