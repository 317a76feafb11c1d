"""Addresses of working leads. Nouns: what a person does to one is a POST to it."""

from django.urls import path

from leads.views import bulk, import_undo, imports, lead, leaving, lists, new, privacy, queue, search, team, undo, work

urlpatterns = [
    *imports.urlpatterns,
    *import_undo.urlpatterns,
    *privacy.urlpatterns,
    path("queue/", queue.queue, name="queue"),
    path("queue/pull/", queue.pull, name="pull"),
    path("queue/<int:pk>/", queue.lead, name="queue-lead"),
    path("search/", search.search, name="search"),
    path("leads/", lists.leads, name="leads"),
    path("leads/many/", bulk.many, name="bulk"),
    path("leads/many/<str:token>/", bulk.done, name="bulk-done"),
    path("leads/many/<str:token>/undo/", bulk.undo, name="bulk-undo"),
    path("leads/new/", new.lead, name="lead-new"),
    path("leads/asked/", new.asked, name="lead-asked"),
    path("leads/<int:pk>/", lead.lead, name="lead"),
    path("leads/<int:pk>/timeline/", lead.older, name="timeline-older"),
    path("leads/<int:pk>/act/<slug:kind>/", work.act, name="act"),
    path("leads/<int:pk>/touches/", work.touch, name="touches"),
    path("leads/<int:pk>/nurture/", work.nurture, name="nurture"),
    path("leads/<int:pk>/unqualify/", work.unqualify, name="unqualify"),
    path("leads/<int:pk>/keep/", work.keep, name="keep"),
    path("leads/<int:pk>/start/", work.start, name="start"),
    path("leads/<int:pk>/follow-up/", work.follow_up, name="follow-up"),
    path("leads/<int:pk>/notes/", work.note, name="notes"),
    path("leads/<int:pk>/take-back/", work.take_back, name="take-back"),
    path("leads/<int:pk>/opt-out/", work.opt_out, name="opt-out"),
    path("leads/<int:pk>/assign/", work.assign, name="assign"),
    path("leads/<int:pk>/give-back/", work.give_back, name="give-back"),
    path("leads/<int:pk>/exceptions/", work.ask_exception, name="exceptions"),
    path("team/", team.team, name="team"),
    path("team/words/", team.words, name="team-words"),
    path("team/exceptions/", team.exception_answers, name="team-exceptions"),
    path("team/<int:pk>/away/", leaving.away, name="team-away"),
    path("team/<int:pk>/leave/", leaving.leave, name="team-leave"),
    path("undo/<str:token>/", undo.undo, name="undo"),
]
