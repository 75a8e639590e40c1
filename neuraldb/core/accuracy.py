"""How exact semantic filters have to be: what ``SET neuraldb.accuracy`` and its like ask for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from neuraldb.core.errors import DataError, ProgrammingError
from neuraldb.core.text import nearest

FAILURE = 0.05
"""The chance that a target is missed, where nobody says."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the rows that a cascade keeps must be, measured against reading every row.

    Attributes:
        recall: the share that must be kept of the rows that the reader would keep, in (0, 1].
        precision: the share of the kept rows that the reader would keep, in (0, 1].
        failure: how likely at most either is missed, over the draws of the sample, in (0, 1).
        seed: from which the draws follow.
    """

    recall: float
    precision: float
    failure: float = FAILURE
    seed: int = 0

    def __str__(self) -> str:
        return f"recall {self.recall:g}, precision {self.precision:g}, failure {self.failure:g}"

    @property
    def exact(self) -> bool:
        """Whether nothing may be missed or be wrong, so that all must be read."""
        return self.recall >= 1 and self.precision >= 1


EXACT = Targets(1.0, 1.0)
"""All is read."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a cascade found, and how sure that is.

    Attributes:
        filter: the filter, as EXPLAIN shows it.
        targets: what was asked for.
        rows: rows that were kept.
        read, texts: how many distinct texts (in a join, pairs) the reader was shown, of how many.
        recall, precision: as estimated from the sample; 1 where all was read.
        least_recall, least_precision: what they are at least, but for the chance ``targets.failure``.
    """

    filter: str
    targets: Targets
    rows: int
    read: int
    texts: int
    recall: float = 1.0
    precision: float = 1.0
    least_recall: float = 1.0
    least_precision: float = 1.0

    @property
    def exact(self) -> bool:
        """Whether all was read, so that the rows are those of the filter itself."""
        return self.read == self.texts

    def __str__(self) -> str:
        if self.exact:
            return f"{self.filter}: all {self.texts:,} texts were read, so the rows are exact"
        return (
            f"{self.filter}: {self.read:,} of {self.texts:,} texts were read; "
            f"recall is about {self.recall:.3f}, precision about {self.precision:.3f}; "
            f"at least {self.least_recall:.3f} and {self.least_precision:.3f} "
            f"with a chance of {1 - self.targets.failure:g}"
        )


SETTINGS = {
    "accuracy": "recall and precision of semantic filters against reading every row, in (0, 1]",
    "recall": "the share that is kept of the rows that the reader would keep, in (0, 1]",
    "precision": "the share of the kept rows that the reader would keep, in (0, 1]",
    "failure_probability": "how likely a target may be missed, in (0, 1)",
    "sample_seed": "from which the draws of samples follow, a whole number from 0 on",
}
"""The settings of SQL under ``neuraldb``, and what each is."""


@dataclass
class Accuracy:
    """What is set for the statements that follow; where nothing is, every row is read."""

    chosen: dict[str, float] = field(default_factory=dict)

    @property
    def targets(self) -> Targets | None:
        """What must hold of semantic filters; None where they are exact."""
        if not {"recall", "precision"} & set(self.chosen):
            return None
        return Targets(
            self.chosen.get("recall", 1.0),
            self.chosen.get("precision", 1.0),
            self.chosen.get("failure_probability", FAILURE),
            int(self.chosen.get("sample_seed", 0)),
        )

    def set(self, name: str, value: object) -> None:
        """Set one of :data:`SETTINGS`; None sets it back.

        Raises:
            ProgrammingError: there is no such setting.
            DataError: the value is not of its kind or out of range.
        """
        check_name(name)
        names = ("recall", "precision") if name == "accuracy" else (name,)
        for each in names:
            if value is None:
                self.chosen.pop(each, None)
            else:
                self.chosen[each] = _checked(name, value)

    def get(self, name: str) -> float | None:
        """The value of a setting; None for a share that is not set, or not the same for recall and precision.

        Raises:
            ProgrammingError: there is no such setting.
        """
        check_name(name)
        if name != "accuracy":
            return self.chosen.get(name, {"failure_probability": FAILURE, "sample_seed": 0.0}.get(name))
        recall, precision = self.chosen.get("recall"), self.chosen.get("precision")
        return recall if recall == precision else None


def check_name(name: str) -> None:
    """Refuse what is none of :data:`SETTINGS`.

    Raises:
        ProgrammingError: it is not.
    """
    if name not in SETTINGS:
        raise ProgrammingError(
            f"there is no setting neuraldb.{name}",
            candidates=tuple(f"neuraldb.{each}" for each in nearest(name, SETTINGS)),
            hint="SHOW neuraldb.settings lists them",
        )


def _checked(name: str, value: object) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"neuraldb.{name} is a number", hint=SETTINGS[name])
    number = float(value)
    above = number > 0 and (number < 1 if name == "failure_probability" else number <= 1)
    if not (number >= 0 and number.is_integer() if name == "sample_seed" else above):
        raise DataError(f"neuraldb.{name} cannot be {number:g}", hint=SETTINGS[name])
    return number
