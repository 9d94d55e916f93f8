from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = _("Packages and orders")

    def ready(self) -> None:
        from bookings import (
            duties_money,
            happenings,
            money_words,
            panels,
            registries,
            sale_words,
            seasons,
            timeline,
        )
        from customers.registries import happenings as meanwhile
        from customers.registries import panels as customer_panels
        from customers.registries import timeline_sources
        from studio.staff.duties import duties

        timeline_sources.register("bookings", timeline.of_customer)
        customer_panels.register("orders", panels.orders)
        meanwhile.register("bookings", happenings.of_owners)
        timeline.SENTENCES.update(sale_words.SENTENCES)
        timeline.ICONS.update(sale_words.ICONS)
        timeline.SENTENCES.update(money_words.SENTENCES)
        timeline.ICONS.update(money_words.ICONS)
        duties.register("instalments", duties_money.INSTALMENTS)
        registries.schedule_changes.register("seasons", seasons.follow_date)
        self.register_schedule()
        self.register_resources()
        self.register_till()
        self.register_online()
        self.register_gowns()
        self.register_waiting()

    def register_online(self) -> None:
        from bookings import codes, knocks, online
        from studio.outbox.purposes import Planner, planners, purposes

        purposes.register(codes.PURPOSE, codes.purpose)
        planners.register("knocks", Planner(knocks.sweep))
        planners.register("online", Planner(online.expire))

    def register_till(self) -> None:
        from bookings import duties_till
        from studio.staff.duties import duties

        duties.register("till", duties_till.TILL)

    def register_schedule(self) -> None:
        from bookings import duties_notices, notices
        from bookings.registries import schedule_changes
        from studio.staff.duties import duties

        schedule_changes.register("notices", notices.follow_schedule)
        duties.register("changed_dates", duties_notices.CHANGED_DATES)

    def register_gowns(self) -> None:
        from bookings import duties_gowns, gown_words, timeline
        from studio.staff.duties import duties

        duties.register("gowns", duties_gowns.GOWNS)
        timeline.SENTENCES.update(gown_words.SENTENCES)
        timeline.ICONS.update(gown_words.ICONS)

    def register_resources(self) -> None:
        from bookings import duties_clashes
        from studio.staff.duties import duties

        duties.register("clashes", duties_clashes.CLASHES)

    def register_waiting(self) -> None:
        from bookings import waiting, waiting_due, waiting_list
        from bookings.registries import schedule_changes
        from customers import history
        from customers.registries import panels
        from studio.outbox.purposes import Planner, planners
        from studio.staff.duties import duties

        history.SENTENCES.update(waiting.SENTENCES)
        schedule_changes.register("waiting_list", waiting_due.follow_schedule)
        planners.register("waiting_list", Planner(waiting_due.plan))
        duties.register("place_free", waiting_list.PLACE_FREE)
        panels.register("waiting_list", waiting_list.PANEL)
