"""Settings: everything has a default that works, so that nothing must be configured. Read from `STOA_*`."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class Settings(BaseSettings):
    """How this instance runs. Each field is the environment variable of its name with `STOA_` in front."""

    model_config = SettingsConfigDict(env_prefix="STOA_", frozen=True)

    home: Path = Field(default=Path("var"), description="where database, files, mail and secrets are kept")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty for SQLite in the home folder")
    site_url: str = Field(default="http://127.0.0.1:8000", description="the address under which people reach the site")
    smtp_url: str = Field(default="", description="smtp://user:password@host:port; empty writes mail to a folder")
    mail_from: str = Field(default="stoa@localhost", description="the sender of every mail")
    trusted_proxies: int = Field(default=0, ge=0, le=9, description="proxies in front whose X-Forwarded-For counts")
    development: bool = Field(default=False, description="pattern and mailbox pages, on a loopback address only")
    worker: bool = Field(default=True, description="consume events inside the server process")

    @property
    def database(self) -> str:
        """The URL of the database in use."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.home / 'stoa.db').resolve()}"

    @property
    def is_development(self) -> bool:
        """Whether this is somebody's own machine: mails can be read there, so it is never a site for others."""
        return self.development and self._is_loopback

    @property
    def _is_loopback(self) -> bool:
        return urlsplit(self.site_url).hostname in _LOOPBACK

    def serves(self, host: str) -> bool:
        """Whether a request that names this host is for us: the site's own, or any name of this machine."""
        if host == urlsplit(self.site_url).netloc:
            return True
        return self._is_loopback and host.partition(":")[0] in _LOOPBACK

    @property
    def secrets_path(self) -> Path:
        """The file with this instance's secrets; back it up apart from the database."""
        return self.home / "secrets.json"

    @property
    def mail_folder(self) -> Path:
        """Where mail goes while no relay is set."""
        return self.home / "mail"
