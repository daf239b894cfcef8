"""HTTP/1.1 on asyncio protocols and httptools (llhttp, strict): both ends of the proxy, and the mirror's calls.

`server.py` faces clients, `client.py` faces an origin, `origin.py` keeps an origin's connections, `heads.py` holds the rules
about headers. Bytes and events only: no JSON, no bodies kept, no knowledge of mirroring or of models.
"""
