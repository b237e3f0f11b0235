"""The contenders of a problem: each a function that returns the value and the gradients."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.problem import Fun, Problem, compiled
from benchmarks.timing import Run

Args = tuple[Any, ...]


def under_numba(fun: Fun) -> Fun:
    """The function compiled as written, with the functions that it calls."""
    scope = dict(fun.__globals__)
    for name, value in fun.__globals__.items():
        if isinstance(value, types.FunctionType) and value.__module__ == fun.__module__:
            scope[name] = compiled(types.FunctionType(value.__code__, scope, name))
    return compiled(types.FunctionType(fun.__code__, scope, fun.__name__, fun.__defaults__))


def jax_run(loss: Fun, args: Args, wrt: tuple[int, ...]) -> Run:
    """Compiled, the arguments on the device; integers decide trip counts and are static."""
    import jax

    jax.config.update("jax_enable_x64", True)
    static = tuple(k for k, arg in enumerate(args) if isinstance(arg, int))
    derivative = jax.jit(jax.value_and_grad(loss, wrt), static_argnums=static)
    on_device = [arg if k in static else jax.numpy.asarray(arg) for k, arg in enumerate(args)]
    return lambda: jax.block_until_ready(derivative(*on_device))


def torch_run(loss: Fun, args: Args, wrt: tuple[int, ...]) -> Run:
    import torch

    torch.set_num_threads(1)
    tensors = [
        torch.tensor(arg, requires_grad=k in wrt, dtype=torch.float64 if isinstance(arg, float) else None)
        if isinstance(arg, (float, np.ndarray))
        else arg
        for k, arg in enumerate(args)
    ]
    active = [tensors[k] for k in wrt]

    def run() -> Any:
        value = loss(*tensors)
        return value.detach(), *torch.autograd.grad(value, active)

    return run


def autograd_run(loss: Fun, args: Args, wrt: tuple[int, ...]) -> Run:
    import autograd

    return partial(autograd.value_and_grad(loss, wrt), *args)


def s2sgrad_run(problem: Problem, args: Args, jit: bool) -> Run:
    from s2sgrad import value_and_grad

    return partial(value_and_grad(problem.program, problem.wrt, jit=jit), *args)


def _called(fun: Fun) -> Callable[[Args], Run]:
    return lambda args: partial(fun, *args)


def _library(run: Callable[..., Run], loss: Fun, wrt: tuple[int, ...]) -> Callable[[Args], Run]:
    return lambda args: run(loss, args, wrt)


def _makers(problem: Problem) -> dict[str, Callable[[Args], Run]]:
    ours = {"hand": problem.adjoint, "primal": problem.primal}
    makers = {name: _called(fun) for name, fun in ours.items() if fun is not None}
    makers["written"] = lambda args: partial(under_numba(problem.program), *args)
    makers["plain"] = lambda args: s2sgrad_run(problem, args, jit=False)
    makers["jit"] = lambda args: s2sgrad_run(problem, args, jit=True)
    libraries: dict[str, tuple[Callable[..., Run], Fun | None]] = {
        **{f"jax{number}": (jax_run, loss) for number, loss in enumerate(problem.jax)},
        "torch": (torch_run, problem.torch),
        "autograd": (autograd_run, problem.autograd),
    }
    return makers | {
        name: _library(run, loss, problem.wrt) for name, (run, loss) in libraries.items() if loss is not None
    }


PRIMALS = ("primal", "written")  # these return the value alone


def contenders(problem: Problem) -> dict[str, Callable[[], Run]]:
    """What makes each contender ready to run; the first call compiles. `hand` is first."""
    args = problem.args()
    shortened = problem.shortened
    short = set(shortened.contenders) if shortened else set()
    small = shortened.args() if shortened else ()
    makers = _makers(problem)
    return {name: partial(make, small if name in short else args) for name, make in makers.items()}


def flat(result: Any) -> list[Any]:
    """The value and the gradients as NumPy arrays."""
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in flat(part)]
    return [np.asarray(result, dtype=float)]
