"""The WSGI entry point: `granian --interface wsgi wsgi:app`."""

from factcheck import create_app, logs
from factcheck.config import Settings

settings = Settings.from_environ()
logs.configure(settings)
app = create_app(settings)
