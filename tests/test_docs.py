"""The documentation says what the code does, and its examples run."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from werkzeug.serving import make_server

import factcheck
from factcheck.cli import cli
from newsroom import Newsroom

ROOT = Path(factcheck.__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_setting_is_documented() -> None:
    used = set(re.findall(r"FACTCHECK_[A-Z_]+[A-Z]", (ROOT / "factcheck/config.py").read_text()))
    documented = set(re.findall(r"FACTCHECK_[A-Z_]+[A-Z]", README))
    assert used == documented


def test_every_command_is_documented() -> None:
    def names(group: click.Group, prefix: str) -> Iterator[str]:
        for name, command in group.commands.items():
            yield from (
                names(command, f"{prefix} {name}")
                if isinstance(command, click.Group)
                else [f"{prefix} {name}"]
            )

    cli.list_commands(click.Context(cli))
    for name in names(cli, "factcheck"):
        assert f"`{name}" in README, name


def test_every_resource_is_documented(app: Flask) -> None:
    resources = {rule.rule.split("/")[2] for rule in app.url_map.iter_rules() if rule.rule.startswith("/v1/")}
    for resource in resources:
        assert f"/v1/{resource}" in README, resource


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_every_problem_is_documented() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "factcheck").rglob("*.py"))
    named = set(re.findall(r'Problem\(\s*\d{3},\s*"([a-z-]+)"', code))
    documented = (ROOT / "docs/api.md").read_text()
    general = {"media-type", "too-large", "internal"}
    for name in named - general:
        assert f"`{name}`" in documented, name


@pytest.fixture
def address(seeded: Newsroom) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, seeded.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_lines_of_the_readme_work_pasted_in_order(address: str, seeded: Newsroom) -> None:
    [block] = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    script = block.replace("KEY=fck_…", f"KEY={seeded.keys['editor']}").replace(
        "http://127.0.0.1:8000", address
    )
    done = subprocess.run(["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    answers = [json.loads(line) for line in re.split(r"(?<=\})(?=\{\")", done.stdout)]
    view, first, second, flags, decision, entity, hits = answers
    assert view["supports"]["count"] == 1
    assert first["contradictions"] == []
    assert second["contradictions"][0]["explanation"].startswith("Dana Ruiz (harbour master) disputes")
    assert flags["items"][0]["id"] == decision["id"]
    assert decision["status"] == "confirmed"
    assert entity["job_title"] == "harbour master"
    assert len(hits["items"]) == 3


def test_the_library_example_says_what_it_says() -> None:
    [block] = re.findall(r"```python\n(.*?)```", README, re.S)
    lines = block.replace("\n# ", "  # ").splitlines()
    names: dict[str, object] = {}
    exec(lines[0], names)
    examples = [line.split("  # ") for line in lines[1:] if line]
    assert len(examples) == 4
    for code, answer in examples:
        assert eval(code, names) == eval(answer), code
