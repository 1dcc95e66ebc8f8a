"""The WSGI entry point: `granian --interface wsgi wsgi:app`."""

import gc

# All that is made here stays. To look through it for garbage again and again takes a tenth of the start,
# and once frozen, of every later look.
gc.disable()

from factcheck import create_app, logs  # noqa: E402
from factcheck.config import Settings  # noqa: E402

settings = Settings.from_environ()
logs.configure(settings)
app = create_app(settings)

gc.freeze()
gc.enable()
