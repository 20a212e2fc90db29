"""What every page is made of: nothing from elsewhere, nothing inline, every form with the token of its session."""

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from etl.web import render

TEMPLATES = sorted((render.FOLDER / "templates").rglob("*.html"))
VENDORED = render.STATIC / "vendor"


def test_what_others_wrote_is_what_they_published() -> None:
    told = yaml.safe_load((VENDORED / "vendored.yml").read_text("utf-8"))
    for name, one in told.items():
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == one["sha256"], name
        assert one["version"] in (VENDORED / name).read_text("utf-8")
        assert "Permission to use, copy, modify" in (VENDORED / one["licence_text"]).read_text("utf-8")
    licences = {one["licence_text"] for one in told.values()}
    assert {path.name for path in VENDORED.iterdir()} == {"vendored.yml", *told, *licences}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_that_a_browser_would_refuse(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)|hx-on|hx-confirm|js:", text)
    assert not re.search(r"https?://", text)  # nothing comes from another host
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_path_of_a_template_is_ours_wherever_the_pages_lie(path: Path) -> None:
    text = path.read_text("utf-8")
    paths = re.findall(r'\s(?:href|src|action|hx-get|hx-post|hx-put|hx-delete)="([^"]*)"', text)
    assert [p for p in paths if not re.match(r"\{\{ (base \}\}|static\()|#|\?", p)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(path: Path) -> None:
    for form in re.findall(r"<form[^>]*>.*?</form>", path.read_text("utf-8"), re.S):
        if 'method="post"' in form:
            assert "csrf_field()" in form or 'name="csrf"' in form


def test_no_style_or_script_of_ours_asks_another_host() -> None:
    for path in render.STATIC.glob("*.*"):
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|url\(|@import|eval\(|innerHTML", text), path.name
