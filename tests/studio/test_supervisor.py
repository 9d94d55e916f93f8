"""`make run` as its user meets it: real processes, real signals, real ports, in a data folder of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import processes
from tests.running import DEMO, ROOT, SECONDS_TO_STOP, Run, alive, data_folder, gone, wait_until

pytestmark = pytest.mark.xdist_group("supervisor")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One data folder for the module, so that only its first start has to make a database."""
    with data_folder() as folder:
        yield folder


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen]:
    """A process that looks like one of ours by name, and is none of ours."""
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)", "studio.supervisor", "postgres"]
    ) as one:
        yield one
        assert one.poll() is None, "the supervisor ended a process that it did not start"
        one.kill()


def first_sentence(run: Run) -> str:
    """What a start that was refused said: one line, exit code 2, no traceback."""
    assert run.process.wait(30) == 2, run.said
    lines = run.said.strip().splitlines()
    assert len(lines) == 1, run.said
    assert lines[0].startswith("Shouwen cannot start: ")
    return lines[0]


# --- Starting and stopping --------------------------------------------------------------------


def test_it_opens_and_ctrl_c_leaves_nothing_even_where_the_shell_had_it_ignored(
    data: Path, bystander: subprocess.Popen
) -> None:
    with Run(data, prepare=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN) and None) as run:
        run.ready()
        assert run.answers()
        assert f"It listens on {run.address}/" in run.said
        assert set(run.state["children"]) == {"postgres", "valkey", "web", "worker", "beat", "dispatcher"}
        born = run.everything()
        assert len(alive(born)) > 8
        began = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(SECONDS_TO_STOP) == 0
        gone(born, SECONDS_TO_STOP - (time.monotonic() - began))
        assert "Traceback" not in run.said
        last = (data / "logs/postgres.log").read_text().splitlines()[-12:]
        assert "database system is shut down" in last[-1], (
            "PostgreSQL was not shut down tidily: " + "\n".join(last)
        )


def test_interrupted_while_it_is_still_starting(data: Path) -> None:
    with Run(data) as run:
        wait_until(lambda: "PostgreSQL 18" in run.said, 60, "PostgreSQL runs")
        cluster = data / "servers/postgres"
        born = {pid: processes.start_time(pid) for pid in processes.working_in(cluster, "postgres")}
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(SECONDS_TO_STOP) == 0
        gone(born, 0.5)
        assert "Traceback" not in run.said


def test_killed_with_9_nothing_stays_and_the_next_start_has_all_data(
    data: Path, bystander: subprocess.Popen
) -> None:
    with Run(data) as run:
        run.ready()
        run.sql("CREATE TABLE IF NOT EXISTS kept_by_test (word text)")
        run.sql("INSERT INTO kept_by_test VALUES ('still here')")
        born = run.everything()
        run.process.kill()
        run.process.wait()
        gone(born, SECONDS_TO_STOP)
        # One that got away, and a stranger who has the pid of one that did not.
        state = run.state
        left = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            env={**os.environ, processes.RUN_MARK: state["run"]},
        )
        state["children"]["web"][0] = bystander.pid
        (data / "run/state.json").write_text(json.dumps(state))
    with Run(data) as run:
        assert run.ready().answers()
        assert left.wait(1) < 0
        assert run.sql("SELECT word FROM kept_by_test") == [("still here",)]
        run.sql("DROP TABLE kept_by_test")


def test_it_recovers_when_postgres_too_was_killed_and_its_pid_is_somebody_elses_now(
    data: Path, bystander: subprocess.Popen
) -> None:
    with Run(data) as run:
        born = run.ready().everything()
        postmaster = run.pid("postgres")
        os.kill(run.process.pid, signal.SIGSTOP)  # so that it cannot start PostgreSQL again
        os.kill(postmaster, signal.SIGKILL)
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
        gone(born, SECONDS_TO_STOP)
    stale = data / "servers/postgres/postmaster.pid"
    assert stale.exists()
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
    with Run(data) as run:
        assert run.ready().answers()


# --- Side by side -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(data: Path) -> Iterator[Path]:
    """Another checkout, with a copy of the data, in a folder with spaces whose path is too long for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="shouwen run "))
    folder.chmod(0o755)
    checkout = folder / "a studio, with spaces" / ("and-a-long-name-" * 6) / "check out"
    left_out = shutil.ignore_patterns(".venv", ".data", ".git", ".cache", "tests", "__pycache__")
    shutil.copytree(ROOT, checkout, ignore=left_out)
    if data.exists():
        shutil.copytree(data, checkout / ".data", symlinks=True)
    yield checkout
    shutil.rmtree((checkout / ".data/servers").resolve(), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def opened(copy: Path, data: Path) -> Iterator[Run]:
    """A run that the tests below share; they leave it as it was."""
    with Run(data) as run:
        yield run.ready()


def test_a_second_start_from_the_same_folder_says_where_the_first_one_is(opened: Run) -> None:
    with Run(opened.data, output="second") as second:
        words = f"already runs from {opened.data}: http://127.0.0.1 (process {opened.process.pid})"
        assert words in first_sentence(second)
    assert opened.answers()


def test_two_checkouts_side_by_side_one_of_them_in_a_folder_with_spaces(opened: Run, copy: Path) -> None:
    with Run(copy / ".data", copy) as second:
        second.ready()
        assert second.address != opened.address
        assert second.answers()
        assert opened.answers()
        born = second.everything()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(SECONDS_TO_STOP) == 0
        gone(born, 0.5)
        assert opened.answers()


def test_who_dies_is_started_again(opened: Run) -> None:
    for name in ("worker", "postgres", "valkey", "web"):
        before = opened.pid(name)
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: opened.pid(name) != before, 30, f"{name} runs again")  # noqa: B023
        assert f"{name} ended by itself" in opened.said
    wait_until(opened.answers, 60, "the web answers again")
    wait_until(lambda: opened.sql("SELECT 1") == [(1,)], 10, "PostgreSQL answers again")


# --- The demo shop ----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_demo_opens_with_a_sign_in_per_role_and_a_sink_and_the_second_time_takes_seconds() -> None:
    with data_folder() as data:
        with Run(data, **DEMO) as run:
            run.ready(1200)
            assert f"Shouwen is open: {run.address}/" in run.said
            assert "sink" in run.state["children"]
            assert run.said.count(" / ") >= 7, "one sign-in per role"
        began = time.monotonic()
        with Run(data, **DEMO) as run:
            run.ready()
            assert time.monotonic() - began < 20


# --- Refused with one clear line --------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_an_explicit_port_that_is_taken(elsewhere: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with Run(elsewhere, PORT=str(port)) as run:
            assert f"PORT {port} is taken" in first_sentence(run)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"PORT": "eighty"}, "PORT is 'eighty': it must be a number"),
        ({"PORT": "70000"}, "PORT is '70000': it must be a number"),
        ({"BIND": "203.0.113.7"}, "BIND is '203.0.113.7': this machine has no such address"),
        ({"BIND": "no such host"}, "BIND is 'no such host': this machine has no such address"),
        ({"PUBLIC_URL": "studio.example"}, "PUBLIC_URL is 'studio.example': it must be an address"),
        ({"STUDIO_MODE": "party"}, "STUDIO_MODE is 'party': it must be demo or production"),
        ({"DATABASE_URL": "sqlite:///x.db"}, "DATABASE_URL must begin with postgres://"),
        ({"REDIS_URL": "memory://"}, "REDIS_URL must begin with redis://"),
        ({"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/none"}, "DATABASE_URL does not answer: "),
        ({"REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "REDIS_URL does not answer: "),
        ({"STUDIO_DATA": "/proc/nowhere"}, "The data folder /proc/nowhere cannot be written"),
    ],
)
def test_a_setting_that_cannot_work(elsewhere: Path, own: dict[str, str], words: str) -> None:
    with Run(elsewhere, **own) as run:
        sentence = first_sentence(run)
        assert words in sentence
        assert "secret" not in sentence


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SECRET_KEY": "", "PUBLIC_URL": ""}, "SECRET_KEY and PUBLIC_URL"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
    ],
)
def test_production_without_a_setting_it_needs(elsewhere: Path, given: dict[str, str], missing: str) -> None:
    with Run(elsewhere, **given) as run:
        assert f"STUDIO_MODE=production needs {missing}:" in first_sentence(run)
