"""What was in the hand-offs becomes stays, and looks that were not shot become things undone."""

from django.db import migrations


def write_stays(apps, schema_editor):
    Presence, HandOff, Stay = (apps.get_model("workflow", name) for name in ("Presence", "HandOff", "Stay"))
    moves = {}
    for row in HandOff.objects.filter(state="accepted").order_by("ended_at", "pk").iterator():
        moves.setdefault((row.work_order_id, row.member_id), []).append(row)
    fresh = []
    for presence in Presence.objects.order_by("pk").iterator():
        since = presence.arrived_at
        for row in moves.get((presence.work_order_id, presence.member_id), []):
            moment = max(row.ended_at, since)
            if row.ended_at < presence.arrived_at or (presence.left_at and row.ended_at > presence.left_at):
                continue
            fresh.append(
                Stay(
                    presence_id=presence.pk,
                    user_id=row.giver_id,
                    department_id=row.from_department_id,
                    since=since,
                    until=moment,
                    written_by_id=row.giver_id,
                )
            )
            since = moment
        fresh.append(
            Stay(
                presence_id=presence.pk,
                user_id=presence.with_user_id,
                department_id=presence.department_id,
                since=since,
                until=presence.left_at,
                written_by_id=presence.with_user_id,
            )
        )
        if presence.since != since:
            Presence.objects.filter(pk=presence.pk).update(since=since)
    Stay.objects.bulk_create(fresh, batch_size=1000)


def write_undone(apps, schema_editor):
    Look, Undone = apps.get_model("workflow", "Look"), apps.get_model("workflow", "Undone")
    Appointment = apps.get_model("bookings", "Appointment")
    looks = Look.objects.filter(state="undone", work_order__booking__state="open", by__isnull=False)
    for look in looks.select_related("work_order").iterator():
        shoots = Appointment.objects.filter(
            booking=look.work_order.booking_id, kind="shoot", state__in=["planned", "held"]
        )
        later = shoots.filter(starts_at__gt=look.at).order_by("starts_at").first()
        Undone.objects.create(
            branch_id=look.work_order.branch_id,
            work_order_id=look.work_order_id,
            look=look,
            why=look.why,
            by_id=look.by_id,
            at=look.at,
            appointment=later,
            settled_by_id=look.by_id if later else None,
            settled_at=look.at if later else None,
        )


class Migration(migrations.Migration):
    dependencies = [("workflow", "0007_hand_to_hand"), ("bookings", "0007_planned_version")]

    operations = [
        migrations.RunPython(write_stays, migrations.RunPython.noop),
        migrations.RunPython(write_undone, migrations.RunPython.noop),
    ]
