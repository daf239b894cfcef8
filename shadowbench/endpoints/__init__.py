"""Where models live, as seen by those who call one, and the double that ships.

`testing.py` is a provider on loopback that answers by script: deterministic answers in the wire formats of real ones,
and their faults on demand. `received.py` reads the requests, `scripted.py` says the answers, `formats` write them (all pure).
Nothing here knows of proxying, mirroring or the pair log.
"""
