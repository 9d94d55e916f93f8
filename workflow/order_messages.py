"""What was written to a customer about an order."""

from studio.outbox.models import Message
from workflow.models import WorkOrder

MOST = 40


def messages_of(order: WorkOrder, most: int = MOST) -> list[Message]:
    """The messages about its dates, the last one first."""
    messages = Message.objects.filter(reminder__appointment__booking=order.booking_id)
    return list(messages.select_related("reminder__appointment").order_by("-due_at", "-pk")[:most])
