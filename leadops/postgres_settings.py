"""How our own PostgreSQL server is set up: for pages that come first, imports that are large, and a log without personal data."""

import os


def _share(part: int, *, most: int) -> int:
    """Return a part of this host's memory in megabytes, between 128 and this many. What is not used of it is not taken."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return max(128, min(most, memory // part))


SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": f"{_share(8, most=1024)}MB",
    "effective_cache_size": f"{_share(2, most=8192)}MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "wal_compression": "off",  # on, it takes a fifth of the time an import needs and saves but disk
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # Its log holds no personal data: neither the row that failed, nor the statement, nor its parameters.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# For data that is thrown away with the run that made it.
DISPOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1d",
}
