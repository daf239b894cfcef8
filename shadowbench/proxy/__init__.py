"""The proxy: bytes. Forwards requests to production and answers to clients, and hands copies on.

It never waits for anything but these two: no body parsing, no JSON, no database, no log line per request, no task per request.
What it hands on, and whether anybody takes it, changes nothing for the client.
"""
