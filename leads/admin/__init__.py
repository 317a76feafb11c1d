"""Leads and their record for managers and RevOps to look up, and to reassign; sources and policies for RevOps to keep."""

from leads.admin import leads, records, routing, rules, tasks

__all__ = ["leads", "records", "routing", "rules", "tasks"]
