from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("Workflow")

    def ready(self) -> None:
        """What the apps below learn of the workflow, one block for each of its parts."""
        self.register_front()
        self.register_log()
        self.register_orders()
        self.register_calls()
        self.register_reminders()
        self.register_news()
        self.register_follow_up()
        self.register_day()
        self.register_hands()
        self.register_late()
        self.register_owners_day()
        self.register_deputies()
        self.register_ownership()
        self.register_online()
        self.register_alerts()
        self.register_disruptions()
        self.register_sheets()

    def register_sheets(self) -> None:
        from studio.outbox.alerts import alert_kinds
        from studio.outbox.purposes import Planner, planners, purposes
        from workflow import day_sheet_message, paper_words, timeline

        timeline.KINDS.update(paper_words.KINDS)
        timeline.ICONS.update(paper_words.ICONS)
        purposes.register(day_sheet_message.PURPOSE, day_sheet_message.purpose)
        alert_kinds.register(day_sheet_message.PRINT, day_sheet_message.ALERT)
        planners.register("day_sheets", Planner(day_sheet_message.plan, every=300))

    def register_disruptions(self) -> None:
        from bookings.registries import schedule_changes
        from studio.outbox.alerts import alert_kinds
        from studio.outbox.purposes import Planner, planners, purposes
        from studio.staff.duties import duties
        from workflow import (
            disrupted_alerts,
            disrupted_duties,
            disrupted_message,
            disrupted_states,
            promises,
            weather,
            weather_message,
        )

        schedule_changes.register("disruptions", disrupted_states.follow_schedule)
        schedule_changes.register("weather", weather.follow_schedule)
        promises.kept.register("disruptions", disrupted_states.follow_promise)
        purposes.register(disrupted_states.PURPOSE, disrupted_message.purpose)
        purposes.register(weather_message.PURPOSE, weather_message.purpose)
        planners.register("weather", Planner(weather.ring_due, every=60, probe=weather.DUE_NOW))
        for name, kind in disrupted_alerts.KINDS.items():
            alert_kinds.register(name, kind)
        duties.register("broken_days", disrupted_duties.BROKEN)
        duties.register("weather", disrupted_duties.WEATHER)

    def register_alerts(self) -> None:
        from bookings.registries import answers
        from studio.outbox.alerts import alert_kinds
        from studio.outbox.purposes import Planner, planners
        from workflow import message_alerts, message_repeats, schedule_news

        answers.register("bell", message_alerts.follow_answer)
        schedule_news.corrections.register("bell", message_alerts.follow_correction)
        for name, kind in message_alerts.KINDS.items():
            alert_kinds.register(name, kind)
        planners.register("message_repeats", Planner(message_repeats.plan))

    def register_online(self) -> None:
        from bookings.registries import facts, requests
        from studio.outbox.purposes import Planner, planners
        from studio.staff.duties import duties
        from workflow import online_requests

        requests.register("rotation", online_requests.enter)
        facts.register("online", online_requests.follow_facts)
        planners.register("online_requests", Planner(online_requests.plan))
        duties.register("online_requests", online_requests.ASKED)

    def register_front(self) -> None:
        from customers.registries import timeline_sources
        from studio.staff.duties import duties
        from workflow import front_duties, visit_history

        timeline_sources.register("visits", visit_history.of_customer)
        duties.register("rotation", front_duties.ROTATION)
        duties.register("visits", front_duties.VISITS)

    def register_log(self) -> None:
        from customers.registries import timeline_sources
        from studio.outbox.purposes import Planner, planners
        from studio.staff.duties import duties
        from workflow import incoming_duties, visit_imports

        planners.register("visit_imports", Planner(visit_imports.plan))
        timeline_sources.register("incoming_calls", incoming_duties.of_customer)
        duties.register("on_the_line", incoming_duties.ON_THE_LINE)
        duties.register("call_backs", incoming_duties.CALL_BACKS)
        duties.register("not_reached", incoming_duties.NOT_REACHED)

    def register_orders(self) -> None:
        from bookings.registries import facts, line_changes
        from customers.registries import timeline_sources
        from studio.outbox.purposes import Planner, planners
        from studio.staff.duties import duties
        from workflow import add_ons, discount_duties, readiness, stages, timeline
        from workflow import duties as orders

        facts.register("work_order", stages.follow_facts)
        line_changes.register("work_order", add_ons.follow_line)
        duties.register("discounts_asked", discount_duties.ASKED)
        duties.register("discounts_answered", discount_duties.ANSWERED)
        timeline_sources.register("workflow", timeline.of_customer)
        planners.register("readiness", Planner(readiness.plan))
        duties.register("not_ready", orders.NOT_READY)
        duties.register("promises", orders.PROMISES)
        duties.register("deliveries", orders.DELIVERIES)

    def register_calls(self) -> None:
        from bookings.registries import facts
        from customers.registries import timeline_sources
        from studio.outbox.alerts import alert_kinds
        from studio.outbox.purposes import purposes
        from studio.staff.duties import duties
        from workflow import (
            call_alerts,
            call_history,
            call_lists,
            call_missed,
            call_numbers,
            outdated,
        )

        facts.register("calls", outdated.follow_facts)
        purposes.register(call_missed.PURPOSE, call_missed.purpose)
        for kind, words in call_alerts.KINDS.items():
            alert_kinds.register(kind, words)
        timeline_sources.register("calls", call_history.of_customer)
        duties.register("calls", call_lists.CALLS)
        duties.register("calls_behind", call_lists.BEHIND)
        duties.register("numbers_wanted", call_numbers.WANTED)

    def register_reminders(self) -> None:
        from django.db.models.signals import post_delete, post_save

        from customers.models import ContactWish
        from studio.outbox.purposes import Planner, planners, purposes
        from studio.staff.models import Branch, SpecialDay
        from workflow import outdated, reminder_message, reminder_plan, reminders, undated

        planners.register("reminders", Planner(reminders.plan_reminders, every=20, probe=reminders.DUE_NOW))
        planners.register("calls_outdated", Planner(outdated.withdraw_calls, every=60))
        planners.register("calls_undated", Planner(undated.plan, every=300))
        purposes.register(reminder_message.PURPOSE, reminder_message.purpose)
        # What moments depend on, wherever it is changed: planned anew.
        for signal in (post_save, post_delete):
            signal.connect(reminder_plan.follow_branch, sender=Branch)
            signal.connect(reminder_plan.follow_special_day, sender=SpecialDay)
            signal.connect(reminder_plan.follow_wish, sender=ContactWish)

    def register_news(self) -> None:
        from bookings.notices import others_told
        from bookings.registries import schedule_changes
        from studio.outbox.purposes import purposes
        from workflow import schedule_news

        schedule_changes.register("news", schedule_news.follow_schedule)
        others_told.register("customer", schedule_news.told)
        purposes.register(schedule_news.MOVED, schedule_news.moved)
        purposes.register(schedule_news.CALLED_OFF, schedule_news.called_off)

    def register_follow_up(self) -> None:
        from customers.registries import panels, refusals, stops, timeline_sources
        from studio.outbox.purposes import Planner, planners
        from workflow import follow_up_due, follow_up_lists, follow_ups
        from workflow.visit_endings import visit_endings

        visit_endings.register("follow_up", follow_ups.follow_visit)
        refusals.register("follow_up", follow_ups.follow_refusal)
        stops.register("follow_up", follow_ups.follow_refusal)
        planners.register("follow_up", Planner(follow_up_due.plan))
        timeline_sources.register("follow_up", follow_up_lists.of_customer)
        panels.register("follow_up", follow_up_lists.PANEL)

    def register_deputies(self) -> None:
        from customers.registries import happenings as meanwhile
        from studio.staff.duties import minds, workloads
        from workflow import cases, happenings

        workloads.register("workflow", cases.workload)
        minds.register("customers", cases.to_mind)
        for name in ("visits", "orders", "calls", "follow_ups", "incoming_calls"):
            meanwhile.register(name, getattr(happenings, name))

    def register_day(self) -> None:
        from studio.staff.duties import duties
        from workflow import day_duties

        duties.register("offered", day_duties.OFFERED)
        duties.register("with_me", day_duties.WITH_ME)
        self.register_standing()

    def register_late(self) -> None:
        from studio.outbox.alerts import alert_kinds
        from studio.staff.duties import duties
        from workflow import late_duties, late_words

        late_words.register()
        duties.register("late_clashes", late_duties.CLASHES)
        for name, kind in late_words.KINDS.items():
            alert_kinds.register(name, kind)

    def register_standing(self) -> None:
        from bookings.registries import facts, schedule_changes
        from studio.outbox.alerts import alert_kinds
        from studio.staff.duties import duties
        from workflow import reshoots, standing_duties, standing_words, undone, undone_alerts
        from workflow.gates import steps

        standing_words.register()
        duties.register("undone", standing_duties.UNDONE)
        duties.register("standing", standing_duties.STANDING)
        schedule_changes.register("reshoots", reshoots.follow_schedule)
        facts.register("reshoots", reshoots.follow_facts)
        facts.register("undone", undone.follow_facts)
        steps.register("reshoots", reshoots.follow_step)
        for name, kind in undone_alerts.KINDS.items():
            alert_kinds.register(name, kind)

    def register_owners_day(self) -> None:
        from studio.staff.duties import duties
        from workflow import arrivals, guests

        duties.register("guests", guests.GUESTS)
        duties.register("arrivals", arrivals.ARRIVALS)
        duties.register("did_not_come", arrivals.DID_NOT_COME)

    def register_hands(self) -> None:
        from studio.outbox.alerts import alert_kinds
        from studio.outbox.purposes import Planner, planners
        from workflow import hand_alarms, hand_events, hand_watch, tablet_alerts

        hand_events.register()
        planners.register("hands", Planner(hand_watch.plan, probe=hand_watch.TO_DO))
        alert_kinds.register(tablet_alerts.BROUGHT, tablet_alerts.KIND)
        for name, kind in hand_alarms.KINDS.items():
            alert_kinds.register(name, kind)

    def register_ownership(self) -> None:
        from customers import history, registries
        from studio.staff.leaving import estates
        from workflow import estates as own
        from workflow import evidence, serving, shared_cases, shared_shown

        registries.holders.register("workflow", serving.holders_of)
        registries.serving_changes.register("visits", serving.serve_from_now)
        registries.evidence_sources.register("workflow", evidence.of_customer)
        registries.owner_changes.register("shared_cases", shared_cases.follow_owner)
        registries.owner_notes.register("shared_cases", shared_shown.owner_notes)
        registries.shares.register("shared_cases", shared_cases.share_after_dispute)
        registries.ownership_panels.register("shared_cases", shared_shown.PANEL)
        registries.weights.register("workflow", own.weights)
        history.SENTENCES.update(shared_cases.SENTENCES)
        history.QUIET.update(shared_cases.SENTENCES)
        for name in ("VISITS", "PRESENT", "CASES", "CALLS", "GIVEN"):
            estates.register(name.lower(), getattr(own, name))
