"""Killing LeadOps on purpose, and counting what breaks (`promises.md`). `manage.py chaos` runs the full numbers, tests a seeded tenth.

`world.py` makes leads that are due group by group; `crew.py` runs sweeps in processes that may be killed; `sweeps.py`,
`boundaries.py` and `poison.py` are what is done to them. Each works in a database of its own and is without a clock.
"""
