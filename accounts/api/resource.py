"""What every address of the API is made of: who may, what may be said, what is answered, once."""

from rest_framework.exceptions import APIException, MethodNotAllowed, NotFound, PermissionDenied
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.doors import at_of
from accounts.api.once import before, once
from accounts.api.paging import page
from accounts.api.problems import Problem, Unreadable
from accounts.models import Role
from accounts.permissions import SCOPES, Scope, allowed

BIGGEST = 2**63 - 1


class Resource(APIView):
    """One noun. A method that is not in `rights` does not exist; one whose row of the table reaches nothing is refused.

    `rights` names for each method a row of the table of rights; '' is for everybody who came in. `says` lists the fields of a body,
    `asks` of a query, `gives` of an answer.
    """

    http_method_names = ["get", "post"]
    tag = ""
    rights: dict[str, str] = {}
    says: dict[str, type] = {}
    asks: dict[str, type] = {}
    gives: dict[str, type] = {}

    @property
    def allowed_methods(self):
        return list(self.rights)

    def initial(self, request, *args, **kwargs):
        """Ask who it is, whether that method is there, and then whether they may: before anything else is read."""
        super().initial(request, *args, **kwargs)
        if not request.user.is_authenticated:
            self.permission_denied(request)
        self.user, self.at = request.user, at_of(request)
        for number in kwargs.values():
            if isinstance(number, int) and number > BIGGEST:
                raise NotFound
        if request.method in self.rights:
            self.let_in(request, **kwargs)
        elif request.method.lower() in self.http_method_names:
            raise MethodNotAllowed(request.method)

    def let_in(self, request, **kwargs) -> None:
        """Ask whether they may, unless they were answered before; also when that happened just now, in another request."""
        self.answered = before(request) if request.method == "POST" else None
        if self.answered is None:
            try:
                self.enter(request.method, **kwargs)
            except APIException:
                self.answered = before(request) if request.method == "POST" else None
                if self.answered is None:
                    raise

    def enter(self, method: str, **kwargs) -> None:
        """Refuse whoever may not. A resource that is about one row finds it here first: out of sight is 404, not 403."""
        row = self.rights[method]
        if row and not self.reaches(row):
            raise Forbidden(self.why(row))

    def reaches(self, row: str) -> Scope:
        """Say how far the right of whoever asks goes; reading one's own receipts is not reading leads."""
        return allowed(self.user, row) & ~(Scope.RECEIPTS | Scope.NUMBERS)

    def why(self, row: str) -> str:
        if self.is_client and row in SCOPES:
            return f"The key has no scope {SCOPES[row]}."
        return "An API client may not do this." if self.is_client else "This is not yours to see or do."

    @property
    def is_client(self) -> bool:
        return self.user.role == Role.API

    @classmethod
    def scope(cls, method: str) -> str:
        """Name the scope that a key needs for a method, '' where no key opens it."""
        return SCOPES.get(cls.rights.get(method, ""), "")

    @classmethod
    def statuses(cls, method: str) -> tuple[int, ...]:
        return (201,) if method == "POST" else (200,)

    def asked(self) -> dict:
        """Return what the query says. Raises Unreadable for what it may not say."""
        given = {name: values[-1] for name, values in self.request.query_params.lists()}
        form = self.asks[self.request.method](data=given)
        if not form.is_valid():
            raise Unreadable(form.errors)
        return form.validated_data

    def said(self) -> dict:
        """Return what the body says."""
        form = self.says[self.request.method](data=self.request.data)
        form.is_valid(raise_exception=True)
        return form.validated_data

    def listed(self, rows, give, *, newest_first: bool = True, said: dict | None = None) -> Response:
        """Answer one page of rows."""
        found, cursor = page(rows, self.asked() if said is None else said, newest_first=newest_first)
        return Response({"items": [give(row) for row in found], "next_cursor": cursor})

    def act(self, effect) -> Response:
        """Let `effect(said)` happen once, and answer what it returns; an answer of its own status comes as (status, answer)."""
        if self.answered is not None:
            return _answer(*self.answered, again=True)
        said = self.said()

        def run() -> tuple[int, dict]:
            done = effect(said)
            return done if isinstance(done, tuple) else (self.statuses("POST")[0], done)

        return _answer(*once(self.request, self.at, run))

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def _answer(status: int, answer: dict, again: bool) -> Response:
    return Response(answer, status=status, headers={"Idempotency-Replayed": "true"} if again else None)


class Forbidden(PermissionDenied):
    default_code = "forbidden"


class Nowhere(Resource):
    """An address that is none: said so in the form of all other problems."""

    schema = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        raise Problem(404, "not_found", "There is no such address. /api/schema/ lists those that are.")
