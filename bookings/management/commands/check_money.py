"""`manage.py check_money`: the books of every branch are counted anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bookings import ledger
from studio.staff.models import Branch


class Command(BaseCommand):
    help = "Count all money anew: answers 0 where everything adds up, and lists what does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("branch", nargs="*", help="codes of branches; without any: all of them")

    def handle(self, *args: Any, **options: Any) -> None:
        branches = Branch.objects.order_by("code")
        if options["branch"]:
            branches = branches.filter(code__in=options["branch"])
            if len(branches) != len(set(options["branch"])):
                raise CommandError("There is no such branch.")
        found = [(branch, problem) for branch in branches for problem in ledger.check(branch)]
        for branch, problem in found:
            self.stderr.write(f"{branch.code}: {problem}")
        if found:
            raise CommandError(f"{len(found)} things do not add up.")
        self.stdout.write("Everything adds up.")
