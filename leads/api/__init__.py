"""Leads by the API: the same processes as the pages, the same rights, one way in."""
