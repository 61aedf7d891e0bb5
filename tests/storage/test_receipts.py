"""Receipts of opting out: each says what real requests get, grows while the page stays off, and stops when it is on."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.exposure import AddressCheck, ReceiptPage
from domain.files import PHOTO_SIZES
from domain.members import EntryKind, Slot
from storage.database import fetch_all
from storage.members.editing import Typed, save_entries
from storage.members.receipts import CHECK_EVERY, check_receipts, find_newest_receipt, find_receipt
from storage.photos import drop_photo, save_photo
from storage.tables import Member, Receipt, ReceiptLine
from tests.agreeing import save_agreed
from tests.cast import NOON
from tests.conftest import Stoa
from tests.pictures import encode, picture

SITE = "https://stoa.example"


class Office:
    """Amara, who switches her public page, and the office that keeps her receipts."""

    def __init__(self, stoa: Stoa) -> None:
        self.stoa, self.amara = stoa, stoa.world["amara"]
        self.house = stoa.app.state.house

    async def save(self, form: Typed, **switch: bool) -> None:
        self.stoa.clock.now += timedelta(minutes=1)
        done = await save_agreed(
            self.stoa.database, self.house.seal, self.amara.member_id, form, self.stoa.clock.now, **switch
        )
        assert done is None

    async def photo(self) -> str:
        self.stoa.clock.now += timedelta(minutes=1)
        name = await save_photo(
            self.stoa.database, self.house.files, self.amara.member_id, encode(picture()), self.stoa.clock.now
        )
        assert isinstance(name, str)
        return name

    async def check(self, later: timedelta) -> None:
        self.stoa.clock.now += later
        await check_receipts(self.stoa.database, self.house.seal, self.stoa.clock.now)

    async def receipt(self) -> ReceiptPage:
        receipt_id = await find_newest_receipt(self.stoa.database, self.amara.member_id)
        assert receipt_id is not None
        found = await find_receipt(self.stoa.database, self.amara.member_id, receipt_id, SITE)
        assert found is not None
        return found

    async def answers(self, checks: tuple[AddressCheck, ...]) -> dict[str, int]:
        """What a visitor's browser gets now at each address of the receipt."""
        browser = await self.stoa.browser()
        return {check.path: (await browser.get(check.path)).status_code for check in checks}

    async def count(self) -> int:
        async with self.stoa.database.reading() as connection:
            return len(await fetch_all(connection, select(Receipt.c.receipt_id)))


@pytest.fixture
def office(stoa: Stoa) -> Office:
    return Office(stoa)


def _newest(receipt: ReceiptPage) -> dict[str, int]:
    return {check.path: check.status for check in receipt.checks}


async def test_a_receipt_says_what_real_requests_get(office: Office) -> None:
    name = await office.photo()
    everyone = {Slot(kind): (None, "everyone") for kind in (EntryKind.PHOTO, EntryKind.CONTRIBUTIONS)}
    await office.save(everyone)
    browser = await office.stoa.browser()
    paths = ["/people/amara-page", "/people/amara-page/feed", *(f"/photos/{name}/{size}" for size in PHOTO_SIZES)]
    assert [(await browser.get(path)).status_code for path in paths] == [200] * len(paths)
    await office.save({}, public_page=False)
    receipt = await office.receipt()
    assert (receipt.made_at, receipt.site_url) == (office.stoa.clock.now, SITE)
    assert _newest(receipt) == dict.fromkeys(paths, 410) == await office.answers(receipt.checks)
    assert {(check.first_checked_at, check.last_checked_at, check.checks) for check in receipt.checks} == {
        (office.stoa.clock.now, office.stoa.clock.now, 1)
    }


async def test_a_receipt_lists_only_what_had_been_open(office: Office) -> None:
    await office.photo()  # for members, as is usual
    await office.save({}, public_page=False)
    receipt = await office.receipt()
    assert _newest(receipt) == {"/people/amara-page": 410} == await office.answers(receipt.checks)


async def test_each_look_extends_the_line_and_a_change_adds_one(office: Office) -> None:
    name = await office.photo()
    await office.save({Slot(EntryKind.PHOTO): (None, "everyone")})
    await office.save({}, public_page=False)
    made = office.stoa.clock.now
    await office.check(CHECK_EVERY - timedelta(seconds=1))
    assert {check.checks for check in (await office.receipt()).checks} == {1}, "not due yet"
    await office.check(timedelta(seconds=1))
    await office.check(timedelta(0))
    await office.check(CHECK_EVERY)
    receipt = await office.receipt()
    assert {(check.first_checked_at, check.last_checked_at, check.checks) for check in receipt.checks} == {
        (made, office.stoa.clock.now, 3)
    }
    await drop_photo(office.stoa.database, office.amara.member_id, office.stoa.clock.now)
    await office.check(CHECK_EVERY)
    receipt = await office.receipt()
    assert _newest(receipt) == await office.answers(receipt.checks)
    counted = Counter(check.path for check in receipt.checks)
    assert counted == {"/people/amara-page": 1} | {f"/photos/{name}/{size}": 2 for size in PHOTO_SIZES}
    photos = [check for check in receipt.checks if check.path.endswith("/64")]
    assert [(check.status, check.checks) for check in photos] == [(410, 3), (404, 1)]
    assert next(check.checks for check in receipt.checks if check.path == "/people/amara-page") == 4


async def test_looking_ends_when_the_page_is_on_again(office: Office) -> None:
    await office.save({}, public_page=False)
    await office.check(CHECK_EVERY)
    await office.save({}, public_page=True)
    await office.check(CHECK_EVERY)
    receipt = await office.receipt()
    assert [(check.status, check.checks) for check in receipt.checks] == [(410, 2), (200, 1)]
    assert _newest(receipt) == await office.answers(receipt.checks)
    for _ in range(3):
        await office.check(CHECK_EVERY)
    assert await office.receipt() == receipt
    await office.save({}, public_page=False)
    assert await office.count() == 2
    again = await office.receipt()
    assert [(check.status, check.checks) for check in again.checks] == [(410, 1)]
    await office.check(CHECK_EVERY)
    assert [check.checks for check in (await office.receipt()).checks] == [2]


async def test_switching_off_what_is_off_makes_no_receipt(office: Office) -> None:
    await office.save({}, public_page=False)
    await office.save({}, public_page=False)
    await office.save({Slot(EntryKind.ABOUT): ("About me", "members")})
    assert await office.count() == 1


async def test_who_was_never_public_gets_an_empty_receipt(office: Office) -> None:
    async with office.stoa.database.writing() as connection:
        lin = update(Member).where(Member.c.member_id == office.stoa.world["lin"].member_id)
        await connection.execute(lin.values(has_public_page=True))  # switched on, and off before anything followed
    lin_id = office.stoa.world["lin"].member_id
    done = await save_entries(office.stoa.database, office.house.seal, lin_id, {}, NOON, public_page=False)
    assert done is None
    receipt_id = await find_newest_receipt(office.stoa.database, lin_id)
    assert receipt_id is not None
    found = await find_receipt(office.stoa.database, lin_id, receipt_id, SITE)
    assert found is not None
    assert found.checks == ()


async def test_a_receipt_is_its_owners_alone(office: Office) -> None:
    await office.save({}, public_page=False)
    receipt_id = await find_newest_receipt(office.stoa.database, office.amara.member_id)
    assert receipt_id is not None
    for part in ("joost", "lin"):
        member_id = office.stoa.world[part].member_id
        assert await find_receipt(office.stoa.database, member_id, receipt_id, SITE) is None
        assert await find_newest_receipt(office.stoa.database, member_id) is None


async def test_a_receipt_holds_addresses_and_no_values(office: Office) -> None:
    await office.save({}, public_page=False)
    async with office.stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(ReceiptLine))
    assert rows
    assert "Okafor" not in str(rows)
