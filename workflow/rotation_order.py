"""How a branch takes turns (F1), and in which order its day begins."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Max, Q

from studio.staff.models import Branch, Membership, Role, User
from workflow.models import FirstPlace, RotationRules, RotationTurn, Visit, VisitOutcome

LATELY = timedelta(days=60)


def rules_of(branch: Branch) -> RotationRules:
    """The branch's own rules; without any, the defaults of the fields."""
    return RotationRules.objects.filter(branch=branch).first() or RotationRules(branch=branch)


def consultants_of(branch: Branch) -> list[User]:
    """The active consultants of a branch in plain order: as they joined it."""
    places = Membership.objects.active().filter(branch=branch, role=Role.CONSULTANT)
    return [place.user for place in places.select_related("user").order_by("pk")]


def order_of_day(branch: Branch, day: date, *, people: Sequence[User], rules: RotationRules) -> list[User]:
    """`people`, who stand in plain order, in the order in which the day begins."""
    if not people:
        return []
    if rules.first_place == FirstPlace.TURNING:
        first = day.toordinal() % len(people)
        return [*people[first:], *people[:first]]
    if rules.first_place == FirstPlace.PLAIN:
        return list(people)
    waiting = longest_without_a_turn_first(branch, day, people)
    closer = best_closer(branch, day, people)
    if closer is None:
        return waiting
    return [closer, *(person for person in waiting if person != closer)]


def longest_without_a_turn_first(branch: Branch, day: date, people: Sequence[User]) -> list[User]:
    """Fair beyond the day (R1.2): where two parties come a day, the third colleague would wait for ever for
    a day that begins in the same order. Who had no turn lately comes first, in plain order."""
    given = RotationTurn.objects.filter(
        rotation__branch=branch, rotation__day__lt=day, rotation__day__gte=day - LATELY, counts=True
    )
    kept = given.filter(Q(visit__isnull=True) | Q(visit__turn_given_back=False)).order_by()
    last = dict(kept.values_list("consultant").annotate(last=Max("taken_at")))
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(people, key=lambda person: last.get(person.pk, never))


def best_closer(branch: Branch, day: date, people: Sequence[User]) -> User | None:
    """Who of `people` won most visits on the last day before `day` that had any; None where nobody did.

    As many won: the higher share of their visits; as high: the plain order.
    """
    log = Visit.objects.filter(branch=branch, imported__isnull=True).order_by()
    before = log.filter(arrived_at__lt=branch.day_bounds(day)[0])
    last = before.order_by("-arrived_at").values_list("arrived_at", flat=True).first()
    if last is None:
        return None
    start, end = branch.day_bounds(branch.today(last))
    counted = (
        before.filter(arrived_at__gte=start, arrived_at__lt=end)
        .values("consultant")
        .annotate(came=Count("pk"), won=Count("pk", filter=Q(outcome=VisitOutcome.WON)))
        .filter(won__gt=0)
    )
    figures = {row["consultant"]: (row["won"], row["won"] / row["came"]) for row in counted}
    closers = [person for person in people if person.pk in figures]
    # `max` answers the first of equals, and `people` stand in plain order.
    return max(closers, key=lambda person: figures[person.pk], default=None)
