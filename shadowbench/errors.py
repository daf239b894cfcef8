"""The exception tree: what the user did wrong, and what the surroundings refused.

A failure we expect in the life of a request (a candidate that hangs, a body that does not parse) is data, not an
exception: see `records.Fault`. What is here ends a command, and its message says what to do.
"""


class ShadowbenchError(Exception):
    """Base of all errors whose message is meant for the user. `exit_code` is the command's."""

    exit_code = 4


class ConfigurationError(ShadowbenchError):
    """The configuration or the command line cannot be used as written."""

    exit_code = 2


class UnavailableError(ShadowbenchError):
    """Something outside cannot be used: a port in use, a folder not writable, a store that is locked."""

    exit_code = 4


class ProtocolError(ShadowbenchError):
    """A peer of ours (proxy, mirror, recorder) sent bytes that are no frames of a version we read. `reason`: for counters."""

    reason = "protocol"


class VersionError(ProtocolError):
    """A peer of ours is of a release that is too old or too new for us."""

    reason = "version"
