"""The staff: operators appoint them by a command, and what only staff may read opens and closes with it."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from storage.secrets import Seal
from storage.staff import list_staff, set_staff
from tests.cast import NOON
from tests.conftest import Stoa, Template
from web.command import main


async def test_being_staff_opens_the_queue_at_once_and_ends_at_once(stoa: Stoa, seal: Seal) -> None:
    browser, email = await stoa.browser("lin"), stoa.world["lin"].email
    statuses = []
    for is_staff in (False, True, False):
        assert await set_staff(stoa.database, seal, email, NOON, is_staff=is_staff)
        statuses.append((await browser.get("/queue")).status_code)
    assert statuses == [404, 200, 404]


async def test_who_is_not_there_is_not_appointed(stoa: Stoa, seal: Seal) -> None:
    before = await list_staff(stoa.database, seal)
    assert not await set_staff(stoa.database, seal, "nobody@example.org", NOON, is_staff=True)
    assert await list_staff(stoa.database, seal) == before


def test_the_command_lists_appoints_and_dismisses(cast_template: Template, tmp_path: Path) -> None:
    shutil.copy(cast_template.path, tmp_path / "stoa.db")
    shutil.copy(cast_template.home / "secrets.json", tmp_path / "secrets.json")

    def run(*words: str) -> tuple[int, str]:
        ran = CliRunner().invoke(main, ["staff", *words], env={"STOA_HOME": str(tmp_path)})
        return ran.exit_code, ran.output

    before = run()
    assert before[0] == 0
    assert "lin@example.org" not in before[1]
    assert run("Lin@Example.org ")[0] == 0
    assert "lin@example.org" in run()[1]
    assert run("lin@example.org", "--remove")[0] == 0
    assert run() == before
    assert run("nobody@example.org") == (1, "No member has the address nobody@example.org.\n")
