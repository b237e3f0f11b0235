"""Ordinary differential equations: `odeint` written out as an explicit Runge-Kutta method that is differentiated.

Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), table II.5.2: Dormand and Prince, orders
5 and 4. The step is halved and doubled, so that its choice is a comparison and has no derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

from .composite import refuse, stand_in


def slope(func: Any, y: Any, t: Any, args: Any, tfirst: bool) -> Any:
    """The right-hand side, as an array."""
    return np.asarray(func(t, y, *args) if tfirst else func(y, t, *args)) * 1.0


def stages(func: Any, y: Any, t: Any, h: Any, args: Any, tfirst: bool) -> tuple[Any, Any]:
    """One step of Dormand and Prince: the state after it, and an estimate of its error."""
    k1 = slope(func, y, t, args, tfirst)
    k2 = slope(func, y + h * (k1 / 5), t + h / 5, args, tfirst)
    k3 = slope(func, y + h * (3 / 40 * k1 + 9 / 40 * k2), t + 3 / 10 * h, args, tfirst)
    k4 = slope(func, y + h * (44 / 45 * k1 - 56 / 15 * k2 + 32 / 9 * k3), t + 4 / 5 * h, args, tfirst)
    k5 = slope(
        func,
        y + h * (19372 / 6561 * k1 - 25360 / 2187 * k2 + 64448 / 6561 * k3 - 212 / 729 * k4),
        t + 8 / 9 * h,
        args,
        tfirst,
    )
    k6 = slope(
        func,
        y + h * (9017 / 3168 * k1 - 355 / 33 * k2 + 46732 / 5247 * k3 + 49 / 176 * k4 - 5103 / 18656 * k5),
        t + h,
        args,
        tfirst,
    )
    after = y + h * (35 / 384 * k1 + 500 / 1113 * k3 + 125 / 192 * k4 - 2187 / 6784 * k5 + 11 / 84 * k6)
    k7 = slope(func, after, t + h, args, tfirst)
    error = h * (
        71 / 57600 * k1 - 71 / 16695 * k3 + 71 / 1920 * k4 - 17253 / 339200 * k5 + 22 / 525 * k6 - k7 / 40
    )
    return after, error


def advanced(
    func: Any, y: Any, start: Any, stop: Any, first: Any, args: Any, tfirst: bool, rtol: Any, atol: Any
) -> Any:
    """The state at `stop` from that at `start`; the steps are fractions of the interval, whose ends may move."""
    span = stop - start
    done, step = 0.0, first
    while done < 1.0:
        size = min(step, 1.0 - done)
        after, error = stages(func, y, start + done * span, size * span, args, tfirst)
        worst = np.max(np.abs(error) - (atol + rtol * np.maximum(np.abs(y), np.abs(after))))
        if worst > 0.0 and size > 1e-12:
            step = size / 2
        else:
            y = after
            done = done + size if size < 1.0 - done else 1.0
            worst = np.max(64 * np.abs(error) - (atol + rtol * np.abs(y)))
            step = 2 * step if worst < 0.0 else step
    return y


def odeint(
    func: Any,
    y0: Any,
    t: Any,
    args: Any = (),
    Dfun: Any = None,
    col_deriv: Any = 0,
    full_output: Any = 0,
    ml: Any = None,
    mu: Any = None,
    rtol: Any = None,
    atol: Any = None,
    tcrit: Any = None,
    h0: Any = 0.0,
    hmax: Any = 0.0,
    hmin: Any = 0.0,
    ixpr: Any = 0,
    mxstep: Any = 0,
    mxhnil: Any = 0,
    mxordn: Any = 12,
    mxords: Any = 5,
    printmessg: Any = 0,
    tfirst: bool = False,
) -> Any:
    """The states at the times `t`, a row each, at least as exact as SciPy's default tolerance makes them."""
    refuse(full_output != 0, "scipy.integrate.odeint with full_output")
    rtol = 1e-10 if rtol is None else rtol
    atol = 1e-10 if atol is None else atol
    args = args if isinstance(args, tuple) else (args,)
    t = np.asarray(t)
    y = np.atleast_1d(np.asarray(y0)) * 1.0
    out = np.zeros((np.shape(t)[0], np.shape(y)[0]))
    out[0] = y
    k = 1
    while k < np.shape(t)[0]:
        y = advanced(func, y, t[k - 1], t[k], 0.125, args, tfirst, rtol, atol)
        out[k] = y
        k = k + 1
    return out


stand_in(scipy.integrate.odeint, odeint)
