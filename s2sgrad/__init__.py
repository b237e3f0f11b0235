"""s2sgrad: a source-to-source differentiation compiler for Python and NumPy.

Names are imported when they are first used, so that `import s2sgrad` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import optim
    from .api import differentiate, grad, source, value_and_grad, vjp
    from .batching import vmap
    from .checking import check_grads
    from .checkpointing import checkpoint, checkpointed
    from .errors import (
        DifferentiationError,
        JitError,
        NonDifferentiableError,
        NotScalarError,
        SourceNotFoundError,
        UnsupportedSyntaxError,
    )
    from .frontend.primitives import stop_gradient
    from .matrices import hessian, jacobian, jacobian_sparsity
    from .orders import elementwise_grad, hvp, jvp
    from .primitive import primitive
    from .supported import supported
    from .table.registry import defjvp, defvjp

__version__ = "0.1.0"

_HOMES = {
    "api": ("differentiate", "grad", "source", "value_and_grad", "vjp"),
    "batching": ("vmap",),
    "checking": ("check_grads",),
    "checkpointing": ("checkpoint", "checkpointed"),
    "errors": (
        "DifferentiationError",
        "JitError",
        "NonDifferentiableError",
        "NotScalarError",
        "SourceNotFoundError",
        "UnsupportedSyntaxError",
    ),
    "frontend.primitives": ("stop_gradient",),
    "matrices": ("hessian", "jacobian", "jacobian_sparsity"),
    "orders": ("elementwise_grad", "hvp", "jvp"),
    "primitive": ("primitive",),
    "supported": ("supported",),
    "table.registry": ("defjvp", "defvjp"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DifferentiationError",
    "JitError",
    "NonDifferentiableError",
    "NotScalarError",
    "SourceNotFoundError",
    "UnsupportedSyntaxError",
    "check_grads",
    "checkpoint",
    "checkpointed",
    "defjvp",
    "defvjp",
    "differentiate",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jacobian_sparsity",
    "jvp",
    "optim",
    "primitive",
    "source",
    "stop_gradient",
    "supported",
    "value_and_grad",
    "vjp",
    "vmap",
]


def __getattr__(name: str) -> Any:
    if name == "optim":
        return importlib.import_module(f"{__name__}.optim")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = found  # a submodule of the same name must not hide it
    return found


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
