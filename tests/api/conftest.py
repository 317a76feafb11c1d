"""A program at the door of the API, with a key."""

import json

import pytest
from django.test import Client

from accounts import api_keys, clock
from accounts.models import ApiScope


class Program:
    """An API client: posts and reads JSON with its key."""

    def __init__(self, token: str):
        self.token, self.client = token, Client(raise_request_exception=False)

    def headers(self, key: str = "") -> dict:
        return {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})

    def get(self, path: str, **query):
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers())

    def post(self, path: str, body=None, *, key: str = "", **more):
        text = json.dumps({} if body is None else body)
        return self.client.post(
            f"/api/v1/{path}", text, content_type="application/json", headers=self.headers(key), **more
        )


class Browser(Program):
    """A person who asks the API with the session of their browser."""

    def __init__(self, user):
        super().__init__("")
        self.client.force_login(user)

    def headers(self, key: str = "") -> dict:
        return {"Idempotency-Key": key} if key else {}


@pytest.fixture
def program_of():
    """Return a function that makes a key of these scopes, and a program that comes with it."""

    def make(user, *scopes) -> Program:
        _key, token = api_keys.new_key(user, scopes, by=None, at=clock.now())
        return Program(token)

    return make


@pytest.fixture
def program(house, program_of) -> Program:
    """The web site, with a key that opens everything a key can."""
    return program_of(house.api, *ApiScope.values)


@pytest.fixture
def browser_of():
    return Browser


def problem(response) -> tuple:
    """Return what an answer says went wrong: status, code, and the fields named."""
    assert response["Content-Type"] == "application/problem+json", response.content
    said = response.json()
    assert said["status"] == response.status_code
    return response.status_code, said["code"], [error["field"] for error in said["errors"]]
