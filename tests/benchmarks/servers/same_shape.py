"""The same threads and queues as msgproxy's, in C: compiled, and run with the same scheduling.

It shows what the shape itself costs, and what of msgproxy's time is Python's.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from msgproxy.cli.process import take_turns_on_one_core

SOURCE = Path(__file__).with_suffix(".c")

compiler = shutil.which("cc") or sys.exit("no C compiler: there is no program named cc")
with tempfile.TemporaryDirectory() as folder:
    program = Path(folder) / "same_shape"
    subprocess.run([compiler, "-O2", "-pthread", "-o", program, SOURCE], check=True)
    file = os.open(program, os.O_RDONLY)
# The process becomes that program, and so it keeps the scheduling; its file is gone already.
take_turns_on_one_core()
os.execve(file, ["same_shape"], os.environ)
