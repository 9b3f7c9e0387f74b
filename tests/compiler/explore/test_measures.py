"""Goals as text, and the front by its definition."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.explore.measures import MEASURES, Goal, best, front, goal
from hw_models.errors import InputError

# Few values, so that ties are frequent.
VALUES = st.fixed_dictionaries({name: st.integers(0, 3).map(float) for name in MEASURES})
CHOSEN = st.lists(st.sampled_from(list(MEASURES)), min_size=1, unique=True)


def better(name: str, one: float, other: float) -> bool:
    return one > other if name == "accuracy" else one < other


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=12), CHOSEN)
def test_the_front_is_what_nothing_beats(found, measures):
    def beaten(one, other):
        return any(better(n, other[n], one[n]) for n in measures) and not any(
            better(n, one[n], other[n]) for n in measures
        )

    expected = [
        place for place, one in enumerate(found) if not any(beaten(one, other) for other in found)
    ]
    assert front(found, measures) == expected


def test_no_build_has_an_empty_front():
    assert front([], ["luts"]) == []


@settings(max_examples=30)
@given(st.lists(VALUES, min_size=1, max_size=12), st.sampled_from(list(MEASURES)))
def test_the_best_build_is_on_the_front(found, objective):
    place = best(found, objective)
    assert not any(better(objective, x[objective], found[place][objective]) for x in found)
    assert place in front(found, list(MEASURES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accuracy>=97%", Goal("accuracy", 0.97)),
        (" accuracy >= 0.97 ", Goal("accuracy", 0.97)),
        ("cycles<=2000", Goal("cycles", 2000)),
        ("energy_nj<=.5", Goal("energy_nj", 0.5)),
        ("brams<=0", Goal("brams", 0)),
    ],
)
def test_a_goal_is_read(text, expected):
    assert goal(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "cycles", "cycles<2000", "cycles=2000", "cycles>=2000", "accuracy<=0.9", "speed<=3",
     "cycles<=", "cycles<=-3", "cycles<=2000 luts<=3", "cycles<=2e3"],
)  # fmt: skip
def test_what_is_no_goal_is_refused_with_what_is_one(text):
    with pytest.raises(InputError) as error:
        goal(text)
    assert repr(text) in str(error.value) and "accuracy>=NUMBER, cycles<=NUMBER" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("value", "met"), [(1999.0, True), (2000.0, True), (2000.5, False)])
def test_a_goal_is_met_up_to_its_bound(value, met):
    assert goal("cycles<=2000").met({"cycles": value}) is met
    assert goal("accuracy>=0.5").met({"accuracy": 1 - value / 4000}) is met
