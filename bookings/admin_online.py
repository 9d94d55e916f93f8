"""Settings of the customers' own booking page."""
