"""The scenario at real times mostly waits: it runs in a process of its own, on a ground of its own, beside the others."""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from studio import processes
from studio.environment import ROOT
from tests.faults.verdict import Verdict

PATIENCE = 400.0


class Beside:
    def __init__(self, names: Sequence[str], environment: dict[str, str], options: Sequence[str]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="shouwen-faults-beside-")
        self.found = Path(self.folder.name) / "found.json"
        self.names = names
        command = [sys.executable, "-m", "tests.faults", "--alone", "--json", str(self.found), *options]
        self.output = (Path(self.folder.name) / "output.txt").open("w+b")
        self.process = processes.spawn(
            [*command, "--only", *(f"={name}" for name in names)],
            env=environment,
            cwd=ROOT,
            output=self.output,
            death_signal=signal.SIGTERM,
        )

    def verdicts(self) -> dict[str, Verdict]:
        """When it is over. A run that did not end as it should has proved nothing."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        if not self.found.exists():
            self.output.seek(0)
            said = self.output.read().decode(errors="replace").splitlines()[-5:]
            return {name: Verdict(wrong=["broke down", *said]) for name in self.names}
        found = json.loads(self.found.read_text())
        return {name: Verdict(**values) for name, values in found.items()}

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            processes.signal_group(self.process.pid, signal.SIGKILL)
        self.output.close()
        self.folder.cleanup()
