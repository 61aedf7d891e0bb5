"""Logs: what happened and where, never with what values. Tracebacks are plain, because local variables hold secrets."""

import logging
import sys

import structlog


def set_up_logs() -> None:
    """Write events to the standard error stream, one line each, tracebacks without local variables."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
