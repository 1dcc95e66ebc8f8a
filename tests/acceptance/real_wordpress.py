"""Debian's own WordPress embeds addresses of ours: run it where wordpress, php and mariadb are installed.

    apt-get install --no-install-recommends wordpress php-cli php-mysql mariadb-server
    .venv/bin/python tests/acceptance/real_wordpress.py

It takes half a minute, touches nothing outside a temporary folder, and also holds the copy of
WordPress's filter that the tests use (`tests/wordpress.py`) against the real one.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parent.parent)]

import wordpress  # noqa: E402
from conftest import settings_for  # noqa: E402
from factcheck import create_app, schema  # noqa: E402
from factcheck.auth import ApiKey, Role  # noqa: E402
from live import serving  # noqa: E402
from newsroom import Newsroom  # noqa: E402
from test_oembed import HOSTILE  # noqa: E402

TEXTS = ("Brandt moved the lever.", HOSTILE, "Sie sagte: »Nein«, 5 > 3 & 2 < 4", "x" * 2000)


@contextmanager
def mariadb(folder: Path) -> Iterator[Path]:
    """Start a database server in a folder and give its socket."""
    data, socket = folder / "data", folder / "my.sock"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}"], check=True, **quiet
    )
    server = subprocess.Popen(
        [
            "mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            f"--socket={socket}",
            "--skip-networking",
        ],
        **quiet,
    )
    try:
        for _ in range(100):
            made = subprocess.run(
                ["mariadb", "--no-defaults", f"--socket={socket}", "-e", "CREATE DATABASE wp"], **quiet
            )
            if made.returncode == 0:
                break
            time.sleep(0.2)
        yield socket
    finally:
        server.terminate()
        server.wait()


def php(socket: Path, port: str, *arguments: str) -> list[dict[str, str]]:
    """Run WordPress and return what it prints."""
    done = subprocess.run(
        ["php", str(FOLDER / "wordpress.php"), str(socket), port, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    """Store texts, let WordPress embed them, and compare."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        url = f"sqlite:///{folder}/factcheck.sqlite3"
        schema.upgrade(url)
        app = create_app(settings_for(url))
        with app.extensions["factcheck.database"].writing() as session:
            key = ApiKey.issue(session, name="editor", role=Role.editor)[1]
            session.commit()
        newsroom = Newsroom(app.test_client(), {"editor": key})
        with serving(app, "127.0.0.2") as address, mariadb(folder) as socket:
            port = address.rpartition(":")[2]
            paths = []
            for i, text in enumerate(TEXTS):
                newsroom.claim(f"claim-{i}", text)
                said = newsroom.statement(f"Ada {text[:100]}", text=text, supports=f"claim-{i}")
                paths += [f"/claims/claim-{i}", f"/statements/{said['id']}"]
            newsroom.statement("Karl Vogt", disputes="claim-1")
            paths += [f"/contradictions/{flag['id']}" for flag in newsroom.contradictions()]
            php(socket, port, "install")
            made = php(socket, port, *(address + path for path in paths))
            for path, found in zip(paths, made, strict=True):
                given = newsroom.get(f"/oembed?url={address}{path}&maxwidth=500&maxheight=750")["html"]
                secret = re.search('data-secret="([^"]+)"', found["oembed"] or "")
                assert secret, f"{path}: WordPress shows no embed: {found['oembed']}"
                expected = wordpress.filtered(given)
                real = found["oembed"].replace(secret[1], wordpress.SECRET).strip()
                assert real == expected, f"{path}\nreal:     {real}\nexpected: {expected}"
                assert f'src="{address}/embed{path}#?secret=' in found["post"], found["post"]
                assert "<script>alert" not in found["post"]
        app.extensions["factcheck.database"].dispose()
    print(f"WordPress embeds all of {len(paths)} claims, statements and contradictions, in posts too.")


if __name__ == "__main__":
    main()
