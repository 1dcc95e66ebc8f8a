"""Clients from npm, in tests/acceptance. They run where Node is and `npm ci` was done there; CI does both."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from live import serving
from newsroom import Newsroom

FOLDER = Path(__file__).parent / "acceptance"


@pytest.fixture
def address(app: Flask, newsroom: Newsroom) -> Iterator[str]:
    for i in range(5):
        newsroom.claim(f"crane-{i}", f'The crane said "no" & <b>{i}</b>.')
        newsroom.post(
            "/v1/reviews",
            {
                "claim": f"crane-{i}",
                "author": {"name": "Herald"},
                "published_on": "2026-05-20",
                "rating": {"name": "False"},
            },
        )
    with serving(app) as address:
        yield address


def run(script: str, *arguments: str) -> Any:
    """Run a script of the folder and return the JSON that it prints."""
    node = shutil.which("node")
    if not node or not (FOLDER / "node_modules").is_dir():
        pytest.skip("needs Node, and `npm ci` in tests/acceptance")
    done = subprocess.run([node, script, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_googles_client_for_node(address: str, newsroom: Newsroom) -> None:
    found = run("google.mjs", address, newsroom.keys["editor"])
    assert sorted(found) == [f'The crane said "no" & <b>{i}</b>.' for i in range(5)]


def test_unfurl_discovers_the_embed(address: str) -> None:
    found = run("unfurl.mjs", f"{address}/claims/crane-1")
    assert found["oEmbed"]["type"] == "rich"
    assert found["oEmbed"]["title"] == 'The crane said "no" & <b>1</b>.'
    assert f'<iframe src="{address}/embed/claims/crane-1"' in found["oEmbed"]["html"]
