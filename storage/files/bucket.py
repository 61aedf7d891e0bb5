"""The store for many machines: a bucket that speaks S3, whoever runs it.

A bucket that does not answer is asked again for a few seconds and then the reader is told to come back: a page must not
hang on it.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from storage.database import Busy
from storage.files.names import path_of

PATIENCE: Final = timedelta(seconds=5)


class BucketStore:
    """Files under one prefix of one bucket. Without key and secret the environment's own credentials count."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str, region: str, key: str, secret: str) -> None:
        given = {"endpoint": endpoint, "access_key_id": key, "secret_access_key": secret}
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            region=region,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": PATIENCE,
                "timeout": 2 * PATIENCE,
            },
            retry_config={"max_retries": 3, "retry_timeout": PATIENCE},
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]  # a TypedDict's keys
        )

    async def put(self, name: str, content: bytes) -> None:
        """Keep these bytes. Raises Busy when the bucket does not take them."""
        try:
            await obstore.put_async(self._store, path_of(name), content)
        except (BaseError, OSError) as error:
            raise Busy("the bucket does not take a file") from error

    async def get(self, name: str) -> bytes | None:
        """The bytes, None when there are none. Raises Busy when the bucket does not answer."""
        try:
            found = await obstore.get_async(self._store, path_of(name))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise Busy("the bucket does not give a file") from error

    async def get_part(self, name: str, start: int, end: int) -> bytes | None:
        """Some of the bytes, None when there is no such file. Raises Busy when the bucket does not answer."""
        try:
            return bytes(await obstore.get_range_async(self._store, path_of(name), start=start, end=end))
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            if "non-partial" not in str(error):
                raise Busy("the bucket does not give a part of a file") from error
        whole = await self.get(name)  # not every service that speaks S3 knows parts
        return None if whole is None else whole[start:end]

    async def delete(self, name: str) -> None:
        """Delete a file, if it is there. Raises Busy when the bucket does not answer."""
        try:
            await obstore.delete_async(self._store, path_of(name))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise Busy("the bucket does not delete a file") from error

    async def list_before(self, letter: str, moment: datetime) -> AsyncIterator[str]:
        """The names with this first letter that were put before this moment. Raises Busy."""
        try:
            async for some in obstore.list(self._store, letter):
                for found in some:
                    if found["last_modified"] < moment:
                        yield found["path"].rpartition("/")[2]
        except (BaseError, OSError) as error:
            raise Busy("the bucket does not list its files") from error
