"""Gateways that accept and say nothing, that are away, busy, slow or broken; with look-up, with keys, with neither."""

import signal

from studio import processes
from studio.outbox.models import Gateway
from tests.faults import stock
from tests.faults.house import House
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict


def disturbed(house: House, *, total: int = 300, pause: float = 0.0, **wishes: object) -> Verdict:
    """The gateway behaves like this for the whole run."""
    house.gateway.ask(**wishes)
    house.open()
    dues = house.feed(house.count(total), seconds=5 * house.scale).all()
    house.settle(dues)
    return house.verdict(dues, pause=pause)


@scenario("the gateway accepts and then times out, 5 %; it can be asked")
def times_out(house: House) -> Verdict:
    return disturbed(house, shares={"accept_hang": 0.05})


@scenario("the gateway accepts and then times out, 5 %; it promises to send the same key once")
def times_out_keyed(house: House) -> Verdict:
    house.point_gateway(house.gateway, looks_up=False, takes_key=True)
    return disturbed(house, takes_keys=True, shares={"accept_hang": 0.05, "accept_cut": 0.05})


@scenario("the gateway accepts and then times out, 5 %; nobody can be asked: unknown, and a call")
def times_out_silent(house: House) -> Verdict:
    house.point_gateway(house.gateway, looks_up=False, takes_key=False)
    verdict = disturbed(house, shares={"accept_hang": 0.05, "accept_cut": 0.05})
    if not verdict.unknown:
        verdict.wrong.append("no answer was unclear: the fault did not happen")
    if verdict.calls != verdict.unknown:
        verdict.wrong.append(f"{verdict.unknown} unknown, and {verdict.calls} calls")
    return verdict


@scenario("killed after the accept, where nobody can be asked: unknown, and a call")
def killed_silent(house: House) -> Verdict:
    house.point_gateway(house.gateway, looks_up=False, takes_key=False)
    house.open()
    before = house.warm_up()
    house.gateway.ask(traps=[{"moment": "after", "signal": signal.SIGKILL, "group": True, "skip": 3}])
    dues = before + stock.make_due(house.count(40, least=12))
    house.wait(lambda: house.gateway.ask()["trapped"], "the sender is killed")
    house.starts_again = True
    house.fault_is_over()
    house.settle(dues)
    verdict = house.verdict(dues)
    if not verdict.unknown or verdict.calls != verdict.unknown:
        verdict.wrong.append(f"{verdict.unknown} unknown, and {verdict.calls} calls")
    return verdict


@scenario("lines are cut before and after the gateway accepted, 5 % each")
def lines_cut(house: House) -> Verdict:
    return disturbed(house, shares={"cut": 0.05, "accept_cut": 0.05})


@scenario("a storm of server errors, half of them after the message was accepted")
def errors(house: House) -> Verdict:
    return storm(house, shares={"error": 0.3, "accept_error": 0.3})


@scenario("a storm of “too many requests”")
def busy(house: House) -> Verdict:
    return storm(house, default="busy", retry_after=1)


def storm(house: House, **wishes: object) -> Verdict:
    """Bad for a while, then well again. Its rest may last as long as the storm did."""
    house.gateway.ask(**wishes)
    house.open()
    feeder = house.feed(house.count(200), seconds=4 * house.scale)
    house.go_on(4 * house.scale)
    house.gateway.ask(default="accept", shares={})
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues, pause=60)


@scenario("the gateway is away for a minute and comes back")
def gateway_away(house: House) -> Verdict:
    house.open()
    house.gateway.ask(listens=False)
    feeder = house.feed(house.count(200), seconds=4 * house.scale)
    house.go_on(house.seconds(60))
    house.gateway.ask(listens=True)
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues, pause=60)


@scenario("the gateway is away for longer than the deadline: one call each, and nothing late", short=True)
def gateway_gone(house: House) -> Verdict:
    house.open()
    house.gateway.ask(listens=False)
    life = house.seconds(60)
    dues = stock.make_due(house.count(100), starts_in=stock.hours(2) + stock.seconds(life), must="call")
    house.settle(dues, quiet=0.5)
    house.gateway.ask(listens=True)
    house.fault_is_over()
    house.go_on(house.seconds(60))
    return house.verdict(dues)


@scenario("the gateway's machine stands still for half a minute, and then reads what it was sent")
def gateway_frozen(house: House) -> Verdict:
    house.open()
    feeder = house.feed(house.count(150), seconds=4 * house.scale)
    house.go_on(1.0 * house.scale)
    processes.signal_group(house.gateway.part.pid, signal.SIGSTOP)
    house.go_on(house.seconds(30))
    processes.signal_group(house.gateway.part.pid, signal.SIGCONT)
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues, pause=60)


@scenario("the gateway accepts and times out, and its look-up is broken for a while")
def look_up_away(house: House) -> Verdict:
    house.gateway.ask(shares={"accept_hang": 0.1}, look_up="down")
    house.open()
    dues = house.feed(house.count(100), seconds=3 * house.scale).all()
    house.go_on(2)
    house.gateway.ask(look_up="tells", shares={})
    house.fault_is_over(excuses=True)
    house.settle(dues)
    return house.verdict(dues, pause=60)


@scenario("a slow gateway: each answer takes half of its time limit")
def slow(house: House) -> Verdict:
    return disturbed(house, total=100, default="slow", slow_seconds=house.seconds(5))


@scenario("the administrator changes to another gateway while answers are unclear")
def gateway_changed(house: House) -> Verdict:
    """What the first may have taken is asked there, and not sent again by the second."""
    house.gateway.ask(shares={"accept_hang": 0.2, "accept_cut": 0.1})
    house.open()
    other = house.machinery.start_gateway(2)
    feeder = house.feed(house.count(150), seconds=4 * house.scale)
    house.go_on(2 * house.scale)
    first = Gateway.objects.get(branch__code=stock.BRANCH, channel="sms")
    Gateway.objects.filter(pk=first.pk).update(is_active=False)
    first.pk, first.address, first.is_active = None, other.address, True
    first._state.adding = True
    first.save()
    house.fault_is_over()
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues, others=(other,))


@scenario("refused for good: one call each, and no second try")
def refused(house: House) -> Verdict:
    house.gateway.ask(default="refuse")
    house.open()
    dues = stock.make_due(house.count(50), must="call")
    house.settle(dues)
    verdict = house.verdict(dues)
    tries = len(house.gateway.ask()["arrivals"])
    if tries != len(dues):
        verdict.wrong.append(f"{tries} tries for {len(dues)} refused messages")
    return verdict
