from workflow.models.calls import CallEvent, CallKind, CallOutcome, CallState, CallTask
from workflow.models.handoff import Departure, HandOff, HandOffState, Mood, Presence
from workflow.models.promise import Promise
from workflow.models.readiness import Item, Readiness, ReadinessKind, SelectionSheet
from workflow.models.reminder import AppointmentLink, Reminder, ReminderRule, RuleAction
from workflow.models.rotation import RotationDay, RotationPlace, RotationTurn, TurnReason
from workflow.models.visit import LossReason, Visit, VisitEvent, VisitOutcome
from workflow.models.work_order import Look, LookState, Stage, WorkOrder, WorkOrderEvent

__all__ = [
    "AppointmentLink",
    "CallEvent",
    "CallKind",
    "CallOutcome",
    "CallState",
    "CallTask",
    "Departure",
    "HandOff",
    "HandOffState",
    "Item",
    "Look",
    "LookState",
    "LossReason",
    "Mood",
    "Presence",
    "Promise",
    "Readiness",
    "ReadinessKind",
    "Reminder",
    "ReminderRule",
    "RotationDay",
    "RotationPlace",
    "RotationTurn",
    "RuleAction",
    "SelectionSheet",
    "Stage",
    "TurnReason",
    "Visit",
    "VisitEvent",
    "VisitOutcome",
    "WorkOrder",
    "WorkOrderEvent",
]
