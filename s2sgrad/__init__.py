"""s2sgrad: a source-to-source differentiation compiler for Python and NumPy."""

from .api import differentiate, grad, source, value_and_grad, vjp
from .checking import check_grads
from .errors import (
    DifferentiationError,
    JitError,
    NonDifferentiableError,
    NotScalarError,
    SourceNotFoundError,
    UnsupportedSyntaxError,
)
from .frontend.primitives import stop_gradient
from .primitive import primitive
from .supported import supported
from .table.registry import defjvp, defvjp

__version__ = "0.1.0"
__all__ = [
    "DifferentiationError",
    "JitError",
    "NonDifferentiableError",
    "NotScalarError",
    "SourceNotFoundError",
    "UnsupportedSyntaxError",
    "check_grads",
    "defjvp",
    "defvjp",
    "differentiate",
    "grad",
    "primitive",
    "source",
    "stop_gradient",
    "supported",
    "value_and_grad",
    "vjp",
]
