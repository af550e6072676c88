"""`python -m stream_processors.rejudging`: decides about rejudgings and releases their jobs."""

import os
import signal
import sys
from datetime import UTC, datetime
from typing import Final

from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.connect import connect
from schemas.eventlog.errors import LogError
from schemas.heartbeats import Heartbeats
from schemas.http.health import HealthServer
from schemas.log import EventLogger, configure_logging
from schemas.settings import RejudgingSettings, SettingsError, read_settings
from stream_processors.rejudging.decider import Decider
from stream_processors.rejudging.followed import Followed
from stream_processors.rejudging.patience import PatientBlobs
from stream_processors.rejudging.releaser import Releaser
from stream_processors.rejudging.service import GROUP, Service

BAD_SETTINGS: Final = 2

PATIENCE_S: Final = 90.0
"""Longer than the longest wait for an acknowledgement."""

NEAR: Final = 50
"""Records read ahead where single ones are wanted."""

log: Final = EventLogger(__name__)


def main() -> int:
    """Runs until a signal (0), or until something ends it that a new start may cure (1)."""
    configure_logging("rejudging")
    try:
        settings = read_settings(RejudgingSettings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    try:
        _serve(settings)
    except LogError as error:
        log.error("rejudging_ended", why=error)
        return 1
    except Exception as error:  # noqa: BLE001  said once, and started anew
        log.error("rejudging_ended", error=error)
        return 1
    log.info("rejudging_stopped")
    return 0


def _serve(settings: RejudgingSettings) -> None:
    event_log = connect(settings.kafka, settings.registry_url, client_id=GROUP)
    near = connect(settings.kafka, settings.registry_url, client_id=GROUP, prefetch=NEAR)
    blobs = PatientBlobs(DirectoryBlobStore(settings.blobs))
    with Heartbeats(PATIENCE_S) as heartbeats:
        beat = heartbeats.heart("rejudging")
        followed = Followed(event_log, beat)
        decider = Decider(event_log, blobs, followed, most_open=settings.most_open, clock=_now, beat=beat)
        releaser = Releaser(event_log, near, blobs, followed, clock=_now, beat=beat)
        service = Service(event_log, followed, decider, releaser, beat)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        with HealthServer(settings.host, settings.port, ready={"log": service.broker_away}):
            log.info("rejudging_started", port=settings.port)
            service.run()
    near.close(1.0)
    event_log.close(1.0)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Everything is acknowledged and committed by now; librdkafka's clients would take seconds to take leave.
    os._exit(status)
