"""python -m workers.smtp: mail from other servers, and from our users by STARTTLS and by TLS, in one process."""

import time

from workers.lifecycle import Process, run_listener


async def serve(process: Process) -> None:
    """Open the three doors."""
    from .doors import open_doors  # Django must be set up before models are imported.

    await open_doors(process, now=time.time)


if __name__ == "__main__":
    run_listener("smtp", serve)
