"""From nothing to .venv: what is checked before, what the second time costs, what the person is told."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from studio import install

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([A-Za-z0-9_.\-\[\]]+)==([^ ;\\]+)", re.MULTILINE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that needs no package at all, in a folder with spaces."""
    root = tmp_path / "a check out"
    (root / "requirements").mkdir(parents=True)
    (root / "studio").mkdir()
    for kind in ("base", "dev"):
        (root / "requirements" / f"{kind}.txt").write_text(f"# nothing for {kind}\n")
    shutil.copy(ROOT / "studio/install.py", root / "studio")
    (root / "studio/celery.py").write_text("raise SystemExit('our own modules must not shadow others')")
    return root


def run(root: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess:
    environment = {"PATH": path or os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [sys.executable, "-I", "studio/install.py", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_a_fresh_checkout_gets_an_environment_and_the_second_time_is_instant(checkout: Path) -> None:
    first = run(checkout, "dev")
    assert first.returncode == 0, first.stderr
    assert (checkout / ".venv/bin/python").exists()
    began = time.monotonic()
    second = run(checkout, "base")  # dev answers for base
    assert (second.returncode, second.stdout) == (0, "")
    assert time.monotonic() - began < 2


def test_changed_requirements_are_installed_again(checkout: Path) -> None:
    run(checkout, "base")
    assert install.is_installed("base", checkout)
    assert not install.is_installed("dev", checkout)
    (checkout / "requirements/base.txt").write_text("# something else\n")
    assert not install.is_installed("base", checkout)
    assert "Installed in" in run(checkout, "base").stdout


def test_a_checkout_that_was_moved_gets_a_new_environment(checkout: Path) -> None:
    run(checkout, "base")
    moved = checkout.rename(checkout.with_name("moved"))
    assert not install.is_installed("base", moved)
    assert run(moved, "base").returncode == 0
    assert install.is_installed("base", moved)


def test_an_environment_that_was_left_half_made_is_made_anew(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").write_text("half of it")
    assert run(checkout, "base").returncode == 0
    assert install.works(checkout / ".venv")


def make_wheel(folder: Path) -> Path:
    """The smallest package that pip takes."""
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            "tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return wheel


def test_only_a_package_with_the_hash_of_the_lock_is_installed(checkout: Path) -> None:
    wheel = make_wheel(checkout / "requirements")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = checkout / "requirements/base.txt"
    for hashed in ("", " --hash=sha256:" + "0" * 64):
        lock.write_text(f"--no-index\n--find-links .\ntiny==1.0{hashed}\n")
        done = run(checkout, "base")
        assert done.returncode == 2
        assert done.stderr.startswith("Shouwen cannot be installed: pip failed")
        assert "hash" in done.stderr.lower()
        assert "Traceback" not in done.stderr
        assert not install.is_installed("base", checkout)
    lock.write_text(f"--no-index\n--find-links .\ntiny==1.0 --hash=sha256:{right}\n")
    done = run(checkout, "base")
    assert done.returncode == 0, done.stderr


def test_a_python_without_ensurepip_is_told_in_one_line_what_to_install(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else 1)
    with pytest.raises(install.CannotInstall, match=r"apt-get install python3\.\d+-venv"):
        install.make_environment(checkout)


def test_a_python_that_is_too_old_is_told_which_one_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(install, "OLDEST", (9, 0))
    monkeypatch.setattr(install, "NEWER_NAMES", ())
    assert install.main(["base"]) == 2
    assert "needs Python 9.0 or newer" in capsys.readouterr().err


def test_the_two_locks_agree_and_every_package_has_a_hash() -> None:
    base, dev = (
        dict(PINNED.findall((ROOT / f"requirements/{kind}.txt").read_text())) for kind in ("base", "dev")
    )
    assert base
    assert {name: dev.get(name) for name in base} == base
    for kind in ("base", "dev"):
        text = (ROOT / f"requirements/{kind}.txt").read_text()
        assert "http" not in text, "a lock names no host"
        for block in re.split(r"\n(?=\S)", text):
            assert not PINNED.match(block) or "--hash=sha256:" in block, block


def test_the_stamp_is_the_lock_itself(checkout: Path) -> None:
    run(checkout, "base")
    stamp = json.loads((checkout / ".venv/installed.json").read_text())
    expected = hashlib.sha256((checkout / "requirements/base.txt").read_bytes()).hexdigest()
    assert stamp == {"place": str(checkout), "base": expected}


# --- The browser ------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Chromium: nothing on the path but what the test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def program(folder: Path, name: str, lines: str = "") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def test_chromium_is_found_by_its_usual_names_or_by_the_setting(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert install.find_chromium() == ""
    google = program(bare, "google-chrome")
    assert install.find_chromium() == str(google)
    own = program(bare, "my-own-browser")
    monkeypatch.setenv("CHROMIUM", str(own))
    assert install.find_chromium() == str(own)


def test_debian_as_root_installs_chromium_with_a_chinese_font(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare, "apt-get", f'echo "$@" >> "{bare}/asked"')
    install.install_chromium()
    asked = (bare / "asked").read_text()
    assert "install" in asked
    assert "chromium fonts-noto-cjk" in asked


def test_who_is_not_root_is_not_asked_for_anything(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program(bare, "apt-get", f'echo "$@" >> "{bare}/asked"')
    install.install_chromium()
    assert not (bare / "asked").exists()
    assert "chromium" in install.how_to_get_chromium()
