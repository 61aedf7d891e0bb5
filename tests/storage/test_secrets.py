"""The instance's secrets: made once, completed once, and the same for every process; keys wrapped with them."""

import json
import multiprocessing
import stat
from pathlib import Path
from typing import Any

import pytest

from storage.secrets import Seal, Unsealable, load_secrets
from storage.start_page.sealing import make_key


def test_a_wrapped_key_opens_for_its_member_and_instance_alone(seal: Seal, tmp_path: Path) -> None:
    wrapped, other = seal.wrap_key(make_key(), 7), Seal(load_secrets(tmp_path / "elsewhere" / "secrets.json"))
    assert len(seal.unwrap_key(wrapped, 7)) == 32
    for who, member_id in ((seal, 8), (other, 7)):
        with pytest.raises(Unsealable):
            who.unwrap_key(wrapped, member_id)


def test_an_old_instance_gets_the_new_secret_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"sealing_key": "5e" * 32, "hashing_key": "4a" * 32}))
    first = load_secrets(path)
    assert (first.sealing_key, first.hashing_key) == (b"\x5e" * 32, b"\x4a" * 32)
    assert len(first.wrapping_key) == 32
    assert load_secrets(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def _load(path: str, gate: Any, found: Any) -> None:
    gate.wait()
    found.put(load_secrets(Path(path)))


@pytest.mark.slow
@pytest.mark.parametrize("before", [None, {"sealing_key": "5e" * 32, "hashing_key": "4a" * 32}])
def test_processes_that_start_at_once_agree_on_the_secrets(tmp_path: Path, before: dict[str, str] | None) -> None:
    path, context = tmp_path / "home" / "secrets.json", multiprocessing.get_context("spawn")
    if before:
        path.parent.mkdir()
        path.write_text(json.dumps(before))
    gate, found = context.Barrier(6), context.Queue()
    processes = [context.Process(target=_load, args=(str(path), gate, found)) for _ in range(6)]
    for process in processes:
        process.start()
    loaded = [found.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert len(set(loaded)) == 1
    assert load_secrets(path) == loaded[0]
