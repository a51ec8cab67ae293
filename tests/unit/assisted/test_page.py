"""The connector's page says what the code does."""

import re
from pathlib import Path

import msgspec

from tideover.connectors.assisted.columns import ColumnMap
from tideover.connectors.assisted.fields import FIELDS, FILE_NAMES
from tideover.connectors.assisted.row import COLUMNS_MAX
from tideover.connectors.assisted.table import FILE_BYTES_MAX, ROWS_MAX

PAGE = (Path(__file__).parents[3] / "docs/connectors/assisted.md").read_text(encoding="utf-8")


def test_every_field_stands_on_the_page():
    """Each kind of file has its row; required fields, and only they, are bold."""
    for kind, wanted in FIELDS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {kind} |"))
        for one in wanted:
            assert one.required == (f"**{one.name}**" in row), f"{kind}.{one.name}"
            assert re.search(rf"\b{one.name}\b", row), f"{kind}.{one.name}"


def test_every_kind_of_file_has_a_name():
    """The page names the file of each dataset."""
    for kind in FILE_NAMES:
        assert f"{kind}…" in PAGE


def test_example_of_a_column_map_is_read():
    """The example in the page is a valid columns.json."""
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    maps = msgspec.json.decode(example.group(1), type=dict[str, ColumnMap])
    assert {"vat_percent": "25.5"} == maps["items"].constants


def test_limits_stand_on_the_page():
    """Bytes, rows and columns as the code has them."""
    assert f"{FILE_BYTES_MAX // 2**20} MB, {ROWS_MAX:,} rows and {COLUMNS_MAX} columns" in PAGE
