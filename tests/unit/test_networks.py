"""The table of networks says what was measured."""

from benchmarks.networks import table

ROW = {
    "family": "VGG16", "saver": "2.10", "format": "h5", "fine": True, "megabytes": 10.04, "converted": 11.0, "seconds": 61,
    "outputs": 1.3e-6, "optimizer": "pass", "steps": 2, "training": "lost", "loss": 2.0, "off": 0.5, "off_unfused": 0.0002,
    "spread": 0.004,
}  # fmt: skip


def test_a_line_for_each_conversion_with_losses_as_shares() -> None:
    lines = list(table([ROW, {**ROW, "optimizer": "n/a", "fine": False}]))
    assert lines[2] == "| VGG16 | 2.10 | h5 | 10.0 | 11.0 | 61 | 1e-06 | kept | 1e-04 (moves by 2e-03) | yes |"
    assert "| n/a |" in lines[3]
    assert lines[3].endswith("| **no** |")
    assert {line.count("|") for line in lines} == {11}
