"""Every report says what it says as JSON and in words, and refuses what is not there."""

from __future__ import annotations

import json

import pytest

import locales
from reports.__main__ import REPORTS, main


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.usefixtures("home")
def test_a_report_of_the_demonstration_is_json_for_scripts(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--campaign", "demo-puits", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"]


@pytest.mark.parametrize("language", locales.LANGUAGES)
@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.usefixtures("home")
def test_a_report_is_said_in_the_language_of_the_system(
    name: str,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", language)
    assert main([name, "--campaign", "demo-puits"]) == 0
    assert capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    helped = " ".join(capsys.readouterr().out.split())
    assert locales.text(language, f"command.{name}") in helped


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.usefixtures("home")
def test_a_report_of_an_unknown_campaign_is_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--campaign", "nulle-part"]) == 2
    assert capsys.readouterr().err
