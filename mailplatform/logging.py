"""Logs: JSON lines in a file of each process, rotated, and a readable line on the terminal for warnings."""

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

# structlog draws with rich where it is installed, which takes 5 MB of each process; we write plain lines.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

import structlog  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.events.context import trace_id  # noqa: E402

TERMINAL_LEVEL = logging.WARNING


def _add_trace(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (trace := trace_id.get()) is not None:
        event.setdefault("trace_id", str(trace))
    return event


def _one_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # The traceback is in the file; a person at the terminal is served better by its last line.
    if found := event.pop("exc_info", None):
        error = found[1] if isinstance(found, tuple) else sys.exception()
        event["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
    return event


def configure(process: str) -> None:
    """Send everything the process logs to `log/<process>.log` or standard output; call it once, first thing."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.CallsiteParameterAdder({structlog.processors.CallsiteParameter.PROCESS}),
        _add_trace,
    ]

    def add_process(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["process_name"] = process
        return event

    file = _destination(process)
    file.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, add_process],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(TERMINAL_LEVEL)
    terminal.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, add_process],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _one_line,
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.addHandler(file)
    if not settings.MAIL_LOG_STDOUT:
        root.addHandler(terminal)
    root.setLevel(settings.MAIL_LOG_LEVEL)
    # Libraries that bring handlers of their own would print everything twice.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "django", "django.server"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # They tell of every wake-up, three times each five seconds.
    if settings.MAIL_LOG_LEVEL != "DEBUG":
        for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
            logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_last_words


def _destination(process: str) -> logging.Handler:
    if settings.MAIL_LOG_STDOUT:
        return logging.StreamHandler(sys.stdout)
    directory = settings.MAIL_STATE_DIR / "log"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return logging.handlers.RotatingFileHandler(
        directory / f"{process}.log",
        maxBytes=settings.MAIL_LOG_BYTES,
        backupCount=settings.MAIL_LOG_FILES,
        encoding="utf-8",
    )


def _log_last_words(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("mailplatform").critical("ended by an error", exc_info=(kind, error, traceback))
