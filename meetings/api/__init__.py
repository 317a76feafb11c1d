"""Meetings and sales by the API: the same processes as the pages, the same rights."""
