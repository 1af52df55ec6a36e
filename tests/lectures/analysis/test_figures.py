from __future__ import annotations

import pytest

from app.lectures.analysis.figures import contradicts

RANGES = ["The Tidal Range", "Mediterranean Sea 0.3 m", "Open ocean 0.6m", "Bay of Fundy 16 m"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("In the Bay of Fundy it can reach 60 meters.", RANGES),
        ("It can reach sixty metres.", RANGES),  # sounds like sixteen
        ("The other one reaches sixteen metres.", ["The largest: sixty meters"]),
        ("The bay sways in about 30 hours.", ["Bay of Fundy: about 13 hours, tide: 12.4 hours"]),
        ("The open ocean rises by 5 meters.", RANGES),
        ("The trial had 2 million patients.", ["5 million patients in the trial"]),
        ("Over 40% of the cells survive.", ["cells that survive: 70 percent"]),
    ],
)
def test_a_figure_that_the_slide_gives_otherwise(said: str, shown: list[str]) -> None:
    assert contradicts(said, shown)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("In the Bay of Fundy it can reach 16 meters.", RANGES),
        ("In the Bay of Fundy it can reach sixteen meters.", RANGES),
        ("Stand 100 meters away from the harbour.", RANGES),  # of something else
        ("In the Bay of Fundy it takes 60 minutes.", RANGES),  # another unit
        ("The Mediterranean Sea has 30 centimeters.", RANGES),  # the same in another unit
        ("The moon moves away by nearly 4 cm a year.", ["the moon moves away: 3.8 cm"]),  # rounded
        ("The tide comes every twelve hours.", ["high tide: every 12 h 25 min", "tide a day: 24 h"]),
        ("The open ocean has 5 meters here and 7 meters there.", RANGES),  # several are compared
        ("The bay has 2-3 meters at 10:30 hours.", RANGES),  # no figures of their own
        ("The sixth tenant has seventh rights.", ["The other tenant has sixty rights, 20 ants"]),
        ("It can reach sixty metres.", []),
        ("In Python 3 the 3rd bucket grows.", ["the 5th bucket in Python 2 grows"]),
    ],
)
def test_figures_that_are_believed(said: str, shown: list[str]) -> None:
    assert not contradicts(said, shown)
