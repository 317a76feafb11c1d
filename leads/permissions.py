"""Placeholder until the table stands."""


def can(user, action, lead):
    return True


def refusal(user, action, lead):
    return "no"
