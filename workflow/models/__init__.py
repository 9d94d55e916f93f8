from workflow.models.calls import CallEvent, CallKind, CallOutcome, CallState, CallTask
from workflow.models.follow_up import (
    ContactChannel,
    ContactState,
    FollowUp,
    FollowUpContact,
    FollowUpEvent,
    FollowUpRules,
    Occasion,
    OccasionCalendar,
    OccasionKind,
    StopReason,
)
from workflow.models.handoff import Departure, HandOff, HandOffState, Mood, Presence
from workflow.models.incoming_call import IncomingCall, IncomingCallEvent, IncomingState
from workflow.models.promise import Promise
from workflow.models.readiness import Item, Readiness, ReadinessKind, SelectionSheet
from workflow.models.reminder import AppointmentLink, Reminder, ReminderRule, RuleAction
from workflow.models.rotation import (
    AwayReason,
    FirstPlace,
    RotationDay,
    RotationEvent,
    RotationPlace,
    RotationRules,
    RotationTurn,
    TurnReason,
)
from workflow.models.shared_case import SharedCase
from workflow.models.visit import LossReason, Visit, VisitEvent, VisitOutcome
from workflow.models.visit_import import ImportState, VisitImport
from workflow.models.work_order import Look, LookState, Stage, WorkOrder, WorkOrderEvent

__all__ = [
    "AppointmentLink",
    "AwayReason",
    "CallEvent",
    "CallKind",
    "CallOutcome",
    "CallState",
    "CallTask",
    "ContactChannel",
    "ContactState",
    "Departure",
    "FirstPlace",
    "FollowUp",
    "FollowUpContact",
    "FollowUpEvent",
    "FollowUpRules",
    "HandOff",
    "HandOffState",
    "ImportState",
    "IncomingCall",
    "IncomingCallEvent",
    "IncomingState",
    "Item",
    "Look",
    "LookState",
    "LossReason",
    "Mood",
    "Occasion",
    "OccasionCalendar",
    "OccasionKind",
    "Presence",
    "Promise",
    "Readiness",
    "ReadinessKind",
    "Reminder",
    "ReminderRule",
    "RotationDay",
    "RotationEvent",
    "RotationPlace",
    "RotationRules",
    "RotationTurn",
    "RuleAction",
    "SelectionSheet",
    "SharedCase",
    "Stage",
    "StopReason",
    "TurnReason",
    "Visit",
    "VisitEvent",
    "VisitImport",
    "VisitOutcome",
    "WorkOrder",
    "WorkOrderEvent",
]
