"""One thread, one core, and what the machine is."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import date

# Read when a library is first imported: so they are set in the environment of the processes that measure.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
# glibc keeps what was freed: else the kernel's page faults, a matter of what ran before, are a large part of a time.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}
# glibc gives memory back at once, so that the resident size tells what a call held.
RETURN_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "0",
    "NUMPY_MADVISE_HUGEPAGE": "0",
}
LIBRARIES = ("numpy", "scipy", "numba", "jax", "torch", "autograd")


def pin() -> None:
    """Keep this process, and every pool that it will start, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def processor() -> str:
    """Its name, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def version(library: str) -> str:
    try:
        return f"{library} {importlib.metadata.version(library)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {library}"


def blas() -> str:
    """The library behind NumPy's matrix product, and the kernel that it chose."""
    try:
        import threadpoolctl
    except ImportError:
        return "BLAS unknown (threadpoolctl not installed)"
    import numpy  # noqa: F401  what it loads is listed

    found = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    return ", ".join(f"{p['internal_api']} {p['version']} ({p.get('architecture', '?')})" for p in found)


def load() -> str:
    """How many processes want the machine: above 1, a measurement shares it with other work."""
    return f"{os.getloadavg()[1]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def description() -> str:
    """One paragraph for the head of the report."""
    libraries = ", ".join(version(library) for library in LIBRARIES)
    return (
        f"{date.today():%-d %B %Y}; {processor()}, {os.cpu_count()} cores, of which one is used, one thread; "
        f"load average {load()}; Python {platform.python_version()}, {libraries}; {blas()}; float64."
    )
