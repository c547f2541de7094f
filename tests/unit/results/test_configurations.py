"""Which constructs two versions write otherwise."""

from benchmarks.configurations import differences


def test_constructs_are_grouped_by_the_keys_that_differ() -> None:
    before = {
        "dense": {"model": {"layers": [{"units": 4}]}},
        "flip": {"model": {"layers": [{"mode": "both"}]}},
        "turn": {"model": {"layers": [{"mode": "both"}]}},
        "late": None,
        "never": None,
        "old": {"model": {}},
    }
    after = {
        "dense": {"model": {"layers": [{"units": 4}]}},
        "flip": {"model": {"layers": [{"mode": "both", "data_format": None}]}},
        "turn": {"model": {"layers": [{"mode": "both", "data_format": "last"}]}},
        "late": {"model": {}},
        "never": None,
        "old": None,
    }
    assert differences(before, after) == {
        "data_format": ["flip", "turn"],
        "only in the newer": ["late"],
        "only in the older": ["old"],
    }


def test_another_order_is_a_difference() -> None:
    one = {"m": {"layers": [{"name": "a"}, {"name": "b"}]}}
    two = {"m": {"layers": [{"name": "b"}, {"name": "a"}]}}
    assert differences(one, two) == {"order": ["m"]}
