"""Ask the processes of this container whether they are ready; 0 when one is and none says otherwise.

The standard library only, for it runs every few seconds.
"""

import http.client
import os
import ssl
import sys
from collections.abc import Iterator

SECONDS = 4
MOST_PROCESSES = 8  # Of a container that runs everything.


def main() -> int:
    """Look at the web port, and at the health ports that are open."""
    answers = list(_answers())
    for place, status in answers:
        if status != http.client.OK:
            print(f"{place}: {status}")
    if not answers:
        print("nothing answers yet")
    return 0 if answers and all(status == http.client.OK for _, status in answers) else 1


def _answers() -> Iterator[tuple[str, int]]:
    web = int(os.environ.get("MAIL_WEB_PORT") or 8080)
    if (status := _ask(web, tls=_is_on(os.environ.get("MAIL_WEB_TLS", "")))) is not None:
        yield f"web port {web}", status
    first = int(os.environ.get("MAIL_HEALTH_PORT") or os.environ.get("MAIL_HEALTH_PORT_BASE") or 9100)
    for port in range(first, first + MOST_PROCESSES):
        if (status := _ask(port, tls=False)) is None:
            break
        yield f"health port {port}", status


def _is_on(word: str) -> bool:
    return word.strip().lower() in {"1", "true", "yes", "on"}


def _ask(port: int, *, tls: bool) -> int | None:
    """Return the status of /readyz; None where nobody listens, 0 where somebody does not answer."""
    if tls:
        # Our own process, by its address: the certificate is of the server's name.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
