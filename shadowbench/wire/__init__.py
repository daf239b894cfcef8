"""Wire formats: bytes of requests and responses in, neutral nouns of `records` out. Pure.

Reads what providers send (content codings, framings, one module for each dialect) and what clients ask for, and patches what
clients sent (JSON members). Works on copies: nothing here is on the path of production's bytes. Knows no sockets, no files, no
clock: the time of each chunk comes in as an argument, and whatever a peer may get wrong comes out as a value with a reason.
"""
