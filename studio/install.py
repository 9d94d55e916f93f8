"""From nothing to an environment: `python3 -I studio/install.py base|dev [browser]`.

Only the standard library: this runs before anything is installed, with whatever Python there is.
Makes .venv, installs the locked requirements with their hashes, and stamps what it did, so that the
second time costs nothing. `dev` contains `base`.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_PACKAGES = ("chromium", "fonts-noto-cjk")
# Settings of pip that would install somewhere else than into .venv.
MISLEADING = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PYTHONPATH", "PYTHONHOME")


class CannotInstall(Exception):
    """One clear line for the person at the terminal."""


# --- The virtual environment ------------------------------------------------------------------


def requirements_hash(kind: str, root: Path = ROOT) -> str:
    return hashlib.sha256((root / "requirements" / f"{kind}.txt").read_bytes()).hexdigest()


def python_of(root: Path = ROOT) -> Path:
    return root / ".venv/bin/python"


def is_installed(kind: str, root: Path = ROOT) -> bool:
    """Whether .venv carries exactly these requirements, and stands where it was made."""
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads((root / ".venv/installed.json").read_text())
        return (
            stamp["place"] == str(root)
            and os.access(python_of(root), os.X_OK)
            and stamp.get(kind) == requirements_hash(kind, root)
        )
    return False


def write_stamp(kind: str, root: Path = ROOT) -> None:
    """What is installed now. `dev` is locked on top of `base`, so it answers for both."""
    kinds = ("base", "dev") if kind == "dev" else ("base",)
    stamp = {"place": str(root)} | {name: requirements_hash(name, root) for name in kinds}
    unfinished = root / ".venv/installed.json.new"
    unfinished.write_text(json.dumps(stamp, indent=1))
    unfinished.rename(root / ".venv/installed.json")


def install(kind: str, root: Path = ROOT) -> None:
    """Make .venv with the requirements of `kind`; at once when it has them."""
    if is_installed(kind, root):
        return
    with only_one_at_a_time(root):
        if is_installed(kind, root):  # somebody else was quicker
            return
        began = time.monotonic()
        make_environment(root)
        count = (root / "requirements" / f"{kind}.txt").read_text().count("==")
        say(f"Installing {count} packages into .venv (a minute or two the first time) …")
        run_pip(kind, root)
        write_stamp(kind, root)
        say(f"Installed in {time.monotonic() - began:.0f} s.")


def make_environment(root: Path) -> None:
    """A virtual environment with pip; one that is broken, half made or moved is made anew."""
    folder = root / ".venv"
    if works(folder):
        return
    if folder.is_symlink():
        raise CannotInstall(f"{folder} is a link to an environment that does not work: remove the link.")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CannotInstall(
            f"This Python ({sys.executable}) cannot make virtual environments: its ensurepip is missing."
            f" On Debian or Ubuntu: apt-get install python{version}-venv"
        )
    say(f"Making .venv with Python {sys.version.split()[0]} …")
    done = subprocess.run(
        [sys.executable, "-I", "-m", "venv", "--clear", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not works(folder):
        words = " ".join((done.stderr or done.stdout).split())[-300:]
        raise CannotInstall(f"The virtual environment could not be made: {words}")


def works(folder: Path) -> bool:
    """Whether an environment stands where it was made, and its pip answers."""
    python = folder / "bin/python"
    if not os.access(python, os.X_OK):
        return False
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads((folder / "installed.json").read_text())
        if stamp["place"] != str(folder.parent):
            return False
    command = [str(python), "-I", "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_pip(kind: str, root: Path) -> None:
    command = [
        str(python_of(root)),
        "-I",
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-input",
    ]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--no-warn-script-location"]
    command += ["-r", str(root / "requirements" / f"{kind}.txt")]
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    environment["PIP_ROOT_USER_ACTION"] = "ignore"
    log = root / ".venv/install.log"
    with log.open("wb") as output:
        code = subprocess.run(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False
        ).returncode
    if code:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise CannotInstall(
            "pip failed; its last lines:\n    " + "\n    ".join(lines[-8:]) + f"\n    (all: {log})"
        )


@contextlib.contextmanager
def only_one_at_a_time(root: Path):
    """Two commands in a fresh checkout wait for each other."""
    import fcntl

    with (root / ".venv.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is installing; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield


# --- The browser of the tests -----------------------------------------------------------------


def find_chromium() -> str:
    """The system's Chromium, or the one named by CHROMIUM; empty: there is none."""
    if (given := os.environ.get("CHROMIUM")) and os.access(given, os.X_OK):
        return given
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    return ""


def how_to_get_chromium() -> str:
    return (
        "apt-get install chromium fonts-noto-cjk (Debian, as root), or install Chrome or Chromium"
        " and name it with CHROMIUM=/path/to/it"
    )


def install_chromium() -> None:
    """Install what is missing where we can: Debian, as root. Elsewhere the test run says so at its end."""
    wanted = [] if find_chromium() else list(CHROMIUM_PACKAGES)
    if not wanted and not shows_chinese():
        wanted = [CHROMIUM_PACKAGES[1]]
    if not wanted or not is_debian() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say(f"Installing {' and '.join(wanted)} for the browser tests …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
    for attempt in (command, ["apt-get", "update", "-qq"], command):
        done = subprocess.run(attempt, env=environment, capture_output=True, text=True, check=False)
        if attempt is command and done.returncode == 0:
            return
    say(f"apt-get could not install {' '.join(wanted)}: {' '.join(done.stderr.split())[-200:]}")


def shows_chinese() -> bool:
    if not shutil.which("fc-list"):
        return True  # no way to know
    found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def is_debian(release: Path = Path("/etc/os-release")) -> bool:
    """Debian itself: Ubuntu's package of that name is a snap, which does not run everywhere."""
    with contextlib.suppress(OSError):
        return "ID=debian" in release.read_text().splitlines()
    return False


# --- The command ------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def newer_python() -> None:
    """Go on with a newer Python when this one is too old."""
    for name in NEWER_NAMES:
        if found := shutil.which(name):
            os.execv(found, [found, "-I", *sys.argv])
    raise CannotInstall(
        f"Shouwen needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}"
        f" ({sys.executable}). Name another one: make PYTHON=/path/to/python3.11 …"
    )


def main(arguments: list) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        if sys.version_info < OLDEST:
            newer_python()
        for kind in arguments:
            if kind == "browser":
                install_chromium()
            else:
                install(kind)
    except CannotInstall as reason:
        print(f"Shouwen cannot be installed: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; the next start goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
