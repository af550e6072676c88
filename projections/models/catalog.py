"""The read models that there are. A new one is a file and a line here."""

from typing import Final

from projections.models.boards import BOARDS_MODEL
from projections.models.contests import CONTESTS_MODEL
from projections.models.executors import EXECUTORS_MODEL
from projections.models.model import Model
from projections.models.problem_statistics import PROBLEM_STATISTICS_MODEL
from projections.models.problems import PROBLEMS_MODEL
from projections.models.rejudgings import REJUDGINGS_MODEL
from projections.models.submission import SUBMISSION_MODEL
from projections.models.submission_lists import (
    CONTEST_SUBMISSIONS_MODEL,
    PROBLEM_SUBMISSIONS_MODEL,
    USER_SUBMISSIONS_MODEL,
)
from projections.models.user_statistics import USER_STATISTICS_MODEL

MODELS: Final[tuple[Model, ...]] = (
    SUBMISSION_MODEL,
    USER_SUBMISSIONS_MODEL,
    PROBLEM_SUBMISSIONS_MODEL,
    CONTEST_SUBMISSIONS_MODEL,
    PROBLEMS_MODEL,
    CONTESTS_MODEL,
    EXECUTORS_MODEL,
    BOARDS_MODEL,
    PROBLEM_STATISTICS_MODEL,
    USER_STATISTICS_MODEL,
    REJUDGINGS_MODEL,
)

MODEL_BY_NAME: Final[dict[str, Model]] = {model.name: model for model in MODELS}
