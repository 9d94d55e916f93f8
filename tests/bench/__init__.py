"""What the machinery of calls and messages does in a minute, measured on real processes: `make bench`."""
