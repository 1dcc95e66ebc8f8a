"""A server on loopback, for clients that others wrote."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the application on a free port and give its address, which becomes its public one."""
    server = make_server(host, 0, app, threaded=True)
    address = f"http://{host}:{server.port}"
    object.__setattr__(app.extensions["factcheck.settings"], "public_url", address)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
