"""Settings for all tests; systems with known answers are in known.py."""

from hypothesis import settings

# the same examples in every run: a failure can be repeated, and a green run says the same tomorrow
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("repeatable")
