"""Why something cannot be: for the person who asked, and for programs. Raised by every process; shown where the hand was."""


class Refused(Exception):
    """It cannot be, and why. `code` is for programs; the words are for the person who asked."""

    def __init__(self, words: str, code: str = "refused"):
        super().__init__(words)
        self.words, self.code = words, code


class Stale(Refused):
    """The lead moved on between looking and asking."""

    def __init__(self, words: str):
        super().__init__(words, "stale")


class Forbidden(Refused):
    """This person may not do this to this lead."""

    def __init__(self, words: str):
        super().__init__(words, "forbidden")
