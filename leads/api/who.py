"""Who a lead is, put right; a kept one taken up again on its day (LIFE-8)."""

from accounts.api.fields import Said, Word
from accounts.models import Door
from leads import contacts, recycling
from leads.api.frame import Act, Deed, stands
from leads.models import Lead


class ContactFields(Said):
    """The fields of who somebody is."""


class ContactEdit(ContactFields):
    """The fields as they should be; one that is not said stays."""

    was = ContactFields(
        required=False, help_text="As they were seen: what somebody changed meanwhile is refused (409)."
    )


for _name in contacts.FIELDS:
    _field = Word(max_length=Lead._meta.get_field(_name).max_length)
    ContactFields._declared_fields[_name] = ContactEdit._declared_fields[_name] = _field


class Contact(Deed):
    """Who a lead is."""

    action, for_people, says = "edit_contact", True, {"POST": ContactEdit}

    def post(self, request, pk):
        """Put right who a lead is; the record names the fields that changed."""
        return super().post(request, pk)

    def do(self, said):
        said = dict(said)
        was = said.pop("was", {})
        contacts.edit(self.lead, said, was=was, by=self.user, at=self.at, door=Door.API)
        self.lead.refresh_from_db()
        return stands(self.lead)


class Starts(Deed):
    """A kept lead taken up again."""

    action, for_people, says = "keep", True, {"POST": Act}

    def post(self, request, pk):
        """Take up a lead that you kept, once its day has come: the next round begins (LIFE-8)."""
        return super().post(request, pk)

    def do(self, said):
        seen = self.seen(said)[0]
        return self.done(recycling.take_up(self.lead, seen, by=self.user, at=self.at, door=Door.API))
