from django.db import migrations

OTHER_WAY = """
    UPDATE workflow_reminderrule SET fall_back = CASE channel WHEN 'sms' THEN 'email' ELSE 'sms' END
    WHERE action = 'message' AND fall_back = ''"""


class Migration(migrations.Migration):
    """Until now the other channel was tried by itself; the rules of shops that are there keep it so."""

    dependencies = [("workflow", "0004_rules_and_calls")]

    operations = [migrations.RunSQL(OTHER_WAY, migrations.RunSQL.noop)]
