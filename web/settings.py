"""Settings: everything has a default that works, so that nothing must be configured. Read from `STOA_*`."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.publicity import Purpose

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class Settings(BaseSettings):
    """How this instance runs. Each field is the environment variable of its name with `STOA_` in front."""

    model_config = SettingsConfigDict(env_prefix="STOA_", frozen=True)

    home: Path = Field(default=Path("var"), description="where database, files, mail and secrets are kept")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty for SQLite in the home folder")
    site_url: str = Field(default="http://127.0.0.1:8000", description="the address under which people reach the site")
    smtp_url: str = Field(default="", description="smtp://user:password@host:port; empty writes mail to a folder")
    mail_from: str = Field(default="stoa@localhost", description="the sender of every mail")
    files_url: str = Field(default="", description="s3://bucket/prefix; empty keeps files in the home folder")
    files_endpoint: str = Field(default="", description="the address of the S3 service; empty for Amazon's own")
    files_region: str = Field(default="", description="the region of the bucket, where the service has regions")
    files_key: str = Field(default="", description="access key id; empty takes the environment's own credentials")
    files_secret: SecretStr = Field(default=SecretStr(""), description="the secret that belongs to the key")
    public_pages: bool = Field(default=True, description="new members start with a public page, unless they say no")
    trusted_proxies: int = Field(default=0, ge=0, le=9, description="proxies in front whose X-Forwarded-For counts")
    development: bool = Field(default=False, description="pattern and mailbox pages, on a loopback address only")
    robots_search: bool = Field(default=True, description="robots.txt lets search engines read what is public")
    robots_ai_training: bool = Field(default=False, description="robots.txt lets programs gather it to train models")
    robots_ai_search: bool = Field(default=True, description="robots.txt lets it be read for answers of AI search")
    robots_user_fetch: bool = Field(default=True, description="robots.txt lets AI assistants read it for their users")
    security_contact: str = Field(default="", description="where security.txt sends reports; empty for `mail_from`")
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
    def robots(self) -> frozenset[Purpose]:
        """The purposes for which programs may read what is public."""
        switches = {
            Purpose.SEARCH: self.robots_search,
            Purpose.AI_TRAINING: self.robots_ai_training,
            Purpose.AI_SEARCH: self.robots_ai_search,
            Purpose.USER_FETCH: self.robots_user_fetch,
        }
        return frozenset(purpose for purpose, is_on in switches.items() if is_on)

    @property
    def security_contact_url(self) -> str:
        """Where reports of weaknesses go, as an address with its scheme."""
        contact = self.security_contact or self.mail_from
        return contact if ":" in contact else f"mailto:{contact}"

    @property
    def secrets_path(self) -> Path:
        """The file with this instance's secrets; back it up apart from the database."""
        return self.home / "secrets.json"

    @property
    def mail_folder(self) -> Path:
        """Where mail goes while no relay is set."""
        return self.home / "mail"

    @property
    def files_folder(self) -> Path:
        """Where uploaded files go while no bucket is set."""
        return self.home / "files"
