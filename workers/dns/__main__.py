"""python -m workers.dns: answers for MAIL_DKIM_ZONE, by UDP and TCP."""

import time

from workers.lifecycle import Process, run_listener


async def serve(process: Process) -> None:
    """Open both doors."""
    from .server import open_doors  # Django must be set up before models are imported.

    await open_doors(process, now=time.time)


if __name__ == "__main__":
    run_listener("dns", serve)
