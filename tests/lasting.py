"""For tests that several connections must see: rows are committed, and what LeadOps ships with is put back afterwards."""

import importlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable

import django
import pytest
from django.apps import apps
from django.db import connection, connections, transaction


@pytest.fixture
def shipped(transactional_db):
    """Begin with the shipped reasons, stages and policy, and leave them for the next test: a flush takes them too."""
    ship()
    yield
    connection.close()


@pytest.fixture(autouse=True, scope="session")
def _shipped_again(django_db_setup, django_db_blocker):
    yield
    with django_db_blocker.unblock():
        if "accounts_reason" in connection.introspection.table_names():  # no test asked for a database: none was made
            ship()


def ship() -> None:
    from accounts.models import Reason
    from leads.models import CardRule, Policy
    from meetings.models import CoverageRule, HandOffRule
    from reporting.models import BonusRate, StuckLimit

    if not Reason.objects.exists():
        importlib.import_module("accounts.migrations.0002_shipped").ship(apps, None)
        importlib.import_module("accounts.migrations.0024_hand_off_reasons").ship(apps, None)
    if not Policy.objects.exists():
        importlib.import_module("leads.migrations.0003_shipped").ship(apps, None)
    if not CardRule.objects.exists():
        importlib.import_module("leads.migrations.0015_card_rule").ship(apps, None)
    if not CoverageRule.objects.exists():
        importlib.import_module("meetings.migrations.0006_coverage_rule").ship(apps, None)
    if not BonusRate.objects.exists():
        importlib.import_module("reporting.migrations.0002_bonus_rate").ship(apps, None)
    if not StuckLimit.objects.exists():
        importlib.import_module("reporting.migrations.0003_stuck_limit").ship(apps, None)
    if not HandOffRule.objects.exists():
        importlib.import_module("meetings.migrations.0002_guards").ship(apps, None)
    if not HandOffRule.objects.filter(from_amount=None).exists():
        importlib.import_module("meetings.migrations.0009_value_not_known").ship(apps, None)


def at_once(*jobs) -> list:
    """Run these callables each in a thread with a connection of its own, begun together. Return their answers or what they raised."""
    gate, answers = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(number, job):
        try:
            gate.wait()
            answers[number] = job()
        except Exception as error:  # the test looks at it
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def overlapping(table: str, *jobs) -> list:
    """Run these callables as `at_once` does, and let none of them write to this table before all of them have read it."""
    return all_halted(table, len(jobs), lambda: at_once(*jobs))


def all_halted(table: str, number: int, run: Callable[[], list]) -> list:
    """Hold a table against writers until all that `run` begins have come to a halt, then let them go.

    Each halts before its own first write to the table, or behind somebody who halted there. So they overlap on every machine,
    and what guards them, or its absence, is what is put to the test.
    """
    answers: list = []
    crew = threading.Thread(target=lambda: answers.extend(run()))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        crew.start()
        until = time.monotonic() + 60
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            (halted,) = cursor.fetchone()
            if halted == number or not crew.is_alive() or time.monotonic() > until:
                break
            time.sleep(0.02)
    crew.join()
    assert halted == number, f"{halted} of {number} came to write at the same time"
    return answers


def in_processes(number: int, job, *values) -> list:
    """Run `job(index, *values)` in this many processes of their own, on the test's database, begun together."""
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(number), context.Queue()
    name, where = connection.settings_dict["NAME"], (job.__module__, job.__name__)
    crew = [context.Process(target=_work, args=(name, gate, answers, where, i, values)) for i in range(number)]
    for process in crew:
        process.start()
    results = [answers.get(timeout=120) for _ in crew]
    for process in crew:
        process.join()
    return results


def _work(name, gate, answers, where, index, values) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()  # before the module of the job is imported: it holds models
    job = getattr(importlib.import_module(where[0]), where[1])
    connection.settings_dict["NAME"] = name
    try:
        connection.ensure_connection()
        gate.wait(timeout=60)
        answers.put(job(index, *values))
    except Exception as error:
        answers.put(error)
