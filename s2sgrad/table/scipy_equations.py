"""SciPy's banded systems and matrix equations, square roots and exponentials of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.result_types import RULES, real_or_complex_type, shaped_as
from .composite import composite
from .decompositions import as_complex
from .functional import in_kind
from .linalg import adjoint
from .products import swapped
from .registry import defjvp, defvjp
from .scipy_linalg import SL

# Banded systems: ab[u + i - j, j] = a[i, j] ---------------------------------------------------------------------


def banded_transpose(ab: Any, l: int, u: int) -> Any:
    """The transpose of a banded matrix, in banded form: the rows in reverse, each moved; what wraps is never read."""
    return np.stack([np.roll(ab[u - d], -d) for d in range(-l, u + 1)])


def moved_down(x: Any, d: int) -> Any:
    """`x[i - d]` at `i` along the first axis, zero from outside."""
    if d == 0:
        return x
    if d > 0:
        return np.concatenate((np.zeros_like(x[:d]), x[:-d]))
    return np.concatenate((x[-d:], np.zeros_like(x[:-d])))


def banded_product(ab: Any, x: Any, l: int, u: int) -> Any:
    """A banded matrix times a vector or a matrix."""
    return sum(
        [
            moved_down(ab[d + u] * x if np.ndim(x) == 1 else ab[d + u][:, None] * x, d)
            for d in range(-u, l + 1)
        ]
    )


def banded_outer(y: Any, x: Any, l: int, u: int) -> Any:
    """The band of `y @ x.T`."""
    rows = [moved_down(y, -d) * x for d in range(-u, l + 1)]
    return np.stack([row if np.ndim(row) == 1 else np.sum(row, axis=1) for row in rows])


def banded_back(g: Any, l_and_u: Any, ab: Any) -> Any:
    """The solution against the transposed matrix."""
    l, u = l_and_u
    return SL.solve_banded((u, l), banded_transpose(ab, l, u), g)


def banded_ab(
    g: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The cotangent of the bands."""
    return -banded_outer(banded_back(g, l_and_u, ab), ans, l_and_u[0], l_and_u[1])


def banded_b(
    g: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The cotangent of the right-hand side."""
    return banded_back(g, l_and_u, ab)


def banded_jvp_ab(
    t: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The share of the bands in the tangent."""
    return -SL.solve_banded(l_and_u, ab, banded_product(t, ans, l_and_u[0], l_and_u[1]))


def banded_jvp_b(
    t: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The share of the right-hand side."""
    return SL.solve_banded(l_and_u, ab, t)


defvjp(SL.solve_banded, None, banded_ab, banded_b)
defjvp(SL.solve_banded, None, banded_jvp_ab, banded_jvp_b)


# Sylvester equation, square root, exponential -------------------------------------------------------------------

# fmt: off
defvjp(SL.solve_sylvester, lambda g, ans, a, b, q: -(SL.solve_sylvester(a.T, b.T, g) @ ans.T),
                           lambda g, ans, a, b, q: -(ans.T @ SL.solve_sylvester(a.T, b.T, g)),
                           lambda g, ans, a, b, q: SL.solve_sylvester(a.T, b.T, g))
defjvp(SL.solve_sylvester, lambda t, ans, a, b, q: -SL.solve_sylvester(a, b, t @ ans),
                           lambda t, ans, a, b, q: -SL.solve_sylvester(a, b, ans @ t),
                           lambda t, ans, a, b, q: SL.solve_sylvester(a, b, t))
composite(SL.solve_continuous_lyapunov, lambda a, q: SL.solve_sylvester(a, adjoint(a), q))
# The square of the root is the matrix: `x dx + dx x = da`.
def sqrtm_vjp(g: Any, ans: Any, A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """The square root of a real matrix may be complex; the cotangent of the matrix is real."""
    root, g = as_complex(ans, A), as_complex(g, A)
    share = SL.solve_sylvester(swapped(root), swapped(root), g)
    return share if np.iscomplexobj(A) else np.real(share)


def sqrtm_jvp(t: Any, ans: Any, A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """The same, forward."""
    root = as_complex(ans, A)
    change = SL.solve_sylvester(root, root, as_complex(t, A))
    return change if np.iscomplexobj(A) else in_kind(change, ans)


RULES[SL.sqrtm] = real_or_complex_type
RULES[SL.solve_sylvester] = RULES[SL.solve_banded] = shaped_as(2)
defvjp(SL.sqrtm, sqrtm_vjp)
defjvp(SL.sqrtm, sqrtm_jvp)
# fmt: on


def frechet_by_blocks(a: Any, e: Any) -> Any:
    """`exp([[a, e], [0, a]])`, whose upper right block is the derivative of the exponential at `a` along `e`.

    Higham, "Functions of Matrices" (2008), equation 3.16.
    """
    above = np.concatenate((a, e), axis=-1)
    return SL.expm(np.concatenate((above, np.concatenate((np.zeros_like(a), a), axis=-1)), axis=-2))


def expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """The exponential and its derivative as blocks of one exponential, which may be differentiated again."""
    n = A.shape[-1]
    blocks = frechet_by_blocks(A, E)
    if compute_expm:
        return blocks[:n, :n], blocks[:n, n:]
    return blocks[:n, n:]


def expm_derivative(a: Any, e: Any) -> Any:
    """The derivative of the exponential at `a` along `e`; its transpose is the derivative at the transpose."""
    if np.ndim(a) == 2:
        return SL.expm_frechet(a, e, compute_expm=False)
    n = a.shape[-1]
    return frechet_by_blocks(a, e)[..., :n, n:]


defvjp(SL.expm, lambda g, ans, A: expm_derivative(swapped(A), g))
defjvp(SL.expm, lambda t, ans, A: expm_derivative(A, t))
composite(SL.expm_frechet, expm_frechet)
