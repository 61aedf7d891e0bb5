"""Words that forms suggest: what each vocabulary holds, whole and as a fragment, and the command that loads."""

import re
import sqlite3
import zoneinfo
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.reference import Vocabulary
from storage.reference import MOST_BYTES, Reading, replace_references
from tests.conftest import Stoa
from tests.counting import count_statements
from web.command import main
from web.suggestions import list_countries, list_languages, list_time_zones

PARTIAL = {"hx-request": "true", "hx-request-type": "partial", "hx-target": "#suggestions"}
LIGHT = 60_000
"""Bytes of an answer before it is compressed."""


def _options(html: str) -> list[str]:
    return [unescape(value) for value in re.findall(r'<option value="([^"]*)">', html)]


def _items(html: str) -> list[str]:
    return [unescape(value) for value in re.findall(r"<li><bdi>([^<]*)</bdi></li>", html)]


async def _load(stoa: Stoa) -> None:
    labels = {"1": "Éclair bakers", "2": "egg sorters", "3": "Fiddlers & <others>", "4": "egg sorters", "5": "Dyers"}
    await replace_references(stoa.database, [Reading(Vocabulary.OCCUPATIONS, labels)])


async def test_loaded_words_stand_on_the_page_and_in_its_fragment(stoa: Stoa) -> None:
    await _load(stoa)
    browser = await stoa.browser("tariq")
    whole = await browser.get("/suggestions/occupations")
    ordered = ["Dyers", "Éclair bakers", "egg sorters", "Fiddlers & <others>"]
    assert whole.status_code == 200
    assert _items(whole.text) == ordered
    assert "<option" not in whole.text
    assert "ESCO classification of the European Commission" in whole.text
    fragment = await browser.get("/suggestions/occupations", headers=PARTIAL)
    assert _options(fragment.text) == ordered
    assert re.sub(r"<option [^>]*>\s*", "", fragment.text).strip() == ""


async def test_what_nobody_loaded_is_empty(stoa: Stoa) -> None:
    browser = await stoa.browser("tariq")
    whole = await browser.get("/suggestions/industries")
    assert whole.status_code == 200
    assert "There are no words here yet" in whole.text
    assert (await browser.get("/suggestions/industries", headers=PARTIAL)).text.strip() == ""


@pytest.mark.parametrize("vocabulary", Vocabulary)
async def test_only_who_is_signed_in_may_ask(stoa: Stoa, vocabulary: Vocabulary) -> None:
    asked = await (await stoa.browser()).get(f"/suggestions/{vocabulary}")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/sign-in?next=/suggestions/{vocabulary}")
    assert (await (await stoa.browser("nina")).get(f"/suggestions/{vocabulary}")).status_code == 200


@pytest.mark.parametrize("name", ["no-such-words", "OCCUPATIONS", "occupations.json", "time_zones"])
async def test_other_words_are_missing(stoa: Stoa, name: str) -> None:
    assert (await (await stoa.browser("tariq")).get(f"/suggestions/{name}")).status_code == 404


async def test_every_answer_is_light_and_costs_one_statement_at_most(stoa: Stoa) -> None:
    label = "n" * 60
    full = {f"{number:04}": f"{number} {label}" for number in range(MOST_BYTES // 66)}
    await replace_references(stoa.database, [Reading(Vocabulary.OCCUPATIONS, full)])
    browser = await stoa.browser("tariq")
    sizes, statements = {}, {}
    for vocabulary in Vocabulary:
        path = f"/suggestions/{vocabulary}"
        sizes[vocabulary] = len((await browser.get(path, headers=PARTIAL)).content)
        statements[vocabulary] = await count_statements(browser, path)
    fullest = sizes.pop(Vocabulary.OCCUPATIONS)
    assert MOST_BYTES < fullest < 1.5 * MOST_BYTES
    assert max(sizes.values()) < LIGHT, sizes
    known = statements[Vocabulary.COUNTRIES]
    loaded = known + 1
    assert statements == {
        Vocabulary.OCCUPATIONS: loaded,
        Vocabulary.INDUSTRIES: loaded,
        Vocabulary.COUNTRIES: known,
        Vocabulary.LANGUAGES: known,
        Vocabulary.TIME_ZONES: known,
    }


def test_countries_are_those_of_the_standard_in_the_readers_language() -> None:
    countries = list_countries("en")
    assert len(countries) == 249 + 1, "ISO 3166 and Kosovo"
    assert {"Netherlands", "Kosovo", "Côte d’Ivoire", "Western Sahara"} <= set(countries)
    assert not {"European Union", "Unknown Region", "Eurozone", "world", "Canary Islands"} & set(countries)
    assert countries[:3] == ("Afghanistan", "Åland Islands", "Albania")
    assert "Niederlande" in list_countries("de")


def test_languages_are_languages() -> None:
    languages = list_languages("en")
    assert {"Dutch", "Arabic", "Japanese", "Sign"} - set(languages) == {"Sign"}
    assert not {"Unknown language", "Multiple languages", "No linguistic content", "British English"} & set(languages)
    assert len(languages) == len(set(languages)) > 500


def test_time_zones_can_be_used_as_they_are_written() -> None:
    zones = list_time_zones("en")
    assert {"UTC", "Europe/Amsterdam", "Asia/Kolkata", "America/Argentina/Ushuaia"} <= set(zones)
    assert not {"EST", "Etc/GMT+5", "localtime", "Factory", "US/Pacific"} & set(zones)
    assert all(zoneinfo.ZoneInfo(zone) for zone in zones)


def _run(home: Path, *files: Path) -> tuple[int, str]:
    ran = CliRunner().invoke(main, ["reference", *map(str, files)], env={"STOA_HOME": str(home)})
    return ran.exit_code, " ".join(ran.output.split())


def _labels(home: Path) -> list[str]:
    with sqlite3.connect(home / "stoa.db") as connection:
        found = [row[0] for row in connection.execute("SELECT label FROM reference_terms ORDER BY label")]
    connection.close()
    return found


def test_the_command_loads_says_what_and_refuses_without_a_change(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad[b].json"
    good.write_text("code,label\n1,Ringers\n2,\n")
    bad.write_text('{"sections": [{"section": 7}]}')
    home = tmp_path / "home"
    assert _run(home, good) == (0, "occupations: 1 terms; 1 without code or label were left out")
    assert _labels(home) == ["Ringers"]
    good.write_text("code,label\n1,Founders\n")
    code, output = _run(home, good, bad)
    assert (code, output) == (1, "bad[b].json, section 1: 'section' is no text")
    assert _labels(home) == ["Ringers"]
    assert _run(home, good)[0] == 0
    assert _labels(home) == ["Founders"]
