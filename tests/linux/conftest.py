"""Tests of what only Linux has: displays, packages of the system, scripts with a first line."""

import sys

collect_ignore_glob = [] if sys.platform.startswith("linux") else ["test_*.py"]
