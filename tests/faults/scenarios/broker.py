"""The broker carries hints only: emptied, killed, frozen or away, nothing is later for it than a tick."""

import shutil
import signal

import redis

from studio import embedded, processes
from tests.faults import stock
from tests.faults.house import House
from tests.faults.machinery import frozen
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict


@scenario("FLUSHALL over and over in mid-run")
def flushall(house: House) -> Verdict:
    house.open()
    line = redis.Redis.from_url(house.ground.valkey.url())
    feeder = house.feed(house.count(400), seconds=8 * house.scale)
    flushed = 0
    while feeder.is_alive():
        line.flushall()
        flushed += 1
        house.go_on(0.1)
    house.fault_is_over()
    dues = feeder.all()
    house.settle(dues)
    house.notes.append(f"emptied {flushed} times")
    return house.verdict(dues)


@scenario("the broker is killed, and comes back empty")
def broker_killed(house: House) -> Verdict:
    house.open()
    feeder = house.feed(house.count(300), seconds=8 * house.scale)
    house.go_on(2 * house.scale)
    kill_broker(house)
    house.go_on(house.seconds(20))
    house.ground.valkey.start()
    embedded.wait_ready(house.ground.valkey)
    house.fault_is_over()
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues)


@scenario("the broker is frozen for half a minute, then thawed")
def broker_frozen(house: House) -> Verdict:
    house.open()
    feeder = house.feed(house.count(300), seconds=6 * house.scale)
    house.go_on(1.5 * house.scale)
    server = house.ground.valkey.process
    assert server is not None
    processes.signal_group(server.pid, signal.SIGSTOP)
    house.go_on(house.seconds(30))
    processes.signal_group(server.pid, signal.SIGCONT)
    house.fault_is_over()
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues)


@scenario("the broker is down when things fall due, and stays down")
def broker_down(house: House) -> Verdict:
    house.open()
    kill_broker(house)
    dues = stock.make_due(house.count(200), must="sent")
    house.settle(dues)
    return house.verdict(dues)


@scenario("there is no broker and no worker at all: the dispatcher starts alone")
def dispatcher_alone(house: House) -> Verdict:
    kill_broker(house)
    house.open(workers=0, beats=0)
    dues = stock.make_due(house.count(100), must="sent")
    house.settle(dues)
    return house.verdict(dues)


@scenario("the dispatcher is dead: beat and the workers go on alone")
def beat_alone(house: House) -> Verdict:
    """Beat rings every twenty seconds, so what falls due waits for its next tick."""
    house.open(dispatchers=0)
    dues = stock.make_due(house.count(100), must="sent")
    house.settle(dues)
    return house.verdict(dues, pause=20)


@scenario("two workers, two dispatchers and two beats")
def twins(house: House) -> Verdict:
    house.open(workers=2, dispatchers=2, beats=2)
    dues = house.feed(house.count(400), seconds=5 * house.scale).all()
    house.settle(dues)
    return house.verdict(dues)


@scenario("a second supervisor with a broker of its own works on the same database")
def second_supervisor(house: House) -> Verdict:
    house.open()
    other = house.ground.make_valkey()
    other.folder = house.ground.servers / "valkey-2"
    other.start()
    embedded.wait_ready(other)
    try:
        more = {"REDIS_URL": other.url()}
        machinery = house.machinery
        machinery.ready(
            *[machinery.start(kind, number=2, **more) for kind in ("worker", "dispatcher", "beat")]
        )
        dues = house.feed(house.count(300), seconds=4 * house.scale).all()
        house.settle(dues)
        return house.verdict(dues)
    finally:
        embedded.stop(other, signal.SIGKILL, 3)
        shutil.rmtree(other.folder, ignore_errors=True)


@scenario("the workers are frozen while the bell rings; the dispatcher sends")
def workers_frozen(house: House) -> Verdict:
    house.open()
    with frozen(house.part("worker")):
        dues = stock.make_due(house.count(100), must="sent")
        house.settle(dues)
    house.go_on(house.seconds(20))
    return house.verdict(dues)


def kill_broker(house: House) -> None:
    """kill -9, and its files with it."""
    embedded.stop(house.ground.valkey, signal.SIGKILL, 3)
    shutil.rmtree(house.ground.valkey.folder, ignore_errors=True)
