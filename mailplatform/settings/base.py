"""Every setting of the platform, with one sentence on when to change it."""

import os
import tomllib
from pathlib import Path

from . import pages, profile, registry
from .database import check_redis_url, database_from_url, embedded_valkey_url
from .keys import derive, load_keyring
from .state import state_directory

BASE_DIR = Path(__file__).resolve().parents[2]

# --- where things live -------------------------------------------------------------------------------------
DATABASE_URL = registry.secret(
    "DATABASE_URL",
    "",
    "postgresql://user:password@host:port/name of your own PostgreSQL 15 or newer; empty starts the embedded one.",
)
REDIS_URL = registry.secret(
    "REDIS_URL",
    "",
    "redis://host:port/0 or unix:///path of your own Valkey or Redis; empty starts the embedded one.",
)
MAIL_NO_USERNS = registry.switch(
    "MAIL_NO_USERNS",
    "0",
    "Run the embedded PostgreSQL under another uid when started by root, instead of in a user namespace.",
)
_state = registry.text(
    "MAIL_STATE_DIR",
    "",
    "Where everything that must survive a restart is kept; empty means var/ of the checkout, or "
    "/var/lib/mailplatform for root on a machine without user namespaces.",
)
MAIL_STATE_DIR = (
    Path(_state).absolute()
    if _state
    else state_directory(BASE_DIR, embedded=not DATABASE_URL, namespaces=not MAIL_NO_USERNS)
)
EMBEDDED_VALKEY = not REDIS_URL
REDIS_URL = embedded_valkey_url(MAIL_STATE_DIR) if EMBEDDED_VALKEY else check_redis_url(REDIS_URL)
MAIL_PROFILE = registry.choice(
    "MAIL_PROFILE",
    "auto",
    ("auto", "small", "normal"),
    "small saves memory (one Celery worker, few database connections, small caches), normal does not; "
    "auto is small where less than 3 GB may be used.",
)
PROFILE = profile.choose(MAIL_PROFILE)
MAIL_HOSTNAME = registry.host_name(
    "MAIL_HOSTNAME",
    "mail.example.test",
    "The name this server greets with; set it to the name in your MX record.",
)
MAIL_LOG_LEVEL = registry.choice(
    "MAIL_LOG_LEVEL",
    "INFO",
    ("DEBUG", "INFO", "WARNING", "ERROR"),
    "DEBUG, INFO, WARNING or ERROR; lower it to see more.",
)
MAIL_LOG_STDOUT = registry.switch(
    "MAIL_LOG_STDOUT",
    "0",
    "Write the logs to standard output instead of files, for whoever collects them there.",
)
MAIL_LOG_BYTES = registry.integer(
    "MAIL_LOG_BYTES", 20 * 1024 * 1024, "Size in bytes at which a log file is put aside.", least=1024
)
MAIL_LOG_FILES = registry.integer(
    "MAIL_LOG_FILES", 5, "How many log files of each process are kept beside the current one.", most=1000
)

# --- doors -------------------------------------------------------------------------------------------------
MAIL_BIND = registry.text(
    "MAIL_BIND", "127.0.0.1", "The address every door listens on; 0.0.0.0 or :: opens them to the network."
)
MAIL_WEB_PORT = registry.port("MAIL_WEB_PORT", 8080, "Web pages and API.")
MAIL_WEB_BIND = (
    registry.text(
        "MAIL_WEB_BIND",
        "",
        "The address pages and API listen on, where that is not MAIL_BIND: 127.0.0.1 leaves them to a proxy.",
    )
    or MAIL_BIND
)
MAIL_WEB_TLS = registry.switch(
    "MAIL_WEB_TLS", "0", "Serve pages and API by TLS, with the certificate of the other doors."
)
MAIL_TRUSTED_PROXIES = registry.networks(
    "MAIL_TRUSTED_PROXIES",
    "",
    "Addresses or networks of web proxies, whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are.",
)
MAIL_SMTP_PORT = registry.port("MAIL_SMTP_PORT", 2525, "Mail from other servers (MX); 25 on the Internet.")
MAIL_SUBMISSION_PORT = registry.port("MAIL_SUBMISSION_PORT", 2587, "Mail from users, STARTTLS; usually 587.")
MAIL_SUBMISSIONS_PORT = registry.port("MAIL_SUBMISSIONS_PORT", 2465, "Mail from users, TLS; usually 465.")
MAIL_IMAP_PORT = registry.port("MAIL_IMAP_PORT", 2143, "IMAP with STARTTLS; usually 143.")
MAIL_IMAPS_PORT = registry.port("MAIL_IMAPS_PORT", 2993, "IMAP with TLS; usually 993.")
MAIL_HEALTH_PORT_BASE = registry.port(
    "MAIL_HEALTH_PORT_BASE",
    9100,
    "First of the loopback ports where the processes without a web page answer /livez, /readyz and /metrics.",
    most=65000,
)
MAIL_HEALTH_PORT = registry.integer(
    "MAIL_HEALTH_PORT", 0, "That port of one process; the supervisor sets it, 0 means none.", most=65535
)
MAIL_HEALTH_PORTS = registry.words(
    "MAIL_HEALTH_PORTS",
    "",
    "name=port or name=host:port of the processes whose health console and API show; the supervisor sets it.",
)
MAIL_HEALTH_BIND = registry.text(
    "MAIL_HEALTH_BIND",
    "127.0.0.1",
    "The address of those ports; 0.0.0.0 lets a monitor on the network of a container ask, and /metrics is for all there.",
)
MAIL_WAIT_SECONDS = registry.seconds(
    "MAIL_WAIT_SECONDS",
    60,
    "How long a process started alone, as in a container, waits for PostgreSQL, Valkey and the migrations.",
)
MAIL_PLAINTEXT_AUTH = registry.switch(
    "MAIL_PLAINTEXT_AUTH",
    "0",
    "Allow signing in, and pages, without TLS over the network; only ever for tests.",
)
MAIL_TLS_CERTIFICATE = registry.text(
    "MAIL_TLS_CERTIFICATE",
    "",
    "PEM file of your own certificate chain; empty makes one from a local authority.",
)
MAIL_TLS_KEY = registry.text("MAIL_TLS_KEY", "", "PEM file of the private key of MAIL_TLS_CERTIFICATE.")

MAIL_ALLOWED_HOSTS = registry.words(
    "MAIL_ALLOWED_HOSTS",
    "",
    "Names under which browsers reach the web pages, besides MAIL_HOSTNAME and localhost.",
)
MAIL_DEMO = registry.switch(
    "MAIL_DEMO", "1", "Make the demo domain example.test and its users at the first start; 0 for real use."
)

# --- limits ------------------------------------------------------------------------------------------------
MAIL_MAX_MESSAGE_BYTES = registry.integer(
    "MAIL_MAX_MESSAGE_BYTES",
    50 * 1024 * 1024,
    "The largest message accepted, in bytes.",
    least=1024,
    most=512 * 1024 * 1024,
)
MAIL_UPLOAD_BYTES = registry.integer(
    "MAIL_UPLOAD_BYTES",
    256 * 1024 * 1024,
    "Bytes of files one user may have waiting in drafts and in letters that have not left.",
    least=1024,
)
MAIL_MAX_RECIPIENTS = registry.integer("MAIL_MAX_RECIPIENTS", 100, "Recipients of one SMTP message.", least=1)
MAIL_MAX_CONNECTIONS = registry.integer(
    "MAIL_MAX_CONNECTIONS", 10000, "Connections one listener process holds at once.", least=1
)
MAIL_MAX_CONNECTIONS_PER_HOST = registry.integer(
    "MAIL_MAX_CONNECTIONS_PER_HOST", 200, "Connections one remote address may hold at one listener.", least=1
)
MAIL_SMTP_TIMEOUT = registry.seconds(
    "MAIL_SMTP_TIMEOUT", 300, "Silence after which an SMTP client is let go.", least=1
)
MAIL_SMTP_MAX_ERRORS = registry.integer(
    "MAIL_SMTP_MAX_ERRORS",
    20,
    "Errors an SMTP client may make between two messages before it is let go.",
    least=1,
)
MAIL_RATE_NETWORK = registry.integer(
    "MAIL_RATE_NETWORK",
    1000,
    "Messages a minute from one network of strangers (/24 or /64); 0 means no limit.",
)
MAIL_RATE_USER = registry.integer(
    "MAIL_RATE_USER", 1000, "Recipients an hour one user may write to; 0 means no limit."
)
MAIL_RATE_API = registry.integer(
    "MAIL_RATE_API", 1200, "Requests a minute one API token may make; 0 means no limit."
)
MAIL_IMAP_TIMEOUT = registry.seconds(
    "MAIL_IMAP_TIMEOUT", 1800, "Silence after which an IMAP client is let go.", least=1
)
MAIL_DRAIN_SECONDS = registry.seconds(
    "MAIL_DRAIN_SECONDS", 3, "How long a listener that stops waits for its connections to finish."
)
MAIL_IMAP_LOGIN_TIMEOUT = registry.seconds(
    "MAIL_IMAP_LOGIN_TIMEOUT", 180, "How long an IMAP client may take to sign in.", least=1
)
MAIL_IMAP_FILING_BYTES = (
    registry.integer(
        "MAIL_IMAP_FILING_BYTES",
        0,
        "Bytes of messages one IMAP process takes from clients at once; more clients are told to try later. "
        "0 means 256 MB, or 64 MB in the small profile.",
    )
    or PROFILE.filing_bytes
)
MAIL_SMTP_PROCESSES = registry.integer(
    "MAIL_SMTP_PROCESSES", 1, "SMTP listener processes.", least=1, most=256
)
MAIL_IMAP_PROCESSES = registry.integer(
    "MAIL_IMAP_PROCESSES", 1, "IMAP listener processes.", least=1, most=256
)
MAIL_DB_CONNECTIONS = (
    registry.integer(
        "MAIL_DB_CONNECTIONS",
        0,
        "Database connections for the mail commands of one listener process, and as many again for its other work; "
        "0 means 4, or 2 in the small profile.",
        most=100,
    )
    or PROFILE.listener_connections
)
MAIL_DEFAULT_QUOTA_BYTES = registry.integer(
    "MAIL_DEFAULT_QUOTA_BYTES", 10 * 1024**3, "Quota of a new mailbox in bytes; 0 means none.", most=2**62 - 1
)

# --- mail out ----------------------------------------------------------------------------------------------
MAIL_ROUTES = registry.text(
    "MAIL_ROUTES",
    "",
    "Sends a domain, or * for all, through a given host instead of its MX: `example.org=host:port,*=relay:25`.",
)
MAIL_REMOTE_SMTP_PORT = registry.port(
    "MAIL_REMOTE_SMTP_PORT", 25, "The port other servers listen on; changed only in tests."
)
MAIL_DNS_SERVERS = registry.servers(
    "MAIL_DNS_SERVERS", "", "host or host:port of the DNS resolvers to ask; empty asks those of the system."
)
MAIL_DNS_TRUSTED = registry.networks(
    "MAIL_DNS_TRUSTED",
    "127.0.0.0/8, ::1",
    "DNS resolvers whose word on DNSSEC is believed: those that validate, over a link nobody else can write to.",
)
MAIL_QUEUE_LIFETIME = registry.seconds(
    "MAIL_QUEUE_LIFETIME", 5 * 86400, "How long delivery is tried before the sender is told it failed."
)

# Imported here, for the order of the table in README.md.
from .filtering import *  # noqa: E402, F403
from .signing_in import *  # noqa: E402, F403
from .trust import *  # noqa: E402, F403

MAIL_QUEUE_KEEP = registry.seconds(
    "MAIL_QUEUE_KEEP", 86400, "How long recipients that were delivered or given up stay in the queue's lists."
)
MAIL_TRACE_DAYS = registry.integer(
    "MAIL_TRACE_DAYS", 30, "How many days the story of each message is kept.", least=1, most=3650
)

# --- rules against spam ------------------------------------------------------------------------------------
MAIL_RULES_FEED = registry.text(
    "MAIL_RULES_FEED",
    "",
    "Where newer rules against spam are looked for: a signed file or an `https://` address; empty uses those of the release.",
)
MAIL_RULES_FEED_KEY = registry.text(
    "MAIL_RULES_FEED_KEY",
    "",
    "The Ed25519 key, in base64, that signs the feed of rules, as `tools/rules_feed.py key` prints it; empty takes none.",
)
MAIL_RULES_FEED_EVERY = registry.seconds(
    "MAIL_RULES_FEED_EVERY", 14 * 24 * 3600, "How long after a look at the feed of rules the next one is."
)

# --- mail in a browser -------------------------------------------------------------------------------------
MAIL_IMAGE_PROXY = registry.switch(
    "MAIL_IMAGE_PROXY",
    "1",
    "Fetch pictures that a mail refers to, for a reader who asks for them; 0 never shows such pictures.",
)
MAIL_IMAGE_PROXY_ALLOW = registry.networks(
    "MAIL_IMAGE_PROXY_ALLOW",
    "",
    "Networks outside the public Internet from which such pictures may be fetched, too, `10.1.0.0/16` say; empty allows "
    "none.",
)

# --- secrets -----------------------------------------------------------------------------------------------
MAIL_MASTER_KEYS = registry.secret(
    "MAIL_MASTER_KEYS",
    "",
    "`id:base64,...` keys that seal secrets at rest, newest first; empty keeps them in a file under MAIL_STATE_DIR.",
)

MAIL_KEY_FILE = MAIL_STATE_DIR / "secrets" / "master.keys"
MAIL_KEYRING = load_keyring(MAIL_MASTER_KEYS, MAIL_KEY_FILE)
SECRET_KEY = derive(MAIL_KEYRING, "django").hex()

# --- Django ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.auth",
    "django.contrib.messages",
    "rest_framework",
    "mailplatform",
    "apps.vault",
    "apps.events",
    "apps.organisations",
    "apps.domains",
    "apps.accounts",
    "apps.mailboxes",
    "apps.store",
    "apps.queue",
    "apps.spam",
    "apps.filters",
    "apps.reports",
    "apps.mailflow",
    "apps.pages",
    "apps.webmail",
    "apps.console",
    "apps.api",
]
AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "apps.accounts.web_sessions"
SESSION_COOKIE_NAME = "mail_session"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # Pages carry the token in their head.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MAIL_VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.api.authentication.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "apps.api.permission.HasScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.throttle.TokenRate"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.api.raw.JsonParser"],
    "EXCEPTION_HANDLER": "apps.api.problems.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mail platform",
    "VERSION": MAIL_VERSION,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PATH_CONVERTER_OVERRIDES": {"id": int},
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["apps.api.schema.finish"],
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "mailplatform.urls"
ASGI_APPLICATION = "mailplatform.asgi.application"
MIDDLEWARE = pages.MIDDLEWARE
TEMPLATES = pages.templates(BASE_DIR)
SECURE_CSP = pages.SECURE_CSP
CSRF_FAILURE_VIEW = "apps.pages.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"  # tools/build_assets.py writes hashed and packed files there.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+-[0-9A-Z]{8}\..+$"
LOGGING_CONFIG = None  # mailplatform.logging.configure, called by each process, says where lines go.
ALLOWED_HOSTS = [MAIL_HOSTNAME, "localhost", "127.0.0.1", "[::1]", *MAIL_ALLOWED_HOSTS]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = pages.LANGUAGES
LOCALE_PATHS = [BASE_DIR / "locale"]

_process = os.environ.get("MAIL_PROCESS", "")
DATABASES = {
    "default": database_from_url(
        DATABASE_URL,
        MAIL_STATE_DIR,
        shared=PROFILE.web_connections if _process == "web" else None,
        is_kept=PROFILE.workers_keep_connections or not _process.startswith("celery"),
    )
}
