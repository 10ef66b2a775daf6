"""The IMAP listener: `python -m workers.imap`."""

from workers.lifecycle import Process, run_listener

from .memory import settle, use_heap


async def serve(process: Process) -> None:
    """Open the doors for IMAP with STARTTLS and for IMAP over TLS."""
    # Models can be imported only once Django is set up.
    from django.conf import settings

    from .server import Server

    server = Server(process)
    process.spawn(server.caches.run())
    process.spawn(server.watch_clients())
    process.spawn(server.watch_access())
    await process.open_door(lambda: server.connect(secure=False), settings.MAIL_IMAP_PORT)
    await process.open_door(lambda: server.connect(secure=True), settings.MAIL_IMAPS_PORT, tls=True)
    settle()


if __name__ == "__main__":
    use_heap()
    run_listener("imap", serve)
