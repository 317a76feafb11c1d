"""For tests that several connections must see: rows are committed, and what LeadOps ships with is put back afterwards."""

import importlib
import multiprocessing
import os
import threading

import django
import pytest
from django.apps import apps
from django.db import connection, connections


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
    from leads.models import Policy

    if not Reason.objects.exists():
        importlib.import_module("accounts.migrations.0002_shipped").ship(apps, None)
    if not Policy.objects.exists():
        importlib.import_module("leads.migrations.0003_shipped").ship(apps, None)


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
