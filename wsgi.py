"""The WSGI entry point: `granian --interface wsgi wsgi:app`."""

import gc
import sys

# All that is made here stays. To look through it for garbage again and again takes a tenth of the start,
# and once frozen, of every later look.
gc.disable()

from factcheck import create_app, logs  # noqa: E402
from factcheck.config import Settings  # noqa: E402
from factcheck.db import is_sqlite  # noqa: E402

settings = Settings.from_environ()
logs.configure(settings)
app = create_app(settings)

if is_sqlite(settings.database_url):
    # One request computes at a time. Who comes back from the disk with what many wait for, and the helper
    # that reads beside the rules, get the interpreter after a millisecond instead of five.
    sys.setswitchinterval(0.001)
gc.freeze()
gc.enable()
