"""A sender in a process of its own, to be killed: `python -m tests.outbox.sender`.

Takes its database from the environment, sends what is due until nothing is left, and says so.
"""

import sys
import time

import django


def main() -> None:
    django.setup()
    from studio.outbox.delivery import deliver
    from studio.outbox.models import Message
    from studio.outbox.purposes import Purpose, purposes

    purposes.register(
        "test",
        Purpose(title="Test", still_due=lambda message: True, parameters=lambda message: {"name": "张伟"}),
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while Message.objects.open().exists():
        deliver(limit=5)
        time.sleep(0.05)
    sys.stdout.write("done\n")


main()
