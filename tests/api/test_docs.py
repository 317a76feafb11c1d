"""What `docs/api.md` says works as it stands there, by a real `curl`."""

import json
import os
import re
import subprocess
from pathlib import Path

from accounts import api_keys, clock
from accounts.models import ApiScope
from accounts.webhooks import KINDS
from leads.models import Lead

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


def test_every_example_works(live_server, shipped):
    token = api_keys.create_client("Docs", ApiScope.values, by=None, at=clock.now())[1]
    around = {"PATH": os.environ["PATH"], "KEY": token, "AT": live_server.url}

    answers = []
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        for command in re.split(r"\n(?=curl)", block.strip()):
            done = subprocess.run(
                ["bash", "-ec", command], env=around, capture_output=True, text=True, timeout=30, check=True
            )
            answers.append(json.loads(done.stdout))

    assert [answer.get("result") for answer in answers] == ["created", "updated", "created", "done", None, None, None]
    assert answers[4]["items"][0]["domain"] == "nordlicht.example"
    assert len(answers[6]["items"]) == 4
    assert Lead.objects.get(email="ida@vindkraft.example").state_label == "Working P"


def test_every_scope_is_explained_and_every_kind_exists():
    assert re.findall(r"^\| `([a-z:]+)` \|", TEXT, re.MULTILINE) == list(ApiScope.values)
    assert set(re.findall(r'"kind": "([a-z_.]+)"', TEXT)) < set(KINDS)
