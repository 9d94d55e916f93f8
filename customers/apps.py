from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers import consents, contacts, disputes, happenings, leaving
        from customers import duties as own
        from customers.history import file_history
        from customers.registries import evidence_sources, timeline_sources
        from customers.registries import happenings as meanwhile
        from studio.outbox.registries import addresses, replies
        from studio.staff.duties import duties
        from studio.staff.leaving import estates

        timeline_sources.register("customers", file_history)
        meanwhile.register("customers", happenings.of_owners)
        evidence_sources.register("customers", disputes.own_evidence)
        estates.register("customers", leaving.CUSTOMERS)
        addresses.register("customers", contacts.address_now)
        replies.register("stop", consents.stop_by_number)
        duties.register("transfers", own.TRANSFERS)
        duties.register("disputes", own.DISPUTES)
