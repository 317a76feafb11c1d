"""Figures: reads everything, owns nothing that others need."""
