"""Ways to break the promise on purpose: `--sabotage NAME` must make the command fail (tests/outbox/test_faults.py).

Each is a trigger in the scenario's database, so that the programs themselves stay as they are.
"""

from dataclasses import dataclass

from tests.faults.ground import Ground


@dataclass(frozen=True)
class Sabotage:
    what: str
    sql: str


SABOTAGES = {
    "pretends": Sabotage(
        "marks a message as sent, and then does not send it",
        """CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.state := 'sent'; NEW.finished_at := clock_timestamp(); RETURN NEW; END $$;
           CREATE TRIGGER sabotage BEFORE INSERT ON outbox_message FOR EACH ROW
             WHEN (NEW.id % 5 = 0) EXECUTE FUNCTION sabotage();""",
    ),
    "forgets": Sabotage(
        "forgets that the gateway accepted a message, and sends it again",
        """CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.state := 'queued'; NEW.finished_at := NULL; NEW.lease_until := NULL; RETURN NEW; END $$;
           CREATE TRIGGER sabotage BEFORE UPDATE ON outbox_message FOR EACH ROW
             WHEN (NEW.id % 5 = 0 AND OLD.state = 'leased' AND NEW.state = 'sent' AND NEW.attempt = 1)
             EXECUTE FUNCTION sabotage();
           CREATE FUNCTION sabotage_attempt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.outcome := 'trouble'; RETURN NEW; END $$;
           CREATE TRIGGER sabotage BEFORE UPDATE ON outbox_attempt FOR EACH ROW
             WHEN (NEW.message_id % 5 = 0 AND NEW.outcome = 'accepted' AND NEW.number = 1)
             EXECUTE FUNCTION sabotage_attempt();""",
    ),
    "tells-nobody": Sabotage(
        "brings up no call for a message that could not be sent",
        """CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
           CREATE TRIGGER sabotage BEFORE INSERT ON workflow_calltask FOR EACH ROW EXECUTE FUNCTION sabotage();""",
    ),
    "dawdles": Sabotage(
        "plans a message for fifteen seconds later than it is due",
        """CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.due_at := NEW.due_at + interval '15 s'; RETURN NEW; END $$;
           CREATE TRIGGER sabotage BEFORE INSERT ON outbox_message FOR EACH ROW
             WHEN (NEW.id % 5 = 0) EXECUTE FUNCTION sabotage();""",
    ),
    "trusts": Sabotage(
        "takes every message that may have gone out for one that did not, without asking",
        """CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.outcome := 'trouble'; RETURN NEW; END $$;
           CREATE TRIGGER sabotage BEFORE UPDATE ON outbox_attempt FOR EACH ROW
             WHEN (NEW.outcome = 'unclear') EXECUTE FUNCTION sabotage();""",
    ),
}


def sabotage(ground: Ground, name: str) -> None:
    with ground.administrator() as line:
        line.execute(SABOTAGES[name].sql)  # type: ignore[call-overload]
