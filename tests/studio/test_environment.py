"""What a start reads from its surroundings: ports, addresses, keys, and where data belong."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from studio import environment, programs
from studio.environment import Environment, servers_folder
from studio.processes import Account
from studio.programs import CannotStart

SERVERS_ELSEWHERE = {"DATABASE_URL": "postgres://u@h/d", "REDIS_URL": "redis://h/0"}


def read(data: Path, **own: str) -> Environment:
    return Environment.read({"STUDIO_DATA": str(data), **SERVERS_ELSEWHERE, **own})


# --- Ports and addresses ----------------------------------------------------------------------


def test_the_default_port_gives_way_to_whoever_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        monkeypatch.setattr(environment, "DEFAULT_PORT", taken)
        surroundings = read(tmp_path)
        with surroundings.listen():
            assert taken < surroundings.port <= taken + environment.PORTS_TRIED
            assert surroundings.public_url == f"http://127.0.0.1:{surroundings.port}"


def test_two_starts_at_once_never_get_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "DEFAULT_PORT", 18_000)
    first, second = read(tmp_path), read(tmp_path)
    with first.listen(), second.listen():
        assert first.port != second.port


def test_an_address_for_the_world_is_kept_as_it_was_given(tmp_path: Path) -> None:
    surroundings = read(tmp_path, PORT="0", PUBLIC_URL="https://studio.example/")
    with surroundings.listen():
        assert surroundings.public_url == "https://studio.example"
        assert surroundings.address == f"http://127.0.0.1:{surroundings.port}"


@pytest.mark.parametrize("bind", ["0.0.0.0", "::1", "[::1]", "localhost"])
def test_every_way_to_write_an_address_makes_a_link_that_opens(tmp_path: Path, bind: str) -> None:
    surroundings = read(tmp_path, PORT="0", BIND=bind)
    try:
        listener = surroundings.listen()
    except CannotStart:
        pytest.skip("no IPv6 on this machine")
    with listener:
        assert "0.0.0.0" not in surroundings.public_url, "nobody can open the address of all addresses"
        socket.create_connection(surroundings.local, 2).close()


def test_the_demo_key_is_made_once_and_private_and_a_key_of_yours_wins(tmp_path: Path) -> None:
    first = read(tmp_path).read_secret_key()
    assert len(first) >= 50
    assert read(tmp_path).read_secret_key() == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert read(tmp_path, SECRET_KEY="yours").read_secret_key() == "yours"


def test_the_sink_keeps_its_ports_because_the_demo_gateways_point_there(tmp_path: Path) -> None:
    first = read(tmp_path)
    first.make_folders()
    assert read(tmp_path).sink_ports() == first.sink_ports()


# --- Where the servers' data belong -----------------------------------------------------------

NOBODY_WE_ARE = Account("nobody", 65534, 65534)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that only we may enter, as /root is; and a stand-in for /var/lib/shouwen."""
    monkeypatch.setattr(programs, "SHARED_HOME", tmp_path / "shared")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


def make_data(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_servers_live_in_the_data_folder_where_their_user_can_enter_it(closed: Path) -> None:
    data = make_data(closed / "data")
    assert servers_folder(data, None) == data / "servers"
    assert not (data / "servers").is_symlink()


def test_servers_live_elsewhere_when_their_user_cannot_enter_and_no_mode_above_is_changed(
    closed: Path,
) -> None:
    data = make_data(closed / "data")
    home = servers_folder(data, NOBODY_WE_ARE)
    assert home.parent == programs.SHARED_HOME
    assert (data / "servers").resolve() == home
    assert servers_folder(data, NOBODY_WE_ARE) == home
    assert closed.stat().st_mode & 0o777 == 0o700


def test_data_that_were_copied_get_servers_of_their_own(closed: Path) -> None:
    data = make_data(closed / "data")
    home = servers_folder(data, NOBODY_WE_ARE)
    shutil.copytree(data, closed / "copy", symlinks=True)
    copy = servers_folder(closed / "copy", NOBODY_WE_ARE)
    assert copy != home
    assert servers_folder(data, NOBODY_WE_ARE) == home


def test_data_that_were_moved_keep_their_servers(closed: Path) -> None:
    data = make_data(closed / "data")
    home = servers_folder(data, NOBODY_WE_ARE)
    moved = data.rename(closed / "moved")
    assert servers_folder(moved, NOBODY_WE_ARE) == home
    assert servers_folder(make_data(data), NOBODY_WE_ARE) != home


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets folders of others")
def test_root_does_not_touch_the_data_of_somebody_else(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data")
    os.chown(data, NOBODY_WE_ARE.uid, NOBODY_WE_ARE.gid)
    with pytest.raises(CannotStart, match="belongs to nobody: start as that user"):
        read(data).make_folders()
