"""How the platform is: its processes and jobs, the servers it stands on, and in which versions."""

import platform

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun
from apps.console import system as parts
from apps.console.access import administrators, reach
from apps.events import processes, servers, wake
from apps.events.transactions import ask
from apps.events.valkey import sync_client
from apps.queue import queries
from apps.reports.blocklists.queries import standing
from apps.spam.antivirus.queries import scanner


@administrators
def system(request: HttpRequest) -> HttpResponse:
    """Show it; for those who may see all of it."""
    everything = reach(request, Noun.SYSTEM)
    database, valkey, disk = servers.database(), servers.valkey(), servers.disk()
    running = parts.of_processes(processes.look())
    if running:
        running.insert(0, parts.Part("web", "ok", _("ready"), _("It made this page.")))
    jobs = parts.of_jobs(wake.looked(sync_client()))
    of_database = parts.of_server("PostgreSQL", answers=database is not None)
    of_valkey = parts.of_server("Valkey", answers=valkey is not None)
    of_disk = parts.of_disk(disk)
    now = timezone.now()
    lists = parts.of_blocklists(standing(), now)
    scanners = parts.of_scanner(scanner())
    all_parts = [*running, *jobs, of_database, of_valkey, of_disk, *lists, *scanners]
    context = {
        "section": "system",
        "now": now,
        "processes": running,
        "jobs": jobs,
        "lists": lists,
        "scanners": scanners,
        "database": database,
        "of_database": of_database,
        "valkey": valkey,
        "of_valkey": of_valkey,
        "disk": disk,
        "of_disk": of_disk,
        "unwell": sum(not part.is_well for part in all_parts),
        "depth": ask(queries.depth(everything)),
        "versions": [
            ("Mail", settings.MAIL_VERSION),
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            ("PostgreSQL", database.version if database else ""),
            ("Valkey", valkey.version if valkey else ""),
        ],
        "hostname": settings.MAIL_HOSTNAME,
        "profile": settings.PROFILE.name,
    }
    return render(request, "console/system.html", context)
