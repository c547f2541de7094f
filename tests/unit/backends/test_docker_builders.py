"""The log of a build."""

import pytest

from crossload.backends.docker.builders import BuildError, _follow


def test_pieces_of_a_line_are_one_line() -> None:
    written: list[str] = []
    pieces = ["Step 1/2 : FROM base\n", "Installed", " 1", " package", "\n", "\n", " in 1ms\n + six", "==1.16.0"]
    _follow(iter([{"stream": piece} for piece in pieces]), written.append)
    assert written == ["Step 1/2 : FROM base", "Installed 1 package", " in 1ms", " + six==1.16.0"]


def test_a_download_is_told_without_its_bars() -> None:
    written: list[str] = []
    events: list[dict[str, object]] = [
        {"status": "Pulling from library/python"},
        {"status": "Downloading", "progress": "[=> ]"},
        {"aux": {}},
    ]
    _follow(iter(events), written.append)
    assert written == ["Pulling from library/python"]


def test_an_error_comes_after_what_was_said_before_it() -> None:
    written: list[str] = []
    with pytest.raises(BuildError, match="returned a non-zero code"):
        _follow(iter([{"stream": "half a line"}, {"error": "step 3 returned a non-zero code: 2"}]), written.append)
    assert written == ["half a line", "step 3 returned a non-zero code: 2"]
