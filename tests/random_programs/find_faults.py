"""Faults put into a copy of the compiler: random programs must find each, and soon.

`python -m tests.random_programs.find_faults` copies the package into a temporary folder for each patch of
`faults/`, applies it, and runs random programs against the copy until one is wrong.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .run import run_seed

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FAULTS = sorted((HERE / "faults").glob("*.patch"))
MOST = 2000
RUN = """
import json
from tests.random_programs.run import run_seeds
tally = run_seeds([seed for seed in range({most}) if seed not in {wrong}], stop=True)
print(json.dumps([tally.verdicts.total(), tally.wrong[:1]]))
"""


class PatchFailed(Exception):
    """The lines that a patch changes are not in the file, or not once."""


def apply(patch: str, root: Path) -> None:
    """Apply a unified diff by its lines, wherever in the file they now stand."""
    for part in re.split(r"^--- .*\n(?=\+\+\+ )", patch, flags=re.M)[1:]:
        head, _, rest = part.partition("\n")
        path = root / head.removeprefix("+++ b/").split("\t")[0]
        text = path.read_text(encoding="utf-8")
        for hunk in re.split(r"^@@.*@@.*\n", rest, flags=re.M)[1:]:
            lines = [line for line in hunk.splitlines() if line[:1] in (" ", "-", "+")]
            old = "".join(line[1:] + "\n" for line in lines if line[0] != "+")
            new = "".join(line[1:] + "\n" for line in lines if line[0] != "-")
            if text.count(old) != 1:
                raise PatchFailed(f"{path.name}: the lines to change stand there {text.count(old)} times")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


def programs_until_found(patch: Path, most: int = MOST, wrong: tuple[int, ...] = ()) -> tuple[int, str]:
    """How many programs it takes until one is wrong (0: none was), and what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "s2sgrad", copy / "s2sgrad", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(
            HERE, copy / "tests" / "random_programs", ignore=shutil.ignore_patterns("__pycache__")
        )
        (copy / "tests" / "__init__.py").touch()
        apply(patch.read_text(encoding="utf-8"), copy)
        environment = {**os.environ, "PYTHONPATH": folder, "S2SGRAD_CACHE": "0"}
        done = subprocess.run(
            [sys.executable, "-c", RUN.format(most=most, wrong=list(wrong))],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        count, found = json.loads(done.stdout.splitlines()[-1])
    if found and run_seed(found[0][0]).verdict == "wrong":  # the compiler's own fault: it shows nothing
        return programs_until_found(patch, most, (*wrong, found[0][0]))
    return (count, found[0][1]) if found else (0, "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    patches = [p for p in FAULTS if not options.names or p.stem in options.names]
    missed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for patch, (count, reason) in zip(patches, pool.map(programs_until_found, patches)):
            missed += not count
            print(
                f"{patch.stem:32} {f'found by program {count}: {reason[:90]}' if count else 'NOT FOUND'}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
