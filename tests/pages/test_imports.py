"""A file on its way in, through the pages: four steps, what is refused, what is kept aside, and going on after a stop."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Batch, BatchRow, Event
from leads import tasks
from leads.models import Lead

pytestmark = pytest.mark.django_db
FILE = "Email,First,Origin\nmarta@nordlicht.example,Marta,Fair\nben@alder.example,Ben,Fair\nnowhere,X,Fair\n"


def upload(client, content=FILE, name="fair.csv"):
    data = content.encode() if isinstance(content, str) else content
    return client.post("/imports/new/", {"file": SimpleUploadedFile(name, data)})


def mapped(client, **more):
    batch = Batch.objects.latest("pk")
    meant = {"column-0": "email", "column-1": "first_name", "column-2": "source"}
    return client.post(f"/imports/{batch.pk}/columns/", {"motion": "slg", "go_to_market": "inbound", **meant, **more})


def test_a_file_goes_through_its_four_steps(client, cleo, north, rung):
    client.force_login(cleo)

    to_columns = upload(client)
    batch = Batch.objects.get()
    to_check = mapped(client, team=north.pk)
    look = client.get(to_check["Location"]).content.decode()
    nothing_yet = Lead.objects.count()
    to_run = client.post(f"/imports/{batch.pk}/run/")
    running = client.get(to_run["Location"]).content.decode()
    for name, pk in rung:
        assert name == "leads.tasks.run_import"
        tasks.run_import(pk)
    done = client.get(to_run["Location"]).content.decode()

    assert to_columns["Location"] == f"/imports/{batch.pk}/columns/"
    assert "Import 2 rows" in look and "Row 4" in look  # noqa: PT018
    assert (nothing_yet, Lead.objects.count()) == (0, 2)
    assert "0 of 3 rows" in running
    assert "2 new, 0 known and updated, 0 unchanged, 1 rejected" in done
    assert set(Lead.objects.values_list("status", "team__name", "source__name")) == {("raw", "North", "Fair")}


def test_the_look_names_the_columns_that_are_left_out_and_says_nothing_where_none_is(client, cleo, rung):
    client.force_login(cleo)
    upload(client, "Email,Shoe size,Origin,Hair <b>\nmarta@nordlicht.example,42,Fair,red\n")
    some = client.get(mapped(client, **{"column-1": "", "column-2": "source"})["Location"]).content.decode()
    upload(client)
    none = client.get(mapped(client)["Location"]).content.decode()

    assert "Left out, not read from the file: <b>Shoe size</b>, <b>Hair &lt;b&gt;</b>." in some
    assert "Left out" not in none


def test_what_columns_meant_is_remembered_for_the_next_file_of_the_same_person_with_the_same_header(
    client, cleo, rita, rung
):
    def sent(name: str) -> list[str]:
        """Send the file, and say what is offered for its columns."""
        upload(client, FILE.replace("First", "Rufname"), name)
        page = client.get(f"/imports/{Batch.objects.latest('pk').pk}/columns/").content.decode()
        fields = [page.split(f'name="column-{n}"')[1].split("</select>")[0] for n in range(3)]
        return [chosen[1] if (chosen := re.search('value="([^"]*)" selected', field)) else "" for field in fields]

    client.force_login(cleo)
    guessed, still_guessed = sent("first.csv"), sent("second.csv")
    mapped(client)
    client.post(f"/imports/{Batch.objects.latest('pk').pk}/run/")
    tasks.run_import(Batch.objects.latest("pk").pk)
    remembered = sent("third.csv")
    client.force_login(rita)

    assert (guessed[1], remembered) == ("", ["email", "first_name", "source"])
    assert guessed == still_guessed == sent("hers.csv")


def test_the_rejected_rows_come_back_as_a_file_and_that_is_on_record(client, cleo, rung):
    client.force_login(cleo)
    upload(client, FILE.replace("nowhere,X", "nowhere,=1+1"))
    mapped(client)
    batch = Batch.objects.get()

    text = b"".join(client.get(f"/imports/{batch.pk}/rejected/").streaming_content).decode()

    lines = text.splitlines()
    assert lines[0] == "rejected line,rejected column,rejected because,Email,First,Origin"
    assert re.fullmatch(r"4,Email,.*,nowhere,'=1\+1,Fair", lines[1])
    assert Event.objects.get(kind="export").actor_id == cleo.pk


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Email,First\n", "no rows"),
        (b"\x00\x01\x02\xff" * 50, "file"),
        (b"Email,Email\na@b.example,c@d.example\n", "twice"),
    ],
)
def test_a_bad_file_is_told_what_is_wrong_with_it_and_nothing_is_kept(content, words, client, rita):
    client.force_login(rita)

    answer = upload(client, content)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert (Batch.objects.count(), BatchRow.objects.count()) == (0, 0)


def test_what_is_missing_is_asked_for_where_it_belongs(client, rita, rung):
    client.force_login(rita)
    upload(client)

    answer = mapped(client, **{"column-2": ""})

    assert answer.status_code == 422
    assert "Say where these leads come from" in answer.content.decode()
    assert Lead.objects.count() == 0


def test_a_long_file_is_looked_at_in_the_background(client, rita, rung, monkeypatch):
    monkeypatch.setattr("leads.import_desk.AT_ONCE", 1)
    client.force_login(rita)
    upload(client)
    mapped(client)
    batch = Batch.objects.get()
    waiting = client.get(f"/imports/{batch.pk}/check/", headers={"HX-Request": "true"}).content.decode()

    tasks.check_import(batch.pk)

    assert rung == [("leads.tasks.check_import", batch.pk)]
    assert 'hx-trigger="every 2s"' in waiting
    assert "Import 2 rows" in client.get(f"/imports/{batch.pk}/check/").content.decode()


def test_an_import_that_lost_its_ring_is_rung_for_again(client, rita, rung):
    client.force_login(rita)
    upload(client)
    mapped(client)
    batch = Batch.objects.get()
    client.post(f"/imports/{batch.pk}/run/")
    rung.clear()

    tasks.resume_imports()

    assert rung == [("leads.tasks.run_import", batch.pk)]


def test_a_stopped_import_goes_on_from_there(client, rita, rung):
    client.force_login(rita)
    upload(client)
    mapped(client)
    pk = Batch.objects.get().pk
    client.post(f"/imports/{pk}/run/")
    client.post(f"/imports/{pk}/cancel/")
    tasks.run_import(pk)
    stopped = Lead.objects.count()

    client.post(f"/imports/{pk}/run/")
    tasks.run_import(pk)

    assert (stopped, Lead.objects.count(), Batch.objects.get().status) == (0, 2, "done")


def test_a_manager_sees_the_imports_of_the_people_below_and_no_others(client, cleo, hugo, nora, rung):
    client.force_login(cleo)
    upload(client)
    pk = Batch.objects.get().pk

    seen = {}
    for person in (cleo, nora, hugo):
        client.force_login(person)
        seen[person.username] = client.get(f"/imports/{pk}/columns/").status_code

    assert seen == {"cleo": 200, "nora": 200, "hugo": 404}
