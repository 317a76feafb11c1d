"""What becomes of a row that points at a lead, an account or a person when those are merged, handed on or erased.

Every model with such a foreign key declares one Fate for each in its `fates`; `tests/test_architecture.py` fails when one is missing.
Merging, change of owner and erasure read these declarations instead of keeping lists of their own.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fate:
    """The three answers of one relation.

    merge: `move` the row goes to the winner, `stay` it is read through the lineage.
    leave: `hand_on` it goes to the next owner, `stay` it remains as it was.
    erase: `keep` it holds no personal text, `blank` its personal columns are emptied, `drop` the row goes.
    """

    merge: Literal["move", "stay"] = "stay"
    leave: Literal["hand_on", "stay"] = "stay"
    erase: Literal["keep", "blank", "drop"] = "keep"


RECORD = Fate()
OPEN_WORK = Fate(merge="move", leave="hand_on", erase="keep")
PERSONAL = Fate(merge="move", leave="stay", erase="blank")
