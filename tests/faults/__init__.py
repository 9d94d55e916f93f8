"""`make faults`: the promise of docs/messages.md, proved on real processes (docs/faults.md)."""
