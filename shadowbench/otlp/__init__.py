"""Calls told to an OpenTelemetry receiver: spans and metrics by the GenAI conventions, over OTLP.

What they say is decided without the libraries (`spans`, `measuring`, `conventions`); `sdk` alone imports them, from the extra
`otel`, in a recorder that is configured to export. `outbox` keeps all of it off the recorder's way.
"""
