"""Addresses of leads in the API, below /api/v1/."""

from django.urls import path

from leads.api import acts, cards, companies, hands, imports, leaving, lists, many, people, search, team, who

urlpatterns = [
    path("leads/", lists.Leads.as_view(), name="api-leads"),
    path("leads/<int:pk>/", lists.OneLead.as_view(), name="api-lead"),
    path("leads/<int:pk>/events/", lists.Events.as_view(), name="api-lead-events"),
    path("leads/<int:pk>/touches/", acts.Touches.as_view(), name="api-lead-touches"),
    path(
        "leads/<int:pk>/touches/<int:touch>/withdrawals/", acts.TouchWithdrawals.as_view(), name="api-touch-withdrawals"
    ),
    path("leads/<int:pk>/notes/", acts.Notes.as_view(), name="api-lead-notes"),
    path("leads/<int:pk>/tasks/", acts.Tasks.as_view(), name="api-lead-tasks"),
    path("leads/<int:pk>/qualifications/", cards.Qualifications.as_view(), name="api-lead-qualifications"),
    path("leads/<int:pk>/product-returns/", cards.ProductReturns.as_view(), name="api-lead-product-returns"),
    path("leads/<int:pk>/dispositions/", acts.Dispositions.as_view(), name="api-lead-dispositions"),
    path(
        "leads/<int:pk>/disposition-answers/", hands.DispositionAnswers.as_view(), name="api-lead-disposition-answers"
    ),
    path("leads/<int:pk>/take-backs/", acts.TakeBacks.as_view(), name="api-lead-take-backs"),
    path("leads/<int:pk>/assignments/", hands.Assignments.as_view(), name="api-lead-assignments"),
    path("leads/<int:pk>/returns/", hands.Returns.as_view(), name="api-lead-returns"),
    path("leads/<int:pk>/opt-outs/", hands.LeadOptOuts.as_view(), name="api-lead-opt-outs"),
    path("leads/<int:pk>/opt-ins/", hands.OptIns.as_view(), name="api-lead-opt-ins"),
    path("leads/<int:pk>/exceptions/", hands.Exceptions.as_view(), name="api-lead-exceptions"),
    path("leads/<int:pk>/exception-answers/", hands.ExceptionAnswers.as_view(), name="api-lead-exception-answers"),
    path("leads/<int:pk>/erasures/", hands.Erasures.as_view(), name="api-lead-erasures"),
    path("leads/<int:pk>/contact/", who.Contact.as_view(), name="api-lead-contact"),
    path("leads/<int:pk>/starts/", who.Starts.as_view(), name="api-lead-starts"),
    path(
        "leads/<int:pk>/withdrawn-dispositions/",
        hands.WithdrawnDispositions.as_view(),
        name="api-lead-withdrawn-dispositions",
    ),
    path("changes/", many.Changes.as_view(), name="api-changes"),
    path("changes/previews/", many.Previews.as_view(), name="api-change-previews"),
    path("changes/<slug:change>/undos/", many.ChangeUndos.as_view(), name="api-change-undos"),
    path("imports/", imports.Imports.as_view(), name="api-imports"),
    path("imports/<int:pk>/", imports.OneImport.as_view(), name="api-import"),
    path("imports/<int:pk>/columns/", imports.ImportColumns.as_view(), name="api-import-columns"),
    path("imports/<int:pk>/runs/", imports.ImportRuns.as_view(), name="api-import-runs"),
    path("imports/<int:pk>/cancellations/", imports.ImportCancellations.as_view(), name="api-import-cancellations"),
    path("imports/<int:pk>/rejected/", imports.ImportRejected.as_view(), name="api-import-rejected"),
    path("imports/<int:pk>/undos/", imports.ImportUndos.as_view(), name="api-import-undos"),
    path("room/", team.Room.as_view(), name="api-room"),
    path("people/<str:username>/absences/", leaving.Absences.as_view(), name="api-absences"),
    path("people/<str:username>/absences/<int:pk>/endings/", leaving.AbsenceEnds.as_view(), name="api-absence-endings"),
    path("people/<str:username>/departures/", leaving.Departures.as_view(), name="api-departures"),
    path(
        "people/<str:username>/departures/<int:pk>/undos/", leaving.DepartureUndos.as_view(), name="api-departure-undos"
    ),
    path("releases/", team.Releases.as_view(), name="api-releases"),
    path("releases/<int:pk>/", team.OneRelease.as_view(), name="api-release"),
    path("search/", search.Search.as_view(), name="api-search"),
    path("hand-raises/", people.HandRaises.as_view(), name="api-hand-raises"),
    path("pulls/", lists.Pulls.as_view(), name="api-pulls"),
    path("signals/", people.Signals.as_view(), name="api-signals"),
    path("opt-outs/", people.OptOuts.as_view(), name="api-opt-outs"),
    path("tasks/", lists.OwnTasks.as_view(), name="api-tasks"),
    path("sources/", lists.Sources.as_view(), name="api-sources"),
    path("reasons/", lists.Reasons.as_view(), name="api-reasons"),
    path("programs/", lists.Programs.as_view(), name="api-programs"),
    path("accounts/", companies.Accounts.as_view(), name="api-accounts"),
    path("accounts/<int:pk>/", companies.OneAccount.as_view(), name="api-account"),
    path("audience/", lists.Audience.as_view(), name="api-audience"),
]
