"""What every start of a command costs is paid again and again: what nobody asked for is not loaded."""

from __future__ import annotations

import subprocess
import sys

LOADS = """
import sys
from tideover.__main__ import main
sys.argv = ["tideover", "--version"]
try:
    main()
except SystemExit:
    import tideover.app, tideover.web.server
    print(sorted({name.split(".")[0] for name in sys.modules} & {"rich", "pygments", "dns", "typst", "openpyxl", "pikepdf", "trytond"}))
"""


def test_a_box_loads_no_library_that_only_some_shops_need():
    """No colours for terminals, no press, no names of the internet, no other cloud: they come when they are asked for."""
    said = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    assert "[]" == said.stdout.splitlines()[-1]
