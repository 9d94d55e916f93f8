"""Who left unhappy without a manager's word yet has an open recovery; given words keep their time."""

from django.db import migrations
from django.db.models import F


def open_them(apps, schema_editor):
    Recovery = apps.get_model("complaints", "Recovery")
    Departure = apps.get_model("workflow", "Departure")
    Recovery.objects.exclude(at=None).update(opened_at=F("at"), answer_by=F("at"))
    for departure in Departure.objects.filter(mood="unhappy", recovery=None).select_related("work_order"):
        Recovery.objects.create(
            branch_id=departure.work_order.branch_id,
            departure=departure,
            what=departure.note,
            opened_at=departure.at,
            answer_by=departure.at,
        )


class Migration(migrations.Migration):
    dependencies = [("complaints", "0004_opened_at_once"), ("workflow", "0008_the_days_before")]

    operations = [migrations.RunPython(open_them, migrations.RunPython.noop)]
