"""Write the table of settings into README.md."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
# The table tells defaults, whatever the shell that makes it has set.
for name in [name for name in os.environ if name.startswith("MAIL_")]:
    del os.environ[name]

from mailplatform.settings.table import inserted  # noqa: E402

readme = ROOT / "README.md"
readme.write_text(inserted(readme.read_text()))
