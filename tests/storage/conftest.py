"""What tests of stored files share: both stores, each empty, so that one list of tests holds for both."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.files import FileStore, open_file_store
from tests.buckets import NAME, BucketServer, bucket_server

STORES = ("folder", "bucket")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """The S3 service, started by the first test that needs it."""
    with bucket_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def open_bucket(server: BucketServer, prefix: str, *, secret: str = "") -> FileStore:
    """The bucket of the tests as the settings would name it."""
    url = f"s3://{NAME}/{prefix}"
    return open_file_store(Path(), url, endpoint=server.endpoint, key=server.key, secret=secret or server.secret)


@pytest.fixture(params=STORES)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """An empty store of each kind."""
    if request.param == "folder":
        return open_file_store(tmp_path / "files")
    return open_bucket(request.getfixturevalue("s3"), f"tests/{secrets.token_hex(8)}")
