"""One frozen Settings, made once and passed down; nothing is read at import."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

FORMER_DATA_DIR = Path("data")  # in whatever directory one stood; the default until 0.1.0


def user_data_folder() -> Path:
    """The user's own folder for our data, as the system has it."""
    return platformdirs.user_data_path("sweetspot", appauthor=False)


class Settings(BaseSettings):
    """What can be set from outside: `SWEETSPOT_*` in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="SWEETSPOT_", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        default_factory=user_data_folder,
        json_schema_extra={"default": "(user data folder)"},
        description="Where regions, reaches and running engines are kept.",
    )
    rows_url: str = Field(
        "",
        description="Where the rows of stored lists lie: `s3://BUCKET/PREFIX`, with the usual "
        "AWS_* variables; if empty, in the data folder.",
    )
    rows_endpoint: str = Field(
        "", description="A server that speaks S3, where it is not Amazon's own: `https://HOST`."
    )
    rows_cache_mb: int = Field(
        2048, ge=1, description="Most megabytes of local copies of what lies at `rows_url`."
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="A PostgreSQL for what the service remembers, which several may share: "
        "`postgresql://USER:PASSWORD@HOST/DATABASE`; SQLite in the data folder if empty.",
    )
    download_url: str = Field(
        "https://download.geofabrik.de",
        description="Where `region add` finds maps and their index; a mirror works too.",
    )
    tiles_url: str = Field(
        "",
        description="Raster tiles under the map instead of our own: "
        "`https://HOST/{z}/{x}/{y}.png`, or their TileJSON. Whoever looks at the map asks them.",
    )
    tiles_attribution: str = Field("", description="Whose tiles those are, shown on the map.")
    reach_cache_mb: int = Field(
        512, ge=1, description="Most megabytes of reaches kept on disk, oldest dropped first."
    )
    longest_minutes: float = Field(
        240, gt=0, le=600, description="The largest limit in minutes that may be asked for."
    )
    engine_start_s: float = Field(
        30, gt=0, description="Seconds the embedded engine may take to start answering."
    )
    engine_timeout_s: float = Field(
        60, gt=0, description="Seconds one question to the engine may take."
    )
    engine: Literal[
        "embedded",
        "valhalla",
        "osrm",
        "openrouteservice",
        "graphhopper",
        "google",
        "mapbox",
        "traveltime",
    ] = Field("embedded", description="Who gives drive times; all but ours are services.")
    engine_url: str = Field(
        "", description="Where the service answers; its own public address if empty."
    )
    engine_key: SecretStr = Field(SecretStr(""), description="The service's key, if it wants one.")
    engine_id: str = Field("", description="TravelTime's application id.")
    engine_keep_days: float = Field(
        7,
        ge=0,
        description="Days that answers of a service of your own are kept on disk; 0 is none.",
    )
    engine_price: float = Field(
        0, ge=0, description="USD for 1,000 drives asked of the service, to be told the cost."
    )
    geocoders: str = Field(
        "", description="Services asked, in this order, where ours can't decide: `census,google`."
    )
    geocoder_keys: SecretStr = Field(
        SecretStr(""), description="Their keys: `google=KEY,here=KEY`."
    )
    geocoder_urls: str = Field(
        "", description="Where they answer, if elsewhere: `nominatim=http://127.0.0.1:8088`."
    )
    geocoder_prices: str = Field(
        "", description="USD for 1,000 addresses, to be told the cost: `google=5`."
    )
    geocoder_run_budgets: str = Field(
        "", description="Most addresses asked of each in one run: `google=500`."
    )
    geocoder_month_budgets: str = Field(
        "", description="Most addresses asked of each in a month (UTC): `google=10000`."
    )
    push_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys of the tools that `push` sends to, and the webhook's secret: "
        "`mailchimp=KEY,listmonk=USER:TOKEN,webhook=whsec_SECRET`.",
    )
    push_urls: str = Field(
        "", description="Where they answer, if elsewhere: `listmonk=https://lists.example.com`."
    )
    push_budgets: str = Field("", description="Most requests to each in one push: `brevo=5000`.")
    push_private: bool = Field(
        False,
        description="Whether a webhook may be in one's own network and without https.",
    )
    log_level: Literal["debug", "info", "warning"] = Field(
        "info",
        description="What is logged; `debug` adds each question to an engine or service, "
        "how much was asked and how long it took, never what.",
    )
    contact: str = Field(
        "", description="Your e-mail address, told to public geocoders that want to know who asks."
    )
    gridpin: str = Field(
        "", description="GridPin's file of a country: one more source of addresses, offline."
    )
    computer_rates: str = Field(
        "",
        description="CSV file of computers an employee by industry, as `sweetspot rates` prints.",
    )
    max_body_mb: int = Field(
        2048, ge=1, description="Largest HTTP body in megabytes; larger ones get 413."
    )
    max_json_rows: int = Field(
        10_000, ge=1, description="Most prospects in one JSON request; more go to /v1/find.csv."
    )
    max_uploads: int = Field(
        64,
        ge=1,
        description="Most bodies read at once by a process; more get 503 with Retry-After.",
    )
    max_lists: int = Field(
        64, ge=1, description="Most lists judged or waiting for it in a process; more get 503."
    )
    max_exports: int = Field(
        64, ge=1, description="Most answers written or sent at once by a process; more get 503."
    )
    list_grace_days: int = Field(
        30,
        ge=0,
        le=36_500,
        description="Days after its licence ran out until a stored list is deleted; it may be "
        "renewed so long.",
    )
    job_days: int = Field(
        30,
        ge=1,
        le=36_500,
        description="Days until a job that has ended, and its Idempotency-Key, is forgotten.",
    )
    client_timeout_s: float = Field(
        60, gt=0, description="Seconds a client may send or take nothing before it is dropped."
    )
    cors_origins: str = Field(
        "", description="Comma-separated origins whose pages may call the API; none by default."
    )
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,[::1]",
        description="Comma-separated Host headers answered; `*` answers all.",
    )

    @property
    def region_folders(self) -> Sequence[Path]:
        """Where regions lie: in the data folder, and where nobody named one in the former one."""
        ours, former = self.data_dir / "regions", (FORMER_DATA_DIR / "regions").absolute()
        if "data_dir" in self.model_fields_set or former.resolve() == ours.resolve():
            return [ours]
        return [ours, former]
