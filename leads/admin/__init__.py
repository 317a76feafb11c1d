"""Leads and their record for managers and RevOps to look up, and to reassign; sources and policies for RevOps to keep."""

from leads.admin import leads, ledger, records, routing, rules, tasks

__all__ = ["leads", "ledger", "records", "routing", "rules", "tasks"]
