"""Pages that show figures: the clock, and the reports."""
