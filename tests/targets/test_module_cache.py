"""Generated modules: what runs, what is on disk, and what happens where there is no disk."""

import inspect
import linecache
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback

import pytest

from s2sgrad.targets import module_cache
from s2sgrad.targets.module_cache import LIMIT, folder, load, log, sanitised

TEXT = "import numpy as np\n\n\ndef f(x):\n    return np.exp(x) / 0\n"


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.delenv("S2SGRAD_CACHE", raising=False)
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(tmp_path / "deep" / "cache"))
    return tmp_path / "deep" / "cache"


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setenv("S2SGRAD_CACHE", "0")


def marked(n):
    """A text of its own for each test: modules are remembered for the process."""
    return f"{TEXT}\n\nMARK = {n!r}\n"


def frames_of(call):
    with pytest.raises(Exception) as caught:
        call()
    return traceback.extract_tb(caught.value.__traceback__)


def test_module_is_compiled_from_its_file(where):
    module = load(marked("disk"), "grad_loss")
    (file,) = where.iterdir()
    assert module.__file__ == str(file) == module.f.__code__.co_filename
    assert file.name.startswith("grad_loss_") and file.read_text() == marked("disk")
    assert inspect.getsource(module.f) == "def f(x):\n    return np.exp(x) / 0\n"
    assert inspect.getsource(module) == marked("disk")


def test_module_in_memory_shows_its_lines(memory, tmp_path, monkeypatch):
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(tmp_path / "unused"))
    module = load(marked("memory").replace("np.exp(x)", "1"), "grad_loss")
    assert not (tmp_path / "unused").exists() and not hasattr(module, "__file__")
    assert module.f.__code__.co_filename.startswith("<s2sgrad grad_loss_")
    assert inspect.getsource(module.f) == "def f(x):\n    return 1 / 0\n"
    linecache.checkcache()
    assert frames_of(lambda: module.f(0))[-1].line == "return 1 / 0"
    assert folder() is None


def test_loading_again_gives_the_same_object(where, monkeypatch):
    module = load(marked("again"), "f")
    assert load(marked("again"), "f") is module
    assert load(marked("again"), "g") is not module
    assert load(marked("other"), "f") is not module
    monkeypatch.setenv("S2SGRAD_CACHE", "0")
    assert load(marked("again"), "f") is not module


def test_functions_of_it_pickle_within_the_process(where):
    f = load(marked("pickle"), "f").f
    assert pickle.loads(pickle.dumps(f)) is f
    assert sys.modules[f.__module__].f is f


def test_damaged_file_is_written_again(where):
    path = load(marked("damaged"), "f").__file__
    with open(path, "w") as file:
        file.write("raise SystemExit\n")
    module_cache._loaded.clear()
    assert load(marked("damaged"), "f").MARK == "damaged"
    with open(path) as file:
        assert file.read() == marked("damaged")


def test_intact_file_is_left_alone(where):
    path = load(marked("intact"), "f").__file__
    os.utime(path, (1, 1))
    module_cache._loaded.clear()
    assert load(marked("intact"), "f").__file__ == path and os.stat(path).st_mtime == 1


def test_folder_that_cannot_be_made_falls_back_to_memory(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.delenv("S2SGRAD_CACHE", raising=False)
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("S2SGRAD_LOG", "0")
    assert load(marked("fallback"), "f").MARK == "fallback"
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("S2SGRAD_LOG", "1")
    assert load(marked("fallback, told"), "f").MARK == "fallback, told"
    assert "kept in memory" in capsys.readouterr().err


def test_failing_write_leaves_nothing_behind(where, monkeypatch):
    def refuse(*args):
        raise PermissionError("read-only")

    monkeypatch.setattr(os, "replace", refuse)
    assert load(marked("read-only"), "f").f.__code__.co_filename.startswith("<s2sgrad")
    assert list(where.iterdir()) == []


def test_module_that_fails_is_not_remembered(where):
    before = set(sys.modules)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            load("x = 1 / 0\n", "broken")
    assert not [name for name in set(sys.modules) - before if "broken" in name]


def test_nothing_of_this_file_leaks_into_what_is_compiled(memory):
    assert load("def f(x: int): pass\n", "f").f.__annotations__ == {"x": int}


def test_number_of_modules_is_bounded(memory, monkeypatch):
    monkeypatch.setattr(module_cache, "LIMIT", 3)
    module_cache._loaded.clear()
    modules = [load(f"def f():\n    return {n}\n", "f") for n in range(5)]
    assert len(module_cache._loaded) == 3 and LIMIT == 512
    assert [module.__name__ in sys.modules for module in modules] == [False, False, True, True, True]
    assert modules[0].f() == 0


def test_a_module_of_numba_stays_importable_when_forgotten(memory, monkeypatch):
    monkeypatch.setattr(module_cache, "LIMIT", 1)
    module = load("if False:\n    import numba\n", "f")
    load("x = 1\n", "f")
    assert sys.modules[module.__name__] is module


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("<lambda>", "lambda"),
        ("", "program"),
        ("a.b c/é", "a_b_c"),
        ("2x", "_2x"),
        ("n" * 99, "n" * 60),
        ("../..", "program"),
    ],
)
def test_names_are_made_identifiers(name, expected):
    assert sanitised(name) == expected


def test_hash_depends_on_versions(where, monkeypatch):
    first = load(marked("version"), "f").__file__
    monkeypatch.setattr(module_cache, "_versions", lambda libraries: ("another",))
    assert load(marked("version"), "f").__file__ != first


def test_folder_is_read_from_the_environment_at_each_call(tmp_path, monkeypatch):
    monkeypatch.delenv("S2SGRAD_CACHE", raising=False)
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(tmp_path))
    assert folder() == str(tmp_path)
    monkeypatch.delenv("S2SGRAD_CACHE_DIR")
    assert "s2sgrad" in folder()


def test_threads_get_one_module(where):
    found, barrier = [], threading.Barrier(8)

    def work():
        barrier.wait()
        found.append(load(marked("threads"), "f"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(map(id, found))) == 1


def test_processes_share_one_file(where):
    code = (
        f"from s2sgrad.targets.module_cache import load; print(load({marked('processes')!r}, 'f').__file__)"
    )
    jobs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert len({job.communicate()[0] for job in jobs}) == 1 and not any(job.returncode for job in jobs)
    assert len(list(where.iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_of_a_fork_does_not_wait_for_the_parents_threads(memory):
    with module_cache._lock:
        child = os.fork()
        if child == 0:
            thread = threading.Thread(target=load, args=("x = 1\n", "forked"), daemon=True)
            thread.start()
            thread.join(20)
            os._exit(int(thread.is_alive()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_log_tells_who_asked(monkeypatch, capsys, caplog):
    monkeypatch.delenv("S2SGRAD_LOG", raising=False)
    with caplog.at_level(logging.INFO, logger="s2sgrad"):
        log("compiled f in 0.1 s (100%)")
    assert capsys.readouterr().err == "" and caplog.messages == ["compiled f in 0.1 s (100%)"]
    monkeypatch.setenv("S2SGRAD_LOG", "1")
    log("compiled g")
    assert capsys.readouterr().err == "s2sgrad: compiled g\n"


def test_importing_it_imports_nothing_heavy():
    code = (
        "import sys; import s2sgrad.targets.module_cache; "
        "print([n for n in ('numpy', 'numba', 'platformdirs', 'importlib.metadata') if n in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    source = inspect.getsource(module_cache)
    assert "import platformdirs" in source  # inside the function that needs it
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert "platformdirs" not in done.stdout


def test_loading_is_fast(where):
    times = []
    for n in range(20):
        start = time.perf_counter()
        load(marked(n), "f")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02  # measured: 0.0003
