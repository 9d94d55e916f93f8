"""Whoever sends is killed or frozen, at the worst moments and at random ones."""

import os
import random
import signal
import time
from contextlib import suppress

from tests.faults import stock
from tests.faults.house import House
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict


@scenario("nothing is broken")
def no_fault(house: House) -> Verdict:
    house.open()
    dues = house.feed(house.count(300), seconds=3).all()
    house.settle(dues)
    return house.verdict(dues)


def killed_at(house: House, moment: str) -> Verdict:
    """kill -9 of everything that plans and sends, exactly there; then it is started again."""
    house.open()
    with house.held_at(moment) as held:
        dues = stock.make_due(house.count(20), must="sent")
        held.kill_all(*house.machinery.senders())
        house.fault_is_over()
    house.settle(dues)
    return house.verdict(dues)


@scenario("kill -9 while the messages are being planned")
def killed_while_planning(house: House) -> Verdict:
    return killed_at(house, "while planning")


@scenario("kill -9 of the senders before the lease is committed")
def killed_before_lease(house: House) -> Verdict:
    return killed_at(house, "before the lease")


@scenario("kill -9 of the senders after the lease, before the attempt")
def killed_after_lease(house: House) -> Verdict:
    return killed_at(house, "before the attempt")


@scenario("kill -9 of the senders after the answer, before the finish")
def killed_before_finish(house: House) -> Verdict:
    return killed_at(house, "before the finish")


def killed_by_gateway(house: House, moment: str) -> Verdict:
    """The gateway kills whoever speaks to it, with its whole group: in the midst of a batch, some of which it has
    accepted and some of which it reads only when the sender is dead."""
    house.open()
    before = house.warm_up()
    house.gateway.ask(traps=[{"moment": moment, "signal": signal.SIGKILL, "group": True, "skip": 2}])
    dues = before + stock.make_due(house.count(20, least=8), must="sent")
    house.wait(lambda: house.gateway.ask()["trapped"], "the sender is killed")
    house.starts_again = True
    house.fault_is_over()
    house.settle(dues)
    return house.verdict(dues)


@scenario("kill -9 of the sender before the gateway accepts")
def killed_before_accept(house: House) -> Verdict:
    return killed_by_gateway(house, "before")


@scenario("kill -9 of the sender after the gateway accepted", short=True)
def killed_after_accept(house: House) -> Verdict:
    return killed_by_gateway(house, "after")


@scenario("kill -9 after the gateway accepted, at real times", speed=1.0)
def real_times(house: House) -> Verdict:
    return killed_by_gateway(house, "after")


@scenario("kill -9 of a random sender every 0.3 s over 600 sends, 5 % accepted and timed out")
def killed_over_and_over(house: House) -> Verdict:
    house.open(workers=2)
    house.gateway.ask(shares={"accept_hang": 0.05})
    dice, kills = random.Random(11), 0
    feeder = house.feed(house.count(600), seconds=20 * house.scale)
    began = time.monotonic()
    while feeder.is_alive() or time.monotonic() - began < 20 * house.scale:
        victims = [pid for part in house.machinery.senders() for pid in (part.pid, *part.children())]
        with suppress(ProcessLookupError):
            os.kill(dice.choice(victims), signal.SIGKILL)
            kills += 1
        house.go_on(0.3)
    house.starts_again = True
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    house.notes.append(f"{kills} kills")
    return house.verdict(dues)


@scenario("the worker is frozen past its lease, then thawed")
def worker_frozen(house: House) -> Verdict:
    return frozen_by_gateway(house)


@scenario("the dispatcher sends by itself, is frozen past its lease, then thawed")
def dispatcher_frozen(house: House) -> Verdict:
    return frozen_by_gateway(house, alone=True)


def frozen_by_gateway(house: House, *, alone: bool = False) -> Verdict:
    """SIGSTOP while the gateway answers; another takes over; SIGCONT when all is long over."""
    house.open(workers=0 if alone else 1, dispatchers=2 if alone else 1, beats=0 if alone else 1)
    before = house.warm_up()
    house.gateway.ask(traps=[{"moment": "after", "signal": signal.SIGSTOP, "skip": 3}])
    dues = before + stock.make_due(house.count(40), must="sent")
    house.wait(lambda: house.gateway.ask()["trapped"], "somebody is frozen")
    frozen = house.gateway.ask()["trapped"]
    house.fault_is_over()
    house.settle(dues)
    for pid in frozen:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    house.go_on(house.seconds(60))
    return house.verdict(dues)


@scenario("a row that can't be made into words stands among the others")
def poison_row(house: House) -> Verdict:
    house.open()
    stock.add_rule(stock.branch(), appointment_kind="nonsense", days_before=2, at="00:01")
    dues = stock.make_due(house.count(30), must="sent")
    dues += stock.make_due(2, after=100, kind="nonsense", must="call")
    dues += stock.make_due(house.count(30), after=200, must="sent")
    house.settle(dues)
    return house.verdict(dues)


@scenario("a row that kills whoever sends it, over and over")
def deadly_row(house: House) -> Verdict:
    """One number at which the sender dies each time, before the gateway has accepted; the others are not held up."""
    house.open(workers=2)
    number = stock.number_of(stock.customers(1)[0])
    trap = {"moment": "before", "signal": signal.SIGKILL, "recipient": number, "for_ever": True}
    before = house.warm_up()
    house.gateway.ask(traps=[trap])
    life = house.seconds(300)
    dues = before + stock.make_due(1, starts_in=stock.hours(2) + stock.seconds(life), must="call")
    dues += stock.make_due(house.count(60), after=1, must="sent")
    house.settle(dues, seconds=life + 40)
    house.notes.append(f"{len(house.gateway.ask()['trapped'])} killed")
    house.fault_ended = 0.0
    return house.verdict(dues)
