"""What cannot be done on the day, in words."""

from django.utils.translation import gettext as _

from studio.staff.models import User


class Refused(Exception):
    """What was asked on the day cannot be done; the sentence says why, and what to do. `status` is HTTP's."""

    status = 409


class NotAllowed(Refused):
    """The person who asks may not do this here."""

    status = 403


class NeedsReason(Refused):
    """It can be done once the reason is given."""

    status = 422


class TakenOver(Refused):
    """Somebody else was quicker: `receiver` has the customer (R5.1)."""

    def __init__(self, receiver: User) -> None:
        sentence = _("%(name)s has taken over already. The customer is in good hands.")
        super().__init__(sentence % {"name": receiver.spoken_name})
        self.receiver = receiver
