"""What the import of Brevitas leaves out."""

import subprocess
import sys

PROGRAM = """
import sys, warnings
warnings.simplefilter("error")
import qtrain.layers, torch
from qtrain.layers.quiet_brevitas import qnn
import brevitas
assert brevitas.is_dynamo_compiling is torch.compiler.is_compiling
assert "torch._dynamo" not in sys.modules and "_dynamo" not in vars(torch)
"""


def test_torch_s_compiler_is_not_loaded_and_can_be():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
