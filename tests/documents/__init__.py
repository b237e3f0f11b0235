"""The documentation as programs: its examples run, and what they print stands below them."""
